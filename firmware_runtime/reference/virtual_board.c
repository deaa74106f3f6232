/* SPDX-License-Identifier: Apache-2.0
 * Virtual hardware. Contexts are built here by the firmware, within the ranges its descriptor guarantees. */
#include "virtual_board.h"

#include <string.h>

#include "../src/text.h"
#include "isa_platform.h"
#include "mbpf/packet.h"
#include "mbpf/port.h"
#include "microbpf_platform.h"

#define STARVED 256u /* of a row of samples none passed: the filter is at fault */
#define SENSORS 4u
#define CHIPS 2u
#define LINES 32u
#define PWM_CHANNELS 8u
#define COAP_PAYLOAD 64u

typedef struct sensor {
    mbpf_hook_point *point;
    uint64_t next_due_ns, last_timestamp;
    uint64_t in, passed;
    uint32_t period_us, outlier_every, seq, left;
    uint32_t starved; /* samples since the last that passed */
    int32_t amplitude, outlier, raw, last_passed;
    uint32_t scale;
    bool running, limited;
} sensor;

typedef struct coap_response {
    bool set;
    uint32_t code, bytes;
    uint8_t payload[COAP_PAYLOAD];
} coap_response;

static struct {
    mbpf_runtime *rt;
    mbpf_hook_point *xdp, *gpio, *pwm, *timer, *coap, *trace, *loop;
    sensor sensors[SENSORS];
    uint32_t gpio_in[CHIPS], gpio_out[CHIPS];
    uint32_t motor_stopped;
    uint32_t pwm_duty[PWM_CHANNELS];
    uint32_t next_message_id;
    uint32_t loop_iteration;
    uint64_t loop_due_ns;
    coap_response response;
} board;

/* --- helpers of these devices --- */

int32_t mbpf_helper_motor_emergency_stop(uint32_t mask)
{
    board.motor_stopped |= mask;
    return 0;
}

int64_t mbpf_helper_sensor_last_timestamp(uint32_t id)
{
    return id < SENSORS ? (int64_t)board.sensors[id].last_timestamp : 0;
}

int32_t mbpf_helper_gpio_set(uint32_t chip, uint32_t line, uint32_t value)
{
    if (chip >= CHIPS || line >= LINES) {
        return -MBPF_EINVAL;
    }
    board.gpio_out[chip] = (board.gpio_out[chip] & ~(1u << line)) | ((value != 0u ? 1u : 0u) << line);
    return 0;
}

int32_t mbpf_helper_gpio_get(uint32_t chip, uint32_t line)
{
    if (chip >= CHIPS || line >= LINES) {
        return -MBPF_EINVAL;
    }
    return (int32_t)(((board.gpio_in[chip] | board.gpio_out[chip]) >> line) & 1u);
}

int32_t mbpf_helper_pwm_write(uint32_t chip, uint32_t channel, uint32_t duty_ns)
{
    if (chip != 0u || channel >= PWM_CHANNELS) {
        return -MBPF_EINVAL;
    }
    board.pwm_duty[channel] = duty_ns;
    return 0;
}

int32_t mbpf_helper_iio_read(uint32_t id, void *buf, uint32_t size)
{
    /* struct iio_sample of the author's header: u64 timestamp, s32 value, u32 scale. All of buf is written:
     * the proof says so. */
    memset(buf, 0, size);
    if (id >= SENSORS || size < 16u) {
        return -MBPF_EINVAL;
    }
    const sensor *s = &board.sensors[id];
    memcpy(buf, &s->last_timestamp, 8u);
    memcpy((uint8_t *)buf + 8, &s->raw, 4u);
    memcpy((uint8_t *)buf + 12, &s->scale, 4u);
    return 16;
}

int32_t mbpf_helper_coap_reply(uint32_t code, const void *payload, uint32_t size)
{
    if (size > COAP_PAYLOAD) {
        return -MBPF_EINVAL;
    }
    board.response.set = true;
    board.response.code = code;
    board.response.bytes = size;
    if (size != 0u) {
        memcpy(board.response.payload, payload, size);
    }
    return 0;
}

/* --- devices --- */

