/* SPDX-License-Identifier: MIT */
/* See limiter.h. Called by the printer of `x0f live` for each event. */
#include "limiter.h"

#include "../capture/clock.h"

#include <string.h>

void limiter_open(struct limiter *limiter, uint32_t per_second)
{
	memset(limiter, 0, sizeof(*limiter));
	limiter->per_second = per_second;
}

static void begin_second(struct limiter *limiter, uint64_t now_ns)
{
	uint64_t second = now_ns / NS_PER_S;

	if (second == limiter->second)
		return;
	limiter->second = second;
	limiter->before += limiter->suppressed;
	limiter->suppressed = 0;
	limiter->taken = 0;
}

bool limiter_take(struct limiter *limiter, uint64_t now_ns)
{
	if (!limiter->per_second)
		return true;
	begin_second(limiter, now_ns);
	if (limiter->taken == limiter->per_second) {
		limiter->suppressed++;
		return false;
	}
	limiter->taken++;
	return true;
}

uint64_t limiter_report(struct limiter *limiter, uint64_t now_ns)
{
	uint64_t count;

	begin_second(limiter, now_ns);
	count = limiter->before;
	limiter->before = 0;
	return count;
}

uint64_t limiter_rest(struct limiter *limiter)
{
	uint64_t count = limiter->before + limiter->suppressed;

	limiter->before = 0;
	limiter->suppressed = 0;
	return count;
}
