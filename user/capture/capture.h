/* SPDX-License-Identifier: MIT */
/*
 * All that one sensor listens to, in either mode: loads and attaches the
 * kernel side, has the sources, looks after their health, takes everything
 * away again. Needs rights; called by the supervisor, which hands the sources
 * to its child by fork. One thread.
 *
 *	capture_open()    objects loaded, sockets bound, nothing attached yet
 *	  fork: the child keeps the sources, capture_forget() closes the rest
 *	capture_attach()  packets come
 *	capture_check()   now and then
 *	capture_detach()  nothing comes any more; what came can be drained
 *	capture_close()
 *
 * A capture_forget()ten one holds no descriptor of a BPF object, and its
 * sources need no bpf(2).
 */
#ifndef X0F_CAPTURE_CAPTURE_H
#define X0F_CAPTURE_CAPTURE_H

#include "filter.h"
#include "problem.h"
#include "source.h"

#include <x0f/ring.h>

#define CAPTURE_MOST_INTERFACES 64
#define CAPTURE_MOST_SOURCES 256
/* What a tap has by itself, one per queue */
#define CAPTURE_TAP_WORKERS_MOST 8

enum capture_kind { CAPTURE_INLINE, CAPTURE_TAP };

/* 0 is always: choose the best that works */
enum capture_hook { HOOK_AUTO, HOOK_TCX, HOOK_CLSACT };
enum capture_bind { BIND_AUTO, BIND_ZERO_COPY, BIND_COPY, BIND_GENERIC };

struct capture_options {
	enum capture_kind kind;
	const char *const *interfaces;
	uint32_t interface_count;
	const struct filter *filter; /* NULL: none; compiled */
	uint32_t workers;	     /* 0: min(queues, 8), inline 1 */
	enum capture_hook hook;	     /* inline */
	uint32_t header_ring_bytes;  /* inline, per CPU; 0: by CPUs */
	enum capture_bind bind;	     /* tap */
	uint32_t frames;	     /* tap, per queue; 0: by queues */
	bool pass_rest;		     /* tap */
	/*
	 * Interfaces that are not there yet are no error: they are
	 * X0F_INTERFACE_WAITING, and opened and attached when they come.
	 */
	bool wait_interface;
	/* gets one line for each thing that is degraded, with its cure */
	void (*warn)(void *ctx, const char *line);
	void *ctx;
};

/* One line to options->warn, if there is one. For the parts of capture. */
__attribute__((format(printf, 2, 3))) void
capture_warn(const struct capture_options *options, const char *format, ...);

struct capture;

/*
 * What options point to must live as long as the capture does.
 *
 * -ENODEV: no such interface, and none is waited for; -EBUSY: another program or sensor is there;
 * -EPERM: rights; -EADDRINUSE: the guard of tap refuses; -EOPNOTSUPP: kernel
 * or driver cannot. Nothing is left behind on failure.
 */
int capture_open(struct capture **capture,
		 const struct capture_options *options,
		 struct problem *problem);

/* The sources of one worker, 0 … capture_workers() - 1. */
uint32_t capture_workers(const struct capture *capture);
uint32_t capture_sources(const struct capture *capture, uint32_t worker,
			 struct source **sources, uint32_t room);

uint64_t capture_memory_bytes(const struct capture *capture);

/* In the child: closes all that only the supervisor may hold. */
void capture_forget(struct capture *capture);

int capture_attach(struct capture *capture, struct problem *problem);

/* What capture_check() found, worst last. */
enum capture_health {
	CAPTURE_WELL,
	/*
	 * there are sockets that the child does not have: end it,
	 * capture_reopen(), fork another. Said once; the others go on.
	 */
	CAPTURE_REOPEN,
	/* the guard: an interface became the host's own; all is detached */
	CAPTURE_GUARD,
};

/*
 * fd of a netlink socket: readable when an interface, address or route
 * changed, for the supervisor's poll(2). capture_check() reads it; call it
 * then, and ten times a second anyway. Lines about what changed go to
 * options.warn; with CAPTURE_GUARD *problem says what happened.
 */
int capture_fd(const struct capture *capture);
enum capture_health capture_check(struct capture *capture,
				  struct problem *problem);

/*
 * While somebody waits for the child instead of calling capture_check(): lets
 * go of what is the host's or another's by now, and opens nothing, as the child
 * would not have it. CAPTURE_WELL or CAPTURE_GUARD.
 */
enum capture_health capture_watch(struct capture *capture,
				  struct problem *problem);

/* Name, state, mode, outcomes and losses of one interface, by position. */
void capture_read_interface(const struct capture *capture, uint32_t position,
			    struct x0f_segment_interface *out);

/*
 * After the child's death: gives the next child sources that work; whatever it
 * died of, they go on where it stopped, with what came meanwhile. What is
 * attached stays so, and packets wait in the rings. Only where that cannot be,
 * or an interface has more queues now, AF_XDP sockets are closed and opened
 * anew, which may take a second, and counts as deaf. Then capture_attach(),
 * which leaves alone what is attached. Interfaces that refuse count as deaf and
 * are tried again by capture_check(), for whatever reason: 0 is returned.
 */
int capture_reopen(struct capture *capture, struct problem *problem);

/*
 * Detaches; then sources deliver what is left. capture_close() counts what
 * nobody fetched as X0F_LOSS_CLOSED before it goes: call
 * capture_read_interface() between the two for the final numbers.
 */
void capture_detach(struct capture *capture);
void capture_close(struct capture *capture);

/*
 * Removes what sensors left attached to an interface: links, programs,
 * filters whose program's name begins with x0f_. Returns how many, or a
 * negative errno; -EBUSY: what was removed is back, or its process may attach
 * it again. Takes a second if there was something.
 */
int capture_clear(const char *interface, struct problem *problem);

/* AF_XDP frames per queue, of so many queues, where nobody asks for others. */
uint32_t capture_default_frames(uint32_t queues);

#endif
