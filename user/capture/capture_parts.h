/* SPDX-License-Identifier: MIT */
/*
 * What the files capture*.c share: one member per interface that was asked
 * for, whether it is there or not. One thread.
 */
#ifndef X0F_CAPTURE_CAPTURE_PARTS_H
#define X0F_CAPTURE_CAPTURE_PARTS_H

#include "clock.h"
#include "host.h"
#include "tap.h"

struct member {
	const char *name;	      /* as it was asked for */
	struct interface interface;   /* as last read; ifindex 0: never yet */
	struct interface_setup setup; /* of a tap, also between two of them */
	struct tap *tap;	      /* of the two one at most, or neither */
	struct host *host;
	/* Its interface is gone; a reader may still fetch what came before. */
	struct tap *dead;
	struct x0f_segment_interface past; /* counters of what is closed */
	enum x0f_capture_mode mode;	   /* of what is closed */
	bool is_attached;		   /* or was, and still has what was */
	bool exists;
	bool is_new;	  /* a tap that no reader has yet: not attached */
	bool is_outgrown; /* it has more queues now than there are sockets */
	bool is_awaited;  /* not attached once yet: capture_wait.c */
	bool is_waiting;  /* awaited, and not there: no reason to be deaf */
	bool is_used;	  /* awaited tap: the guard refused it */
	uint32_t settling_index; /* tap: the one that came */
	uint64_t settled_ns;	 /* until when it is left alone */
	uint32_t reattached;
	uint32_t pause_ms;
	uint64_t retry_ns;
	uint64_t deaf_since_ns; /* 0: it hears */
	uint64_t deaf_ns;	/* without the present time */
	struct problem reason;	/* that it is deaf, as last said; "" */
	uint64_t said_ns;
};

struct capture {
	struct capture_options options;
	struct header_rings *rings; /* inline */
	int watch_fd;		    /* -1: none */
	uint32_t workers;
	bool has_begun;	  /* attached once: errors are deafness now */
	bool is_detached; /* for good */
	bool has_changed; /* something, since looked_ns */
	uint64_t looked_ns;
	uint64_t checked_ns;
	uint32_t member_count;
	struct member members[CAPTURE_MOST_INTERFACES];
};

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

/* Since now, unless it is so already; nothing is said. */
void member_begin_deafness(struct member *member);

/*
 * Say so, the first also when the reason is another than before; that may
 * begin with the interface's name.
 */
void member_becomes_deaf(const struct capture *capture, struct member *member,
			 const char *reason);
void member_hears_again(const struct capture *capture, struct member *member);

/* capture_advise.c: says what is not seen there, or seen twice. */
void member_advise(const struct capture *capture, const struct member *member);

/*
 * capture_wait.c. Its interface is not there: it is waited for, or -ENODEV with
 * what was said, and the option.
 */
int member_await(struct capture *capture, struct member *member,
		 struct problem *problem);
/* At the start: it went away while it was looked at, and may come again. */
bool member_may_come(const struct capture *capture, struct member *member);
/* Says so, once; after a time of being refused, again. */
void member_waits(const struct capture *capture, struct member *member);
/* It is no longer waiting, but here, and either attached or deaf. */
void member_stops_waiting(struct member *member);
/* Has just come: not yet the time for a tap to take it. */
bool member_is_settling(struct member *member);
/* It was attached, and may be again without that. */
void member_has_settled(struct member *member);
/* Some are not there yet. */
bool capture_awaits(const struct capture *capture);

uint32_t capture_queues(const struct capture *capture);

/* Reads the interface, if only to see whether it is there. */
int member_read(struct capture *capture, struct member *member,
		struct problem *problem);

/*
 * Opens a tap or a host for the interface that was read. A tap that may not
 * wait is refused at once where its queues are busy.
 */
int member_open(struct capture *capture, struct member *member, bool may_wait,
		struct problem *problem);
int member_attach(struct member *member, struct problem *problem);
void member_detach(struct member *member);

/*
 * Deaf: lets go of what will not hear again as it is, at once, as programs and
 * links go on where the interface is now. Sockets that lack but their program
 * stay.
 */
void member_retire(struct member *member);

/* Of another interface than the wanted one: lets go of it, though it is well. */
void member_leave(struct member *member);

/* What a reader that is dead by now had of taps that are retired is lost. */
void member_bury(struct member *member);

/* New sockets, if the reader's cannot be read on by another. */
void member_renew(struct capture *capture, struct member *member,
		  struct problem *problem);
void member_close(struct member *member);

/* Outcomes, losses, and fill_ring_empty, of all that it ever had. */
void member_read_counters(const struct capture *capture,
			  const struct member *member,
			  struct x0f_segment_interface *out);

/*
 * Reads its state anew; of one that hears, by its number, whatever it is called
 * now. False: its name is another's now, which is wanted.
 */
bool member_look(struct member *member);

#endif
