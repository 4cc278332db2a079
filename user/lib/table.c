/* SPDX-License-Identifier: MIT */
/* See table.h, which is the design. Any thread. */
#include "table.h"

static uint64_t word_a(uint64_t hash, uint32_t value, uint16_t extra)
{
	uint64_t tag = hash >> 48;

	/* a free slot is all zero: no entry has tag 0 */
	return (tag ? tag : 1) << 48 | (uint64_t)extra << 32 | value;
}

static uint64_t word_b(uint64_t check, uint8_t state, uint32_t time_ms)
{
	return check << 40 | (uint64_t)state << 32 | time_ms;
}

static uint64_t check_of(uint64_t hash, uint64_t a)
{
	uint64_t h = (hash ^ a) * 0x9e3779b97f4a7c15u;

	h = (h ^ h >> 29) * 0xbf58476d1ce4e5b9u;
	return h >> 40;
}

static struct table_slot load(const struct table_slot *slot)
{
	struct table_slot s;

	s.a = __atomic_load_n(&slot->a, __ATOMIC_RELAXED);
	s.b = __atomic_load_n(&slot->b, __ATOMIC_RELAXED);
	return s;
}

/*
 * Packets may come a little out of order: from the near future is age 0. From
 * farther it is a clock that was set back, and older than anything.
 */
static uint32_t age_of(uint64_t b, uint32_t now_ms)
{
	uint32_t age = now_ms - (uint32_t)b;

	return -age <= TABLE_REORDER_MS ? 0 : age;
}

static bool is_confirmed(const struct table_slot *s)
{
	return s->b >> 32 & TABLE_CONFIRMED;
}

static bool is_of(const struct table_slot *s, uint64_t hash)
{
	return s->a == word_a(hash, (uint32_t)s->a, (uint16_t)(s->a >> 32)) &&
	       s->b >> 40 == check_of(hash, s->a);
}

/*
 * How gladly a slot is given away: free or outdated ones first, then by age;
 * the confirmed last, as long as they are no more than half of the bucket.
 */
static uint64_t readiness(const struct table *t, const struct table_slot *s,
			  uint32_t now_ms, bool protect)
{
	uint32_t age = age_of(s->b, now_ms);

	if (!s->a || age > t->max_age_ms)
		return UINT64_MAX;
	if (protect && is_confirmed(s))
		return age;
	return age + (1ull << 32);
}

/* Where a new entry goes. */
static void choose_slot(const struct table *t, struct table_slot *bucket,
			uint32_t now_ms, struct table_entry *entry)
{
	struct table_slot seen[TRACKER_WAYS];
	uint64_t best = 0;
	int i, confirmed = 0;

	for (i = 0; i < TRACKER_WAYS; i++) {
		seen[i] = load(&bucket[i]);
		confirmed += is_confirmed(&seen[i]);
	}
	for (i = 0; i < TRACKER_WAYS; i++) {
		uint64_t ready = readiness(t, &seen[i], now_ms,
					   confirmed <= TRACKER_WAYS / 2);

		if (i && ready <= best)
			continue;
		best = ready;
		entry->slot = &bucket[i];
		entry->seen_a = seen[i].a;
	}
}

static void read_entry(const struct table_slot *s, struct table_entry *entry)
{
	entry->seen_b = s->b;
	entry->value = (uint32_t)s->a;
	entry->extra = (uint16_t)(s->a >> 32);
	entry->state = (uint8_t)(s->b >> 32);
	entry->time_ms = (uint32_t)s->b;
}

bool table_find(const struct table *t, uint64_t hash, uint32_t now_ms,
		struct table_entry *entry)
{
	struct table_slot *bucket = t->slots +
				    (hash & t->bucket_mask) * TRACKER_WAYS;
	int i;

	for (i = 0; i < TRACKER_WAYS; i++) {
		struct table_slot s = load(&bucket[i]);

		if (!is_of(&s, hash))
			continue;
		entry->slot = &bucket[i];
		entry->seen_a = s.a;
		read_entry(&s, entry);
		return age_of(s.b, now_ms) <= t->max_age_ms;
	}
	choose_slot(t, bucket, now_ms, entry);
	return false;
}

void table_put(uint64_t hash, const struct table_entry *entry)
{
	uint64_t a = word_a(hash, entry->value, entry->extra);
	uint64_t b = word_b(check_of(hash, a), entry->state, entry->time_ms);

	if (__atomic_load_n(&entry->slot->a, __ATOMIC_RELAXED) != entry->seen_a)
		return;
	__atomic_store_n(&entry->slot->a, a, __ATOMIC_RELAXED);
	__atomic_store_n(&entry->slot->b, b, __ATOMIC_RELAXED);
}

bool table_change(const struct table_entry *entry)
{
	uint64_t seen = entry->seen_b;
	uint64_t b = word_b(seen >> 40, entry->state, entry->time_ms);

	return __atomic_compare_exchange_n(&entry->slot->b, &seen, b, false,
					   __ATOMIC_RELAXED, __ATOMIC_RELAXED);
}
