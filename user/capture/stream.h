/* SPDX-License-Identifier: MIT */
/*
 * A file descriptor read as a stream in constant memory: a regular file, a
 * FIFO or standard input alike. Callers ask for n bytes in one piece and get
 * a pointer into the buffer. Used by the capture file reader; one thread.
 */
#ifndef X0F_CAPTURE_STREAM_H
#define X0F_CAPTURE_STREAM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "limits.h"

#define STREAM_BUFFER_BYTES (MAX_BLOCK_BYTES + READ_BYTES)

struct stream {
	int fd;		 /* -1: everything is in the buffer already */
	uint64_t offset; /* of the first byte that is not consumed */
	uint64_t skip;	 /* consumed, but not read yet */
	size_t start;	 /* what is buffered is [start, end) */
	size_t end;
	void (*before_read)(void *ctx); /* NULL, or: a read may block now */
	void *ctx;
	uint8_t *buf; /* STREAM_BUFFER_BYTES */
};

static inline size_t stream_buffered(const struct stream *s)
{
	return s->end - s->start;
}

/* The slow half of stream_need(). */
int stream_fill(struct stream *s, size_t n);

/*
 * Makes n bytes (at most MAX_BLOCK_BYTES) available at *p until the next
 * call. Returns 1; 0 where the file ends before, with what is left still
 * buffered; or a negative errno. After -EINTR the call may be repeated.
 */
static inline int stream_need(struct stream *s, size_t n, const uint8_t **p)
{
	int ret = 1;

	if (s->skip || stream_buffered(s) < n)
		ret = stream_fill(s, n);
	*p = s->buf + s->start;
	return ret;
}

/* Consumes n bytes, which need not have been read yet. Never blocks. */
void stream_skip(struct stream *s, uint64_t n);

/* Consumes n bytes that stream_need() has given. */
static inline void stream_take(struct stream *s, size_t n)
{
	s->start += n;
	s->offset += n;
}

#endif
