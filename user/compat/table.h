/* SPDX-License-Identifier: MIT */
/*
 * A hash table whose entries also stand in a line by age: what p0f's tables
 * of flows and of hosts have in common. Entries are part of the struct that
 * they file, which owns the key; the table owns nothing but its slots.
 */
#ifndef X0F_COMPAT_TABLE_H
#define X0F_COMPAT_TABLE_H

#include <stddef.h>
#include <stdint.h>

struct compat_entry {
	struct compat_entry *next; /* in the same slot */
	struct compat_entry *older;
	struct compat_entry *newer;
	const void *key; /* key_len bytes, constant while in the table */
	uint64_t hash;
};

struct compat_table {
	struct compat_entry **slots; /* mask + 1 of them */
	struct compat_entry *oldest;
	struct compat_entry *newest;
	size_t mask;
	size_t count;
	size_t key_len; /* a multiple of 8 */
	uint64_t seed[2];
};

/* Returns 0 or -ENOMEM. The table must be zeroed memory or closed. */
int compat_table_open(struct compat_table *table, size_t key_len);

/* Frees the slots; the entries are the caller's to free before. */
void compat_table_close(struct compat_table *table);

struct compat_entry *compat_table_find(const struct compat_table *table,
				       const void *key);

/* Files an entry as the newest. Its key must be set and not yet filed. */
void compat_table_add(struct compat_table *table, struct compat_entry *entry);

/* Makes an entry the newest. */
void compat_table_touch(struct compat_table *table, struct compat_entry *entry);

void compat_table_remove(struct compat_table *table,
			 struct compat_entry *entry);

#endif
