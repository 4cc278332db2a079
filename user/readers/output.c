/* SPDX-License-Identifier: MIT */
/*
 * Buffered output. Printers call it for each piece of a line.
 */
#include "output.h"

#include <errno.h>
#include <poll.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

void output_open(struct output *out, int fd)
{
	out->fd = fd;
	out->error = 0;
	out->used = 0;
	out->written = 0;
	out->held = NULL;
	out->held_len = 0;
	out->held_room = 0;
}

/* Somebody who shares a terminal or a pipe may have said O_NONBLOCK. */
static void wait_for_room(int fd)
{
	struct pollfd room = { .fd = fd, .events = POLLOUT };

	poll(&room, 1, -1);
}

static void write_buffer(struct output *out)
{
	size_t done = 0;

	while (!out->error && done < out->used) {
		ssize_t n = write(out->fd, out->buf + done, out->used - done);

		if (n >= 0)
			done += (size_t)n;
		else if (errno == EAGAIN)
			wait_for_room(out->fd);
		else if (errno != EINTR)
			out->error = -errno;
	}
	out->written += done;
}

static void hold_buffer(struct output *out)
{
	if (out->held_room - out->held_len < out->used) {
		size_t room = (out->held_room + OUTPUT_BYTES) * 2;
		char *held = realloc(out->held, room);

		if (!held) {
			out->error = -ENOMEM;
			return;
		}
		out->held = held;
		out->held_room = room;
	}
	memcpy(out->held + out->held_len, out->buf, out->used);
	out->held_len += out->used;
}

int output_flush(struct output *out)
{
	if (out->fd < 0 && out->used)
		hold_buffer(out);
	else
		write_buffer(out);
	/* What could not be written is gone: the error is what remains. */
	out->used = 0;
	return out->error;
}

void output_move(struct output *to, struct output *from)
{
	int error = output_flush(from);

	if (error && !to->error)
		to->error = error;
	if (from->held_len)
		output_bytes(to, from->held, from->held_len);
	from->held_len = 0;
}

void output_free(struct output *out)
{
	free(out->held);
	out->held = NULL;
}

void output_long(struct output *out, const char *text, size_t len)
{
	while (len) {
		size_t room = OUTPUT_BYTES - out->used;
		size_t n = len < room ? len : room;

		memcpy(out->buf + out->used, text, n);
		out->used += n;
		text += n;
		len -= n;
		if (out->used == OUTPUT_BYTES)
			output_flush(out);
	}
}

void output_number(struct output *out, uint64_t value)
{
	char digits[20];
	size_t n = sizeof(digits);

	do {
		digits[--n] = (char)('0' + value % 10);
		value /= 10;
	} while (value);
	output_bytes(out, digits + n, sizeof(digits) - n);
}

/* Bounds of the second byte, which rule out what RFC 3629 forbids. */
static bool second_byte_fits(uint8_t first, uint8_t second)
{
	switch (first) {
	case 0xe0: /* longer than needed */
		return second >= 0xa0 && second <= 0xbf;
	case 0xed: /* surrogates */
		return second >= 0x80 && second <= 0x9f;
	case 0xf0: /* longer than needed */
		return second >= 0x90 && second <= 0xbf;
	case 0xf4: /* above U+10FFFF */
		return second >= 0x80 && second <= 0x8f;
	default:
		return second >= 0x80 && second <= 0xbf;
	}
}

size_t utf8_length(const uint8_t *p, const uint8_t *end)
{
	size_t len;

	if (p >= end)
		return 0;
	if (*p < 0x80)
		return 1;
	if (*p < 0xc2 || *p > 0xf4)
		return 0;
	len = *p < 0xe0 ? 2 : *p < 0xf0 ? 3 : 4;
	if ((size_t)(end - p) < len || !second_byte_fits(*p, p[1]))
		return 0;
	for (size_t i = 2; i < len; i++) {
		if ((p[i] & 0xc0) != 0x80)
			return 0;
	}
	return len;
}

/* Bytes at p that may be shown as they are; 0: escape the first one. */
static size_t plain_length(const uint8_t *p, const uint8_t *end, bool strict)
{
	size_t len;

	if (*p < 0x20 || *p == 0x7f)
		return 0;
	if (!strict)
		return 1;
	len = utf8_length(p, end);
	/* U+0080 to U+009F: a terminal may take them for ESC sequences. */
	if (len == 2 && *p == 0xc2 && p[1] < 0xa0)
		return 0;
	return len;
}

/* As many bytes from p on as may be shown as they are. */
static size_t plain_run(const uint8_t *p, const uint8_t *end, bool strict)
{
	const uint8_t *begin = p;

	while (p < end) {
		size_t n = plain_length(p, end, strict);

		if (!n)
			break;
		p += n;
	}
	return (size_t)(p - begin);
}

void output_escaped_bytes(struct output *out, const char *text, size_t len,
			  bool strict)
{
	static const char hex[] = "0123456789abcdef";
	const uint8_t *p = (const uint8_t *)text;
	const uint8_t *end = p + len;

	while (p < end) {
		size_t n = plain_run(p, end, strict);

		output_bytes(out, (const char *)p, n);
		p += n;
		if (p == end)
			break;
		output_bytes(out, "\\x", 2);
		output_char(out, hex[*p >> 4]);
		output_char(out, hex[*p & 15]);
		p++;
	}
}

void output_format_escaped(struct output *out, const char *format, ...)
{
	char text[1280];
	va_list args;

	va_start(args, format);
	vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	output_escaped(out, text, true);
}
