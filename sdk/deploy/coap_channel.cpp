// SPDX-License-Identifier: Apache-2.0
// libcoap does blocks, confirmation and repetition; what it gives up is repeated by the control client.
#include "sdk/deploy/coap_channel.h"

#include <coap3/coap.h>
#include <netdb.h>
#include <sodium.h>

#include <algorithm>
#include <bit>
#include <cstring>
#include <utility>

#include "core/make_diagnostic.h"

namespace mbpf::deploy {

namespace {

using Bytes = std::vector<std::uint8_t>;

class CoapChannel : public MessageChannel {
  public:
    CoapChannel(coap_context_t* context, coap_session_t* session, unsigned block_bytes, std::string url)
        : context_(context), session_(session), block_exponent_(static_cast<std::uint8_t>(std::bit_width(block_bytes) - 5)), url_(std::move(url)) {
        coap_session_set_app_data(session_, this);
        coap_register_response_handler(context_, on_response);
        coap_register_nack_handler(context_, on_nack);
    }
    ~CoapChannel() override {
        coap_session_release(session_);
        coap_free_context(context_);
        coap_cleanup();
    }
    CoapChannel(const CoapChannel&) = delete;
    CoapChannel& operator=(const CoapChannel&) = delete;

    Status send(std::span<const std::uint8_t> message) override {
        coap_pdu_t* pdu = coap_new_pdu(COAP_MESSAGE_CON, COAP_REQUEST_CODE_POST, session_);
        if (pdu == nullptr) return cannot_send();
        std::uint8_t token[8], format[1] = {COAP_MEDIATYPE_APPLICATION_OCTET_STREAM};
        std::size_t token_bytes = 0;
        coap_session_new_token(session_, &token_bytes, token);
        auto* body = new Bytes(message.begin(), message.end());  // until libcoap has sent all of it
        const auto release = [](coap_session_t*, void* b) { delete static_cast<Bytes*>(b); };
        if (coap_add_token(pdu, token_bytes, token) == 0 || coap_add_option(pdu, COAP_OPTION_URI_PATH, 4, reinterpret_cast<const std::uint8_t*>("mbpf")) == 0 ||
            coap_add_option(pdu, COAP_OPTION_CONTENT_FORMAT, sizeof format, format) == 0 || coap_add_option(pdu, COAP_OPTION_BLOCK2, 1, &block_exponent_) == 0) {
            delete body;
            coap_delete_pdu(pdu);
            return cannot_send();
        }
        if (coap_add_data_large_request(session_, pdu, body->size(), body->data(), release, body) == 0) {  // releases the body itself
            coap_delete_pdu(pdu);
            return cannot_send();
        }
        if (coap_send(session_, pdu) == COAP_INVALID_MID) return cannot_send();
        return ok();
    }

    Result<std::vector<Bytes>> receive(int timeout_ms) override {
        if (arrived_.empty() && !trouble_ && coap_io_process(context_, static_cast<std::uint32_t>(std::max(timeout_ms, 1))) < 0)
            return diagnostic(4101, "the line to " + url_ + " broke", {}, "check that the device is running");
        if (trouble_) return *std::exchange(trouble_, std::nullopt);
        return std::exchange(arrived_, {});
    }

    // One request at a time (RFC 7252, 4.7).
    std::size_t bytes_on_line(std::size_t) const override { return 0; }

  private:
    Diagnostic cannot_send() const { return diagnostic(4101, "cannot send to " + url_, {}, "check that the device is reachable"); }

    static coap_response_t on_response(coap_session_t* session, const coap_pdu_t*, const coap_pdu_t* received, coap_mid_t) {
        auto& self = *static_cast<CoapChannel*>(coap_session_get_app_data(session));
        const coap_pdu_code_t code = coap_pdu_get_code(received);
        const std::uint8_t* data = nullptr;
        std::size_t bytes = 0, offset = 0, total = 0;
        if (code == COAP_RESPONSE_CODE_CHANGED) {
            if (coap_get_data_large(received, &bytes, &data, &offset, &total) != 0 && offset == 0 && bytes == total && bytes <= kMaxMessageBytes) self.arrived_.emplace_back(data, data + bytes);
        } else if (code != COAP_RESPONSE_CODE_INCOMPLETE) {  // a lost block is asked for again by repeating the whole
            char text[16];
            std::snprintf(text, sizeof text, "%u.%02u", static_cast<unsigned>(code) >> 5, static_cast<unsigned>(code) & 31u);
            self.trouble_ = diagnostic(3504, "the device answers CoAP, but not the control protocol: " + std::string(text), {}, "check that " + self.url_ + " is a device that runs MicroBPF");
        }
        return COAP_RESPONSE_OK;
    }

