/* SPDX-License-Identifier: MIT */
/*
 * The compiled index: two hash tables with full keys, built once.
 *
 * A *group* is what all candidates of a packet share whatever else they say:
 * direction, option layout, EOL padding, IP option length, and the quirks
 * that p0f never forgives. Within a group, signatures stand in *runs* by how
 * they take the window, the window scale and the MSS: a packet can only match
 * runs with its own window, its own multiple or no opinion, its own scale or
 * none, and its own MSS or none. So a search is one look-up of a group and at
 * most twelve of runs, however many signatures there are, and each run is in
 * file order. What a run may still hold many of is `%N`: they share one.
 *
 * The four answers of a search are minima over positions in the files, so the
 * order in which runs are looked at does not matter. Immutable once built;
 * any thread.
 */
#include <stdlib.h>
#include <string.h>

#include "db_internal.h"

/* Quirks on which candidates of one group may differ */
#define GROUP_QUIRKS     \
	(X0F_QUIRK_ALL & \
	 ~(FORGIVEN_MISSING | FORGIVEN_ADDED | (uint32_t)X0F_QUIRK_FLOW))

struct group_key {
	uint8_t kinds[X0F_MAX_OPTIONS];
	uint32_t quirks;
	uint8_t count;
	uint8_t eol_padding;
	uint8_t ip_option_len;
	uint8_t kind;
};

_Static_assert(sizeof(struct group_key) == 32, "hashed as four words");

/* In a key where every smaller number is a scale: no opinion on it */
enum { ANY_SCALE = 256 };

struct run_key {
	uint32_t group; /* its slot */
	uint32_t mss;
	uint16_t scale;
	uint16_t window_kind;
	uint32_t window;
};

_Static_assert(sizeof(struct run_key) == 16, "hashed as two words");

struct group {
	struct group_key key;
	uint32_t runs; /* bit: window kind, + 8 scale fixed, + 16 MSS fixed */
	uint32_t used;
};

struct run {
	struct run_key key;
	uint32_t begin; /* in entries */
	uint32_t end;	/* 0: free slot */
};

/* A signature as the search needs it: the fields that a run leaves open. */
struct entry {
	uint32_t pos;
	uint32_t quirks[2]; /* asked of IPv4, of IPv6 */
	uint16_t modulus;   /* %N, else 1 */
	uint8_t ip_version; /* 0: any */
	uint8_t any_payload;
	uint8_t has_payload;
	uint8_t initial_ttl;
	uint8_t random_ttl;
	uint8_t generic;
	uint8_t application;
	uint8_t blind_to_flow; /* `*` that says nothing of flow labels */
};

struct index {
	struct group *groups;
	struct run *runs;
	struct entry *entries;
	uint32_t group_mask;
	uint32_t run_mask;
	uint32_t count;
};

static uint64_t mix(uint64_t h, uint64_t word)
{
	h = (h ^ word) * 0x9e3779b97f4a7c15u;
	return h ^ h >> 32;
}

static uint32_t hash_group(const struct group_key *key)
{
	uint64_t words[4], h = 0;
	int i;

	memcpy(words, key, sizeof(words));
	for (i = 0; i < 4; i++)
		h = mix(h, words[i]);
	return (uint32_t)h;
}

static uint32_t hash_run(const struct run_key *key)
{
	uint64_t words[2];

	memcpy(words, key, sizeof(words));
	return (uint32_t)mix(mix(0, words[0]), words[1]);
}

/* The slot of a group, or the free one where it belongs. */
static struct group *find_group(const struct index *index,
				const struct group_key *key)
{
	uint32_t i = hash_group(key) & index->group_mask;

	while (index->groups[i].used &&
	       memcmp(&index->groups[i].key, key, sizeof(*key)))
		i = (i + 1) & index->group_mask;
	return &index->groups[i];
}

static struct run *find_run(const struct index *index,
			    const struct run_key *key)
{
	uint32_t i = hash_run(key) & index->run_mask;

	while (index->runs[i].end &&
	       memcmp(&index->runs[i].key, key, sizeof(*key)))
		i = (i + 1) & index->run_mask;
	return &index->runs[i];
}

static struct group_key key_of_sig(const struct x0f_sig *sig)
{
	struct group_key key = {
		.quirks = sig->quirks & GROUP_QUIRKS,
		.count = sig->option_count,
		.eol_padding = sig->eol_padding,
		.ip_option_len = sig->ip_option_len,
		.kind = sig->kind,
	};

