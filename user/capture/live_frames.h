/* SPDX-License-Identifier: MIT */
/*
 * Frames received by a veth interface at millions per second, without anybody
 * sending: the kernel runs the interface's XDP program on them
 * (BPF_PROG_TEST_RUN, live frames), and what that program decides happens.
 * For benchmarks and tests of a sensor in mode tap. Needs root. One thread.
 *
 *	live_frames_open()	one per interface at a time; two would hang
 *				the machine, so that is refused
 *	live_frames_load()	what to send
 *	live_frames_attach()	our program in front of the sensor's
 *	live_frames_run()	as often as wanted
 *	live_frames_close()	the sensor's program stands alone again
 *
 * A process of its own holds what is needed to put the sensor's program back,
 * and does so when this one ends, however it ends.
 */
#ifndef X0F_CAPTURE_LIVE_FRAMES_H
#define X0F_CAPTURE_LIVE_FRAMES_H

#include "../../bpf/abi.h"
#include "problem.h"

#include <stdbool.h>
#include <stdint.h>

struct live_frames;

/*
 * -ENODEV: no such interface; -EOPNOTSUPP: not a veth; -ENETDOWN; -EBUSY:
 * another generator, or an XDP program that is not a sensor's; -EPERM.
 */
int live_frames_open(struct live_frames **live, const char *interface,
		     struct problem *problem);

/* 1 to FRAME_COUNT of them; sent in order, again and again. */
int live_frames_load(struct live_frames *live, const struct frame *frames,
		     uint32_t count, struct problem *problem);

int live_frames_attach(struct live_frames *live, struct problem *problem);

/*
 * Sends so many, and returns when they have been received. -EINTR: a signal
 * came first; live_frames_sent() is right all the same. -ENOLINK: the sensor's
 * program is not attached any more.
 */
int live_frames_run(struct live_frames *live, uint32_t count,
		    struct problem *problem);

/* Since it was opened. */
uint64_t live_frames_sent(const struct live_frames *live);

/* A sensor's program gets the frames; else they are dropped. */
bool live_frames_has_sensor(const struct live_frames *live);

/*
 * NULL is fine. Returns 0, or with *problem an errno where the sensor's
 * program could not be put back.
 */
int live_frames_close(struct live_frames *live, struct problem *problem);

#endif
