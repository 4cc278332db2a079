/* SPDX-License-Identifier: MIT */
/*
 * --allow and --deny, compiled: bit vectors. Ports and addresses are cut into
 * intervals within which all rules agree; a packet costs a binary search for
 * each of its four ends and an AND of masks, however many rules there are.
 * The kernel's filters are made from the same intervals. Called by the CLI
 * and the engine; see filter.h for threads.
 */
#include "filter.h"
#include "filter_rules.h"

#include <endian.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const struct filter_key last_keys[FILTER_AXES] = {
	[FILTER_PORT] = { 0, UINT16_MAX },
	[FILTER_IPV4] = { 0, UINT32_MAX },
	[FILTER_IPV6] = { UINT64_MAX, UINT64_MAX },
};

struct filter {
	struct filter_rules rules;
	struct filter_compiled compiled;
};

struct filter *filter_new(void)
{
	return calloc(1, sizeof(struct filter));
}

/* Forgets the terms from `count` on. */
static void drop_terms(struct filter_rules *rules, uint32_t count)
{
	while (rules->term_count > count) {
		struct filter_term *term = &rules->terms[--rules->term_count];

		rules->range_count -= term->count;
		free(term->ranges);
	}
}

static int compare_ranges(const void *a, const void *b)
{
	const struct filter_range *left = a;
	const struct filter_range *right = b;

	if (filter_key_above(left->first, right->first))
		return 1;
	return filter_key_above(right->first, left->first) ? -1 : 0;
}

/* Ascending and without overlap, so that contains() can search. */
static void tidy(struct filter_rules *rules, struct filter_term *term)
{
	uint32_t kept = 0;

	if (!term->count)
		return;
	qsort(term->ranges, term->count, sizeof(*term->ranges), compare_ranges);
	for (uint32_t i = 1; i < term->count; i++) {
		struct filter_range *range = &term->ranges[i];
		struct filter_range *before = &term->ranges[kept];

		if (filter_key_above(range->first, before->last))
			term->ranges[++kept] = *range;
		else if (filter_key_above(range->last, before->last))
			before->last = range->last;
	}
	rules->range_count -= term->count - (kept + 1);
	term->count = kept + 1;
}

int filter_add(struct filter *filter, enum filter_action action,
	       const char *rule, struct filter_error *error)
{
	struct filter_rules *rules = &filter->rules;
	uint32_t before = rules->term_count;
	int ret;

	error->column = 0;
	snprintf(error->message, sizeof(error->message), "out of memory");
	if (rules->count == FILTER_MAX_RULES) {
		snprintf(error->message, sizeof(error->message),
			 "more than %d rules", FILTER_MAX_RULES);
		return -ENOSPC;
	}
	ret = filter_parse(rules, rule, error);
	if (ret) {
		drop_terms(rules, before);
		return ret;
	}
	for (uint32_t i = before; i < rules->term_count; i++)
		tidy(rules, &rules->terms[i]);
	if (action == FILTER_ALLOW)
		rules->allow |= UINT64_C(1) << rules->count;
	else
		rules->deny |= UINT64_C(1) << rules->count;
	rules->count++;
	return 0;
}

static int compare_keys(const void *a, const void *b)
{
	const struct filter_key *left = a;
	const struct filter_key *right = b;

	if (filter_key_above(*left, *right))
		return 1;
	return filter_key_above(*right, *left) ? -1 : 0;
}

static struct filter_key next_key(struct filter_key key)
{
	if (!++key.low)
		key.high++;
	return key;
}

/* Every key at which some range begins or has just ended, and 0. */
static uint32_t collect_firsts(const struct filter_rules *rules,
			       enum filter_axis axis, struct filter_key *firsts)
{
	struct filter_key last = last_keys[axis];
	uint32_t count = 0;
	uint32_t kept = 0;

	firsts[count++] = (struct filter_key){ 0, 0 };
	for (uint32_t t = 0; t < rules->term_count; t++) {
		const struct filter_term *term = &rules->terms[t];

		for (uint32_t i = 0; term->axis == axis && i < term->count;
		     i++) {
			const struct filter_range *range = &term->ranges[i];

			firsts[count++] = range->first;
			if (filter_key_above(last, range->last))
				firsts[count++] = next_key(range->last);
		}
	}
	qsort(firsts, count, sizeof(*firsts), compare_keys);
	for (uint32_t i = 1; i < count; i++)
		if (filter_key_above(firsts[i], firsts[kept]))
			firsts[++kept] = firsts[i];
	return kept + 1;
}

static bool contains(const struct filter_term *term, struct filter_key key)
{
	uint32_t low = 0;
	uint32_t high = term->count;

	while (low < high) { /* ranges below `low` end before key */
		uint32_t middle = low + (high - low) / 2;

		if (filter_key_above(key, term->ranges[middle].last))
			low = middle + 1;
		else
			high = middle;
	}
	return low < term->count &&
	       !filter_key_above(term->ranges[low].first, key);
}

