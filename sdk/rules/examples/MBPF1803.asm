// SPDX-License-Identifier: Apache-2.0
// The packet loads of classic BPF end the program where the packet is too short, behind the author's back. Hooks
// whose context is a Linux socket buffer have them; others do not.
#ifdef WRONG
30 00 00 00 00 00 00 00   r0 = *(u8 *)skb[0]
#else
b7 00 00 00 00 00 00 00   r0 = 0
#endif
95 00 00 00 00 00 00 00   exit
