/* SPDX-License-Identifier: MIT */
/*
 * Capture files: pcap and pcapng, from a path or from standard input, read as
 * a stream in constant memory. Every length in such a file is hostile. One
 * thread per reader.
 */
#ifndef X0F_CAPTURE_FILE_H
#define X0F_CAPTURE_FILE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct capture_file;

struct capture_packet {
	const uint8_t *data; /* valid until the next call */
	uint32_t caplen;
	uint32_t wirelen;   /* never below caplen */
	uint32_t dlt;	    /* LINKTYPE_ number of its interface */
	uint32_t interface; /* pcapng: interface number; pcap: 0 */
	uint64_t time_ns;   /* since 1970, 0 where the file has no time */
	uint64_t number;    /* from 1 */
	uint64_t offset;    /* of the packet's record in the file */
};

struct capture_error {
	uint64_t packet; /* the packet that could not be read, from 1 */
	uint64_t offset; /* of the record or block at fault */
	char message[160];
};

/*
 * Opens a file, "-" is standard input. Returns 0, or: -ENOENT, -EACCES,
 * -EISDIR and so on from the system; -EINVAL: not a capture file (*error).
 */
int capture_file_open(struct capture_file **file, const char *path,
		      struct capture_error *error);

/*
 * The same over a whole file in memory, which is copied; for tests and
 * fuzzers.
 */
int capture_file_open_memory(struct capture_file **file, const void *data,
			     size_t len, struct capture_error *error);

/*
 * Has call(ctx) called before each read(2) from the file: it may block, so
 * now is the time to hand on what was found so far.
 */
void capture_file_before_read(struct capture_file *file,
			      void (*call)(void *ctx), void *ctx);

/*
 * From here on the file is read with the habits of libpcap 1.10 and p0f, for
 * --compat p0f: packets are cut to the file's snapshot length and to their
 * length on the wire; damage is: a packet of pcapng above the snapshot
 * length, a section in another byte order, an interface that differs from the
 * first in link type or snapshot length. A fraction of a second stays below one.
 */
void capture_file_imitate_p0f(struct capture_file *file);

/*
 * The next packet: 1 with *packet filled, 0 at the proper end of the file,
 * -EBADMSG where the file is cut off or damaged (*error says where), or
 * another negative errno when reading failed. -EINTR: a signal came, nothing
 * is lost, call again.
 */
int capture_file_next(struct capture_file *file, struct capture_packet *packet,
		      struct capture_error *error);

/*
 * Link type of the file's first interface. False: not known, which can be so
 * before the first packet of pcapng is read, and remain so when none is.
 */
bool capture_file_link_type(const struct capture_file *file, uint32_t *dlt);

/*
 * Name of a pcapng interface (if_name), or NULL. Valid until the next call
 * of capture_file_next().
 */
const char *capture_file_interface(const struct capture_file *file,
				   uint32_t interface);

/* Bytes consumed so far, and the size of the file (0: not known, a pipe). */
uint64_t capture_file_position(const struct capture_file *file);
uint64_t capture_file_size(const struct capture_file *file);

void capture_file_close(struct capture_file *file);

#endif
