/* SPDX-License-Identifier: MIT */
/*
 * The buffer between a printer and a file descriptor. Errors stick: after the
 * first one nothing is written any more, and who closes the output asks for
 * it once. One thread.
 */
#ifndef X0F_READERS_OUTPUT_H
#define X0F_READERS_OUTPUT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

/* One write(2); also the longest piece that output_reserve() can give */
#define OUTPUT_BYTES (64u << 10)

struct output {
	int fd;	   /* -1: what is flushed is held in memory */
	int error; /* 0 or the negative errno of the first failed write */
	size_t used;
	uint64_t written; /* bytes that the descriptor took, in all */
	char *held;
	size_t held_len;
	size_t held_room;
	char buf[OUTPUT_BYTES];
};

/* fd -1: for output_move() and output_free(). */
void output_open(struct output *out, int fd);

/* Empties what `from` holds into `to`; an error of `from` moves along. */
void output_move(struct output *to, struct output *from);

/* Frees what is held. */
void output_free(struct output *out);

/* Writes what is buffered. Returns out->error. */
int output_flush(struct output *out);

/* Room for n bytes, to be followed by output_advance(). Never NULL. */
static inline char *output_reserve(struct output *out, size_t n)
{
	if (OUTPUT_BYTES - out->used < n)
		output_flush(out);
	return out->buf + out->used;
}

static inline void output_advance(struct output *out, size_t n)
{
	out->used += n;
}

static inline void output_char(struct output *out, char c)
{
	*output_reserve(out, 1) = c;
	output_advance(out, 1);
}

/* Bytes that do not fit at once. */
void output_long(struct output *out, const char *text, size_t len);

static inline void output_bytes(struct output *out, const char *text,
				size_t len)
{
	if (len > OUTPUT_BYTES - out->used) {
		output_long(out, text, len);
		return;
	}
	memcpy(out->buf + out->used, text, len);
	out->used += len;
}

static inline void output_text(struct output *out, const char *text)
{
	output_bytes(out, text, strlen(text));
}

void output_number(struct output *out, uint64_t value);

/*
 * Text that came from outside: control characters become \xNN, so it can
 * neither end a line nor talk to a terminal. strict: bytes that are not
 * UTF-8, and the control characters beyond ASCII, too.
 */
void output_escaped_bytes(struct output *out, const char *text, size_t len,
			  bool strict);

static inline void output_escaped(struct output *out, const char *text,
				  bool strict)
{
	output_escaped_bytes(out, text, strlen(text), strict);
}

/* The same, strict, of what printf(3) would make of it: up to 1,279 bytes. */
__attribute__((format(printf, 2, 3))) void
output_format_escaped(struct output *out, const char *format, ...);

/* Length of the UTF-8 character at p, before end; 0 if there is none. */
size_t utf8_length(const uint8_t *p, const uint8_t *end);

#endif
