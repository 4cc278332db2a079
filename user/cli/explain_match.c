/* SPDX-License-Identifier: MIT */
/*
 * Which signatures a packet was held against, in order, what each failed by,
 * and how the verdict follows. The comparison is the library's.
 */
#include "explain.h"

#include <stdio.h>

struct explanation {
	struct output *out;
	const struct x0f_db *db;
	const struct x0f_source *sources;
	const struct x0f_obs *obs;
	uint32_t policy;
	struct x0f_verdict verdict;
	uint32_t shown;
	uint32_t failed[X0F_FIELD_WINDOW + 1];
};

static void print_place(struct explanation *e, const struct x0f_sig *sig)
{
	output_escaped(e->out, e->sources[sig->source].name, true);
	explain_print(e->out, ":%u", sig->line);
}

static void print_label(struct explanation *e, uint32_t label)
{
	char text[X0F_TEXT_MAX];

	x0f_format_label(text, sizeof(text), e->db, label);
	output_escaped(e->out, text, true);
}

/* "mss*20", "%8192" or a number */
static void print_window(struct explanation *e, uint8_t kind, uint32_t window)
{
	const char *const before[] = { "", "mss*", "mtu*", "%", "" };

	explain_print(e->out, "%s%u", before[kind], window);
}

static void print_windows(struct explanation *e, const struct x0f_sig *sig)
{
	const struct x0f_obs *obs = e->obs;

	output_text(e->out, ": ");
	print_window(e, sig->window_kind, sig->window);
	output_text(e->out, " wanted, ");
	if (obs->window_kind != X0F_WINDOW_LITERAL) {
		print_window(e, obs->window_kind, obs->window_multiple);
		output_text(e->out, " = ");
	}
	explain_print(e->out, "%u seen", obs->window);
}

static void print_numbers(struct explanation *e, uint32_t wanted, uint32_t seen)
{
	explain_print(e->out, ": %u wanted, %u seen", wanted, seen);
}

/* ": id+ missing, ecn too many" */
static void print_quirks(struct explanation *e, const struct x0f_comparison *r)
{
	const char *separator = ": ";

	for (uint32_t bit = 1; bit & X0F_QUIRK_ALL; bit <<= 1) {
		if (!((r->quirks_missing | r->quirks_added) & bit))
			continue;
		explain_print(e->out, "%s%s %s", separator, x0f_quirk_name(bit),
			      r->quirks_missing & bit ? "missing" : "too many");
		separator = ", ";
	}
}

static void print_failure(struct explanation *e, const struct x0f_sig *sig,
			  const struct x0f_comparison *r)
{
	const struct x0f_obs *obs = e->obs;

	output_text(e->out, x0f_field_name(r->field));
	switch (r->field) {
	case X0F_FIELD_QUIRKS:
		print_quirks(e, r);
		break;
	case X0F_FIELD_EOL_PADDING:
		print_numbers(e, sig->eol_padding, obs->eol_padding);
		break;
	case X0F_FIELD_IP_OPTIONS:
		print_numbers(e, sig->ip_option_len, obs->ip_option_len);
		break;
	case X0F_FIELD_TTL:
		explain_print(e->out, ": at most %u wanted, %u seen",
			      sig->initial_ttl, obs->ttl);
		break;
	case X0F_FIELD_MSS:
		print_numbers(e, sig->mss, obs->mss);
		break;
	case X0F_FIELD_WSCALE:
		print_numbers(e, sig->wscale, obs->wscale);
		break;
	case X0F_FIELD_PAYLOAD:
		explain_print(e->out, ": %s wanted, %s seen",
			      sig->has_payload ? "+" : "0",
			      obs->has_payload ? "+" : "0");
		break;
	case X0F_FIELD_WINDOW:
		print_windows(e, sig);
		break;
	}
}

static void print_ttl_miss(struct explanation *e, const struct x0f_sig *sig)
{
	int hops = sig->initial_ttl - e->obs->ttl;

	if (hops < 0)
		explain_print(e->out, ", ttl %u is above %u", e->obs->ttl,
			      sig->initial_ttl);
	else if (hops > X0F_MAX_DISTANCE && !sig->random_ttl)
		explain_print(e->out, ", ttl %u is %d below %u, more than %d",
			      e->obs->ttl, hops, sig->initial_ttl,
			      X0F_MAX_DISTANCE);
}

