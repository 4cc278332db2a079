/* SPDX-License-Identifier: MIT */
/*
 * The buffer under a capture file. What is left of the buffer moves to its
 * front before each read, so the bytes in use stay in the first 256 KiB and
 * a cache keeps them; a record that is larger takes the room behind.
 */
#include "stream.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

static void move_to_front(struct stream *s)
{
	size_t left = stream_buffered(s);

	if (!s->start)
		return;
	memmove(s->buf, s->buf + s->start, left);
	s->start = 0;
	s->end = left;
}

/* Returns 1, 0 at the end of the file, or a negative errno. */
static int read_more(struct stream *s)
{
	ssize_t n;

	if (s->fd < 0)
		return 0;
	move_to_front(s);
	if (s->before_read)
		s->before_read(s->ctx);
	n = read(s->fd, s->buf + s->end, READ_BYTES);
	if (n < 0)
		return -errno;
	s->end += (size_t)n;
	return n > 0;
}

/* Throws away what was skipped before it was read. */
static int finish_skip(struct stream *s)
{
	while (s->skip) {
		size_t left = stream_buffered(s);
		size_t n = s->skip < left ? (size_t)s->skip : left;
		int ret;

		s->start += n;
		s->skip -= n;
		if (!s->skip)
			break;
		ret = read_more(s);
		if (ret <= 0)
			return ret;
	}
	return 1;
}

int stream_fill(struct stream *s, size_t n)
{
	int ret = finish_skip(s);

	while (ret > 0 && stream_buffered(s) < n)
		ret = read_more(s);
	return ret;
}

void stream_skip(struct stream *s, uint64_t n)
{
	s->offset += n;
	s->skip += n;
}
