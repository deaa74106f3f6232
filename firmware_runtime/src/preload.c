/* SPDX-License-Identifier: Apache-2.0
 * From the image's table to running programs. No step is left out for being in the image: who can write the flash can
 * write the table. */
#include <string.h>

#include "loading.h"
#include "mbpf/image.h"
#include "text.h"

mbpf_status mbpf_preload(mbpf_runtime *rt, const uint8_t *package, uint32_t bytes, mbpf_verdict *v)
{
    mbpf_admitted admitted;
    bool admit = mbpf_admit(rt, package, bytes, 0u, &admitted, v);
    mbpf_package_state *loaded = 0;
    if (admit && mbpf_find_package(rt, admitted.name)) {
        return MBPF_BAD_STATE;
    }
    if (admit) {
        loaded = mbpf_load(rt, &admitted, MBPF_NO_SLOT);
    }
    if (!loaded) {
        if (admit) {
            (void)mbpf_no_room(rt, &admitted, v);
        }
        mbpf_event(rt, MBPF_EVENT_REFUSED, v->code, admitted.name, 0);
        return MBPF_REFUSED;
    }
    for (uint32_t i = 0u; i < loaded->program_count; i++) {
        (void)mbpf_attach_program(&loaded->programs[i]);
    }
    mbpf_event(rt, MBPF_EVENT_ADMITTED, 0u, admitted.name, 0);
    return MBPF_OK;
}

static void say_refused(const mbpf_verdict *v)
{
    char text[10];
    mbpf_console("image: a program was refused, check ", 36u);
    mbpf_console(text, mbpf_text_u32(text, v->code));
    mbpf_console(" ", 1u);
    mbpf_console_line(v->detail);
}

uint32_t mbpf_preload_image(mbpf_runtime *rt, const mbpf_image_table *image)
{
    uint32_t running = 0u;
    for (uint32_t i = 0u; i < image->count; i++) {
        mbpf_verdict v;
        mbpf_status status = mbpf_preload(rt, image->programs[i].package, image->programs[i].bytes, &v);
        if (status == MBPF_OK) {
            running++;
        } else if (status == MBPF_REFUSED) {
            say_refused(&v);
        }
    }
    return running;
}
