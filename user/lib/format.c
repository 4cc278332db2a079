/* SPDX-License-Identifier: MIT */
/*
 * Text for observations, signatures and verdicts. Called by readers, never by
 * a worker. No state, no allocation; any thread.
 */
#include <x0f/format.h>

#include "text.h"

/* MSS of p0f-sendsyn: in an answer to it the MSS says nothing */
enum { SENDSYN_MSS = 1331 };

enum { OPTION_EOL = 0 };

static void put_options(struct text *t, const uint8_t *kinds, size_t count,
			uint8_t eol_padding)
{
	size_t i;

	for (i = 0; i < count; i++) {
		const char *name = x0f_option_name(kinds[i]);

		if (i)
			text_char(t, ',');
		/* only a signature's `?0` can stand before the end */
		if (kinds[i] == OPTION_EOL && i + 1 < count)
			name = NULL;
		if (name) {
			text_str(t, name);
		} else {
			text_char(t, '?');
			text_u32(t, kinds[i]);
		}
		if (kinds[i] == OPTION_EOL && name) {
			text_char(t, '+');
			text_u32(t, eol_padding);
		}
	}
}

static void put_quirks(struct text *t, uint32_t quirks)
{
	const char *comma = "";

	for (quirks &= X0F_QUIRK_ALL; quirks; quirks &= quirks - 1) {
		text_str(t, comma);
		text_str(t, x0f_quirk_name(quirks & -quirks));
		comma = ",";
	}
}

/* mss*N, mtu*N or the number itself */
static void put_window(struct text *t, uint8_t kind, uint32_t window)
{
	if (kind == X0F_WINDOW_MSS)
		text_str(t, "mss*");
	else if (kind == X0F_WINDOW_MTU)
		text_str(t, "mtu*");
	else if (kind == X0F_WINDOW_MULTIPLE)
		text_char(t, '%');
	if (kind == X0F_WINDOW_ANY)
		text_char(t, '*');
	else
		text_u32(t, window);
}

static void put_number_or_any(struct text *t, bool is_any, uint32_t n)
{
	if (is_any)
		text_char(t, '*');
	else
		text_u32(t, n);
}

size_t x0f_format_options(char *buf, size_t size, const uint8_t *kinds,
			  size_t count, uint8_t eol_padding)
{
	struct text t = text_into(buf, size);

	put_options(&t, kinds, count, eol_padding);
	return text_end(&t);
}

size_t x0f_format_quirks(char *buf, size_t size, uint32_t quirks)
{
	struct text t = text_into(buf, size);

	put_quirks(&t, quirks);
	return text_end(&t);
}

size_t x0f_format_raw_sig(char *buf, size_t size, const struct x0f_obs *obs)
{
	struct text t = text_into(buf, size);
	uint8_t hops = (uint8_t)(obs->initial_ttl - obs->ttl);
	bool multiple = obs->window_kind != X0F_WINDOW_LITERAL;

	text_u32(&t, obs->ip_version);
	text_char(&t, ':');
	text_u32(&t, obs->ttl);
	text_char(&t, '+');
	if (hops > X0F_MAX_DISTANCE)
		text_char(&t, '?');
	else
		text_u32(&t, hops);
	text_char(&t, ':');
	text_u32(&t, obs->ip_option_len);
	text_char(&t, ':');
	put_number_or_any(&t,
			  obs->mss == SENDSYN_MSS &&
				  obs->kind == X0F_KIND_SYNACK,
			  obs->mss);
	text_char(&t, ':');
	put_window(&t, obs->window_kind,
		   multiple ? obs->window_multiple : obs->window);
	text_char(&t, ',');
	text_u32(&t, obs->wscale);
	text_char(&t, ':');
	put_options(&t, obs->option_kinds, obs->option_count, obs->eol_padding);
	text_char(&t, ':');
	put_quirks(&t, obs->quirks);
	text_str(&t, obs->has_payload ? ":+" : ":0");
	return text_end(&t);
}

size_t x0f_format_sig(char *buf, size_t size, const struct x0f_sig *sig)
{
	struct text t = text_into(buf, size);

	put_number_or_any(&t, !sig->ip_version, sig->ip_version);
	text_char(&t, ':');
	text_u32(&t, sig->initial_ttl);
	text_str(&t, sig->random_ttl ? "-:" : ":");
	text_u32(&t, sig->ip_option_len);
	text_char(&t, ':');
	put_number_or_any(&t, sig->any_mss, sig->mss);
	text_char(&t, ':');
	put_window(&t, sig->window_kind, sig->window);
	text_char(&t, ',');
	put_number_or_any(&t, sig->any_wscale, sig->wscale);
	text_char(&t, ':');
	put_options(&t, sig->option_kinds, sig->option_count, sig->eol_padding);
	text_char(&t, ':');
	put_quirks(&t, sig->quirks);
	text_char(&t, ':');
	text_char(&t, sig->any_payload ? '*' : sig->has_payload ? '+' : '0');
	return text_end(&t);
}

static void put_word(struct text *t, const char *separator, const char *word)
{
	if (t->len)
		text_str(t, separator);
	text_str(t, word);
}

