/* SPDX-License-Identifier: MIT */
/*
 * Frames that are no handshake: what a sensor sees most of, and has to leave
 * alone. Segments in the middle and at the end of connections, UDP, ICMP,
 * ARP and other protocols, each whole and with right checksums.
 */
#include "generate_frame.h"

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

enum {
	PROTOCOL_ICMP = 1,
	PROTOCOL_IGMP = 2,
	PROTOCOL_TCP = 6,
	PROTOCOL_UDP = 17,
	PROTOCOL_GRE = 47,
	PROTOCOL_ICMPV6 = 58,
};
enum {
	ETHERTYPE_ARP = 0x0806,
	ETHERTYPE_LLDP = 0x88cc,
	ETHERTYPE_TEST = 0x88b5
};
enum { FIN = 0x01, RST = 0x04, PSH = 0x08, ACK = 0x10, URG = 0x20 };
enum { TCP_HEADER = 20, TIMESTAMPS = 12 };
enum { ARP_REQUEST = 1, ARP_REPLY = 2, ARP_BYTES = 28 };

struct row {
	uint16_t ethertype;
	uint8_t protocol;
	uint8_t flags;	 /* of TCP; ARP: operation */
	uint8_t payload; /* bytes behind the header */
};

/* clang-format off: one frame a line */
static const struct row table[] = {
	{ ETHERTYPE_IPV4, PROTOCOL_TCP, ACK, 0 },
	{ ETHERTYPE_IPV6, PROTOCOL_TCP, ACK, 0 },
	{ ETHERTYPE_IPV4, PROTOCOL_TCP, ACK, 160 },
	{ ETHERTYPE_IPV6, PROTOCOL_TCP, ACK, 140 },
	{ ETHERTYPE_IPV4, PROTOCOL_TCP, PSH | ACK, 100 },
	{ ETHERTYPE_IPV6, PROTOCOL_TCP, PSH | ACK, 100 },
	{ ETHERTYPE_IPV4, PROTOCOL_TCP, PSH | ACK, 1 },
	{ ETHERTYPE_IPV4, PROTOCOL_TCP, URG | PSH | ACK, 2 },
	{ ETHERTYPE_IPV4, PROTOCOL_TCP, FIN | ACK, 0 },
	{ ETHERTYPE_IPV6, PROTOCOL_TCP, FIN | ACK, 0 },
	{ ETHERTYPE_IPV4, PROTOCOL_TCP, FIN | PSH | ACK, 30 },
	{ ETHERTYPE_IPV4, PROTOCOL_TCP, RST, 0 },
	{ ETHERTYPE_IPV6, PROTOCOL_TCP, RST, 0 },
	{ ETHERTYPE_IPV4, PROTOCOL_TCP, RST | ACK, 0 },
	{ ETHERTYPE_IPV4, PROTOCOL_UDP, 0, 48 },
	{ ETHERTYPE_IPV6, PROTOCOL_UDP, 0, 48 },
	{ ETHERTYPE_IPV4, PROTOCOL_UDP, 0, 190 },
	{ ETHERTYPE_IPV4, PROTOCOL_ICMP, 0, 56 },
	{ ETHERTYPE_IPV6, PROTOCOL_ICMPV6, 0, 56 },
	{ ETHERTYPE_IPV4, PROTOCOL_IGMP, 0, 4 },
	{ ETHERTYPE_IPV4, PROTOCOL_GRE, 0, 44 },
	{ ETHERTYPE_ARP, 0, ARP_REQUEST, 0 },
	{ ETHERTYPE_ARP, 0, ARP_REPLY, 0 },
	{ ETHERTYPE_LLDP, 0, 0, 60 },
	{ ETHERTYPE_TEST, 0, 0, 46 },
};
/* clang-format on */

uint32_t data_count(void)
{
	return COUNT(table);
}

static uint8_t *put_noise(uint8_t *p, size_t len, struct chance *chance)
{
	for (; len; len--)
		*p++ = (uint8_t)chance_next(chance);
	return p;
}

static uint8_t *put_bytes(uint8_t *p, const void *bytes, size_t len)
{
	memcpy(p, bytes, len);
	return p + len;
}

/* Lengths and sums come last, when they are known. */
static uint8_t *put_ip(uint8_t *p, const struct row *row,
		       const struct ends *ends, struct chance *chance)
{
	uint8_t hops = (uint8_t)(64 - chance_below(chance, 20));

	if (row->ethertype == ETHERTYPE_IPV6) {
		p = set32(p, 6u << 28);
		p = set16(p, 0);
		*p++ = row->protocol;
		*p++ = hops;
		p = put_bytes(p, ends->client, 16);
		return put_bytes(p, ends->server, 16);
	}
	p = set16(p, 0x4500);
	p = set16(p, 0);
	p = set16(p, (uint32_t)chance_next(chance) & 0xffff);
	p = set16(p, 0x4000);
	*p++ = hops;
	*p++ = row->protocol;
	p = set16(p, 0);
	p = put_bytes(p, ends->client, 4);
	return put_bytes(p, ends->server, 4);
}

