/* SPDX-License-Identifier: MIT */
/*
 * Where the IP header of a frame begins, as p0f sees it: a fixed number of
 * bytes per link type, whatever the frame says, or else the first place in
 * the first frame that looks like TCP over IP. Called by compat.c for each
 * packet. One thread.
 *
 * A VLAN tag is therefore taken for the IP header, and the 4-byte header of
 * OpenBSD's loopback for one of 8: p0f has no records for such captures.
 */
#include "link.h"

#define SEARCH_END 40 /* p0f looks no deeper than byte 38 */
#define MIN_IPV4 40   /* IPv4 and TCP header */
#define MIN_IPV6 60
#define PROTOCOL_TCP 6

static const struct {
	uint32_t dlt;
	uint32_t offset;
} offsets[] = {
	{ 0, 4 },    /* BSD loopback */
	{ 1, 14 },   /* Ethernet */
	{ 9, 4 },    /* PPP */
	{ 12, 0 },   /* raw IP, as DLT_ number */
	{ 50, 8 },   /* PPP in HDLC-like framing */
	{ 51, 8 },   /* PPPoE session */
	{ 101, 0 },  /* raw IP */
	{ 105, 32 }, /* IEEE 802.11 */
	{ 108, 8 },  /* OpenBSD loopback; 4 would be right */
	{ 113, 16 }, /* Linux cooked v1 */
	{ 117, 28 }, /* pflog */
};

static bool looks_like_tcp(const uint8_t *ip, size_t len)
{
	if (ip[0] >> 4 == 6 && len >= MIN_IPV6 && ip[6] == PROTOCOL_TCP)
		return true;
	return ip[0] >> 4 == 4 && ip[9] == PROTOCOL_TCP;
}

static void search(struct compat_link *link, const uint8_t *frame, size_t len)
{
	uint32_t at;

	for (at = 0; at < SEARCH_END && len >= at + MIN_IPV4; at += 2) {
		if (!looks_like_tcp(frame + at, len - at))
			continue;
		link->offset = at;
		/* p0f wants the tag counted in, then skips too little */
		if (at >= 4 && frame[at - 4] == 0x81 && frame[at - 3] == 0)
			link->offset = at - 4;
		link->known = true;
		return;
	}
}

size_t compat_link_offset(struct compat_link *link, uint32_t dlt,
			  const uint8_t *frame, size_t len)
{
	size_t i;

	if (link->known)
		return link->offset;
	for (i = 0; i < sizeof(offsets) / sizeof(offsets[0]); i++) {
		if (offsets[i].dlt != dlt)
			continue;
		link->offset = offsets[i].offset;
		link->known = true;
		return link->offset;
	}
	search(link, frame, len); /* where it fails the next frame is tried */
	return link->offset;
}
