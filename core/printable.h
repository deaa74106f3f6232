// SPDX-License-Identifier: Apache-2.0
// Text that others wrote, before a terminal, a table or a C comment gets it.
#pragma once

#include <string>
#include <string_view>

namespace mbpf {

// Code points as RFC 3629 has them, none of them a control character (U+0000 to U+001F, U+007F to U+009F).
bool is_printable(std::string_view text);

// '?' in place of each byte of what is not printable, the characters in `keep` apart.
std::string printable(std::string_view text, std::string_view keep = {});

}  // namespace mbpf
