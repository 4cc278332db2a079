/* SPDX-License-Identifier: MIT */
/*
 * Trials of signatures. A common packet comes first. If it goes to another
 * signature, that one is held against the whole range of packets that this
 * one accepts: covered means proven. If that fails, other values are put in
 * for what the signature leaves open, until it wins or we run out of ideas.
 */
#include "trial.h"

#include <string.h>

/* A signature that lost so often has hardly a packet of its own. */
#define MOST_VARIANTS 512

enum { OPTION_MSS = 2, OPTION_WSCALE = 3 };

/*
 * Values to try. The numbers of values have no common divisor, so counting
 * through all lists at once passes every combination, unlike ones first.
 */
static const uint16_t mss_values[] = { 1460, 1400, 1337, 8911, 511 };
static const uint16_t windows[] = { 64240, 65535, 5840, 8192, 1021, 40009, 0 };
static const uint8_t wscales[] = { 7, 8, 0, 2, 10, 14, 1, 4, 5, 6, 9, 3, 11 };

enum variant_bit {
	VARIANT_FAR = 1u << 0,
	VARIANT_PAYLOAD = 1u << 1,
	VARIANT_FLOW = 1u << 2,
	VARIANT_BITS = 8,
};

#define PICK(list, n) (list)[(n) % (sizeof(list) / sizeof((list)[0]))]

static uint8_t most_hops(const struct x0f_sig *sig)
{
	int most = sig->initial_ttl - 1;

	return (uint8_t)(most < X0F_MAX_DISTANCE ? most : X0F_MAX_DISTANCE);
}

static void vary(struct synth_options *options, const struct x0f_sig *sig,
		 uint32_t n)
{
	uint32_t bits = n % VARIANT_BITS;

	options->mss = PICK(mss_values, n);
	options->window = PICK(windows, n);
	options->wscale = PICK(wscales, n);
	options->hops = bits & VARIANT_FAR ? most_hops(sig) : 0;
	options->has_payload = bits & VARIANT_PAYLOAD;
	options->flow_label = bits & VARIANT_FLOW ? 1 : 0;
}

/* How many variants differ, for a signature that leaves this open. */
static uint32_t count_variants(const struct x0f_sig *sig)
{
	uint32_t count = VARIANT_BITS;

	if (sig->any_mss)
		count *= sizeof(mss_values) / sizeof(mss_values[0]);
	if (sig->any_wscale)
		count *= sizeof(wscales);
	if (sig->window_kind == X0F_WINDOW_ANY ||
	    sig->window_kind == X0F_WINDOW_MULTIPLE)
		count *= sizeof(windows) / sizeof(windows[0]);
	return count < MOST_VARIANTS ? count : MOST_VARIANTS;
}

static bool has_option(const struct x0f_sig *sig, uint8_t kind)
{
	return sig->option_count &&
	       memchr(sig->option_kinds, kind, sig->option_count);
}

/* What `*` lets through must be let through; numbers are compared elsewhere */
static bool wildcards_are_covered(const struct x0f_sig *by,
				  const struct x0f_sig *sig)
{
	if (sig->any_mss && !by->any_mss && has_option(sig, OPTION_MSS))
		return false;
	if (sig->any_wscale && !by->any_wscale &&
	    has_option(sig, OPTION_WSCALE))
		return false;
	return by->any_payload || !sig->any_payload;
}

/*
 * Every window that sig accepts. Where that depends on more than the packet
 * at hand (the MSS, the size of the headers), the answer is no.
 */
static bool window_is_covered(const struct x0f_sig *by,
			      const struct x0f_sig *sig)
{
	bool is_literal = sig->window_kind == X0F_WINDOW_LITERAL;

	if (by->window_kind == X0F_WINDOW_ANY)
		return true;
	if (by->window_kind == sig->window_kind && by->window == sig->window)
		return true;
	switch (by->window_kind) {
	case X0F_WINDOW_MULTIPLE:
		return (is_literal ||
			sig->window_kind == X0F_WINDOW_MULTIPLE) &&
		       sig->window % by->window == 0;
	case X0F_WINDOW_MSS:
		return is_literal && !sig->any_mss;
	default:
		return false;
	}
}