	memcpy(key.kinds, sig->option_kinds, sizeof(key.kinds));
	return key;
}

static struct group_key key_of_obs(const struct x0f_obs *obs)
{
	struct group_key key = {
		.quirks = obs->quirks & GROUP_QUIRKS,
		.count = obs->option_count,
		.eol_padding = obs->eol_padding,
		.ip_option_len = obs->ip_option_len,
		.kind = obs->kind,
	};

	memcpy(key.kinds, obs->option_kinds, sizeof(key.kinds));
	return key;
}

static struct entry entry_of(const struct x0f_sig *sig, uint32_t pos)
{
	struct entry e = {
		.pos = pos,
		.quirks = { sig_quirks(sig, 4), sig_quirks(sig, 6) },
		.modulus = 1,
		.ip_version = sig->ip_version,
		.any_payload = sig->any_payload,
		.has_payload = sig->has_payload,
		.initial_ttl = sig->initial_ttl,
		.random_ttl = sig->random_ttl,
		.generic = sig->generic,
		.application = sig->application,
		.blind_to_flow = !sig->ip_version &&
				 !(sig->quirks & X0F_QUIRK_FLOW),
	};

	if (sig->window_kind == X0F_WINDOW_MULTIPLE)
		e.modulus = sig->window;
	return e;
}

/* %N and `*` share a run: neither can be looked up. */
static struct run_key run_of_sig(const struct x0f_sig *sig, uint32_t group)
{
	bool open = sig->window_kind == X0F_WINDOW_MULTIPLE ||
		    sig->window_kind == X0F_WINDOW_ANY;

	return (struct run_key){
		.group = group,
		.mss = sig->any_mss ? ANY_MSS : sig->mss,
		.scale = sig->any_wscale ? (uint16_t)ANY_SCALE : sig->wscale,
		.window_kind = open ? (uint16_t)X0F_WINDOW_ANY :
				      sig->window_kind,
		.window = open ? 0 : sig->window,
	};
}

static uint32_t run_bit(const struct run_key *key)
{
	return 1u << (key->window_kind + (key->scale != ANY_SCALE) * 8u +
		      (key->mss != ANY_MSS) * 16u);
}

/* Where a signature goes while the index is built. */
struct place {
	struct run_key run;
	uint32_t pos;
};

/* Any order of runs will do, but file order within each. */
static int compare_places(const void *a, const void *b)
{
	const struct place *x = a, *y = b;
	int order = memcmp(&x->run, &y->run, sizeof(x->run));

	if (order)
		return order;
	return x->pos < y->pos ? -1 : 1;
}

static struct run_key place_sig(struct index *index, const struct x0f_sig *sig)
{
	struct group_key key = key_of_sig(sig);
	struct group *group = find_group(index, &key);
	struct run_key run = run_of_sig(sig, (uint32_t)(group - index->groups));

	group->key = key;
	group->used = 1;
	group->runs |= run_bit(&run);
	return run;
}

static void fill_runs(struct index *index, const struct x0f_sig *sigs,
		      const struct place *places, uint32_t count)
{
	uint32_t i;

	for (i = 0; i < count; i++) {
		struct run *run = find_run(index, &places[i].run);

		index->entries[i] = entry_of(&sigs[places[i].pos],
					     places[i].pos);
		if (!run->end)
			*run = (struct run){ places[i].run, i, i };
		run->end = i + 1;
	}
}

static uint32_t table_size(uint32_t count)
{
	uint32_t size = 16;

	while (size < count * 2)
		size *= 2;
	return size;
}

struct index *index_build(const struct x0f_sig *sigs, uint32_t count)
{
	struct index *index = calloc(1, sizeof(*index));
	struct place *places = calloc(count + 1, sizeof(*places));
	uint32_t size = table_size(count), i;

	if (!index || !places)
		goto fail;
	index->count = count;
	index->group_mask = index->run_mask = size - 1;
	index->groups = calloc(size, sizeof(*index->groups));
	index->runs = calloc(size, sizeof(*index->runs));
	index->entries = calloc(count + 1, sizeof(*index->entries));
	if (!index->groups || !index->runs || !index->entries)
		goto fail;
	for (i = 0; i < count; i++) {
		places[i].run = place_sig(index, &sigs[i]);
		places[i].pos = i;
	}
	if (count)
		qsort(places, count, sizeof(*places), compare_places);
	fill_runs(index, sigs, places, count);
	free(places);
	return index;
fail:
	free(places);
	index_free(index);
	return NULL;
}