static void print_candidate(struct explanation *e, uint32_t pos,
			    const struct x0f_comparison *r)
{
	const struct x0f_sig *sig = x0f_db_sig(e->db, pos);
	char text[X0F_TEXT_MAX];

	x0f_format_sig(text, sizeof(text), sig);
	output_text(e->out, pos == e->verdict.signature ? "* " : "  ");
	print_place(e, sig);
	output_text(e->out, "  ");
	print_label(e, sig->label);
	explain_print(e->out, "  %s\n      ", text);
	if (r->field) {
		print_failure(e, sig, r);
	} else if (r->fuzzy) {
		output_text(e->out, "nearly");
		print_quirks(e, r);
		print_ttl_miss(e, sig);
		if (sig->application)
			output_text(e->out, "; of an application, so it is no "
					    "evidence");
	} else {
		output_text(e->out, sig->generic ? "exact, generic" : "exact");
	}
	output_char(e->out, '\n');
}

/* The first exact specific one ends the search. */
static bool ends_search(const struct explanation *e, uint32_t pos)
{
	return e->verdict.match == X0F_MATCH_EXACT &&
	       pos == e->verdict.signature;
}

static void print_candidates(struct explanation *e)
{
	struct x0f_comparison r;
	const struct x0f_sig *sig;
	uint32_t skipped = 0;
	bool ended = false;

	output_text(e->out, "\ncandidates, in order\n");
	for (uint32_t pos = 0; (sig = x0f_db_sig(e->db, pos)); pos++) {
		x0f_sig_compare(sig, e->obs, e->policy, &r);
		if (r.field == X0F_FIELD_KIND || r.field == X0F_FIELD_OPTIONS) {
			e->failed[r.field]++;
			continue;
		}
		if (ended) {
			skipped++;
			continue;
		}
		print_candidate(e, pos, &r);
		e->shown++;
		ended = ends_search(e, pos);
	}
	if (!e->shown)
		output_text(e->out, "  none has this option layout\n");
	if (skipped)
		explain_print(e->out,
			      "  %u more behind the winner, not looked at\n",
			      skipped);
	explain_print(e->out, "  %u of the other direction\n",
		      e->failed[X0F_FIELD_KIND]);
	explain_print(e->out, "  %u with another option layout\n",
		      e->failed[X0F_FIELD_OPTIONS]);
}

static void print_winner(struct explanation *e)
{
	const struct x0f_verdict *v = &e->verdict;

	explain_key(e->out, "winner");
	if (v->signature == X0F_NONE) {
		output_text(e->out, "none");
		return;
	}
	print_label(e, v->label);
	output_text(e->out, ", by ");
	print_place(e, x0f_db_sig(e->db, v->signature));
}

static void print_why(struct explanation *e)
{
	static const char *const why[] = {
		[X0F_MATCH_NONE] = "no signature comes near",
		[X0F_MATCH_FUZZY] = "none is exact, the first that is nearly "
				    "right",
		[X0F_MATCH_GENERIC] = "no specific one is exact, the first "
				      "exact generic one",
		[X0F_MATCH_EXACT] = "the first exact specific one",
	};
	const struct x0f_verdict *v = &e->verdict;

	explain_key(e->out, "why");
	if (v->reasons & X0F_REASON_HIDDEN)
		output_text(e->out, "an application's signature is nearly "
				    "right, and that proves nothing");
	else
		output_text(e->out, why[v->match]);
}

static void print_thousandths(struct explanation *e, uint32_t n)
{
	explain_print(e->out, "%u.%03u", n / 1000, n % 1000);
}

static void print_less(struct explanation *e, uint32_t n, const char *format,
		       uint32_t count)
{
	if (!n)
		return;
	output_text(e->out, " - ");
	print_thousandths(e, n);
	output_text(e->out, " (");
	explain_print(e->out, "%u %s", count, format);
	output_char(e->out, ')');
}

