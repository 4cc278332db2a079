/* SPDX-License-Identifier: MIT */
/*
 * The classic pcap format, little-endian; see pcap_write.h.
 */
#include "pcap_write.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

/* draft-ietf-opsawg-pcap */
#define MAGIC_MICROSECONDS 0xa1b2c3d4u
#define MAGIC_NANOSECONDS 0xa1b23c4du
#define SNAPLEN 262144
#define LINKTYPE_ETHERNET 1

enum { RECORD_HEADER = 16 };

static uint8_t *put16_le(uint8_t *p, uint32_t n)
{
	p[0] = (uint8_t)n;
	p[1] = (uint8_t)(n >> 8);
	return p + 2;
}

static uint8_t *put32_le(uint8_t *p, uint32_t n)
{
	return put16_le(put16_le(p, n), n >> 16);
}

int pcap_write_end(struct pcap_writer *writer)
{
	size_t done = 0;

	while (done < writer->used) {
		ssize_t n = write(writer->fd, writer->buffer + done,
				  writer->used - done);

		if (n < 0)
			return -errno;
		done += (size_t)n;
	}
	writer->used = 0;
	return 0;
}

static int make_room(struct pcap_writer *writer, size_t len)
{
	if (sizeof(writer->buffer) - writer->used >= len)
		return 0;
	return pcap_write_end(writer);
}

int pcap_write_begin(struct pcap_writer *writer, int fd, bool has_nanoseconds)
{
	uint8_t *p = writer->buffer;

	writer->fd = fd;
	writer->has_nanoseconds = has_nanoseconds;
	p = put32_le(p,
		     has_nanoseconds ? MAGIC_NANOSECONDS : MAGIC_MICROSECONDS);
	p = put16_le(p, 2); /* version 2.4 */
	p = put16_le(p, 4);
	p = put32_le(p, 0);
	p = put32_le(p, 0);
	p = put32_le(p, SNAPLEN);
	p = put32_le(p, LINKTYPE_ETHERNET);
	writer->used = (size_t)(p - writer->buffer);
	return 0;
}

int pcap_write_frame(struct pcap_writer *writer, uint64_t time_ns,
		     const void *frame, size_t len)
{
	uint32_t part = (uint32_t)(time_ns % 1000000000);
	int ret = make_room(writer, RECORD_HEADER + len);
	uint8_t *p = writer->buffer + writer->used;

	if (ret)
		return ret;
	p = put32_le(p, (uint32_t)(time_ns / 1000000000));
	p = put32_le(p, writer->has_nanoseconds ? part : part / 1000);
	p = put32_le(p, (uint32_t)len);
	p = put32_le(p, (uint32_t)len);
	memcpy(p, frame, len);
	writer->used += RECORD_HEADER + len;
	return 0;
}
