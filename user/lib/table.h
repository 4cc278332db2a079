/* SPDX-License-Identifier: MIT */
/*
 * A fixed-size table of 16-byte entries in buckets of eight, shared by any
 * number of threads without locks.
 *
 * An entry is two words, each read and written whole and relaxed:
 *
 *     a: tag of the key (32) | value (32)
 *     b: check (24) | state (8) | extra and time (32)
 *
 * The check is a hash of the key and of a's value, so an entry counts only
 * if both words were written by one insert or update. Whatever a race leaves
 * behind is a miss: nothing has to be ordered, so nothing is.
 *
 * A key lives in one bucket for ever and is evicted there or not at all. New
 * entries are unconfirmed and replace unconfirmed ones as long as a bucket
 * has any, so a flood of spoofed sources takes at most one way in eight from
 * what is confirmed.
 */
#ifndef X0F_LIB_TABLE_H
#define X0F_LIB_TABLE_H

#include <stdbool.h>
#include <stdint.h>

#include "limits.h"

struct table_slot {
	uint64_t a;
	uint64_t b;
};

struct table {
	struct table_slot *slots;
	uint64_t bucket_mask;
	uint32_t time_mask; /* which low bits of b are the time */
	uint32_t max_age;   /* in its unit; older entries are free */
};

/* State bits that the table itself looks at. */
enum { TABLE_CONFIRMED = 1 };

struct table_entry {
	struct table_slot *slot; /* where it is, or would go */
	uint32_t value;
	uint32_t low; /* extra and time */
	uint8_t state;
};

/*
 * Looks a key up. True with *entry filled when it is there and not too old;
 * otherwise only entry->slot is: where table_put() may put it.
 */
bool table_find(const struct table *t, uint64_t hash, uint32_t now,
		struct table_entry *entry);

/* Writes an entry to entry->slot. */
void table_put(uint64_t hash, const struct table_entry *entry);

#endif
