// SPDX-License-Identifier: Apache-2.0
// A package does not say how it was optimised, and several targets share an instruction set, so each
// combination that could have made it is tried; equality of the header's digests decides.
#include "sdk/pipeline/rebuild.h"

#include <mbpf/abi/package.h>

#include "sdk/pipeline/build.h"

namespace mbpf {

namespace {

Diagnostic differs(std::string why) {
    Diagnostic d;
    d.code = "MBPF5008";
    d.message = "the package cannot be reproduced from its own bytecode";
    d.why = std::move(why);
    d.fix = "sign a package built by this release of mbpf-cc, with its host sections";
    return d;
}

constexpr std::pair<Optimize, const char*> kOptimizations[] = {{Optimize::speed, "speed"}, {Optimize::size, "size"}, {Optimize::balanced, "balanced"}};

}  // namespace

Result<std::string> rebuild_package(const Package& package, std::shared_ptr<const Platform> platform) {
    const HostSection* bytecode = package.find_host_section(MBPF_HOST_BYTECODE);
    if (bytecode == nullptr) return differs("it holds no bytecode");
    // The proof in the package is checked, not searched for again.
    const HostSection* certificate = package.find_host_section(MBPF_HOST_CERTIFICATE);
    const auto header = package.header_bytes();
    std::string tried;
    for (const std::string& name : target_names()) {
        const Target* target = find_target(name);
        if (target_isa(*target) != package.isa || target_isa_extensions(*target) != package.isa_extensions) continue;
        for (const auto& [optimize, text] : kOptimizations) {
            BuildOptions options;
            options.platform = platform;
            options.target = name;
            if (certificate != nullptr) options.certificate = certificate->bytes;
            options.aot.optimize = optimize;
            options.link = {.name = package.name, .version = package.version, .rollback_counter = package.rollback_counter};
            const BuildResult result = build({{package.name + ".o", bytecode->bytes}}, options);
            if (!result.ok() || !result.package) return result.diagnostics.empty() ? differs("the bytecode does not build") : result.diagnostics.front();
            Package again = *result.package;
            again.host_sections = package.host_sections;
            again.stripped_host_digest = package.stripped_host_digest;
            if (again.header_bytes() == header) return name + " " + text;
            tried += (tried.empty() ? "" : ", ") + name + " " + text;
        }
    }
    return differs(tried.empty() ? "no target of this SDK has its instruction set" : "tried: " + tried);
}

}  // namespace mbpf
