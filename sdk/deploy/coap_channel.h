// SPDX-License-Identifier: Apache-2.0
// Control messages over CoAP, for devices with a network: each a POST to /mbpf, block-wise where it is longer
// than a block, repeated by libcoap until confirmed.
#pragma once

#include <memory>
#include <string>

#include "core/result.h"
#include "simulator/message_channel.h"

namespace mbpf::deploy {

struct CoapOptions {
    // Greatest block, 64 to 1024 and a power of two; 512 passes any path unfragmented.
    unsigned block_bytes = 512;
};

// coap://HOST[:PORT], port 5683 if none is given. MBPF4103 no such form, MBPF4101 no such host.
Result<std::unique_ptr<MessageChannel>> open_coap(const std::string& url, const CoapOptions& options = {});

// Any device URL: coap:// as above, else a line as open_stream() knows them.
Result<std::unique_ptr<MessageChannel>> open_channel(const std::string& url);

}  // namespace mbpf::deploy
