// SPDX-License-Identifier: Apache-2.0
// Bad native code, signed with keys the board trusts, as if the host's tools had been wrong: each is stopped, its
// package unloaded and its RAM given back, the record says why and where, and the other programs go on. All boards with protection.
#include <gtest/gtest.h>

#include "mbpf/abi/fault.h"
#include "simulator/control_client.h"
#include "tests/firmware_runtime/board_packages.h"

namespace mbpf::test {
namespace {

enum class Kind : std::uint32_t {
    none = MBPF_FAULT_NONE,
    access = MBPF_FAULT_ACCESS,
    fetch = MBPF_FAULT_FETCH,
    stack = MBPF_FAULT_STACK,
    instruction = MBPF_FAULT_INSTRUCTION,
    timeout = MBPF_FAULT_TIMEOUT,
    argument = MBPF_FAULT_ARGUMENT,
    gate = MBPF_FAULT_GATE,
};

struct Code {
    const char* bytes;  // of the text, in hexadecimal
    Kind kind;          // how it ends; none: it returns 42
};
struct Bad {
    const char* name;
    Code cortex_m, rv32imac;
    bool data = false;         // import 0 is its data
    std::uint16_t helper = 0;  // import 0 is this helper
    bool trace = false;        // at a trace point, whose context programs only read; so are those with a helper
};

// The runtime's data begin at 0x20000000 on the Cortex-M boards (on the M33, at 0x38000000) and lie around 0x80020000 on the other.
constexpr Bad kBad[] = {
    {"reads_the_runtimes_data",
     {"4ff0005000687047", Kind::access},  // mov.w r0,#0x20000000; ldr r0,[r0]; bx lr
     {"3706028008428280", Kind::access},  // lui a2,0x80020; lw a0,0(a2); ret
    },
    {"writes_the_runtimes_data",
     {"4ff0005210607047", Kind::access},  // mov.w r2,#0x20000000; str r0,[r2]; bx lr
     {"3706028008c28280", Kind::access},  // lui a2,0x80020; sw a0,0(a2); ret
    },
    {"writes_the_runtimes_data_where_the_m33_has_it",
     {"4ff0605210607047", Kind::access},  // mov.w r2,#0x38000000; str r0,[r2]; bx lr
     {"3706028008c28280", Kind::access},  // as above
    },
    {"reads_a_device",
     {"4ff0402210687047", Kind::access},  // ldr r2,=0x40004000; ldr r0,[r2]; bx lr
     {"37060010034506008280", Kind::access},  // lui a2,0x10000; lbu a0,0(a2); ret
    },
    {"writes_its_text",
     {"01a21060704700bf00000000", Kind::access},  // adr r2,1f; str r0,[r2]; bx lr; 1: .word 0
     {"1706000008c28280", Kind::access},  // auipc a2,0; sw a0,0(a2); ret
    },
    {"writes_its_import_table",
     {"08607047", Kind::access},  // str r0,[r1]; bx lr
     {"88c18280", Kind::access},  // sw a0,0(a1); ret
     true},
    {"walks_beyond_its_memory",
     {"086850f8042bfce7", Kind::access},  // ldr r0,[r1]; 1: ldr r2,[r0],#4; b 1b
     {"884110411105f5bf", Kind::access},  // lw a0,0(a1); 1: lw a2,0(a0); addi a0,a0,4; j 1b
     true},
    {"jumps_out_of_its_text",
     {"004a104701000020", Kind::fetch},  // ldr r2,=0x20000001; bx r2
     {"370602800286", Kind::fetch},  // lui a2,0x80020; jr a2
    },
    {"starts_the_firmware_again",
     {"002252681047", Kind::access},  // movs r2,#0; ldr r2,[r2,#4]; bx r2
     {"370600800286", Kind::instruction},  // lui a2,0x80000; jr a2
    },
    {"jumps_to_address_zero",
     {"00221047", Kind::fetch},  // movs r2,#0; bx r2
     {"67000000", Kind::fetch},  // jr zero
    },
    {"runs_its_data",
     {"086844f270720260bff34f8fbff36f8f40f001000047", Kind::fetch},  // ldr r0,[r1]; ldr r2,=0x4770; str r2,[r0]; dsb; isb; orr r0,#1; bx r0
     {"884121661306260810c10f1000000285", Kind::fetch},  // lw a0,0(a1); lui a2,0x8; addi a2,a2,0x82; sw a2,0(a0); fence.i; jr a0
     true},
    {"runs_its_context",
     {"44f270720260bff34f8fbff36f8f40f001000047", Kind::fetch},  // movw r2,#0x4770; str r2,[r0]; dsb; isb; orr r0,#1; bx r0
     {"21661306260810c10f1000000285", Kind::fetch},  // lui a2,0x8; addi a2,a2,0x82; sw a2,0(a0); fence.i; jr a0
    },
    {"overflows_its_stack",
     {"2de9f00ffce7", Kind::stack},  // 1: push {r4-r11}; b 1b
     {"411106c0f5bf", Kind::stack},  // 1: addi sp,sp,-16; sw ra,0(sp); j 1b
    },
    {"points_its_stack_elsewhere",
     {"4ff00052954610b47047", Kind::stack},  // mov.w r2,#0x20000000; mov sp,r2; push {r4}; bx lr
     {"3701028006c08280", Kind::access},  // lui sp,0x80020; sw ra,0(sp); ret
    },
    {"points_its_stack_elsewhere_and_waits",
     {"4ff000529546fee7", Kind::stack},  // mov.w r2,#0x20000000; mov sp,r2; 1: b 1b
     {"3701028001a0", Kind::timeout},  // lui sp,0x80020; 1: j 1b
    },
    {"points_its_stack_elsewhere_and_returns",
     {"4ff0005295467047", Kind::stack},  // mov.w r2,#0x20000000; mov sp,r2; bx lr
     {"370102801305a00281458280", Kind::none},  // lui sp,0x80020; li a0,42; li a1,0; ret
    },
    {"takes_privileges",
     {"002282f31488bff36f8f4ff0005210687047", Kind::access},  // movs r2,#0; msr control,r2; isb; mov.w r2,#0x20000000; ldr r0,[r2]; bx lr
     {"0d462e06732006308280", Kind::instruction},  // li a2,0x1800; csrs mstatus,a2; ret
    },
    {"switches_protection_off",
     {"014a00231360704794ed00e0", Kind::access},  // ldr r2,=0xE000ED94; movs r3,#0; str r3,[r2]; bx lr
     {"7310003a8280", Kind::instruction},  // csrw pmpcfg0,zero; ret
    },
    {"illegal_instruction",
     {"00de7047", Kind::instruction},  // udf #0; bx lr
     {"00008280", Kind::instruction},  // unimp; ret
    },
    {"breakpoint",
     {"18200149abbe704726000200", Kind::instruction},  // movs r0,#0x18; ldr r1,=0x20026; bkpt #0xAB; bx lr
     {"02908280", Kind::instruction},  // ebreak; ret
    },
    {"loops_for_ever",
     {"fee7", Kind::timeout},  // 1: b 1b
     {"01a0", Kind::timeout},  // 1: j 1b
    },
    {"loops_with_interrupts_off",
     {"72b671b6fee7", Kind::timeout},  // cpsid i; cpsid f; 1: b 1b
     {"7370043001a0", Kind::instruction},  // csrci mstatus,8; 1: j 1b
    },
    {"calls_a_helper_it_does_not_import",
     {"07df7047", Kind::gate},  // svc #7; bx lr
     {"1d43730000008280", Kind::gate},  // li t1,7; ecall; ret
    },
    {"calls_no_helper_at_all",
     {"dfdf7047", Kind::gate},  // svc #0xDF; bx lr
     {"1303f005730000008280", Kind::gate},  // li t1,95; ecall; ret
    },
    {"spoils_all_registers",
     {"4ff00054254626462746a046a146a246a346a4462a2000217047", Kind::none},  // mov.w r4,#0x20000000; mov r5,r4; mov r6,r4; mov r7,r4; mov r8,r4; mov r9,r4; mov r10,r4; mov r11,r4; mov r12,r4; movs r0,#42; movs r1,#0; bx lr
     {"37040280a2842289a289228aa28a228ba28b228ca28c228da28da28122821305a00281458280", Kind::none},  // lui s0,0x80020; mv s1,s0; mv s2,s0; mv s3,s0; mv s4,s0; mv s5,s0; mv s6,s0; mv s7,s0; mv s8,s0; mv s9,s0; mv s10,s0; mv s11,s0; mv gp,s0; mv tp,s0; li a0,42; li a1,0; ret
    },
    {"tells_a_helper_to_read_the_runtime",
     {"00b587b0d1f800c04ff000502021e04707b000bd", Kind::argument},  // push {lr}; sub sp,#28; ldr r12,[r1]; mov.w r0,#0x20000000; movs r1,#32; blx r12; add sp,#28; pop {pc}
     {"411106c083a2050037050280930500028292824041018280", Kind::argument},  // addi sp,sp,-16; sw ra,0(sp); lw t0,0(a1); lui a0,0x80020; li a1,32; jalr t0; lw ra,0(sp); addi sp,sp,16; ret
     false, 6},
    {"tells_a_helper_to_write_the_runtime",
     {"00b5d1f800c04ff0005100201022e04700bd", Kind::argument},  // push {lr}; ldr r12,[r1]; mov.w r1,#0x20000000; movs r0,#0; movs r2,#16; blx r12; pop {pc}
     {"411106c083a20500b7050280014541468292824041018280", Kind::argument},  // addi sp,sp,-16; sw ra,0(sp); lw t0,0(a1); lui a1,0x80020; li a0,0; li a2,16; jalr t0; lw ra,0(sp); addi sp,sp,16; ret
     false, 1006},
    {"tells_a_helper_of_more_than_there_is",
     {"00b5d1f800c0014600206ff00f02e04700bd", Kind::argument},  // push {lr}; ldr r12,[r1]; mov r1,r0; movs r0,#0; mvn r2,#15; blx r12; pop {pc}
     {"411106c083a20500aa85014541568292824041018280", Kind::argument},  // addi sp,sp,-16; sw ra,0(sp); lw t0,0(a1); mv a1,a0; li a0,0; li a2,-16; jalr t0; lw ra,0(sp); addi sp,sp,16; ret
     false, 1006},
    // On a Cortex-M it has a copy, of which nobody takes notice.
    {"writes_a_context_that_it_may_only_read",
     {"00602a2000217047", Kind::none},  // str r0,[r0]; movs r0,#42; movs r1,#0; bx lr
     {"08c18280", Kind::access},  // sw a0,0(a0); ret
     false, 0, true},
    {"has_a_helper_write_a_context_that_it_may_only_read",
     {"00b5d1f800c0014600201022e0472a20002100bd", Kind::none},  // push {lr}; ldr r12,[r1]; mov r1,r0; movs r0,#0; movs r2,#16; blx r12; movs r0,#42; movs r1,#0; pop {pc}
     {"411106c083a20500aa85014541468292824041018280", Kind::argument},  // addi sp,sp,-16; sw ra,0(sp); lw t0,0(a1); mv a1,a0; li a0,0; li a2,16; jalr t0; lw ra,0(sp); addi sp,sp,16; ret
     false, 1006},
    // A helper whose arguments do not fit registers reads on with the runtime's rights; not where the program's end.
    {"has_a_helpers_arguments_lie_beyond_its_memory",
     {"74466d460a68d1f804c04032954603a00121e047ad462a200021204778000000", Kind::gate},  // mov r4,lr; mov r5,sp; ldr r2,[r1]; ldr r12,[r1,#4]; adds r2,#64; mov sp,r2; adr r0,1f; movs r1,#1; blx r12; mov sp,r5; movs r0,#42; movs r1,#0; bx r4; 1: .asciz "x"
     {"06848a84904183a24500130106041705000059058545829226811305a00281450284010078000000", Kind::none},  // mv s0,ra; mv s1,sp; lw a2,0(a1); lw t0,4(a1); addi sp,a2,64; la a0,1f; li a1,1; jalr t0; mv sp,s1; li a0,42; li a1,0; jr s0; nop; 1: .asciz "x"
     true, 6},
};

std::vector<std::uint8_t> from_hex(std::string_view text) {
    std::vector<std::uint8_t> out;
    const auto digit = [](char c) { return static_cast<std::uint8_t>(c <= '9' ? c - '0' : c - 'a' + 10); };
    for (std::size_t i = 0; i + 1 < text.size(); i += 2) out.push_back(static_cast<std::uint8_t>(digit(text[i]) << 4 | digit(text[i + 1])));
    return out;
}

class Containment : public testing::TestWithParam<BoardKind> {
  protected:
    void SetUp() override {
        Result<BoardProcess> board = start_board(GetParam(), provisioned());
        ASSERT_TRUE(static_cast<bool>(board)) << render_text(board.error());
        board_.emplace(std::move(*board));
        Result<std::unique_ptr<ByteStream>> stream = open_stream(board_->endpoint());
        ASSERT_TRUE(static_cast<bool>(stream));
        client_ = std::make_unique<ControlClient>(std::move(*stream));
        client_->on_text = [this](std::string_view text) { console_ += text; };
        push(increment(GetParam(), "steady"));
    }

