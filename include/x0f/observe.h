/* SPDX-License-Identifier: MIT */
/*
 * Frame to observation. An observation is a plain struct that is useful
 * without a database: everything that the headers of one TCP segment say,
 * named and typed, in host byte order.
 */
#ifndef X0F_OBSERVE_H
#define X0F_OBSERVE_H

#include "base.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Link types that x0f_observe() decodes. */
enum x0f_link {
	X0F_LINK_UNKNOWN,
	X0F_LINK_ETHERNET, /* with up to three VLAN tags, and PPPoE */
	X0F_LINK_RAW,	   /* IPv4 or IPv6 header first */
	X0F_LINK_NULL,	   /* BSD loopback, family in the host's order */
	X0F_LINK_LOOP,	   /* OpenBSD loopback, family in network order */
	X0F_LINK_PPP,	   /* PPP with or without address and control */
	X0F_LINK_PPPOE,	   /* PPPoE session header first */
	X0F_LINK_SLL,	   /* Linux cooked v1 */
	X0F_LINK_SLL2,	   /* Linux cooked v2 */
	X0F_LINK_COUNT
};

/*
 * The link type for a LINKTYPE_ or DLT_ number of a capture file, or
 * X0F_LINK_UNKNOWN.
 */
X0F_API enum x0f_link x0f_link_from_dlt(uint32_t dlt);

enum x0f_kind {
	X0F_KIND_SYN,
	X0F_KIND_SYNACK,
	X0F_KIND_ACK, /* ACK alone: data or pure acknowledgement */
	X0F_KIND_FIN, /* FIN, with or without ACK */
	X0F_KIND_RST, /* RST, with or without ACK */
};

/* Quirks, in the order in which they are printed. */
enum x0f_quirk {
	X0F_QUIRK_DF = 1u << 0,		 /* df: don't fragment */
	X0F_QUIRK_ID_SET = 1u << 1,	 /* id+: DF and IP ID not 0 */
	X0F_QUIRK_ID_ZERO = 1u << 2,	 /* id-: no DF and IP ID 0 */
	X0F_QUIRK_ECN = 1u << 3,	 /* ecn: IP ECN, ECE, CWR or NS */
	X0F_QUIRK_RESERVED = 1u << 4,	 /* 0+: reserved IPv4 flag */
	X0F_QUIRK_FLOW = 1u << 5,	 /* flow: IPv6 flow label not 0 */
	X0F_QUIRK_SEQ_ZERO = 1u << 6,	 /* seq-: sequence number 0 */
	X0F_QUIRK_ACK_SET = 1u << 7,	 /* ack+: ACK number without ACK */
	X0F_QUIRK_ACK_ZERO = 1u << 8,	 /* ack-: ACK with ACK number 0 */
	X0F_QUIRK_URG_SET = 1u << 9,	 /* uptr+: pointer without URG */
	X0F_QUIRK_URG_FLAG = 1u << 10,	 /* urgf+: URG */
	X0F_QUIRK_PUSH = 1u << 11,	 /* pushf+: PSH */
	X0F_QUIRK_TS_ZERO = 1u << 12,	 /* ts1-: own timestamp 0 */
	X0F_QUIRK_TS_PEER = 1u << 13,	 /* ts2+: peer timestamp on a SYN */
	X0F_QUIRK_PADDING = 1u << 14,	 /* opt+: bytes not 0 behind EOL */
	X0F_QUIRK_WSCALE_BIG = 1u << 15, /* exws: window scale above 14 */
	X0F_QUIRK_BAD = 1u << 16,	 /* bad: malformed options */
	X0F_QUIRK_ALL = (1u << 17) - 1,
};

/* Options that were there, for fields whose 0 could also mean "absent". */
enum x0f_option {
	X0F_HAS_MSS = 1u << 0,
	X0F_HAS_WSCALE = 1u << 1,
	X0F_HAS_SACK_OK = 1u << 2,
	X0F_HAS_TIMESTAMP = 1u << 3,
};

