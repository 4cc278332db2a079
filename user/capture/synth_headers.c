/* SPDX-License-Identifier: MIT */
/*
 * IP and TCP headers for synth.c, in the order of the specifications.
 */
#include "synth_packet.h"

enum { IPV4_HEADER = 20, IPV6_HEADER = 40, TCP_HEADER = 20 };
enum { PROTOCOL_TCP = 6 };
enum { IPV4_RESERVED = 0x8000, IPV4_DF = 0x4000 };
enum { SYN = 0x02, PSH = 0x08, ACK = 0x10, URG = 0x20, ECE = 0x40, CWR = 0x80 };

/* What goes into fields that the caller leaves open. */
enum {
	SOME_ID = 4711,
	SOME_FLOW = 0x5c0de,
	SOME_SEQ = 0x0f0f0f01,
	SOME_ACK = 0x20304051,
	CLIENT_PORT = 49152,
	SERVER_PORT = 443,
};

/* On a SYN; the one bit of it that p0f looks at is set */
#define STRAY_ACK 0x01000000u

/* RFC 5737, RFC 3849 */
static const uint8_t client_ipv4[4] = { 192, 0, 2, 1 };
static const uint8_t server_ipv4[4] = { 198, 51, 100, 1 };
static const uint8_t client_ipv6[16] = { 0x20, 0x01, 0x0d, 0xb8, 0, 1, 0, 0,
					 0,    0,    0,	   0,	 0, 0, 0, 1 };
static const uint8_t server_ipv6[16] = { 0x20, 0x01, 0x0d, 0xb8, 0, 2, 0, 0,
					 0,    0,    0,	   0,	 0, 0, 0, 1 };

static const uint8_t some_payload[4] = { 'x', '0', 'f', '\n' };

static uint8_t *put_bytes(uint8_t *p, const void *bytes, size_t len)
{
	memcpy(p, bytes, len);
	return p + len;
}

/* RFC 1071, over any number of bytes; begin with sum 0. */
static uint32_t add_up(uint32_t sum, const uint8_t *p, size_t len)
{
	for (; len > 1; p += 2, len -= 2)
		sum += (uint32_t)p[0] << 8 | p[1];
	return len ? sum + ((uint32_t)p[0] << 8) : sum;
}

static uint32_t fold(uint32_t sum)
{
	while (sum >> 16)
		sum = (sum & 0xffff) + (sum >> 16);
	return ~sum & 0xffff;
}

static size_t ip_header_len(const struct packet *k)
{
	if (k->ip_version == 6)
		return IPV6_HEADER;
	return IPV4_HEADER + (size_t)k->sig->ip_option_len;
}

static size_t tcp_len(const struct packet *k)
{
	return TCP_HEADER + (size_t)k->options.len +
	       (k->has_payload ? sizeof(some_payload) : 0);
}

static const uint8_t *address(const struct packet *k, bool is_src)
{
	const uint8_t *asked = is_src ? k->o->src : k->o->dst;
	bool is_client = is_src != is_synack(k);

	if (asked)
		return asked;
	if (k->ip_version == 4)
		return is_client ? client_ipv4 : server_ipv4;
	return is_client ? client_ipv6 : server_ipv6;
}

static uint32_t port(const struct packet *k, bool is_src)
{
	uint16_t asked = is_src ? k->o->src_port : k->o->dst_port;

	if (asked)
		return asked;
	return is_src != is_synack(k) ? CLIENT_PORT : SERVER_PORT;
}

static uint8_t ttl_of(const struct packet *k)
{
	return (uint8_t)(k->sig->initial_ttl - k->o->hops);
}

/* Without DF, an ID of 0 would be `id-`; with it, another one is `id+`. */
static uint32_t ip_id(const struct packet *k)
{
	if (has(k, X0F_QUIRK_DF))
		return has(k, X0F_QUIRK_ID_SET) ? SOME_ID : 0;
	return has(k, X0F_QUIRK_ID_ZERO) ? 0 : SOME_ID;
}

