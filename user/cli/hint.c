/* SPDX-License-Identifier: MIT */
/*
 * Hints, from the error and from what stands at its place: words that were
 * nearly right, and things that people do to such files.
 */
#include "hint.h"
#include "message.h"

#include <stdio.h>
#include <string.h>

static const char *const option_words[] = { "eol", "nop",  "mss", "ws",
					    "sok", "sack", "ts",  NULL };
static const char *const quirk_words[] = {
	"df",	"id+",	"id-",	"ecn",	 "0+",	  "flow",
	"seq-", "ack+", "ack-", "uptr+", "urgf+", "pushf+",
	"ts1-", "ts2+", "opt+", "exws",	 "bad",	  NULL,
};
static const char *const key_words[] = { "classes", "label", "sys",
					 "sig",	    "ua_os", NULL };
static const char *const module_words[] = { "mtu", "tcp", "http", NULL };
static const char *const direction_words[] = { "request]", "response]", NULL };

/* Messages of the library whose word may be a typing error. */
static const struct {
	const char *message;
	const char *const *words;
} nearly[] = {
	{ "unknown tcp option", option_words },
	{ "unknown quirk", quirk_words },
	{ "unknown key", key_words },
	{ "unknown module", module_words },
	{ "unknown direction", direction_words },
};

/* Messages that always need the same thing to be done. */
static const struct {
	const char *message;
	const char *hint;
} remedies[] = {
	{ "signature is already covered",
	  "the earlier line is always tried first: put the narrower signature "
	  "in front of it, or remove one" },
	{ "unknown class", "a line 'classes = win,unix,other' in front of the "
			   "first section names the classes" },
	{ "not text",
	  "is this a signature file? x0f pcap reads capture files" },
	{ "a section, a comment (;) or key = value expected",
	  "a comment begins with ';' and has a line of its own" },
	{ "a label begins with",
	  "for example: label = s:unix:Linux:4.20 or newer" },
	{ "eol must be the last option",
	  "bytes behind eol are padding: eol+N says how many" },
};

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

static bool begins_with(const char *text, const char *with)
{
	return !strncmp(text, with, strlen(with));
}

/* The word at p: to the next separator. */
static void take_word(char *word, size_t size, const char *p, const char *end)
{
	size_t len = 0;

	while (p + len < end && !strchr(",:= \t\r\n", p[len]))
		len++;
	snprintf(word, size, "%.*s", (int)len, p);
}

/* "did you mean", or false. */
static bool hint_word(char *hint, size_t size, const char *message,
		      const char *p, const char *end)
{
	char word[40];
	struct suggestion s = { .wrong = word };

	take_word(word, sizeof(word), p, end);
	for (size_t i = 0; i < COUNT(nearly); i++) {
		if (!begins_with(message, nearly[i].message))
			continue;
		for (const char *const *w = nearly[i].words; *w; w++)
			suggest(&s, *w);
	}
	if (s.best)
		snprintf(hint, size, "did you mean '%s'?", s.best);
	return s.best;
}

/* What the line itself shows. */
static const char *find_in_line(const struct dbline *line, const char *p)
{
	bool is_sig = dbline_value(line, "sig");

	if (line->end > line->p && line->end[-1] == '\r')
		return "lines end in CR LF: remove the CR, for example with "
		       "sed -i 's/\\r$//'";
	if (is_sig && p < line->end && (*p == '?' || *p == '+'))
		return "this looks like the packet that x0f prints: in a "
		       "signature write the initial TTL, 32, 64, 128 or 255";
	if (is_sig && (line->end[-1] == ' ' || line->end[-1] == '\t'))
		return "blanks at the end of the line count: remove them";
	return NULL;
}

static const char *find_remedy(const char *message)
{
	for (size_t i = 0; i < COUNT(remedies); i++) {
		if (begins_with(message, remedies[i].message))
			return remedies[i].hint;
	}
	return NULL;
}

void hint_print(const char *name, const struct dbfile *file,
		const struct x0f_error *error)
{
	struct dbline line = dbfile_begin(file);
	char word_hint[80];
	const char *hint;
	const char *p;

	if (!error->line || !dbfile_seek(file, &line, error->line))
		return;
	p = line.p + error->column - 1;
	hint = find_in_line(&line, p);
	if (!hint && p <= line.end &&
	    hint_word(word_hint, sizeof(word_hint), error->message, p,
		      line.end))
		hint = word_hint;
	if (!hint)
		hint = find_remedy(error->message);
	if (hint)
		complain("%s:%u:%u: hint: %s", name, error->line, error->column,
			 hint);
}
