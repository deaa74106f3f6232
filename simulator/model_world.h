// SPDX-License-Identifier: Apache-2.0
// The world a program meets in the reference interpreter: model maps of one object and plain models of the
// microbpf helpers, with everything they did recorded for the caller to look at.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "simulator/interpreter.h"
#include "simulator/map_model.h"

namespace mbpf::sim {

class ModelWorld : public World {
  public:
    explicit ModelWorld(const bpf::Object& object);

    Memory& memory() override { return memory_; }
    std::uint64_t map_handle(std::uint32_t index) override { return memory_.address(handles_[index]); }
    std::uint64_t global_data(std::uint32_t index, std::uint32_t offset) override { return memory_.address(maps_[index].region()) + offset; }
    Result<std::uint64_t> call(const Helper& helper, const std::array<std::uint64_t, 5>& args, Machine& machine) override;

    MapModel& map(std::size_t index) { return maps_[index]; }
    std::size_t map_count() const { return maps_.size(); }

    // Inputs of the helpers.
    std::uint64_t time_ns = 0;             // advances by 1000 each time it is read
    std::uint64_t random_state = 1;
    std::int32_t sensor_value = 2150;      // what bpf_iio_read gives
    std::uint64_t gpio_levels = 0;
    // What the helpers did.
    std::uint32_t motors_stopped = 0;
    std::uint32_t coap_code = 0;
    std::vector<std::uint8_t> coap_payload;
    std::string console;

  private:
    using Arguments = std::array<std::uint64_t, 5>;
    Result<std::uint64_t> map_call(const Helper& helper, const Arguments& args, Machine& machine);
    Result<std::uint64_t> queue_call(const Helper& helper, const Arguments& args, Machine& machine);
    Result<std::uint64_t> series_call(const Helper& helper, const Arguments& args, Machine& machine);
    Result<std::uint64_t> ring_call(const Helper& helper, const Arguments& args, Machine& machine);
    Result<std::uint64_t> device_call(const Helper& helper, const Arguments& args, Machine& machine);
    // Copies of checked memory; nothing if out of bounds or not initialised.
    std::optional<std::vector<std::uint8_t>> read(Machine& machine, std::uint64_t address, std::uint64_t size);
    bool write(Machine& machine, std::uint64_t address, std::span<const std::uint8_t> bytes);
    MapModel* map_of(std::uint64_t handle);

    Memory memory_;
    std::vector<MapModel> maps_;
    std::vector<std::size_t> handles_;  // region of each map's handle
};

}  // namespace mbpf::sim