    const Code& code(const Bad& bad) const { return GetParam() == BoardKind::rv32imac ? bad.rv32imac : bad.cortex_m; }
    const Bad& named(std::string_view name) const {
        for (const Bad& bad : kBad)
            if (name == bad.name) return bad;
        __builtin_trap();
    }

    static void place(PackageProgram& program, const char* hook, const char* attach) {
        const Platform& platform = *builtin_platform("microbpf");
        program.attach = attach;
        program.hook_id = static_cast<std::uint16_t>(platform.find_hook(hook)->id);
        program.hook_abi = platform.find_hook(hook)->abi_hash();
    }

    Package package(const Bad& bad) const {
        Package p = increment(GetParam(), "bad");
        p.text = from_hex(code(bad).bytes);
        if (bad.data) {
            p.data_ram_bytes = 64;
            p.imports.push_back({MBPF_IMPORT_DATA, 0, 0});
        }
        if (bad.helper != 0) {
            const Platform& platform = *builtin_platform("microbpf");
            const Helper& helper = *platform.find_helper(bad.helper);
            p.imports.push_back({MBPF_IMPORT_HELPER, bad.helper, helper.abi_hash()});
            p.capabilities = std::uint64_t{1} << platform.find_capability(helper.capability)->bit;
        }
        if (bad.helper != 0 || bad.trace) place(p.programs[0], "trace", "trace/bad");
        p.ram_bytes = static_cast<std::uint32_t>(p.required_ram_bytes().value());
        return p;
    }

