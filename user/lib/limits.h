/* SPDX-License-Identifier: MIT */
/*
 * Every limit of libx0f in one place, with its reason and what it costs.
 */
#ifndef X0F_LIB_LIMITS_H
#define X0F_LIB_LIMITS_H

/*
 * IPv6 extension headers that are walked. RFC 8200 recommends at most one of
 * each of six kinds, destination options twice; eight leaves one to spare.
 */
#define MAX_EXTENSION_HEADERS 8

/* p0f looks for no multiple below this MSS: nearly any number divides */
#define MIN_MULTIPLE_MSS 100

/* p0f's bounds for `mss*N`, `mtu*N` in a signature */
#define MAX_MULTIPLIER 1000

/*
 * A database file: p0f's is 32 KiB; 100,000 signatures take 8 MiB. Bounds
 * what a mistyped path (a capture, a device) can make us read.
 */
#define MAX_DB_FILE_BYTES (16u << 20)

/* Sources of one database; each costs nothing. Fits struct x0f_sig.source. */
#define MAX_DB_SOURCES 64

/* Clocks: p0f's constants (spec §12) */
#define CLOCK_MIN_MS 25
#define CLOCK_MAX_MS (10 * 60 * 1000)
#define CLOCK_MIN_TICKS 5
#define CLOCK_GRACE_MS 100
#define CLOCK_GRACE_TICKS 15 /* thousands of ticks */
#define CLOCK_MIN_DECIHZ 7   /* 0.7 Hz */
#define CLOCK_MAX_HZ 1500

/* Tracker: ways of one bucket, 16 bytes each, so two cache lines a bucket */
#define TRACKER_WAYS 8
/* Packets of several queues, or of two capture points, meet this much late */
#define TABLE_REORDER_MS 2000
/* Data in a SYN that its SYN+ACK may acknowledge: at most one packet's */
#define TRACKER_SYN_DATA 65535
/* A tracker of 2^28 entries would take 4 GiB; more is a mistake */
#define TRACKER_MAX_ENTRIES (1u << 28)
/* p0f's -t: a SYN waits this long for its SYN+ACK */
#define TRACKER_FLOW_S 30

/*
 * Reader of a segment: what it may claim to have. Costs 24 bytes per worker
 * and 8 per label; a sensor has at most 1,024 and 16,384.
 */
#define RING_WORKERS 4096
#define RING_LABELS 65536
/* struct x0f_record.interface has eight bits */
#define RING_INTERFACES 256
/* One string of a label, as sensors cut them */
#define RING_TEXT_BYTES 1024
/*
 * How long a waiting reader sleeps before it looks whether the sensor is
 * still there: half of what x0f_ring_wait() promises. Costs 20 calls a second.
 */
#define RING_WAIT_SLICE_MS 50

#endif
