/* SPDX-License-Identifier: MIT */
/*
 * Mode inline: the header rings that all interfaces of a sensor share, and
 * one interface's TC programs. Called by capture.c; one thread but for the
 * sources. See capture.h for the order of calls.
 */
#ifndef X0F_CAPTURE_HOST_H
#define X0F_CAPTURE_HOST_H

#include "capture.h"
#include "interface.h"

/* One BPF ring buffer per possible CPU. */
struct header_rings;

int header_rings_open(struct header_rings **rings, uint32_t bytes_each,
		      uint32_t workers, struct problem *problem);
/* The rings of one worker: every workers-th CPU's, from its number on. */
struct source *header_rings_source(const struct header_rings *rings,
				   uint32_t worker);
uint64_t header_rings_memory_bytes(const struct header_rings *rings);
/* Events that nobody fetched, by interface position; after detaching. */
uint64_t header_rings_left(const struct header_rings *rings, uint8_t position);
void header_rings_forget(struct header_rings *rings);
void header_rings_close(struct header_rings *rings);

struct host;

struct host_request {
	const struct interface *interface;
	const struct capture_options *options;
	struct header_rings *rings;
	uint8_t position; /* of the interface in the segment */
	bool is_again;	  /* what was said of the kernel is not said anew */
};

/* hardware: ARPHRD_ */
bool host_begins_with_ip(uint16_t hardware);

/* -EOPNOTSUPP: packets there begin with neither Ethernet nor IP */
int host_open(struct host **host, const struct host_request *request,
	      struct problem *problem);
/* Also again, after the interface came back with another ifindex. */
int host_attach(struct host *host, uint32_t ifindex, struct problem *problem);
enum x0f_capture_mode host_mode(const struct host *host);
uint64_t host_memory_bytes(const struct host *host);
void host_forget(struct host *host);
bool host_is_well(struct host *host, struct problem *problem);
/* outcomes of *out */
void host_read(const struct host *host, struct x0f_segment_interface *out);
/*
 * Also where the interface is in another network namespace by now, and its
 * filters are out of reach: they deliver nothing any more.
 */
void host_detach(struct host *host);
/* NULL is fine. */
void host_close(struct host *host);

#endif