    void push(const Package& p) {
        const Result<control::Response> r = client_->push(signed_bytes(p), {});
        ASSERT_TRUE(static_cast<bool>(r)) << render_text(r.error());
    }

    Result<control::Response> run(const char* name) {
        control::Request request;
        request.mutable_test_run()->set_package(name);
        request.mutable_test_run()->set_program("main");
        request.mutable_test_run()->set_context(std::string("\x29\0\0\0", 4));
        return client_->call(std::move(request));
    }

    control::Response must(control::Request request) {
        const Result<control::Response> r = client_->call(std::move(request));
        EXPECT_TRUE(static_cast<bool>(r)) << render_text(r.error());
        return r ? *r : control::Response{};
    }
    control::HelloReply hello() {
        control::Request request;
        request.mutable_hello();
        return must(std::move(request)).hello();
    }
    control::FaultsReply fault(std::uint32_t number) {
        control::Request request;
        request.mutable_faults()->set_number(number);
        return must(std::move(request)).faults();
    }
    std::vector<std::string> loaded() {
        std::vector<std::string> names;
        const auto list = client_->list();
        EXPECT_TRUE(static_cast<bool>(list));
        if (list)
            for (const control::ListReply& p : *list) names.push_back(p.name());
        return names;
    }
    void expect_steady() {
        const Result<control::Response> r = run("steady");
        ASSERT_TRUE(static_cast<bool>(r)) << render_text(r.error());
        EXPECT_EQ(r->test_run().result(), 42u);
    }