static uint8_t *write_ipv4(uint8_t *p, const struct packet *k)
{
	uint8_t *begin = p;
	size_t len = ip_header_len(k);
	uint32_t flags = 0;

	if (has(k, X0F_QUIRK_DF))
		flags |= IPV4_DF;
	if (has(k, X0F_QUIRK_RESERVED))
		flags |= IPV4_RESERVED;
	*p++ = (uint8_t)(4 << 4 | len / 4);
	*p++ = 0;
	p = put16(p, (uint32_t)(len + tcp_len(k)));
	p = put16(p, ip_id(k));
	p = put16(p, flags);
	*p++ = ttl_of(k);
	*p++ = PROTOCOL_TCP;
	p = put16(p, 0);
	p = put_bytes(p, address(k, true), 4);
	p = put_bytes(p, address(k, false), 4);
	/* RFC 791 has the same NOP */
	memset(p, TCP_NOP, k->sig->ip_option_len);
	put16(begin + 10, fold(add_up(0, begin, len)));
	return begin + len;
}

static uint32_t flow_label(const struct packet *k)
{
	uint32_t asked = k->o->flow_label & 0xfffff;
	bool is_free = (k->o->policy & X0F_MEND_FLOW) && !k->sig->ip_version;

	if (has(k, X0F_QUIRK_FLOW))
		return asked ? asked : SOME_FLOW;
	return is_free ? asked : 0;
}

static uint8_t *write_ipv6(uint8_t *p, const struct packet *k)
{
	p = put32(p, 6u << 28 | flow_label(k));
	p = put16(p, (uint32_t)tcp_len(k));
	*p++ = PROTOCOL_TCP;
	*p++ = ttl_of(k);
	p = put_bytes(p, address(k, true), 16);
	return put_bytes(p, address(k, false), 16);
}

static uint8_t tcp_flags(const struct packet *k)
{
	uint8_t flags = is_synack(k) ? SYN | ACK : SYN;

	/* RFC 3168: how a stack asks for ECN, and how it agrees */
	if (has(k, X0F_QUIRK_ECN))
		flags |= is_synack(k) ? ECE : ECE | CWR;
	if (has(k, X0F_QUIRK_URG_FLAG))
		flags |= URG;
	if (has(k, X0F_QUIRK_PUSH))
		flags |= PSH;
	return flags;
}

static uint32_t ack_number(const struct packet *k)
{
	if (!is_synack(k))
		return has(k, X0F_QUIRK_ACK_SET) ? STRAY_ACK : 0;
	if (has(k, X0F_QUIRK_ACK_ZERO))
		return 0;
	return k->o->ack ? k->o->ack : SOME_ACK;
}

static uint32_t seq_number(const struct packet *k)
{
	if (has(k, X0F_QUIRK_SEQ_ZERO))
		return 0;
	return k->o->seq ? k->o->seq : SOME_SEQ;
}

/* RFC 9293: with a pseudo header of addresses, protocol and length. */
static void write_checksum(uint8_t *tcp, const struct packet *k)
{
	size_t addr_len = k->ip_version == 6 ? 16 : 4;
	uint32_t sum = PROTOCOL_TCP + (uint32_t)tcp_len(k);

	sum = add_up(sum, address(k, true), addr_len);
	sum = add_up(sum, address(k, false), addr_len);
	put16(tcp + 16, fold(add_up(sum, tcp, tcp_len(k))));
}

static uint8_t *write_tcp(uint8_t *p, const struct packet *k)
{
	uint8_t *begin = p;
	bool urgent = has(k, X0F_QUIRK_URG_SET) || has(k, X0F_QUIRK_URG_FLAG);

	p = put16(p, port(k, true));
	p = put16(p, port(k, false));
	p = put32(p, seq_number(k));
	p = put32(p, ack_number(k));
	*p++ = (uint8_t)((TCP_HEADER + k->options.len) / 4 << 4);
	*p++ = tcp_flags(k);
	p = put16(p, k->window);
	p = put16(p, 0);
	p = put16(p, urgent);
	p = put_bytes(p, k->options.bytes, k->options.len);
	if (k->has_payload)
		p = put_bytes(p, some_payload, sizeof(some_payload));
	write_checksum(begin, k);
	return p;
}

size_t synth_write(const struct packet *k, uint8_t *buf, size_t room)
{
	uint8_t *p;

	if (ip_header_len(k) + tcp_len(k) > room)
		return 0;
	p = k->ip_version == 6 ? write_ipv6(buf, k) : write_ipv4(buf, k);
	return (size_t)(write_tcp(p, k) - buf);
}
