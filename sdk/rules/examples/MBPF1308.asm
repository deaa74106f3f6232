// SPDX-License-Identifier: Apache-2.0
// Native code keeps numbers and pointers apart. A function may take a number in one call and a pointer in another, and
// hand either on; but to store it, or to compute with it, where the proof does not tell which it is, has no one translation.
#ifdef WRONG
bf 16 00 00 00 00 00 00   r6 = r1
#else
b7 01 00 00 05 00 00 00   r1 = 5
#endif
85 10 00 00 03 00 00 00   call <5>
b7 01 00 00 07 00 00 00   r1 = 7
85 10 00 00 01 00 00 00   call <5>
95 00 00 00 00 00 00 00   exit
7b 1a f8 ff 00 00 00 00   *(u64 *)(r10 - 8) = r1
b7 00 00 00 00 00 00 00   r0 = 0
95 00 00 00 00 00 00 00   exit
