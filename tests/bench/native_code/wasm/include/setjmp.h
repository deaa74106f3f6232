/* SPDX-License-Identifier: Apache-2.0
 * wasm-rt.h names the type. */
#ifndef WASM_SETJMP_H
#define WASM_SETJMP_H

typedef void *jmp_buf[32];

#endif
