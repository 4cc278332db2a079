/* SPDX-License-Identifier: MIT */
/*
 * Frames from signatures; see synth.h. What can be seen to be impossible is
 * given its name first. Then a frame is written and observed, and it counts
 * only if the signature accepts it as exact: the decoder and the matcher
 * decide, not this file. Windows are found the same way, by asking which one
 * x0f_observe() would take for the multiple.
 */
#include "synth_packet.h"

enum { IPV4_OPTION_BYTES = 40 };

const struct synth_options synth_defaults = {
	.policy = X0F_POLICY_X0F,
	.wscale = 7,
	.mss = 1460,
	.window = 64240,
};

/* Below, no multiple is looked for (p0f-tcp §7) */
#define LEAST_MSS 100

/* Of Ethernet, where a peer is looked for */
#define COMMON_MSS 1460

/* Options for the MSS and scale at hand, then the frame. */
static size_t write_frame(struct packet *k, uint8_t *buf, size_t room,
			  enum synth_problem *problem)
{
	size_t len;

	*problem = synth_write_options(k);
	if (*problem)
		return 0;
	len = synth_write(k, buf, room);
	if (!len)
		*problem = SYNTH_NO_ROOM;
	return len;
}

/* Whether the observation would be understood as the signature's multiple. */
static bool is_multiple(struct x0f_obs *obs, const struct x0f_sig *sig,
			uint32_t unit, uint16_t peer_mss)
{
	uint32_t window = unit * sig->window;

	if (!window || window > UINT16_MAX)
		return false;
	obs->window = (uint16_t)window;
	x0f_obs_set_peer_mss(obs, peer_mss);
	return obs->window_kind == sig->window_kind &&
	       obs->window_multiple == sig->window;
}

/* With the packet's own MSS, or with the values that p0f tries besides. */
static bool find_own_unit(struct x0f_obs *obs, const struct x0f_sig *sig)
{
	const uint32_t mss[] = { obs->mss, obs->mss - 12u, 1460,
				 1448,	   1440,	   1428 };
	const uint32_t mtu[] = { obs->mss + 40u,
				 obs->mss + (uint32_t)obs->header_len,
				 obs->mss + 60u, 1500 };
	bool counts_mss = sig->window_kind == X0F_WINDOW_MSS;
	size_t count = counts_mss ? sizeof(mss) / sizeof(mss[0]) :
				    sizeof(mtu) / sizeof(mtu[0]);

	for (size_t i = 0; i < count; i++) {
		if (is_multiple(obs, sig, counts_mss ? mss[i] : mtu[i], 0))
			return true;
	}
	return false;
}

/* With the MSS of the SYN, which only a SYN+ACK has. */
static bool find_peer_unit(struct x0f_obs *obs, const struct x0f_sig *sig,
			   uint16_t preferred)
{
	uint32_t peer = UINT16_MAX / sig->window;

	if (sig->kind != X0F_KIND_SYNACK || sig->window_kind != X0F_WINDOW_MSS)
		return false;
	if (preferred && is_multiple(obs, sig, preferred, preferred))
		return true;
	for (peer = peer < COMMON_MSS ? peer : COMMON_MSS; peer; peer--) {
		if (is_multiple(obs, sig, peer, (uint16_t)peer))
			return true;
	}
	return false;
}

/* A large multiple asks for a smaller MSS, if that is free. */
static bool find_smaller_mss(struct x0f_obs *obs, const struct x0f_sig *sig)
{
	/* timestamps take 12 bytes of what the window is counted in */
	uint32_t most = UINT16_MAX / sig->window + 12u;

	if (!sig->any_mss || !(obs->has & X0F_HAS_MSS))
		return false;
	if (obs->mss > most)
		obs->mss = (uint16_t)most;
	for (; obs->mss >= LEAST_MSS; obs->mss--) {
		if (find_own_unit(obs, sig))
			return true;
	}
	return false;
}

/* Window, MSS and peer MSS for `mss*N`, `mtu*N`. */
static bool find_multiple(struct x0f_obs *obs, const struct packet *k)
{
	const struct x0f_sig *sig = k->sig;
	uint16_t preferred_mss = obs->mss;

	if (find_own_unit(obs, sig) || find_smaller_mss(obs, sig))
		return true;
	obs->mss = preferred_mss;
	return find_peer_unit(obs, sig, k->o->peer_mss);
}

