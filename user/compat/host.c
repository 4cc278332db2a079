/* SPDX-License-Identifier: MIT */
/*
 * p0f's host cache: one record per address that was an end of a SYN, in line
 * by the last SYN. A host that a flow points to is never forgotten. Called by
 * flow.c. One thread.
 *
 * Ages are unsigned seconds as in p0f: a clock that steps back makes
 * everything old at once.
 */
#include "host.h"

#include <stdlib.h>

static struct compat_host *host_of(struct compat_entry *entry)
{
	return (struct compat_host *)entry; /* its first member */
}

static void destroy(struct compat_memory *memory, struct compat_host *host)
{
	compat_table_remove(&memory->hosts, &host->entry);
	free(host);
}

struct compat_host *compat_host_touch(struct compat_memory *memory,
				      const struct compat_host_key *key,
				      uint32_t now_s)
{
	struct compat_entry *entry = compat_table_find(&memory->hosts, key);

	if (!entry)
		return NULL;
	compat_table_touch(&memory->hosts, entry);
	host_of(entry)->last_seen_s = now_s;
	return host_of(entry);
}

struct compat_host *compat_host_create(struct compat_memory *memory,
				       const struct compat_host_key *key,
				       uint32_t now_s)
{
	struct compat_host *host = calloc(1, sizeof(*host));

	if (!host)
		return NULL;
	host->key = *key;
	host->last_seen_s = now_s;
	host->entry.key = &host->key;
	compat_table_add(&memory->hosts, &host->entry);
	return host;
}

void compat_host_drop_oldest(struct compat_memory *memory)
{
	struct compat_entry *entry = memory->hosts.oldest;

	if (entry && host_of(entry)->flows == 0)
		destroy(memory, host_of(entry));
}

void compat_host_expire(struct compat_memory *memory, uint32_t now_s)
{
	struct compat_entry *entry = memory->hosts.oldest;

	while (entry) {
		struct compat_host *host = host_of(entry);

		if (now_s - host->last_seen_s <= memory->host_s)
			break;
		entry = entry->newer;
		if (host->flows == 0)
			destroy(memory, host);
	}
}

void compat_host_drop_all(struct compat_memory *memory)
{
	while (memory->hosts.oldest)
		destroy(memory, host_of(memory->hosts.oldest));
}
