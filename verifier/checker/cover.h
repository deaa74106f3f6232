// SPDX-License-Identifier: Apache-2.0
// Does a stated invariant contain a state? Read entry by entry from the certificate, so that no second state is
// needed in memory.
#pragma once

#include "verifier/checker/certificate.h"

namespace mbpf::proof {

// The reader stands at an invariant's first byte and ends behind it (if it covers). `cost` is what it states.
bool covers(Reader& in, const State& s, Cost& cost);

}  // namespace mbpf::proof