    // Unconfirmed is as lost on a line: the client repeats. Only a refusal by the device itself is final.
    static void on_nack(coap_session_t* session, const coap_pdu_t*, coap_nack_reason_t reason, coap_mid_t) {
        auto& self = *static_cast<CoapChannel*>(coap_session_get_app_data(session));
        if (reason == COAP_NACK_RST) self.trouble_ = diagnostic(3504, "the device rejects CoAP messages", {}, "check that " + self.url_ + " is a device that runs MicroBPF");
    }

    static constexpr std::size_t kMaxMessageBytes = 1024;
    coap_context_t* context_;
    coap_session_t* session_;
    std::uint8_t block_exponent_;  // of answers: blocks of 16 << this
    std::string url_;
    std::vector<Bytes> arrived_;
    std::optional<Diagnostic> trouble_;
};

struct HostPort {
    std::string host, port = "5683";
};

// HOST, HOST:PORT, [V6] or [V6]:PORT.
std::optional<HostPort> split(std::string_view rest) {
    HostPort parts;
    if (rest.starts_with('[')) {
        const std::size_t end = rest.find(']');
        if (end == std::string_view::npos) return std::nullopt;
        parts.host = rest.substr(1, end - 1);
        rest.remove_prefix(end + 1);
    } else {
        parts.host = rest.substr(0, rest.find(':'));
        rest.remove_prefix(parts.host.size());
    }
    if (!rest.empty()) parts.port = rest.starts_with(':') ? rest.substr(1) : std::string_view{};
    const bool digits = !parts.port.empty() && parts.port.size() <= 5 && std::ranges::all_of(parts.port, [](char c) { return c >= '0' && c <= '9'; });
    if (parts.host.empty() || !digits) return std::nullopt;
    return parts;
}

}  // namespace

Result<std::unique_ptr<MessageChannel>> open_coap(const std::string& url, const CoapOptions& options) {
    const auto at = split(std::string_view(url).substr(std::min<std::size_t>(url.size(), 7)));
    if (!url.starts_with("coap://") || !at) return diagnostic(4103, "\"" + url + "\" names no CoAP device", {}, "write coap://HOST:PORT");
    addrinfo hints{}, *found = nullptr;
    hints.ai_socktype = SOCK_DGRAM;
    if (const int error = ::getaddrinfo(at->host.c_str(), at->port.c_str(), &hints, &found); error != 0) return diagnostic(4101, "cannot open " + url + ": " + ::gai_strerror(error), {}, "check host and port");
    coap_address_t address;
    coap_address_init(&address);
    address.size = found->ai_addrlen;
    std::memcpy(&address.addr, found->ai_addr, std::min<std::size_t>(found->ai_addrlen, sizeof address.addr));
    ::freeaddrinfo(found);

    coap_startup();
    coap_set_log_level(LOG_EMERG);  // what concerns the user comes as a diagnostic
    coap_context_t* context = coap_new_context(nullptr);
    if (context != nullptr) coap_context_set_block_mode(context, COAP_BLOCK_USE_LIBCOAP | COAP_BLOCK_SINGLE_BODY);  // sessions copy it
    coap_session_t* session = context == nullptr ? nullptr : coap_new_client_session(context, nullptr, &address, COAP_PROTO_UDP);
    if (session == nullptr) {
        if (context != nullptr) coap_free_context(context);
        coap_cleanup();
        return diagnostic(4101, "cannot open " + url + ": " + std::strerror(errno), {}, "check host and port");
    }
    // Header, token and options take less than 60 bytes: this block fits, either way.
    const unsigned block = std::bit_floor(std::clamp(options.block_bytes, 64u, 1024u));
    coap_session_set_mtu(session, block + 60);
    // Two repetitions by libcoap, after a second at least; and the client's own tries do not wait for them.
    coap_session_set_ack_timeout(session, {1, 0});
    coap_session_set_max_retransmit(session, 2);
    coap_session_set_nstart(session, 8);
    std::uint8_t token[8];
    randombytes_buf(token, sizeof token);  // not the last client's, whose answers may still come
    coap_session_init_token(session, sizeof token, token);
    return std::unique_ptr<MessageChannel>(std::make_unique<CoapChannel>(context, session, block, url));
}

Result<std::unique_ptr<MessageChannel>> open_channel(const std::string& url) {
    if (url.starts_with("coap://")) return open_coap(url);
    auto stream = open_stream(url);
    if (!stream) return stream.error();
    return framed(std::move(stream).value());
}

}  // namespace mbpf::deploy
