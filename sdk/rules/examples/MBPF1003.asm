// SPDX-License-Identifier: Apache-2.0
// Code that runs on behind its last instruction runs whatever lies there. Compilers write such code where the
// source says that a place is never reached (__builtin_unreachable), or where they prove undefined behaviour.
b7 00 00 00 00 00 00 00   r0 = 0
#ifndef WRONG
95 00 00 00 00 00 00 00   exit
#endif
