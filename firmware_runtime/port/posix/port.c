/* SPDX-License-Identifier: Apache-2.0
 * The runtime on the host: unit tests and fuzzing of the very C that devices run. Serial output is collected
 * by whoever asked for it, serial input is what a test put there. */
#define _GNU_SOURCE
#include "mbpf/port.h"

#include <string.h>
#include <sys/mman.h>
#include <time.h>

#include "mbpf/abi/package.h"
#include "port_posix.h"

const char mbpf_port_board[] = "posix";
#if defined(__aarch64__)
const uint16_t mbpf_port_isa = MBPF_ISA_AARCH64;
#else
const uint16_t mbpf_port_isa = MBPF_ISA_X86_64;
#endif
const uint16_t mbpf_port_isa_extensions = 0u;
const uint8_t mbpf_port_code_bit = 0u;

static struct {
    const uint8_t *input;
    uint32_t input_bytes;
    mbpf_port_posix_output output;
    void *output_argument;
    const uint8_t *anchors;
    uint32_t anchors_bytes;
    const mbpf_flash *flash;
} host;

void mbpf_port_posix_input(const uint8_t *bytes, uint32_t count)
{
    host.input = bytes;
    host.input_bytes = count;
}

void mbpf_port_posix_set_output(mbpf_port_posix_output output, void *argument)
{
    host.output = output;
    host.output_argument = argument;
}

void mbpf_port_posix_set_trust_anchors(const uint8_t *bytes, uint32_t count)
{
    host.anchors = bytes;
    host.anchors_bytes = count;
}

void mbpf_port_posix_set_flash(const mbpf_flash *flash)
{
    host.flash = flash;
}

const mbpf_flash *mbpf_port_flash(void)
{
    return host.flash;
}

void mbpf_port_init(void) {}

bool mbpf_port_isa_runs(uint16_t isa)
{
    return isa == mbpf_port_isa;
}

uint64_t mbpf_port_time_ns(void)
{
    struct timespec now;
    (void)clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

uint64_t mbpf_port_instructions(void)
{
    return 0u;
}

void mbpf_port_measure_begin(uint32_t step)
{
    (void)step;
}

void mbpf_port_measure_end(void) {}

void mbpf_port_code_ready(const void *code, uint32_t bytes)
{
    uintptr_t begin = (uintptr_t)code & ~(uintptr_t)4095u;
    uintptr_t end = ((uintptr_t)code + bytes + 4095u) & ~(uintptr_t)4095u;
    (void)mprotect((void *)begin, end - begin, PROT_READ | PROT_WRITE | PROT_EXEC);
}

const uint8_t *mbpf_port_trust_anchors(uint32_t *bytes)
{
    *bytes = host.anchors_bytes;
    return host.anchors;
}

uint32_t mbpf_port_serial_read(uint8_t *bytes, uint32_t capacity)
{
    uint32_t n = host.input_bytes < capacity ? host.input_bytes : capacity;
    if (n != 0u) {
        memcpy(bytes, host.input, n);
        host.input += n;
        host.input_bytes -= n;
    }
    return n;
}

void mbpf_port_serial_write(const uint8_t *bytes, uint32_t count)
{
    if (host.output) {
        host.output(host.output_argument, bytes, count);
    }
}

void mbpf_port_idle(void) {}

void mbpf_port_power_off(void) {}
