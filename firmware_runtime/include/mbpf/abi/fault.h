/* SPDX-License-Identifier: Apache-2.0
 * Why a program was stopped and its package unloaded. One table for the device's record and the host's words. */
#ifndef MBPF_ABI_FAULT_H
#define MBPF_ABI_FAULT_H

/* X(number, NAME, "what") */
#define MBPF_FAULT_TABLE(X) \
    X(0, NONE, "none") \
    X(1, ACCESS, "memory access outside what it may reach") \
    X(2, FETCH, "jump out of its code") \
    X(3, STACK, "stack overflow") \
    X(4, INSTRUCTION, "illegal or privileged instruction") \
    X(5, TIMEOUT, "ran longer than its bound") \
    X(6, ARGUMENT, "gave a helper memory that it may not reach") \
    X(7, GATE, "called a helper that it does not import") \
    X(8, OTHER, "other exception")

enum mbpf_fault_kind {
#define MBPF_FAULT_ENUM(number, name, what) MBPF_FAULT_##name = number,
    MBPF_FAULT_TABLE(MBPF_FAULT_ENUM)
#undef MBPF_FAULT_ENUM
};

#endif
