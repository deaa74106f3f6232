// SPDX-License-Identifier: Apache-2.0
// Which rules some test has fired, over all files of this executable.
#pragma once

#include <set>
#include <string>

namespace mbpf {

std::set<std::string>& fired_codes();

}  // namespace mbpf