/* A trace point of this firmware; costs one test while nobody listens. */
static void trace(const char *name, uint32_t id, uint64_t a, uint64_t b, uint64_t c)
{
    if (!mbpf_hook_enabled(board.trace)) {
        return;
    }
    const uint64_t arguments[4] = {a, b, c, 0u};
    mbpf_trace_event event;
    memset(&event, 0, sizeof event);
    event.timestamp = mbpf_port_time_ns();
    event.id = id;
    memcpy(event.arg, arguments, sizeof arguments);
    (void)mbpf_hook_run_where(board.trace, &event, mbpf_attach_equals, name);
}

/* Triangle of 16 samples between -amplitude and +amplitude; every n-th sample is the outlier instead. */
static int32_t waveform(const sensor *s)
{
    static const int8_t triangle[16] = {0, 2, 4, 6, 8, 6, 4, 2, 0, -2, -4, -6, -8, -6, -4, -2};
    if (s->outlier_every != 0u && (s->seq + 1u) % s->outlier_every == 0u) {
        return s->outlier;
    }
    return (int32_t)((int64_t)s->amplitude * triangle[s->seq & 15u] / 8);
}

static uint32_t take_sample(uint32_t id, uint64_t now, int64_t *verdict)
{
    sensor *s = &board.sensors[id];
    s->raw = waveform(s);
    s->last_timestamp = now;
    s->in++;
    s->starved++;
    mbpf_iio_event event;
    memset(&event, 0, sizeof event);
    event.timestamp = now;
    event.device_id = id;
    event.value = s->raw;
    event.scale = s->scale;
    event.seq = s->seq++;
    mbpf_hook_result result = mbpf_hook_run(s->point, &event);
    if (result.verdict == 1) {
        s->passed++;
        s->starved = 0u;
        s->last_passed = event.value; /* a filter may have replaced it */
    }
    *verdict = result.verdict;
    trace("trace/sample", id, event.seq, (uint64_t)(int64_t)s->raw, (uint64_t)result.verdict);
    return result.programs_run;
}

static void poll_sensors(uint64_t now)
{
    int64_t verdict;
    for (uint32_t i = 0u; i < SENSORS; i++) {
        sensor *s = &board.sensors[i];
        if (!s->running || now < s->next_due_ns) {
            continue;
        }
        (void)take_sample(i, now, &verdict);
        s->next_due_ns += (uint64_t)s->period_us * 1000u;
        if (s->next_due_ns <= now) { /* never try to catch up: samples would come in bursts */
            s->next_due_ns = now + (uint64_t)s->period_us * 1000u;
        }
        if (s->limited && --s->left == 0u) {
            s->running = false;
        }
    }
}

static void poll_timers(uint64_t now)
{
    uint32_t id = 0u, faults = board.rt->fault_count;
    for (mbpf_program *p = board.timer->first; p; p = p->next, id++) {
        uint64_t period = p->parameter;
        if (period == 0u) {
            continue;
        }
        if (p->next_due_ns == 0u) {
            p->next_due_ns = now + period;
        }
        if (now < p->next_due_ns) {
            continue;
        }
        mbpf_timer_event event;
        memset(&event, 0, sizeof event);
        uint64_t late = (now - p->next_due_ns) / period;
        event.timestamp = now;
        event.scheduled = p->next_due_ns;
        event.timer_id = id;
        event.period_ns = period > UINT32_MAX ? UINT32_MAX : (uint32_t)period;
        event.overruns = late > UINT32_MAX ? UINT32_MAX : (uint32_t)late;
        p->next_due_ns += (late + 1u) * period;
        board.timer->fired.low++;
        (void)mbpf_program_run(p, &event);
        if (board.rt->fault_count != faults) {
            return; /* it is gone, and its neighbours in the list perhaps; the others are still due at the next turn */
        }
    }
}

/* The control loop asks PWM channel 0 for a slowly rising duty; a program on the channel may limit it or
 * keep the old one. */
