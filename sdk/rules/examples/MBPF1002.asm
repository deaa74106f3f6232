// SPDX-License-Identifier: Apache-2.0
// A jump to outside of the program, or into the second half of a 64-bit immediate, would run bytes that are no
// code.
#ifdef WRONG
05 00 09 00 00 00 00 00   goto +9 <10>
#else
05 00 00 00 00 00 00 00   goto +0 <1>
#endif
b7 00 00 00 00 00 00 00   r0 = 0
95 00 00 00 00 00 00 00   exit
