/* SPDX-License-Identifier: MIT */
/*
 * What the files capture*.c share: one member per interface that was asked
 * for, whether it is there or not. One thread.
 */
#ifndef X0F_CAPTURE_CAPTURE_PARTS_H
#define X0F_CAPTURE_CAPTURE_PARTS_H

#include "host.h"
#include "tap.h"

/* An interface that is deaf is tried again after so long. */
#define RETRY_LEAST_MS 100
#define RETRY_MOST_MS 1000

struct member {
	const char *name;	    /* as it was asked for */
	struct interface interface; /* as last read; ifindex 0: never yet */
	struct tap *tap;	    /* of the two one at most, or neither */
	struct host *host;
	struct x0f_segment_interface past; /* counters of taps now closed */
	bool is_attached;		   /* or was when it became deaf */
	bool exists;
	uint32_t reattached;
	uint32_t pause_ms;
	uint64_t retry_ns;
	uint64_t deaf_since_ns; /* 0: it hears */
	uint64_t deaf_ns;	/* without the present time */
};

struct capture {
	struct capture_options options;
	struct header_rings *rings; /* inline */
	int watch_fd;		    /* -1: none */
	uint32_t workers;
	bool has_begun;	  /* attached once: errors are deafness now */
	bool is_detached; /* for good */
	uint64_t looked_ns;
	uint32_t member_count;
	struct member members[CAPTURE_MOST_INTERFACES];
};

uint64_t capture_now_ns(void);

static inline bool member_is_deaf(const struct member *member)
{
	return member->deaf_since_ns != 0;
}

static inline bool capture_is_tap(const struct capture *capture)
{
	return capture->options.kind == CAPTURE_TAP;
}

static inline uint32_t member_position(const struct capture *capture,
				       const struct member *member)
{
	return (uint32_t)(member - capture->members);
}

/* Adds outcomes and losses. */
void member_add_counters(struct x0f_segment_interface *sum,
			 const struct x0f_segment_interface *more);

/* Say so, once each; the reason may begin with the interface's name. */
void member_becomes_deaf(const struct capture *capture, struct member *member,
			 const char *reason);
void member_hears_again(const struct capture *capture, struct member *member);

/* Reads the interface and opens a tap or a host for it. */
int member_open(struct capture *capture, struct member *member,
		struct problem *problem);
int member_attach(struct member *member, struct problem *problem);

/* Reads its state anew, if it is still the same interface. */
void member_look(struct member *member);

#endif
