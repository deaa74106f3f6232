// SPDX-License-Identifier: Apache-2.0
// Platform linux beside the running kernel, where it lets us load programs: what the descriptor lets a program
// type touch, call and return, its verifier lets through too. Tiny programs, one question each; none is run.
#include <gtest/gtest.h>
#include <linux/bpf.h>
#include <sys/syscall.h>
#include <sys/utsname.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "core/platform.h"

namespace mbpf {
namespace {

struct ProgramType {
    const char* hook;
    std::uint32_t type;
    std::uint32_t attach;
    std::uint32_t flags = 0;
};
constexpr ProgramType kTypes[] = {
    {"xdp", BPF_PROG_TYPE_XDP, 0}, {"xdp_devmap", BPF_PROG_TYPE_XDP, BPF_XDP_DEVMAP}, {"tc", BPF_PROG_TYPE_SCHED_CLS, 0}, {"socket", BPF_PROG_TYPE_SOCKET_FILTER, 0},
    {"cgroup_skb", BPF_PROG_TYPE_CGROUP_SKB, BPF_CGROUP_INET_INGRESS}, {"cgroup_skb_egress", BPF_PROG_TYPE_CGROUP_SKB, BPF_CGROUP_INET_EGRESS}, {"lwt_in", BPF_PROG_TYPE_LWT_IN, 0}, {"lwt_out", BPF_PROG_TYPE_LWT_OUT, 0},
    {"lwt_xmit", BPF_PROG_TYPE_LWT_XMIT, 0}, {"lwt_seg6local", BPF_PROG_TYPE_LWT_SEG6LOCAL, 0}, {"sk_skb", BPF_PROG_TYPE_SK_SKB, 0}, {"flow_dissector", BPF_PROG_TYPE_FLOW_DISSECTOR, 0},
    {"cgroup_sock", BPF_PROG_TYPE_CGROUP_SOCK, BPF_CGROUP_INET_SOCK_CREATE}, {"cgroup_post_bind4", BPF_PROG_TYPE_CGROUP_SOCK, BPF_CGROUP_INET4_POST_BIND}, {"cgroup_post_bind6", BPF_PROG_TYPE_CGROUP_SOCK, BPF_CGROUP_INET6_POST_BIND},
    {"cgroup_bind4", BPF_PROG_TYPE_CGROUP_SOCK_ADDR, BPF_CGROUP_INET4_BIND}, {"cgroup_bind6", BPF_PROG_TYPE_CGROUP_SOCK_ADDR, BPF_CGROUP_INET6_BIND}, {"cgroup_connect4", BPF_PROG_TYPE_CGROUP_SOCK_ADDR, BPF_CGROUP_INET4_CONNECT},
    {"cgroup_connect6", BPF_PROG_TYPE_CGROUP_SOCK_ADDR, BPF_CGROUP_INET6_CONNECT}, {"cgroup_name4", BPF_PROG_TYPE_CGROUP_SOCK_ADDR, BPF_CGROUP_UDP4_RECVMSG}, {"cgroup_name6", BPF_PROG_TYPE_CGROUP_SOCK_ADDR, BPF_CGROUP_UDP6_RECVMSG},
    {"cgroup_sendmsg4", BPF_PROG_TYPE_CGROUP_SOCK_ADDR, BPF_CGROUP_UDP4_SENDMSG}, {"cgroup_sendmsg6", BPF_PROG_TYPE_CGROUP_SOCK_ADDR, BPF_CGROUP_UDP6_SENDMSG}, {"cgroup_dev", BPF_PROG_TYPE_CGROUP_DEVICE, BPF_CGROUP_DEVICE},
    {"cgroup_sysctl", BPF_PROG_TYPE_CGROUP_SYSCTL, BPF_CGROUP_SYSCTL}, {"cgroup_getsockopt", BPF_PROG_TYPE_CGROUP_SOCKOPT, BPF_CGROUP_GETSOCKOPT}, {"cgroup_setsockopt", BPF_PROG_TYPE_CGROUP_SOCKOPT, BPF_CGROUP_SETSOCKOPT},
    {"sockops", BPF_PROG_TYPE_SOCK_OPS, BPF_CGROUP_SOCK_OPS}, {"sk_msg", BPF_PROG_TYPE_SK_MSG, 0}, {"sk_reuseport", BPF_PROG_TYPE_SK_REUSEPORT, BPF_SK_REUSEPORT_SELECT}, {"sk_lookup", BPF_PROG_TYPE_SK_LOOKUP, BPF_SK_LOOKUP},
    {"kprobe", BPF_PROG_TYPE_KPROBE, 0}, {"tracepoint", BPF_PROG_TYPE_TRACEPOINT, 0}, {"raw_tracepoint", BPF_PROG_TYPE_RAW_TRACEPOINT, 0}, {"perf_event", BPF_PROG_TYPE_PERF_EVENT, 0}, {"lirc_mode2", BPF_PROG_TYPE_LIRC_MODE2, 0},
    {"kprobe_sleepable", BPF_PROG_TYPE_KPROBE, 0, BPF_F_SLEEPABLE}, {"syscall", BPF_PROG_TYPE_SYSCALL, 0, BPF_F_SLEEPABLE}};

bpf_insn insn(int code, unsigned dst, unsigned src, int offset, int imm) {
    bpf_insn out{};
    out.code = static_cast<__u8>(code);
    out.dst_reg = dst & 15;
    out.src_reg = src & 15;
    out.off = static_cast<__s16>(offset);
    out.imm = imm;
    return out;
}

// 0 or the error; `log` gets the kernel's words. The descriptor is closed at once.
int load(const ProgramType& type, std::vector<bpf_insn> insns, int result, std::string& log) {
    static std::vector<char> buffer(1 << 16);
    insns.push_back(insn(BPF_ALU64 | BPF_MOV | BPF_K, 0, 0, 0, result));
    insns.push_back(insn(BPF_JMP | BPF_EXIT, 0, 0, 0, 0));
    bpf_attr attr{};
    attr.prog_type = type.type;
    attr.expected_attach_type = type.attach;
    attr.prog_flags = type.flags;
    attr.insns = reinterpret_cast<__u64>(insns.data());
    attr.insn_cnt = static_cast<__u32>(insns.size());
    attr.license = reinterpret_cast<__u64>("GPL");
    attr.log_buf = reinterpret_cast<__u64>(buffer.data());
    attr.log_size = static_cast<__u32>(buffer.size());
    attr.log_level = 1;
    buffer[0] = 0;
    const long fd = syscall(__NR_bpf, BPF_PROG_LOAD, &attr, sizeof attr);
    const int error = fd < 0 ? errno : 0;
    log = buffer.data();
    if (fd >= 0) close(static_cast<int>(fd));
    return error;
}

class LinuxKernel : public testing::Test {
  protected:
    void SetUp() override {
        utsname name{};
        int major = 0, minor = 0;
        // Older kernels lack fields and helpers that the descriptor has.
        if (uname(&name) != 0 || std::sscanf(name.release, "%d.%d", &major, &minor) != 2 || major < 6 || (major == 6 && minor < 12)) GTEST_SKIP() << "kernel " << name.release;
#if !defined(__x86_64__)
        GTEST_SKIP() << "the descriptor's registers are those of x86-64";
#endif
        std::string log;
        if (load(kTypes[0], {}, 2, log) != 0) GTEST_SKIP() << "programs may not be loaded here";
        for (const ProgramType& type : kTypes) {
            const Hook* hook = builtin_platform("linux")->find_hook(type.hook);
            ASSERT_NE(hook, nullptr) << type.hook;
            // A kernel built without this program type is no witness.
            if (load(type, {}, static_cast<int>(hook->return_min), log) == 0) types_.push_back({&type, hook});
        }
        ASSERT_GT(types_.size(), 10u);
    }
    struct Known {
        const ProgramType* type;
        const Hook* hook;
    };
    std::vector<Known> types_;
};

TEST_F(LinuxKernel, takes_the_results_that_hooks_allow) {
    std::string log;
    for (const auto& [type, hook] : types_)
        for (const std::int64_t value : hook->any_return ? std::vector<std::int64_t>{-1, 0, 255} : std::vector<std::int64_t>{hook->return_min, hook->return_max}) EXPECT_EQ(load(*type, {}, static_cast<int>(value), log), 0) << type->hook << " " << value << "\n" << log;
}

TEST_F(LinuxKernel, lets_programs_touch_the_fields_that_hooks_have) {
    constexpr int kSizes[] = {0, BPF_B, BPF_H, 0, BPF_W, 0, 0, 0, BPF_DW};
    std::string log;
    unsigned asked = 0;
    for (const auto& [type, hook] : types_)
        for (const ContextField& field : hook->fields) {
            const std::uint32_t size = field.kind == FieldKind::raw_bytes ? field.element_size : field.size;
            for (std::uint32_t at = field.offset; at < field.offset + field.size && at < 512; at += size) {
                const int off = static_cast<int>(at), result = static_cast<int>(hook->return_min);
                ++asked;
                EXPECT_EQ(load(*type, {insn(BPF_LDX | BPF_MEM | kSizes[size], 2, 1, off, 0)}, result, log), 0) << type->hook << ": reads " << field.name << "\n" << log;
                if (!field.writable) continue;
                EXPECT_EQ(load(*type, {insn(BPF_ALU64 | BPF_MOV | BPF_K, 2, 0, 0, 1), insn(BPF_STX | BPF_MEM | (size == 1 ? BPF_W : kSizes[size]), 1, 2, off & ~3, 0)}, result, log), 0) << type->hook << ": writes " << field.name << "\n" << log;
            }
        }
    EXPECT_GT(asked, 300u);
}

// Of a packet pointer, an object or a number, a program of two instructions does not tell the difference; this
// asks for what only the right one allows.
TEST_F(LinuxKernel, sees_packets_where_hooks_have_them) {
    std::string log;
    for (const auto& [type, hook] : types_) {
        const auto of_kind = [&, h = hook](FieldKind kind) { return std::ranges::find(h->fields, kind, &ContextField::kind); };
        const auto start = of_kind(FieldKind::packet_start), end = of_kind(FieldKind::packet_end);
        if (start == hook->fields.end()) continue;
        const int load_size = start->size == 8 ? BPF_DW : BPF_W;
        const std::vector<bpf_insn> checked = {
            insn(BPF_LDX | BPF_MEM | load_size, 2, 1, static_cast<int>(start->offset), 0), insn(BPF_LDX | BPF_MEM | load_size, 3, 1, static_cast<int>(end->offset), 0),
            insn(BPF_ALU64 | BPF_MOV | BPF_X, 4, 2, 0, 0), insn(BPF_ALU64 | BPF_ADD | BPF_K, 4, 0, 0, 4), insn(BPF_JMP | BPF_JGT | BPF_X, 4, 3, 1, 0)};
        const int result = static_cast<int>(hook->return_min);
        for (const bool write : {false, true}) {
            std::vector<bpf_insn> program = checked;
            program.push_back(write ? insn(BPF_ST | BPF_MEM | BPF_W, 2, 0, 0, 0) : insn(BPF_LDX | BPF_MEM | BPF_W, 5, 2, 0, 0));
            EXPECT_EQ(load(*type, program, result, log) == 0, !write || !hook->packet_read_only) << type->hook << (write ? ": writes" : ": reads") << " the packet\n" << log;
        }
    }
}

TEST_F(LinuxKernel, offers_the_helpers_that_hooks_may_call) {
    // The running kernel may have been built or started without a helper: then it offers it to no program type.
    const std::set<std::string> by_configuration = {"ktime_get_coarse_ns"};
    std::string log;
    for (const Helper& helper : builtin_platform("linux")->helpers) {
        if (!helper.unsupported.empty() || by_configuration.contains(helper.name)) continue;
        std::map<std::string, bool> offered;
        for (const auto& [type, hook] : types_) {
            load(*type, {insn(BPF_JMP | BPF_CALL, 0, 0, 0, static_cast<int>(helper.number))}, static_cast<int>(hook->return_min), log);
            offered[type->hook] = log.find("cannot use helper") == std::string::npos && log.find("unknown func") == std::string::npos && log.find("invalid func") == std::string::npos && log.find("not supported for program type") == std::string::npos;
        }
        if (std::ranges::none_of(offered, [](const auto& entry) { return entry.second; })) continue;
        for (const auto& [hook, has] : offered)
            if (helper.hooks.empty() || std::ranges::find(helper.hooks, hook) != helper.hooks.end()) { EXPECT_TRUE(has) << hook << ": " << helper.name; }
    }
}

// Programs that may sleep take few types of maps.
TEST_F(LinuxKernel, lets_programs_use_the_maps_that_hooks_name) {
    std::string log;
    unsigned asked = 0;
    for (const MapTypeInfo& map : builtin_platform("linux")->map_types) {
        bpf_attr attr{};
        attr.map_type = map.number;
        attr.key_size = map.min_key_size;
        attr.value_size = map.max_value_size < 8 ? static_cast<__u32>(map.max_value_size) : 8;
        attr.max_entries = 4096;
        if (map.name == "lpm_trie") attr.map_flags = BPF_F_NO_PREALLOC;
        const long fd = syscall(__NR_bpf, BPF_MAP_CREATE, &attr, sizeof attr);
        if (fd < 0) continue;  // needs more than that to be made
        for (const auto& [type, hook] : types_) {
            if (hook->map_types.empty() || std::ranges::find(hook->map_types, map.number) == hook->map_types.end()) continue;
            ++asked;
            EXPECT_EQ(load(*type, {insn(BPF_LD | BPF_IMM | BPF_DW, 2, BPF_PSEUDO_MAP_FD, 0, static_cast<int>(fd)), insn(0, 0, 0, 0, 0)}, static_cast<int>(hook->return_min), log), 0) << type->hook << ": " << map.name << "\n" << log;
        }
        close(static_cast<int>(fd));
    }
    EXPECT_GT(asked, 10u);
}

// A helper alike in name may take what another program type's does not: a null context, or none in its stead.
TEST_F(LinuxKernel, takes_the_contexts_that_helpers_do) {
    std::string log;
    for (const Helper& helper : builtin_platform("linux")->helpers) {
        if (!helper.unsupported.empty() || helper.args.size() != 1 || helper.args[0].kind != ArgKind::context) continue;
        for (const auto& [type, hook] : types_) {
            if (!helper.hooks.empty() && std::ranges::find(helper.hooks, hook->name) == helper.hooks.end()) continue;
            std::vector<bpf_insn> call = {insn(BPF_JMP | BPF_CALL, 0, 0, 0, static_cast<int>(helper.number))};
            for (const bool null : {false, true}) {
                if (null && !helper.args[0].nullable) continue;
                if (null) call.insert(call.begin(), insn(BPF_ALU64 | BPF_MOV | BPF_K, 1, 0, 0, 0));
                EXPECT_EQ(load(*type, call, static_cast<int>(hook->return_min), log), 0) << type->hook << ": " << helper.name << (null ? " of null" : "") << "\n" << log;
            }
        }
    }
}

}  // namespace
}  // namespace mbpf
