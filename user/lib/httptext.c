/* SPDX-License-Identifier: MIT */
/*
 * HTTP signatures, ver:headers:absent:software, and the list of systems that
 * a User-Agent names. x0f fingerprints TCP and keeps nothing of them; they
 * are read so that a file which p0f refuses is refused here at the same line.
 * Used while a database is built; no state.
 */
#include "httptext.h"

#include <errno.h>

/* p0f's HTTP_MAX_HDRS */
enum { MAX_HEADERS = 32 };

static bool is_header(char c)
{
	return scan_is_digit(c) || scan_is_alpha(c) || c == '-' || c == '_';
}

static bool is_system(char c)
{
	return scan_is_digit(c) || scan_is_alpha(c) ||
	       (c && strchr(" ./-_!?()", c));
}

static bool take_name(struct scan *s, bool (*belongs)(char))
{
	const char *begin = s->p;

	while (belongs(scan_peek(s)))
		s->p++;
	return s->p != begin;
}

/* `=[value]`, if there is one */
static int parse_value(struct scan *s)
{
	const char *begin;

	if (!scan_take(s, '='))
		return 0;
	if (!scan_take(s, '['))
		return scan_refuse(s, "'[' expected behind '='");
	begin = s->p;
	while (s->p < s->end && *s->p != ']')
		s->p++;
	if (s->p == begin || !scan_take(s, ']'))
		return scan_refuse(s, "malformed signature: =[value] "
				      "expected");
	return 0;
}

/* Headers up to ':'; those that must be absent have neither ? nor value. */
static int parse_headers(struct scan *s, bool absent)
{
	int count = 0;

	while (!scan_take(s, ':')) {
		int err;

		if (count++ == MAX_HEADERS)
			return scan_refuse(s, "more than %d headers",
					   MAX_HEADERS);
		if (!absent)
			scan_take(s, '?');
		if (!take_name(s, is_header))
			return scan_refuse(s, "malformed header name");
		err = absent ? 0 : parse_value(s);
		if (err)
			return err;
		if (scan_peek(s) != ':' && !scan_take(s, ','))
			return scan_refuse(s, "malformed signature: ',' or "
					      "':' expected");
	}
	return 0;
}

int http_sig_check(struct scan *s)
{
	char version = scan_peek(s);
	int err;

	if (s->end - s->p < 2 || s->p[1] != ':')
		return scan_refuse(s, "malformed signature: http version and "
				      "':' expected");
	if (version != '0' && version != '1' && version != '*')
		return scan_refuse(s, "http version must be 0, 1 or *");
	s->p += 2;
	err = parse_headers(s, false);
	if (!err)
		err = parse_headers(s, true);
	if (err)
		return err;
	while (s->p < s->end && *s->p != ':')
		s->p++;
	if (s->p < s->end)
		return scan_refuse(s, "malformed signature: ':' in the "
				      "expected software");
	return 0;
}

int http_systems_check(struct scan *s)
{
	while (s->p < s->end) {
		int err;

		if (!take_name(s, is_system))
			return scan_refuse(s, "malformed system name");
		err = parse_value(s);
		if (err)
			return err;
		scan_take(s, ',');
	}
	return 0;
}
