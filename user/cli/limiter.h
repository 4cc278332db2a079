/* SPDX-License-Identifier: MIT */
/*
 * At most so many lines a second, and a count of what was left out. Seconds
 * are counted from the clock's zero, so that a burst never gets more than two
 * of them. One thread; time is the caller's.
 */
#ifndef X0F_CLI_LIMITER_H
#define X0F_CLI_LIMITER_H

#include <stdbool.h>
#include <stdint.h>

struct limiter {
	uint32_t per_second; /* 0: no limit */
	uint32_t taken;	     /* in the second at hand */
	uint64_t second;
	uint64_t suppressed; /* in the second at hand */
	uint64_t before;     /* in others, not yet reported */
};

void limiter_open(struct limiter *limiter, uint32_t per_second);

/* False: it is too much, and was counted. */
bool limiter_take(struct limiter *limiter, uint64_t now_ns);

/*
 * How many were suppressed in seconds that are over and were not reported
 * yet; these count as reported now.
 */
uint64_t limiter_report(struct limiter *limiter, uint64_t now_ns);

/* The same, of the second at hand too: at the end. */
uint64_t limiter_rest(struct limiter *limiter);

/* Whether limiter_report() will have something to say. */
static inline bool limiter_owes(const struct limiter *limiter)
{
	return limiter->suppressed || limiter->before;
}

#endif
