/* SPDX-License-Identifier: MIT */
/*
 * From a signature to a packet that it matches exactly: what `x0f db test`
 * holds against the databases and demonstrations are made of. The same input
 * gives the same bytes. No state, no allocation; any thread.
 */
#ifndef X0F_CAPTURE_SYNTH_H
#define X0F_CAPTURE_SYNTH_H

#include <x0f/x0f.h>

/* IPv4 with all options, TCP with all options, payload; IPv6 is shorter */
#define SYNTH_BYTES 128

/* What the signature leaves open. Begin with synth_defaults. */
struct synth_options {
	uint32_t policy;     /* under which the packet has to match */
	uint8_t ip_version;  /* 4 or 6; 0: of the signature, 4 for `*` */
	uint8_t hops;	     /* below the initial TTL */
	uint8_t wscale;	     /* for `*` */
	bool has_payload;    /* for `*` */
	uint16_t mss;	     /* for `*`, if the window allows it */
	uint16_t window;     /* for `*`, and about so large for `%N` */
	uint16_t peer_mss;   /* preferred, where one is needed */
	uint32_t flow_label; /* IPv6, where the signature allows one */
	uint16_t src_port;   /* 0: 49152 and 443, by direction */
	uint16_t dst_port;
	uint32_t seq;	    /* 0: some number */
	uint32_t ack;	    /* of a SYN+ACK; 0: some number */
	const uint8_t *src; /* 4 or 16 bytes; NULL: for documentation */
	const uint8_t *dst;
};

/* Policy x0f, and values that are common. */
extern const struct synth_options synth_defaults;

/* Why there is no packet. */
enum synth_problem {
	SYNTH_OK,
	SYNTH_NO_ROOM,	       /* the buffer is too small */
	SYNTH_IP_VERSION,      /* the signature is for the other one */
	SYNTH_IP_OPTIONS,      /* length impossible in this IP version */
	SYNTH_HOPS,	       /* nothing left of the TTL */
	SYNTH_BEHIND_EOL,      /* an option behind EOL */
	SYNTH_OPTION_BYTES,    /* more than 40 bytes of TCP options */
	SYNTH_OPTION_SIZE,     /* not a multiple of four */
	SYNTH_MSS,	       /* no option that could carry it */
	SYNTH_WSCALE,	       /* likewise, or `exws` says otherwise */
	SYNTH_QUIRK_ID,	       /* df, id+, id- contradict each other */
	SYNTH_QUIRK_VERSION,   /* 0+ in IPv6 */
	SYNTH_QUIRK_ACK,       /* ack+ in a SYN+ACK, ack- in a SYN */
	SYNTH_QUIRK_URGENT,    /* uptr+ and urgf+ */
	SYNTH_QUIRK_TIMESTAMP, /* ts1-, ts2+ without ts; ts2+ in a SYN+ACK */
	SYNTH_QUIRK_PADDING,   /* opt+ without bytes behind EOL */
	SYNTH_QUIRK_BAD,       /* no option that could be malformed */
	SYNTH_WINDOW,	       /* no window is this multiple */
	SYNTH_OTHER,	       /* the fields contradict each other */
	SYNTH_PROBLEM_COUNT
};

/* What became of it. */
struct synth_result {
	enum synth_problem problem;
	/*
	 * MSS of the SYN that a SYN+ACK has to answer for its window to be
	 * understood, for x0f_obs_set_peer_mss(); 0: any
	 */
	uint16_t peer_mss;
	struct x0f_obs obs; /* of the frame, with that peer MSS */
};

/*
 * Writes a frame of link type RAW with right lengths and checksums. Returns
 * its length, or 0 with result->problem saying why the signature matches no
 * packet of this IP version.
 */
size_t synth_frame(const struct x0f_sig *sig,
		   const struct synth_options *options,
		   struct synth_result *result, uint8_t *buf, size_t room);

/* "opt+ without bytes behind eol", never NULL. */
const char *synth_problem_text(enum synth_problem problem);

#endif
