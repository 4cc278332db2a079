/* SPDX-License-Identifier: MIT */
/* See table.h, which is the design. Any thread. */
#include "table.h"

static uint32_t tag_of(uint64_t hash)
{
	uint32_t tag = (uint32_t)(hash >> 32);

	return tag ? tag : 1; /* 0 is a free slot */
}

/* 24 bits of key and value; b's word carries them at its top */
static uint64_t check_of(uint64_t hash, uint32_t value)
{
	uint64_t h = (hash ^ value) * 0x9e3779b97f4a7c15u;

	return h >> 40;
}

static struct table_slot load(const struct table_slot *slot)
{
	struct table_slot s;

	s.a = __atomic_load_n(&slot->a, __ATOMIC_RELAXED);
	s.b = __atomic_load_n(&slot->b, __ATOMIC_RELAXED);
	return s;
}

/* Packets may come a little out of order: from the future is age 0. */
static uint32_t age_of(const struct table *t, uint64_t b, uint32_t now)
{
	uint32_t age = (now - (uint32_t)b) & t->time_mask;

	return age > t->time_mask / 2 ? 0 : age;
}

static bool is_of(const struct table_slot *s, uint64_t hash)
{
	return s->a >> 32 == tag_of(hash) &&
	       s->b >> 40 == check_of(hash, (uint32_t)s->a);
}

/*
 * How gladly a slot is given away: free or outdated ones first, then the
 * unconfirmed by age, and only where there is none the confirmed by age.
 */
static uint64_t readiness(const struct table *t, const struct table_slot *s,
			  uint32_t now)
{
	uint32_t age = age_of(t, s->b, now);

	if (!s->a || age > t->max_age)
		return UINT64_MAX;
	return age + (s->b >> 32 & TABLE_CONFIRMED ? 0 : 1ull << 32);
}

bool table_find(const struct table *t, uint64_t hash, uint32_t now,
		struct table_entry *entry)
{
	struct table_slot *bucket = t->slots +
				    (hash & t->bucket_mask) * TRACKER_WAYS;
	uint64_t best = 0;
	int i;

	entry->slot = bucket;
	for (i = 0; i < TRACKER_WAYS; i++) {
		struct table_slot s = load(&bucket[i]);
		uint64_t ready;

		if (is_of(&s, hash)) {
			entry->slot = &bucket[i];
			entry->value = (uint32_t)s.a;
			entry->low = (uint32_t)s.b;
			entry->state = (uint8_t)(s.b >> 32);
			return age_of(t, s.b, now) <= t->max_age;
		}
		ready = readiness(t, &s, now);
		if (ready > best) {
			best = ready;
			entry->slot = &bucket[i];
		}
	}
	return false;
}

void table_put(uint64_t hash, const struct table_entry *entry)
{
	uint64_t a = (uint64_t)tag_of(hash) << 32 | entry->value;
	uint64_t b = check_of(hash, entry->value) << 40 |
		     (uint64_t)entry->state << 32 | entry->low;

	__atomic_store_n(&entry->slot->a, a, __ATOMIC_RELAXED);
	__atomic_store_n(&entry->slot->b, b, __ATOMIC_RELAXED);
}
