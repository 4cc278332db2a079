/* SPDX-License-Identifier: MIT */
/*
 * Why a frame gives no observation, and at which byte that was decided.
 */
#include "explain.h"

static const char *const meanings[X0F_STATUS_COUNT] = {
	[X0F_OK] = "a SYN or SYN+ACK",
	[X0F_SEGMENT] = "only SYN and SYN+ACK tell systems apart",
	[X0F_TOO_SHORT] = "the frame ends inside a header",
	[X0F_NOT_IP] = "the link layer carries another protocol",
	[X0F_TAGGED] = "policy p0f leaves frames with VLAN tags or PPPoE",
	[X0F_TOO_MANY_TAGS] = "more than three VLAN tags",
	[X0F_BAD_IP] = "the IP header contradicts itself",
	[X0F_CUT] = "the capture holds less than the IP header says",
	[X0F_FRAGMENT] = "fragments are left",
	[X0F_EXTENSIONS] = "IPv6 extension headers that are not walked",
	[X0F_NOT_TCP] = "IP carries another protocol",
	[X0F_BAD_TCP] = "the TCP header length is impossible",
	[X0F_BAD_FLAGS] = "no stack sends these TCP flags",
	[X0F_BAD_LINK] = "the link type is not decoded",
};

/*
 * A frame that is cut short is "too short" until so many bytes are there
 * that the decision can be taken: the shortest one shows where it fell.
 */
static uint32_t find_end(const struct subject *subject, uint32_t policy)
{
	struct x0f_obs obs;
	uint32_t len = 0;

	while (len < subject->caplen &&
	       x0f_observe(subject->frame, len, subject->wirelen, subject->link,
			   policy, &obs) != subject->status)
		len++;
	return len;
}

static void print_end(struct output *out, const struct subject *subject,
		      uint32_t policy)
{
	uint32_t len = subject->caplen;

	if (subject->status != X0F_TOO_SHORT)
		len = find_end(subject, policy);
	explain_key(out, "ended");
	explain_print(out, "at byte %u of %u", len, subject->caplen);
	if (subject->wirelen > subject->caplen)
		explain_print(out, " captured, %u on the wire",
			      subject->wirelen);
	if (len)
		explain_print(out, ", behind 0x%02x", subject->frame[len - 1]);
}

void explain_status(struct output *out, const struct subject *subject,
		    uint32_t policy)
{
	explain_key(out, "status");
	explain_print(out, "%s: %s", x0f_status_name(subject->status),
		      meanings[subject->status]);
	if (subject->status != X0F_OK && subject->status != X0F_SEGMENT)
		print_end(out, subject, policy);
}
