// SPDX-License-Identifier: Apache-2.0
// Whom a device believes, and what it says of itself.
#include <cstdio>

#include "sdk/cli/cli.h"
#include "sdk/deploy/commands.h"
#include "signer/root.h"

namespace mbpf::deploy {

int root_push(ControlClient& device, const Arguments& a) {
    auto bytes = cli::read_input(a.package_file);
    if (!bytes) return cli::report(bytes.error(), a.json);
    auto record = parse_root(*bytes);
    if (!record) {
        Diagnostic d = record.error();
        d.where.file = a.package_file;
        return cli::report(d, a.json);
    }
    control::Request request;
    request.mutable_root_update()->set_record(bytes->data(), bytes->size());
    auto reply = device.call(std::move(request));
    if (!reply) return cli::report(reply.error(), a.json);
    if (a.json) std::printf("{\"root_version\":%u}\n", record->version);
    else std::fprintf(stderr, "the device believes root record version %u now\n", record->version);
    return 0;
}

}  // namespace mbpf::deploy
