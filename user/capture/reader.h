/* SPDX-License-Identifier: MIT */
/*
 * What the parts of the capture file reader share: file.c opens and tells
 * the formats apart, pcap.c and pcapng.c read one each.
 */
#ifndef X0F_CAPTURE_READER_H
#define X0F_CAPTURE_READER_H

#include "file.h"
#include "stream.h"

/* The file's first four bytes, read in the byte order of this machine. */
enum capture_magic {
	MAGIC_MICROSECONDS = 0xa1b2c3d4u,
	MAGIC_NANOSECONDS = 0xa1b23c4du,
	MAGIC_MODIFIED = 0xa1b2cd34u, /* Kuznetsov's: longer records */
	MAGIC_PCAPNG = 0x0a0d0d0au,   /* reads the same in both orders */
};

struct capture_interface {
	uint64_t units;	  /* of time in a second */
	int64_t offset_s; /* added to every time */
	uint32_t dlt;
	uint32_t snaplen;	       /* 0: no limit */
	char name[MAX_INTERFACE_NAME]; /* "": not known */
};

struct capture_file {
	struct stream stream;
	int (*next)(struct capture_file *file, struct capture_packet *packet,
		    struct capture_error *error);
	uint64_t size;
	uint64_t packets;
	uint64_t record; /* where the record or block at hand begins */
	bool as_p0f;	 /* capture_file_imitate_p0f() */
	struct capture_interface first; /* of the file; for as_p0f */
	bool swapped;	  /* numbers are in the other byte order */
	bool was_swapped; /* in the section before */
	/* pcap */
	uint32_t ns_per_tick;
	uint32_t record_header_len;
	bool lengths_swapped; /* before version 2.3 */
	/* pcapng: of the section at hand; pcap: one */
	struct capture_interface *interfaces;
	uint32_t interface_count;
	uint32_t interface_room;
};

static inline uint32_t capture_u32(const struct capture_file *file,
				   const uint8_t *p)
{
	uint32_t v;

	__builtin_memcpy(&v, p, sizeof(v));
	return file->swapped ? __builtin_bswap32(v) : v;
}

static inline uint64_t capture_u64(const struct capture_file *file,
				   const uint8_t *p)
{
	uint64_t v;

	__builtin_memcpy(&v, p, sizeof(v));
	return file->swapped ? __builtin_bswap64(v) : v;
}

static inline uint16_t capture_u16(const struct capture_file *file,
				   const uint8_t *p)
{
	uint16_t v;

	__builtin_memcpy(&v, p, sizeof(v));
	return file->swapped ? __builtin_bswap16(v) : v;
}

/* Fills *error for the record at hand and returns -EBADMSG. */
__attribute__((format(printf, 3, 4))) int
capture_damaged(const struct capture_file *file, struct capture_error *error,
		const char *format, ...);

/* The same where the file ends inside of a record of len bytes. */
int capture_cut_off(const struct capture_file *file,
		    struct capture_error *error, uint64_t len);

/*
 * The file ends where len bytes were asked for: 0 if that is where a record
 * would begin, else -EBADMSG.
 */
int capture_end(const struct capture_file *file, struct capture_error *error,
		uint64_t len);

/*
 * A new interface with everything 0, or NULL: out of memory, or above
 * MAX_INTERFACES.
 */
struct capture_interface *capture_add_interface(struct capture_file *file);

/* The snapshot length as libpcap understands it. */
static inline uint32_t
capture_snaplen(const struct capture_interface *interface)
{
	uint32_t snaplen = interface->snaplen;

	return snaplen && snaplen < MAX_PACKET_BYTES ? snaplen :
						       MAX_PACKET_BYTES;
}

/*
 * Read the file header, of which at least 24 bytes are buffered. Return 0,
 * or -EINVAL with *error.
 */
int pcap_begin(struct capture_file *file, uint32_t magic,
	       struct capture_error *error);
int pcapng_begin(struct capture_file *file, struct capture_error *error);

/* Body of a block that describes an interface, without its options */
#define PCAPNG_INTERFACE_BYTES 8

/* Takes the description of an interface. Returns 0 or a negative errno. */
int pcapng_add_interface(struct capture_file *file, const uint8_t *body,
			 uint32_t len, struct capture_error *error);

/* Times that do not fit into 64 bits of ns stay at the end they ran over. */
uint64_t pcapng_time_ns(const struct capture_interface *interface,
			uint64_t ticks);

#endif