static void request_duty(uint64_t now)
{
    static const char channel[] = "pwm/chip0/channel0";
    mbpf_pwm_state state;
    memset(&state, 0, sizeof state);
    state.timestamp = now;
    state.period_ns = 1000000u;
    state.duty_ns = (board.loop_iteration % 101u) * 10000u;
    state.enabled = 1u;
    if (mbpf_hook_run_where(board.pwm, &state, mbpf_attach_equals, channel).verdict == 1) {
        board.pwm_duty[0] = state.duty_ns;
    }
}

/* One turn of a control loop every 10 ms, for programs on loop/ and pwm/. */
static void poll_loop(uint64_t now)
{
    if ((!board.loop->first && !board.pwm->first) || now < board.loop_due_ns) {
        return;
    }
    mbpf_loop_event event;
    memset(&event, 0, sizeof event);
    event.timestamp = now;
    board.loop_due_ns = now + 10000000u;
    event.deadline = board.loop_due_ns;
    event.iter = board.loop_iteration++;
    (void)mbpf_hook_run(board.loop, &event);
    if (board.pwm->first) {
        request_duty(now);
    }
}

bool mbpf_virtual_board_healthy(mbpf_runtime *rt, const mbpf_package_state *package)
{
    (void)rt;
    for (uint32_t i = 0u; i < SENSORS; i++) {
        for (const mbpf_program *p = board.sensors[i].point->first; p; p = p->next) {
            if (p >= package->programs && p < package->programs + package->program_count && mbpf_count_value(p->runs) >= STARVED && board.sensors[i].starved >= STARVED) {
                return false;
            }
        }
    }
    return true;
}

void mbpf_virtual_board_poll(mbpf_runtime *rt)
{
    (void)rt;
    uint64_t now = mbpf_port_time_ns();
    poll_timers(now);
    poll_sensors(now);
    poll_loop(now);
}

/* A hook the descriptor does not have: the device works on, no program can attach there. */
static mbpf_hook_point *add(const char *hook, const char *name, bool prefix)
{
    static const mbpf_hook_row row = {.name = "absent", .fail_open = 1u};
    static mbpf_hook_point absent = {.name = "", .row = &row, .pass = 1};
    mbpf_hook_point *point = mbpf_add_hook_point(board.rt, &mbpf_platform_microbpf, hook, name, prefix);
    return point ? point : &absent;
}

void mbpf_virtual_board_init(mbpf_runtime *rt)
{
    static const char *const hooks[SENSORS] = {"iio/device0/accel_x", "iio/device1/temperature", "iio/device2/humidity", "iio/device3/pressure"};
    static const uint32_t scales[SENSORS] = {1000u, 10000u, 10000u, 100000u};
    static const int32_t levels[SENSORS] = {0, 2150, 4800, 10132}; /* before the first sample */
    memset(&board, 0, sizeof board);
    board.rt = rt;
    (void)mbpf_add_platform(rt, &mbpf_platform_microbpf);
    (void)mbpf_add_platform(rt, &mbpf_platform_isa);
    board.xdp = add("xdp", "xdp", true);
    board.xdp->pass = MBPF_XDP_PASS;
    board.xdp->drop = MBPF_XDP_DROP;
    for (uint32_t i = 0u; i < SENSORS; i++) {
        sensor *s = &board.sensors[i];
        s->point = add("iio", hooks[i], false);
        s->scale = scales[i];
        s->raw = levels[i];
    }
    board.gpio = add("gpio", "gpio/chip0/", true);
    board.pwm = add("pwm", "pwm/chip0/", true);
    board.timer = add("timer", "timer/", true);
    board.coap = add("coap", "coap/", true);
    board.trace = add("trace", "trace/", true);
    board.trace->chain = MBPF_CHAIN_LAST;
    board.loop = add("loop", "loop/", true);
    board.loop->chain = MBPF_CHAIN_LAST;
    (void)mbpf_add_hook_point(rt, &mbpf_platform_isa, "isa", "isa", false);
}

/* --- stimuli --- */

typedef struct gpio_edge {
    char rising_or_falling[MBPF_ATTACH_BYTES], both[MBPF_ATTACH_BYTES];
} gpio_edge;

static bool is_edge(const char *attach, const void *what)
{
    const gpio_edge *edge = (const gpio_edge *)what;
    return mbpf_text_equal(attach, edge->rising_or_falling) || mbpf_text_equal(attach, edge->both);
}

