/* SPDX-License-Identifier: Apache-2.0
 * For boards whose folder has no flash.c: packages live in RAM. */
#include "mbpf/port.h"

const mbpf_flash *mbpf_port_flash(void)
{
    return 0;
}
