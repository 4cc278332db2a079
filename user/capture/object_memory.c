/* SPDX-License-Identifier: MIT */
/*
 * What the maps of a BPF object cost, as the kernel accounts them. Called by
 * tap.c and host.c at the start. One thread.
 */
#include "object.h"

#include <bpf/bpf.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

/* 0 where the kernel does not say. */
static uint64_t map_bytes(int fd)
{
	unsigned long long bytes = 0;
	char path[64];
	char line[128];
	FILE *file;

	snprintf(path, sizeof(path), "/proc/self/fdinfo/%d", fd);
	file = fopen(path, "re");
	if (!file)
		return 0;
	while (fgets(line, sizeof(line), file)) {
		if (sscanf(line, "memlock: %llu", &bytes) == 1)
			break;
	}
	fclose(file);
	return bytes;
}

/*
 * What the interfaces of a sensor share: header_rings.c made these, and counts
 * them once.
 */
static bool is_shared(const struct bpf_map *map)
{
	return !strcmp(bpf_map__name(map), "x0f_wake");
}

static bool holds_shared(const struct bpf_map *map)
{
	return !strcmp(bpf_map__name(map), "x0f_rings");
}

/* The maps in a map of maps; libbpf does not keep them. */
static uint64_t inner_bytes(const struct bpf_map *map)
{
	uint64_t bytes = 0;

	if (bpf_map__type(map) != BPF_MAP_TYPE_ARRAY_OF_MAPS ||
	    holds_shared(map))
		return 0;
	for (uint32_t i = 0; i < bpf_map__max_entries(map); i++) {
		uint32_t id;
		int fd;

		if (bpf_map_lookup_elem(bpf_map__fd(map), &i, &id))
			continue;
		fd = bpf_map_get_fd_by_id(id);
		if (fd < 0)
			continue;
		bytes += map_bytes(fd);
		close(fd);
	}
	return bytes;
}

uint64_t object_memory_bytes(const struct bpf_object *object)
{
	const struct bpf_map *map;
	uint64_t bytes = 0;

	if (!object)
		return 0;
	bpf_object__for_each_map(map, object)
	{
		if (!is_shared(map))
			bytes += map_bytes(bpf_map__fd(map)) + inner_bytes(map);
	}
	return bytes;
}
