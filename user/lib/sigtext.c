/* SPDX-License-Identifier: MIT */
/*
 * One signature, from text: ver:ittl:olen:mss:wsize,scale:olayout:quirks:
 * pclass, in the order of the grammar, with the oddities that p0f's parser
 * has (one trailing comma in a list, an empty number is 0). Used while a
 * database is built; no state.
 */
#include "sigtext.h"

#include <errno.h>

#include "limits.h"

enum { MAX_BYTE = 255, MAX_WORD = 65535 };
enum { OPTION_EOL = 0 };

/* A number up to max that ends in `stop`, which is taken too. */
static int parse_number(struct scan *s, char stop, int32_t min, int32_t max,
			const char *what, int32_t *n)
{
	const char *begin = s->p;

	*n = scan_number(s);
	if (scan_peek(s) != stop)
		return scan_refuse(s,
				   "malformed signature: '%c' expected "
				   "behind the %s",
				   stop, what);
	if (*n < min || *n > max) {
		s->p = begin;
		return scan_refuse(s, "%s must be %d to %d", what, min, max);
	}
	s->p++;
	return 0;
}

/* `*` and what ends the field: the wildcard. */
static bool take_wildcard(struct scan *s, char stop)
{
	if (scan_peek(s) != '*' || s->end - s->p < 2 || s->p[1] != stop)
		return false;
	s->p += 2;
	return true;
}

static int parse_version(struct scan *s, struct x0f_sig *sig)
{
	switch (scan_peek(s)) {
	case '4':
	case '6':
		sig->ip_version = (uint8_t)(scan_peek(s) - '0');
		break;
	case '*':
		break;
	default:
		return scan_refuse(s, "ip version must be 4, 6 or *");
	}
	s->p++;
	if (!scan_take(s, ':'))
		return scan_refuse(s, "malformed signature: ':' expected "
				      "behind the ip version");
	return 0;
}

/*
 * N, N+M or N-. Behind `N-:` p0f skips one character too many, so that the
 * IP option length loses its first digit (X0F_MEND_DASH); and `N-M:` is read
 * as N with the option length M, whatever was meant. In `+M:` the sum is
 * 2 * M: p0f's atol() takes the plus for a sign, and then reads M once more.
 */
static int parse_ttl(struct scan *s, uint32_t policy, struct x0f_sig *sig)
{
	const char *begin = s->p;
	int32_t ttl = scan_number(s);
	int32_t hops = 0;
	char stop = scan_peek(s);

	if (stop != ':' && stop != '+' && stop != '-')
		return scan_refuse(s, "malformed signature: ':', '+' or '-' "
				      "expected behind the ttl");
	s->p++;
	if (stop == '+') {
		bool no_ttl = s->p - 1 == begin;

		hops = scan_number(s);
		if (no_ttl)
			ttl = hops;
		if (!scan_take(s, ':'))
			return scan_refuse(s, "malformed signature: ':' "
					      "expected behind the distance");
	} else if (stop == '-' && scan_take(s, ':')) {
		sig->random_ttl = 1;
		if (!(policy & X0F_MEND_DASH) && s->p < s->end)
			s->p++;
	}
	if (ttl < 1 || ttl > MAX_BYTE || hops < 0 || hops > MAX_BYTE - ttl) {
		s->p = begin;
		return scan_refuse(s, "initial ttl must be 1 to 255");
	}
	sig->initial_ttl = (uint8_t)(ttl + hops);
	return 0;
}

static int parse_mss(struct scan *s, struct x0f_sig *sig)
{
	int32_t n;
	int err;

	if (take_wildcard(s, ':')) {
		sig->any_mss = 1;
		return 0;
	}
	err = parse_number(s, ':', 0, MAX_WORD, "mss", &n);
	sig->mss = (uint16_t)n;
	return err;
}

static int parse_window(struct scan *s, struct x0f_sig *sig)
{
	const char *what = "window";
	int32_t min = 0, max = MAX_WORD, n;
	int err;

	sig->window_kind = X0F_WINDOW_LITERAL;
	if (take_wildcard(s, ',')) {
		sig->window_kind = X0F_WINDOW_ANY;
		return 0;
	}
	if (scan_take(s, '%')) {
		sig->window_kind = X0F_WINDOW_MULTIPLE;
		what = "window behind '%'";
		min = 2;
	} else if (scan_word(s, "mss*") || scan_word(s, "mtu*")) {
		sig->window_kind = s->p[-2] == 's' ? X0F_WINDOW_MSS :
						     X0F_WINDOW_MTU;
		what = "mss or mtu multiplier";
		min = 1;
		max = MAX_MULTIPLIER;
	}
	err = parse_number(s, ',', min, max, what, &n);
	sig->window = (uint16_t)n;
	return err;
}

static int parse_wscale(struct scan *s, struct x0f_sig *sig)
{
	int32_t n;
	int err;

	if (take_wildcard(s, ':')) {
		sig->any_wscale = 1;
		return 0;
	}
	err = parse_number(s, ':', 0, MAX_BYTE, "window scale", &n);
	sig->wscale = (uint8_t)n;
	return err;
}

