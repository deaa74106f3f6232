/* SPDX-License-Identifier: Apache-2.0
 * So that C written for Linux finds what it includes. */
#pragma once
#if __has_include(<mbpf/platform.h>) /* the tools name the chosen platform's header so */
#include <mbpf/platform.h>
#else
#include <mbpf/microbpf.h>
#endif
