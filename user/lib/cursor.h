/* SPDX-License-Identifier: MIT */
/*
 * The only code that touches the bytes of a packet. A cursor never leaves
 * [p, end]: a read that does not fit gives 0, moves nothing and is remembered
 * in `failed`, so a decoder may read a whole header in the order of its RFC
 * and ask once at the end.
 */
#ifndef X0F_LIB_CURSOR_H
#define X0F_LIB_CURSOR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

struct cursor {
	const uint8_t *p;
	const uint8_t *end;
	bool failed;
};

static inline struct cursor cursor_over(const void *data, size_t len)
{
	const uint8_t *p = data;

	return (struct cursor){ .p = p, .end = len ? p + len : p };
}

static inline size_t cursor_left(const struct cursor *c)
{
	return (size_t)(c->end - c->p);
}

/* True and nothing moved when n more bytes are there. */
static inline bool cursor_has(struct cursor *c, size_t n)
{
	if (cursor_left(c) >= n)
		return true;
	c->failed = true;
	return false;
}

static inline void cursor_skip(struct cursor *c, size_t n)
{
	if (cursor_has(c, n))
		c->p += n;
}

/* Looks n bytes ahead without moving; 0 beyond the end. */
static inline uint8_t cursor_peek(const struct cursor *c, size_t n)
{
	return cursor_left(c) > n ? c->p[n] : 0;
}

static inline uint8_t cursor_u8(struct cursor *c)
{
	return cursor_has(c, 1) ? *c->p++ : 0;
}

/* Compilers know these shifts as one load and a byte swap. */
static inline uint16_t cursor_be16(struct cursor *c)
{
	const uint8_t *p = c->p;

	if (!cursor_has(c, 2))
		return 0;
	c->p += 2;
	return (uint16_t)(p[0] << 8 | p[1]);
}

static inline uint32_t cursor_be32(struct cursor *c)
{
	const uint8_t *p = c->p;

	if (!cursor_has(c, 4))
		return 0;
	c->p += 4;
	return (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 |
	       (uint32_t)p[2] << 8 | p[3];
}

static inline void cursor_copy(struct cursor *c, void *to, size_t n)
{
	if (!cursor_has(c, n))
		return;
	memcpy(to, c->p, n);
	c->p += n;
}

/* Lets the cursor end n bytes from here, if that is nearer. */
static inline void cursor_trim(struct cursor *c, size_t n)
{
	if (n < cursor_left(c))
		c->end = c->p + n;
}

#endif
