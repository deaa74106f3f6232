// SPDX-License-Identifier: Apache-2.0
// Does a stated invariant contain a state? Read entry by entry from the certificate, so that no second state is
// needed in memory.
#pragma once

#include "verifier/checker/certificate.h"

namespace mbpf::proof {

// The reader stands at an invariant's first byte and ends behind it (if it covers). `cost` is what it states.
// With `contract`, where frames return to is not compared: it is told where the innermost is stated to.
bool covers(Reader& in, const State& s, Cost& cost, uint32_t* contract = nullptr);

}  // namespace mbpf::proof
