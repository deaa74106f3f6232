// SPDX-License-Identifier: Apache-2.0
// expect-anywhere: MBPF1115
#include "support.h"

int filter(struct event *e)
{
    return e->value > 0;
}