static enum synth_problem choose_window(struct packet *k, struct x0f_obs *obs)
{
	uint16_t wish = k->o->window;
	uint16_t n = k->sig->window;

	switch (k->sig->window_kind) {
	case X0F_WINDOW_LITERAL:
		k->window = n;
		return SYNTH_OK;
	case X0F_WINDOW_ANY:
		k->window = wish;
		return SYNTH_OK;
	case X0F_WINDOW_MULTIPLE:
		k->window = (uint16_t)(wish < n ? n : wish - wish % n);
		return SYNTH_OK;
	}
	if (!find_multiple(obs, k))
		return SYNTH_WINDOW;
	k->window = obs->window;
	k->mss = obs->mss;
	return SYNTH_OK;
}

static enum synth_problem check_ip(const struct packet *k)
{
	const struct x0f_sig *sig = k->sig;
	bool df = has(k, X0F_QUIRK_DF);

	if (sig->ip_version && sig->ip_version != k->ip_version)
		return SYNTH_IP_VERSION;
	if (sig->ip_option_len > IPV4_OPTION_BYTES || sig->ip_option_len % 4 ||
	    (k->ip_version == 6 && sig->ip_option_len))
		return SYNTH_IP_OPTIONS;
	if (k->o->hops >= sig->initial_ttl)
		return SYNTH_HOPS;
	if (has(k, X0F_QUIRK_ID_SET) && !df)
		return SYNTH_QUIRK_ID;
	if (has(k, X0F_QUIRK_ID_ZERO) && df)
		return SYNTH_QUIRK_ID;
	if (has(k, X0F_QUIRK_RESERVED) && k->ip_version == 6)
		return SYNTH_QUIRK_VERSION;
	return SYNTH_OK;
}

static enum synth_problem check_quirks(const struct packet *k)
{
	uint8_t padding = k->sig->eol_padding;
	bool has_ts = has_option(k->sig, TCP_TIMESTAMP);

	if (has(k, is_synack(k) ? X0F_QUIRK_ACK_SET : X0F_QUIRK_ACK_ZERO))
		return SYNTH_QUIRK_ACK;
	if (has(k, X0F_QUIRK_URG_SET) && has(k, X0F_QUIRK_URG_FLAG))
		return SYNTH_QUIRK_URGENT;
	if (has(k, X0F_QUIRK_TS_ZERO | X0F_QUIRK_TS_PEER) && !has_ts)
		return SYNTH_QUIRK_TIMESTAMP;
	if (has(k, X0F_QUIRK_TS_PEER) && is_synack(k))
		return SYNTH_QUIRK_TIMESTAMP;
	/* p0f does not look at the last byte */
	if (has(k, X0F_QUIRK_PADDING) &&
	    padding < (k->o->policy & X0F_MEND_OPT ? 1 : 2))
		return SYNTH_QUIRK_PADDING;
	return SYNTH_OK;
}

static enum synth_problem check_values(const struct packet *k)
{
	bool big = has(k, X0F_QUIRK_WSCALE_BIG);

	if (k->mss && !has_option(k->sig, TCP_MSS))
		return SYNTH_MSS;
	if ((k->wscale || big) && !has_option(k->sig, TCP_WSCALE))
		return SYNTH_WSCALE;
	if (k->wscale > WSCALE_MAX && !big)
		return SYNTH_WSCALE;
	return SYNTH_OK;
}

/* What the signature says, and common values for what it does not say. */
static void begin_packet(struct packet *k)
{
	const struct x0f_sig *sig = k->sig;
	const struct synth_options *o = k->o;

	k->ip_version = sig->ip_version ? sig->ip_version : o->ip_version;
	if (o->ip_version)
		k->ip_version = o->ip_version;
	if (!k->ip_version)
		k->ip_version = 4;
	k->quirks = sig->quirks;
	if (!sig->ip_version && k->ip_version == 6)
		k->quirks &= ~(uint32_t)(X0F_QUIRK_DF | X0F_QUIRK_ID_SET |
					 X0F_QUIRK_ID_ZERO);
	if (!sig->ip_version && k->ip_version == 4)
		k->quirks &= ~(uint32_t)X0F_QUIRK_FLOW;
	k->mss = sig->mss;
	if (sig->any_mss && has_option(sig, TCP_MSS))
		k->mss = o->mss;
	k->wscale = sig->wscale;
	if (sig->any_wscale && has_option(sig, TCP_WSCALE)) {
		k->wscale = o->wscale;
		if (has(k, X0F_QUIRK_WSCALE_BIG))
			k->wscale = WSCALE_MAX + 1;
		else if (k->wscale > WSCALE_MAX)
			k->wscale = WSCALE_MAX;
	}
	k->has_payload = sig->any_payload ? o->has_payload : sig->has_payload;
}