/* A rule without a term on this axis matches everywhere on it. */
static void find_masks(const struct filter_rules *rules, enum filter_axis axis,
		       struct filter_key key, struct filter_masks *masks)
{
	memset(masks, 0xff, sizeof(*masks));
	for (uint32_t t = 0; t < rules->term_count; t++) {
		const struct filter_term *term = &rules->terms[t];
		uint64_t bit = UINT64_C(1) << term->rule;

		if (term->axis != axis || contains(term, key))
			continue;
		if (term->side == FILTER_SRC)
			masks->src &= ~bit;
		else if (term->side == FILTER_DST)
			masks->dst &= ~bit;
		else
			masks->either[term->either] &= ~bit;
	}
}

static void free_intervals(struct filter_intervals *intervals)
{
	free(intervals->first);
	free(intervals->masks);
	memset(intervals, 0, sizeof(*intervals));
}

static int compile_axis(const struct filter_rules *rules, enum filter_axis axis,
			struct filter_intervals *intervals)
{
	size_t most = 2 * (size_t)rules->range_count + 1;

	free_intervals(intervals);
	intervals->first = malloc(most * sizeof(*intervals->first));
	if (!intervals->first)
		return -ENOMEM;
	intervals->count = collect_firsts(rules, axis, intervals->first);
	intervals->masks = malloc(intervals->count * sizeof(*intervals->masks));
	if (!intervals->masks)
		return -ENOMEM;
	for (uint32_t i = 0; i < intervals->count; i++)
		find_masks(rules, axis, intervals->first[i],
			   &intervals->masks[i]);
	return 0;
}

int filter_compile(struct filter *filter)
{
	struct filter_compiled *compiled = &filter->compiled;
	const struct filter_rules *rules = &filter->rules;
	int ret = 0;

	for (int axis = 0; !ret && axis < FILTER_AXES; axis++)
		ret = compile_axis(rules, (enum filter_axis)axis,
				   &compiled->axes[axis]);
	memcpy(compiled->kinds, rules->kinds, sizeof(compiled->kinds));
	compiled->allow = rules->allow;
	compiled->deny = rules->deny;
	return ret;
}

/* Masks of the interval that the key is in. */
static const struct filter_masks *
find_interval(const struct filter_intervals *intervals, struct filter_key key)
{
	const struct filter_key *first = intervals->first;
	uint32_t left = intervals->count;

	while (left > 1) { /* always: *first is not above key */
		uint32_t half = left / 2;

		first += half * !filter_key_above(first[half], key);
		left -= half;
	}
	return &intervals->masks[first - intervals->first];
}

/* The rules that a packet with these ends matches on one axis. */
static uint64_t match_axis(const struct filter_intervals *intervals,
			   struct filter_key src, struct filter_key dst)
{
	const struct filter_masks *s = find_interval(intervals, src);
	const struct filter_masks *d = find_interval(intervals, dst);
	uint64_t matched = s->src & d->dst;

	for (int i = 0; i < FILTER_MAX_EITHER; i++)
		matched &= s->either[i] | d->either[i];
	return matched;
}

static uint64_t load_be64(const uint8_t *p)
{
	uint64_t v;

	memcpy(&v, p, sizeof(v));
	return be64toh(v);
}

/* IPv4 addresses are in the first four bytes. */
static struct filter_key address_key(const uint8_t *address, bool is_ipv4)
{
	if (is_ipv4)
		return (struct filter_key){ 0, load_be64(address) >> 32 };
	return (struct filter_key){ load_be64(address),
				    load_be64(address + 8) };
}

static enum filter_kind kind_of(const struct x0f_obs *obs)
{
	if (obs->kind == X0F_KIND_SYN)
		return FILTER_SYN;
	return obs->kind == X0F_KIND_SYNACK ? FILTER_SYNACK : FILTER_OTHER;
}

bool filter_passes(const struct filter *filter, const struct x0f_obs *obs)
{
	const struct filter_compiled *compiled = &filter->compiled;
	bool is_ipv4 = obs->ip_version == 4;
	uint64_t matched = compiled->kinds[kind_of(obs)];

	matched &= match_axis(&compiled->axes[FILTER_PORT],
			      (struct filter_key){ 0, obs->src_port },
			      (struct filter_key){ 0, obs->dst_port });
	matched &= match_axis(
		&compiled->axes[is_ipv4 ? FILTER_IPV4 : FILTER_IPV6],
		address_key(obs->src, is_ipv4), address_key(obs->dst, is_ipv4));
	if (matched & compiled->deny)
		return false;
	return !compiled->allow || matched & compiled->allow;
}

const struct filter_rules *filter_get_rules(const struct filter *filter)
{
	return &filter->rules;
}

const struct filter_compiled *filter_compiled(const struct filter *filter)
{
	return &filter->compiled;
}

void filter_free(struct filter *filter)
{
	if (!filter)
		return;
	for (int axis = 0; axis < FILTER_AXES; axis++)
		free_intervals(&filter->compiled.axes[axis]);
	drop_terms(&filter->rules, 0);
	free(filter->rules.terms);
	free(filter);
}
