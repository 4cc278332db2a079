/* SPDX-License-Identifier: MIT */
/*
 * The pcapng format: blocks of type, length, body, length. Sections may
 * follow each other, each with its own byte order and interfaces. Three kinds
 * of block carry packets; kinds that are not known are skipped unread. Called
 * through file->next.
 */
#include "reader.h"

#include <errno.h>
#include <string.h>

enum block_type {
	BLOCK_SECTION = 0x0a0d0d0a,
	BLOCK_INTERFACE = 1,
	BLOCK_PACKET = 2, /* obsolete */
	BLOCK_SIMPLE = 3,
	BLOCK_ENHANCED = 6,
};

#define BYTE_ORDER_MAGIC 0x1a2b3c4du

/* Type and length in front, length again behind. */
#define BLOCK_HEADER_BYTES 8
#define BLOCK_FRAME_BYTES 12

/* Bodies without what may follow: data, options. */
#define SECTION_BODY_BYTES 16
#define SIMPLE_BODY_BYTES 4
#define PACKET_BODY_BYTES 20

struct block {
	uint32_t type;
	uint32_t len; /* all of it */
	const uint8_t *body;
	uint32_t body_len;
};

/* Returns what stream_need() does. */
static int read_header(struct capture_file *file, struct block *block)
{
	const uint8_t *p;
	int ret = stream_need(&file->stream, BLOCK_FRAME_BYTES, &p);

	if (ret <= 0)
		return ret;
	block->type = capture_u32(file, p);
	/* A section's byte order is known by the word behind its length. */
	if (block->type == BLOCK_SECTION) {
		uint32_t magic;

		memcpy(&magic, p + BLOCK_HEADER_BYTES, sizeof(magic));
		file->swapped = magic == __builtin_bswap32(BYTE_ORDER_MAGIC);
	}
	block->len = capture_u32(file, p + 4);
	return 1;
}

static bool holds_packet(uint32_t type)
{
	return type == BLOCK_ENHANCED || type == BLOCK_SIMPLE ||
	       type == BLOCK_PACKET;
}

static uint32_t smallest_body(uint32_t type)
{
	switch (type) {
	case BLOCK_SECTION:
		return SECTION_BODY_BYTES;
	case BLOCK_INTERFACE:
		return PCAPNG_INTERFACE_BYTES;
	case BLOCK_SIMPLE:
		return SIMPLE_BODY_BYTES;
	case BLOCK_ENHANCED:
	case BLOCK_PACKET:
		return PACKET_BODY_BYTES;
	default:
		return 0;
	}
}

static int check_length(const struct capture_file *file,
			const struct block *block, struct capture_error *error)
{
	uint32_t least = BLOCK_FRAME_BYTES + smallest_body(block->type);

	if (block->len < least || block->len % 4)
		return capture_damaged(file, error,
				       "block of type %u says that it is %u "
				       "bytes long",
				       block->type, block->len);
	if (least > BLOCK_FRAME_BYTES && block->len > MAX_BLOCK_BYTES)
		return capture_damaged(file, error,
				       "block of %u bytes, more than %u",
				       block->len, MAX_BLOCK_BYTES);
	return 0;
}

/*
 * Finds the next block that has to be looked into; the others are skipped.
 * Returns 1, 0 at the end of the file, or a negative errno.
 */
static int find_block(struct capture_file *file, struct block *block,
		      struct capture_error *error)
{
	struct stream *s = &file->stream;
	int ret;

	for (;;) {
		ret = read_header(file, block);
		if (ret < 0)
			return ret;
		/* The block before this one was skipped, but is not there. */
		if (!ret && s->skip)
			return capture_cut_off(file, error,
					       s->offset - file->record);
		file->record = s->offset;
		if (!ret)
			return capture_end(file, error, BLOCK_FRAME_BYTES);
		ret = check_length(file, block, error);
		if (ret)
			return ret;
		if (smallest_body(block->type))
			return 1;
		stream_skip(s, block->len);
	}
}

/* The same, with the block in one piece. The caller consumes it. */
static int next_block(struct capture_file *file, struct block *block,
		      struct capture_error *error)
{
	const uint8_t *p;
	uint32_t len;
	int ret;

	ret = find_block(file, block, error);
	if (ret <= 0)
		return ret;
	ret = stream_need(&file->stream, block->len, &p);
	if (ret < 0)
		return ret;
	if (!ret)
		return capture_cut_off(file, error, block->len);
	len = capture_u32(file, p + block->len - sizeof(len));
	if (len != block->len)
		return capture_damaged(file, error,
				       "block begins with length %u, "
				       "but ends with %u",
				       block->len, len);
	block->body = p + BLOCK_HEADER_BYTES;
	block->body_len = block->len - BLOCK_FRAME_BYTES;
	return 1;
}

