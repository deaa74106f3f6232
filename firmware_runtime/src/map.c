/* SPDX-License-Identifier: Apache-2.0
 * Which map types this firmware has. A firmware that leaves a file out of its build defines
 * MBPF_WITHOUT_MAP_<TYPE>, and its code is gone. */
#include "mbpf/map.h"

const mbpf_map_operations *mbpf_map_operations_of(uint32_t type)
{
    switch (mbpf_map_kind(type)) {
#ifndef MBPF_WITHOUT_MAP_ARRAY
    case MBPF_MAP_ARRAY:
        return &mbpf_map_array;
#endif
#ifndef MBPF_WITHOUT_MAP_HASH
    case MBPF_MAP_HASH:
        return &mbpf_map_hash;
#endif
#ifndef MBPF_WITHOUT_MAP_RING_BUFFER
    case MBPF_MAP_RING_BUFFER:
        return &mbpf_map_ring_buffer;
#endif
    default:
        return 0;
    }
}

uint32_t mbpf_map_stride(uint32_t type, uint32_t key_size, uint32_t value_size)
{
    switch (mbpf_map_kind(type)) {
    case MBPF_MAP_ARRAY:
        return mbpf_array_stride(value_size);
    case MBPF_MAP_HASH:
        return (uint32_t)mbpf_hash_record_bytes(key_size, value_size);
    default:
        return 0u;
    }
}
