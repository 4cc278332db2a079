/* SPDX-License-Identifier: MIT */
/*
 * Writing text into memory of the caller, counting what does not fit. All of
 * format.c is made of these; they are here because they are short and hot.
 */
#ifndef X0F_LIB_TEXT_H
#define X0F_LIB_TEXT_H

#include <stddef.h>
#include <stdint.h>
#include <string.h>

struct text {
	char *buf;
	size_t size;
	size_t len; /* of the whole text, written or not */
};

static inline struct text text_into(char *buf, size_t size)
{
	return (struct text){ .buf = buf, .size = size };
}

static inline void text_char(struct text *t, char c)
{
	if (t->len + 1 < t->size)
		t->buf[t->len] = c;
	t->len++;
}

static inline void text_str(struct text *t, const char *s)
{
	while (*s)
		text_char(t, *s++);
}

static inline void text_u32(struct text *t, uint32_t n)
{
	char digits[10];
	int i = 0;

	do {
		digits[i++] = (char)('0' + n % 10);
		n /= 10;
	} while (n);
	while (i)
		text_char(t, digits[--i]);
}

static inline void text_hex(struct text *t, uint32_t n, int at_least)
{
	int shift = 28;

	while (shift > 0 && !(n >> shift) && shift >= at_least * 4)
		shift -= 4;
	for (; shift >= 0; shift -= 4)
		text_char(t, "0123456789abcdef"[n >> shift & 15]);
}

/* Ends the text with a NUL and returns its whole length. */
static inline size_t text_end(struct text *t)
{
	if (t->size)
		t->buf[t->len < t->size ? t->len : t->size - 1] = '\0';
	return t->len;
}

#endif
