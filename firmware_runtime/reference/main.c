/* SPDX-License-Identifier: Apache-2.0
 * Reference firmware: one loop that answers the host, runs what is due and sleeps. Programs run from this
 * loop alone, so nothing here needs a lock. */
#include "mbpf/control.h"
#include "mbpf/port.h"
#include "mbpf/store.h"
#include "mbpf/version.h"
#include "virtual_board.h"

/* Not cleared at reset, which would take longer than the boot: mbpf_runtime_init() clears what must be. */
__attribute__((section(".noinit"))) static mbpf_runtime runtime;
static mbpf_control control;
static mbpf_store store;

int main(void)
{
    uint32_t bytes = 0u;
    mbpf_port_init();
    mbpf_runtime_init(&runtime);
    const uint8_t *anchors = mbpf_port_trust_anchors(&bytes);
    mbpf_set_trust_anchors(&runtime, anchors, bytes);
    mbpf_virtual_board_init(&runtime);
    mbpf_control_init(&control, &runtime);
    control.stimulus = mbpf_virtual_board_stimulus;
    control.attest = mbpf_control_attest;
    runtime.healthy = mbpf_virtual_board_healthy;
    const mbpf_flash *flash = mbpf_port_flash();
    if (flash && mbpf_store_boot(&runtime, &store, flash) != MBPF_OK) {
        mbpf_console_line("store: flash cannot be used, packages stay in RAM");
    }
    mbpf_console_line("MicroBPF " MBPF_FIRMWARE_VERSION " ready");
    for (;;) {
        mbpf_control_poll(&control);
        mbpf_virtual_board_poll(&runtime);
        mbpf_store_poll(&runtime);
        mbpf_port_idle();
    }
}
