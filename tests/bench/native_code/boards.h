// SPDX-License-Identifier: Apache-2.0
// Runs code and counts its instructions: on an emulated board, or step by step in a child of this process.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "tests/bench/native_code/rows.h"

namespace mbpf::bench {

struct Task {
    std::vector<std::uint8_t> code;
    std::uint32_t entry = 0;
    bool interpreted = false;
    std::vector<std::uint8_t> input;
    std::optional<Scene> scene{};
    std::vector<std::uint8_t> scene_image{};  // loaded at scene->base; on a board the task whose code it is does that
    bool once = false;  // run once: its figure then is a rough one, for the trace tells
};
struct Count {
    std::uint64_t result = 0, digest = 0, instructions = 0;
    bool done = false;
};

// Where code of task `index` will lie: on a board; here, that of a scene.
std::uint64_t code_address(const std::string& board, std::size_t index, bool with_scene = false);
// Bytes that a task's code may take there; tasks with a scene have the runtime in it, and are few.
std::uint32_t code_room(bool with_scene);
// One emulation for all; `error` is empty if it went to its end.
std::vector<Count> run_on_board(const std::string& board, const std::string& firmware_folder, const std::vector<Task>& tasks, std::string& error);
// One emulation for all, each run once, told instruction by instruction: task and offset in its code.
void trace_on_board(const std::string& board, const std::string& firmware_folder, std::vector<Task> tasks, const std::function<void(std::size_t, std::uint32_t)>& executed, std::string& error);
// The same on x86_64.
Count run_stepwise(const Task& task);

}  // namespace mbpf::bench
