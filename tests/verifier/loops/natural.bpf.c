// SPDX-License-Identifier: Apache-2.0
// Programs as firmware and network engineers write them, without a thought of the verifier: parsers of nested lengths,
// checksums, tables, rings and heaps. The marks are those of counting.bpf.c; a random input seldom comes near the
// worst of a parser.
#include "loops.h"
#define G(name) SEC("gpio/chip0/line1/both") int name(struct gpio_event *e)
static u32 counters[16];

X(tlv16) {  // 2 turns=32
    DATA; u32 found = 0;
    p += 14;
    for (int i = 0; i < 32; i++) {
        if (p + 4 > end) break;
        u16 type = p[0] << 8 | p[1], len = p[2] << 8 | p[3];
        if (p + 4 + len > end) return XDP_DROP;
        if (type == 0x1234 && len >= 4) found = p[4] | p[5] << 8 | p[6] << 16 | p[7] << 24;
        p += 4 + len;
    }
    return found == 7 ? XDP_DROP : XDP_PASS;
}

X(tls_sni) {  // 420 turns=255
    DATA; u8 *q = p + 54;
    if (q + 43 > end || q[0] != 0x16 || q[5] != 1) return XDP_PASS;
    u32 at = 43;
    if (q + at + 1 > end) return XDP_PASS;
    at += 1 + q[at];                       /* session id */
    if (q + at + 2 > end) return XDP_PASS;
    at += 2 + (q[at] << 8 | q[at + 1]);    /* ciphers */
    if (q + at + 1 > end) return XDP_PASS;
    at += 1 + q[at];                       /* compression */
    if (q + at + 2 > end) return XDP_PASS;
    u32 left = q[at] << 8 | q[at + 1];
    at += 2;
    for (int i = 0; i < 24 && left >= 4; i++) {
        if (q + at + 4 > end) return XDP_PASS;
        u32 type = q[at] << 8 | q[at + 1], len = q[at + 2] << 8 | q[at + 3];
        at += 4;
        if (len > left - 4) return XDP_DROP;
        if (type == 0) {
            if (q + at + 5 > end) return XDP_DROP;
            u32 n = q[at + 3] << 8 | q[at + 4];
            u32 h = 0;
            if (n > 255 || q + at + 5 + n > end) return XDP_DROP;
            for (u32 k = 0; k < n; k++) h = h * 31 + q[at + 5 + k];
            counters[h & 15]++;
            return XDP_PASS;
        }
        at += len;
        left -= 4 + len;
    }
    return XDP_PASS;
}

X(dns_copy) {  // 30 turns=63
    DATA; char name[64] = {}; u32 out = 0;
    p += 54;
    for (;;) {
        if (p + 1 > end) return XDP_DROP;
        u32 n = *p++;
        if (n == 0) break;
        if (n > 63 || out + n + 1 > sizeof(name)) return XDP_DROP;
        if (p + n > end) return XDP_DROP;
        for (u32 i = 0; i < n; i++) name[out++] = p[i];
        name[out++] = '.';
        p += n;
    }
    return name[0] == 'x' ? XDP_DROP : XDP_PASS;
}

static const char topic[] = "sensors/door";
X(mqtt_topic) {  // 4 turns=12
    DATA; p += 54;
    if (p + 2 > end) return XDP_PASS;
    if ((p[0] >> 4) != 3) return XDP_PASS;
    u32 len = 0, shift = 0; u8 b;
    p++;
    do {
        if (p + 1 > end || shift > 21) return XDP_DROP;
        b = *p++;
        len |= (b & 0x7f) << shift;
        shift += 7;
    } while (b & 0x80);
    if (p + 2 > end) return XDP_DROP;
    u32 n = p[0] << 8 | p[1];
    if (n + 2 > len) return XDP_DROP;
    p += 2;
    if (n != sizeof(topic) - 1 || p + n > end) return XDP_PASS;
    for (u32 i = 0; i < n; i++) if (p[i] != topic[i]) return XDP_PASS;
    return XDP_DROP;
}

