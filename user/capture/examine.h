/* SPDX-License-Identifier: MIT */
/*
 * What there is to know of a host and of one of its interfaces beyond
 * interface.h, for `x0f check`: plain facts, which others judge. Nothing is
 * attached or changed; a BPF program of two instructions is loaded and dropped
 * again. What may not be asked, or is not known, is said to be unknown, so
 * nothing here fails. One thread.
 */
#ifndef X0F_CAPTURE_EXAMINE_H
#define X0F_CAPTURE_EXAMINE_H

#include "interface.h"

#include <linux/netlink.h>

/* ----------------------------------------------------------------- host -- */

struct examined_host {
	char release[65]; /* as uname -r says it */
	uint32_t major;
	uint32_t minor;
	uint32_t cpus;	 /* that this process may use */
	bool is_root;	 /* by number, whatever that is worth here */
	uint64_t rights; /* effective, by CAP_ */
	bool is_debian;	 /* or made of it: has apt-get */
	bool has_af_xdp;
	int load_error;		/* 0: BPF programs load; else why not */
	int jit;		/* of BPF; -1: not known */
	int unprivileged;	/* kernel.unprivileged_bpf_disabled; -1 */
	uint64_t memlock_bytes; /* the soft limit; UINT64_MAX: none */
	uint64_t memory_kib;	/* available; 0: not known */
	uint32_t huge_pages;	/* free ones of 2 MiB */
};

void examine_host(struct examined_host *host);

/* number: CAP_NET_ADMIN … */
static inline bool examined_right(const struct examined_host *host, int number)
{
	return host->rights >> number & 1;
}

/* ----------------------------------------------------------------- link -- */

#define EXAMINED_KIND 16

/* Names of other interfaces; what does not fit is counted. */
struct examined_names {
	char text[128]; /* joined by blanks */
	char first[16];
	uint32_t count;
};

struct examined_link {
	uint32_t ifindex;	       /* whose, set by the caller */
	char kind[EXAMINED_KIND];      /* "veth", "bridge" …, "" hardware */
	char port_kind[EXAMINED_KIND]; /* of what it belongs to */
	uint32_t master;
	char master_name[16];
	uint32_t lower; /* that it stands on, or its other end; 0: none here */
	char lower_name[16];
	bool lower_is_elsewhere;       /* in another network namespace */
	uint32_t vlan;		       /* its number, for kind "vlan" */
	uint32_t promiscuity;	       /* how many want it */
	struct examined_names members; /* of a bridge or a bond */
	struct examined_names uppers;  /* VLANs, macvlans … on it */
	struct examined_names tunnels; /* likewise, but they wrap packets up */
	bool has_link_local;	       /* an address that is good here only */
};

void examine_link(struct examined_link *link, uint32_t ifindex);

/* A link of that kind shows a part of what the one below it has. */
bool examined_is_part(const char *kind);

/* ctx: struct examined_link. One link of a dump, its own or another. */
void examine_link_visit(void *ctx, const struct nlmsghdr *message);

/* ----------------------------------------------------------------- card -- */

struct examined_feature {
	bool is_known;
	bool is_on;
	bool is_changeable;
};

struct examined_card {
	char bus[32]; /* "0000:01:00.0"; "" none */
	struct examined_feature lro;
	struct examined_feature gro_hardware;
	struct examined_feature vlan_stripping;
	/* of a veth pair's other end: leaves tags outside of the bytes */
	struct examined_feature peer_tagging;
	uint32_t ring;	      /* receive descriptors per queue; 0: not known */
	uint32_t ring_most;   /* as many are possible */
	uint32_t queues_most; /* 0: not known */
	bool has_combined;    /* queues are set as "combined", not "rx" */
	bool knows_rss;
	bool is_rss_symmetric;
	uint32_t rss_key_bytes; /* 0: the key cannot be set */
	bool knows_xdp; /* else: by the driver's name, if that is known */
	bool has_native_xdp;
	bool has_zero_copy;
};

void examine_card(struct examined_card *card,
		  const struct interface *interface);

/* Adds what matters of the other end of a veth pair. */
void examine_peer(struct examined_card *card, const char *peer);

/* Toeplitz with such a key gives both directions of a flow the same hash. */
bool examine_is_symmetric_key(const uint8_t *key, uint32_t len);

/* What the kernel says, or the driver's name, of XDP; see struct above. */
void examine_xdp(struct examined_card *card, uint32_t ifindex,
		 const char *driver);

/* ------------------------------------------------------------- programs -- */

enum program_hook {
	PROGRAM_XDP_NATIVE,
	PROGRAM_XDP_GENERIC,
	PROGRAM_XDP_OFFLOADED,
	PROGRAM_TCX_IN,
	PROGRAM_TCX_OUT,
	PROGRAM_CLSACT_IN,
	PROGRAM_CLSACT_OUT,
};

struct examined_program {
	enum program_hook hook;
	uint32_t id;	   /* 0: a filter that is no BPF program */
	uint32_t link_id;  /* XDP, attached by a link that we may see; else 0 */
	uint32_t priority; /* clsact */
	char name[16];	   /* "" not readable */
	bool is_ours;
};

/* More than that on one interface are not listed. */
#define EXAMINED_PROGRAMS 32

struct examined_programs {
	struct examined_program items[EXAMINED_PROGRAMS];
	uint32_t count;
	bool has_tcx;	/* the kernel has it, as far as can be told */
	bool knows_tcx; /* its programs could be listed */
};

void examine_programs(struct examined_programs *programs, uint32_t ifindex,
		      const struct examined_host *host);

static inline bool examined_is_xdp(const struct examined_program *program)
{
	return program->hook <= PROGRAM_XDP_OFFLOADED;
}

#endif
