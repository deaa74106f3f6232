// SPDX-License-Identifier: Apache-2.0
// Platform linux beside the kernel's own header: every helper's number, every context's layout, every map type
// as the compiler reads them there. Then what this platform decides itself: which section is which hook.
#include <gtest/gtest.h>
#include <linux/bpf.h>
#include <linux/bpf_perf_event.h>

#include <algorithm>
#include <cstddef>
#include <map>
#include <set>
#include <string>

#include "core/platform.h"

namespace mbpf {
namespace {

const Platform& platform() { return *builtin_platform("linux"); }

TEST(LinuxHelpers, have_the_headers_numbers_and_names) {
#define MBPF_NAME(name, ...) #name  // the header sets the commas
    const std::string names[] = {__BPF_FUNC_MAPPER(MBPF_NAME)};
#undef MBPF_NAME
    ASSERT_GT(std::size(names), 150u);
    ASSERT_EQ(names[1], "map_lookup_elem");
    for (std::uint32_t n = 1; n < std::size(names) && n <= 211; ++n) {
        if (names[n] == "x") continue;  // the macro's own example
        const Helper* helper = platform().find_helper(n);
        ASSERT_NE(helper, nullptr) << n;
        EXPECT_EQ(helper->name, names[n]) << n;
    }
    EXPECT_EQ(platform().helpers.size(), 211u);
}

const ContextField* field(const std::string& context, const std::string& name) {
    const auto layout = std::ranges::find(platform().contexts, context, &ContextLayout::name);
    if (layout == platform().contexts.end()) return nullptr;
    const auto found = std::ranges::find(layout->fields, name, &ContextField::name);
    return found == layout->fields.end() ? nullptr : &*found;
}

struct Layout {
    std::string context, field;
    std::size_t offset, size;
};
#define AT(type, member) Layout{#type, #member, offsetof(type, member), sizeof(type::member)}

TEST(LinuxContexts, have_the_headers_layout) {
    const Layout layouts[] = {
        AT(__sk_buff, len), AT(__sk_buff, pkt_type), AT(__sk_buff, mark), AT(__sk_buff, queue_mapping), AT(__sk_buff, protocol), AT(__sk_buff, vlan_present), AT(__sk_buff, vlan_tci),
        AT(__sk_buff, vlan_proto), AT(__sk_buff, priority), AT(__sk_buff, ingress_ifindex), AT(__sk_buff, ifindex), AT(__sk_buff, tc_index), AT(__sk_buff, cb), AT(__sk_buff, hash),
        AT(__sk_buff, tc_classid), AT(__sk_buff, data), AT(__sk_buff, data_end), AT(__sk_buff, napi_id), AT(__sk_buff, family), AT(__sk_buff, remote_ip4), AT(__sk_buff, local_ip4),
        AT(__sk_buff, remote_ip6), AT(__sk_buff, local_ip6), AT(__sk_buff, remote_port), AT(__sk_buff, local_port), AT(__sk_buff, data_meta), AT(__sk_buff, flow_keys), AT(__sk_buff, tstamp),
        AT(__sk_buff, wire_len), AT(__sk_buff, gso_segs), AT(__sk_buff, sk), AT(__sk_buff, gso_size), AT(__sk_buff, tstamp_type), AT(__sk_buff, hwtstamp),
        AT(xdp_md, data), AT(xdp_md, data_end), AT(xdp_md, data_meta), AT(xdp_md, ingress_ifindex), AT(xdp_md, rx_queue_index), AT(xdp_md, egress_ifindex),
        AT(bpf_sock, bound_dev_if), AT(bpf_sock, family), AT(bpf_sock, type), AT(bpf_sock, protocol), AT(bpf_sock, mark), AT(bpf_sock, priority), AT(bpf_sock, src_ip4), AT(bpf_sock, src_ip6),
        AT(bpf_sock, src_port), AT(bpf_sock, dst_ip4), AT(bpf_sock, dst_ip6), AT(bpf_sock, state), AT(bpf_sock, rx_queue_mapping),
        AT(bpf_sock_addr, user_family), AT(bpf_sock_addr, user_ip4), AT(bpf_sock_addr, user_ip6), AT(bpf_sock_addr, user_port), AT(bpf_sock_addr, family), AT(bpf_sock_addr, type),
        AT(bpf_sock_addr, protocol), AT(bpf_sock_addr, msg_src_ip4), AT(bpf_sock_addr, msg_src_ip6), AT(bpf_sock_addr, sk),
        AT(bpf_sock_ops, op), AT(bpf_sock_ops, reply), AT(bpf_sock_ops, family), AT(bpf_sock_ops, remote_ip6), AT(bpf_sock_ops, local_ip6), AT(bpf_sock_ops, remote_port), AT(bpf_sock_ops, local_port),
        AT(bpf_sock_ops, is_fullsock), AT(bpf_sock_ops, snd_cwnd), AT(bpf_sock_ops, srtt_us), AT(bpf_sock_ops, bpf_sock_ops_cb_flags), AT(bpf_sock_ops, state), AT(bpf_sock_ops, sk_txhash),
        AT(bpf_sock_ops, bytes_received), AT(bpf_sock_ops, bytes_acked), AT(bpf_sock_ops, sk), AT(bpf_sock_ops, skb_data), AT(bpf_sock_ops, skb_data_end), AT(bpf_sock_ops, skb_len), AT(bpf_sock_ops, skb_tcp_flags),
        AT(sk_msg_md, data), AT(sk_msg_md, data_end), AT(sk_msg_md, family), AT(sk_msg_md, remote_ip6), AT(sk_msg_md, local_port), AT(sk_msg_md, size), AT(sk_msg_md, sk),
        AT(sk_reuseport_md, data), AT(sk_reuseport_md, data_end), AT(sk_reuseport_md, len), AT(sk_reuseport_md, hash), AT(sk_reuseport_md, sk), AT(sk_reuseport_md, migrating_sk),
        AT(bpf_sk_lookup, sk), AT(bpf_sk_lookup, family), AT(bpf_sk_lookup, protocol), AT(bpf_sk_lookup, remote_ip4), AT(bpf_sk_lookup, remote_ip6), AT(bpf_sk_lookup, local_ip4), AT(bpf_sk_lookup, local_port), AT(bpf_sk_lookup, ingress_ifindex),
        AT(bpf_sockopt, sk), AT(bpf_sockopt, optval), AT(bpf_sockopt, optval_end), AT(bpf_sockopt, level), AT(bpf_sockopt, optname), AT(bpf_sockopt, optlen), AT(bpf_sockopt, retval),
        AT(bpf_sysctl, write), AT(bpf_sysctl, file_pos), AT(bpf_cgroup_dev_ctx, access_type), AT(bpf_cgroup_dev_ctx, major), AT(bpf_cgroup_dev_ctx, minor),
        AT(bpf_perf_event_data, sample_period), AT(bpf_perf_event_data, addr)};
    for (const Layout& layout : layouts) {
#if !defined(__x86_64__)
        if (layout.context == "bpf_perf_event_data") continue;  // registers are those of x86-64
#endif
        const ContextField* found = field(layout.context, layout.field);
        ASSERT_NE(found, nullptr) << layout.context << "." << layout.field;
        EXPECT_EQ(found->offset, layout.offset) << layout.context << "." << layout.field;
        EXPECT_EQ(found->size, layout.size) << layout.context << "." << layout.field;
    }
}

TEST(LinuxMapTypes, have_the_headers_numbers) {
    const std::pair<const char*, std::uint32_t> types[] = {
        {"hash", BPF_MAP_TYPE_HASH}, {"array", BPF_MAP_TYPE_ARRAY}, {"prog_array", BPF_MAP_TYPE_PROG_ARRAY}, {"perf_event_array", BPF_MAP_TYPE_PERF_EVENT_ARRAY}, {"percpu_hash", BPF_MAP_TYPE_PERCPU_HASH},
        {"percpu_array", BPF_MAP_TYPE_PERCPU_ARRAY}, {"stack_trace", BPF_MAP_TYPE_STACK_TRACE}, {"cgroup_array", BPF_MAP_TYPE_CGROUP_ARRAY}, {"lru_hash", BPF_MAP_TYPE_LRU_HASH},
        {"lru_percpu_hash", BPF_MAP_TYPE_LRU_PERCPU_HASH}, {"lpm_trie", BPF_MAP_TYPE_LPM_TRIE}, {"array_of_maps", BPF_MAP_TYPE_ARRAY_OF_MAPS}, {"hash_of_maps", BPF_MAP_TYPE_HASH_OF_MAPS},
        {"devmap", BPF_MAP_TYPE_DEVMAP}, {"sockmap", BPF_MAP_TYPE_SOCKMAP}, {"cpumap", BPF_MAP_TYPE_CPUMAP}, {"xskmap", BPF_MAP_TYPE_XSKMAP}, {"sockhash", BPF_MAP_TYPE_SOCKHASH},
        {"cgroup_storage", BPF_MAP_TYPE_CGROUP_STORAGE}, {"reuseport_sockarray", BPF_MAP_TYPE_REUSEPORT_SOCKARRAY}, {"queue", BPF_MAP_TYPE_QUEUE}, {"stack", BPF_MAP_TYPE_STACK}, {"sk_storage", BPF_MAP_TYPE_SK_STORAGE},
        {"devmap_hash", BPF_MAP_TYPE_DEVMAP_HASH}, {"ring_buffer", BPF_MAP_TYPE_RINGBUF}, {"inode_storage", BPF_MAP_TYPE_INODE_STORAGE}, {"task_storage", BPF_MAP_TYPE_TASK_STORAGE}};
    for (const auto& [name, number] : types) {
        const MapTypeInfo* type = platform().find_map_type(number);
        ASSERT_NE(type, nullptr) << name;
        EXPECT_EQ(type->name, name);
    }
}

TEST(LinuxSections, name_their_program_type) {
    const std::pair<const char*, const char*> cases[] = {
        {"xdp", "xdp"}, {"xdp/eth0", "xdp"}, {"xdp.frags", "xdp"}, {"xdp1", "xdp"}, {"xdp_redirect", "xdp"}, {"xdp/devmap", "xdp_devmap"}, {"xdp.frags/devmap", "xdp_devmap"}, {"?xdp", "xdp"},
        {"tc", "tc"}, {"tc/ingress", "tc"}, {"tcx/egress", "tc"}, {"classifier", "tc"}, {"classifier/from", "tc"}, {"action", "tc"}, {"netkit/peer", "tc"}, {"tc_vlan_push", "tc"},
        {"socket", "socket"}, {"socket/http", "socket"}, {"socket1", "socket"}, {"sockops", "sockops"}, {"sk_skb/stream_parser", "sk_skb"}, {"sk_msg", "sk_msg"}, {"sk_lookup/x", "sk_lookup"}, {"sk_reuseport", "sk_reuseport"},
        {"cgroup_skb/egress", "cgroup_skb_egress"}, {"cgroup_skb/ingress", "cgroup_skb"}, {"cgroup/skb", "cgroup_skb"}, {"cgroup/sock", "cgroup_sock"}, {"cgroup/sock_create", "cgroup_sock"}, {"cgroup/sock1", "cgroup_sock_numbered"},
        {"cgroup/bind4", "cgroup_bind4"}, {"cgroup/connect6", "cgroup_connect6"}, {"cgroup/getsockname4", "cgroup_name4"}, {"cgroup/sendmsg6", "cgroup_sendmsg6"}, {"cgroup/post_bind6", "cgroup_post_bind6"},
        {"cgroup/dev", "cgroup_dev"}, {"cgroup/sysctl", "cgroup_sysctl"}, {"cgroup/getsockopt", "cgroup_getsockopt"}, {"cgroup/setsockopt", "cgroup_setsockopt"},
        {"kprobe/do_unlinkat", "kprobe"}, {"kretprobe/f+0x10", "kprobe"}, {"uprobe//bin/bash:readline", "kprobe"}, {"ksyscall/write", "kprobe"}, {"usdt/libc:x:y", "kprobe"}, {"uprobe.s//bin/sh:f", "kprobe_sleepable"}, {"kprobe.multi/tcp_*", "kprobe"}, {"kprobe.session/x", "kprobe_session"},
        {"tracepoint/sched/sched_switch", "tracepoint"}, {"tp/irq/softirq_entry", "tracepoint"}, {"raw_tp/sys_enter", "raw_tracepoint"}, {"raw_tracepoint/x", "raw_tracepoint"}, {"perf_event", "perf_event"},
        {"lwt_in", "lwt_in"}, {"lwt_xmit/x", "lwt_xmit"}, {"flow_dissector", "flow_dissector"}, {"lirc_mode2", "lirc_mode2"}, {"syscall", "syscall"},
        {"fentry/f", "btf_typed"}, {"tp_btf/x", "btf_typed"}, {"lsm/file_open", "btf_typed"}, {"iter/task", "btf_typed"}, {"struct_ops/x", "btf_typed"},
        {"2/1", "tc"}, {"from-netdev", "tc"}, {".text", "tc"}, {"test", "tc"}};
    for (const auto& [section, hook] : cases) {
        const auto match = match_section(platform(), section);
        ASSERT_TRUE(match) << section;
        EXPECT_EQ(match->hook->name, hook) << section;
    }
}

TEST(LinuxSections, of_no_known_name_go_by_the_objects_file_name) {
    const auto hook = [](const char* section, const char* path) { return match_section(platform(), section, path)->hook->name; };
    EXPECT_EQ(hook("2/7", "objects/bpf_xdp_lb.o"), "xdp");
    EXPECT_EQ(hook("2/7", "objects/bpf_lxc.o"), "tc");
    EXPECT_EQ(hook("2/7", "xdp/bpf_lxc.o"), "tc");           // the folder says nothing
    EXPECT_EQ(hook("classifier", "bpf_xdp_lb.o"), "tc");     // a known name comes first
    EXPECT_FALSE(match_section(*builtin_platform("microbpf"), "2/7", "bpf_xdp_lb.o"));
    EXPECT_FALSE(match_section(*builtin_platform("microbpf"), "?xdp"));
}

bool writable(const char* hook, const char* name) {
    const Hook* h = platform().find_hook(hook);
    const auto f = std::ranges::find(h->fields, name, &ContextField::name);
    return f != h->fields.end() && f->writable;
}
bool readable(const char* hook, const char* name) {
    const Hook* h = platform().find_hook(hook);
    return std::ranges::find(h->fields, name, &ContextField::name) != h->fields.end();
}

// The kernel's is_valid_access functions, by a few fields that tell the types apart.
TEST(LinuxContexts, may_be_touched_as_the_program_type_allows) {
    EXPECT_TRUE(writable("tc", "mark") && writable("tc", "cb") && writable("tc", "tstamp") && !writable("tc", "len") && !readable("tc", "family"));
    EXPECT_TRUE(readable("socket", "len") && writable("socket", "cb") && !readable("socket", "data") && !writable("socket", "mark"));
    EXPECT_TRUE(readable("cgroup_skb", "family") && writable("cgroup_skb", "mark") && !readable("cgroup_skb", "data_meta"));
    EXPECT_TRUE(readable("sk_skb", "local_port") && writable("sk_skb", "priority") && !readable("sk_skb", "mark"));
    EXPECT_TRUE(!readable("xdp", "egress_ifindex") && readable("xdp_devmap", "egress_ifindex") && !writable("xdp", "rx_queue_index"));
    EXPECT_TRUE(writable("cgroup_bind4", "user_ip4") && !readable("cgroup_bind4", "user_ip6") && !readable("cgroup_bind4", "msg_src_ip4") && readable("cgroup_sendmsg4", "msg_src_ip4"));
    EXPECT_TRUE(writable("sockops", "reply") && !writable("sockops", "op"));
    EXPECT_EQ(platform().find_hook("flow_dissector")->fields.size(), 3u);
    for (const Hook& hook : platform().hooks) {
        EXPECT_EQ(hook.packet_read_only, (std::set<std::string>{"cgroup_skb", "cgroup_skb_egress", "lwt_in", "lwt_out", "lwt_seg6local", "flow_dissector", "sockops", "sk_reuseport"}).contains(hook.name)) << hook.name;
        EXPECT_EQ(hook.legacy_packet_access, hook.name == "tc" || hook.name == "socket") << hook.name;
        EXPECT_EQ(hook.max_stack, 512u);
    }
}

TEST(LinuxHelpers, that_move_the_packet_are_marked) {
    // bpf_helper_changes_pkt_data() in the kernel.
    const std::set<std::string> expected = {
        "skb_vlan_push", "skb_vlan_pop", "skb_store_bytes", "skb_change_proto", "skb_change_head", "skb_change_tail", "skb_adjust_room", "skb_pull_data", "clone_redirect", "l3_csum_replace", "l4_csum_replace",
        "xdp_adjust_head", "xdp_adjust_meta", "msg_pull_data", "msg_push_data", "msg_pop_data", "xdp_adjust_tail", "lwt_push_encap", "lwt_seg6_store_bytes", "lwt_seg6_adjust_srh", "lwt_seg6_action", "store_hdr_opt"};
    for (const Helper& helper : platform().helpers) {
        EXPECT_EQ(helper.invalidates_packet, expected.contains(helper.name)) << helper.name;
        // What may move the packet cannot be given memory inside it.
        const bool takes_memory = std::ranges::any_of(helper.args, [](const HelperArg& a) { return a.kind == ArgKind::memory_read || a.kind == ArgKind::memory_write || a.kind == ArgKind::map_key; });
        if (helper.invalidates_packet && takes_memory) { EXPECT_TRUE(helper.no_packet_memory) << helper.name; }
    }
}

TEST(LinuxHelpers, keep_the_kernels_books_on_objects) {
    std::set<std::string> acquire, release, borrow;
    for (const Helper& helper : platform().helpers) {
        if (!helper.unsupported.empty()) continue;
        if (helper.acquires) acquire.insert(helper.name);
        if (helper.borrows) borrow.insert(helper.name);
        for (const HelperArg& arg : helper.args)
            if (arg.kind == ArgKind::object_release) release.insert(helper.name);
    }
    EXPECT_EQ(acquire, (std::set<std::string>{"sk_lookup_tcp", "sk_lookup_udp", "skc_lookup_tcp"}));
    EXPECT_EQ(release, (std::set<std::string>{"sk_release"}));
    EXPECT_EQ(borrow, (std::set<std::string>{"sk_fullsock", "tcp_sock"}));
    EXPECT_TRUE(platform().object_is_a("sock", "sock_common") && platform().object_is_a("tcp_sock", "sock_common") && platform().object_is_a("sock", "sock"));
    EXPECT_FALSE(platform().object_is_a("sock_common", "sock"));
    EXPECT_FALSE(platform().object_is_a("tcp_sock", "sock"));
    EXPECT_FALSE(platform().object_is_a("flow_keys", "sock_common"));
}

TEST(LinuxHelpers, belong_to_their_program_types) {
    const auto on = [](const char* helper, const char* hook) {
        const auto found = std::ranges::find(platform().helpers, helper, &Helper::name);
        return found->hooks.empty() || std::ranges::find(found->hooks, hook) != found->hooks.end();
    };
    EXPECT_TRUE(on("map_lookup_elem", "xdp") && on("ktime_get_ns", "kprobe") && on("xdp_adjust_head", "xdp") && on("probe_read", "tracepoint") && on("skb_load_bytes", "socket"));
    EXPECT_FALSE(on("xdp_adjust_head", "tc") || on("skb_store_bytes", "socket") || on("probe_read", "xdp") || on("sk_lookup_tcp", "kprobe") || on("redirect_map", "tc") || on("get_retval", "cgroup_skb"));
    // Locks and timers would meet themselves in programs that interrupt others; some helpers sleep.
    EXPECT_TRUE(on("spin_lock", "xdp") && on("timer_init", "tc") && on("copy_from_user", "kprobe_sleepable") && on("copy_from_user", "syscall"));
    EXPECT_FALSE(on("spin_lock", "kprobe") || on("spin_lock", "socket") || on("timer_start", "perf_event") || on("copy_from_user", "kprobe") || on("copy_from_user", "tc"));
    EXPECT_TRUE(on("get_retval", "cgroup_getsockopt") && on("get_retval", "cgroup_post_bind4"));  // by group
}

}  // namespace
}  // namespace mbpf
