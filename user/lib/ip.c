/* SPDX-License-Identifier: MIT */
/*
 * IPv4 and IPv6 headers, in the order of RFC 791 and RFC 8200. Lengths are
 * believed only as far as bytes exist, on the wire or in the capture. Called
 * by x0f_observe() alone; any thread.
 */
#include "decode.h"
#include "limits.h"

enum { IPV4_HEADER = 20, IPV6_HEADER = 40, TCP_HEADER = 20 };
enum { IPV4_RESERVED = 0x8000, IPV4_DF = 0x4000, IPV4_FRAGMENT = 0x3fff };

enum protocol {
	PROTOCOL_HOP_BY_HOP = 0,
	PROTOCOL_TCP = 6,
	PROTOCOL_ROUTING = 43,
	PROTOCOL_FRAGMENT = 44,
	PROTOCOL_AUTH = 51,
	PROTOCOL_DEST_OPTIONS = 60,
	PROTOCOL_MOBILITY = 135,
	PROTOCOL_HIP = 139,
	PROTOCOL_SHIM6 = 140,
};

/*
 * The packet is ip_len bytes long, says its header. Trims link padding, finds
 * packets of which the capture holds too little, sets what TCP may believe.
 * The cursor stands behind `done` bytes of header.
 */
static enum x0f_status bound_packet(struct decode *d, uint32_t ip_len,
				    uint32_t done)
{
	size_t here = cursor_left(&d->c) + done;
	size_t wire = here + d->beyond;

	if (d->c.failed)
		return X0F_TOO_SHORT;
	if (ip_len < done + TCP_HEADER)
		return X0F_BAD_IP;
	if (ip_len > wire || (ip_len > here && !(d->policy & X0F_MEND_SNAPLEN)))
		return X0F_CUT;
	cursor_trim(&d->c, ip_len - done);
	d->l4_len = ip_len - done;
	return X0F_OK;
}

static uint32_t ipv4_quirks(uint16_t flags, uint16_t id)
{
	uint32_t quirks = 0;

	if (flags & IPV4_RESERVED)
		quirks |= X0F_QUIRK_RESERVED;
	if (flags & IPV4_DF)
		quirks |= X0F_QUIRK_DF | (id ? X0F_QUIRK_ID_SET : 0);
	else if (!id)
		quirks |= X0F_QUIRK_ID_ZERO;
	return quirks;
}

/* DSCP and ECN share a byte in both versions. */
static void observe_tos(struct x0f_obs *obs, uint8_t tos)
{
	obs->dscp = tos >> 2;
	obs->ip_ecn = tos & 3;
	if (obs->ip_ecn)
		obs->quirks |= X0F_QUIRK_ECN;
}

static enum x0f_status decode_ipv4(struct decode *d, struct x0f_obs *obs)
{
	struct cursor *c = &d->c;
	uint8_t header_len = (uint8_t)((cursor_u8(c) & 0xf) * 4);
	uint8_t tos = cursor_u8(c);
	uint16_t ip_len = cursor_be16(c);
	uint16_t id = cursor_be16(c);
	uint16_t flags = cursor_be16(c);
	uint8_t ttl = cursor_u8(c);
	uint8_t protocol = cursor_u8(c);

	cursor_skip(c, 2); /* checksum: p0f does not look either */
	cursor_copy(c, obs->src, 4);
	cursor_copy(c, obs->dst, 4);
	if (c->failed)
		return X0F_TOO_SHORT;
	if (header_len < IPV4_HEADER)
		return X0F_BAD_IP;
	if (protocol != PROTOCOL_TCP)
		return X0F_NOT_TCP;
	if (flags & IPV4_FRAGMENT)
		return X0F_FRAGMENT;

	cursor_skip(c, (size_t)header_len - IPV4_HEADER);
	obs->ip_version = 4;
	obs->ip_option_len = (uint8_t)(header_len - IPV4_HEADER);
	obs->ip_id = id;
	obs->ttl = ttl;
	obs->header_len = header_len;
	obs->quirks = ipv4_quirks(flags, id);
	observe_tos(obs, tos);
	return bound_packet(d, ip_len, header_len);
}

static bool is_extension(uint8_t next)
{
	return next == PROTOCOL_HOP_BY_HOP || next == PROTOCOL_ROUTING ||
	       next == PROTOCOL_AUTH || next == PROTOCOL_DEST_OPTIONS ||
	       next == PROTOCOL_MOBILITY || next == PROTOCOL_HIP ||
	       next == PROTOCOL_SHIM6;
}

/*
 * RFC 8200 §4: each header says what follows and how long it is. Returns
 * X0F_OK with the cursor at TCP and *len increased by what was walked.
 */
static enum x0f_status walk_extensions(struct decode *d, uint8_t next,
				       uint32_t *len)
{
	int i;

	for (i = 0; i < MAX_EXTENSION_HEADERS && is_extension(next); i++) {
		uint8_t this = next;
		uint32_t size;

		if (!(d->policy & X0F_MEND_EXTENSIONS))
			return X0F_EXTENSIONS;
		next = cursor_u8(&d->c);
		size = cursor_u8(&d->c);
		/* RFC 4302: AH counts in words of four, the others eight */
		size = this == PROTOCOL_AUTH ? (size + 2) * 4 : (size + 1) * 8;
		cursor_skip(&d->c, size - 2);
		*len += size;
		if (d->c.failed)
			return X0F_TOO_SHORT;
	}
	if (next == PROTOCOL_TCP)
		return X0F_OK;
	if (next == PROTOCOL_FRAGMENT)
		return X0F_FRAGMENT;
	return is_extension(next) ? X0F_EXTENSIONS : X0F_NOT_TCP;
}

static enum x0f_status decode_ipv6(struct decode *d, struct x0f_obs *obs)
{
	struct cursor *c = &d->c;
	uint32_t first = cursor_be32(c); /* version, class, flow label */
	uint32_t ip_len = cursor_be16(c) + (uint32_t)IPV6_HEADER;
	uint8_t next = cursor_u8(c);
	uint8_t hops = cursor_u8(c);
	uint32_t header_len = IPV6_HEADER;
	enum x0f_status status;

	cursor_copy(c, obs->src, 16);
	cursor_copy(c, obs->dst, 16);
	if (c->failed)
		return X0F_TOO_SHORT;
	status = walk_extensions(d, next, &header_len);
	if (status != X0F_OK)
		return status;

	obs->ip_version = 6;
	obs->ttl = hops;
	obs->header_len = (uint16_t)header_len;
	obs->extension_len = (uint16_t)(header_len - IPV6_HEADER);
	obs->flow_label = first & 0xfffff;
	obs->quirks = obs->flow_label ? X0F_QUIRK_FLOW : 0;
	observe_tos(obs, (uint8_t)(first >> 20));
	return bound_packet(d, ip_len, header_len);
}

enum x0f_status decode_ip(struct decode *d, struct x0f_obs *obs)
{
	uint8_t version = cursor_peek(&d->c, 0) >> 4;

	if (!cursor_has(&d->c, 1))
		return X0F_TOO_SHORT;
	if (d->ip_version && version != d->ip_version)
		return X0F_BAD_IP;
	switch (version) {
	case 4:
		return decode_ipv4(d, obs);
	case 6:
		return decode_ipv6(d, obs);
	default:
		return X0F_BAD_IP;
	}
}
