/* SPDX-License-Identifier: MIT */
/*
 * The TCP header, in the order of RFC 9293, but for its options (options.c).
 * Called by x0f_observe() alone; any thread.
 */
#include "decode.h"

enum { TCP_HEADER = 20 };
enum tcp_flag {
	FIN = 0x01,
	SYN = 0x02,
	RST = 0x04,
	PSH = 0x08,
	ACK = 0x10,
	URG = 0x20,
	ECE = 0x40,
	CWR = 0x80,
};
enum { RESERVED_NS = 0x01 }; /* lowest bit of byte 12 */

/* p0f's rule: which of SYN, FIN, RST and ACK decide, the others do not. */
static bool flags_are_sane(uint8_t flags)
{
	uint8_t type = flags & (SYN | FIN | RST | ACK);

	if ((type & SYN) && (type & (FIN | RST)))
		return false;
	return type && (type & (FIN | RST)) != (FIN | RST);
}

static enum x0f_kind kind_of(uint8_t flags)
{
	if (flags & SYN)
		return flags & ACK ? X0F_KIND_SYNACK : X0F_KIND_SYN;
	if (flags & RST)
		return X0F_KIND_RST;
	return flags & FIN ? X0F_KIND_FIN : X0F_KIND_ACK;
}

/*
 * p0f ANDs the big-endian word in memory with 1 and so sees bit 24 only (on
 * the little-endian machines that all captures of it come from).
 */
static bool ack_is_odd(uint32_t ack, uint32_t policy)
{
	return policy & X0F_MEND_ACK ? ack != 0 : ack >> 24 & 1;
}

static uint32_t tcp_quirks(const struct x0f_obs *obs, uint8_t reserved,
			   uint16_t urgent, uint32_t policy)
{
	uint8_t flags = obs->tcp_flags;
	uint32_t quirks = 0;

	if ((flags & (ECE | CWR)) || (reserved & RESERVED_NS))
		quirks |= X0F_QUIRK_ECN;
	if (!obs->seq)
		quirks |= X0F_QUIRK_SEQ_ZERO;
	if (flags & ACK)
		quirks |= obs->ack ? 0 : X0F_QUIRK_ACK_ZERO;
	else if (!(flags & RST) && ack_is_odd(obs->ack, policy))
		quirks |= X0F_QUIRK_ACK_SET;
	if (flags & URG)
		quirks |= X0F_QUIRK_URG_FLAG;
	else if (urgent)
		quirks |= X0F_QUIRK_URG_SET;
	if (flags & PSH)
		quirks |= X0F_QUIRK_PUSH;
	return quirks;
}

enum x0f_status decode_tcp(struct decode *d, struct x0f_obs *obs)
{
	struct cursor *c = &d->c;
	struct cursor options;
	uint8_t offset;
	uint16_t urgent;
	uint32_t len;

	obs->src_port = cursor_be16(c);
	obs->dst_port = cursor_be16(c);
	obs->seq = cursor_be32(c);
	obs->ack = cursor_be32(c);
	offset = cursor_u8(c);
	obs->tcp_flags = cursor_u8(c);
	obs->window = cursor_be16(c);
	cursor_skip(c, 2); /* checksum: offloads leave it open */
	urgent = cursor_be16(c);
	if (c->failed)
		return X0F_TOO_SHORT;

	len = (offset >> 4) * 4u;
	if (len < TCP_HEADER || len > d->l4_len)
		return X0F_BAD_TCP;
	if (!flags_are_sane(obs->tcp_flags))
		return X0F_BAD_FLAGS;
	options = *c;
	cursor_trim(&options, len - TCP_HEADER);
	cursor_skip(c, len - TCP_HEADER);
	if (c->failed)
		return X0F_TOO_SHORT;

	obs->kind = (uint8_t)kind_of(obs->tcp_flags);
	obs->header_len = (uint16_t)(obs->header_len + len);
	obs->payload_len = d->l4_len - len;
	obs->has_payload = obs->payload_len != 0;
	obs->quirks |= tcp_quirks(obs, offset, urgent, d->policy);
	decode_options(&options, d->policy, obs);
	return X0F_OK;
}