static void line_path(char *to, uint32_t line, const char *edge)
{
    mbpf_text_copy(to, "gpio/chip0/line", MBPF_ATTACH_BYTES);
    uint32_t n = (uint32_t)strlen(to);
    n += mbpf_text_u32(to + n, line);
    mbpf_text_copy(to + n, edge, MBPF_ATTACH_BYTES - n);
}

static mbpf_status gpio_stimulus(const mbpf_control_GpioEdge *r, mbpf_control_StimulusReply *reply)
{
    if (r->chip != 0u || r->line >= LINES || r->value > 1u) {
        return MBPF_OUT_OF_RANGE;
    }
    uint32_t before = (board.gpio_in[0] >> r->line) & 1u;
    reply->verdict = 1;
    if (before == r->value) {
        return MBPF_OK; /* no edge */
    }
    board.gpio_in[0] ^= 1u << r->line;
    gpio_edge edge;
    line_path(edge.rising_or_falling, r->line, r->value ? "/rising" : "/falling");
    line_path(edge.both, r->line, "/both");
    mbpf_gpio_event event;
    memset(&event, 0, sizeof event);
    event.timestamp = mbpf_port_time_ns();
    event.line = r->line;
    event.edge = r->value ? MBPF_GPIO_RISING : MBPF_GPIO_FALLING;
    event.value = r->value;
    mbpf_hook_result result = mbpf_hook_run_where(board.gpio, &event, is_edge, &edge);
    reply->verdict = result.verdict;
    reply->programs_run = result.programs_run;
    return MBPF_OK;
}

static mbpf_status packet_stimulus(const mbpf_control_Packet *r, mbpf_control_StimulusReply *reply)
{
    MBPF_ALIGNED(8) uint8_t context[MBPF_XDP_CONTEXT_BYTES];
    if (r->data.count > MBPF_PACKET_BYTES) {
        return MBPF_OUT_OF_RANGE;
    }
    memcpy(board.rt->open.packet, r->data.at, r->data.count);
    (void)mbpf_xdp_context(context, board.rt->open.packet, r->data.count, r->ifindex);
    mbpf_hook_result result = mbpf_hook_run(board.xdp, context);
    reply->verdict = result.verdict;
    reply->programs_run = result.programs_run;
    reply->data.at = board.rt->open.packet;
    reply->data.count = r->data.count;
    return MBPF_OK;
}

static mbpf_status coap_stimulus(const mbpf_control_CoapRequest *r, mbpf_control_StimulusReply *reply)
{
    if (r->method < MBPF_COAP_GET || r->method > MBPF_COAP_DELETE || r->payload.count > COAP_PAYLOAD) {
        return MBPF_OUT_OF_RANGE;
    }
    char path[MBPF_ATTACH_BYTES];
    memcpy(path, "coap/", 5u);
    mbpf_text_copy(path + 5, mbpf_text_starts(r->path, "coap/") ? r->path + 5 : r->path, sizeof path - 5u);
    mbpf_coap_request request;
    memset(&request, 0, sizeof request);
    request.timestamp = mbpf_port_time_ns();
    request.method = r->method;
    request.message_id = board.next_message_id++ & 0xFFFFu;
    request.payload_len = r->payload.count;
    memcpy(request.payload, r->payload.at, r->payload.count);
    memset(&board.response, 0, sizeof board.response);
    mbpf_hook_result result = mbpf_hook_run_where(board.coap, &request, mbpf_attach_equals, path);
    reply->verdict = result.verdict;
    reply->programs_run = result.programs_run;
    if (result.programs_run == 0u) {
        reply->coap_code = MBPF_COAP_NOT_FOUND;
    } else if (result.verdict != 1 || !board.response.set) {
        reply->coap_code = MBPF_COAP_UNAVAILABLE;
    } else {
        reply->coap_code = board.response.code;
        reply->data.at = board.response.payload;
        reply->data.count = board.response.bytes;
    }
    return MBPF_OK;
}

/* Running: samples come by the clock, `samples` of them or without end. Not running: `samples` of them at
 * once, each through the hook as ever, or none: the sensor stops. */
