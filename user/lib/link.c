/* SPDX-License-Identifier: MIT */
/*
 * Link layer: from the first byte of a frame to its IP header. Called by
 * x0f_observe() alone; any thread.
 */
#include "decode.h"

enum {
	ETHERTYPE_IPV4 = 0x0800,
	ETHERTYPE_VLAN = 0x8100,
	ETHERTYPE_IPV6 = 0x86dd,
	ETHERTYPE_PPPOE = 0x8864,
	ETHERTYPE_QINQ = 0x88a8,
	ETHERTYPE_QINQ_OLD = 0x9100, /* before 802.1ad, still in the field */
};

enum {
	PPP_IPV4 = 0x0021,
	PPP_IPV6 = 0x0057,
	PPP_ADDRESS_CONTROL = 0xff03,
	HDLC_UNICAST = 0x0f00,
	HDLC_BROADCAST = 0x8f00,
};

enum { ETHERNET_ADDRESSES = 12, SLL_BEFORE_TYPE = 14, SLL2_BEHIND_TYPE = 18 };

/* AF_INET and the numbers that AF_INET6 has on the BSDs, macOS and Linux */
enum { FAMILY_INET = 2 };

static bool family_is_inet6(uint32_t family)
{
	return family == 10 || family == 24 || family == 28 || family == 30;
}

enum x0f_link x0f_link_from_dlt(uint32_t dlt)
{
	switch (dlt) {
	case 0:
		return X0F_LINK_NULL;
	case 1:
		return X0F_LINK_ETHERNET;
	case 9:
	case 50:
		return X0F_LINK_PPP;
	case 12:
	case 14: /* DLT_RAW of the BSDs */
	case 101:
	case 228: /* IPv4 */
	case 229: /* IPv6 */
		return X0F_LINK_RAW;
	case 51:
		return X0F_LINK_PPPOE;
	case 108:
		return X0F_LINK_LOOP;
	case 113:
		return X0F_LINK_SLL;
	case 276:
		return X0F_LINK_SLL2;
	default:
		return X0F_LINK_UNKNOWN;
	}
}

static enum x0f_status short_or(const struct decode *d, enum x0f_status status)
{
	return d->c.failed ? X0F_TOO_SHORT : status;
}

static enum x0f_status ppp_protocol(struct decode *d, uint16_t protocol)
{
	if (protocol == PPP_IPV4)
		d->ip_version = 4;
	else if (protocol == PPP_IPV6)
		d->ip_version = 6;
	else
		return short_or(d, X0F_NOT_IP);
	return short_or(d, X0F_OK);
}

/* RFC 1661: the protocol field may be sent as one odd byte */
static uint16_t ppp_protocol_field(struct decode *d)
{
	if (cursor_peek(&d->c, 0) & 1)
		return cursor_u8(&d->c);
	return cursor_be16(&d->c);
}

/* RFC 2516: version, type, code, session, length; then PPP */
static enum x0f_status decode_pppoe(struct decode *d)
{
	uint8_t version_type = cursor_u8(&d->c);
	uint8_t code = cursor_u8(&d->c);

	cursor_skip(&d->c, 4);
	if (version_type != 0x11 || code)
		return short_or(d, X0F_NOT_IP);
	return ppp_protocol(d, ppp_protocol_field(d));
}

static bool is_vlan(uint16_t type)
{
	return type == ETHERTYPE_VLAN || type == ETHERTYPE_QINQ ||
	       type == ETHERTYPE_QINQ_OLD;
}

/* What follows an EtherType, wherever the type came from. */
static enum x0f_status decode_ethertype(struct decode *d, uint16_t type,
					struct x0f_obs *obs)
{
	bool mend = d->policy & X0F_MEND_TAGS;

	while (is_vlan(type)) {
		if (!mend)
			return X0F_TAGGED;
		if (obs->vlan_count == X0F_MAX_VLANS)
			return X0F_TOO_MANY_TAGS;
		obs->vlan[obs->vlan_count++] = cursor_be16(&d->c);
		type = cursor_be16(&d->c);
	}
	switch (type) {
	case ETHERTYPE_IPV4:
		d->ip_version = 4;
		break;
	case ETHERTYPE_IPV6:
		d->ip_version = 6;
		break;
	case ETHERTYPE_PPPOE:
		return mend ? decode_pppoe(d) : X0F_TAGGED;
	default:
		return short_or(d, X0F_NOT_IP);
	}
	return short_or(d, X0F_OK);
}

/*
 * BSD loopback: NULL has the byte order of the machine that captured, LOOP
 * network order. Families are small numbers, so the order shows.
 */
static enum x0f_status decode_loopback(struct decode *d)
{
	uint32_t family = cursor_be32(&d->c);

	if (family > 0xffff)
		family = __builtin_bswap32(family);
	if (family == FAMILY_INET)
		d->ip_version = 4;
	else if (family_is_inet6(family))
		d->ip_version = 6;
	else
		return short_or(d, X0F_NOT_IP);
	return X0F_OK;
}

/* PPP with HDLC framing, without it, or Cisco HDLC with an EtherType */
static enum x0f_status decode_ppp(struct decode *d, struct x0f_obs *obs)
{
	uint16_t first = (uint16_t)(cursor_peek(&d->c, 0) << 8 |
				    cursor_peek(&d->c, 1));

	if (first == HDLC_UNICAST || first == HDLC_BROADCAST) {
		cursor_skip(&d->c, 2);
		return decode_ethertype(d, cursor_be16(&d->c), obs);
	}
	if (first == PPP_ADDRESS_CONTROL)
		cursor_skip(&d->c, 2);
	return ppp_protocol(d, ppp_protocol_field(d));
}

enum x0f_status decode_link(struct decode *d, enum x0f_link link,
			    struct x0f_obs *obs)
{
	uint16_t type;

	switch (link) {
	case X0F_LINK_ETHERNET:
		cursor_skip(&d->c, ETHERNET_ADDRESSES);
		return decode_ethertype(d, cursor_be16(&d->c), obs);
	case X0F_LINK_RAW:
		return X0F_OK;
	case X0F_LINK_NULL:
	case X0F_LINK_LOOP:
		return decode_loopback(d);
	case X0F_LINK_PPP:
		return decode_ppp(d, obs);
	case X0F_LINK_PPPOE:
		return decode_pppoe(d);
	case X0F_LINK_SLL:
		cursor_skip(&d->c, SLL_BEFORE_TYPE);
		return decode_ethertype(d, cursor_be16(&d->c), obs);
	case X0F_LINK_SLL2:
		type = cursor_be16(&d->c);
		cursor_skip(&d->c, SLL2_BEHIND_TYPE);
		return decode_ethertype(d, type, obs);
	default:
		return X0F_BAD_LINK;
	}
}
