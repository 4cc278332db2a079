/* SPDX-License-Identifier: MIT */
/*
 * p0f's duplicate check: a signature that an earlier specific one of the same
 * file covers can never match, so the file is refused. The comparison has
 * p0f's holes (p0f-tcp §6), because a file that p0f loads must load here and
 * one that it refuses must not. Used while a database is built.
 */
#include <errno.h>
#include <stdlib.h>

#include <x0f/match.h>

#include "build.h"
#include "decode.h"

enum { FIRST_HEADS = 256 };

static const uint32_t ipv4_masked = X0F_QUIRK_DF | X0F_QUIRK_ID_SET |
				    X0F_QUIRK_ID_ZERO;

/*
 * What finds a chain within the signatures that agree in the rest: how they
 * take the window, where `*` and `%N` are not told apart by N, and the MSS.
 */
struct chain_key {
	uint32_t kind;
	uint32_t window;
	uint32_t mss;
};

static struct chain_key chain_key(const struct x0f_sig *sig)
{
	bool open = sig->window_kind == X0F_WINDOW_ANY ||
		    sig->window_kind == X0F_WINDOW_MULTIPLE;

	return (struct chain_key){
		.kind = sig->window_kind,
		.window = open ? 0 : sig->window,
		.mss = sig->any_mss ? (uint32_t)ANY_MSS : sig->mss,
	};
}

static uint32_t hash_sig(const struct x0f_sig *sig, struct chain_key key)
{
	uint32_t h = sig->quirks & ~(ipv4_masked | X0F_QUIRK_FLOW);
	int i;

	h = h * 31 + sig->kind;
	h = h * 31 + sig->source;
	h = h * 31 + sig->eol_padding;
	h = h * 31 + sig->ip_option_len;
	h = h * 31 + sig->option_count;
	for (i = 0; i < sig->option_count; i++)
		h = h * 31 + sig->option_kinds[i];
	h = h * 31 + key.kind;
	h = h * 65599 + key.window;
	h = h * 65599 + key.mss;
	return h * 2654435761u;
}

static bool window_is_covered(const struct x0f_sig *earlier,
			      const struct x0f_sig *sig)
{
	uint16_t multiple = 0;
	enum x0f_window kind = X0F_WINDOW_LITERAL;

	if (sig->window_kind != X0F_WINDOW_LITERAL)
		return earlier->window_kind == sig->window_kind &&
		       earlier->window == sig->window;
	if (!sig->any_mss)
		kind = detect_window_of_sig(sig->window, sig->mss,
					    sig->ip_version, &multiple);
	switch (earlier->window_kind) {
	case X0F_WINDOW_ANY:
		return true;
	case X0F_WINDOW_MULTIPLE:
		return sig->window % earlier->window == 0;
	case X0F_WINDOW_LITERAL:
		return sig->window == earlier->window;
	default:
		return kind == earlier->window_kind &&
		       multiple == earlier->window;
	}
}

static bool quirks_are_covered(const struct x0f_sig *earlier,
			       const struct x0f_sig *sig)
{
	uint32_t quirks = earlier->quirks;

	/* p0f masks the earlier one only, and `*` counts as IPv6 */
	if (!earlier->ip_version)
		quirks &= sig->ip_version == 4 ? ~(uint32_t)X0F_QUIRK_FLOW :
						 ~ipv4_masked;
	return quirks == sig->quirks;
}

static bool numbers_are_covered(const struct x0f_sig *earlier,
				const struct x0f_sig *sig)
{
	if (!earlier->any_mss && (sig->any_mss || sig->mss != earlier->mss))
		return false;
	if (!earlier->any_wscale &&
	    (sig->any_wscale || sig->wscale != earlier->wscale))
		return false;
	return earlier->any_payload ||
	       (!sig->any_payload && sig->has_payload == earlier->has_payload);
}

static bool ttl_is_covered(const struct x0f_sig *earlier,
			   const struct x0f_sig *sig)
{
	if (earlier->initial_ttl < sig->initial_ttl)
		return false;
	return earlier->random_ttl ||
	       earlier->initial_ttl - sig->initial_ttl <= X0F_MAX_DISTANCE;
}

