// SPDX-License-Identifier: Apache-2.0
// Programs that the device stopped: which, why and where. Places within a program's text are offsets, as a
// disassembly of the package shows them.
#include <cinttypes>
#include <cstdio>

#include <nlohmann/json.hpp>

#include "mbpf/abi/fault.h"
#include "sdk/cli/cli.h"
#include "sdk/deploy/commands.h"

namespace mbpf::deploy {
namespace {

const char* kind_text(std::uint32_t kind) {
    switch (kind) {
#define MBPF_FAULT_CASE(number, name, what) \
    case number: return what;
        MBPF_FAULT_TABLE(MBPF_FAULT_CASE)
#undef MBPF_FAULT_CASE
        default: return "unknown";
    }
}

void print(const control::FaultsReply& f, bool json) {
    if (json) {
        nlohmann::json row = {{"number", f.number()}, {"package", printable_text(f.package())}, {"program", printable_text(f.program())}, {"kind", kind_text(f.kind())},
                              {"address", f.address()}, {"pc", f.pc()}, {"time_ns", f.time_ns()}};
        if (f.in_text()) row["text_offset"] = f.text_offset();
        std::printf("%s\n", row.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace).c_str());
        return;
    }
    std::printf("%u  %10.3f s  %s/%s: %s, address 0x%08x, at ", f.number(), static_cast<double>(f.time_ns()) / 1e9, printable_text(f.package()).c_str(), printable_text(f.program()).c_str(), kind_text(f.kind()), f.address());
    if (f.in_text()) std::printf("text+0x%x\n", f.text_offset());
    else std::printf("0x%08x\n", f.pc());
}

}  // namespace

int faults(ControlClient& device, const Arguments& a) {
    for (std::uint64_t next = 1, count = 1; next <= count;) {
        control::Request request;
        request.mutable_faults()->set_number(static_cast<std::uint32_t>(next));
        const auto r = device.call(std::move(request));
        if (!r) return cli::report(r.error(), a.json);
        count = r->faults().count();
        if (r->faults().number() < next) break;
        print(r->faults(), a.json);
        next = std::uint64_t{r->faults().number()} + 1;
    }
    return 0;
}

}  // namespace mbpf::deploy
