// SPDX-License-Identifier: Apache-2.0
// Key files: what is written opens with its passphrase and nothing else opens at all.
#include <gtest/gtest.h>
#include <sodium.h>

#include <type_traits>

#include "core/diagnostic.h"
#include "tests/signer/example_package.h"

namespace mbpf {
namespace {

constexpr KeyProtection kCheap{1, 8192};

static_assert(!std::is_copy_constructible_v<SecretKey> && !std::is_copy_assignable_v<SecretKey>, "secret keys are moved, never copied");

std::string key_text(std::string_view passphrase = "correct horse") {
    auto text = encode_secret_key(example_key(Role::verifier, 7, "ci@example.org"), passphrase, kCheap);
    return text ? *text : std::string();
}
template <class T>
std::string code_of(const Result<T>& r) {
    return r ? "accepted" : r.error().code;
}
// The same file with word `index` of line `line` replaced.
std::string with_word(const std::string& text, std::size_t line, std::size_t index, const std::string& word) {
    std::string out;
    std::size_t at_line = 0, at_word = 0;
    for (std::size_t at = 0; at < text.size();) {
        const std::size_t end = text.find_first_of(" \n", at);
        out += at_line == line && at_word == index ? word : text.substr(at, end - at);
        out += text[end];
        at_word = text[end] == '\n' ? 0 : at_word + 1;
        at_line += text[end] == '\n' ? 1 : 0;
        at = end + 1;
    }
    return out;
}

TEST(SecretKeyFile, opens_with_its_passphrase_and_signs_the_same) {
    auto opened = parse_secret_key(key_text(), "correct horse");
    ASSERT_TRUE(opened) << opened.error().message;
    const SecretKey key = example_key(Role::verifier, 7);
    EXPECT_EQ(opened->public_key().bytes, key.public_key().bytes);
    EXPECT_EQ(opened->public_key().role, Role::verifier);
    EXPECT_EQ(opened->public_key().label, "ci@example.org");
    Package a = example_package(), b = example_package();
    ASSERT_TRUE(sign_package(a, *opened));
    ASSERT_TRUE(sign_package(b, key));
    EXPECT_EQ(a.serialize(), b.serialize());
}

TEST(SecretKeyFile, does_not_open_with_another_passphrase) {
    for (const char* wrong : {"", "correct hors", "correct horse ", "Correct horse"}) EXPECT_EQ(code_of(parse_secret_key(key_text(), wrong)), "MBPF5001") << wrong;
}

TEST(SecretKeyFile, without_a_passphrase_opens_with_the_empty_one) {
    EXPECT_EQ(code_of(parse_secret_key(key_text(""), "")), "accepted");
    EXPECT_EQ(code_of(parse_secret_key(key_text(""), "x")), "MBPF5001");
}

TEST(SecretKeyFile, does_not_show_the_secret_nor_repeat_itself) {
    const std::string once = key_text(), twice = key_text();
    EXPECT_NE(once, twice);  // fresh salt and nonce
    const std::string seed_base64 = "BwcHBwcHBwcHBwcH";
    EXPECT_EQ(once.find(seed_base64), std::string::npos);
}

TEST(SecretKeyFile, default_protection_stands_in_the_file) {
    auto text = encode_secret_key(example_key(Role::release, 1), "p");
    ASSERT_TRUE(text);
    EXPECT_NE(text->find("argon2id 3 67108864 "), std::string::npos) << *text;
}

TEST(SecretKeyFile, every_truncation_is_refused) {
    const std::string text = key_text();
    for (std::size_t n = 0; n + 1 < text.size(); ++n) {  // without its last newline it is whole
        const std::string code = code_of(parse_secret_key(text.substr(0, n), "correct horse"));
        EXPECT_TRUE(code == "MBPF3301" || code == "MBPF5001") << n << ": " << code;
    }
}

TEST(SecretKeyFile, every_changed_byte_is_refused) {
    const std::string text = key_text();
    for (std::size_t at = 0; at + 1 < text.size(); ++at)
        for (const int flip : {0x01, 0x20, 0x80}) {
            std::string changed = text;
            changed[at] = static_cast<char>(changed[at] ^ flip);
            // A digit of the KDF's cost may ask for much memory: keep the test quick.
            if (text.substr(0, at).find("argon2id ") != std::string::npos && text[at] >= '0' && text[at] <= '9' && at < text.find("8192") + 4) continue;
            const std::string code = code_of(parse_secret_key(changed, "correct horse"));
            EXPECT_TRUE(code == "MBPF3301" || code == "MBPF5001") << at << ": " << code;
        }
}

TEST(SecretKeyFile, role_and_label_are_sealed_with_the_key) {
    EXPECT_EQ(code_of(parse_secret_key(with_word(key_text(), 0, 1, "release"), "correct horse")), "MBPF5001");
    EXPECT_EQ(code_of(parse_secret_key(with_word(key_text(), 0, 2, "root"), "correct horse")), "MBPF5001");
}

TEST(SecretKeyFile, absurd_costs_are_refused_before_they_are_paid) {
    struct Case {
        std::size_t word;
        const char* value;
    };
    for (const Case& c : std::initializer_list<Case>{{1, "0"}, {1, "17"}, {1, "4294967296"}, {1, "18446744073709551616"}, {1, "-1"}, {1, "3x"}, {2, "0"}, {2, "8191"}, {2, "268435457"}, {2, "1099511627776"}, {2, "99999999999999999999"}, {0, "scrypt"}})
        EXPECT_EQ(code_of(parse_secret_key(with_word(key_text(), 1, c.word, c.value), "correct horse")), "MBPF3301") << c.value;
}

TEST(SecretKeyFile, memory_that_is_not_there_is_said) {
    auto text = encode_secret_key(example_key(Role::release, 1), "p", {1, std::uint64_t{1} << 46});
    EXPECT_EQ(code_of(text), "MBPF4005");
}

TEST(SecretKeyFile, other_text_is_no_key) {
    for (const std::string& text : {std::string(), std::string("\n\n\n"), std::string("mbpf-key-v2 verifier\nargon2id 1 8192 AA== AA==\nAA==\n"), std::string("mbpf-key-v1 admin\nargon2id 1 8192 AA== AA==\nAA==\n"), key_text() + "more\n", key_text() + std::string(4096, '\n'), std::string(3000, 'a'), encode_public_key(example_key(Role::verifier, 1).public_key())})
        EXPECT_EQ(code_of(parse_secret_key(text, "correct horse")), "MBPF3301") << text.substr(0, 40);
}

TEST(SecretKeyFile, labels_keep_to_their_characters) {
    for (const char* label : {"a b", "a\nb", "\x1b[31m", "ü", "a/b"}) EXPECT_EQ(code_of(encode_secret_key(example_key(Role::verifier, 1, label), "p", kCheap)), "MBPF3303") << label;
    EXPECT_EQ(code_of(encode_secret_key(example_key(Role::verifier, 1, std::string(65, 'a')), "p", kCheap)), "MBPF3303");
    EXPECT_EQ(code_of(encode_secret_key(example_key(Role::verifier, 1, std::string(64, 'a')), "p", kCheap)), "accepted");
}

TEST(SecretKey, generated_ones_differ) { EXPECT_NE(SecretKey::generate(Role::release, "").public_key().bytes, SecretKey::generate(Role::release, "").public_key().bytes); }

TEST(PublicKeyLine, reads_back) {
    for (const char* label : {"", "ci@example.org"}) {
        const PublicKey key = example_key(Role::release, 9, label).public_key();
        const std::string line = encode_public_key(key);
        EXPECT_TRUE(line.starts_with("mbpf-pub-v1 release ")) << line;
        for (const std::string& text : {line, line.substr(0, line.size() - 1), line.substr(0, line.size() - 1) + "\r\n"}) {
            auto read = parse_public_key(text);
            ASSERT_TRUE(read) << read.error().message;
            EXPECT_EQ(read->bytes, key.bytes);
            EXPECT_EQ(read->role, key.role);
            EXPECT_EQ(read->label, label);
            EXPECT_EQ(key_id_text(read->id()).size(), 16u);
        }
    }
}

TEST(PublicKeyLine, truncations_never_read_as_another_key) {
    const std::string line = encode_public_key(example_key(Role::release, 9, "bench").public_key());
    const std::size_t label_at = line.rfind(' ');
    for (std::size_t n = 0; n < line.size() - 1; ++n) {
        auto read = parse_public_key(line.substr(0, n));
        if (n < label_at) {
            EXPECT_EQ(code_of(read), "MBPF3302") << n;
        } else if (read) {
            EXPECT_EQ(read->bytes, example_key(Role::release, 9).public_key().bytes);
        }
    }
}

TEST(PublicKeyLine, bad_ones_are_refused) {
    const std::string good = encode_public_key(example_key(Role::release, 9).public_key());
    std::array<std::uint8_t, 32> identity{};
    identity[0] = 1;
    PublicKey weak;
    weak.bytes = identity;
    PublicKey zero;
    for (const std::string& text : {std::string(), std::string("\n"), good + good, "x" + good, with_word(good, 0, 1, "admin"), with_word(good, 0, 2, "AAAA"), with_word(good, 0, 2, "!!!!"), good.substr(0, good.size() - 1) + " a b\n", good.substr(0, good.size() - 1) + " \x1b[31m\n", std::string(2000, ' '),
                                     encode_public_key(weak), encode_public_key(zero)})
        EXPECT_EQ(code_of(parse_public_key(text)), "MBPF3302") << text;
}

TEST(Roles, have_names) {
    for (Role role : {Role::verifier, Role::release}) EXPECT_EQ(parse_role(role_name(role)), role);
    EXPECT_FALSE(parse_role("Release"));
    EXPECT_FALSE(parse_role(""));
}

}  // namespace
}  // namespace mbpf
