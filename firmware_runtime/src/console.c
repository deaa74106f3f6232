/* SPDX-License-Identifier: Apache-2.0
 * Console text goes to the serial line at once and to a ring that the host can read later. Bytes of value
 * zero delimit frames on that line, so they never pass. */
#include <string.h>

#include "mbpf/port.h"
#include "mbpf/runtime.h"

void mbpf_console(const char *text, uint32_t count)
{
    for (uint32_t i = 0u; i < count; i++) {
        if (text[i] == '\0') {
            continue;
        }
        uint8_t byte = (uint8_t)text[i];
        if (mbpf_active) {
            mbpf_log *log = &mbpf_active->log;
            log->bytes[log->written & (MBPF_LOG_BYTES - 1u)] = byte;
            log->written++;
        }
        mbpf_port_serial_write(&byte, 1u);
    }
}

void mbpf_console_line(const char *text)
{
    mbpf_console(text, (uint32_t)strlen(text));
    mbpf_console("\r\n", 2u);
}