static bool is_exact(const struct x0f_sig *by, const struct x0f_obs *obs,
		     uint32_t policy)
{
	struct x0f_comparison r;

	x0f_sig_compare(by, obs, policy, &r);
	return !r.field && !r.fuzzy;
}

/* The ends of the range of TTLs; what lies between is no different. */
static bool ttls_are_covered(const struct x0f_sig *by,
			     const struct x0f_sig *sig, struct x0f_obs *obs,
			     uint32_t policy)
{
	int least = sig->random_ttl ? 0 : sig->initial_ttl - X0F_MAX_DISTANCE;

	obs->ttl = sig->initial_ttl;
	if (!is_exact(by, obs, policy))
		return false;
	obs->ttl = (uint8_t)(least < 0 ? 0 : least);
	return is_exact(by, obs, policy);
}

/* obs: one packet that sig accepts. */
static bool covers(const struct x0f_sig *by, const struct x0f_sig *sig,
		   const struct x0f_obs *obs, uint32_t policy)
{
	struct x0f_obs other = *obs;

	if (!wildcards_are_covered(by, sig) || !window_is_covered(by, sig) ||
	    !ttls_are_covered(by, sig, &other, policy))
		return false;
	if (obs->ip_version != 6)
		return true;
	other.quirks ^= X0F_QUIRK_FLOW;
	if (!is_exact(sig, &other, policy))
		return true; /* sig does not accept those either */
	return ttls_are_covered(by, sig, &other, policy);
}

/* Whether a packet that is nearly right could still go to sig. */
static bool may_be_nearest(const struct x0f_db *db, uint32_t by, uint32_t pos,
			   uint32_t policy)
{
	const struct x0f_sig *first = x0f_db_sig(db, by);
	const struct x0f_sig *sig = x0f_db_sig(db, pos);

	if (by > pos)
		return true;
	if (first->application && !sig->application &&
	    (policy & X0F_MEND_APPLICATION))
		return true;
	return first->random_ttl && !sig->random_ttl;
}

/* Returns true when there is nothing more to find out. */
static bool try_packet(const struct x0f_db *db, uint32_t pos,
		       const struct synth_options *options, struct trial *trial)
{
	const struct x0f_sig *sig = x0f_db_sig(db, pos);
	uint8_t frame[SYNTH_BYTES];
	struct synth_result result;
	struct x0f_verdict verdict;

	if (!synth_frame(sig, options, &result, frame, sizeof(frame))) {
		if (trial->outcome == TRIAL_IMPOSSIBLE)
			trial->problem = result.problem;
		return false;
	}
	x0f_match(db, &result.obs, options->policy, &verdict);
	if (verdict.signature == pos) {
		trial->outcome = TRIAL_WINS;
		return true;
	}
	if (verdict.match < X0F_MATCH_GENERIC) {
		trial->outcome = TRIAL_LOST;
		return true;
	}
	if (trial->outcome != TRIAL_BEATEN)
		trial->by = verdict.signature;
	trial->outcome = TRIAL_BEATEN;
	if (!covers(x0f_db_sig(db, verdict.signature), sig, &result.obs,
		    options->policy))
		return false;
	trial->outcome = TRIAL_COVERED;
	trial->by = verdict.signature;
	trial->is_near_only = may_be_nearest(db, verdict.signature, pos,
					     options->policy);
	return true;
}

void trial_run(const struct x0f_db *db, uint32_t pos, uint8_t ip_version,
	       uint32_t policy, struct trial *trial)
{
	const struct x0f_sig *sig = x0f_db_sig(db, pos);
	struct synth_options options = synth_defaults;
	uint32_t count = count_variants(sig);

	*trial = (struct trial){ .outcome = TRIAL_IMPOSSIBLE };
	options.ip_version = ip_version;
	options.policy = policy;
	for (uint32_t n = 0; n < count; n++) {
		vary(&options, sig, n);
		if (try_packet(db, pos, &options, trial))
			return;
		/* what is open may decide whether there is a packet */
		if (trial->outcome == TRIAL_IMPOSSIBLE && n >= VARIANT_BITS)
			return;
	}
}
