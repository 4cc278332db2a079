/* SPDX-License-Identifier: MIT */
/*
 * A place in a line of database text. Reading behind the end gives '\0', so
 * the parsers need no bounds of their own; the text itself holds no NUL.
 */
#ifndef X0F_LIB_SCAN_H
#define X0F_LIB_SCAN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <x0f/db.h>

struct scan {
	const char *p;
	const char *end;
	const char *line;	 /* begin of the line, for the column */
	struct x0f_error *error; /* may be NULL */
};

static inline char scan_peek(const struct scan *s)
{
	return s->p < s->end ? *s->p : '\0';
}

/* Locale-free: the format is ASCII. */
static inline bool scan_is_digit(char c)
{
	return c >= '0' && c <= '9';
}

static inline bool scan_is_alpha(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

static inline bool scan_is_blank(char c)
{
	return c == ' ' || c == '\t';
}

/* Takes c if it comes next. */
static inline bool scan_take(struct scan *s, char c)
{
	if (s->p == s->end || *s->p != c)
		return false;
	s->p++;
	return true;
}

/* Takes a word if the text begins with it. */
static inline bool scan_word(struct scan *s, const char *word)
{
	size_t len = strlen(word);

	if ((size_t)(s->end - s->p) < len || memcmp(s->p, word, len))
		return false;
	s->p += len;
	return true;
}

static inline void scan_blanks(struct scan *s)
{
	while (scan_is_blank(scan_peek(s)))
		s->p++;
}

/*
 * A run of digits, 0 when there is none. As p0f does it: read as 64 bits,
 * kept as 32, so 4294967360 is 64.
 */
int32_t scan_number(struct scan *s);

/* Says what is wrong at the current place. Always returns -EINVAL. */
int scan_refuse(const struct scan *s, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

#endif