size_t x0f_format_params(char *buf, size_t size, const struct x0f_obs *obs,
			 const struct x0f_verdict *verdict)
{
	struct text t = text_into(buf, size);

	/* p0f says both of a fuzzy match by a generic signature */
	if (verdict->reasons & X0F_REASON_GENERIC)
		put_word(&t, " ", "generic");
	if (verdict->match == X0F_MATCH_FUZZY)
		put_word(&t, " ", "fuzzy");
	if (verdict->flags & X0F_RANDOM_TTL)
		put_word(&t, " ", "random_ttl");
	if (verdict->flags & X0F_EXCESS_DISTANCE)
		put_word(&t, " ", "excess_dist");
	if (obs->dscp) {
		put_word(&t, " ", "tos:0x");
		text_hex(&t, obs->dscp, 2);
	}
	if (!t.len)
		text_str(&t, "none");
	return text_end(&t);
}

static void put_quirk_reasons(struct text *t, const char *what, uint32_t quirks)
{
	for (; quirks; quirks &= quirks - 1) {
		put_word(t, ", ", what);
		text_str(t, x0f_quirk_name(quirks & -quirks));
	}
}

static void put_ttl_reason(struct text *t, const char *where,
			   const struct x0f_verdict *verdict)
{
	put_word(t, ", ", "TTL ");
	text_u32(t, verdict->ttl_hops);
	text_str(t, where);
	text_u32(t, verdict->initial_ttl);
}

size_t x0f_format_reasons(char *buf, size_t size, const struct x0f_obs *obs,
			  const struct x0f_verdict *verdict)
{
	struct text t = text_into(buf, size);
	uint32_t reasons = verdict->reasons;

	(void)obs;
	if (reasons & X0F_REASON_GENERIC)
		put_word(&t, ", ", "generic signature");
	put_quirk_reasons(&t, "missing ",
			  verdict->quirks_missing & X0F_QUIRK_ALL);
	put_quirk_reasons(&t, "unexpected ",
			  verdict->quirks_added & X0F_QUIRK_ALL);
	if (reasons & X0F_REASON_TTL_ABOVE)
		put_ttl_reason(&t, " hops above ", verdict);
	if (reasons & X0F_REASON_TTL_BELOW)
		put_ttl_reason(&t, " hops below ", verdict);
	if (reasons & X0F_REASON_HIDDEN)
		put_word(&t, ", ", "near an application's signature only");
	if (reasons & X0F_REASON_UNKNOWN)
		put_word(&t, ", ", "no signature comes near");
	return text_end(&t);
}

size_t x0f_format_label(char *buf, size_t size, const struct x0f_db *db,
			uint32_t label)
{
	struct text t = text_into(buf, size);
	const struct x0f_label *l = x0f_db_label(db, label);

	text_str(&t, l ? l->name : "???");
	if (l && *l->flavor) {
		text_char(&t, ' ');
		text_str(&t, l->flavor);
	}
	return text_end(&t);
}

size_t x0f_format_uptime(char *buf, size_t size,
			 const struct x0f_uptime *uptime)
{
	struct text t = text_into(buf, size);

	text_u32(&t, uptime->minutes / (24 * 60));
	text_str(&t, " days, ");
	text_u32(&t, uptime->minutes / 60 % 24);
	text_str(&t, " hrs, ");
	text_u32(&t, uptime->minutes % 60);
	text_str(&t, " min (modulo ");
	text_u32(&t, uptime->modulo_days);
	text_str(&t, " days)");
	return text_end(&t);
}

static void put_ipv4(struct text *t, const uint8_t *addr)
{
	int i;

	for (i = 0; i < 4; i++) {
		if (i)
			text_char(t, '.');
		text_u32(t, addr[i]);
	}
}

static uint32_t group_of(const uint8_t *addr, int i)
{
	return (uint32_t)addr[2 * i] << 8 | addr[2 * i + 1];
}

/* RFC 5952 §4.2: the longest run of at least two zero groups, the first */
static int longest_zeros(const uint8_t *addr, int *length)
{
	int begin = -1, i, n;

	*length = 1;
	for (i = 0; i < 8; i += n ? n : 1) {
		for (n = 0; i + n < 8 && !group_of(addr, i + n); n++)
			;
		if (n > *length) {
			*length = n;
			begin = i;
		}
	}
	return begin;
}

static void put_ipv6(struct text *t, const uint8_t *addr)
{
	int length, zeros = longest_zeros(addr, &length), i;

	for (i = 0; i < 8; i++) {
		if (i == zeros) {
			text_str(t, "::");
			i += length - 1;
			continue;
		}
		if (i && i != zeros + length)
			text_char(t, ':');
		text_hex(t, group_of(addr, i), 1);
	}
}

size_t x0f_format_addr(char *buf, size_t size, const uint8_t addr[16],
		       uint8_t ip_version)
{
	struct text t = text_into(buf, size);

	if (ip_version == 4)
		put_ipv4(&t, addr);
	else
		put_ipv6(&t, addr);
	return text_end(&t);
}

size_t x0f_format_addr_long(char *buf, size_t size, const uint8_t addr[16],
			    uint8_t ip_version)
{
	struct text t = text_into(buf, size);
	int i;

	if (ip_version == 4) {
		put_ipv4(&t, addr);
		return text_end(&t);
	}
	for (i = 0; i < 8; i++) {
		if (i)
			text_char(&t, ':');
		text_hex(&t, group_of(addr, i), 1);
	}
	return text_end(&t);
}
