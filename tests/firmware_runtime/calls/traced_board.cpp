// SPDX-License-Identifier: Apache-2.0
// The emulator translates one instruction at a time and logs each. A run begins at the program's entry and ends where the
// return goes, mbpf_gate_return; what lies between and not in the package's text is the runtime's.
#include "tests/firmware_runtime/calls/traced_board.h"

#include <elf.h>
#include <llvm/MC/MCAsmInfo.h>
#include <llvm/MC/MCContext.h>
#include <llvm/MC/MCDisassembler/MCDisassembler.h>
#include <llvm/MC/MCInst.h>
#include <llvm/MC/MCInstrInfo.h>
#include <llvm/MC/MCRegisterInfo.h>
#include <llvm/MC/MCSubtargetInfo.h>
#include <llvm/MC/MCTargetOptions.h>
#include <llvm/MC/TargetRegistry.h>
#include <llvm/Support/TargetSelect.h>
#include <llvm/TargetParser/Triple.h>
#include <mbpf/abi/package.h>
#include <unistd.h>

#include <cstddef>
#include <cstdio>
#include <cstring>
#include <filesystem>
#include <map>
#include <memory>

#include "compiler/native.h"
#include "linker/timing.h"
#include "sdk/cli/cli.h"
#include "tests/firmware_runtime/calls/table.h"

namespace mbpf::test {
namespace {

// Entering and leaving an exception, ARMv7-M without wait states (ARM's DDI 0439, "exception handling").
constexpr std::uint64_t kExceptionCycles = 12;

struct Firmware {
    std::map<std::string, std::uint32_t> symbols;
    std::vector<std::pair<std::uint32_t, std::vector<std::uint8_t>>> segments;  // address, bytes

    bool read(const std::string& path) {
        const auto elf = cli::read_input(path);
        Elf32_Ehdr header;
        if (!elf || elf->size() < sizeof header) return false;
        std::memcpy(&header, elf->data(), sizeof header);
        const auto at = [&]<class T>(T& row, std::size_t offset) {
            if (offset + sizeof row <= elf->size()) std::memcpy(&row, elf->data() + offset, sizeof row);
        };
        for (unsigned i = 0; i < header.e_phnum; ++i) {
            Elf32_Phdr p{};
            at(p, header.e_phoff + i * sizeof p);
            if (p.p_type == PT_LOAD && p.p_offset + p.p_filesz <= elf->size()) segments.emplace_back(p.p_vaddr, std::vector<std::uint8_t>(elf->data() + p.p_offset, elf->data() + p.p_offset + p.p_filesz));
        }
        for (unsigned i = 0; i < header.e_shnum; ++i) {
            Elf32_Shdr table{}, names{};
            at(table, header.e_shoff + i * sizeof table);
            if (table.sh_type != SHT_SYMTAB) continue;
            at(names, header.e_shoff + table.sh_link * sizeof names);
            for (std::size_t s = 0; s + sizeof(Elf32_Sym) <= table.sh_size; s += sizeof(Elf32_Sym)) {
                Elf32_Sym symbol{};
                at(symbol, table.sh_offset + s);
                symbols[reinterpret_cast<const char*>(elf->data() + names.sh_offset + symbol.st_name)] = symbol.st_value;
            }
        }
        return !segments.empty() && !symbols.empty();
    }
};

struct Decoded {
    std::uint32_t size = 0;
    InsnCycles cycles;
};

class Decoder {
  public:
    explicit Decoder(const Target& target) : target_(target), triple_(std::string(target.triple)) {
        llvm::InitializeAllTargetInfos();
        llvm::InitializeAllTargetMCs();
        llvm::InitializeAllDisassemblers();
        std::string error;
        const llvm::Target* found = llvm::TargetRegistry::lookupTarget(triple_.str(), error);
        // The firmware uses control registers, too.
        const std::string features = std::string(target.features) + (triple_.isRISCV() ? ",+zicsr,+zifencei" : "");
        registers_.reset(found->createMCRegInfo(triple_.str()));
        assembler_.reset(found->createMCAsmInfo(*registers_, triple_.str(), llvm::MCTargetOptions()));
        subtarget_.reset(found->createMCSubtargetInfo(triple_.str(), std::string(target.cpu), features));
        instructions_.reset(found->createMCInstrInfo());
        context_ = std::make_unique<llvm::MCContext>(triple_, assembler_.get(), registers_.get(), subtarget_.get());
        decoder_.reset(found->createMCDisassembler(*subtarget_, *context_));
    }

    void add(std::uint32_t address, const std::vector<std::uint8_t>& bytes) { memory_.emplace_back(address, &bytes); }

