// SPDX-License-Identifier: Apache-2.0
// Tests of emulated boards wait for them as long as a busy host may keep them: what a device answers is tested, not how fast a host is.
#include "simulator/control_client.h"

namespace mbpf {
namespace {

[[maybe_unused]] const int patient = ControlClient::usual_tries = 60;

}  // namespace
}  // namespace mbpf
