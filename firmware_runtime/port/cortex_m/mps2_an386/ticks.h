/* SPDX-License-Identifier: Apache-2.0
 * Cycles of a program's run. */
#include "cmsdk_ticks.h"
