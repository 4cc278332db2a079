/* SPDX-License-Identifier: MIT */
/*
 * Writes a pcap file of Ethernet frames, the same bytes on every machine. One
 * thread per writer.
 */
#ifndef X0F_CAPTURE_PCAP_WRITE_H
#define X0F_CAPTURE_PCAP_WRITE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct pcap_writer {
	int fd; /* stays the caller's */
	bool has_nanoseconds;
	size_t used;
	uint8_t buffer[64 * 1024];
};

/*
 * Each returns 0 or the negative errno of write(2); -EINTR: a signal came
 * while it waited, and the file is not whole.
 */
int pcap_write_begin(struct pcap_writer *writer, int fd, bool has_nanoseconds);

/* time_ns since 1970, rounded down; len: at most 64 KiB - 16 */
int pcap_write_frame(struct pcap_writer *writer, uint64_t time_ns,
		     const void *frame, size_t len);

/* What is still in the buffer. */
int pcap_write_end(struct pcap_writer *writer);

#endif