static enum synth_problem check(const struct packet *k)
{
	enum synth_problem problem = check_ip(k);

	if (!problem)
		problem = check_quirks(k);
	return problem ? problem : check_values(k);
}

/* The signature has the last word. */
static enum synth_problem prove(const struct packet *k, const uint8_t *frame,
				size_t len, uint16_t peer_mss,
				struct x0f_obs *obs)
{
	struct x0f_comparison r;

	if (x0f_observe(frame, len, len, X0F_LINK_RAW, k->o->policy, obs))
		return SYNTH_OTHER;
	if (peer_mss)
		x0f_obs_set_peer_mss(obs, peer_mss);
	x0f_sig_compare(k->sig, obs, k->o->policy, &r);
	return r.field || r.fuzzy ? SYNTH_OTHER : SYNTH_OK;
}

size_t synth_frame(const struct x0f_sig *sig,
		   const struct synth_options *options,
		   struct synth_result *result, uint8_t *buf, size_t room)
{
	struct packet k = { .sig = sig, .o = options };
	struct x0f_obs *obs = &result->obs;
	size_t len;

	result->peer_mss = 0;
	begin_packet(&k);
	result->problem = check(&k);
	if (result->problem)
		return 0;
	/* once to see what the window is measured by, and once for good */
	len = write_frame(&k, buf, room, &result->problem);
	if (!len)
		return 0;
	if (x0f_observe(buf, len, len, X0F_LINK_RAW, options->policy, obs))
		result->problem = SYNTH_OTHER;
	else
		result->problem = choose_window(&k, obs);
	if (result->problem)
		return 0;
	result->peer_mss = obs->peer_mss;
	len = write_frame(&k, buf, room, &result->problem);
	if (len)
		result->problem = prove(&k, buf, len, result->peer_mss, obs);
	return result->problem ? 0 : len;
}

static const char *const problem_texts[SYNTH_PROBLEM_COUNT] = {
	[SYNTH_OK] = "nothing",
	[SYNTH_NO_ROOM] = "no room for the packet",
	[SYNTH_IP_VERSION] = "the other ip version",
	[SYNTH_IP_OPTIONS] = "no packet has ip options of this length",
	[SYNTH_HOPS] = "no ttl is left after so many hops",
	[SYNTH_BEHIND_EOL] = "an option behind eol",
	[SYNTH_OPTION_BYTES] = "more than 40 bytes of tcp options",
	[SYNTH_OPTION_SIZE] = "tcp options do not fill words of four bytes",
	[SYNTH_MSS] = "an mss without the mss option",
	[SYNTH_WSCALE] = "no ws option can have this scale (above 14: exws)",
	[SYNTH_QUIRK_ID] = "df, id+ and id- contradict each other",
	[SYNTH_QUIRK_VERSION] = "ipv6 has no 0+",
	[SYNTH_QUIRK_ACK] = "ack+ is for syn, ack- for syn+ack",
	[SYNTH_QUIRK_URGENT] = "uptr+ and urgf+ exclude each other",
	[SYNTH_QUIRK_TIMESTAMP] = "ts1- and ts2+ need ts, ts2+ a syn",
	[SYNTH_QUIRK_PADDING] = "opt+ needs bytes behind eol",
	[SYNTH_QUIRK_BAD] = "no option that could be bad",
	[SYNTH_WINDOW] = "no window is this multiple of an mss or mtu",
	[SYNTH_OTHER] = "the fields contradict each other",
};

const char *synth_problem_text(enum synth_problem problem)
{
	if ((unsigned int)problem >= SYNTH_PROBLEM_COUNT)
		return "unknown problem";
	return problem_texts[problem];
}
