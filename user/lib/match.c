/* SPDX-License-Identifier: MIT */
/*
 * Matching, the plain way: one signature held against one observation, every
 * signature in file order, and what follows from what was found. The compiled
 * way (index.c) must find the same. No state; any thread.
 */
#include <string.h>

#include "db_internal.h"

_Static_assert(sizeof(struct x0f_verdict) == 64, "public layout");

static bool options_match(const struct x0f_sig *sig, const struct x0f_obs *obs)
{
	return sig->option_count == obs->option_count &&
	       !memcmp(sig->option_kinds, obs->option_kinds,
		       sizeof(sig->option_kinds));
}

static bool window_matches(const struct x0f_sig *sig, const struct x0f_obs *obs)
{
	switch (sig->window_kind) {
	case X0F_WINDOW_ANY:
		return true;
	case X0F_WINDOW_LITERAL:
		return sig->window == obs->window;
	case X0F_WINDOW_MULTIPLE:
		return sig->window && obs->window % sig->window == 0;
	default:
		return sig->window_kind == obs->window_kind &&
		       sig->window == obs->window_multiple;
	}
}

/* Quirks that differ in a way that p0f forgives make a fuzzy candidate. */
static enum x0f_field compare_quirks(const struct x0f_sig *sig,
				     const struct x0f_obs *obs, uint32_t policy,
				     struct x0f_comparison *r)
{
	uint32_t asked = sig_quirks(sig, obs->ip_version);
	uint32_t seen = seen_quirks(sig, obs, policy);

	r->quirks_missing = asked & ~seen;
	r->quirks_added = seen & ~asked;
	if ((r->quirks_missing & ~FORGIVEN_MISSING) ||
	    (r->quirks_added & ~FORGIVEN_ADDED))
		return X0F_FIELD_QUIRKS;
	r->fuzzy |= asked != seen;
	return X0F_FIELD_NONE;
}

/* A TTL out of range makes a fuzzy candidate; only a random one has a limit */
static enum x0f_field compare_ttl(const struct x0f_sig *sig,
				  const struct x0f_obs *obs,
				  struct x0f_comparison *r)
{
	bool above = obs->ttl > sig->initial_ttl;

	if (sig->random_ttl)
		return above ? X0F_FIELD_TTL : X0F_FIELD_NONE;
	r->fuzzy |= above || sig->initial_ttl - obs->ttl > X0F_MAX_DISTANCE;
	return X0F_FIELD_NONE;
}

static enum x0f_field compare(const struct x0f_sig *sig,
			      const struct x0f_obs *obs, uint32_t policy,
			      struct x0f_comparison *r)
{
	enum x0f_field field;

	if (sig->kind != obs->kind)
		return X0F_FIELD_KIND;
	if ((policy & X0F_MEND_VERSION) && sig->ip_version &&
	    sig->ip_version != obs->ip_version)
		return X0F_FIELD_VERSION;
	if (!options_match(sig, obs))
		return X0F_FIELD_OPTIONS;
	field = compare_quirks(sig, obs, policy, r);
	if (field)
		return field;
	if (sig->eol_padding != obs->eol_padding)
		return X0F_FIELD_EOL_PADDING;
	if (sig->ip_option_len != obs->ip_option_len)
		return X0F_FIELD_IP_OPTIONS;
	field = compare_ttl(sig, obs, r);
	if (field)
		return field;
	if (!sig->any_mss && sig->mss != obs->mss)
		return X0F_FIELD_MSS;
	if (!sig->any_wscale && sig->wscale != obs->wscale)
		return X0F_FIELD_WSCALE;
	if (!sig->any_payload && sig->has_payload != obs->has_payload)
		return X0F_FIELD_PAYLOAD;
	return window_matches(sig, obs) ? X0F_FIELD_NONE : X0F_FIELD_WINDOW;
}

void x0f_sig_compare(const struct x0f_sig *sig, const struct x0f_obs *obs,
		     uint32_t policy, struct x0f_comparison *result)
{
	*result = (struct x0f_comparison){ 0 };
	result->field = (uint8_t)compare(sig, obs, policy, result);
}

static void keep_first(uint32_t *slot, uint32_t pos)
{
	if (*slot == X0F_NONE)
		*slot = pos;
}

void x0f_match_linear(const struct x0f_db *db, const struct x0f_obs *obs,
		      uint32_t policy, struct x0f_verdict *verdict)
{
	struct found found = { X0F_NONE, X0F_NONE, X0F_NONE, X0F_NONE };
	uint32_t pos;

	for (pos = 0; pos < db->sig_count; pos++) {
		const struct x0f_sig *sig = &db->sigs[pos];
		struct x0f_comparison r;

		x0f_sig_compare(sig, obs, policy, &r);
		if (r.field)
			continue;
		if (r.fuzzy) {
			keep_first(&found.fuzzy, pos);
			if (!sig->application)
				keep_first(&found.fuzzy_system, pos);
		} else {
			keep_first(sig->generic ? &found.generic : &found.exact,
				   pos);
		}
	}
	found_verdict(db, obs, policy, &found, verdict);
}

static void explain_ttl(const struct x0f_sig *sig, const struct x0f_obs *obs,
			struct x0f_verdict *v)
{
	int hops = sig->initial_ttl - obs->ttl;

