/* SPDX-License-Identifier: MIT */
/*
 * Attaches a pair of programs to an interface, one for what comes in and one
 * for what goes out: by TCX links, or, where the kernel has none, as filters
 * of a clsact qdisc. Called by host.c and, for what dead sensors left behind,
 * by capture_clear(). One thread.
 *
 * A TCX link ends with the process that holds it. A filter does not: it stays
 * when a sensor is killed, harmless but not free. The next sensor takes its
 * place, if it gets the lock that the dead one had.
 */
#ifndef X0F_CAPTURE_TC_H
#define X0F_CAPTURE_TC_H

#include "capture.h"

#include "../../bpf/abi.h"

#define TC_DIRECTIONS 2

/* Zeroed: attached to nothing. */
struct tc {
	uint32_t ifindex; /* 0: not attached */
	char name[16];	  /* the interface's, for messages */
	bool is_tcx;
	bool has_made_qdisc;
	uint32_t priority; /* clsact: 1, or behind what cannot be shared */
	int lock;	   /* clsact: descriptor, while it is attached */
	struct {
		uint32_t program_id;
		int link;      /* TCX */
	} ends[TC_DIRECTIONS]; /* enum direction */
};

/*
 * programs: their descriptors, by enum direction. Must not be attached.
 * -ENODEV: no such interface; -EOPNOTSUPP: the kernel cannot, or not by the
 * hook that was asked for; -EBUSY: another sensor's filters are there;
 * -EPERM. Nothing is left behind on failure.
 */
int tc_attach(struct tc *tc, const char *name, uint32_t ifindex,
	      const int programs[TC_DIRECTIONS], enum capture_hook hook,
	      struct problem *problem);

/*
 * False: not attached (any more), and *problem says why. Asks the kernel, and
 * never waits.
 */
bool tc_is_well(const struct tc *tc, struct problem *problem);

void tc_detach(struct tc *tc);

/* In the child: closes the links and leaves attached what is. */
void tc_forget(struct tc *tc);

/*
 * Detaches every TCX link and removes every filter whose program's name
 * begins with PROGRAM_PREFIX, those of living sensors too. Returns how many,
 * or a negative errno.
 */
int tc_clear(const char *name, uint32_t ifindex, struct problem *problem);

#endif
