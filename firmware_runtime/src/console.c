/* SPDX-License-Identifier: Apache-2.0
 * Console text goes to a ring that the host can read, and from there to the serial line when the firmware's loop comes
 * by: a program that writes never waits for the line. Bytes of value zero delimit frames on it, so they never pass. */
#include <string.h>

#include "mbpf/port.h"
#include "mbpf/runtime.h"

void mbpf_console(const char *text, uint32_t count)
{
    if (!mbpf_active) {
        return;
    }
    mbpf_log *log = &mbpf_active->log;
    for (uint32_t i = 0u; i < count; i++) {
        if (text[i] != '\0') {
            log->bytes[log->written++ & (MBPF_LOG_BYTES - 1u)] = (uint8_t)text[i];
        }
    }
}

void mbpf_console_line(const char *text)
{
    mbpf_console(text, (uint32_t)strlen(text));
    mbpf_console("\r\n", 2u);
    mbpf_console_flush();
}

void mbpf_console_flush(void)
{
    mbpf_log *log = &mbpf_active->log;
    if (log->written - log->sent > MBPF_LOG_BYTES) {
        log->sent = log->written - MBPF_LOG_BYTES; /* what came before was written over */
    }
    while (log->sent != log->written) {
        uint32_t at = log->sent & (MBPF_LOG_BYTES - 1u), count = log->written - log->sent;
        if (count > MBPF_LOG_BYTES - at) {
            count = MBPF_LOG_BYTES - at;
        }
        mbpf_port_serial_write(log->bytes + at, count);
        log->sent += count;
    }
}
