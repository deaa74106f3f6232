// SPDX-License-Identifier: Apache-2.0
#include "support.h"

SEC("boot")
int boot(struct event *e) // expect: MBPF1118
{
    return e->value;
}
