/* SPDX-License-Identifier: MIT */
/*
 * p0f's database file, line by line: sections, keys, and which key may come
 * where (p0f-tcp §16). What p0f refuses is refused here, at the same line.
 * Used while a database is built; one thread.
 */
#include <errno.h>

#include "build.h"
#include "httptext.h"
#include "sigtext.h"

enum module { MODULE_MTU, MODULE_TCP, MODULE_HTTP };

/* What may come next. */
enum state { NEED_SECTION, NEED_LABEL, NEED_SYSTEMS, NEED_SIG };

struct reader {
	struct build *b;
	enum state state;
	enum module module;
	bool to_server; /* [...:request] */
	uint16_t source;
	uint32_t line;
	const char *link; /* [mtu]: label of the signatures that follow */
};

static bool rest_is(const struct scan *s, const char *word)
{
	struct scan rest = *s;

	return scan_word(&rest, word) && rest.p == rest.end;
}

static int read_section(struct reader *r, struct scan *s)
{
	struct scan name;

	s->p++;
	r->state = NEED_LABEL;
	if (rest_is(s, "mtu]")) {
		r->module = MODULE_MTU;
		return 0;
	}
	name = *s;
	while (s->p < s->end && *s->p != ':')
		s->p++;
	if (s->end - s->p < 2) {
		*s = name;
		return scan_refuse(s, "malformed section; known: [mtu] "
				      "[tcp:request] [tcp:response] "
				      "[http:request] [http:response]");
	}
	name.end = s->p++;
	if (rest_is(&name, "tcp"))
		r->module = MODULE_TCP;
	else if (rest_is(&name, "http"))
		r->module = MODULE_HTTP;
	else
		return scan_refuse(&name,
				   "unknown module; known: mtu tcp http");
	r->to_server = rest_is(s, "request]");
	if (!r->to_server && !rest_is(s, "response]"))
		return scan_refuse(s, "unknown direction; known: request "
				      "response");
	return 0;
}

static int read_label(struct reader *r, struct scan *s)
{
	const struct x0f_label *label;
	int err;

	if (r->module == MODULE_MTU) {
		if (s->p == s->end)
			return scan_refuse(s, "empty mtu label");
		r->link = arena_text(&r->b->arena, s->p,
				     (size_t)(s->end - s->p));
		r->state = NEED_SIG;
		return r->link ? 0 : -ENOMEM;
	}
	err = build_label(r->b, s);
	if (err)
		return err;
	label = (struct x0f_label *)r->b->labels.items + r->b->labels.count - 1;
	r->state = label->application ? NEED_SYSTEMS : NEED_SIG;
	return 0;
}

static int read_mtu_sig(struct reader *r, struct scan *s)
{
	const char *begin = s->p;
	int32_t mtu = scan_number(s);
	struct link *link;

	if (s->p == begin || s->p != s->end || mtu < 1 || mtu > 65535) {
		s->p = begin;
		return scan_refuse(s, "malformed mtu: a number from 1 to "
				      "65535 expected");
	}
	link = list_add(&r->b->links, sizeof(*link));
	if (!link)
		return -ENOMEM;
	link->mtu = (uint32_t)mtu;
	link->order = r->b->links.count - 1;
	link->text = r->link;
	return 0;
}

static int read_tcp_sig(struct reader *r, struct scan *s)
{
	const char *begin = s->p;
	const struct x0f_label *label;
	struct x0f_sig *sig = list_add(&r->b->sigs, sizeof(*sig));
	int64_t other;
	int err;

	if (!sig)
		return -ENOMEM;
	err = sig_parse(s, r->b->policy, sig);
	if (err)
		return err;
	label = (struct x0f_label *)r->b->labels.items + r->b->labels.count - 1;
	sig->label = label->id;
	sig->generic = label->generic;
	sig->application = label->application;
	sig->line = r->line;
	sig->source = r->source;
	sig->kind = r->to_server ? X0F_KIND_SYN : X0F_KIND_SYNACK;
	if (r->to_server)
		r->b->syn_sigs++;
	else
		r->b->synack_sigs++;
	other = build_check_duplicate(r->b);
	s->p = begin;
	if (other > 0)
		return scan_refuse(s,
				   "signature is already covered by line "
				   "%lld",
				   (long long)other);
	return (int)other;
}