void index_free(struct index *index)
{
	if (!index)
		return;
	free(index->groups);
	free(index->runs);
	free(index->entries);
	free(index);
}

size_t index_bytes(const struct index *index)
{
	return sizeof(*index) +
	       (index->group_mask + 1) * sizeof(*index->groups) +
	       (index->run_mask + 1) * sizeof(*index->runs) +
	       (index->count + 1) * sizeof(*index->entries);
}

enum outcome { REJECTED, EXACT, FUZZY };

static enum outcome try_entry(const struct entry *e, const struct x0f_obs *obs,
			      uint32_t policy)
{
	uint32_t asked = e->quirks[obs->ip_version == 6];
	uint32_t seen = obs->quirks;
	bool out_of_range = obs->ttl > e->initial_ttl ||
			    e->initial_ttl - obs->ttl > X0F_MAX_DISTANCE;

	if ((!e->any_payload && e->has_payload != obs->has_payload) ||
	    obs->window % e->modulus)
		return REJECTED;
	if ((policy & X0F_MEND_VERSION) && e->ip_version &&
	    e->ip_version != obs->ip_version)
		return REJECTED;
	if (e->blind_to_flow && (policy & X0F_MEND_FLOW))
		seen &= ~(uint32_t)X0F_QUIRK_FLOW;
	if ((asked & ~seen & ~FORGIVEN_MISSING) ||
	    (seen & ~asked & ~FORGIVEN_ADDED))
		return REJECTED;
	if (e->random_ttl) {
		if (obs->ttl > e->initial_ttl)
			return REJECTED;
		out_of_range = false;
	}
	return asked != seen || out_of_range ? FUZZY : EXACT;
}

static void keep_least(uint32_t *slot, uint32_t pos)
{
	if (pos < *slot)
		*slot = pos;
}

static void search_run(const struct index *index, const struct run_key *key,
		       const struct x0f_obs *obs, uint32_t policy,
		       struct found *found)
{
	const struct run *run = find_run(index, key);
	uint32_t i;

	for (i = run->begin; i < run->end; i++) {
		const struct entry *e = &index->entries[i];

		if (e->pos > found->exact)
			return; /* nothing behind an exact match counts */
		switch (try_entry(e, obs, policy)) {
		case EXACT:
			keep_least(e->generic ? &found->generic : &found->exact,
				   e->pos);
			break;
		case FUZZY:
			keep_least(&found->fuzzy, e->pos);
			if (!e->application)
				keep_least(&found->fuzzy_system, e->pos);
			break;
		case REJECTED:
			break;
		}
	}
}

/* The runs for one way to take the window: any scale and MSS, or ours. */
static void search_window(const struct index *index, const struct group *group,
			  enum x0f_window kind, uint32_t window,
			  const struct x0f_obs *obs, uint32_t policy,
			  struct found *found)
{
	struct run_key key = {
		.group = (uint32_t)(group - index->groups),
		.window_kind = (uint16_t)kind,
		.window = window,
	};
	int i;

	for (i = 0; i < 4; i++) {
		key.scale = i & 1 ? obs->wscale : (uint16_t)ANY_SCALE;
		key.mss = i & 2 ? obs->mss : (uint32_t)ANY_MSS;
		if (group->runs & run_bit(&key))
			search_run(index, &key, obs, policy, found);
	}
}

void index_search(const struct index *index, const struct x0f_obs *obs,
		  uint32_t policy, struct found *found)
{
	struct group_key key = key_of_obs(obs);
	const struct group *group = find_group(index, &key);

	*found = (struct found){ X0F_NONE, X0F_NONE, X0F_NONE, X0F_NONE };
	if (!group->used)
		return;
	search_window(index, group, X0F_WINDOW_LITERAL, obs->window, obs,
		      policy, found);
	if (obs->window_kind == X0F_WINDOW_MSS ||
	    obs->window_kind == X0F_WINDOW_MTU)
		search_window(index, group, obs->window_kind,
			      obs->window_multiple, obs, policy, found);
	search_window(index, group, X0F_WINDOW_ANY, 0, obs, policy, found);
}
