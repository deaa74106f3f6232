// SPDX-License-Identifier: Apache-2.0
// What a register holds when it is called is known only when the program runs. In restricted C the compiler refuses
// calls through pointers first (MBPF1105).
#ifdef WRONG
8d 01 00 00 00 00 00 00   callx r1
#else
85 10 00 00 01 00 00 00   call <2>
#endif
95 00 00 00 00 00 00 00   exit
#ifndef WRONG
b7 00 00 00 00 00 00 00   r0 = 0
95 00 00 00 00 00 00 00   exit
#endif