    // Null: no instruction.
    const Decoded* at(std::uint32_t address) {
        const auto [found, fresh] = known_.try_emplace(address);
        if (fresh) {
            for (const auto& [begin, bytes] : memory_) {
                if (address < begin || address - begin >= bytes->size()) continue;
                llvm::MCInst insn;
                std::uint64_t size = 0;
                const llvm::ArrayRef<std::uint8_t> rest(bytes->data() + (address - begin), bytes->size() - (address - begin));
                if (decoder_->getInstruction(insn, size, rest, address, llvm::nulls()) == llvm::MCDisassembler::Fail) continue;
                found->second = {static_cast<std::uint32_t>(size), cycles_of(target_, *instructions_, insn)};
            }
        }
        return found->second.size == 0 ? nullptr : &found->second;
    }

  private:
    const Target& target_;
    llvm::Triple triple_;
    std::unique_ptr<llvm::MCRegisterInfo> registers_;
    std::unique_ptr<llvm::MCAsmInfo> assembler_;
    std::unique_ptr<llvm::MCSubtargetInfo> subtarget_;
    std::unique_ptr<llvm::MCInstrInfo> instructions_;
    std::unique_ptr<llvm::MCContext> context_;
    std::unique_ptr<llvm::MCDisassembler> decoder_;
    std::vector<std::pair<std::uint32_t, const std::vector<std::uint8_t>*>> memory_;
    std::map<std::uint32_t, Decoded> known_;
};

std::vector<std::uint8_t> table_of(const Package& package, const std::vector<Event>& events) {
    const std::vector<std::uint8_t> bytes = package.serialize(true);
    calls_table table{CALLS_MAGIC, static_cast<std::uint32_t>(bytes.size()), offsetof(mbpf_package_header, payload_digest), static_cast<std::uint32_t>(events.size()), {}};
    for (std::size_t i = 0; i < events.size(); ++i) {
        calls_run& run = table.run[i];
        run.program = static_cast<std::uint32_t>(events[i].program);
        run.packet_bytes = static_cast<std::uint32_t>(std::min<std::size_t>(events[i].packet.size(), sizeof run.packet));
        std::copy_n(events[i].packet.begin(), run.packet_bytes, run.packet);
        std::copy_n(events[i].context.begin(), std::min(events[i].context.size(), sizeof run.context), run.context);
    }
    static_assert(sizeof table <= CALLS_PACKAGE_OFFSET);
    std::vector<std::uint8_t> blob(CALLS_PACKAGE_OFFSET + bytes.size());
    std::memcpy(blob.data(), &table, sizeof table);
    std::memcpy(blob.data() + CALLS_PACKAGE_OFFSET, bytes.data(), bytes.size());
    return blob;
}

// Follows the log: which run, in or out of the text.
class Follower {
  public:
    Follower(Decoder& decoder, const Firmware& firmware, std::uint32_t text, std::uint32_t text_bytes, std::vector<std::uint32_t> entries, std::vector<Trace>& traces)
        : decoder_(decoder), text_(text), text_bytes_(text_bytes), entries_(std::move(entries)), traces_(traces) {
        const auto symbol = [&](const char* name) {
            const auto found = firmware.symbols.find(name);
            return found == firmware.symbols.end() ? 0u : found->second & ~1u;
        };
        for (const auto& [name, address] : firmware.symbols)
            if (name.starts_with("mbpf_helper_") || name.starts_with("mbpf_rt_")) functions_[address & ~1u] = name;
        end_ = symbol("mbpf_gate_return");
        exception_ = symbol("mbpf_svc");
        stubs_ = symbol("mbpf_gate_stubs");
    }

    void step(std::uint32_t at) {
        if (running_ && at == at_) return;  // logged, but put off by the emulator
        if (!running_) {
            if (run_ >= entries_.size() || at != entries_[run_]) return;
            running_ = inside_ = true;
        } else {
            const bool inside = at - text_ < text_bytes_;
            if (last_ != nullptr && at != next_) add(last_->cycles.taken, 0);
            if (at == end_) {
                running_ = false;
                last_ = nullptr;
                ++run_;
                return;
            }
            if (inside_ && !inside) traces_[run_].calls.push_back({});
            inside_ = inside;
            if (const auto function = functions_.find(at); !inside && function != functions_.end() && traces_[run_].calls.back().function.empty()) traces_[run_].calls.back().function = function->second;
            if (at == exception_) {
                in_exception_ = true;
                add(kExceptionCycles, 0);
            } else if (in_exception_ && at - stubs_ < 128) {
                in_exception_ = false;
                add(kExceptionCycles, 0);
            }
        }
        const Decoded* now = decoder_.at(at);
        if (now == nullptr) unknown_ = at;
        at_ = at;
        last_ = now;
        if (now == nullptr) return;
        next_ = at + now->size;
        add(now->cycles.always, 1);
    }

