// SPDX-License-Identifier: Apache-2.0
// Stack and time must be known before the program runs, and the depth of a recursion is not. In restricted C
// the compiler refuses it first (MBPF1102).
#ifdef WRONG
85 10 00 00 ff ff ff ff   call <0>
#else
85 10 00 00 01 00 00 00   call <2>
#endif
95 00 00 00 00 00 00 00   exit
#ifndef WRONG
b7 00 00 00 00 00 00 00   r0 = 0
95 00 00 00 00 00 00 00   exit
#endif
