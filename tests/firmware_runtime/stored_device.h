// SPDX-License-Identifier: Apache-2.0
// A device with a store on simulated NOR flash. reset() is a reset: RAM is lost, flash is not.
#pragma once

#include "device.h"
extern "C" {
#include "flash_posix.h"
#include "mbpf/store.h"
}

namespace mbpf::test {

inline constexpr std::uint32_t kPageBytes = 512, kWriteBytes = 16;
// Journal in the first 32 KiB, then slots.
inline constexpr std::uint32_t pages_for(std::uint32_t slots) { return (slots + 1) * (MBPF_SLOT_BYTES / kPageBytes); }

class StoredDevice : public Device {
  public:
    explicit StoredDevice(std::uint32_t slots = 5, bool mapped = true, const char* file = nullptr, std::uint32_t write_bytes = kWriteBytes) {
        if (!mbpf_flash_posix_open(&flash, file, kPageBytes, pages_for(slots), write_bytes, mapped)) __builtin_trap();
    }
    ~StoredDevice() { mbpf_flash_posix_close(&flash); }

    mbpf_status boot() {
        reset();
        return mbpf_store_boot(rt(), &store, &flash.flash);
    }
    std::uint32_t flash_bytes() const { return flash.geometry.page_bytes * flash.geometry.page_count; }
    std::vector<std::uint8_t> image() const { return {flash.bytes, flash.bytes + flash_bytes()}; }
    void restore(const std::vector<std::uint8_t>& image) { std::memcpy(flash.bytes, image.data(), image.size()); }

    mbpf_package_state* package(const std::string& name) { return mbpf_find_package(rt(), name.c_str()); }
    // What its program returns; -1: none runs.
    std::int64_t runs(const std::string& name = "demo") {
        mbpf_package_state* state = package(name);
        if (state == nullptr || !state->programs[0].attached) return -1;
        return static_cast<std::int64_t>(mbpf_program_run(&state->programs[0], nullptr));
    }
    mbpf_status confirm(const std::string& name = "demo") { return mbpf_confirm(rt(), package(name)); }
    mbpf_status revert(const std::string& name = "demo") { return mbpf_revert(rt(), package(name), MBPF_EMPTY_REVERTED); }
    std::uint32_t floor(const std::string& name = "demo") { return mbpf_journal_floor(&store.journal, name.c_str()); }

    mbpf_flash_posix flash{};
    mbpf_store store{};
};

// A copy of a root record as a device with that seed (0: none) keeps it, by other code than the device's.
inline void write_root_copy(std::uint8_t* at, const std::vector<std::uint8_t>& record, std::uint8_t seed) {
    std::memset(at, 0, MBPF_ROOT_COPY_BYTES);
    const auto count = static_cast<std::uint32_t>(record.size());
    std::memcpy(at, "RCP2", 4);
    std::memcpy(at + 4, &count, 4);
    std::copy(record.begin(), record.end(), at + 8);
    const std::size_t body = std::min<std::size_t>(sizeof(mbpf_root_header) + record[6] * MBPF_ROOT_KEY_BYTES + record[7] * MBPF_KEY_ID_BYTES, record.size());
    std::array<std::uint8_t, 4 + 32 + 32> message{'R', 'O', 'O', 'T'};
    std::fill_n(message.begin() + 4, 32, seed);
    crypto_hash_sha256(message.data() + 36, record.data(), body);
    crypto_hash_sha256(at + MBPF_ROOT_COPY_BYTES - MBPF_DIGEST_BYTES, message.data(), message.size());
}

// Version n returns n; its rollback counter is 10 n.
inline Package version(std::uint32_t n, const std::string& name = "demo") {
    Package p = simple_package(name, code_return(n));
    p.version = {0, static_cast<std::uint16_t>(n), 0};
    p.rollback_counter = 10 * n;
    return p;
}

}  // namespace mbpf::test
