/* SPDX-License-Identifier: Apache-2.0
 * The memory protection unit, of which architectures differ: mpu_v7m.c, mpu_v8m.c. Besides this function each defines
 * mbpf_port_block() and mbpf_port_protect(). A domain's protection are the words of regions 4 to 7 as mbpf_port_run()
 * stores them from MPU_RBAR on. */
#ifndef MBPF_PORT_MPU_H
#define MBPF_PORT_MPU_H

#include <stdint.h>

/* What is the same for all programs; `open` is what each may read and write. */
void mbpf_mpu_begin(uint32_t open, uint32_t bytes);

#endif