static bool covers(const struct x0f_sig *earlier, const struct x0f_sig *sig)
{
	return earlier->kind == sig->kind && earlier->source == sig->source &&
	       !earlier->generic && earlier->eol_padding == sig->eol_padding &&
	       earlier->ip_option_len == sig->ip_option_len &&
	       earlier->option_count == sig->option_count &&
	       !memcmp(earlier->option_kinds, sig->option_kinds,
		       sizeof(sig->option_kinds)) &&
	       quirks_are_covered(earlier, sig) &&
	       ttl_is_covered(earlier, sig) &&
	       numbers_are_covered(earlier, sig) &&
	       window_is_covered(earlier, sig);
}

static uint32_t *next_of(struct duplicates *d, uint32_t pos)
{
	return (uint32_t *)d->next.items + pos;
}

static uint32_t *head_of(struct duplicates *d, const struct x0f_sig *sig,
			 struct chain_key key)
{
	return &d->heads[hash_sig(sig, key) >> 8 & (d->head_count - 1)];
}

/* Two heads a signature at least. */
static int grow_heads(struct build *b)
{
	struct duplicates *d = &b->duplicates;
	uint32_t want = d->head_count ? d->head_count * 2 : FIRST_HEADS;
	uint32_t *heads = calloc(want, sizeof(*heads));
	uint32_t pos;

	if (!heads)
		return -ENOMEM;
	free(d->heads);
	d->heads = heads;
	d->head_count = want;
	for (pos = 0; pos < d->next.count; pos++) {
		const struct x0f_sig *sig = build_sig(b, pos);
		uint32_t *head = head_of(d, sig, chain_key(sig));

		if (sig->generic)
			continue;
		*next_of(d, pos) = *head;
		*head = pos + 1;
	}
	return 0;
}

/* The earliest one that covers: chains run from the newest backwards. */
static void search_chain(struct build *b, const struct x0f_sig *sig,
			 struct chain_key key, uint32_t *found)
{
	struct duplicates *d = &b->duplicates;
	uint32_t at = *head_of(d, sig, key);

	for (; at; at = *next_of(d, at - 1))
		if (covers(build_sig(b, at - 1), sig) &&
		    (!*found || at < *found))
			*found = at;
}

/* Among those that take the window so, with no opinion on the MSS or ours. */
static void search_window(struct build *b, const struct x0f_sig *sig,
			  enum x0f_window kind, uint32_t window,
			  uint32_t *found)
{
	struct chain_key key = { kind, window, ANY_MSS };

	search_chain(b, sig, key, found);
	key.mss = sig->mss;
	if (!sig->any_mss)
		search_chain(b, sig, key, found);
}

/* The ways to take the window that cover a literal one, but for itself. */
static void search_literal(struct build *b, const struct x0f_sig *sig,
			   uint32_t *found)
{
	enum x0f_window kind;
	uint16_t n;

	search_window(b, sig, X0F_WINDOW_ANY, 0, found);
	search_window(b, sig, X0F_WINDOW_MULTIPLE, 0, found);
	if (sig->any_mss)
		return;
	kind = detect_window_of_sig(sig->window, sig->mss, sig->ip_version, &n);
	if (kind != X0F_WINDOW_LITERAL)
		search_window(b, sig, kind, n, found);
}

int64_t build_check_duplicate(struct build *b)
{
	struct duplicates *d = &b->duplicates;
	uint32_t pos = b->sigs.count - 1;
	const struct x0f_sig *sig = build_sig(b, pos);
	struct chain_key key = chain_key(sig);
	uint32_t *next, *head, found = 0;

	if (d->next.count * 2 >= d->head_count && grow_heads(b))
		return -ENOMEM;
	next = list_add(&d->next, sizeof(*next));
	if (!next)
		return -ENOMEM;
	search_window(b, sig, sig->window_kind, key.window, &found);
	if (sig->window_kind == X0F_WINDOW_LITERAL)
		search_literal(b, sig, &found);
	if (!sig->generic) { /* a generic one covers nothing */
		head = head_of(d, sig, key);
		*next = *head;
		*head = pos + 1;
	}
	return found ? build_sig(b, found - 1)->line : 0;
}