enum x0f_window {
	X0F_WINDOW_LITERAL,  /* no multiple found */
	X0F_WINDOW_MSS,	     /* window_multiple times an MSS */
	X0F_WINDOW_MTU,	     /* window_multiple times an MTU */
	X0F_WINDOW_MULTIPLE, /* signatures only: %N */
	X0F_WINDOW_ANY,	     /* signatures only: * */
};

#define X0F_MAX_OPTIONS 24
#define X0F_MAX_VLANS 3

/*
 * One TCP segment. IPv4 addresses are in the first four bytes, the rest is 0.
 * 192 bytes, no pointers; bytes of `reserved` are 0 and may get a meaning.
 */
struct x0f_obs {
	uint8_t src[16];
	uint8_t dst[16];
	uint16_t src_port;
	uint16_t dst_port;
	uint32_t seq;
	uint32_t ack;
	uint32_t ts_val;	 /* own timestamp, 0 if none */
	uint32_t ts_ecr;	 /* peer's timestamp, 0 if none */
	uint32_t quirks;	 /* enum x0f_quirk */
	uint32_t flow_label;	 /* IPv6, 20 bits */
	uint32_t payload_len;	 /* as the IP length says */
	uint32_t mtu;		 /* MSS + 40 (IPv4) or + 60 (IPv6); 0: no MSS */
	uint16_t ip_offset;	 /* of the IP header in the frame */
	uint16_t payload_offset; /* in the frame; may lie at its end */
	uint16_t header_len;	 /* IP and TCP header, options included */
	uint16_t mss;		 /* 0 if none */
	uint16_t window;	 /* as sent, never scaled */
	uint16_t window_multiple; /* 0 if window_kind is LITERAL */
	uint16_t peer_mss;	  /* SYN+ACK: MSS of its SYN, 0 unknown */
	uint16_t ip_id;
	uint16_t vlan[X0F_MAX_VLANS]; /* outermost first, TCI as sent */
	uint8_t vlan_count;
	uint8_t kind;	     /* enum x0f_kind */
	uint8_t ip_version;  /* 4 or 6 */
	uint8_t ttl;	     /* as received */
	uint8_t initial_ttl; /* guess: 32, 64, 128 or 255 */
	uint8_t ip_option_len;
	uint8_t dscp;
	uint8_t tcp_flags;
	uint8_t wscale;	     /* 0 if none */
	uint8_t window_kind; /* enum x0f_window */
	uint8_t has;	     /* enum x0f_option */
	uint8_t option_count;
	uint8_t eol_padding;		       /* bytes behind EOL */
	uint8_t has_payload;		       /* payload class: 0 or 1 */
	uint8_t option_kinds[X0F_MAX_OPTIONS]; /* on-wire order, rest 0 */
	uint16_t extension_len; /* IPv6 extension headers, in header_len too */
	uint8_t ip_ecn;		/* the two ECN bits of the IP header */
	uint8_t reserved[61];
};

/*
 * Decodes one frame.
 *
 * frame, caplen: the bytes that were captured; wirelen: what was on the wire
 * (never less; pass caplen where unknown). Any bytes are safe.
 *
 * Returns X0F_OK or X0F_SEGMENT with *obs filled, any other status with *obs
 * undefined. Never allocates, never fails otherwise. Any thread.
 */
X0F_API enum x0f_status x0f_observe(const void *frame, size_t caplen,
				    size_t wirelen, enum x0f_link link,
				    uint32_t policy, struct x0f_obs *obs);

/*
 * Says which MSS the SYN had that this SYN+ACK answers, and looks for the
 * window's multiple again. The tracker does it by itself. 0: not known.
 */
X0F_API void x0f_obs_set_peer_mss(struct x0f_obs *obs, uint16_t mss);

/* Name of one quirk bit as signatures spell it ("id+"), or NULL. */
X0F_API const char *x0f_quirk_name(uint32_t bit);

/* Name of a TCP option kind as signatures spell it, NULL: `?kind`. */
X0F_API const char *x0f_option_name(uint8_t kind);

#ifdef __cplusplus
}
#endif
#endif
