// SPDX-License-Identifier: Apache-2.0
// What the files of the suite share. KEEP hides a value from the compiler, so that it neither solves a loop nor
// draws conclusions from its bound; LOOP and WHILE are loops that it must not unroll.
#include <mbpf/microbpf.h>
#include <mbpf/net.h>
#define KEEP(x) asm volatile("" : "+r"(x))
#define ROLLED _Pragma("clang loop unroll(disable)")
#define LOOP ROLLED for
#define WHILE ROLLED while
// One program each, named as the line begins; the letter chooses the hook.
#define T(name) SEC("trace/" #name) long name(struct trace_event *e)
#define M(name) SEC("timer/10ms") int name(struct timer_event *e)
#define I(name) SEC("iio/device0/" #name) int name(struct iio_event *e)
#define C(name) SEC("can/can0/rx") int name(struct can_event *e)
#define P(name) SEC("coap/" #name) int name(struct coap_request *e)
#define X(name) SEC("xdp") int name(struct xdp_md *c)
#define DATA u8 *p = (u8 *)(long)c->data, *end = (u8 *)(long)c->data_end
#define VERDICT(s) ((s) & 1 ? XDP_PASS : XDP_DROP)