static uint8_t *put_tcp(uint8_t *p, const struct row *row,
			const struct ends *ends, struct chance *chance)
{
	bool has_timestamps = !(row->flags & RST);
	uint32_t words = has_timestamps ? (TCP_HEADER + TIMESTAMPS) / 4 :
					  TCP_HEADER / 4;

	p = set16(p, ends->client_port);
	p = set16(p, ends->server_port);
	p = set32(p, ends->client_seq);
	p = set32(p, row->flags & ACK ? ends->server_seq : 0);
	p = set16(p, words << 12 | row->flags);
	p = set16(p, row->flags & RST ? 0 : 502);
	p = set16(p, 0);
	p = set16(p, row->flags & URG ? 1 : 0);
	if (!has_timestamps)
		return p;
	p = set32(p, 0x0101080a); /* nop, nop, ts of 10 bytes */
	p = set32(p, (uint32_t)chance_next(chance));
	return set32(p, (uint32_t)chance_next(chance));
}

static uint8_t *put_udp(uint8_t *p, const struct row *row,
			const struct ends *ends)
{
	p = set16(p, ends->client_port);
	p = set16(p, 53);
	p = set16(p, 8u + row->payload);
	return set16(p, 0);
}

/* Echo request, in either version. */
static uint8_t *put_echo(uint8_t *p, const struct row *row,
			 const struct ends *ends)
{
	p = set16(p, row->protocol == PROTOCOL_ICMP ? 0x0800 : 0x8000);
	p = set16(p, 0);
	p = set16(p, ends->client_port);
	return set16(p, 1);
}

static uint8_t *put_transport(uint8_t *p, const struct row *row,
			      const struct ends *ends, struct chance *chance)
{
	switch (row->protocol) {
	case PROTOCOL_TCP:
		return put_tcp(p, row, ends, chance);
	case PROTOCOL_UDP:
		return put_udp(p, row, ends);
	case PROTOCOL_ICMP:
	case PROTOCOL_ICMPV6:
		return put_echo(p, row, ends);
	case PROTOCOL_IGMP: /* version 2 query */
		return set32(p, 0x11640000);
	default: /* GRE, version 0, carries IPv4 */
		return set32(p, ETHERTYPE_IPV4);
	}
}

static size_t write_ip(uint8_t *ip, const struct row *row, uint64_t number,
		       struct chance *chance)
{
	bool is_ipv6 = row->ethertype == ETHERTYPE_IPV6;
	struct ends ends;
	size_t header_len;
	size_t len;
	uint8_t *p;

	ends_choose(&ends, is_ipv6 ? 6 : 4, number, false, chance);
	p = put_ip(ip, row, &ends, chance);
	header_len = (size_t)(p - ip);
	p = put_transport(p, row, &ends, chance);
	p = put_noise(p, row->payload, chance);
	len = (size_t)(p - ip);
	if (is_ipv6)
		set16(ip + 4, (uint32_t)(len - header_len));
	else
		set16(ip + 2, (uint32_t)len);
	/* GRE has no sum here; that of IGMP is made as ICMP's is */
	if (row->protocol == PROTOCOL_GRE)
		ipv4_sum_write(ip, header_len);
	else
		sums_write(ip, is_ipv6 ? 6 : 4, header_len, len,
			   row->protocol == PROTOCOL_IGMP ? PROTOCOL_ICMP :
							    row->protocol);
	return len;
}

static size_t write_arp(uint8_t *begin, const struct row *row, uint64_t number,
			struct chance *chance)
{
	struct ends ends;
	uint8_t *p = begin;

	ends_choose(&ends, 4, number, false, chance);
	p = set16(p, 1); /* Ethernet */
	p = set16(p, ETHERTYPE_IPV4);
	p = set16(p, 0x0604); /* sizes of addresses */
	p = set16(p, row->flags);
	p = put_noise(p, 6, chance);
	p = put_bytes(p, ends.client, 4);
	memset(p, 0, 6);
	put_bytes(p + 6, ends.server, 4);
	return ARP_BYTES;
}

size_t data_write(uint8_t *p, uint32_t which, uint64_t number,
		  struct chance *chance)
{
	const struct row *row = &table[which];
	uint8_t *body = ethernet_write(p, row->ethertype, 0, chance);

	if (row->ethertype == ETHERTYPE_ARP)
		return ETHERNET_HEADER + write_arp(body, row, number, chance);
	if (row->ethertype == ETHERTYPE_LLDP ||
	    row->ethertype == ETHERTYPE_TEST) {
		put_noise(body, row->payload, chance);
		return ETHERNET_HEADER + (size_t)row->payload;
	}
	return ETHERNET_HEADER + write_ip(body, row, number, chance);
}
