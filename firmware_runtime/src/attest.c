/* SPDX-License-Identifier: Apache-2.0
 * The signed report: who the device is, whom it believes, what runs on it, and where its log stands. */
#include <string.h>

#include "mbpf/crypto.h"
#include "mbpf/events.h"
#include "mbpf/port.h"
#include "mbpf/runtime.h"
#include "mbpf/version.h"
#include "divide.h"
#include "put.h"

__attribute__((noinline)) static uint8_t *put_bytes(uint8_t *at, const void *bytes, uint32_t count)
{
    memcpy(at, bytes, count);
    return at + count;
}

static uint8_t *put_header(uint8_t *at, const mbpf_runtime *rt, const uint8_t *nonce, uint32_t packages)
{
    static const char firmware[MBPF_ATTEST_FIRMWARE_BYTES] = MBPF_FIRMWARE_VERSION;
    const mbpf_trust *t = &rt->trust;
    at = mbpf_put(at, MBPF_ATTEST_MAGIC, 4u);
    at = mbpf_put(at, MBPF_ATTEST_VERSION, 2u);
    at = mbpf_put(at, packages, 2u);
    at = put_bytes(at, nonce, MBPF_ATTEST_NONCE_BYTES);
    _Static_assert(offsetof(mbpf_trust, device_id) + 2u * MBPF_SCOPE_ID_BYTES == offsetof(mbpf_trust, class_id), "the three ids are in a row");
    at = put_bytes(at, (const uint8_t *)t + offsetof(mbpf_trust, device_id), 3u * MBPF_SCOPE_ID_BYTES);
    at = mbpf_put(at, t->root.version, 4u);
    at = put_bytes(at, t->root.digest, sizeof t->root.digest);
    at = put_bytes(at, firmware, sizeof firmware);
    at = mbpf_put(at, mbpf_divide(mbpf_port_time_ns(), 1000000000u), 8u);
    at = mbpf_put(at, rt->events.count, 4u);
    return put_bytes(at, rt->events.head, sizeof rt->events.head);
}

static uint8_t *put_package(uint8_t *at, const mbpf_package_state *package)
{
    uint32_t attached = 0u;
    for (uint32_t i = 0u; i < package->program_count; i++) {
        attached |= package->programs[i].attached ? 1u << i : 0u;
    }
    at = put_bytes(at, package->name, MBPF_NAME_BYTES);
    at = put_bytes(at, package->bytes + offsetof(mbpf_package_header, payload_digest), MBPF_DIGEST_BYTES);
    at = mbpf_put(at, package->version_major, 2u);
    at = mbpf_put(at, package->version_minor, 2u);
    at = mbpf_put(at, package->version_patch, 2u);
    at = mbpf_put(at, attached, 2u);
    at = mbpf_put(at, package->rollback_counter, 4u);
    at = mbpf_put(at, package->program_count, 2u);
    return mbpf_put(at, (package->held ? 0u : MBPF_ATTEST_RUNS) | (package->on_trial ? MBPF_ATTEST_ON_TRIAL : 0u), 2u);
}

uint32_t mbpf_attest(const mbpf_runtime *rt, const uint8_t nonce[MBPF_ATTEST_NONCE_BYTES], uint8_t *report, uint32_t capacity,
                     uint8_t signature[64])
{
    static const char prefix[] = MBPF_TBS_PREFIX_ATTEST;
    uint32_t packages = 0u;
    for (uint32_t i = 0u; i < MBPF_MAX_PACKAGES; i++) {
        packages += rt->packages[i].used ? 1u : 0u;
    }
    uint32_t count = (uint32_t)(sizeof(mbpf_attest_header) + packages * sizeof(mbpf_attest_package));
    if (!rt->trust.has_device_key || count > capacity) {
        return 0u;
    }
    uint8_t *at = put_header(report, rt, nonce, packages);
    for (uint32_t i = 0u; i < MBPF_MAX_PACKAGES; i++) {
        if (rt->packages[i].used) {
            at = put_package(at, &rt->packages[i]);
        }
    }
    uint8_t message[sizeof prefix - 1u + MBPF_DIGEST_BYTES];
    memcpy(message, prefix, sizeof prefix - 1u);
    mbpf_sha256(report, count, message + sizeof prefix - 1u);
    mbpf_ed25519_sign(rt->trust.device_seed, message, sizeof message, signature);
    return count;
}
