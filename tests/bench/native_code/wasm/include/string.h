/* SPDX-License-Identifier: Apache-2.0
 * What wasm2c's output names. */
#ifndef WASM_STRING_H
#define WASM_STRING_H

#include <stddef.h>
void *memcpy(void *to, const void *from, size_t size);
void *memmove(void *to, const void *from, size_t size);
void *memset(void *to, int value, size_t size);

#endif
