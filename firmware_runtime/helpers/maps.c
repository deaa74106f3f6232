/* SPDX-License-Identifier: Apache-2.0
 * Map helpers. Handles come from the import table and were checked at admission; keys and values are memory
 * whose sizes the verifier proved. */
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