static mbpf_status sensor_stimulus(const mbpf_control_SensorSetup *r, mbpf_control_StimulusReply *reply)
{
    if (r->device_id >= SENSORS || (r->running && r->period_us < 10u) || (!r->running && r->samples > 10000u)) {
        return MBPF_OUT_OF_RANGE;
    }
    sensor *s = &board.sensors[r->device_id];
    uint64_t now = mbpf_port_time_ns();
    s->period_us = r->period_us;
    s->outlier_every = r->outlier_every;
    s->amplitude = r->amplitude;
    s->outlier = r->outlier;
    s->running = r->running;
    s->limited = r->samples != 0u;
    s->left = r->samples;
    s->next_due_ns = now + (uint64_t)r->period_us * 1000u;
    for (uint32_t i = 0u; !r->running && i < r->samples; i++) {
        reply->programs_run += take_sample(r->device_id, now + (uint64_t)i * r->period_us * 1000u, &reply->verdict);
    }
    return MBPF_OK;
}

MBPF_CONTROL_FIELDS(GpioEdge);
MBPF_CONTROL_FIELDS(Packet);
MBPF_CONTROL_FIELDS(CoapRequest);
MBPF_CONTROL_FIELDS(SensorSetup);
#define MBPF_PART_AT 0
static const mbpf_field Stimulus_fields[] = {mbpf_control_Stimulus_FIELDLIST(MBPF_PART, 0) MBPF_FIELDS_END};

/* `what` of the request; MBPF_BAD_REQUEST: no such message. */
static mbpf_status decode(const mbpf_part *request, mbpf_control_Stimulus *r)
{
    mbpf_part what = {0u, 0, 0u};
    memset(r, 0, sizeof *r);
    bool sound = mbpf_message_decode(request->at, request->count, Stimulus_fields, &what);
    r->which_what = (pb_size_t)what.tag;
    switch (what.tag) {
    case mbpf_control_Stimulus_gpio_tag:
        sound = sound && mbpf_message_decode(what.at, what.count, GpioEdge_fields, &r->what);
        break;
    case mbpf_control_Stimulus_packet_tag:
        sound = sound && mbpf_message_decode(what.at, what.count, Packet_fields, &r->what);
        break;
    case mbpf_control_Stimulus_coap_tag:
        sound = sound && mbpf_message_decode(what.at, what.count, CoapRequest_fields, &r->what);
        break;
    case mbpf_control_Stimulus_sensor_tag:
        sound = sound && mbpf_message_decode(what.at, what.count, SensorSetup_fields, &r->what);
        break;
    default:
        break;
    }
    return sound ? MBPF_OK : MBPF_BAD_REQUEST;
}

static mbpf_status perform(const mbpf_control_Stimulus *r, mbpf_control_StimulusReply *reply)
{
    switch (r->which_what) {
    case mbpf_control_Stimulus_gpio_tag:
        return gpio_stimulus(&r->what.gpio, reply);
    case mbpf_control_Stimulus_packet_tag:
        return packet_stimulus(&r->what.packet, reply);
    case mbpf_control_Stimulus_coap_tag:
        return coap_stimulus(&r->what.coap, reply);
    case mbpf_control_Stimulus_sensor_tag:
        return sensor_stimulus(&r->what.sensor, reply);
    default:
        return MBPF_OK; /* none: just look */
    }
}

mbpf_status mbpf_virtual_board_stimulus(const mbpf_part *request, mbpf_control_StimulusReply *reply)
{
    mbpf_control_Stimulus r;
    mbpf_status status = decode(request, &r);
    if (status == MBPF_OK) {
        status = perform(&r, reply);
    }
    uint32_t id = r.which_what == mbpf_control_Stimulus_sensor_tag && r.what.sensor.device_id < SENSORS ? r.what.sensor.device_id : 0u;
    const sensor *s = &board.sensors[id];
    reply->gpio_outputs = board.gpio_out[0];
    reply->motor_stopped = board.motor_stopped;
    reply->samples_in = s->in;
    reply->samples_passed = s->passed;
    reply->last_value = s->last_passed;
    return status;
}
