/* SPDX-License-Identifier: Apache-2.0
 * Reset, and the CPU's part of the vector table; the board appends its interrupts (section .vectors.irq). */
#include <stdint.h>

#include "mbpf/config.h"

extern uint32_t mbpf_stack_top[], mbpf_data_load[], mbpf_data_begin[], mbpf_data_end[], mbpf_bss_begin[], mbpf_bss_end[];
int main(void);
void mbpf_fault(void);
#if MBPF_ISOLATION
void mbpf_svc(void);
void mbpf_program_fault(void);
void mbpf_watchdog(void);
#define SVC mbpf_svc
#define FAULT mbpf_program_fault
#define SYSTICK mbpf_watchdog
#else
#define SVC mbpf_fault
#define FAULT mbpf_fault
#define SYSTICK mbpf_fault
#endif
void mbpf_reset(void);

void mbpf_reset(void)
{
    const uint32_t *from = mbpf_data_load;
    for (uint32_t *to = mbpf_data_begin; to < mbpf_data_end; to++) {
        *to = *from++;
    }
    for (uint32_t *to = mbpf_bss_begin; to < mbpf_bss_end; to++) {
        *to = 0u;
    }
    (void)main();
    for (;;) {
    }
}

typedef void (*vector)(void);
/* All that is unexpected resets. */
__attribute__((section(".vectors"), used)) static const vector vectors[16] = {
    (vector)(uintptr_t)mbpf_stack_top,
    mbpf_reset,
    mbpf_fault, /* NMI */
    FAULT,      /* hard fault */
    FAULT,      /* memory management */
    FAULT,      /* bus fault */
    FAULT,      /* usage fault */
    0,
    0,
    0,
    0,
    SVC,
    mbpf_fault,
    0,
    mbpf_fault,
    SYSTICK,
};