    std::size_t runs() const { return run_; }
    std::uint32_t unknown() const { return unknown_; }

  private:
    void add(std::uint64_t cycles, std::uint64_t instructions) {
        Trace& trace = traces_[run_];
        trace.all.cycles += cycles;
        trace.all.instructions += instructions;
        if (inside_) return;
        trace.calls.back().cycles += cycles;
        trace.calls.back().instructions += instructions;
    }

    Decoder& decoder_;
    const std::uint32_t text_, text_bytes_;
    const std::vector<std::uint32_t> entries_;  // of each run
    std::vector<Trace>& traces_;
    std::map<std::uint32_t, std::string> functions_;
    std::uint32_t end_ = 0, exception_ = 0, stubs_ = 0, at_ = 0, next_ = 0, unknown_ = 0;
    const Decoded* last_ = nullptr;
    std::size_t run_ = 0;
    bool running_ = false, inside_ = false, in_exception_ = false;
};

}  // namespace

std::vector<Trace> trace_runs(const std::string& target, const std::string& firmware_folder, const Package& package, const std::vector<Event>& events, std::string& error) {
    std::vector<Trace> traces(events.size());
    const bool arm = target == "cortex-m4";
    const std::string path = firmware_folder + "/calls-" + target + ".elf";
    Firmware firmware;
    if (events.size() > CALLS_RUNS || !firmware.read(path)) {
        error = events.size() > CALLS_RUNS ? "too many runs" : "cannot read " + path;
        return traces;
    }
    const auto folder = std::filesystem::temp_directory_path();
    const std::string stem = "calls-" + target + "-" + std::to_string(::getpid()), table = (folder / (stem + ".table")).string(), out = (folder / (stem + ".out")).string();
    const std::uint32_t base = arm ? 0x21000000 : 0x87f00000;
    const std::vector<std::uint8_t> bytes = package.serialize(true);
    mbpf_package_header header;
    std::memcpy(&header, bytes.data(), sizeof header);
    const std::uint32_t text = base + CALLS_PACKAGE_OFFSET + header.text_offset;
    Decoder decoder(*find_target(target));
    decoder.add(text, package.text);
    for (const auto& [address, segment] : firmware.segments) decoder.add(address, segment);
    std::vector<std::uint32_t> entries;
    for (const Event& e : events) entries.push_back(text + package.programs[e.program].entry_offset);
    Follower follower(decoder, firmware, text, header.text_bytes, entries, traces);
    char address[16];
    std::snprintf(address, sizeof address, "0x%x", base);
    const std::string machine = arm ? "qemu-system-arm -M mps2-an386 -semihosting-config enable=on,target=native" : "qemu-system-riscv32 -M virt -bios none -cpu rv32";
    const std::string command = "timeout 300 " + machine + " -icount shift=0 -singlestep -d nochain,exec -nodefaults -display none -serial stdio -kernel " + path + " -device loader,file=" + table + ",addr=" + address + ",force-raw=on </dev/null 2>&1 >" + out;
    error = "cannot start the emulator";
    std::FILE* log = cli::write_output(table, table_of(package, events)) ? ::popen(command.c_str(), "r") : nullptr;
    if (log != nullptr) {
        char line[512];
        while (std::fgets(line, sizeof line, log) != nullptr) {  // Trace 0: 0x7f… [flags/address/…
            const char* slash = std::strchr(line, '/');
            if (std::strncmp(line, "Trace ", 6) == 0 && slash != nullptr) follower.step(static_cast<std::uint32_t>(std::strtoul(slash + 1, nullptr, 16)));
        }
        ::pclose(log);
        const auto text_of = cli::read_input(out);
        const std::string said = text_of ? std::string(text_of->begin(), text_of->end()) : "";
        std::size_t at = 0;
        for (std::size_t i = 0; i < events.size() && at != std::string::npos; ++i) {
            const std::string head = "run " + std::to_string(i) + " returned ";
            at = said.find(head, at);
            traces[i].returned = at != std::string::npos && said[at + head.size()] == '1';
        }
        error = said.find("\nend") == std::string::npos && !said.starts_with("end") ? "the board did not come to its end: " + said
                : follower.unknown() != 0                                           ? "no instruction at " + std::to_string(follower.unknown())
                : follower.runs() != events.size()                                  ? "only " + std::to_string(follower.runs()) + " runs were seen: " + said
                                                                                     : "";
    }
    std::filesystem::remove(table);
    std::filesystem::remove(out);
    return traces;
}

}  // namespace mbpf::test
