/* SPDX-License-Identifier: MIT */
/*
 * Rules as filter_text.c reads them and filter.c compiles them.
 */
#ifndef X0F_CAPTURE_FILTER_RULES_H
#define X0F_CAPTURE_FILTER_RULES_H

#include "filter.h"

enum filter_side { FILTER_EITHER, FILTER_SRC, FILTER_DST };

struct filter_range {
	struct filter_key first;
	struct filter_key last; /* included */
};

/*
 * One term of one rule on one axis. `net` makes two, for IPv4 and for IPv6:
 * no range on an axis means that nothing on it matches.
 */
struct filter_term {
	enum filter_axis axis;
	enum filter_side side;
	uint32_t either; /* which one of the rule on its axis, from 0 */
	uint32_t rule;
	struct filter_range *ranges;
	uint32_t count;
};

/* All rules of a filter. */
struct filter_rules {
	struct filter_term *terms;
	uint32_t term_count;
	uint32_t term_room;
	uint32_t range_count; /* in all terms */
	uint32_t count;
	uint64_t kinds[FILTER_KINDS];
	uint64_t allow;
	uint64_t deny;
};

/*
 * Reads one rule and appends it. Returns as filter_add() does; after a failure
 * terms may be left over, of a rule that is not counted.
 */
int filter_parse(struct filter_rules *rules, const char *text,
		 struct filter_error *error);

/* All that were added. Belongs to the filter. */
const struct filter_rules *filter_get_rules(const struct filter *filter);

/* Without a branch: addresses of packets cannot be predicted. */
static inline bool filter_key_above(struct filter_key a, struct filter_key b)
{
	return (a.high > b.high) | ((a.high == b.high) & (a.low > b.low));
}

#endif