/* `eol+N`, always the last one */
static int parse_eol(struct scan *s, struct x0f_sig *sig)
{
	int32_t n;

	if (!scan_take(s, '+'))
		return scan_refuse(s, "eol needs its padding: eol+N");
	n = scan_number(s);
	if (scan_peek(s) != ':')
		return scan_refuse(s, "eol must be the last option");
	if (n < 0 || n > MAX_BYTE)
		return scan_refuse(s, "eol padding must be 0 to 255");
	sig->eol_padding = (uint8_t)n;
	return OPTION_EOL;
}

static int parse_numbered_option(struct scan *s)
{
	int32_t n = scan_number(s);

	if (scan_peek(s) != ':' && scan_peek(s) != ',')
		return scan_refuse(s, "'?' must be followed by an option "
				      "number");
	if (n < 0 || n > MAX_BYTE)
		return scan_refuse(s, "option number must be 0 to 255");
	return n;
}

/* Returns the kind, or -EINVAL. */
static int parse_option(struct scan *s, struct x0f_sig *sig)
{
	static const uint8_t named[] = { 1, 2, 3, 4, 5, 8 };
	size_t i;

	if (scan_word(s, "eol"))
		return parse_eol(s, sig);
	if (scan_take(s, '?'))
		return parse_numbered_option(s);
	for (i = 0; i < sizeof(named); i++)
		if (scan_word(s, x0f_option_name(named[i])))
			return named[i];
	return scan_refuse(s, "unknown tcp option; known: eol+N nop mss ws "
			      "sok sack ts ?N");
}

/* Takes the ',' between two elements of a list; ':' ends the list. */
static int parse_separator(struct scan *s, const char *list)
{
	if (scan_peek(s) == ':' || scan_take(s, ','))
		return 0;
	return scan_refuse(s, "malformed %s: ',' or ':' expected", list);
}

static int parse_options(struct scan *s, struct x0f_sig *sig)
{
	while (!scan_take(s, ':')) {
		int kind, err;

		if (sig->option_count == X0F_MAX_OPTIONS)
			return scan_refuse(s, "more than %d tcp options",
					   X0F_MAX_OPTIONS);
		kind = parse_option(s, sig);
		if (kind < 0)
			return kind;
		sig->option_kinds[sig->option_count++] = (uint8_t)kind;
		err = parse_separator(s, "tcp options");
		if (err)
			return err;
	}
	return 0;
}

/* Returns the quirk's bit, or 0. */
static uint32_t parse_quirk(struct scan *s)
{
	uint32_t bit;

	for (bit = 1; bit & X0F_QUIRK_ALL; bit <<= 1)
		if (scan_word(s, x0f_quirk_name(bit)))
			return bit;
	return 0;
}

static int parse_quirks(struct scan *s, struct x0f_sig *sig)
{
	const uint32_t ipv4_only = X0F_QUIRK_DF | X0F_QUIRK_ID_SET |
				   X0F_QUIRK_ID_ZERO | X0F_QUIRK_RESERVED;

	while (!scan_take(s, ':')) {
		const char *begin = s->p;
		uint32_t bit = parse_quirk(s);
		int err;

		if (!bit)
			return scan_refuse(s, "unknown quirk");
		if ((sig->ip_version == 6 && (bit & ipv4_only)) ||
		    (sig->ip_version == 4 && bit == X0F_QUIRK_FLOW)) {
			s->p = begin;
			return scan_refuse(s, "'%s' is not valid for ipv%d",
					   x0f_quirk_name(bit),
					   sig->ip_version);
		}
		sig->quirks |= bit;
		err = parse_separator(s, "quirks");
		if (err)
			return err;
	}
	return 0;
}

static int parse_payload(struct scan *s, struct x0f_sig *sig)
{
	char c = scan_peek(s);

	if (s->end - s->p != 1 || (c != '*' && c != '0' && c != '+'))
		return scan_refuse(s, "payload class must be *, 0 or + and "
				      "end the line");
	sig->any_payload = c == '*';
	sig->has_payload = c == '+';
	s->p++;
	return 0;
}

int sig_parse(struct scan *s, uint32_t policy, struct x0f_sig *sig)
{
	int32_t olen;
	int err;

	*sig = (struct x0f_sig){ 0 };
	err = parse_version(s, sig);
	if (!err)
		err = parse_ttl(s, policy, sig);
	if (!err)
		err = parse_number(s, ':', 0, MAX_BYTE, "ip option length",
				   &olen);
	if (err)
		return err;
	sig->ip_option_len = (uint8_t)olen;
	err = parse_mss(s, sig);
	if (!err)
		err = parse_window(s, sig);
	if (!err)
		err = parse_wscale(s, sig);
	if (!err)
		err = parse_options(s, sig);
	if (!err)
		err = parse_quirks(s, sig);
	return err ? err : parse_payload(s, sig);
}

int x0f_sig_parse(struct x0f_sig *sig, const char *text, size_t len,
		  uint32_t policy, struct x0f_error *error)
{
	struct scan s = {
		.p = text,
		.end = text + len,
		.line = text,
		.error = error,
	};

	if (error)
		*error = (struct x0f_error){ .line = 1 };
	if (memchr(text, '\0', len))
		return scan_refuse(&s, "not text: a NUL byte");
	return sig_parse(&s, policy, sig);
}
