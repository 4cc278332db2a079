/* SPDX-License-Identifier: MIT */
/*
 * Frame to observation: link, IP, TCP, then what follows from all three. The
 * entry of every packet, on every path. No state; any thread.
 */
#include <x0f/observe.h>

#include "decode.h"

_Static_assert(sizeof(struct x0f_obs) == 192, "public layout");
_Static_assert(offsetof(struct x0f_obs, option_kinds) == 104, "public layout");

/* p0f's MTU: the MSS and two bare headers */
static uint32_t mtu_of(const struct x0f_obs *obs)
{
	if (!obs->mss)
		return 0;
	return obs->mss + (obs->ip_version == 4 ? 40u : 60u);
}

enum x0f_status x0f_observe(const void *frame, size_t caplen, size_t wirelen,
			    enum x0f_link link, uint32_t policy,
			    struct x0f_obs *obs)
{
	struct decode d = {
		.c = cursor_over(frame, caplen),
		.beyond = wirelen > caplen ? wirelen - caplen : 0,
		.policy = policy,
	};
	const uint8_t *begin = d.c.p;
	enum x0f_status status;

	memset(obs, 0, sizeof(*obs));
	status = decode_link(&d, link, obs);
	if (status != X0F_OK)
		return status;
	obs->ip_offset = (uint16_t)(d.c.p - begin);
	status = decode_ip(&d, obs);
	if (status != X0F_OK)
		return status;
	status = decode_tcp(&d, obs);
	if (status != X0F_OK)
		return status;

	obs->payload_offset = (uint16_t)(d.c.p - begin);
	obs->initial_ttl = guess_initial_ttl(obs->ttl);
	obs->mtu = mtu_of(obs);
	detect_window(obs);
	return obs->kind <= X0F_KIND_SYNACK ? X0F_OK : X0F_SEGMENT;
}

void x0f_obs_set_peer_mss(struct x0f_obs *obs, uint16_t mss)
{
	obs->peer_mss = mss;
	detect_window(obs);
}
