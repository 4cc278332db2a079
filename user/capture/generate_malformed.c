/* SPDX-License-Identifier: MIT */
/*
 * Damaged frames: a table of what to break in a plain SYN, and at its end a
 * number of random breakages. Offsets count from the Ethernet header; the
 * layout is that of an untagged SYN with the options mss,sok,ts,nop,ws:
 *
 *             IP    TCP   offset, flags   mss   sok   ts    nop   ws    end
 *     IPv4    14    34    46, 47          54    58    60    70    71    74
 *     IPv6    14    54    66, 67          74    78    80    90    91    94
 */
#include "generate_frame.h"

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

enum { IPV4_TCP = 34, IPV6_TCP = 54, TCP = 6 };

/* Rows of random damage behind the table, and bytes that one changes. */
#define RANDOM_ROWS 64
#define RANDOM_BYTES 4

struct run {
	uint8_t at;
	uint8_t len; /* 0: no more runs */
	uint8_t value;
};

struct damage {
	uint8_t version;
	uint8_t tags;
	uint8_t cut; /* frame ends here, before tags; 0: it stays whole */
	bool keeps_sums;
	struct run runs[3];
};

/* clang-format off: a row reads like the header that it breaks */
static const struct damage table[] = {
	/* version and header length */
	{ .version = 4, .runs = { { 14, 1, 0x55 } } },
	{ .version = 4, .runs = { { 14, 1, 0x65 } } },
	{ .version = 4, .runs = { { 14, 1, 0x44 } } },
	{ .version = 4, .runs = { { 14, 1, 0x40 } } },
	{ .version = 4, .runs = { { 14, 1, 0x46 } } },
	{ .version = 4, .runs = { { 14, 1, 0x4f } } },
	{ .version = 6, .runs = { { 14, 1, 0x45 } } },
	{ .version = 6, .runs = { { 14, 1, 0x90 } } },
	/* total and payload length */
	{ .version = 4, .runs = { { 16, 2, 0 } } },
	{ .version = 4, .runs = { { 17, 1, 19 } } },
	{ .version = 4, .runs = { { 17, 1, 20 } } },
	{ .version = 4, .runs = { { 17, 1, 39 } } },
	{ .version = 4, .runs = { { 17, 1, 41 } } },
	{ .version = 4, .runs = { { 17, 1, 61 } } },
	{ .version = 4, .runs = { { 16, 2, 0xff } } },
	{ .version = 6, .runs = { { 18, 2, 0 } } },
	{ .version = 6, .runs = { { 19, 1, 19 } } },
	{ .version = 6, .runs = { { 19, 1, 21 } } },
	{ .version = 6, .runs = { { 18, 2, 0xff } } },
	/* fragments */
	{ .version = 4, .runs = { { 20, 1, 0x20 } } },
	{ .version = 4, .runs = { { 20, 1, 0 }, { 21, 1, 1 } } },
	{ .version = 4, .runs = { { 20, 1, 0x3f }, { 21, 1, 0xff } } },
	{ .version = 6, .runs = { { 20, 1, 44 } } },
	{ .version = 6, .runs = { { 20, 1, 44 }, { 54, 8, 0 } } },
	/* protocol, extension headers made of TCP's bytes, hops */
	{ .version = 4, .runs = { { 23, 1, 0 } } },
	{ .version = 4, .runs = { { 23, 1, 41 } } },
	{ .version = 4, .runs = { { 22, 1, 0 } } },
	{ .version = 6, .runs = { { 20, 1, 0 } } },
	{ .version = 6, .runs = { { 20, 1, 43 } } },
	{ .version = 6, .runs = { { 20, 1, 51 } } },
	{ .version = 6, .runs = { { 20, 1, 59 } } },
	{ .version = 6, .runs = { { 20, 1, 60 } } },
	{ .version = 6, .runs = { { 20, 1, 0 }, { 54, 40, 0 } } },
	{ .version = 6,
	  .runs = { { 20, 1, 60 }, { 54, 1, 60 }, { 55, 1, 255 } } },
	{ .version = 6, .runs = { { 20, 1, 60 }, { 54, 1, 6 }, { 55, 1, 4 } } },
	{ .version = 6, .runs = { { 21, 1, 0 } } },
	/* addresses */
	{ .version = 4, .runs = { { 26, 8, 0 } } },
	{ .version = 4, .runs = { { 26, 8, 0xff } } },
	{ .version = 4, .runs = { { 26, 8, 127 } } },
	{ .version = 6, .runs = { { 22, 32, 0 } } },
	{ .version = 6, .runs = { { 22, 32, 0xff } } },
	/* ports, data offset, flags */
	{ .version = 4, .runs = { { 34, 4, 0 } } },
	{ .version = 4, .runs = { { 46, 1, 0x00 } } },
	{ .version = 4, .runs = { { 46, 1, 0x40 } } },
	{ .version = 4, .runs = { { 46, 1, 0xb0 } } },
	{ .version = 4, .runs = { { 46, 1, 0xf0 } } },
	{ .version = 4, .runs = { { 46, 1, 0xaf } } },
	{ .version = 6, .runs = { { 66, 1, 0x40 } } },
	{ .version = 6, .runs = { { 66, 1, 0xf0 } } },
	{ .version = 4, .runs = { { 47, 1, 0x00 } } },
	{ .version = 4, .runs = { { 47, 1, 0x03 } } },
	{ .version = 4, .runs = { { 47, 1, 0x06 } } },
	{ .version = 4, .runs = { { 47, 1, 0x07 } } },
	{ .version = 4, .runs = { { 47, 1, 0x13 } } },
	{ .version = 4, .runs = { { 47, 1, 0x16 } } },
	{ .version = 4, .runs = { { 47, 1, 0x29 } } },
	{ .version = 4, .runs = { { 47, 1, 0xff } } },
	{ .version = 6, .runs = { { 67, 1, 0x00 } } },
	{ .version = 6, .runs = { { 67, 1, 0xff } } },
	/* lengths of options */
	{ .version = 4, .runs = { { 55, 1, 0 } } },
	{ .version = 4, .runs = { { 55, 1, 1 } } },
	{ .version = 4, .runs = { { 55, 1, 3 } } },
	{ .version = 4, .runs = { { 55, 1, 5 } } },
	{ .version = 4, .runs = { { 55, 1, 41 } } },
	{ .version = 4, .runs = { { 55, 1, 255 } } },
	{ .version = 4, .runs = { { 59, 1, 0 } } },
	{ .version = 4, .runs = { { 59, 1, 3 } } },
	{ .version = 4, .runs = { { 61, 1, 0 } } },
	{ .version = 4, .runs = { { 61, 1, 9 } } },
	{ .version = 4, .runs = { { 61, 1, 15 } } },
	{ .version = 4, .runs = { { 72, 1, 0 } } },
	{ .version = 4, .runs = { { 72, 1, 4 } } },
	{ .version = 6, .runs = { { 75, 1, 0 } } },
	{ .version = 6, .runs = { { 75, 1, 255 } } },
	{ .version = 6, .runs = { { 92, 1, 4 } } },
	/* kinds and values of options */
	{ .version = 4, .runs = { { 54, 20, 0 } } },
	{ .version = 4, .runs = { { 54, 20, 1 } } },
	{ .version = 4, .runs = { { 54, 20, 2 } } },
	{ .version = 4, .runs = { { 54, 20, 8 } } },
	{ .version = 4, .runs = { { 54, 20, 0xff } } },
	{ .version = 4, .runs = { { 54, 1, 0 } } },
	{ .version = 4, .runs = { { 70, 1, 0 } } },
	{ .version = 4, .runs = { { 73, 1, 0xff } } },
	{ .version = 4, .runs = { { 56, 2, 0 } } },
	{ .version = 6, .runs = { { 74, 20, 0 } } },
	{ .version = 6, .runs = { { 74, 20, 1 } } },
	/* urgent pointer, window 0, sequence number 0 */
	{ .version = 4, .runs = { { 52, 2, 0xff } } },
	{ .version = 4, .runs = { { 48, 2, 0 } } },
	{ .version = 4, .runs = { { 38, 8, 0 } } },
	/* checksums */
	{ .version = 4, .keeps_sums = true, .runs = { { 24, 2, 0x5a } } },
	{ .version = 4, .keeps_sums = true, .runs = { { 50, 2, 0x5a } } },
	{ .version = 6, .keeps_sums = true, .runs = { { 70, 2, 0x5a } } },
	/* frames that end too early */
	{ .version = 4, .cut = 14 },
	{ .version = 4, .cut = 15 },
	{ .version = 4, .cut = 33 },
	{ .version = 4, .cut = 34 },
	{ .version = 4, .cut = 36 },
	{ .version = 4, .cut = 47 },
	{ .version = 4, .cut = 48 },
	{ .version = 4, .cut = 53 },
	{ .version = 4, .cut = 54 },
	{ .version = 4, .cut = 55 },
	{ .version = 4, .cut = 62 },
	{ .version = 4, .cut = 73 },
	{ .version = 6, .cut = 14 },
	{ .version = 6, .cut = 53 },
	{ .version = 6, .cut = 54 },
	{ .version = 6, .cut = 67 },
	{ .version = 6, .cut = 73 },
	{ .version = 6, .cut = 74 },
	{ .version = 6, .cut = 81 },
	{ .version = 6, .cut = 93 },
	{ .version = 6, .cut = 56, .runs = { { 20, 1, 0 } } },
	/* Ethernet: wrong type, a length, tags that end early or never */
	{ .version = 4, .runs = { { 12, 1, 0x86 }, { 13, 1, 0xdd } } },
	{ .version = 6, .runs = { { 12, 1, 0x08 }, { 13, 1, 0x00 } } },
	{ .version = 4, .runs = { { 12, 2, 0 } } },
	{ .version = 4, .runs = { { 12, 1, 0 }, { 13, 1, 60 } } },
	{ .version = 4, .runs = { { 12, 1, 0x81 }, { 13, 1, 0 } } },
	{ .version = 4, .runs = { { 12, 1, 0x88 }, { 13, 1, 0x64 } } },
	{ .version = 4, .cut = 14, .runs = { { 12, 1, 0x81 }, { 13, 1, 0 } } },
	{ .version = 4,
	  .cut = 16,
	  .runs = { { 12, 1, 0x88 }, { 13, 1, 0xa8 } } },
	{ .version = 4, .tags = 1, .cut = 14 },
	{ .version = 4, .tags = 2, .cut = 40 },
	{ .version = 4, .tags = 3 },
	{ .version = 6, .tags = 3 },
	{ .version = 4, .tags = 4 },
	{ .version = 4, .tags = 16 },
};
/* clang-format on */

