// SPDX-License-Identifier: Apache-2.0
// Uses the same build() as mbpf-cc.
#include "tests/end_to_end/build_package.h"

#include <gtest/gtest.h>

#include <fstream>
#include <iterator>
#include <map>
#include <memory>

#include "core/platform.h"
#include "sdk/pipeline/build.h"

namespace mbpf::end_to_end {

namespace {

SecretKey key_of(Role role, std::uint8_t fill) {
    std::array<std::uint8_t, 32> seed{};
    seed.fill(fill);
    return SecretKey::from_seed(role, "test", seed);
}

BuildResult build_now(const std::string& file, const std::string& target) {
    const std::string path = std::string(MBPF_SOURCE_DIR) + "/" + file;
    std::ifstream in(path, std::ios::binary);
    const std::vector<std::uint8_t> bytes{std::istreambuf_iterator<char>(in), {}};
    auto platform = load_platform("microbpf");
    BuildOptions options;
    options.platform = std::make_shared<const Platform>(std::move(platform).value());
    options.target = target;
    BuildResult result = build({{path, bytes}}, options);
    if (!result.ok() || !result.package) {
        ADD_FAILURE() << file << " does not build for " << target << ":\n" << result.messages;
        result.package = Package{};
    }
    return result;
}

}  // namespace

const BuildResult& build_program(const std::string& file, const std::string& target) {
    static std::map<std::pair<std::string, std::string>, BuildResult> built;
    const auto at = built.find({file, target});
    return at != built.end() ? at->second : built.emplace(std::pair(file, target), build_now(file, target)).first->second;
}

Package build_example(const std::string& file, const std::string& target) { return *build_program("sdk/examples/" + file, target).package; }

SecretKey trusted_key(Role role) { return key_of(role, static_cast<std::uint8_t>(0x11 * static_cast<unsigned>(role))); }
SecretKey strange_key(Role role) { return key_of(role, static_cast<std::uint8_t>(0x11 * static_cast<unsigned>(role) + 0x66)); }

std::vector<std::uint8_t> for_device(Package package) {
    EXPECT_TRUE(sign_package(package, trusted_key(Role::verifier)));
    EXPECT_TRUE(sign_package(package, trusted_key(Role::release)));
    return package.serialize(true);
}

RootRecord root_record() {
    RootRecord root;
    for (Role role : {Role::root, Role::verifier, Role::release}) root.keys.push_back({trusted_key(role).public_key()});
    root.threshold = usual_threshold(root.keys);
    return root;
}

std::vector<std::uint8_t> trust_anchors() {
    TrustAnchorOptions options;
    options.capabilities = ~kNotGranted;
    options.device_id = {'u', 'n', 'd', 'e', 'r', ' ', 't', 'e', 's', 't'};
    options.device_seed = trusted_key(Role::device).seed();
    return encode_trust_anchors(root_record(), options).value();
}

}  // namespace mbpf::end_to_end
