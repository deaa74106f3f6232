// SPDX-License-Identifier: Apache-2.0
// Extern variables get their values from the kernel that loads the object, and map references by index from a
// loader that has opened them; here the object must say all itself.
#ifdef WRONG
18 32 00 00 00 00 00 00   r2 = variable[0] ll
00 00 00 00 00 00 00 00
#else
b7 02 00 00 00 00 00 00   r2 = 0
#endif
b7 00 00 00 00 00 00 00   r0 = 0
95 00 00 00 00 00 00 00   exit