uint32_t malformed_count(void)
{
	return COUNT(table) + RANDOM_ROWS;
}

static void break_row(uint8_t *frame, const struct damage *damage)
{
	for (size_t i = 0; i < COUNT(damage->runs); i++)
		memset(frame + damage->runs[i].at, damage->runs[i].value,
		       damage->runs[i].len);
}

/* A few bytes, and for every fourth frame its end. Addresses may change. */
static size_t break_at_random(uint8_t *frame, size_t len, struct chance *chance)
{
	uint32_t changes = 1 + chance_below(chance, RANDOM_BYTES);
	uint32_t headers = (uint32_t)len - 12;

	for (; changes; changes--) {
		uint32_t at = 12 + chance_below(chance, headers);

		frame[at] = (uint8_t)chance_next(chance);
	}
	if (chance_below(chance, 4))
		return len;
	return GENERATOR_LEAST_BYTES +
	       chance_below(chance, (uint32_t)len - GENERATOR_LEAST_BYTES);
}

/* Between the addresses and the rest, so that offsets of rows stay. */
static size_t insert_tags(uint8_t *frame, size_t len, uint8_t tags,
			  struct chance *chance)
{
	size_t extra = (size_t)tags * VLAN_TAG;
	uint16_t ethertype = (uint16_t)(frame[12] << 8 | frame[13]);

