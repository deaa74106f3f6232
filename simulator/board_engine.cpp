// SPDX-License-Identifier: Apache-2.0
// Each run pushes a package signed with keys made for this process, runs it once through TestRun, and unloads
// it. The interpreter's limits apply: the device takes at most 512 bytes of context.
#include "simulator/board_engine.h"

#include <array>

#include "signer/root.h"
#include "simulator/board.h"
#include "simulator/control_client.h"

namespace mbpf::sim {

namespace {

class BoardEngine : public IsaEngine {
  public:
    BoardEngine(BoardProcess board, ControlClient client, SecretKey verifier, SecretKey release)
        : board_(std::move(board)), client_(std::move(client)), verifier_(std::move(verifier)), release_(std::move(release)) {
        client_.tries = 60;  // an emulated board is as slow as a busy host
    }

    Result<IsaRun> run(std::span<const std::uint8_t> bytecode, std::vector<std::uint8_t> memory) override {
        auto package = isa_package(bytecode, static_cast<std::uint32_t>(memory.size()), board_name(board_.kind()));
        if (!package) return package.error();
        for (const SecretKey* key : {&verifier_, &release_})
            if (Status s = sign_package(*package, *key); !s) return s.error();
        if (auto pushed = client_.push(package->serialize(true), {.activate = false, .dry_run = false}); !pushed) return pushed.error();
        control::Request request;
        request.mutable_test_run()->set_package(package->name);
        request.mutable_test_run()->set_program(package->programs.front().name);
        request.mutable_test_run()->set_context(memory.data(), memory.size());
        request.mutable_test_run()->set_repeat(1);
        auto reply = client_.call(std::move(request));
        control::Request unload;
        unload.mutable_unload()->set_package(package->name);
        auto unloaded = client_.call(std::move(unload));
        if (!reply) return reply.error();
        if (!unloaded) return unloaded.error();
        const std::string& context = reply->test_run().context();
        return IsaRun{reply->test_run().result(), {context.begin(), context.end()}};
    }

  private:
    BoardProcess board_;
    ControlClient client_;
    SecretKey verifier_, release_;
};

}  // namespace

Result<std::unique_ptr<IsaEngine>> make_board_engine(std::string_view name) {
    const auto kind = parse_board(name);
    if (!kind) return Diagnostic{.code = "MBPF3402", .message = "no board \"" + std::string(name) + "\"", .where = {}, .instruction = {}, .why = {}, .fix = "use cortex-m4, cortex-m33 or rv32imac", .notes = {}};
    SecretKey verifier = SecretKey::generate(Role::verifier, "throw-away"), release = SecretKey::generate(Role::release, "throw-away");
    const std::array<PublicKey, 2> keys{verifier.public_key(), release.public_key()};
    auto anchors = encode_trust_anchors(keys);
    if (!anchors) return anchors.error();
    BoardOptions options;
    options.trust_anchors = std::move(anchors).value();
    auto board = start_board(*kind, options);
    if (!board) return board.error();
    auto stream = open_stream(board->endpoint());
    if (!stream) return stream.error();
    return std::unique_ptr<IsaEngine>(std::make_unique<BoardEngine>(std::move(board).value(), ControlClient(std::move(stream).value()), std::move(verifier), std::move(release)));
}

}  // namespace mbpf::sim
