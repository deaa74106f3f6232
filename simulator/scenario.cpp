// SPDX-License-Identifier: Apache-2.0
// JSON in, JSON out; every value is checked before it is used.
#include "simulator/scenario.h"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "core/bytes.h"

namespace mbpf::sim {

namespace {

using nlohmann::json;

Diagnostic bad(std::string_view name, std::string message) {
    Diagnostic d;
    d.code = "MBPF3403";
    d.message = std::move(message);
    d.where.file = name;
    d.fix = "write {\"maps\": {NAME: [{\"key\": …, \"value\": …}]}, \"events\": [{\"context\": {FIELD: NUMBER}, \"packet\": \"hex\", \"expect\": NUMBER}]}";
    return d;
}

std::optional<std::vector<std::uint8_t>> from_hex(std::string_view text) {
    if (text.starts_with("0x")) text.remove_prefix(2);
    if (text.size() % 2 != 0) return std::nullopt;
    std::vector<std::uint8_t> bytes;
    const auto digit = [](char c) { return c >= '0' && c <= '9' ? c - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10 : c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1; };
    for (std::size_t i = 0; i < text.size(); i += 2) {
        if (digit(text[i]) < 0 || digit(text[i + 1]) < 0) return std::nullopt;
        bytes.push_back(static_cast<std::uint8_t>(digit(text[i]) * 16 + digit(text[i + 1])));
    }
    return bytes;
}

std::string to_hex(std::span<const std::uint8_t> bytes) { return "0x" + hex_digits(bytes); }

// A number or hexadecimal bytes as exactly `size` bytes.
std::optional<std::vector<std::uint8_t>> sized(const json& j, std::size_t size) {
    if (j.is_string()) {
        auto bytes = from_hex(j.get_ref<const std::string&>());
        if (bytes && bytes->size() == size) return bytes;
        return std::nullopt;
    }
    if (!j.is_number_integer() || size == 0 || size > 8) return std::nullopt;
    const std::uint64_t value = j.is_number_unsigned() ? j.get<std::uint64_t>() : static_cast<std::uint64_t>(j.get<std::int64_t>());
    std::vector<std::uint8_t> bytes(size);
    for (std::size_t i = 0; i < size; ++i) bytes[i] = static_cast<std::uint8_t>(value >> (8 * i));
    return bytes;
}

std::optional<std::string> read_context(const json& j, const Hook& hook, std::vector<std::uint8_t>& context) {
    if (j.is_string()) {
        auto bytes = from_hex(j.get_ref<const std::string&>());
        if (!bytes || (!hook.raw_memory && bytes->size() > hook.context_size)) return "context is no hexadecimal string of at most " + std::to_string(hook.context_size) + " bytes";
        context = *bytes;
        if (!hook.raw_memory) context.resize(hook.context_size);
        return std::nullopt;
    }
    if (!j.is_object()) return "context is neither an object nor a string";
    context.assign(hook.context_size, 0);
    for (const auto& [name, value] : j.items()) {
        const auto field = std::ranges::find_if(hook.fields, [&](const ContextField& f) { return f.name == name || (!f.alias.empty() && f.alias == name); });
        if (field == hook.fields.end()) return "context has no field " + name;
        const auto bytes = sized(value, field->size);
        if (!bytes) return "field " + name + " is no value of " + std::to_string(field->size) + " bytes";
        std::copy(bytes->begin(), bytes->end(), context.begin() + field->offset);
    }
    return std::nullopt;
}

std::optional<std::string> read_event(const json& j, const Hook& hook, ScenarioEvent& event) {
    if (!j.is_object()) return "an event is not an object";
    if (j.contains("context"))
        if (auto wrong = read_context(j["context"], hook, event.input.context)) return wrong;
    if (j.contains("packet")) {
        auto packet = j["packet"].is_string() ? from_hex(j["packet"].get_ref<const std::string&>()) : std::nullopt;
        if (!packet || packet->size() > 65535) return "packet is no hexadecimal string of at most 65535 bytes";
        event.input.packet = *packet;
    }
    if (j.contains("expect")) {
        if (!j["expect"].is_number_integer()) return "expect is no number";
        event.expect = j["expect"].is_number_unsigned() ? j["expect"].get<std::uint64_t>() : static_cast<std::uint64_t>(j["expect"].get<std::int64_t>());
    }
    return std::nullopt;
}

std::optional<std::string> read_maps(const json& j, const bpf::Object& object, Scenario& scenario) {
    if (!j.is_object()) return "maps is not an object";
    for (const auto& [name, entries] : j.items()) {
        const bpf::Map* map = object.find_map(name);
        if (map == nullptr) return "there is no map " + name;
        if (!entries.is_array()) return "entries of map " + name + " are not a list";
        for (const json& entry : entries) {
            if (!entry.is_object() || !entry.contains("key") || !entry.contains("value")) return "an entry of map " + name + " has no key or value";
            const auto key = sized(entry["key"], map->key_size), value = sized(entry["value"], map->value_size);
            if (!key || !value) return "an entry of map " + name + " does not have its sizes (key " + std::to_string(map->key_size) + ", value " + std::to_string(map->value_size) + ")";
            scenario.maps.push_back({name, *key, *value});
        }
    }
    return std::nullopt;
}

class PrintingTrace : public TraceSink {
  public:
    explicit PrintingTrace(std::string& out) : out_(out) {}
    void before(const StepView& step) override {
        out_ += std::to_string(step.slot) + ": " + bpf::disassemble(step.machine.program().insns, step.slot) + "   ;";
        for (unsigned r = 0; r < bpf::kRegisterCount; ++r)
            if (step.initialised[r]) out_ += " r" + std::to_string(r) + "=" + std::to_string(step.registers[r]);
        out_ += "\n";
    }

