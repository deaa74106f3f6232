// SPDX-License-Identifier: Apache-2.0
// Result<T>: a stage's product or the diagnostic that says why there is none. Errors are values here:
// LLVM is built without exceptions, and hostile input must end in a message, never in an unwind.
#pragma once

#include <cassert>
#include <utility>
#include <variant>

#include "core/diagnostic.h"

namespace mbpf {

template <class T>
class [[nodiscard]] Result {
  public:
    Result(T value) : state_(std::in_place_index<0>, std::move(value)) {}
    Result(Diagnostic error) : state_(std::in_place_index<1>, std::move(error)) {}

    explicit operator bool() const { return state_.index() == 0; }
    const T& value() const& {
        require(state_.index() == 0);
        return *std::get_if<0>(&state_);
    }
    T& value() & {
        require(state_.index() == 0);
        return *std::get_if<0>(&state_);
    }
    T&& value() && {
        require(state_.index() == 0);
        return std::move(*std::get_if<0>(&state_));
    }
    const Diagnostic& error() const {
        require(state_.index() == 1);
        return *std::get_if<1>(&state_);
    }
    T* operator->() { return &value(); }
    const T* operator->() const { return &value(); }
    T& operator*() & { return value(); }
    const T& operator*() const& { return value(); }

  private:
    // A broken invariant stops the process in release builds too.
    static void require(bool holds) {
        if (!holds) __builtin_trap();
    }
    std::variant<T, Diagnostic> state_;
};

// A step that yields nothing but may fail.
using Status = Result<std::monostate>;
inline Status ok() { return std::monostate{}; }

}  // namespace mbpf
