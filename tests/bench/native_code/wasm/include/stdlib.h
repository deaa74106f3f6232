/* SPDX-License-Identifier: Apache-2.0
 * wasm-rt.h names abort(). */
#ifndef WASM_STDLIB_H
#define WASM_STDLIB_H

void abort(void);

#endif
