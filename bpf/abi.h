/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * What the programs in the kernel and user space agree on: defines and plain
 * structs, nothing else. Both sides include it; bpf/ for itself, user/capture
 * for whoever is in user space.
 */
#ifndef X0F_BPF_ABI_H
#define X0F_BPF_ABI_H

#include <linux/types.h>

/*
 * In the objects of ingress.bpf.c and host.bpf.c, as the first word of their
 * section .rodata.config; user space refuses an object with another one.
 */
#define ABI_NUMBER 1

/*
 * Names, at most 15 bytes. Programs are found again by theirs, when what a
 * dead sensor left behind is cleared away: all begin with x0f_.
 */
#define PROGRAM_PREFIX "x0f_"

/* Header bytes of one packet that the host's program copies. */
#define HEADER_BYTES 192

/*
 * Outcomes, in the order of enum x0f_outcome (include/x0f/ring.h); user space
 * asserts that they are the same.
 */
enum outcome {
	OUTCOME_DELIVERED,
	OUTCOME_NO_SOCKET,
	OUTCOME_RING_FULL,
	OUTCOME_NOT_COPIED,
	OUTCOME_FILTERED,
	OUTCOME_OTHER_TCP,
	OUTCOME_NOT_TCP,
	OUTCOME_NOT_IP,
	OUTCOME_TOO_SHORT,
	OUTCOME_FRAGMENT,
	OUTCOME_TAGS,
	OUTCOME_EXTENSIONS,
	OUTCOME_BAD_IP,
	OUTCOME_BAD_FLAGS,
	OUTCOME_COUNT,
};

/*
 * Map x0f_counters: BPF_MAP_TYPE_ARRAY with BPF_F_MMAPABLE, one entry per
 * possible CPU, so that counting needs no atomics and reading no system call.
 */
struct counters {
	__u64 outcomes[16]; /* OUTCOME_COUNT of them; two cache lines */
};

enum direction { DIRECTION_INGRESS, DIRECTION_EGRESS };

/*
 * One packet in a header ring. A VLAN tag that the kernel had moved into
 * metadata is back where it was on the wire.
 */
struct header_event {
	__u64 time_ns; /* CLOCK_MONOTONIC */
	__u32 wire_len;
	__u8 len; /* bytes of data */
	__u8 direction;
	__u8 interface; /* position, as user space numbered them */
	__u8 is_raw;	/* data begins with the IP header: no Ethernet */
	__u8 data[HEADER_BYTES];
};

/*
 * Map x0f_wake: ARRAY, MMAPABLE, one per ring. Not 0: the reader sleeps, or is
 * about to.
 *
 * Reader: sets `sleeping` to 1, full barrier, looks for records, then poll();
 * afterwards sets it to 0. Kernel: makes a record visible (its commit is a
 * full barrier), then looks at `sleeping`; if it is set, takes it back to 0
 * and wakes. So one of the two sees the other, and a sleep costs one wake.
 *
 * What wakes is one more record, of 8 bytes and discarded: readers of a ring
 * must skip records with BPF_RINGBUF_DISCARD_BIT, as they have to anyway.
 */
struct wake {
	__u32 sleeping;
	__u32 reserved[15]; /* a cache line each */
};

/*
 * Filters: 64 rules, one bit each (user/capture/filter.h has the algebra).
 * With s and d the masks of a packet's two ends on one axis, the rules that
 * it matches there are  s.src & d.dst & (s.either[i] | d.either[i]) for all i.
 */
#define FILTER_EITHER_TERMS 4

struct filter_end {
	__u64 src;
	__u64 dst;
	__u64 either[FILTER_EITHER_TERMS];
};

/* Key of the prefix trie. Both versions have an entry for all addresses. */
struct filter_prefix {
	__u32 bits;	  /* of what follows, that count: 8 and the prefix's */
	__u8 version;	  /* 4 or 6 */
	__u8 address[16]; /* IPv4: the first four */
	__u8 reserved[3];
};

/*
 * Map x0f_filter: ARRAY_OF_MAPS with one entry; its inner map (ARRAY of one)
 * is replaced as a whole, which is the moment that new rules hold. It names
 * the slot of the other two that belongs to it: in x0f_prefixes an inner map
 * (LPM_TRIE of struct filter_end), in x0f_ports (ARRAY of struct filter_end,
 * MMAPABLE) the FILTER_PORTS entries from slot * FILTER_PORTS on. Where no
 * rules are expected, x0f_ports has one entry, and rules are refused.
 */
struct filter_head {
	__u32 enabled;	/* 0: everything passes, no end is looked up */
	__u32 slot;	/* 0 or 1 */
	__u64 kinds[2]; /* rules that take a SYN, a SYN+ACK */
	__u64 allow;
	__u64 deny;
};

#define FILTER_SLOTS 2
#define FILTER_PORTS 65536

/* .rodata.config of ingress.bpf.c and host.bpf.c, set before loading */
struct prefilter_config {
	__u32 abi;	  /* ABI_NUMBER; the object's own, never overwritten */
	__u32 interface;  /* position, for header_event */
	__u32 pass_rest;  /* tap: what is not wanted goes to the stack */
	__u32 is_raw;	  /* host: no Ethernet header on this device */
	__u32 ring_count; /* host: header rings, one per possible CPU */
};

/*
 * Map x0f_frames of frames.bpf.c: ARRAY, MMAPABLE: what the generator sends.
 */
#define FRAME_BYTES 252
#define FRAME_COUNT 4096
struct frame {
	__u32 len;
	__u8 data[FRAME_BYTES];
};

#endif
