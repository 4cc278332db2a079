/* SPDX-License-Identifier: MIT */
/*
 * TCP options from a layout. A plan says how many bytes each option takes,
 * then they are written. Options of no fixed size (SACK, unknown ones) grow
 * to fill the last word of four bytes. `bad` is had in one of three ways: a
 * wrong length byte, which the walker notes and walks on; a last option that
 * is cut off; bytes behind the 24th option.
 */
#include "synth_packet.h"

/* One SACK block; unknown options may be bare */
enum { SACK_BYTES = 10, BARE_BYTES = 2 };

/* Timestamps that are not 0 */
enum { TS_VAL = 0x00b1c2d3, TS_ECR = 0x00010203 };

struct plan {
	uint8_t sizes[X0F_MAX_OPTIONS];
	unsigned int total;
	int spoiled;	 /* option with a wrong length byte, or -1 */
	bool is_cut;	 /* the last option breaks off the walk */
	uint8_t surplus; /* bytes behind the 24th option */
};

/* Bytes of an option whose size the walker knows; 0: it says its size. */
static uint8_t fixed_size(uint8_t kind)
{
	switch (kind) {
	case TCP_EOL:
	case TCP_NOP:
		return 1;
	case TCP_SACK_OK:
		return 2;
	case TCP_WSCALE:
		return 3;
	case TCP_MSS:
		return 4;
	case TCP_TIMESTAMP:
		return 10;
	default:
		return 0;
	}
}

static uint8_t least_size(uint8_t kind)
{
	uint8_t size = fixed_size(kind);

	if (size)
		return size;
	return kind == TCP_SACK ? SACK_BYTES : BARE_BYTES;
}

static enum synth_problem plan_sizes(struct plan *plan,
				     const struct x0f_sig *sig)
{
	plan->spoiled = -1;
	for (int i = 0; i < sig->option_count; i++) {
		uint8_t kind = sig->option_kinds[i];

		if (kind == TCP_EOL && i != sig->option_count - 1)
			return SYNTH_BEHIND_EOL;
		plan->sizes[i] = least_size(kind);
		if (kind == TCP_EOL)
			plan->sizes[i] = (uint8_t)(plan->sizes[i] +
						   sig->eol_padding);
		plan->total += plan->sizes[i];
	}
	return SYNTH_OK;
}

static uint8_t missing_bytes(unsigned int total)
{
	return (uint8_t)(-total & 3);
}

/* Makes the options fill words of four bytes. */
static bool plan_filling(struct plan *plan, const struct x0f_sig *sig)
{
	uint8_t missing = missing_bytes(plan->total);

	for (int i = 0; missing && i < sig->option_count; i++) {
		if (fixed_size(sig->option_kinds[i]))
			continue;
		plan->sizes[i] = (uint8_t)(plan->sizes[i] + missing);
		plan->total += missing;
		return true;
	}
	return !missing;
}

static bool plan_spoiling(struct plan *plan, const struct x0f_sig *sig)
{
	for (int i = 0; i < sig->option_count; i++) {
		if (fixed_size(sig->option_kinds[i]) < 2)
			continue;
		plan->spoiled = i;
		return true;
	}
	return false;
}

/* The last option ends too early, or says an impossible length. */
static bool plan_cut(struct plan *plan, const struct x0f_sig *sig)
{
	int last = sig->option_count - 1;
	uint8_t kind = last < 0 ? (uint8_t)TCP_EOL : sig->option_kinds[last];
	unsigned int before = last < 0 ? 0 : plan->total - plan->sizes[last];
	uint8_t size = fixed_size(kind);

	plan->is_cut = true;
	if (!size) {
		size = (uint8_t)(BARE_BYTES +
				 missing_bytes(before + BARE_BYTES));
		plan->sizes[last] = size;
		plan->total = before + size;
		return true;
	}
	while (size > 1) {
		if ((before + --size) % 4)
			continue;
		plan->sizes[last] = size;
		plan->total = before + size;
		return true;
	}
	plan->is_cut = false;
	return false;
}

