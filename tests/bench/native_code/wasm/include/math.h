/* SPDX-License-Identifier: Apache-2.0
 * wasm2c's output includes it; kernels use nothing of it. */
#ifndef WASM_MATH_H
#define WASM_MATH_H

double ceil(double);
double floor(double);
double trunc(double);
double nearbyint(double);
double sqrt(double);
double fabs(double);
float fabsf(float);
float ceilf(float);
float floorf(float);
float truncf(float);
float nearbyintf(float);
float sqrtf(float);
#define isnan(x) __builtin_isnan(x)
#define signbit(x) __builtin_signbit(x)
#define INFINITY __builtin_inff()

#endif
