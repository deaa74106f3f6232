// SPDX-License-Identifier: Apache-2.0
// Firmware that checks a proof: task in the memory the emulator's loader filled, verdict on the serial line.
#include <string.h>

#include "tests/verifier/on_board/stream.h"
#include "verifier/checker/check.h"

extern "C" {
#include "mbpf/port.h"
}

using namespace mbpf::proof;

namespace {

constexpr uint32_t kInsns = 2048, kFields = 32, kHelpers = 16, kMaps = 8, kCertificate = 32768, kData = 4096, kWork = 24576;
mbpf::bpf::Insn insns[kInsns];
Field fields[kFields];
HelperRule helpers[kHelpers];
uint32_t map_costs[kHelpers][kMaps];
MapRule maps[kMaps];
uint8_t certificate[kCertificate], data[kData];
alignas(16) uint8_t work[kWork];

constexpr uint32_t kPainted = 6144;
constexpr uint8_t kPaint = 0xa5;

// The stack below this frame is filled, and looked at again from the same depth.
__attribute__((noinline)) void paint()
{
    volatile uint8_t below[kPainted];
    for (uint32_t i = 0; i < kPainted; ++i) below[i] = kPaint;
}

__attribute__((noinline)) uint32_t used()
{
    volatile uint8_t below[kPainted];
    uint32_t untouched = 0;
    while (untouched < kPainted && below[untouched] == kPaint) ++untouched;
    return kPainted - untouched;
}

void print_text(const char* text) { mbpf_port_serial_write(reinterpret_cast<const uint8_t*>(text), static_cast<uint32_t>(strlen(text))); }

void print_number(const char* name, uint64_t value)
{
    char digits[24];
    uint32_t at = sizeof digits;
    digits[--at] = '\0';
    do {
        digits[--at] = static_cast<char>('0' + static_cast<unsigned>(value % 10u));
        value /= 10u;
    } while (value != 0);
    print_text(name);
    print_text(digits + at);
}

}  // namespace

extern "C" int main()
{
    mbpf_port_init();
    uint32_t room;
    Stream s;
    s.at = const_cast<uint8_t*>(mbpf_port_trust_anchors(&room));
    Environment env;
    uint32_t size = 0, memory = 0, data_at = 0;
    pass(s, env);
    if (env.insn_count > kInsns || env.field_count > kFields || env.helper_count > kHelpers || env.map_count > kMaps) print_text("too large\n");
    for (uint32_t i = 0; i < env.insn_count; ++i) pass(s, insns[i]);
    for (uint32_t i = 0; i < env.field_count; ++i) pass(s, fields[i]);
    for (uint32_t i = 0; i < env.helper_count; ++i) {
        pass(s, helpers[i]);
        for (uint32_t m = 0; m < env.map_count; ++m) s.number(map_costs[i][m]);
        helpers[i].map_costs = map_costs[i];
    }
    for (uint32_t i = 0; i < env.map_count; ++i) {
        pass(s, maps[i]);
        s.number(maps[i].initial_size);
        s.bytes(data + data_at, maps[i].initial_size);
        maps[i].initial = data + data_at;
        data_at += maps[i].initial_size;
    }
    s.numbers(memory, size);
    s.bytes(certificate, size);
    env.insns = insns;
    env.fields = fields;
    env.helpers = helpers;
    env.maps = maps;
    paint();
    const CheckResult r = check(env, certificate, size, work, memory < kWork ? memory : kWork);
    const uint32_t stack = used();
    print_number("error ", static_cast<uint64_t>(r.error));
    print_number(" worst ", r.worst_case);
    print_number(" work ", r.work);
    print_number(" memory ", r.peak_bytes);
    print_number(" stack ", stack);
    print_text("\r\n");
    mbpf_port_power_off();
    for (;;) mbpf_port_idle();
}