static const char b64[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
P(base64) {  // 1.2 turns=15
    char out[64]; u32 o = 0, n = e->payload_len;
    if (n > 45) n = 45;
    u32 i = 0;
    for (; i + 3 <= n; i += 3) {
        u32 v = e->payload[i] << 16 | e->payload[i + 1] << 8 | e->payload[i + 2];
        out[o++] = b64[v >> 18]; out[o++] = b64[v >> 12 & 63]; out[o++] = b64[v >> 6 & 63]; out[o++] = b64[v & 63];
    }
    if (i < n) {
        u32 v = e->payload[i] << 16 | (i + 1 < n ? e->payload[i + 1] << 8 : 0);
        out[o++] = b64[v >> 18]; out[o++] = b64[v >> 12 & 63]; out[o++] = i + 1 < n ? b64[v >> 6 & 63] : '='; out[o++] = '=';
    }
    bpf_coap_reply(COAP_CONTENT, out, o);
    return FILTER_PASS;
}

static __always_inline int hexdigit(u8 ch) {
    if (ch >= '0' && ch <= '9') return ch - '0';
    if (ch >= 'a' && ch <= 'f') return ch - 'a' + 10;
    if (ch >= 'A' && ch <= 'F') return ch - 'A' + 10;
    return -1;
}

P(hexparse) {  // 10 turns=32
    u8 bytes[32] = {};
    u32 n = e->payload_len / 2;
    for (u32 i = 0; i < n; i++) {
        int hi = hexdigit(e->payload[2 * i]), lo = hexdigit(e->payload[2 * i + 1]);
        if (hi < 0 || lo < 0) { bpf_coap_reply(COAP_BAD_REQUEST, bytes, 0); return FILTER_PASS; }
        bytes[i] = hi << 4 | lo;
    }
    bpf_coap_reply(COAP_CONTENT, bytes, n);
    return FILTER_PASS;
}

C(crc16) {  // 2 turns=62
    u16 crc = 0xffff; u32 n = e->len;
    if (n < 2) return FILTER_DROP;
    for (u32 i = 0; i < n - 2; i++) {
        crc ^= e->data[i];
        for (int b = 0; b < 8; b++) crc = crc & 1 ? crc >> 1 ^ 0xa001 : crc >> 1;
    }
    u16 want = e->data[n - 2] | e->data[n - 1] << 8;
    return crc == want ? FILTER_PASS : FILTER_DROP;
}

static struct { u32 at, size; u8 data[256]; } isotp;
C(isotp_rx) {  // 1.2 turns=63
    if (e->len < 2) return FILTER_PASS;
    u32 kind = e->data[0] >> 4;
    if (kind == 1) {
        u32 size = (e->data[0] & 15) << 8 | e->data[1];
        if (size > sizeof(isotp.data)) return FILTER_DROP;
        isotp.size = size; isotp.at = 0;
        for (u32 i = 2; i < e->len && isotp.at < isotp.size; i++) isotp.data[isotp.at++] = e->data[i];
    } else if (kind == 2) {
        u32 at = isotp.at, size = isotp.size;
        if (size > sizeof(isotp.data)) return FILTER_DROP;
        for (u32 i = 1; i < e->len && at < size; i++) isotp.data[at++] = e->data[i];
        isotp.at = at;
    }
    return FILTER_PASS;
}

static const u32 allowed[] = {0x100, 0x101, 0x110, 0x120, 0x1a0, 0x200, 0x244, 0x300, 0x301, 0x302, 0x400, 0x5ff, 0x700};
C(can_bsearch) {  // 1.2 turns=4
    u32 lo = 0, hi = sizeof(allowed) / sizeof(allowed[0]);
    u32 id = e->can_id & 0x7ff;
    while (lo < hi) {
        u32 mid = (lo + hi) / 2;
        if (allowed[mid] == id) return FILTER_PASS;
        if (allowed[mid] < id) lo = mid + 1; else hi = mid;
    }
    return FILTER_DROP;
}

static __noinline u32 get_bits(const u8 *data, u32 start, u32 len) {
    u32 v = 0;
    for (u32 i = 0; i < len; i++) {
        u32 bit = start + i;
        if (data[bit / 8] >> (bit & 7) & 1) v |= 1u << i;
    }
    return v;
}

C(can_bits) {  // 1.2 turns=16
    u8 buf[8];
    for (int i = 0; i < 8; i++) buf[i] = e->data[i];
    u32 speed = get_bits(buf, 12, 16), mode = get_bits(buf, 60, 4);
    return speed < 2000 && mode != 3 ? FILTER_PASS : FILTER_DROP;
}
#define RING 12
static struct { u32 start, used; s32 v[RING]; } ring;
I(ring_walk) {  // 1.2 turns=12
    u32 start = ring.start;
    if (start >= RING) start = 0;
    ring.v[start] = e->value;
    start++;
    if (start == RING) start = 0;
    s64 sum = 0; u32 i = start;
    do {
        sum += ring.v[i];
        if (++i == RING) i = 0;
    } while (i != start);
    ring.start = start;
    e->value = (s32)(sum / RING);
    return FILTER_PASS;
}

I(hist) {  // 1.2 turns=15
    u32 v = e->value < 0 ? -e->value : e->value, b = 0;
    while (v > 1 && b < 15) { v >>= 1; b++; }
    counters[b]++;
    return FILTER_PASS;
}

X(bit_reader) {  // 1.2 turns=80
    DATA; u32 n = end - p, pos = 0, sum = 0;
    if (n > 1500) return XDP_PASS;
    while (pos + 5 <= n * 8 && pos < 400) {
        u32 v = 0;
        for (int i = 0; i < 5; i++, pos++) {
            u8 *b = p + (pos >> 3);
            if (b + 1 > end) return XDP_DROP;
            v = v << 1 | (*b >> (7 - (pos & 7)) & 1);
        }
        sum += v;
    }
    return sum & 1 ? XDP_PASS : XDP_DROP;
}

static struct { u32 n; u32 key[32]; } heap;
static __noinline u32 heap_pop(u32 n) {
    u32 top = heap.key[0], last = heap.key[n - 1 & 31], i = 0;
    n--;
    for (;;) {
        u32 child = 2 * i + 1;
        if (child >= n) break;
        if (child + 1 < n && heap.key[child + 1] < heap.key[child]) child++;
        if (last <= heap.key[child]) break;
        heap.key[i] = heap.key[child];
        i = child;
    }
    heap.key[i] = last;
    return top;
}

M(timers) {  // 1100 turns=32
    u32 n = heap.n;
    if (n > 32) n = 0;
    while (n > 0 && heap.key[0] <= (u32)(e->timestamp >> 20)) { counters[heap_pop(n) & 15]++; n--; }
    heap.n = n;
    return FILTER_PASS;
}

T(heap_push) {  // 9 turns=5
    u32 i = heap.n;
    if (i >= 32) return -1;
    heap.n = i + 1;
    u32 key = e->id;
    while (i > 0) {
        u32 parent = (i - 1) / 2;
        if (heap.key[parent] <= key) break;
        heap.key[i] = heap.key[parent];
        i = parent;
    }
    heap.key[i] = key;
    return 0;
}

struct model { u32 rows, cols; s16 w[64]; s32 bias[8]; };
struct { __uint(type, BPF_MAP_TYPE_ARRAY); __uint(max_entries, 1); __type(key, u32); __type(value, struct model); } models SEC(".maps");
I(matvec) {  // 19 turns=8
    u32 zero = 0;
    struct model *m = bpf_map_lookup_elem(&models, &zero);
    if (!m) return FILTER_PASS;
    u32 rows = m->rows, cols = m->cols;
    if (rows > 8 || cols > 8) return FILTER_PASS;
    s32 best = 0;
    for (u32 r = 0; r < rows; r++) {
        s32 acc = m->bias[r];
        for (u32 k = 0; k < cols; k++) acc += m->w[r * cols + k] * (e->value >> k);
        if (acc > best) best = acc;
    }
    e->value = best;
    return FILTER_PASS;
}

X(modbus_tcp) {  // 14 turns=127
    DATA; p += 54;
    if (p + 9 > end) return XDP_PASS;
    if (p[7] != 3) return XDP_PASS;
    u32 bytes = p[8];
    if (p + 9 + bytes > end) return XDP_DROP;
    u32 sum = 0;
    for (u32 i = 0; i < bytes / 2; i++) sum += p[9 + 2 * i] << 8 | p[9 + 2 * i + 1];
    return sum > 1000 ? XDP_DROP : XDP_PASS;
}

X(modbus_write) {  // 240 turns=253
    DATA; p += 54;
    if (p + 13 > end) return XDP_PASS;
    if (p[7] != 16) return XDP_PASS;
    u32 regs = p[10] << 8 | p[11], bytes = p[12];
    if (bytes != regs * 2) return XDP_DROP;
    if (p + 13 + bytes > end) return XDP_DROP;
    for (u32 i = 0; i < regs; i++) {
        u16 v = p[13 + 2 * i] << 8 | p[14 + 2 * i];
        if (v > 4000) return XDP_DROP;
    }
    return XDP_PASS;
}

static struct { u32 next; struct { u64 at; u32 id; u32 value; } e[20]; } logbook;
G(rotating_log) {  // 1.2 turns=20
    u32 i = logbook.next;
    if (i >= 20) i = 0;
    logbook.e[i].at = e->timestamp;
    logbook.e[i].id = e->line;
    logbook.e[i].value = e->value;
    logbook.next = i + 1;
    /* count edges in the last second, newest first */
    u32 n = 0;
    for (u32 k = 0; k < 20; k++) {
        u32 j = (i + 20 - k) % 20;
        if (e->timestamp - logbook.e[j].at > 1000000000ull) break;
        n++;
    }
    return n > 10 ? FILTER_DROP : FILTER_PASS;
}

static struct { u32 key; u32 count; } table[64];
C(probe) {  // 1.2 turns=64
    u32 key = e->can_id, i = (key * 2654435761u) >> 26;
    for (u32 n = 0; n < 64; n++) {
        if (table[i].key == key) { table[i].count++; return FILTER_PASS; }
        if (table[i].key == 0) { table[i].key = key; table[i].count = 1; return FILTER_PASS; }
        i = (i + 1) % 64;
    }
    return FILTER_DROP;
}

C(probe_until_start) {  // 1.2 turns=31
    u32 key = e->can_id, start = key % 31, i = start;
    do {
        if (table[i].key == key) return FILTER_PASS;
        if (table[i].key == 0) return FILTER_DROP;
        if (++i >= 31) i = 0;
    } while (i != start);
    return FILTER_DROP;
}

static const char words[4][8] = {"on", "off", "reset", "status"};
static __noinline u32 equal(const char *a, const char *b, u32 n) {
    for (u32 i = 0; i < n; i++) {
        if (a[i] != b[i]) return 0;
        if (a[i] == 0) return 1;
    }
    return 1;
}

P(command) {  // 5 turns=8
    char text[8] = {};
    if (e->payload_len > 7) return FILTER_DROP;
    for (u32 i = 0; i < e->payload_len; i++) text[i] = e->payload[i];
    for (u32 i = 0; i < 4; i++)
        if (equal(text, words[i], 8)) { counters[i]++; return FILTER_PASS; }
    return FILTER_DROP;
}

P(decimal) {  // 6 turns=11
    u32 v = 0, i = 0; u32 neg = 0;
    if (e->payload_len > 11) return FILTER_DROP;
    if (e->payload_len && e->payload[0] == '-') { neg = 1; i = 1; }
    for (; i < e->payload_len; i++) {
        u8 d = e->payload[i] - '0';
        if (d > 9) return FILTER_DROP;
        v = v * 10 + d;
    }
    counters[0] = neg ? -v : v;
    return FILTER_PASS;
}

static struct { u32 state, n; u8 buf[48]; } slip;
P(slip_in) {  // 2 turns=64
    u32 n = slip.n, state = slip.state;
    if (n > sizeof(slip.buf)) n = 0;
    for (u32 i = 0; i < e->payload_len; i++) {
        u8 b = e->payload[i];
        switch (state) {
        case 0: if (b == 0xc0) { state = 1; n = 0; } break;
        case 1:
            if (b == 0xc0) { counters[n & 15]++; n = 0; }
            else if (b == 0xdb) state = 2;
            else if (n < sizeof(slip.buf)) slip.buf[n++] = b;
            else state = 0;
            break;
        case 2:
            if (n == sizeof(slip.buf)) { state = 0; break; }
            slip.buf[n++] = b == 0xdc ? 0xc0 : 0xdb; state = 1;
            break;
        default: state = 0;
        }
    }
    slip.n = n; slip.state = state;
    return FILTER_PASS;
}

X(ip_csum) {  // 2 turns=30
    DATA; u8 *ip = p + 14;
    if (ip + 20 > end) return XDP_PASS;
    u32 n = (ip[0] & 15) * 4;
    if (n < 20 || ip + n > end) return XDP_DROP;
    u32 sum = 0;
    for (u32 i = 0; i < n; i += 2) sum += ip[i] << 8 | ip[i + 1];
    while (sum >> 16) sum = (sum & 0xffff) + (sum >> 16);
    return sum == 0xffff ? XDP_PASS : XDP_DROP;
}

X(udp_csum) {  // 2 turns=740
    DATA; u8 *u = p + 34;
    if (u + 8 > end) return XDP_PASS;
    u32 len = u[4] << 8 | u[5];
    if (len < 8 || len > 1480 || u + len > end) return XDP_DROP;
    u32 sum = 0;
    for (u32 i = 0; i + 1 < len; i += 2) sum += *(u16 *)(u + i);
    if (len & 1) sum += u[len - 1];
    sum = (sum & 0xffff) + (sum >> 16);
    sum = (sum & 0xffff) + (sum >> 16);
    return sum == 0xffff ? XDP_PASS : XDP_DROP;
}

X(v6_ext) {  // 2 turns=8
    DATA;
    if (p + 54 > end) return XDP_PASS;
    u8 next = p[20]; u32 off = 54;
    for (int i = 0; i < 8; i++) {
        switch (next) {
        case 0: case 43: case 60: {
            if (p + off + 8 > end) return XDP_DROP;
            next = p[off];
            off += (p[off + 1] + 1) * 8;
            break;
        }
        case 44:
            if (p + off + 8 > end) return XDP_DROP;
            next = p[off]; off += 8; break;
        case 6:
            if (p + off + sizeof(struct tcphdr) > end) return XDP_DROP;
            return ((struct tcphdr *)(p + off))->syn ? XDP_PASS : XDP_DROP;
        default: return XDP_PASS;
        }
    }
    return XDP_DROP;
}

X(mss_clamp) {  // 30 turns=40
    DATA; u8 *t = p + 34;
    if (t + 20 > end) return XDP_PASS;
    u32 doff = (t[12] >> 4) * 4, i = 20;
    if (doff < 20 || t + doff > end) return XDP_DROP;
    while (i < doff) {
        u8 kind = t[i];
        if (kind == 0) break;
        if (kind == 1) { i++; continue; }
        if (i + 2 > doff) return XDP_DROP;
        u32 len = t[i + 1];
        if (len < 2 || i + len > doff) return XDP_DROP;
        if (kind == 2 && len == 4) {
            u16 mss = t[i + 2] << 8 | t[i + 3];
            if (mss > 1400) { t[i + 2] = 1400 >> 8; t[i + 3] = 1400 & 0xff; }
        }
        i += len;
    }
    return XDP_PASS;
}

struct event { u64 at; u32 n; char text[48]; };
struct { __uint(type, BPF_MAP_TYPE_RINGBUF); __uint(max_entries, 4096); } events SEC(".maps");
P(log_text) {  // 1.2 turns=47
    struct event *ev = bpf_ringbuf_reserve(&events, sizeof(*ev), 0);
    if (!ev) return FILTER_DROP;
    u32 n = e->payload_len < sizeof(ev->text) - 1 ? e->payload_len : sizeof(ev->text) - 1;
    ev->at = e->timestamp; ev->n = n;
    for (u32 i = 0; i < n; i++) ev->text[i] = e->payload[i];
    ev->text[n] = 0;
    bpf_ringbuf_submit(ev, 0);
    return FILTER_PASS;
}

static struct { u32 n; s32 v[24]; } sorted;
I(insert_sorted) {  // 1.2 turns=23
    u32 n = sorted.n;
    if (n >= 24) n = 23;
    u32 i = n;
    for (; i > 0 && sorted.v[i - 1] > e->value; i--) sorted.v[i] = sorted.v[i - 1];
    sorted.v[i] = e->value;
    sorted.n = n + 1;
    return FILTER_PASS;
}

static u8 line[40];
T(rotate) {  // 1.2 turns=40
    u32 k = e->id % 40; u8 tmp[40];
    for (u32 i = 0; i < 40; i++) tmp[i] = line[(i + k) % 40];
    for (u32 i = 0; i < 40; i++) line[i] = tmp[i];
    return k;
}

static __always_inline void reverse(u32 lo, u32 hi) {
    while (lo < hi) { u8 t = line[lo]; line[lo] = line[hi]; line[hi] = t; lo++; hi--; }
}

T(rotate3) {  // 4 turns=38
    u32 k = e->id % 40;
    if (k == 0) return 0;
    reverse(0, k - 1); reverse(k, 39); reverse(0, 39);
    return k;
}

P(itoa_) {  // 1.2 turns=5
    char buf[12]; u32 v = e->message_id, i = sizeof(buf);
    do { buf[--i] = '0' + v % 10; v /= 10; } while (v && i > 0);
    char out[12] = {}; u32 n = 0;
    while (i < sizeof(buf)) out[n++] = buf[i++];
    bpf_coap_reply(COAP_CONTENT, out, n);
    return FILTER_PASS;
}

P(leb) {  // 4 turns=16
    u32 i = 0, fields = 0;
    while (i < e->payload_len && fields < 16) {
        u64 v = 0; u32 shift = 0;
        for (;;) {
            if (i >= e->payload_len || shift > 63) return FILTER_DROP;
            u8 b = e->payload[i++];
            v |= (u64)(b & 0x7f) << shift;
            shift += 7;
            if (!(b & 0x80)) break;
        }
        counters[fields++] = v;
    }
    return FILTER_PASS;
}

P(pb) {  // 50 turns=63
    u32 i = 0, n = e->payload_len;
    for (int f = 0; f < 16 && i < n; f++) {
        u8 tag = e->payload[i++];
        switch (tag & 7) {
        case 0: while (i < n && (e->payload[i] & 0x80)) i++; i++; break;
        case 1: i += 8; break;
        case 5: i += 4; break;
        case 2: {
            if (i >= n) return FILTER_DROP;
            u32 len = e->payload[i++];
            if (len > n - i) return FILTER_DROP;
            u32 h = 0;
            for (u32 k = 0; k < len; k++) h ^= e->payload[i + k];
            counters[h & 15]++;
            i += len; break;
        }
        default: return FILTER_DROP;
        }
    }
    return i == n ? FILTER_PASS : FILTER_DROP;
}

#define ROL(w, n) ((w) << (n) | (w) >> (32 - (n)))
#define MIX(a, b, c) a -= c, a ^= ROL(c, 4), c += b, b -= a, b ^= ROL(a, 6), a += c, c -= b, c ^= ROL(b, 8), b += a, a -= c, a ^= ROL(c, 16), c += b, b -= a, b ^= ROL(a, 19), a += c, c -= b, c ^= ROL(b, 4), b += a
static u32 word_of(const u8 *at) { return at[0] | at[1] << 8 | at[2] << 16 | (u32)at[3] << 24; }

X(jenkins_of_options) {  // 80 turns=1480
    DATA; u32 x = 0xdeadbeef, y = x, z = x;
    if (p + 34 > end) return XDP_PASS;
    u32 header = (p[14] & 15) * 4, bytes = p[16] << 8 | p[17];
    if (header < 20 || bytes < header || bytes > 1480) return XDP_DROP;
    u8 *q = p + 14 + header;
    bytes -= header;
    if (q + bytes > end) return XDP_DROP;
    u32 i = 0;
    for (; i + 12 <= bytes; i += 12) {
        x += word_of(q + i), y += word_of(q + i + 4), z += word_of(q + i + 8);
        MIX(x, y, z);
    }
    for (; i < bytes; i++) z = ROL(z, 5) ^ q[i];
    return z & 1 ? XDP_DROP : XDP_PASS;
}

static __attribute__((noinline)) u32 jenkins(const u8 *key, u32 length, u32 seed) {
    u32 a = 0xdeadbeef + length + seed, b = a, c = a;
    for (; length > 12; length -= 12, key += 12) {
        a += word_of(key), b += word_of(key + 4), c += word_of(key + 8);
        MIX(a, b, c);
    }
    return c + key[0] + key[1];
}

X(jenkins_where_it_fits) {  // 2 turns=2
    DATA; u32 i = 0, all = 0, length = 26; KEEP(length);
#define NEXT do { u8 *q = p + i; if (q + 26 > end) break; all ^= jenkins(q, length, all + i++); } while (0)
#define NEXT10 NEXT; NEXT; NEXT; NEXT; NEXT; NEXT; NEXT; NEXT; NEXT; NEXT
    NEXT10; NEXT10; NEXT10;
    return all & 1 ? XDP_DROP : XDP_PASS;
}

// What lies between the headers and what they say is their end.
#define PAYLOAD DATA; u32 s = 0; if (p + 34 > end) return XDP_PASS; u32 n = p[16] << 8 | p[17]; if (n > 1480) return XDP_DROP; u8 *q = p + 20; if (q + n > end) return XDP_DROP

X(walk_to_an_end) { PAYLOAD; u8 *e = q + n; LOOP (; q < e; q++) s = s * 31 + *q; return VERDICT(s); }  // 2 turns=1480
X(walk_to_an_end_in_steps) { PAYLOAD; u8 *e = q + n; LOOP (; q + 12 <= e; q += 12) s = s * 31 + q[11]; LOOP (; q < e; q++) s ^= *q; return VERDICT(s); }  // 68 turns=1482
X(walk_while_so_much_remains) { PAYLOAD; u8 *e = q + n; while (e - q >= 4) { s += q[3]; q += 4; } return VERDICT(s); }  // 2 turns=370
X(walk_while_the_packet_lasts) { DATA; u32 s = 0; u8 *q = p; LOOP (int i = 0; i < 300; i++) { if (end - q < 4) break; u8 l = q[0]; if (l < 4 || l > end - q) return XDP_DROP; s += q[l - 1]; q += l; } return VERDICT(s); }  // 3 turns=300
X(walk_back) { PAYLOAD; u8 *e = q + n; while (e > q) s = s * 3 + *--e; return VERDICT(s); }  // 2 turns=1480
X(walk_from_both_ends) { PAYLOAD; if (n == 0) return XDP_PASS; u8 *a = q, *b = q + n - 1; while (a < b) { if (*a != *b) return XDP_DROP; a++; b--; } return XDP_PASS; }  // 2 turns=740
X(options_to_an_end) {  // 5 turns=740
    PAYLOAD; u8 *e = q + n;
    while (q + 2 <= e) {
        u8 kind = q[0], length = q[1];
        if (kind == 0) break;
        if (length < 2 || q + length > e) return XDP_DROP;
        if (kind == 7 && length >= 4) s += q[2] + q[3];
        q += length;
    }
    return VERDICT(s);
}
X(internet_checksum) {  // 2 turns=740
    PAYLOAD; u16 *w = (u16 *)q;
    LOOP (; n > 1; n -= 2) s += *w++;
    if (n) s += *(u8 *)w;
    s = (s >> 16) + (s & 0xffff);
    return VERDICT(s);
}
X(blocks_and_what_is_left) { PAYLOAD; LOOP (; n >= 12; n -= 12, q += 12) s = s * 31 + q[11]; LOOP (; n > 0; n--, q++) s ^= *q; return VERDICT(s); }  // 2 turns=123
