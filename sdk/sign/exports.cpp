// SPDX-License-Identifier: Apache-2.0
// A package in forms that other tools read: its provenance, a SUIT update.
#include <mbpf/abi/package.h>

#include <cstdio>

#include "sdk/cli/cli.h"
#include "sdk/cli/passphrase.h"
#include "sdk/sign/commands.h"
#include "signer/provenance.h"
#include "signer/suit.h"

namespace mbpf::sign {

int provenance(const Arguments& a) {
    auto package = read_package(a.package);
    if (!package) return cli::report(package.error());
    const HostSection* section = package->find_host_section(MBPF_HOST_PROVENANCE);
    if (section == nullptr) {
        Diagnostic d;
        d.code = "MBPF3305";
        d.message = "the package holds no provenance";
        d.fix = "build it with mbpf-cc; packages for devices have it stripped";
        return cli::report(d);
    }
    if (Status s = check_provenance(*package); !s) return cli::report(s.error());
    if (Status s = cli::write_output(a.output.empty() ? "-" : a.output, section->bytes); !s) return cli::report(s.error());
    return 0;
}

int strip(const Arguments& a) {
    auto package = read_package(a.package);
    if (!package) return cli::report(package.error());
    if (Status s = cli::write_output(a.output, package->serialize(true)); !s) return cli::report(s.error());
    return 0;
}

int suit(const Arguments& a) {
    auto package = read_package(a.package);
    if (!package) return cli::report(package.error());
    SuitOptions options;
    options.profile = a.profile == "riot" ? SuitProfile::riot : SuitProfile::draft;
    options.sequence = a.sequence.value_or(package->rollback_counter);
    options.uri = a.uri;
    options.integrated = a.integrated;
    options.component.clear();
    for (std::size_t at = 0; at <= a.component.size();) {
        const std::size_t colon = std::min(a.component.find(':', at), a.component.size());
        auto part = cli::parse_hex(a.component.substr(at, colon - at));
        if (!part) return cli::report(part.error());
        options.component.emplace_back(part->begin(), part->end());
        at = colon + 1;
    }
    for (const auto& [text, uuid] : {std::pair{&a.vendor, &options.vendor}, std::pair{&a.device_class, &options.device_class}}) {
        const auto parsed = parse_uuid(*text);
        if (!parsed) return cli::report(cli::usage_error("'" + *text + "' is no UUID", "write 32 hexadecimal digits; uuidgen --sha1 makes one from a name"));
        *uuid = *parsed;
    }
    auto key = open_key(a.keys.front(), a);
    if (!key) return cli::report(key.error());
    if (Status s = ready_to_sign(*package, (*key)->public_key(), a, false); !s) return cli::report(s.error());
    auto envelope = suit_envelope(*package, options, **key);
    if (!envelope) return cli::report(envelope.error());
    if (Status s = cli::write_output(a.output, *envelope); !s) return cli::report(s.error());
    std::fprintf(stderr, "SUIT envelope signed by key %s\n", key_id_text((*key)->public_key().id()).c_str());
    return 0;
}

}  // namespace mbpf::sign
