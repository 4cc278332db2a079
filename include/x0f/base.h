/* SPDX-License-Identifier: MIT */
/*
 * libx0f: names shared by every public header.
 *
 * libx0f turns the bytes of a frame into an observation, and an observation
 * into a verdict. It has no threads, no global state, no logging, and does no
 * I/O but reading database files. After a database is built nothing allocates.
 *
 * Unless a function says otherwise: pointers must not be NULL, nothing is
 * kept after the call returns, and objects that are only read may be shared by
 * any number of threads.
 */
#ifndef X0F_BASE_H
#define X0F_BASE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#define X0F_VERSION_MAJOR 0
#define X0F_VERSION_MINOR 1
#define X0F_VERSION_PATCH 0

#if defined(__GNUC__)
#define X0F_API __attribute__((visibility("default")))
#else
#define X0F_API
#endif

/* "nothing" wherever a position is given: no label, no signature, no link */
#define X0F_NONE UINT32_MAX

/*
 * Policy: 0 does what p0f 3.09b does, its slips included. Each mend below
 * repairs one slip; the default policy has them all. A policy is any
 * combination of mends.
 */
enum x0f_mend {
	/* VLAN tags (up to three) and PPPoE sessions on Ethernet are decoded;
	 * p0f leaves such frames (status X0F_TAGGED) */
	X0F_MEND_TAGS = 1u << 0,
	/* IPv6 extension headers are walked; p0f leaves such packets */
	X0F_MEND_EXTENSIONS = 1u << 1,
	/* a packet whose headers are whole is observed although its payload
	 * was not captured; p0f leaves it */
	X0F_MEND_SNAPLEN = 1u << 2,
	/* `ack+`: any ACK number other than 0; p0f looks at one bit of it */
	X0F_MEND_ACK = 1u << 3,
	/* `opt+`: any byte other than 0 behind EOL; p0f misses the last one */
	X0F_MEND_OPT = 1u << 4,
	/* an IPv6 flow label does not stop a `*` signature that says nothing
	 * of flow labels; in p0f no packet with a flow label matches one */
	X0F_MEND_FLOW = 1u << 5,
	/* a fuzzy application candidate (`!`) gives way to a later fuzzy
	 * system; in p0f it ends the search with no match at all */
	X0F_MEND_APPLICATION = 1u << 6,
	/* database: the field behind a random TTL (`64-:12:`) is read whole;
	 * p0f loses its first character */
	X0F_MEND_DASH = 1u << 7,
	/* a `4:` signature is for IPv4 packets and a `6:` one for IPv6; p0f
	 * compares the quirks, but never the version */
	X0F_MEND_VERSION = 1u << 8,
};

#define X0F_POLICY_P0F 0u
#define X0F_POLICY_X0F 0x1ffu

/* What x0f_observe() made of a frame. Every frame has exactly one status. */
enum x0f_status {
	X0F_OK,		   /* SYN or SYN+ACK, observed */
	X0F_SEGMENT,	   /* another TCP segment, observed (for the tracker) */
	X0F_TOO_SHORT,	   /* ends inside a header */
	X0F_NOT_IP,	   /* the link layer carries another protocol */
	X0F_TAGGED,	   /* VLAN or PPPoE, which policy p0f leaves */
	X0F_TOO_MANY_TAGS, /* more than three VLAN tags */
	X0F_BAD_IP,	   /* IP header contradicts itself */
	X0F_CUT,	   /* the capture holds less than the IP length */
	X0F_FRAGMENT,	   /* IP fragment: counted and left */
	X0F_EXTENSIONS,	   /* IPv6 extension headers not walked, or too many */
	X0F_NOT_TCP,	   /* IP carries another protocol */
	X0F_BAD_TCP,	   /* TCP header length impossible */
	X0F_BAD_FLAGS,	   /* TCP flags that no stack sends (SYN+FIN, none) */
	X0F_BAD_LINK,	   /* link type unknown to this library */
	X0F_STATUS_COUNT
};

/* One lower-case word or phrase per status, never NULL. */
X0F_API const char *x0f_status_name(enum x0f_status status);

/* "0.1.0" of the library that is linked, not of the header. */
X0F_API const char *x0f_version(void);

#ifdef __cplusplus
}
#endif
#endif
