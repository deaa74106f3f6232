/* SPDX-License-Identifier: Apache-2.0
 * wasm2c's output includes it; kernels use nothing of it. */
#ifndef WASM_ALLOCA_H
#define WASM_ALLOCA_H

#endif
