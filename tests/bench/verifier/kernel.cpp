// SPDX-License-Identifier: Apache-2.0
#include "tests/bench/verifier/kernel.h"

#include <linux/bpf.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <cstring>
#include <vector>

namespace mbpf::bench {
namespace {

struct ProgramType {
    const char* hook;
    std::uint32_t type, attach;
};
constexpr ProgramType kTypes[] = {
    {"xdp", BPF_PROG_TYPE_XDP, 0},
    {"xdp_devmap", BPF_PROG_TYPE_XDP, BPF_XDP_DEVMAP},
    {"tc", BPF_PROG_TYPE_SCHED_CLS, 0},
    {"socket", BPF_PROG_TYPE_SOCKET_FILTER, 0},
    {"cgroup_skb", BPF_PROG_TYPE_CGROUP_SKB, BPF_CGROUP_INET_INGRESS},
    {"cgroup_skb_egress", BPF_PROG_TYPE_CGROUP_SKB, BPF_CGROUP_INET_EGRESS},
    {"lwt_in", BPF_PROG_TYPE_LWT_IN, 0},
    {"lwt_out", BPF_PROG_TYPE_LWT_OUT, 0},
    {"lwt_xmit", BPF_PROG_TYPE_LWT_XMIT, 0},
    {"lwt_seg6local", BPF_PROG_TYPE_LWT_SEG6LOCAL, 0},
    {"sk_skb", BPF_PROG_TYPE_SK_SKB, 0},
    {"flow_dissector", BPF_PROG_TYPE_FLOW_DISSECTOR, 0},
    {"cgroup_sock", BPF_PROG_TYPE_CGROUP_SOCK, BPF_CGROUP_INET_SOCK_CREATE},
    {"cgroup_sock_numbered", BPF_PROG_TYPE_CGROUP_SOCK, BPF_CGROUP_INET_SOCK_CREATE},
    {"cgroup_post_bind4", BPF_PROG_TYPE_CGROUP_SOCK, BPF_CGROUP_INET4_POST_BIND},
    {"cgroup_post_bind6", BPF_PROG_TYPE_CGROUP_SOCK, BPF_CGROUP_INET6_POST_BIND},
    {"cgroup_bind4", BPF_PROG_TYPE_CGROUP_SOCK_ADDR, BPF_CGROUP_INET4_BIND},
    {"cgroup_bind6", BPF_PROG_TYPE_CGROUP_SOCK_ADDR, BPF_CGROUP_INET6_BIND},
    {"cgroup_connect4", BPF_PROG_TYPE_CGROUP_SOCK_ADDR, BPF_CGROUP_INET4_CONNECT},
    {"cgroup_connect6", BPF_PROG_TYPE_CGROUP_SOCK_ADDR, BPF_CGROUP_INET6_CONNECT},
    {"cgroup_name4", BPF_PROG_TYPE_CGROUP_SOCK_ADDR, BPF_CGROUP_UDP4_RECVMSG},
    {"cgroup_name6", BPF_PROG_TYPE_CGROUP_SOCK_ADDR, BPF_CGROUP_UDP6_RECVMSG},
    {"cgroup_sendmsg4", BPF_PROG_TYPE_CGROUP_SOCK_ADDR, BPF_CGROUP_UDP4_SENDMSG},
    {"cgroup_sendmsg6", BPF_PROG_TYPE_CGROUP_SOCK_ADDR, BPF_CGROUP_UDP6_SENDMSG},
    {"cgroup_dev", BPF_PROG_TYPE_CGROUP_DEVICE, BPF_CGROUP_DEVICE},
    {"cgroup_sysctl", BPF_PROG_TYPE_CGROUP_SYSCTL, BPF_CGROUP_SYSCTL},
    {"cgroup_getsockopt", BPF_PROG_TYPE_CGROUP_SOCKOPT, BPF_CGROUP_GETSOCKOPT},
    {"cgroup_setsockopt", BPF_PROG_TYPE_CGROUP_SOCKOPT, BPF_CGROUP_SETSOCKOPT},
    {"sockops", BPF_PROG_TYPE_SOCK_OPS, BPF_CGROUP_SOCK_OPS},
    {"sk_msg", BPF_PROG_TYPE_SK_MSG, 0},
    {"sk_reuseport", BPF_PROG_TYPE_SK_REUSEPORT, BPF_SK_REUSEPORT_SELECT},
    {"sk_lookup", BPF_PROG_TYPE_SK_LOOKUP, BPF_SK_LOOKUP},
    {"lirc_mode2", BPF_PROG_TYPE_LIRC_MODE2, 0},
    {"kprobe", BPF_PROG_TYPE_KPROBE, 0},
    {"tracepoint", BPF_PROG_TYPE_TRACEPOINT, 0},
    {"raw_tracepoint", BPF_PROG_TYPE_RAW_TRACEPOINT, 0},
    {"perf_event", BPF_PROG_TYPE_PERF_EVENT, 0},
};

constexpr std::uint32_t kLogStatistics = 4, kLogSteps = 1, kMostEntries = 200'000;

long bpf_call(int command, bpf_attr& attr) { return ::syscall(__NR_bpf, command, &attr, sizeof attr); }

bpf_insn slot(const bpf::Insn& insn) {
    bpf_insn out{};
    out.code = insn.opcode;
    out.dst_reg = insn.dst & 15;
    out.src_reg = insn.src & 15;
    out.off = insn.offset;
    out.imm = insn.imm;
    return out;
}

int load_program(const ProgramType& type, const std::vector<bpf_insn>& insns, std::uint32_t level, std::string& log) {
    static std::vector<char> buffer(std::size_t{1} << 24);
    bpf_attr attr{};
    attr.prog_type = type.type;
    attr.expected_attach_type = type.attach;
    attr.insns = reinterpret_cast<__u64>(insns.data());
    attr.insn_cnt = static_cast<__u32>(insns.size());
    attr.license = reinterpret_cast<__u64>("GPL");
    attr.log_buf = reinterpret_cast<__u64>(buffer.data());
    attr.log_size = static_cast<__u32>(buffer.size());
    attr.log_level = level;
    buffer[0] = 0;
    const int fd = static_cast<int>(bpf_call(BPF_PROG_LOAD, attr));
    log = buffer.data();
    if (fd >= 0) ::close(fd);
    return fd;
}

std::string last_reason(const std::string& log) {
    std::string reason;
    for (std::size_t at = 0; at < log.size();) {
        const std::size_t end = std::min(log.find('\n', at), log.size());
        const std::string line = log.substr(at, end - at);
        if (line.rfind("verification time", 0) == 0 || line.rfind("processed ", 0) == 0) break;
        if (!line.empty()) reason = line;
        at = end + 1;
    }
    return reason;
}

}  // namespace

bool kernel_answers() {
    std::string log;
    return load_program(kTypes[0], {slot({0xb7, 0, 0, 0, 2}), slot({0x95, 0, 0, 0, 0})}, kLogStatistics, log) >= 0;
}

KernelObject::~KernelObject() {
    for (const auto& [index, fd] : maps_)
        if (fd >= 0) ::close(fd);
}

int KernelObject::map(std::size_t index) {
    if (const auto found = maps_.find(index); found != maps_.end()) return found->second;
    const bpf::Map& m = object_.maps[index];
    bpf_attr attr{};
    attr.map_type = m.type;
    attr.key_size = m.key_size;
    attr.value_size = m.value_size;
    attr.max_entries = m.max_entries;
    attr.map_flags = m.flags & ~0x80000000u;
    if (m.values_read_only()) attr.map_flags |= BPF_F_RDONLY_PROG;
    if (m.type == BPF_MAP_TYPE_RINGBUF) {
        attr.max_entries = 4096;
        while (attr.max_entries < m.max_entries) attr.max_entries *= 2;
    } else {
        attr.max_entries = std::min(std::max(attr.max_entries, 1u), kMostEntries);  // 0: the loader chooses
    }
    if (m.inner_map >= 0) attr.inner_map_fd = static_cast<__u32>(map(static_cast<std::size_t>(m.inner_map)));
    const int fd = static_cast<int>(bpf_call(BPF_MAP_CREATE, attr));
    if (fd >= 0 && m.is_global_data() && !m.initial.empty()) {
        const __u32 key = 0;
        bpf_attr update{};
        update.map_fd = static_cast<__u32>(fd);
        update.key = reinterpret_cast<__u64>(&key);
        update.value = reinterpret_cast<__u64>(m.initial.data());
        bpf_call(BPF_MAP_UPDATE_ELEM, update);
        bpf_attr freeze{};
        freeze.map_fd = static_cast<__u32>(fd);
        if (m.read_only()) bpf_call(BPF_MAP_FREEZE, freeze);
    }
    return maps_[index] = fd;
}

KernelVerdict KernelObject::load(std::size_t program, const std::string& hook) {
    KernelVerdict verdict;
    const auto type = std::ranges::find(kTypes, hook, [](const ProgramType& t) { return std::string(t.hook); });
    if (type == std::end(kTypes)) return verdict;
    std::vector<bpf_insn> insns;
    for (const bpf::Insn& insn : object_.programs[program].insns) {
        bpf_insn out = slot(insn);
        const bool second = !insns.empty() && insns.back().code == 0x18 && (insns.size() < 2 || insns[insns.size() - 2].code != 0x18 || insn.opcode == 0);
        if (!second && insn.opcode == 0x18 && (insn.src == BPF_PSEUDO_MAP_FD || insn.src == BPF_PSEUDO_MAP_VALUE)) {
            const int fd = map(static_cast<std::size_t>(insn.imm));
            if (fd < 0) return verdict;
            out.imm = fd;
        }
        insns.push_back(out);
    }
    std::string log;
    verdict.asked = true;
    verdict.accepted = load_program(*type, insns, kLogStatistics, log) >= 0;
    constexpr char kTime[] = "verification time ";
    if (const std::size_t at = log.find(kTime); at != std::string::npos) verdict.time_us = std::strtoull(log.c_str() + at + sizeof kTime - 1, nullptr, 10);
    if (!verdict.accepted) {
        load_program(*type, insns, kLogSteps | kLogStatistics, log);
        verdict.reason = last_reason(log);
    }
    return verdict;
}

}  // namespace mbpf::bench
