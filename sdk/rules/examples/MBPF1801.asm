// SPDX-License-Identifier: Apache-2.0
// Kernel functions (kfuncs) are called by their BTF identity, which only one kernel's build gives a meaning, and
// devices have none.
#ifdef WRONG
85 20 00 00 07 00 00 00   call btf 7
#else
85 00 00 00 05 00 00 00   call 5
#endif
95 00 00 00 00 00 00 00   exit
