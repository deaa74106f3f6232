/* SPDX-License-Identifier: Apache-2.0
 * Map helpers. Handles come from the import table and were checked at admission; keys and values are memory
 * whose sizes the verifier proved. */
#include <string.h>

#include "mbpf/map.h"
#include "microbpf_platform.h"

void *mbpf_helper_map_lookup_elem(struct mbpf_map *map, const void *key)
{
    return mbpf_map_operations_of(map->type)->lookup(map, key);
}

int32_t mbpf_helper_map_update_elem(struct mbpf_map *map, const void *key, const void *value, uint64_t flags)
{
    return mbpf_map_operations_of(map->type)->update(map, key, value, flags);
}

int32_t mbpf_helper_map_delete_elem(struct mbpf_map *map, const void *key)
{
    return mbpf_map_operations_of(map->type)->remove(map, key);
}

int32_t mbpf_helper_map_push_elem(struct mbpf_map *map, const void *value, uint64_t flags)
{
    return mbpf_map_operations_of(map->type)->update(map, 0, value, flags);
}

int32_t mbpf_helper_map_peek_elem(struct mbpf_map *map, void *value)
{
    const void *at = mbpf_map_operations_of(map->type)->lookup(map, 0);
    if (!at) { /* the proof counts on every byte being written */
        memset(value, 0, map->value_size);
        return -MBPF_ENOENT;
    }
    memcpy(value, at, map->value_size);
    return 0;
}

int32_t mbpf_helper_map_pop_elem(struct mbpf_map *map, void *value)
{
    (void)mbpf_helper_map_peek_elem(map, value);
    return mbpf_map_operations_of(map->type)->remove(map, 0);
}

int32_t mbpf_helper_timeseries_push(struct mbpf_map *map, const void *key, const void *value, uint64_t time_ns)
{
    mbpf_time_series_push(map, key, value, time_ns);
    return 0;
}