static int begin_section(struct capture_file *file, const struct block *block,
			 struct capture_error *error)
{
	uint32_t magic = capture_u32(file, block->body);
	uint16_t major = capture_u16(file, block->body + 4);

	if (magic != BYTE_ORDER_MAGIC)
		return capture_damaged(file, error,
				       "section with byte order %08x", magic);
	if (major != 1)
		return capture_damaged(file, error,
				       "pcapng version %u is unknown", major);
	if (file->as_p0f && file->next && file->swapped != file->was_swapped)
		return capture_damaged(file, error,
				       "section in another byte "
				       "order: p0f ends here");
	file->was_swapped = file->swapped;
	file->interface_count = 0;
	return 0;
}

/* Data that begins at `at` in the body; the rest of *packet is filled. */
static int finish_packet(const struct capture_file *file,
			 const struct block *block, uint32_t at,
			 struct capture_packet *packet,
			 struct capture_error *error)
{
	if (packet->caplen > MAX_PACKET_BYTES ||
	    packet->caplen > block->body_len - at)
		return capture_damaged(file, error,
				       "packet of %u bytes in a block of %u",
				       packet->caplen, block->len);
	if (file->as_p0f && packet->caplen > capture_snaplen(&file->first))
		return capture_damaged(file, error,
				       "packet of %u bytes, more than the "
				       "snapshot length %u: p0f ends here",
				       packet->caplen,
				       capture_snaplen(&file->first));
	if (packet->wirelen < packet->caplen && file->as_p0f)
		packet->caplen = packet->wirelen;
	if (packet->wirelen < packet->caplen)
		packet->wirelen = packet->caplen;
	packet->data = block->body + at;
	packet->dlt = file->interfaces[packet->interface].dlt;
	packet->offset = file->record;
	return 1;
}

static int no_interface(const struct capture_file *file, uint32_t interface,
			struct capture_error *error)
{
	return capture_damaged(file, error,
			       "packet of interface %u, but %u were described",
			       interface, file->interface_count);
}

static int simple_packet(const struct capture_file *file,
			 const struct block *block,
			 struct capture_packet *packet,
			 struct capture_error *error)
{
	uint32_t room = block->body_len - SIMPLE_BODY_BYTES;
	uint32_t snaplen;

	if (!file->interface_count)
		return no_interface(file, 0, error);
	packet->interface = 0;
	packet->time_ns = 0;
	packet->wirelen = capture_u32(file, block->body);
	packet->caplen = packet->wirelen;
	snaplen = file->interfaces[0].snaplen;
	if (snaplen && packet->caplen > snaplen)
		packet->caplen = snaplen;
	/* Writers that do not know their snaplen let the block's end say it. */
	if (packet->caplen > room)
		packet->caplen = room;
	return finish_packet(file, block, SIMPLE_BODY_BYTES, packet, error);
}

static int timed_packet(const struct capture_file *file,
			const struct block *block,
			struct capture_packet *packet,
			struct capture_error *error)
{
	const uint8_t *p = block->body;

	packet->interface = block->type == BLOCK_PACKET ? capture_u16(file, p) :
							  capture_u32(file, p);
	if (packet->interface >= file->interface_count)
		return no_interface(file, packet->interface, error);
	packet->time_ns = pcapng_time_ns(&file->interfaces[packet->interface],
					 (uint64_t)capture_u32(file, p + 4)
							 << 32 |
						 capture_u32(file, p + 8));
	packet->caplen = capture_u32(file, p + 12);
	packet->wirelen = capture_u32(file, p + 16);
	return finish_packet(file, block, PACKET_BODY_BYTES, packet, error);
}

/* Blocks that describe what follows. */
static int take_description(struct capture_file *file,
			    const struct block *block,
			    struct capture_error *error)
{
	if (block->type == BLOCK_SECTION)
		return begin_section(file, block, error);
	return pcapng_add_interface(file, block->body, block->body_len, error);
}

static int pcapng_next(struct capture_file *file, struct capture_packet *packet,
		       struct capture_error *error)
{
	struct block block;
	int ret;

	for (;;) {
		ret = next_block(file, &block, error);
		if (ret <= 0)
			return ret;
		if (holds_packet(block.type))
			break;
		ret = take_description(file, &block, error);
		if (ret)
			return ret;
		stream_take(&file->stream, block.len);
	}
	if (block.type == BLOCK_SIMPLE)
		ret = simple_packet(file, &block, packet, error);
	else
		ret = timed_packet(file, &block, packet, error);
	if (ret > 0)
		stream_take(&file->stream, block.len);
	return ret;
}

int pcapng_begin(struct capture_file *file, struct capture_error *error)
{
	struct block block;
	int ret = next_block(file, &block, error);

	if (ret > 0) {
		ret = begin_section(file, &block, error);
		stream_take(&file->stream, block.len);
	}
	if (ret == -EBADMSG)
		ret = -EINVAL;
	file->next = pcapng_next;
	return ret;
}