static int read_sig(struct reader *r, struct scan *s)
{
	switch (r->module) {
	case MODULE_MTU:
		return read_mtu_sig(r, s);
	case MODULE_TCP:
		return read_tcp_sig(r, s);
	default:
		r->b->http_sigs++;
		return http_sig_check(s);
	}
}

static int refuse_misplaced(struct scan *s, const char *key, const char *why)
{
	s->p = s->line;
	scan_blanks(s);
	return scan_refuse(s, "misplaced '%s': %s", key, why);
}

/* The scan is at the value; key is what stands before the `=`. */
static int read_value(struct reader *r, struct scan *s, struct scan *key)
{
	if (rest_is(key, "classes")) {
		if (r->state != NEED_SECTION)
			return refuse_misplaced(s, "classes",
						"only before "
						"any section");
		return build_classes(r->b, s);
	}
	if (rest_is(key, "ua_os")) {
		if (r->state != NEED_LABEL || r->module != MODULE_HTTP ||
		    !r->to_server)
			return refuse_misplaced(s, "ua_os",
						"only in [http:request] "
						"before any label");
		return http_systems_check(s);
	}
	if (rest_is(key, "label")) {
		if (r->state != NEED_LABEL && r->state != NEED_SIG)
			return refuse_misplaced(s, "label",
						r->state == NEED_SYSTEMS ?
							"'sys' must come first" :
							"only in a section");
		return read_label(r, s);
	}
	if (rest_is(key, "sys")) {
		if (r->state != NEED_SYSTEMS)
			return refuse_misplaced(s, "sys",
						"only behind the "
						"label of an "
						"application");
		r->state = NEED_SIG;
		return build_systems(r->b, s);
	}
	if (rest_is(key, "sig")) {
		if (r->state != NEED_SIG)
			return refuse_misplaced(
				s, "sig",
				r->state == NEED_SYSTEMS ?
					"'sys' must come first" :
					"a label must come first");
		return read_sig(r, s);
	}
	return scan_refuse(key, "unknown key; known: classes label sys sig "
				"ua_os");
}

static int read_line(struct reader *r, struct scan *s)
{
	struct scan key;

	scan_blanks(s);
	if (s->p == s->end || *s->p == ';')
		return 0;
	if (*s->p == '[')
		return read_section(r, s);
	key = *s;
	while (scan_is_alpha(scan_peek(s)) || scan_peek(s) == '_')
		s->p++;
	key.end = s->p;
	scan_blanks(s);
	if (key.end == key.p || !scan_take(s, '=')) {
		return scan_refuse(s, "a section, a comment (;) or key = "
				      "value expected");
	}
	scan_blanks(s);
	return read_value(r, s, &key);
}

int build_read(struct build *b, const char *text, size_t len, uint16_t source,
	       struct x0f_error *error)
{
	struct reader r = { .b = b, .source = source };
	const char *end = text + len;

	while (text < end) {
		const char *eol = memchr(text, '\n', (size_t)(end - text));
		struct scan s = { .p = text, .line = text, .error = error };
		const char *nul;
		int err;

		s.end = eol ? eol : end;
		error->line = ++r.line;
		nul = memchr(text, '\0', (size_t)(s.end - text));
		if (nul) {
			s.p = nul;
			return scan_refuse(&s, "not text: a NUL byte");
		}
		err = read_line(&r, &s);
		if (err)
			return err;
		text = eol ? eol + 1 : end;
	}
	return 0;
}