static void print_fuzzy_quality(struct explanation *e)
{
	const struct x0f_verdict *v = &e->verdict;
	bool is_generic = v->reasons & X0F_REASON_GENERIC;
	uint32_t begin = is_generic ? X0F_QUALITY_FUZZY_GENERIC :
				      X0F_QUALITY_FUZZY;
	uint32_t quirks = (uint32_t)__builtin_popcount(v->quirks_missing) +
			  (uint32_t)__builtin_popcount(v->quirks_added);
	uint32_t less = quirks * X0F_QUALITY_PER_QUIRK;
	uint32_t ttl = 0;

	if (v->ttl_hops)
		ttl = X0F_QUALITY_TTL +
		      X0F_QUALITY_PER_HOP * (uint32_t)v->ttl_hops;
	if (ttl > X0F_QUALITY_TTL_MOST)
		ttl = X0F_QUALITY_TTL_MOST;
	print_thousandths(e, begin);
	output_text(e->out, is_generic ? " (nearly, generic)" : " (nearly)");
	print_less(e, less, quirks == 1 ? "quirk" : "quirks", quirks);
	print_less(e, ttl,
		   "hops out of range, 0.100 and 0.005 each, at most "
		   "0.300",
		   v->ttl_hops);
	if (begin < less + ttl + X0F_QUALITY_LEAST)
		output_text(e->out, ", at least 0.100");
}

static void print_quality(struct explanation *e)
{
	explain_key(e->out, "quality");
	print_thousandths(e, e->verdict.quality);
	output_text(e->out, " = ");
	switch (e->verdict.match) {
	case X0F_MATCH_EXACT:
		output_text(e->out, "1.000 (exact)");
		break;
	case X0F_MATCH_GENERIC:
		output_text(e->out, "0.800 (exact, generic)");
		break;
	case X0F_MATCH_FUZZY:
		print_fuzzy_quality(e);
		break;
	default:
		output_text(e->out, "0.000 (no match)");
	}
}

static void print_distance(struct explanation *e)
{
	const struct x0f_verdict *v = &e->verdict;
	uint32_t out_of_range = X0F_REASON_TTL_ABOVE | X0F_REASON_TTL_BELOW;
	bool is_guess = v->signature == X0F_NONE || v->reasons & out_of_range;
	uint8_t from = is_guess ? e->obs->initial_ttl : v->initial_ttl;

	explain_key(e->out, "distance");
	if ((v->reasons & X0F_REASON_HIDDEN) &&
	    v->distance != from - e->obs->ttl) {
		explain_print(e->out, "%u, which p0f leaves unset",
			      v->distance);
		return;
	}
	explain_print(e->out, "%s%u = %u (%s) - %u (ttl)",
		      v->flags & X0F_RANDOM_TTL ? "at most " : "", v->distance,
		      from,
		      is_guess ? "guess: the next of 32, 64, 128 and 255" :
				 "of the signature",
		      e->obs->ttl);
	if (v->flags & X0F_EXCESS_DISTANCE)
		explain_print(e->out, ", unlikely: more than %d",
			      X0F_MAX_DISTANCE);
}

static void print_mtu(struct explanation *e)
{
	const char *link = x0f_db_link(e->db, e->verdict.link);
	uint32_t mtu = e->obs->mtu;

	explain_key(e->out, "mtu");
	if (!mtu) {
		output_text(e->out, "unknown, there is no MSS");
		return;
	}
	explain_print(e->out, "%u = %u (mss) + %u (ipv%u and tcp header)", mtu,
		      e->obs->mss, mtu - e->obs->mss, e->obs->ip_version);
	explain_key(e->out, "link");
	if (link)
		output_escaped(e->out, link, true);
	else
		output_text(e->out, "unknown, no [mtu] entry has this one");
}

void explain_match(struct output *out, const struct subject *subject,
		   const struct database *database, uint32_t policy)
{
	struct explanation e = {
		.out = out,
		.db = database->db,
		.sources = database->sources,
		.obs = &subject->obs,
		.policy = policy,
	};

	x0f_match(e.db, e.obs, policy, &e.verdict);
	print_candidates(&e);
	output_text(out, "\nverdict");
	print_winner(&e);
	print_why(&e);
	print_quality(&e);
	print_distance(&e);
	print_mtu(&e);
	output_char(out, '\n');
}