	if (!tags)
		return len;
	memmove(frame + ETHERNET_HEADER + extra, frame + ETHERNET_HEADER,
		len - ETHERNET_HEADER);
	ethernet_write(frame, ethertype, tags, chance);
	return len + extra;
}

size_t malformed_write(uint8_t *p, uint32_t which,
		       const struct template plain[2], uint64_t number,
		       struct chance *chance)
{
	static const struct damage none[2] = { { .version = 4 },
					       { .version = 6 } };
	bool is_random = which >= COUNT(table);
	const struct damage *damage = is_random ? &none[which % 2] :
						  &table[which];
	bool is_ipv6 = damage->version == 6;
	size_t tcp = is_ipv6 ? IPV6_TCP : IPV4_TCP;
	struct ends ends;
	uint8_t *ip;
	size_t len;

	ends_choose(&ends, damage->version, number, false, chance);
	ip = ethernet_write(p, is_ipv6 ? ETHERTYPE_IPV6 : ETHERTYPE_IPV4, 0,
			    chance);
	len = ETHERNET_HEADER + template_write(&plain[is_ipv6], &ends, ip);
	if (is_random)
		return break_at_random(p, len, chance);
	break_row(p, damage);
	if (!damage->keeps_sums)
		sums_write(ip, damage->version, tcp - ETHERNET_HEADER,
			   len - ETHERNET_HEADER, TCP);
	return insert_tags(p, damage->cut ? damage->cut : len, damage->tags,
			   chance);
}
