// SPDX-License-Identifier: Apache-2.0
// An organisation's own rule of who may sign what, and who must, as a file under version control
// (core/proto/signing_policy.proto). It guards against mistakes of those who hold keys; what a stolen key
// can do is bounded on the device, by its root record.
#pragma once

#include <memory>
#include <span>
#include <string_view>

#include "core/platform.h"
#include "signer/signer.h"

namespace mbpf {

namespace signing {
class SigningPolicy;
}

class Policy {
  public:
    // `name` is the file's, for messages. MBPF3304.
    static Result<Policy> parse(std::string_view text, std::string_view name);
    Policy(Policy&&) noexcept;
    Policy& operator=(Policy&&) noexcept;
    ~Policy();

    // Whether that key may sign the package. MBPF5011: it has no rule. MBPF5012: its rule forbids it.
    Status allows(const PublicKey& key, const Package& package, const Platform& platform) const;
    // Whether all who must have signed did (MBPF5013), and of each role that signed one whom allows() allows.
    // Only signatures that hold count.
    Status satisfied(const Package& package, const Platform& platform, std::span<const PublicKey> keys) const;

  private:
    Policy();
    std::unique_ptr<signing::SigningPolicy> rules_;
};

// Whether `text` is `pattern`, in which each * stands for any characters, none included.
bool matches_pattern(std::string_view pattern, std::string_view text);

}  // namespace mbpf
