// SPDX-License-Identifier: Apache-2.0
// The generated C: its text beside a golden file, and what compilers say to it, as strict as they are. Also the
// headers that let C written for Linux compile unchanged.
#include <gtest/gtest.h>
#include <sys/wait.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>

#include "core/platform.h"

namespace mbpf {
namespace {

namespace fs = std::filesystem;

const fs::path kSource = MBPF_SOURCE_DIR;

std::string read(const fs::path& path) {
    std::ifstream file(path, std::ios::binary);
    std::ostringstream text;
    text << file.rdbuf();
    return text.str();
}

void write(const fs::path& path, const std::string& text) {
    fs::create_directories(path.parent_path());
    std::ofstream(path, std::ios::binary) << text;
}

// Output of the command, empty if it succeeded in silence.
std::string run(const std::string& command, const fs::path& folder) {
    const fs::path log = folder / "log.txt";
    const int status = std::system((command + " >" + log.string() + " 2>&1").c_str());
    return status == 0 ? read(log) : command + "\n" + read(log) + "\nstatus " + std::to_string(status);
}

Platform vendor() {
    auto platform = load_platform((kSource / "tests/platform/every_feature.textproto").string());
    EXPECT_TRUE(platform) << (platform ? "" : render_text(platform.error()));
    return platform ? *platform : Platform{};
}

// A folder with everything generated for `platform`, as mbpf-platform-gen lays it out.
fs::path generated(const Platform& platform) {
    const fs::path folder = fs::path(MBPF_BINARY_DIR) / "test_output" / ("generated_" + platform.name);
    write(folder / "mbpf" / (platform.name + ".h"), author_header(platform));
    write(folder / "mbpf/platform.h", "#include <mbpf/" + platform.name + ".h>\n");
    write(folder / (platform.name + "_platform.h"), firmware_header(platform));
    write(folder / (platform.name + "_platform.c"), firmware_source(platform));
    return folder;
}

TEST(Golden, generated_text) {
    const Platform platform = vendor();
    const std::pair<const char*, std::string> files[] = {
        {"vendor.h.golden", author_header(platform)}, {"vendor_platform.h.golden", firmware_header(platform)}, {"vendor_platform.c.golden", firmware_source(platform)}, {"vendor.md.golden", reference_page(platform)}};
    for (const auto& [name, text] : files) {
        const fs::path path = kSource / "tests/platform/golden" / name;
        if (std::getenv("MBPF_BLESS") != nullptr) write(path, text);
        EXPECT_EQ(read(path), text) << "refresh it: MBPF_BLESS=1 platform_test --gtest_filter=Golden.*";
    }
}

// As authors compile: no system headers, every warning.
std::string compile_program(const fs::path& folder, const std::string& text) {
    write(folder / "program.bpf.c", text);
    return run(std::string(MBPF_CLANG) + " -target bpf -mcpu=v3 -O2 -g -std=gnu11 -nostdinc -Wall -Wextra -Werror -I" + folder.string() + " -I" + (kSource / "sdk/include").string() + " -c " + (folder / "program.bpf.c").string() +
                   " -o " + (folder / "program.o").string(), folder);
}

TEST(AuthorHeader, compiles_as_authors_compile_it) {
    EXPECT_EQ(compile_program(generated(vendor()), R"(#include <mbpf/vendor.h>
_Static_assert(__builtin_offsetof(struct frame_md, port) == 8, "port");
_Static_assert(__builtin_offsetof(struct valve_event, open) == 1, "open");
_Static_assert(__builtin_offsetof(struct valve_event, height) == 2 && __builtin_offsetof(struct valve_event, level) == 2, "alias");
_Static_assert(__builtin_offsetof(struct valve_event, arg) == 24 && sizeof(((struct valve_event *)0)->arg[0]) == 8, "arg");
_Static_assert(__builtin_offsetof(struct valve_event, tag) == 41 && sizeof(struct valve_event) == 48, "tag");
_Static_assert(-MINUS_ONE == 1 && LEAST < 0 && WIDE >> 32 == 1, "constants");
struct { __uint(type, BPF_MAP_TYPE_ARRAY); __uint(max_entries, 1); __type(key, u32); __type(value, u64); } levels SEC(".maps");
SEC("valve/inlet") int valve(struct valve_event *event)
{
    u32 zero = 0;
    u64 *level = bpf_map_lookup_elem(&levels, &zero);
    if (level)
        *level = (u64)event->height;
    bpf_relay_set(3, event->open);
    bpf_printk("level %d", event->level);
    bpf_printk("none");
    return VALVE_OPEN;
}
)"), "");
}

TEST(AuthorHeader, of_microbpf_has_the_stated_contexts) {
    EXPECT_EQ(compile_program(generated(*builtin_platform("microbpf")), R"(#include <mbpf/microbpf.h>
#define SIZE(type, bytes) _Static_assert(sizeof(struct type) == bytes, #type)
#define AT(type, field, offset) _Static_assert(__builtin_offsetof(struct type, field) == offset, #type "." #field)
SIZE(xdp_md, 24); SIZE(gpio_event, 24); SIZE(iio_event, 32); SIZE(pwm_state, 32); SIZE(timer_event, 32); SIZE(can_event, 88); SIZE(loop_event, 32); SIZE(trace_event, 48); SIZE(coap_request, 88);
AT(xdp_md, data_end, 4); AT(xdp_md, egress_ifindex, 20);
AT(gpio_event, chip_id, 8); AT(gpio_event, edge, 16); AT(gpio_event, value, 20);
AT(iio_event, value, 16); AT(iio_event, scale, 20); AT(iio_event, offset, 24); AT(iio_event, seq, 28);
AT(pwm_state, duty_ns, 20); AT(pwm_state, duty_cycle, 20); AT(pwm_state, enabled, 28);
AT(timer_event, scheduled, 8); AT(timer_event, overruns, 24);
AT(can_event, can_id, 12); AT(can_event, len, 16); AT(can_event, flags, 17); AT(can_event, data, 24);
AT(loop_event, deadline, 8); AT(loop_event, jitter_ns, 28);
AT(trace_event, id, 8); AT(trace_event, arg, 16);
AT(coap_request, payload_len, 16); AT(coap_request, payload, 24);
SEC("trace/any") long any(struct trace_event *event) { return (long)event->arg[3]; }
)"), "");
}

TEST(LinuxHeaders, let_linux_style_programs_compile) {
    EXPECT_EQ(compile_program(generated(*builtin_platform("microbpf")), R"(#include <linux/types.h>
#include <linux/bpf.h>
#include <linux/if_ether.h>
#include <linux/in.h>
#include <linux/ip.h>
#include <linux/in6.h>
#include <linux/ipv6.h>
#include <linux/tcp.h>
#include <linux/udp.h>
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_endian.h>
_Static_assert(sizeof(struct ethhdr) == 14 && sizeof(struct iphdr) == 20 && sizeof(struct ipv6hdr) == 40, "network");
_Static_assert(sizeof(struct udphdr) == 8 && sizeof(struct tcphdr) == 20, "transport");
struct vlan_hdr { __be16 h_vlan_TCI, h_vlan_encapsulated_proto; };  // not in Linux's headers: programs have their own
_Static_assert(__builtin_offsetof(struct ipv6hdr, saddr.s6_addr32[3]) == 20 && sizeof(((struct ipv6hdr *)0)->daddr.s6_addr) == 16, "addresses");
_Static_assert(bpf_htons(0x0800) == 0x0008 && bpf_ntohl(0x01020304) == 0x04030201, "byte order, in constants too");
SEC("xdp") int drop_telnet(struct xdp_md *ctx)
{
    void *end = (void *)(long)ctx->data_end;
    struct ethhdr *eth = (void *)(long)ctx->data;
    struct iphdr *ip = (void *)(eth + 1);
    struct tcphdr *tcp = (void *)(ip + 1);
    if ((void *)(tcp + 1) > end || eth->h_proto != bpf_htons(ETH_P_IP) || ip->protocol != IPPROTO_TCP || ip->ihl != 5)
        return XDP_PASS;
    return tcp->dest == bpf_htons(23) && tcp->syn ? XDP_DROP : XDP_PASS;
}
char _license[] SEC("license") = "GPL";
)"), "");
}

TEST(LinuxPlatform, header_gives_linux_programs_what_they_use) {
    EXPECT_EQ(compile_program(generated(*builtin_platform("linux")), R"(#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>
_Static_assert(sizeof(struct __sk_buff) == 192 && sizeof(struct xdp_md) == 24 && sizeof(struct bpf_sock_addr) == 72, "contexts");
_Static_assert(__builtin_offsetof(struct __sk_buff, cb[2]) == 56 && __builtin_offsetof(struct bpf_sock_ops, sk) == 184, "fields");
struct { __uint(type, BPF_MAP_TYPE_LRU_HASH); __uint(max_entries, 64); __type(key, __u32); __type(value, __u64); } seen SEC(".maps");
SEC("tc") int mark(struct __sk_buff *skb)
{
    __u32 key = skb->ifindex;
    __u64 *count = bpf_map_lookup_elem(&seen, &key);
    skb->mark = skb->cb[1];
    if (count)
        bpf_printk("%d packets", (int)*count);
    return bpf_skb_store_bytes(skb, 0, &key, sizeof(key), BPF_F_RECOMPUTE_CSUM) ? TC_ACT_SHOT : TC_ACT_OK;
}
SEC("kprobe/do_exit") int leave(struct pt_regs *regs) { return bpf_get_current_pid_tgid() >> 32 == regs->regs[14]; }
)"), "");
}

TEST(FirmwareTables, compile_as_strict_c11_for_every_pointer_size) {
    for (const Platform& platform : {vendor(), *builtin_platform("microbpf"), *builtin_platform("isa")}) {
        const fs::path folder = generated(platform);
        for (const std::string compiler : {MBPF_FIRMWARE_COMPILERS}) {
            std::string options = " -std=c11 -ffreestanding -O2 -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Wno-sign-conversion -Werror -I" + folder.string() + " -I" + (kSource / "firmware_runtime/include").string();
            if (compiler.find("arm-none-eabi") != std::string::npos) options += " -mcpu=cortex-m4 -mthumb";
            EXPECT_EQ(run(compiler + options + " -c " + (folder / (platform.name + "_platform.c")).string() + " -o " + (folder / "tables.o").string(), folder), "");
        }
    }
}

int exit_of(const std::string& arguments) {
    const int status = std::system((std::string(MBPF_BINARY_DIR) + "/bin/mbpf-platform-gen " + arguments + " >/dev/null 2>&1").c_str());
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

TEST(Generator, writes_what_the_library_makes_and_says_what_failed) {
    const fs::path folder = fs::path(MBPF_BINARY_DIR) / "test_output/generator";
    fs::remove_all(folder);
    const std::string descriptor = (kSource / "tests/platform/every_feature.textproto").string();
    EXPECT_EQ(exit_of(descriptor + " " + folder.string()), 0);
    const Platform platform = vendor();
    EXPECT_EQ(read(folder / "vendor.h"), author_header(platform));
    EXPECT_EQ(read(folder / "vendor_platform.h"), firmware_header(platform));
    EXPECT_EQ(read(folder / "vendor_platform.c"), firmware_source(platform));
    EXPECT_EQ(read(folder / "vendor.md"), reference_page(platform));
    write(folder / "bad.textproto", "name: 3");
    EXPECT_EQ(exit_of((folder / "bad.textproto").string() + " " + folder.string()), 3);
    EXPECT_EQ(exit_of("no-such " + folder.string()), 2);
    EXPECT_EQ(exit_of(descriptor), 2);
    EXPECT_EQ(exit_of(descriptor + " " + (folder / "vendor.h").string()), 4);  // a file where a folder is needed
}

TEST(Generator, writes_the_chosen_rows_alone) {
    const fs::path folder = fs::path(MBPF_BINARY_DIR) / "test_output/generator_chosen";
    fs::remove_all(folder);
    const std::string arguments = "microbpf " + folder.string();
    ASSERT_EQ(exit_of(arguments + " --hooks gpio,timer --helpers ktime_get_ns"), 0);
    const std::string text = read(folder / "microbpf_platform.c");
    EXPECT_NE(text.find("{\"gpio\", "), std::string::npos);
    EXPECT_NE(text.find("{\"timer\", "), std::string::npos);
    EXPECT_EQ(text.find("{\"xdp\", "), std::string::npos);
    EXPECT_NE(text.find("mbpf_helper_ktime_get_ns, "), std::string::npos);
    EXPECT_EQ(text.find("trace_printk"), std::string::npos);
    EXPECT_NE(text.find("microbpf_helpers, 1, 2, 1, "), std::string::npos);  // version, hooks, helpers
    ASSERT_EQ(exit_of(arguments + " --hooks NONE --helpers NONE"), 0);
    EXPECT_NE(read(folder / "microbpf_platform.c").find("microbpf_helpers, 1, 0, 0, "), std::string::npos);
    EXPECT_EQ(read(folder / "microbpf_platform.h"), firmware_header(*builtin_platform("microbpf")));
    EXPECT_EQ(exit_of(arguments + " --hooks gpi"), 2);
    EXPECT_EQ(exit_of(arguments + " --helpers"), 2);
    EXPECT_EQ(exit_of(arguments + " --maps array"), 2);
}

}  // namespace
}  // namespace mbpf
