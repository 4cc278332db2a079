/* SPDX-License-Identifier: MIT */
/*
 * A fixed-size table of 16-byte entries in buckets of eight, shared by any
 * number of threads without locks.
 *
 * An entry is two words, each read and written whole and relaxed:
 *
 *     a: tag of the key (16) | extra (16) | value (32)
 *     b: check (24) | state (8) | time in ms (32)
 *
 * The check is a hash of the key and of all of a, so an entry counts only if
 * both words are of one key and one value: two words that were written by
 * different inserts pass for an entry once in 2^24 such races. What else a
 * race leaves behind is a miss: nothing has to be ordered, so nothing is.
 * State and time alone change by compare-and-swap of b.
 *
 * A key lives in one bucket for ever and is evicted there or not at all. New
 * entries are unconfirmed, and while at most half of a bucket is confirmed
 * they replace unconfirmed ones only: a flood of spoofed sources leaves half
 * of the table to what was answered, and answered flows leave half of it to
 * those that wait for their answer.
 *
 * Times wrap after 49.7 days: an entry that nobody touched for exactly that
 * long, and whose bucket nobody needed, would look new.
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
	uint32_t max_age_ms; /* older entries are free */
};

/* State bits that the table itself looks at. */
enum { TABLE_CONFIRMED = 1 };

struct table_entry {
	struct table_slot *slot; /* where it is, or would go */
	uint64_t seen_a;	 /* of the slot, as it was read: */
	uint64_t seen_b;	 /* nothing is written over a stranger's work */
	uint32_t value;
	uint32_t time_ms;
	uint16_t extra;
	uint8_t state;
};

/*
 * Looks a key up. True with *entry filled when it is there and not too old;
 * otherwise only entry->slot is: where table_put() may put it.
 */
bool table_find(const struct table *t, uint64_t hash, uint32_t now_ms,
		struct table_entry *entry);

/*
 * Writes an entry to entry->slot, unless somebody else put one there since
 * table_find(). That is looked at, not locked: it is cheap and nearly always
 * right, and where it is not, an entry is forgotten.
 */
void table_put(uint64_t hash, const struct table_entry *entry);

/*
 * Writes state and time of an entry that was found; value and extra must be
 * as found. False, and nothing written, when somebody else was faster.
 */
bool table_change(const struct table_entry *entry);

#endif
