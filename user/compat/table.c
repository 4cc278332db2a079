/* SPDX-License-Identifier: MIT */
/*
 * A hash table with a line by age, for flow.c and host.c.
 *
 * p0f has a fixed number of buckets; how many cannot be seen from outside, so
 * this one grows. The keys come out of hostile captures: the hash is seeded
 * per run, and nothing that is printed depends on it. One thread.
 */
#include "table.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#define FIRST_SLOTS 1024 /* 8 KiB */

static uint64_t fold(uint64_t a, uint64_t b)
{
	unsigned __int128 product = (unsigned __int128)a * b;

	return (uint64_t)product ^ (uint64_t)(product >> 64);
}

static uint64_t hash_key(const struct compat_table *table, const void *key)
{
	const uint8_t *bytes = key;
	uint64_t hash = table->seed[0];
	size_t at;

	for (at = 0; at < table->key_len; at += 8) {
		uint64_t word;

		memcpy(&word, bytes + at, sizeof(word));
		hash = fold(hash ^ word, table->seed[1]) + table->seed[0];
	}
	return fold(hash, table->seed[1]);
}

static void seed(struct compat_table *table)
{
	/* No entropy: a fixed seed is as right, only open to crafted keys. */
	if (getrandom(table->seed, sizeof(table->seed), GRND_NONBLOCK) !=
	    (ssize_t)sizeof(table->seed)) {
		table->seed[0] = UINT64_C(0x9e3779b97f4a7c15);
		table->seed[1] = UINT64_C(0xd1342543de82ef95);
	}
	table->seed[1] |= 1; /* 0 would fold every key to one value */
}

int compat_table_open(struct compat_table *table, size_t key_len)
{
	memset(table, 0, sizeof(*table));
	table->slots = calloc(FIRST_SLOTS, sizeof(struct compat_entry *));
	if (!table->slots)
		return -ENOMEM;
	table->mask = FIRST_SLOTS - 1;
	table->key_len = key_len;
	seed(table);
	return 0;
}

void compat_table_close(struct compat_table *table)
{
	free(table->slots);
	memset(table, 0, sizeof(*table));
}

struct compat_entry *compat_table_find(const struct compat_table *table,
				       const void *key)
{
	uint64_t hash = hash_key(table, key);
	struct compat_entry *entry = table->slots[hash & table->mask];

	while (entry &&
	       (entry->hash != hash || memcmp(entry->key, key, table->key_len)))
		entry = entry->next;
	return entry;
}

static void chain(struct compat_table *table, struct compat_entry *entry)
{
	struct compat_entry **slot = &table->slots[entry->hash & table->mask];

	entry->next = *slot;
	*slot = entry;
}

/* Twice the slots. Without memory the chains just get longer. */
static void grow(struct compat_table *table)
{
	size_t slots = (table->mask + 1) * 2;
	struct compat_entry **more;
	struct compat_entry *entry;

	more = calloc(slots, sizeof(struct compat_entry *));
	if (!more)
		return;
	free(table->slots);
	table->slots = more;
	table->mask = slots - 1;
	for (entry = table->oldest; entry; entry = entry->newer)
		chain(table, entry);
}

static void line_up(struct compat_table *table, struct compat_entry *entry)
{
	entry->newer = NULL;
	entry->older = table->newest;
	if (table->newest)
		table->newest->newer = entry;
	else
		table->oldest = entry;
	table->newest = entry;
}

static void leave_line(struct compat_table *table, struct compat_entry *entry)
{
	if (entry->older)
		entry->older->newer = entry->newer;
	else
		table->oldest = entry->newer;
	if (entry->newer)
		entry->newer->older = entry->older;
	else
		table->newest = entry->older;
}

void compat_table_add(struct compat_table *table, struct compat_entry *entry)
{
	if (table->count > table->mask)
		grow(table);
	entry->hash = hash_key(table, entry->key);
	chain(table, entry);
	line_up(table, entry);
	table->count++;
}

void compat_table_touch(struct compat_table *table, struct compat_entry *entry)
{
	leave_line(table, entry);
	line_up(table, entry);
}

void compat_table_remove(struct compat_table *table, struct compat_entry *entry)
{
	struct compat_entry **at = &table->slots[entry->hash & table->mask];

	while (*at != entry)
		at = &(*at)->next;
	*at = entry->next;
	leave_line(table, entry);
	table->count--;
}
