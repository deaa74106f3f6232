/* SPDX-License-Identifier: Apache-2.0
 * The reference firmware as a process: the runtime with its virtual hardware, reached by CoAP.
 *   firmware-posix [--address 127.0.0.1] [--port 5683] [--trust ANCHORS] [--flash FILE]
 * FILE keeps packages across runs, made if there is none. Prints where it listens, then console text, on stdout. Exit codes: 2 usage, 4 no such address or file. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "coap_udp.h"
#include "flash_posix.h"
#include "mbpf/port.h"
#include "mbpf/store.h"
#include "mbpf/version.h"
#include "port_posix.h"
#include "reference/virtual_board.h"

#define TRUST_ANCHORS_BYTES 4096u
#define TICK_MS 1
#define FLASH_PAGE_BYTES 4096u
#define FLASH_PAGES (9u * MBPF_SLOT_BYTES / FLASH_PAGE_BYTES) /* journal and eight slots */
#define FLASH_WRITE_BYTES 8u

static mbpf_runtime runtime;
static mbpf_control control;
static mbpf_coap server;
static mbpf_flash_posix flash;
static mbpf_store store;
static uint8_t anchors[TRUST_ANCHORS_BYTES];

static void print(void *argument, const uint8_t *bytes, uint32_t count)
{
    (void)argument;
    (void)fwrite(bytes, 1u, count, stdout);
    (void)fflush(stdout);
}

static int usage(void)
{
    fprintf(stderr, "usage: firmware-posix [--address ADDRESS] [--port PORT] [--trust ANCHORS] [--flash FILE]\n");
    return 2;
}

static int serve(const char *address, uint16_t port)
{
    int socket = mbpf_coap_udp_open(address, &port);
    if (socket < 0) {
        fprintf(stderr, "firmware-posix: %s: %s\n", address, strerror(-socket));
        return 4;
    }
    mbpf_port_init();
    mbpf_runtime_init(&runtime);
    uint32_t bytes = 0u;
    const uint8_t *trust = mbpf_port_trust_anchors(&bytes);
    mbpf_set_trust_anchors(&runtime, trust, bytes);
    mbpf_virtual_board_init(&runtime);
    mbpf_control_init(&control, &runtime);
    control.stimulus = mbpf_virtual_board_stimulus;
    control.attest = mbpf_control_attest;
    runtime.healthy = mbpf_virtual_board_healthy;
    if (mbpf_port_flash() && mbpf_store_boot(&runtime, &store, mbpf_port_flash()) != MBPF_OK) {
        fprintf(stderr, "firmware-posix: the flash file cannot be used\n");
        return 4;
    }
    mbpf_coap_init(&server, &control);
    printf("MicroBPF " MBPF_FIRMWARE_VERSION " at coap://%s%s%s:%u\n", strchr(address, ':') ? "[" : "", address, strchr(address, ':') ? "]" : "", port);
    (void)fflush(stdout);
    mbpf_port_posix_set_output(print, 0);
    for (;;) {
        mbpf_console_flush();
        mbpf_coap_udp_poll(socket, &server, TICK_MS);
        mbpf_virtual_board_poll(&runtime);
        mbpf_store_poll(&runtime);
    }
}

int main(int argc, char **argv)
{
    const char *address = "127.0.0.1";
    unsigned long port = 5683u;
    for (int i = 1; i < argc; i += 2) {
        char *end = 0;
        if (i + 1 == argc) {
            return usage();
        }
        if (strcmp(argv[i], "--address") == 0) {
            address = argv[i + 1];
        } else if (strcmp(argv[i], "--port") == 0) {
            port = strtoul(argv[i + 1], &end, 10);
            if (*end != '\0' || end == argv[i + 1] || port > 65535u) {
                return usage();
            }
        } else if (strcmp(argv[i], "--trust") == 0) {
            FILE *file = fopen(argv[i + 1], "rb");
            if (!file) {
                perror(argv[i + 1]);
                return 4;
            }
            mbpf_port_posix_set_trust_anchors(anchors, (uint32_t)fread(anchors, 1u, sizeof anchors, file));
            if (ferror(file)) { /* a folder opens and cannot be read */
                perror(argv[i + 1]);
                return 4;
            }
            (void)fclose(file);
        } else if (strcmp(argv[i], "--flash") == 0) {
            if (!mbpf_flash_posix_open(&flash, argv[i + 1], FLASH_PAGE_BYTES, FLASH_PAGES, FLASH_WRITE_BYTES, true)) {
                fprintf(stderr, "firmware-posix: %s is no flash file, or cannot be written\n", argv[i + 1]);
                return 4;
            }
            mbpf_port_posix_set_flash(&flash.flash);
        } else {
            return usage();
        }
    }
    return serve(address, (uint16_t)port);
}
