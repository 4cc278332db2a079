/* SPDX-License-Identifier: MIT */
/*
 * The tracker: what one packet does not say by itself. Flow memory matches a
 * SYN+ACK with its SYN; clock memory turns TCP timestamps into uptime.
 *
 * Both are tables of fixed size in memory of the caller. An entry is two
 * 64-bit words, each read and written whole, that prove each other: a torn
 * read is a miss. So any number of threads may share one tracker; a race
 * costs at most a forgotten entry, or an uptime that is reported twice where
 * two threads see the first segments of one direction at the same time.
 *
 * Time is the packet's: the tracker never asks for the clock.
 */
#ifndef X0F_TRACKER_H
#define X0F_TRACKER_H

#include "observe.h"

#ifdef __cplusplus
extern "C" {
#endif

struct x0f_tracker;

struct x0f_tracker_options {
	size_t sz;	 /* sizeof(struct x0f_tracker_options) */
	uint32_t flows;	 /* entries; up to a power of two, at most 2^28 */
	uint32_t clocks; /* entries; likewise */
	uint32_t flow_s; /* how long a SYN is remembered; 0: 30, at most a day */
	/* shortest interval for uptime; below 25 it is 25, at most 600,000 */
	uint32_t min_clock_ms;
	uint8_t key[16]; /* random on a live wire; constant for files */
};

/* Bytes that a tracker with these options needs; 0 if they make no sense. */
X0F_API size_t x0f_tracker_size(const struct x0f_tracker_options *options);

/*
 * Builds a tracker in mem, which the caller owns, keeps alive and frees
 * afterwards; there is no close. mem must be aligned to 64 bytes.
 * Returns 0, or -EINVAL: options, alignment or len do not do.
 */
X0F_API int x0f_tracker_init(struct x0f_tracker **tracker, void *mem,
			     size_t len,
			     const struct x0f_tracker_options *options);

enum x0f_track_flag {
	X0F_TRACK_REPEATED = 1u << 0,	  /* this SYN or SYN+ACK came before */
	X0F_TRACK_LONE = 1u << 1,	  /* SYN+ACK whose SYN is not known */
	X0F_TRACK_PEER = 1u << 2,	  /* SYN+ACK whose SYN is known */
	X0F_TRACK_UPTIME = 1u << 3,	  /* uptime is filled */
	X0F_TRACK_CONTRADICTED = 1u << 4, /* the uptime reported before was
					     wrong; said once */
};

struct x0f_uptime {
	uint32_t minutes;
	uint32_t modulo_days; /* the clock wraps after so many days */
	uint32_t hz;	      /* rounded as p0f does */
	uint32_t ticks;	      /* measured: ticks … */
	uint32_t interval_ms; /* … in this time; raw Hz is the ratio */
	uint8_t from_server;  /* whose clock */
	uint8_t unreliable;   /* this pair's clock contradicted itself */
	uint8_t reserved[2];
};

struct x0f_track {
	uint32_t flags; /* enum x0f_track_flag */
	struct x0f_uptime uptime;
};

/*
 * Shows one segment to the tracker, after x0f_observe() and before
 * x0f_match(): a SYN+ACK gets its SYN's MSS (x0f_obs_set_peer_mss()).
 *
 * now_ns: the packet's time. Uptime is reported once per address pair and
 * direction, as long as the pair is not silent for ten minutes. Never
 * allocates, never fails. Any thread.
 */
X0F_API void x0f_tracker_see(struct x0f_tracker *tracker, struct x0f_obs *obs,
			     uint64_t now_ns, struct x0f_track *track);

enum x0f_clock {
	X0F_CLOCK_WAIT, /* too early, too late, or too few ticks to say */
	X0F_CLOCK_GOOD, /* *uptime is filled, but for from_server */
	X0F_CLOCK_BAD,	/* no clock of 0.7 to 1500 Hz does this */
};

/*
 * p0f's arithmetic for two timestamps of one clock, interval_ms apart.
 */
X0F_API enum x0f_clock x0f_clock_estimate(uint32_t ts_before, uint32_t ts_now,
					  uint64_t interval_ms,
					  struct x0f_uptime *uptime);

#ifdef __cplusplus
}
#endif
#endif
