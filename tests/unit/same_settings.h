/* SPDX-License-Identifier: MIT */
/*
 * Whether two struct settings say the same of one option, whoever said it. For
 * tests that read a configuration in two ways.
 */
#ifndef X0F_TESTS_SAME_SETTINGS_H
#define X0F_TESTS_SAME_SETTINGS_H

#include "../../user/cli/options.h"

#include <string.h>

static inline bool same_text(const char *a, const char *b)
{
	return a == b || (a && b && !strcmp(a, b));
}

static inline bool same_list(const struct strings *a, const struct strings *b)
{
	bool same = a->count == b->count;

	for (uint32_t i = 0; same && i < a->count; i++)
		same = same_text(a->items[i], b->items[i]);
	return same;
}

static inline bool same_value(const struct settings *a,
			      const struct settings *b,
			      const struct option *option)
{
	const void *at = (const char *)a + option->offset;
	const void *there = (const char *)b + option->offset;

	switch (option->type) {
	case OPTION_FLAG:
		return *(const bool *)at == *(const bool *)there;
	case OPTION_TEXT:
		return same_text(*(const char *const *)at,
				 *(const char *const *)there);
	case OPTION_LIST:
		return same_list(at, there);
	case OPTION_PAIR:
		return !memcmp(at, there, sizeof(struct pair));
	default:
		return !memcmp(at, there, sizeof(uint32_t));
	}
}

#endif
