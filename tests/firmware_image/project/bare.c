/* SPDX-License-Identifier: Apache-2.0
 * The loader and a hook, no program, no map type, no helper. */
#include "mbpf/image.h"
#include "mbpf/port.h"
#include "microbpf_platform.h"

static mbpf_runtime runtime;

int main(void)
{
    mbpf_port_init();
    mbpf_runtime_init(&runtime);
    mbpf_set_trust_anchors(&runtime, mbpf_image.anchors, mbpf_image.anchors_bytes);
    (void)mbpf_add_platform(&runtime, &mbpf_platform_microbpf);
    (void)mbpf_add_hook_point(&runtime, &mbpf_platform_microbpf, "gpio", "gpio/chip0/", true);
    (void)mbpf_preload_image(&runtime, &mbpf_image);
    mbpf_console_line("bare");
    for (;;) {
        mbpf_port_idle();
    }
}