static bool plan_surplus(struct plan *plan, const struct x0f_sig *sig)
{
	if (sig->option_count < X0F_MAX_OPTIONS ||
	    sig->option_kinds[X0F_MAX_OPTIONS - 1] == TCP_EOL)
		return false;
	plan->surplus = missing_bytes(plan->total);
	if (!plan->surplus)
		plan->surplus = 4;
	plan->total += plan->surplus;
	return true;
}

static enum synth_problem plan_bad(struct plan *plan, const struct x0f_sig *sig)
{
	struct plan other = *plan;

	if (plan_spoiling(&other, sig) && plan_filling(&other, sig)) {
		*plan = other;
		return SYNTH_OK;
	}
	if (plan_cut(plan, sig) || plan_surplus(plan, sig))
		return SYNTH_OK;
	return other.spoiled < 0 ? SYNTH_QUIRK_BAD : SYNTH_OPTION_SIZE;
}

static bool is_last_of_kind(const struct x0f_sig *sig, int i)
{
	for (int k = i + 1; k < sig->option_count; k++) {
		if (sig->option_kinds[k] == sig->option_kinds[i])
			return false;
	}
	return true;
}

/* What stands behind kind and length; the caller has room for all of it. */
static void put_value(uint8_t *p, const struct packet *k, int i)
{
	switch (k->sig->option_kinds[i]) {
	case TCP_MSS:
		put16(p, k->mss);
		break;
	case TCP_WSCALE:
		*p = k->wscale;
		/* another one may be the reason for `exws` */
		if (has(k, X0F_QUIRK_WSCALE_BIG) && !is_last_of_kind(k->sig, i))
			*p = WSCALE_MAX + 1;
		break;
	case TCP_TIMESTAMP:
		p = put32(p, has(k, X0F_QUIRK_TS_ZERO) ? 0 : TS_VAL);
		if (has(k, X0F_QUIRK_TS_PEER) || is_synack(k))
			put32(p, TS_ECR);
		break;
	}
}

/* One option whole, even if it will be cut: p has room for the largest. */
static void write_option(uint8_t *p, const struct packet *k,
			 const struct plan *plan, int i)
{
	uint8_t kind = k->sig->option_kinds[i];
	bool is_last = i == k->sig->option_count - 1;

	p[0] = kind;
	if (kind == TCP_EOL && has(k, X0F_QUIRK_PADDING))
		p[1] = 1;
	if (kind == TCP_EOL || kind == TCP_NOP)
		return;
	p[1] = fixed_size(kind) ? fixed_size(kind) : plan->sizes[i];
	if (plan->spoiled == i)
		p[1]++;
	if (plan->is_cut && is_last && !fixed_size(kind))
		p[1] = 1;
	put_value(p + 2, k, i);
}

static enum synth_problem make_plan(struct plan *plan,
				    const struct x0f_sig *sig)
{
	enum synth_problem problem = plan_sizes(plan, sig);

	if (problem)
		return problem;
	if (sig->quirks & X0F_QUIRK_BAD)
		problem = plan_bad(plan, sig);
	else if (!plan_filling(plan, sig))
		problem = SYNTH_OPTION_SIZE;
	return plan->total > TCP_OPTION_BYTES ? SYNTH_OPTION_BYTES : problem;
}

enum synth_problem synth_write_options(struct packet *k)
{
	struct plan plan = { .total = 0 };
	enum synth_problem problem = make_plan(&plan, k->sig);
	uint8_t *p = k->options.bytes;

	if (problem)
		return problem;
	memset(&k->options, 0, sizeof(k->options));
	k->options.len = (uint8_t)plan.total;
	for (int i = 0; i < k->sig->option_count; i++) {
		uint8_t whole[TCP_OPTION_BYTES] = { 0 };

		write_option(whole, k, &plan, i);
		memcpy(p, whole, plan.sizes[i]);
		p += plan.sizes[i];
	}
	return SYNTH_OK;
}
