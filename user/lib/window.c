/* SPDX-License-Identifier: MIT */
/*
 * Window multiples: the first of p0f's divisors that divides the window says
 * what the sender's stack counts it in. Order is everything (p0f-tcp §7).
 */
#include "decode.h"
#include "limits.h"

/* What p0f's divisors are made of. */
struct window_base {
	int32_t mss;
	int32_t headers;  /* IP and TCP header of this packet */
	int32_t peer_mss; /* 0: none */
	bool has_timestamp;
	bool is_ipv6;
};

struct divisor {
	int32_t value; /* 0: not applicable */
	enum x0f_window kind;
};

enum { DIVISORS = 12 };

static void list_divisors(const struct window_base *b, struct divisor *d)
{
	const struct divisor list[DIVISORS] = {
		{ b->mss, X0F_WINDOW_MSS },
		{ b->has_timestamp ? b->mss - 12 : 0, X0F_WINDOW_MSS },
		/* common MSS values, in case something clamped the MSS */
		{ 1500 - 40, X0F_WINDOW_MSS },
		{ 1500 - 40 - 12, X0F_WINDOW_MSS },
		{ b->is_ipv6 ? 1500 - 60 : 0, X0F_WINDOW_MSS },
		{ b->is_ipv6 ? 1500 - 60 - 12 : 0, X0F_WINDOW_MSS },
		{ b->mss + 40, X0F_WINDOW_MTU },
		{ b->mss + b->headers, X0F_WINDOW_MTU },
		{ b->is_ipv6 ? b->mss + 60 : 0, X0F_WINDOW_MTU },
		{ 1500, X0F_WINDOW_MTU },
		/* some stacks count in the MSS that they were offered */
		{ b->peer_mss, X0F_WINDOW_MSS },
		{ b->peer_mss ? b->peer_mss - 12 : 0, X0F_WINDOW_MSS },
	};
	int i;

	for (i = 0; i < DIVISORS; i++)
		d[i] = list[i];
}

/*
 * p0f keeps the multiple in 16 signed bits and so loses those above 32767,
 * and negative ones from a tiny peer MSS; the search ends there all the same.
 */
static enum x0f_window find_multiple(uint16_t window,
				     const struct window_base *base,
				     uint16_t *multiple)
{
	struct divisor d[DIVISORS];
	int i;

	*multiple = 0;
	if (!window || base->mss < MIN_MULTIPLE_MSS)
		return X0F_WINDOW_LITERAL;
	list_divisors(base, d);
	for (i = 0; i < DIVISORS; i++) {
		int32_t n;

		if (!d[i].value || window % d[i].value)
			continue;
		n = window / d[i].value;
		if (n < 1 || n > INT16_MAX)
			return X0F_WINDOW_LITERAL;
		*multiple = (uint16_t)n;
		return d[i].kind;
	}
	return X0F_WINDOW_LITERAL;
}

void detect_window(struct x0f_obs *obs)
{
	const struct window_base base = {
		.mss = obs->mss,
		/* extension headers are the path's, not the stack's */
		.headers = obs->header_len - obs->extension_len,
		.peer_mss = obs->peer_mss,
		.has_timestamp = obs->ts_val != 0,
		.is_ipv6 = obs->ip_version == 6,
	};

	obs->window_kind = (uint8_t)find_multiple(obs->window, &base,
						  &obs->window_multiple);
}

enum x0f_window detect_window_of_sig(uint16_t window, uint16_t mss,
				     uint8_t ip_version, uint16_t *multiple)
{
	const struct window_base base = {
		.mss = mss,
		.is_ipv6 = ip_version == 6,
	};

	return find_multiple(window, &base, multiple);
}
