// SPDX-License-Identifier: Apache-2.0
// Devices keep the section's name, which says where the program is attached, in a field of fixed length.
#include <mbpf/microbpf.h>

#ifdef WRONG
SEC("trace/control_loop_of_the_second_axis_in_the_third_bay")
#else
SEC("trace/axis2_bay3")
#endif
long watch(struct trace_event *e)
{
    return e->id;
}
