// SPDX-License-Identifier: Apache-2.0
// Only what RFC 9669 defines has a meaning that can be proved and compiled: registers r0 to r10, reserved fields
// zero, r10 never written. Compilers write nothing else.
#ifdef WRONG
b7 0b 00 00 00 00 00 00   r11 = 0
#endif
b7 00 00 00 00 00 00 00   r0 = 0
95 00 00 00 00 00 00 00   exit
