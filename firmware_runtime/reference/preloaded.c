/* SPDX-License-Identifier: Apache-2.0
 * Firmware for small parts: the programs are those of the image, there is no store and no control line. A digit that
 * comes over the serial line stands for a rising edge of that GPIO line; what the programs made of it is told. */
#include <string.h>

#include "mbpf/image.h"
#include "mbpf/port.h"
#include "mbpf/version.h"
#include "microbpf_platform.h"
#include "src/text.h"

static mbpf_runtime runtime;
static mbpf_hook_point *gpio;
static uint32_t stopped; /* motors, as bits */

int32_t mbpf_helper_motor_emergency_stop(uint32_t mask)
{
    stopped |= mask;
    return 0;
}

static void say(const char *text)
{
    mbpf_console(text, (uint32_t)strlen(text));
}

static void say_number(uint32_t value)
{
    char text[21];
    mbpf_console(text, mbpf_text_u32(text, value));
}

static void edge(uint32_t line)
{
    char path[] = "gpio/chip0/line0/rising";
    path[15] = (char)('0' + line);
    mbpf_gpio_event event;
    memset(&event, 0, sizeof event);
    event.timestamp = mbpf_port_time_ns();
    event.line = line;
    event.edge = MBPF_GPIO_RISING;
    event.value = 1u;
    mbpf_hook_result result = mbpf_hook_run_where(gpio, &event, mbpf_attach_equals, path);
    say("line ");
    say_number(line);
    say(": programs run ");
    say_number(result.programs_run);
    say(", motors stopped ");
    say_number(stopped);
    mbpf_console_line("");
}

int main(void)
{
    uint8_t byte;
    mbpf_port_init();
    mbpf_runtime_init(&runtime);
    mbpf_set_trust_anchors(&runtime, mbpf_image.anchors, mbpf_image.anchors_bytes);
    (void)mbpf_add_platform(&runtime, &mbpf_platform_microbpf);
    gpio = mbpf_add_hook_point(&runtime, &mbpf_platform_microbpf, "gpio", "gpio/chip0/", true);
    uint32_t running = mbpf_preload_image(&runtime, &mbpf_image);
    say("MicroBPF " MBPF_FIRMWARE_VERSION " ready, programs ");
    say_number(running);
    mbpf_console_line("");
    for (;;) {
        while (mbpf_port_serial_read(&byte, 1u) != 0u) {
            if (byte >= '0' && byte <= '9') {
                edge(byte - '0');
            }
        }
        mbpf_port_idle();
    }
}
