// SPDX-License-Identifier: Apache-2.0
// Helpers by number, as docs/reference/microbpf.md describes them. Memory arguments are checked here too: a
// verified program never fails these checks, and fuzzing relies on that.
#include "simulator/model_world.h"

#include <algorithm>

namespace mbpf::sim {

namespace {

std::uint64_t signed_result(std::int64_t value) { return static_cast<std::uint64_t>(value); }

Diagnostic bad_argument(Machine& machine, const Helper& helper, const char* what) { return machine.trap(6013, "bpf_" + helper.name + ": " + what); }

// value / 10^decimals as text, as the device writes it.
std::string decimal(std::int32_t value, unsigned decimals) {
    const bool negative = value < 0;
    std::string digits = std::to_string(negative ? -std::int64_t{value} : std::int64_t{value});
    if (digits.size() <= decimals) digits.insert(0, decimals + 1 - digits.size(), '0');
    if (decimals != 0) digits.insert(digits.size() - decimals, ".");
    return (negative ? "-" : "") + digits;
}

// The printf subset of bpf_trace_printk.
std::string formatted(const std::string& format, std::span<const std::uint64_t> values) {
    std::string out;
    std::size_t used = 0;
    for (std::size_t i = 0; i < format.size() && format[i] != 0; ++i) {
        if (format[i] != '%') {
            out += format[i];
            continue;
        }
        unsigned longs = 0;
        while (i + 1 < format.size() && format[i + 1] == 'l') ++i, ++longs;
        if (++i >= format.size()) break;
        if (format[i] == '%') {
            out += '%';
            continue;
        }
        const std::uint64_t raw = used < values.size() ? values[used++] : 0;
        const bool sign = format[i] == 'd' || format[i] == 'i';
        const std::uint64_t value = longs != 0 ? raw : sign ? sign_extend(raw, 32) : raw & 0xffffffffu;
        if (sign) out += std::to_string(static_cast<std::int64_t>(value));
        else if (format[i] == 'u') out += std::to_string(value);
        else if (format[i] == 'x') {
            static constexpr char kDigits[] = "0123456789abcdef";
            std::string text;
            for (std::uint64_t v = value; v != 0 || text.empty(); v >>= 4) text.insert(text.begin(), kDigits[v & 15]);
            out += text;
        }
    }
    return out;
}

}  // namespace

ModelWorld::ModelWorld(const bpf::Object& object) {
    for (std::uint32_t i = 0; i < object.maps.size(); ++i) {
        maps_.emplace_back(object.maps[i], i, memory_);
        const std::size_t handle = memory_.add(RegionKind::map_handle, "handle of map " + object.maps[i].name, std::vector<std::uint8_t>(8), false, true);
        memory_.region(handle).tag = i;
        handles_.push_back(handle);
    }
}

MapModel* ModelWorld::map_of(std::uint64_t handle) {
    for (std::size_t i = 0; i < handles_.size(); ++i)
        if (memory_.address(handles_[i]) == handle) return &maps_[i];
    return nullptr;
}

std::optional<std::vector<std::uint8_t>> ModelWorld::read(Machine& machine, std::uint64_t address, std::uint64_t size) {
    if (size == 0) return std::vector<std::uint8_t>{};
    const MemoryRegion* region = machine.readable(address, size);
    if (region == nullptr || !Memory::initialised(*region, address, size)) return std::nullopt;
    const auto begin = region->bytes.begin() + static_cast<std::ptrdiff_t>(address - region->base);
    return std::vector<std::uint8_t>(begin, begin + static_cast<std::ptrdiff_t>(size));
}

bool ModelWorld::write(Machine& machine, std::uint64_t address, std::span<const std::uint8_t> bytes) {
    MemoryRegion* region = machine.writable(address, std::max<std::size_t>(bytes.size(), 1));
    if (region == nullptr) return false;
    for (std::size_t i = 0; i < bytes.size(); ++i) Memory::store(*region, address + i, 1, bytes[i]);
    return true;
}

Result<std::uint64_t> ModelWorld::map_call(const Helper& helper, const Arguments& args, Machine& machine) {
    MapModel* map = map_of(args[0]);
    if (map == nullptr) return bad_argument(machine, helper, "no map");
    const auto key = read(machine, args[1], map->description().key_size);
    if (!key) return bad_argument(machine, helper, "key is not readable");
    if (helper.number == 1) return map->lookup(*key);
    if (helper.number == 3) return signed_result(map->remove(*key));
    const auto value = read(machine, args[2], map->description().value_size);
    if (!value) return bad_argument(machine, helper, "value is not readable");
    return signed_result(map->update(*key, *value, args[3]));
}

Result<std::uint64_t> ModelWorld::queue_call(const Helper& helper, const Arguments& args, Machine& machine) {
    MapModel* map = map_of(args[0]);
    if (map == nullptr) return bad_argument(machine, helper, "no map");
    if (helper.number == 87) {
        const auto value = read(machine, args[1], map->description().value_size);
        if (!value) return bad_argument(machine, helper, "value is not readable");
        return signed_result(map->push(*value, args[2]));
    }
    const auto value = helper.number == 88 ? map->pop() : map->peek();
    if (!write(machine, args[1], value ? *value : std::vector<std::uint8_t>(map->description().value_size))) return bad_argument(machine, helper, "value is not writable");
    return value ? 0 : signed_result(kNoEntry);
}

Result<std::uint64_t> ModelWorld::series_call(const Helper& helper, const Arguments& args, Machine& machine) {
    MapModel* map = map_of(args[0]);
    if (map == nullptr) return bad_argument(machine, helper, "no map");
    const auto key = read(machine, args[1], map->description().key_size);
    if (!key) return bad_argument(machine, helper, "key is not readable");
    const auto value = read(machine, args[2], map->description().value_size);
    if (!value) return bad_argument(machine, helper, "value is not readable");
    map->append({args[3], *key, *value});
    return 0;
}

Result<std::uint64_t> ModelWorld::ring_call(const Helper& helper, const Arguments& args, Machine& machine) {
    if (helper.number == 132 || helper.number == 133) {
        MemoryRegion* record = memory_.find(args[0], 1);
        if (record == nullptr || record->kind != RegionKind::record || record->base != args[0]) return bad_argument(machine, helper, "no reserved record");
        MapModel& map = maps_[record->tag];
        if (helper.number == 132) map.ring_commit(record->bytes);
        else map.ring_release(record->bytes.size());
        record->alive = false;
        return 0;
    }
    MapModel* map = map_of(args[0]);
    if (map == nullptr) return bad_argument(machine, helper, "no ring buffer");
    if (helper.number == 134) return args[1] == 0 ? map->ring_used() : map->description().max_entries;
    const std::uint64_t size = helper.number == 131 ? args[1] & 0xffffffffu : args[2];
    if (helper.number == 131) {
        if (args[2] != 0 || !map->ring_reserve(size)) return 0;
        const std::size_t region = memory_.add(RegionKind::record, "ring buffer record", std::vector<std::uint8_t>(static_cast<std::size_t>(size)), true, true);
        for (std::size_t i = 0; i < handles_.size(); ++i)
            if (memory_.address(handles_[i]) == args[0]) memory_.region(region).tag = static_cast<std::uint32_t>(i);
        return memory_.address(region);
    }
    const auto data = read(machine, args[1], size);
    if (!data) return bad_argument(machine, helper, "record is not readable");
    if (args[3] != 0) return signed_result(kInvalid);
    if (!map->ring_reserve(size)) return signed_result(-11);  // EAGAIN
    map->ring_commit(*data);
    return 0;
}

Result<std::uint64_t> ModelWorld::device_call(const Helper& helper, const Arguments& args, Machine& machine) {
    switch (helper.number) {
        case 1000: motors_stopped |= static_cast<std::uint32_t>(args[0]); return 0;
        case 1002: return time_ns;
        case 1003:
            if (args[1] >= 32) return signed_result(kInvalid);
            gpio_levels = args[2] != 0 ? gpio_levels | std::uint64_t{1} << args[1] : gpio_levels & ~(std::uint64_t{1} << args[1]);
            return 0;
        case 1004: return args[1] >= 32 ? signed_result(kInvalid) : gpio_levels >> args[1] & 1;
        case 1005: return 0;
        case 1006: {
            std::vector<std::uint8_t> sample(static_cast<std::size_t>(args[2]));
            for (unsigned i = 0; i < 8; ++i) sample[i] = static_cast<std::uint8_t>(time_ns >> (8 * i));
            for (unsigned i = 0; i < 4; ++i) sample[8 + i] = static_cast<std::uint8_t>(static_cast<std::uint32_t>(sensor_value) >> (8 * i));
            for (unsigned i = 0; i < 4; ++i) sample[12 + i] = static_cast<std::uint8_t>(10000u >> (8 * i));
            if (!write(machine, args[1], sample)) return bad_argument(machine, helper, "buffer is not writable");
            return 16;
        }
        case 1008: {
            const auto payload = read(machine, args[1], args[2]);
            if (!payload) return bad_argument(machine, helper, "payload is not readable");
            coap_code = static_cast<std::uint32_t>(args[0]);
            coap_payload = *payload;
            return 0;
        }
        case 1009: {
            const std::string text = decimal(static_cast<std::int32_t>(static_cast<std::uint32_t>(args[2])), static_cast<unsigned>(args[3]));
            std::vector<std::uint8_t> bytes(static_cast<std::size_t>(args[1]));
            std::copy_n(text.begin(), std::min(text.size(), bytes.size()), bytes.begin());
            if (!write(machine, args[0], bytes)) return bad_argument(machine, helper, "buffer is not writable");
            return text.size();
        }
        default: return machine.trap(6011, "helper " + std::to_string(helper.number) + " has no model");
    }
}

Result<std::uint64_t> ModelWorld::call(const Helper& helper, const Arguments& args, Machine& machine) {
    switch (helper.number) {
        case 1:
        case 2:
        case 3: return map_call(helper, args, machine);
        case 5:
            if (helper.name == "identity") return args[0];
            [[fallthrough]];
        case 125: return time_ns += 1000;
        case 6: {
            const auto format = read(machine, args[0], args[1] & 0xffffffffu);
            if (!format) return bad_argument(machine, helper, "format is not readable");
            const std::string text = formatted(std::string(format->begin(), format->end()), std::span(args).subspan(2));
            console += text;
            return text.size();
        }
        case 7:
            random_state = random_state * 6364136223846793005u + 1442695040888963407u;
            return random_state >> 33;
        case 8: return 0;
        case 87:
        case 88:
        case 89: return queue_call(helper, args, machine);
        case 1001: return series_call(helper, args, machine);
        case 130:
        case 131:
        case 132:
        case 133:
        case 134: return ring_call(helper, args, machine);
        default: return device_call(helper, args, machine);
    }
}

}  // namespace mbpf::sim
