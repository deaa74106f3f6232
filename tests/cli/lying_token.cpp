// SPDX-License-Identifier: Apache-2.0
// A token's module that lies (lying_module.c): each lie ends in a message of ours, or does no harm.
#include <gtest/gtest.h>

#include <cstdlib>

#include "core/diagnostic.h"
#include "sdk/pkcs11/token.h"

namespace mbpf {
namespace {

struct Lie {
    const char* name;
    const char* code;  // of the message; "": all goes well
};

// Opens the token, reads its key and signs with it: the first message on the way.
std::string outcome(std::string* text = nullptr, const std::string& token_name = "bench") {
    Pkcs11Uri uri;
    uri.token = token_name;
    uri.object = "key";
    const auto say = [&](const Diagnostic& d) {
        if (text != nullptr) *text = render_text(d);
        return d.code;
    };
    auto token = Token::open(MBPF_LYING_MODULE, uri, "1234");
    if (!token) return say(token.error());
    auto bytes = (*token)->public_key();
    if (!bytes) return say(bytes.error());
    PublicKey read;
    read.role = Role::release;
    read.bytes = *bytes;
    auto key = parse_public_key(encode_public_key(read));
    if (!key) return say(key.error());
    auto signature = (*token)->sign(std::vector<std::uint8_t>{1, 2, 3});
    if (!signature) return say(signature.error());
    return signature_holds(*key, std::vector<std::uint8_t>{1, 2, 3}, *signature) ? "" : "does not hold";
}

const Lie kLies[] = {
    {"none", "does not hold"},
    {"no_list", "MBPF4006"},
    {"no_functions", "MBPF4006"},
    {"slots_beyond_memory", "does not hold"},
    {"more_slots_than_asked_for", "does not hold"},
    {"label_that_drives_terminals", "MBPF4006"},
    {"more_objects_than_asked_for", "MBPF4007"},
    {"point_that_is_unavailable", "MBPF4007"},
    {"point_beyond_its_buffer", "MBPF4007"},
    {"point_of_another_curve", "MBPF4007"},
    {"point_that_was_not_written", "MBPF3302"},
    {"signature_of_another_length", "MBPF4006"},
    {"signature_beyond_its_buffer", "MBPF4006"},
};

class LyingToken : public testing::TestWithParam<Lie> {};

TEST_P(LyingToken, ends_in_a_message) {
    ASSERT_EQ(::setenv("MBPF_LIE", GetParam().name, 1), 0);
    std::string text;
    EXPECT_EQ(outcome(&text), GetParam().code) << text;
    EXPECT_EQ(text.find_first_of("\033\a"), std::string::npos) << text;
}
INSTANTIATE_TEST_SUITE_P(Token, LyingToken, testing::ValuesIn(kLies), [](const auto& instance) { return std::string(instance.param.name); });

}  // namespace
}  // namespace mbpf
