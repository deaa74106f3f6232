// SPDX-License-Identifier: Apache-2.0
// The engines behind one interface. Helper 5 of platform isa returns its argument in all of them.
#include "simulator/isa_runner.h"

#include "compiler/native.h"
#include "core/program.h"
#include "simulator/board_engine.h"
#include "simulator/interpreter.h"
#include "simulator/model_world.h"
#include "simulator/native_engine.h"
#include "verifier/verify.h"

namespace mbpf::sim {

namespace {

std::uint64_t identity(std::uint64_t value) { return value; }

Diagnostic no_engine(std::string_view name) {
    Diagnostic d;
    d.code = "MBPF3402";
    d.message = "no engine \"" + std::string(name) + "\"";
    d.fix = "use interpreter, x86_64, cortex-m4, cortex-m33 or rv32imac";
    return d;
}

Result<bpf::Object> isa_object(std::span<const std::uint8_t> bytecode) {
    auto slots = bpf::decode(bytecode);
    if (!slots) return slots.error();
    return bpf::object_from_slots(std::move(slots).value(), "isa");
}

class InterpreterEngine : public IsaEngine {
  public:
    Result<IsaRun> run(std::span<const std::uint8_t> bytecode, std::vector<std::uint8_t> memory) override {
        auto object = isa_object(bytecode);
        if (!object) return object.error();
        ModelWorld world(*object);
        Machine machine(*object, 0, *builtin_platform("isa"), world);
        RunInput input;
        input.context = std::move(memory);
        auto result = machine.run(input);
        if (!result) return result.error();
        return IsaRun{result->r0, result->context};
    }
};

class NativeEngine : public IsaEngine {
  public:
    Result<IsaRun> run(std::span<const std::uint8_t> bytecode, std::vector<std::uint8_t> memory) override {
        auto package = isa_package(bytecode, static_cast<std::uint32_t>(memory.size()), "x86_64");
        if (!package) return package.error();
        auto result = run_native(*package, 0, std::move(memory), [](std::uint16_t number) { return number == 5 ? reinterpret_cast<void*>(&identity) : nullptr; });
        if (!result) return result.error();
        return IsaRun{result->r0, result->memory};
    }
};

}  // namespace

Result<Package> isa_package(std::span<const std::uint8_t> bytecode, std::uint32_t memory_bytes, std::string_view target_name) {
    auto object = isa_object(bytecode);
    if (!object) return object.error();
    const Target* target = find_target(target_name);
    if (target == nullptr) return no_engine(target_name);
    VerifyOptions options;
    options.memory_bytes = memory_bytes;
    const auto platform = std::make_shared<const Platform>(*builtin_platform("isa"));
    const VerifyReport report = verify(std::make_shared<const bpf::Object>(std::move(object).value()), platform, options);
    if (!report.accepted()) return report.verdicts.front().diagnostics.front();
    auto native = compile_native(*report.verified, *target);
    if (!native) return native.error();
    LinkOptions link;
    link.name = "isa";
    link.include_host_sections = false;
    return link_package(*report.verified, *native, link);
}

Result<std::unique_ptr<IsaEngine>> make_isa_engine(std::string_view name) {
    if (name == "interpreter") return std::unique_ptr<IsaEngine>(std::make_unique<InterpreterEngine>());
    if (name == "x86_64") return std::unique_ptr<IsaEngine>(std::make_unique<NativeEngine>());
    if (name == "cortex-m4" || name == "cortex-m33" || name == "rv32imac") return make_board_engine(name);
    return no_engine(name);
}

}  // namespace mbpf::sim
