/* SPDX-License-Identifier: Apache-2.0
 * So that C written for Linux finds what it includes. */
#pragma once
#include <mbpf/net.h>