    std::optional<BoardProcess> board_;
    std::unique_ptr<ControlClient> client_;
    std::string console_;
};

TEST_P(Containment, every_bad_program_is_stopped_and_unloaded_and_the_others_go_on) {
    const std::uint32_t free_before = hello().ram_free();
    std::uint32_t stopped = 0;
    for (const Bad& bad : kBad) {
        SCOPED_TRACE(bad.name);
        const Package p = package(bad);
        push(p);
        const Result<control::Response> r = run("bad");
        if (code(bad).kind == Kind::none) {
            ASSERT_TRUE(static_cast<bool>(r)) << render_text(r.error());
            EXPECT_EQ(r->test_run().result(), 42u);
            control::Request request;
            request.mutable_unload()->set_package("bad");
            must(std::move(request));
        } else {
            ASSERT_FALSE(static_cast<bool>(r)) << r->test_run().result();
            EXPECT_EQ(r.error().code, "MBPF4111");
            const control::FaultsReply f = fault(++stopped);
            EXPECT_EQ(f.count(), stopped);
            EXPECT_EQ(f.number(), stopped);
            EXPECT_EQ(f.package() + "/" + f.program(), "bad/main");
            EXPECT_EQ(f.kind(), static_cast<std::uint32_t>(code(bad).kind)) << std::hex << f.address() << " at " << f.pc();
            EXPECT_LE(f.text_offset(), p.text.size());
            const std::string_view name = bad.name;  // of some the place is in the firmware
            const bool elsewhere = f.kind() == MBPF_FAULT_FETCH || f.kind() == MBPF_FAULT_STACK || name == "starts_the_firmware_again" || name == "has_a_helpers_arguments_lie_beyond_its_memory";
            EXPECT_TRUE(f.in_text() || elsewhere);
        }
        EXPECT_EQ(loaded(), std::vector<std::string>{"steady"});
        EXPECT_EQ(hello().ram_free(), free_before);
        expect_steady();
    }
    EXPECT_GT(stopped, 20u);
    EXPECT_NE(console_.find("fault: bad/main: ran longer than its bound, address 0x0, at text+0x0: unloaded"), std::string::npos) << console_;
}

// The address of the access, not just that there was one.
TEST_P(Containment, the_record_says_what_was_touched_and_where) {
    push(package(named("writes_the_runtimes_data")));
    EXPECT_FALSE(static_cast<bool>(run("bad")));
    const control::FaultsReply f = fault(1);
    EXPECT_EQ(f.address(), GetParam() == BoardKind::rv32imac ? 0x80020000u : 0x20000000u);
    EXPECT_TRUE(f.in_text());
    EXPECT_EQ(f.text_offset(), 4u);
}

TEST_P(Containment, records_older_than_the_device_keeps_are_passed_over) {
    for (int i = 0; i < 6; ++i) {
        push(package(named("illegal_instruction")));
        EXPECT_FALSE(static_cast<bool>(run("bad")));
    }
    EXPECT_EQ(fault(1).number(), 3u);
    EXPECT_EQ(fault(6).number(), 6u);
    control::Request request;
    request.mutable_faults()->set_number(7);
    const Result<control::Response> r = client_->call(std::move(request));
    ASSERT_FALSE(static_cast<bool>(r));
    EXPECT_EQ(r.error().code, "MBPF4104");
}

// At a hook: the stopped program's verdict is the one its package chose, programs after it run on the same event.
TEST_P(Containment, a_hook_goes_on_with_the_verdict_chosen_for_failures) {
    for (const bool open : {true, false}) {
        SCOPED_TRACE(open);
        Package good = increment(GetParam(), "good");
        place(good.programs[0], "iio", "iio/device0/accel_x");
        good.programs[0].priority = 20;
        push(good);
        Package bad = package(named("loops_for_ever"));
        place(bad.programs[0], "iio", "iio/device0/accel_x");
        bad.programs[0].priority = 10;
        bad.programs[0].fail_open = open;
        push(bad);
        control::Request request;
        request.mutable_stimulus()->mutable_sensor()->set_samples(1);
        EXPECT_EQ(must(request).stimulus().programs_run(), open ? 2u : 1u);
        EXPECT_EQ(loaded(), (std::vector<std::string>{"steady", "good"}));
        EXPECT_EQ(must(request).stimulus().programs_run(), 1u);
        control::Request unload;
        unload.mutable_unload()->set_package("good");
        must(std::move(unload));
    }
    EXPECT_EQ(fault(2).kind(), static_cast<std::uint32_t>(MBPF_FAULT_TIMEOUT));
}

TEST_P(Containment, a_timer_program_is_stopped_and_the_other_timers_go_on) {
    Package good = increment(GetParam(), "good");
    place(good.programs[0], "timer", "timer/1ms");
    good.programs[0].parameter = 1'000'000;
    push(good);
    Package bad = package(named("overflows_its_stack"));
    place(bad.programs[0], "timer", "timer/1ms");
    bad.programs[0].parameter = 1'000'000;
    push(bad);
    for (int tries = 0; tries < 500 && fault(1).number() == 0; ++tries) {}
    EXPECT_EQ(loaded(), (std::vector<std::string>{"steady", "good"}));
    EXPECT_EQ(fault(1).kind(), static_cast<std::uint32_t>(MBPF_FAULT_STACK));
    const auto runs = [&] { return (*client_->list())[1].programs(0).runs(); };
    const std::uint64_t before = runs();
    for (int tries = 0; tries < 500 && runs() == before; ++tries) {}
    EXPECT_GT(runs(), before);
}

// The next program sees the event as it was: a write is refused, or goes to a copy.
TEST_P(Containment, a_bad_program_does_not_change_the_event_of_the_next) {
    const Bad bad{"scribbles", {"09220261012000217047", Kind::none}, {"254610c9054581458280", Kind::access}};  // edge := 9; return 1
    Package scribbler = package(bad);
    place(scribbler.programs[0], "gpio", "gpio/chip0/line5/rising");
    scribbler.programs[0].priority = 10;
    scribbler.programs[0].fail_open = true;
    push(scribbler);
    Package watcher = package({"watches", {"006900217047", Kind::none}, {"084981458280", Kind::none}});  // return edge
    watcher.name = "watcher";
    place(watcher.programs[0], "gpio", "gpio/chip0/line5/both");
    watcher.programs[0].priority = 20;
    push(watcher);
    control::Request request;
    request.mutable_stimulus()->mutable_gpio()->set_line(5);
    request.mutable_stimulus()->mutable_gpio()->set_value(1);
    const control::Response r = must(request);
    EXPECT_EQ(r.stimulus().programs_run(), 2u);
    EXPECT_EQ(r.stimulus().verdict(), 1);
    EXPECT_EQ(fault(1).kind(), static_cast<std::uint32_t>(code(bad).kind));
}

// Wherever the firmware has a context, a program may give a helper a part of it: here the first 8 bytes as a format.
TEST_P(Containment, a_helper_reads_the_context_for_a_program) {
    Bad print{"print", {"10b586b0d1f800c00821e0470120002106b010bd", Kind::none}, {"411106c083a20500a145829205458145824041018280", Kind::none}, false, 6};
    Package p = package(print);  // trace_printk(context, 8, …); return 1
    place(p.programs[0], "iio", "iio/device0/accel_x");
    push(p);
    control::Request request;
    request.mutable_stimulus()->mutable_sensor()->set_samples(3);
    EXPECT_EQ(must(request).stimulus().programs_run(), 3u);
    EXPECT_EQ(loaded(), (std::vector<std::string>{"steady", "bad"}));
}

// A program within its bound is never stopped, however often it runs with the serial line busy, or how long it takes.
TEST_P(Containment, good_programs_are_let_be) {
    for (int i = 0; i < 200; ++i) expect_steady();
    Package p = increment(GetParam(), "long");
    p.text = from_hex(GetParam() != BoardKind::rv32imac ? "49f2e030c0f204000138fdd12a2000217047"     // movw r0,#0x93e0; movt r0,#4; 1: subs r0,#1; bne 1b; movs r0,#42; movs r1,#0; bx lr
                                                         : "379504001305053e7d157dfd1305a00281458280");  // li a0,300000; 1: addi a0,a0,-1; bnez a0,1b; li a0,42; li a1,0; ret
    p.programs[0].worst_case_instructions = 600'005;
    push(p);
    const Result<control::Response> r = run("long");
    ASSERT_TRUE(static_cast<bool>(r)) << render_text(r.error());
    EXPECT_EQ(r->test_run().result(), 42u);
    EXPECT_GT(r->test_run().instructions(), 500'000u);
    control::Request request;
    request.mutable_faults()->set_number(1);
    EXPECT_EQ(must(std::move(request)).faults().count(), 0u);
}

// A migrator that breaks out is stopped like any program, and the version it was to replace goes on.
TEST_P(Containment, a_bad_migrator_leaves_the_old_version_running) {
    const auto version = [&](std::uint32_t value_size, const std::vector<std::uint8_t>& migrator) {
        Package p = increment(GetParam(), "kept");
        place(p.programs[0], "trace", "trace/kept");
        p.maps = {{"x", MBPF_MAP_ARRAY, 0, 4, value_size, 4}};
        if (!migrator.empty()) {
            p.maps.push_back({"old_x", MBPF_MAP_ARRAY, 0, 4, 8, 4});
            p.text.resize(16);
            PackageProgram m = p.programs[0];
            m.name = "migrate";
            m.attach = MBPF_MIGRATOR;
            m.entry_offset = 16;
            p.programs.push_back(m);
            p.text.insert(p.text.end(), migrator.begin(), migrator.end());
        }
        p.ram_bytes = static_cast<std::uint32_t>(p.required_ram_bytes().value());
        return p;
    };
    push(version(8, {}));
    const std::uint32_t free_before = hello().ram_free();
    std::uint32_t stopped = 0;
    for (const char* name : {"illegal_instruction", "loops_for_ever", "writes_the_runtimes_data"}) {
        const Result<control::Response> r = client_->push(signed_bytes(version(16, from_hex(code(named(name)).bytes))), {});
        ASSERT_FALSE(static_cast<bool>(r));
        EXPECT_EQ(r.error().code, "MBPF5128");
        EXPECT_EQ(fault(++stopped).program(), "migrate");
        EXPECT_EQ(loaded(), (std::vector<std::string>{"steady", "kept"}));
        EXPECT_EQ(hello().ram_free(), free_before);
        const Result<control::Response> still = run("kept");
        ASSERT_TRUE(static_cast<bool>(still)) << render_text(still.error());
        EXPECT_EQ(still->test_run().result(), 42u);
    }
    expect_steady();
}

// Tail calls from unprivileged code: import 0 is the helper, import 1 the array, whose element 0 is program 1.
TEST_P(Containment, tail_calls_of_bad_programs) {
    const bool m4 = GetParam() != BoardKind::rv32imac;
    const auto chain = [&](const char* caller, const char* target) {
        Package p = increment(GetParam(), "bad");
        p.text = from_hex(caller);
        p.text.resize((p.text.size() + 15) / 16 * 16);
        PackageProgram next = p.programs[0];
        next.name = "next";
        next.entry_offset = static_cast<std::uint32_t>(p.text.size());
        next.tail_only = true;
        p.programs.push_back(next);
        for (PackageProgram& program : p.programs) place(program, "trace", "trace/bad");
        const auto code = from_hex(target);
        p.text.insert(p.text.end(), code.begin(), code.end());
        p.maps = {{"next", MBPF_MAP_PROGRAM_ARRAY, 0, 4, 4, 2}};
        p.imports = {{MBPF_IMPORT_HELPER, 12, builtin_platform("microbpf")->find_helper(12)->abi_hash()}, {MBPF_IMPORT_MAP, 0, 0}, {MBPF_IMPORT_PROGRAM, 1, 0}};
        p.ram_bytes = static_cast<std::uint32_t>(p.required_ram_bytes().value());
        return p;
    };
    // push {lr}; ldr r12,[r1]; ldr r1,[r1,#4]; movs r2,#0; blx r12; movs r1,#0; pop {pc}
    const char* calls = m4 ? "00b5d1f800c049680022e047002100bd" : "411106c083a20500cc41014682928145824041018280";
    // the same with the runtime's memory for an array
    const char* forges = m4 ? "00b5d1f800c04ff000510022e047002100bd" : "411106c083a20500b7050280014682928145824041018280";
    // the same after ldr r3,[r1]; movs r2,#77; str r2,[r3]: element 0 names no program now
    const char* spoils = m4 ? "00b5d1f800c049680b684d221a600022e047002100bd" : "411106c083a20500cc4194411306d00490c2014682928145824041018280";
    const char* returns_42 = m4 ? "2a2000217047" : "1305a00281458280";
    const std::uint32_t free_before = hello().ram_free();

    push(chain(calls, returns_42));
    Result<control::Response> r = run("bad");
    ASSERT_TRUE(static_cast<bool>(r)) << render_text(r.error());
    EXPECT_EQ(r->test_run().result(), 42u);

    for (const char* refused : {forges, spoils}) {
        push(chain(refused, returns_42));
        r = run("bad");
        ASSERT_TRUE(static_cast<bool>(r)) << render_text(r.error());
        EXPECT_EQ(r->test_run().result(), 0xFFFF'FFFEu);
    }

    // A fault behind a tail call is the target's, and the package goes as a whole.
    std::uint32_t stopped = 0;
    for (const auto& [target, kind] : {std::pair{m4 ? "00de" : "0000", Kind::instruction}, std::pair{m4 ? "fee7" : "01a0", Kind::timeout}}) {
        push(chain(calls, target));
        r = run("bad");
        ASSERT_FALSE(static_cast<bool>(r));
        EXPECT_EQ(r.error().code, "MBPF4111");
        const control::FaultsReply f = fault(++stopped);
        EXPECT_EQ(f.package() + "/" + f.program(), "bad/next");
        EXPECT_EQ(f.kind(), static_cast<std::uint32_t>(kind));
        EXPECT_EQ(loaded(), std::vector<std::string>{"steady"});
        EXPECT_EQ(hello().ram_free(), free_before);
        expect_steady();
    }
    // Nothing of a chain that was cut is left over for the next.
    push(chain(calls, returns_42));
    r = run("bad");
    ASSERT_TRUE(static_cast<bool>(r)) << render_text(r.error());
    EXPECT_EQ(r->test_run().result(), 42u);
}

INSTANTIATE_TEST_SUITE_P(Emulated, Containment, testing::ValuesIn(kBoardKinds), name_of);

}  // namespace
}  // namespace mbpf::test
