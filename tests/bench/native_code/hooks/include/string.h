/* SPDX-License-Identifier: Apache-2.0
 * What the runtime uses of it; hooks/runtime.c has the functions. */
#ifndef HOOKS_STRING_H
#define HOOKS_STRING_H

#include <stddef.h>

void *memcpy(void *to, const void *from, size_t size);
void *memmove(void *to, const void *from, size_t size);
void *memset(void *to, int value, size_t size);
int memcmp(const void *a, const void *b, size_t size);

#endif