	if (hops < 0) {
		v->reasons |= X0F_REASON_TTL_ABOVE;
		v->ttl_hops = (uint16_t)-hops;
	} else if (hops > X0F_MAX_DISTANCE && !sig->random_ttl) {
		v->reasons |= X0F_REASON_TTL_BELOW;
		v->ttl_hops = (uint16_t)hops;
	}
}

static uint16_t fuzzy_quality(const struct x0f_sig *sig,
			      const struct x0f_verdict *v)
{
	int quality = sig->generic ? X0F_QUALITY_FUZZY_GENERIC :
				     X0F_QUALITY_FUZZY;
	int quirks = __builtin_popcount(v->quirks_missing) +
		     __builtin_popcount(v->quirks_added);
	int ttl = 0;

	if (v->ttl_hops)
		ttl = X0F_QUALITY_TTL + X0F_QUALITY_PER_HOP * v->ttl_hops;
	if (ttl > X0F_QUALITY_TTL_MOST)
		ttl = X0F_QUALITY_TTL_MOST;
	quality -= quirks * X0F_QUALITY_PER_QUIRK + ttl;
	return (uint16_t)(quality < X0F_QUALITY_LEAST ? X0F_QUALITY_LEAST :
							quality);
}

static void fill_fuzzy(const struct x0f_sig *sig, const struct x0f_obs *obs,
		       uint32_t policy, struct x0f_verdict *v)
{
	struct x0f_comparison r;

	x0f_sig_compare(sig, obs, policy, &r);
	v->match = X0F_MATCH_FUZZY;
	v->quirks_missing = r.quirks_missing;
	v->quirks_added = r.quirks_added;
	if (r.quirks_missing)
		v->reasons |= X0F_REASON_QUIRK_MISSING;
	if (r.quirks_added)
		v->reasons |= X0F_REASON_QUIRK_ADDED;
	if (sig->generic)
		v->reasons |= X0F_REASON_GENERIC;
	explain_ttl(sig, obs, v);
	v->quality = fuzzy_quality(sig, v);
}

static void fill_exact(const struct x0f_sig *sig, struct x0f_verdict *v)
{
	v->match = sig->generic ? X0F_MATCH_GENERIC : X0F_MATCH_EXACT;
	v->quality = sig->generic ? X0F_QUALITY_GENERIC : X0F_QUALITY_EXACT;
	v->reasons = sig->generic ? X0F_REASON_GENERIC : 0;
}

/* The signature that p0f would name, or X0F_NONE. */
static uint32_t choose(const struct found *found, uint32_t policy,
		       bool *is_fuzzy, bool *is_hidden)
{
	*is_fuzzy = false;
	*is_hidden = false;
	if (found->exact != X0F_NONE)
		return found->exact;
	if (found->generic != X0F_NONE)
		return found->generic;
	if (found->fuzzy == X0F_NONE)
		return X0F_NONE;
	*is_fuzzy = true;
	if (found->fuzzy == found->fuzzy_system)
		return found->fuzzy;
	/* an application came first: its near miss proves nothing */
	if ((policy & X0F_MEND_APPLICATION) && found->fuzzy_system != X0F_NONE)
		return found->fuzzy_system;
	*is_hidden = true;
	return X0F_NONE;
}

static void fill_match(const struct x0f_sig *sig, uint32_t pos,
		       const struct x0f_obs *obs, uint32_t policy,
		       bool is_fuzzy, struct x0f_verdict *v)
{
	v->label = sig->label;
	v->signature = pos;
	v->initial_ttl = sig->initial_ttl;
	if (is_fuzzy)
		fill_fuzzy(sig, obs, policy, v);
	else
		fill_exact(sig, v);
	if (sig->random_ttl)
		v->flags |= X0F_RANDOM_TTL;
	if (sig->application)
		v->flags |= X0F_APPLICATION;
	if (!(v->reasons & (X0F_REASON_TTL_ABOVE | X0F_REASON_TTL_BELOW)))
		v->distance = (uint8_t)(sig->initial_ttl - obs->ttl);
}

void found_verdict(const struct x0f_db *db, const struct x0f_obs *obs,
		   uint32_t policy, const struct found *found,
		   struct x0f_verdict *v)
{
	bool is_fuzzy, is_hidden;
	uint32_t pos = choose(found, policy, &is_fuzzy, &is_hidden);

	*v = (struct x0f_verdict){
		.label = X0F_NONE,
		.signature = X0F_NONE,
		.link = X0F_NONE,
		.initial_ttl = obs->initial_ttl,
		.distance = (uint8_t)(obs->initial_ttl - obs->ttl),
	};
	if (pos != X0F_NONE) {
		fill_match(&db->sigs[pos], pos, obs, policy, is_fuzzy, v);
	} else if (is_hidden) {
		v->reasons = X0F_REASON_HIDDEN;
		if (!(policy & X0F_MEND_APPLICATION))
			v->distance = 0; /* p0f leaves it unset */
	} else {
		v->reasons = X0F_REASON_UNKNOWN;
	}
	if (v->distance > X0F_MAX_DISTANCE)
		v->flags |= X0F_EXCESS_DISTANCE;
	if (obs->mtu)
		v->link = x0f_db_find_link(db, obs->mtu);
}

void x0f_match(const struct x0f_db *db, const struct x0f_obs *obs,
	       uint32_t policy, struct x0f_verdict *verdict)
{
	struct found found;

	index_search(db->index, obs, policy, &found);
	found_verdict(db, obs, policy, &found, verdict);
}
