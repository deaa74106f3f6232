/* SPDX-License-Identifier: Apache-2.0
 * The file is mapped into memory, so that what was programmed is in the file however this process ends. */
#define _GNU_SOURCE
#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "flash_posix.h"

static uint32_t size_of(const mbpf_flash_posix *f)
{
    return f->geometry.page_bytes * f->geometry.page_count;
}

static bool refuse(mbpf_flash_posix *f)
{
    f->refused++;
    return false;
}

static bool read_bytes(void *device, uint32_t at, uint8_t *to, uint32_t count)
{
    mbpf_flash_posix *f = (mbpf_flash_posix *)device;
    if (at > size_of(f) || count > size_of(f) - at) {
        return refuse(f);
    }
    memcpy(to, f->bytes + at, count);
    return true;
}

static bool program(void *device, uint32_t at, const uint8_t *from, uint32_t count)
{
    mbpf_flash_posix *f = (mbpf_flash_posix *)device;
    uint32_t unit = f->geometry.write_bytes;
    if (at > size_of(f) || count > size_of(f) - at || ((at | count) & (unit - 1u)) != 0u) {
        return refuse(f);
    }
    for (uint32_t i = 0u; i < count; i++) {
        if (f->bytes[at + i] != 0xFFu) {
            return refuse(f);
        }
    }
    for (uint32_t i = 0u; i < count; i += unit) {
        if (f->before) {
            f->before(f, at + i, unit, from + i);
        }
        for (uint32_t k = i; k < i + unit; k++) {
            f->bytes[at + k] &= from[k];
        }
    }
    return true;
}

static bool erase(void *device, uint32_t at)
{
    mbpf_flash_posix *f = (mbpf_flash_posix *)device;
    if (at >= size_of(f) || (at & (f->geometry.page_bytes - 1u)) != 0u) {
        return refuse(f);
    }
    if (f->before) {
        f->before(f, at, f->geometry.page_bytes, 0);
    }
    memset(f->bytes + at, 0xFF, f->geometry.page_bytes);
    return true;
}

static void geometry(void *device, mbpf_flash_geometry *g)
{
    *g = ((mbpf_flash_posix *)device)->geometry;
}

bool mbpf_flash_posix_open(mbpf_flash_posix *f, const char *path, uint32_t page_bytes, uint32_t page_count, uint32_t write_bytes, bool mapped)
{
    memset(f, 0, sizeof *f);
    f->file = -1;
    f->geometry.page_bytes = page_bytes;
    f->geometry.page_count = page_count;
    f->geometry.write_bytes = write_bytes;
    size_t size = size_of(f);
    struct stat before = {.st_size = 0};
    if (path) {
        f->file = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
        if (f->file < 0 || fstat(f->file, &before) != 0 || (before.st_size != 0 && (size_t)before.st_size != size) ||
            ftruncate(f->file, (off_t)size) != 0) {
            mbpf_flash_posix_close(f);
            return false;
        }
    }
    void *bytes = mmap(0, size, PROT_READ | PROT_WRITE, path ? MAP_SHARED : MAP_PRIVATE | MAP_ANONYMOUS, f->file, 0);
    if (bytes == MAP_FAILED) {
        mbpf_flash_posix_close(f);
        return false;
    }
    f->bytes = (uint8_t *)bytes;
    if (before.st_size == 0) {
        memset(f->bytes, 0xFF, size);
    }
    f->geometry.mapped = mapped ? f->bytes : 0;
    f->flash = (mbpf_flash){read_bytes, program, erase, geometry, f};
    return true;
}

void mbpf_flash_posix_close(mbpf_flash_posix *f)
{
    if (f->bytes) {
        (void)munmap(f->bytes, size_of(f));
    }
    if (f->file >= 0) {
        (void)close(f->file);
    }
    f->bytes = 0;
    f->file = -1;
}