  private:
    std::string& out_;
};

json maps_json(const bpf::Object& object, ModelWorld& world) {
    json maps = json::object();
    for (std::size_t i = 0; i < object.maps.size(); ++i) {
        MapModel& map = world.map(i);
        json& out = maps[object.maps[i].name];
        if (object.maps[i].type == static_cast<std::uint32_t>(bpf::MapType::ring_buffer)) {
            out = {{"records", json::array()}, {"dropped", map.dropped()}};
            for (const auto& record : map.records()) out["records"].push_back(to_hex(record));
            continue;
        }
        out = json::array();
        for (const auto& value : map.values()) out.push_back({{"value", to_hex(value)}});
        for (const auto& sample : map.samples()) out.push_back({{"time_ns", sample.time_ns}, {"key", to_hex(sample.key)}, {"value", to_hex(sample.value)}});
        for (const auto& key : map.keys()) out.push_back({{"key", to_hex(key)}, {"value", to_hex(map.value(key))}});
    }
    return maps;
}

}  // namespace

Result<Scenario> parse_scenario(std::string_view text, const bpf::Object& object, const Hook& hook, std::string_view name) {
    Scenario scenario;
    if (text.empty()) {
        scenario.events.emplace_back();
        return scenario;
    }
    const json j = json::parse(text, nullptr, false);
    if (j.is_discarded() || !j.is_object()) return bad(name, "input is not a JSON object");
    if (j.contains("maps"))
        if (auto wrong = read_maps(j["maps"], object, scenario)) return bad(name, *wrong);
    if (!j.contains("events") || !j["events"].is_array()) return bad(name, "input has no list of events");
    for (const json& e : j["events"]) {
        ScenarioEvent event;
        if (auto wrong = read_event(e, hook, event)) return bad(name, *wrong);
        scenario.events.push_back(std::move(event));
    }
    return scenario;
}

ScenarioReport run_scenario(const bpf::Object& object, std::size_t program, const Platform& platform, const Scenario& scenario, bool trace) {
    ScenarioReport report;
    ModelWorld world(object);
    for (const ScenarioMapEntry& entry : scenario.maps)
        for (std::size_t i = 0; i < object.maps.size(); ++i)
            if (object.maps[i].name == entry.map) world.map(i).update(entry.key, entry.value, 0);
    json runs = json::array();
    PrintingTrace sink(report.text);
    for (const ScenarioEvent& event : scenario.events) {
        Machine machine(object, program, platform, world);
        auto result = machine.run(event.input, trace ? &sink : nullptr);
        if (!result) {
            report.failure = result.error();
            break;
        }
        runs.push_back({{"r0", result->r0}, {"instructions", result->instructions}, {"cost", result->cost}, {"context", to_hex(result->context)}, {"packet", to_hex(result->packet)}});
        report.text += "r0 = " + std::to_string(static_cast<std::int64_t>(result->r0)) + ", " + std::to_string(result->instructions) + " instructions\n";
        if (event.expect && *event.expect != result->r0 && !report.failure) {
            Diagnostic d;
            d.code = "MBPF6014";
            d.message = "event " + std::to_string(runs.size()) + " gives r0 = " + std::to_string(result->r0) + ", expected " + std::to_string(*event.expect);
            d.where = object.location(object.programs[program], 0);
            report.failure = std::move(d);
        }
    }
    json j = {{"program", object.programs[program].name}, {"runs", runs}, {"maps", maps_json(object, world)}, {"console", world.console}, {"motors_stopped", world.motors_stopped}, {"coap_code", world.coap_code},
              {"coap_payload", std::string(world.coap_payload.begin(), world.coap_payload.end())}};
    if (!world.console.empty()) report.text += "console: " + world.console + "\n";
    for (const auto& [name, content] : j["maps"].items()) report.text += "map " + name + ": " + content.dump() + "\n";
    report.json = j.dump(-1, ' ', false, json::error_handler_t::replace) + "\n";
    return report;
}

}  // namespace mbpf::sim
