// SPDX-License-Identifier: Apache-2.0
// Hidden options of LLVM for the time of one pipeline.
#pragma once

#include <llvm/Support/CommandLine.h>

namespace mbpf {

// Options are process-wide and the front end's code generation wants others than the native ones, so what was there
// before comes back. Only for options that hold their value themselves: those with storage elsewhere are of another
// type. A name that LLVM does not have changes nothing.
template <class Value, class Parser = llvm::cl::parser<Value>>
class ScopedOption {
  public:
    ScopedOption(const char* name, Value value) {
        const auto& options = llvm::cl::getRegisteredOptions();
        const auto it = options.find(name);
        if (it == options.end()) return;
        option_ = static_cast<llvm::cl::opt<Value, false, Parser>*>(it->second);
        before_ = option_->getValue();
        option_->setValue(value);
    }
    ScopedOption(const ScopedOption&) = delete;
    ScopedOption& operator=(const ScopedOption&) = delete;
    ~ScopedOption() {
        if (option_ != nullptr) option_->setValue(before_);
    }

  private:
    llvm::cl::opt<Value, false, Parser>* option_ = nullptr;
    Value before_{};
};

}  // namespace mbpf
