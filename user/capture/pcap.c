/* SPDX-License-Identifier: MIT */
/*
 * The pcap format: a header of 24 bytes, then records of 16 (or, with the
 * modified magic, 24) bytes and the packet. Called through file->next.
 */
#include "reader.h"

#include <errno.h>
#include <string.h>

/* Upper bits of the link type say how long the frame check sequence is. */
#define LINK_TYPE_MASK 0x03ffffffu

#define FILE_HEADER_BYTES 24
#define RECORD_HEADER_BYTES 16
#define MODIFIED_HEADER_BYTES 24

#define NS_PER_S 1000000000ull

static int read_lengths(const struct capture_file *file, const uint8_t *p,
			struct capture_packet *packet,
			struct capture_error *error)
{
	uint32_t caplen = capture_u32(file, p + 8);
	uint32_t wirelen = capture_u32(file, p + 12);

	if (file->lengths_swapped && caplen > wirelen) {
		packet->caplen = wirelen;
		packet->wirelen = caplen;
	} else {
		packet->caplen = caplen;
		packet->wirelen = wirelen > caplen ? wirelen : caplen;
	}
	if (packet->caplen > MAX_PACKET_BYTES)
		return capture_damaged(file, error,
				       "packet of %u bytes, more than %u",
				       packet->caplen, MAX_PACKET_BYTES);
	return 0;
}

static void cut_as_p0f(const struct capture_file *file, uint32_t wirelen,
		       struct capture_packet *packet)
{
	uint32_t snaplen = capture_snaplen(&file->interfaces[0]);

	if (packet->caplen > snaplen)
		packet->caplen = snaplen;
	if (packet->caplen > wirelen)
		packet->caplen = wirelen;
}

static uint64_t time_in_ns(const struct capture_file *file, const uint8_t *p)
{
	uint64_t second = capture_u32(file, p);
	uint64_t fraction = (uint64_t)capture_u32(file, p + 4) *
			    file->ns_per_tick;

	if (fraction >= NS_PER_S && file->as_p0f)
		fraction = NS_PER_S - 1;
	return second * NS_PER_S + fraction;
}

static int pcap_next(struct capture_file *file, struct capture_packet *packet,
		     struct capture_error *error)
{
	struct stream *s = &file->stream;
	uint32_t header_len = file->record_header_len;
	const uint8_t *p;
	size_t len;
	int ret;

	file->record = s->offset;
	ret = stream_need(s, header_len, &p);
	if (ret < 0)
		return ret;
	if (!ret)
		return capture_end(file, error, header_len);
	ret = read_lengths(file, p, packet, error);
	if (ret)
		return ret;
	len = header_len + (size_t)packet->caplen;
	ret = stream_need(s, len, &p);
	if (ret < 0)
		return ret;
	if (!ret)
		return capture_cut_off(file, error, len);
	packet->data = p + header_len;
	packet->dlt = file->interfaces[0].dlt;
	packet->interface = 0;
	packet->time_ns = time_in_ns(file, p);
	packet->offset = file->record;
	if (file->as_p0f)
		cut_as_p0f(file, capture_u32(file, p + 12), packet);
	stream_take(s, len);
	return 1;
}

/* Sets what the magic says; -ENOTSUP: it is none of pcap's. */
static int read_magic(struct capture_file *file, uint32_t magic)
{
	file->ns_per_tick = 1000;
	file->record_header_len = RECORD_HEADER_BYTES;
	switch (magic) {
	case MAGIC_MICROSECONDS:
		return 0;
	case MAGIC_NANOSECONDS:
		file->ns_per_tick = 1;
		return 0;
	case MAGIC_MODIFIED:
		file->record_header_len = MODIFIED_HEADER_BYTES;
		return 0;
	default:
		return -ENOTSUP;
	}
}

int pcap_begin(struct capture_file *file, uint32_t magic,
	       struct capture_error *error)
{
	struct capture_interface *interface;
	const uint8_t *p = file->stream.buf + file->stream.start;
	uint32_t version;

	if (read_magic(file, magic)) {
		file->swapped = true;
		if (read_magic(file, __builtin_bswap32(magic)))
			return -ENOTSUP;
	}
	interface = capture_add_interface(file);
	if (!interface)
		return -ENOMEM;
	version = capture_u16(file, p + 4) * 1000u + capture_u16(file, p + 6);
	if (version / 1000 != 2) {
		capture_damaged(file, error, "pcap version %u.%u is unknown",
				version / 1000, version % 1000);
		return -EINVAL;
	}
	file->lengths_swapped = version <= 2003;
	interface->snaplen = capture_u32(file, p + 16);
	interface->dlt = capture_u32(file, p + 20) & LINK_TYPE_MASK;
	file->next = pcap_next;
	stream_take(&file->stream, FILE_HEADER_BYTES);
	return 0;
}
