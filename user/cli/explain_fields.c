/* SPDX-License-Identifier: MIT */
/*
 * What a packet says, field by field, with what that means.
 */
#include "explain.h"

#include <stdio.h>

static const char *const quirk_meanings[] = {
	"don't fragment",
	"an IP ID in spite of df",
	"no IP ID, without df",
	"explicit congestion notification",
	"the reserved flag of IPv4",
	"an IPv6 flow label",
	"sequence number 0",
	"an ACK number without the ACK flag",
	"the ACK flag with ACK number 0",
	"an urgent pointer without the URG flag",
	"the URG flag",
	"the PSH flag",
	"own timestamp 0",
	"a peer's timestamp in a SYN",
	"bytes other than 0 behind eol",
	"a window scale above 14",
	"malformed options",
};

static const char *const kind_names[] = {
	[X0F_KIND_SYN] = "SYN", [X0F_KIND_SYNACK] = "SYN+ACK",
	[X0F_KIND_ACK] = "ACK", [X0F_KIND_FIN] = "FIN",
	[X0F_KIND_RST] = "RST",
};

static void print_endpoint(struct output *out, const struct x0f_obs *obs,
			   bool is_src)
{
	char text[X0F_TEXT_MAX];

	x0f_format_addr(text, sizeof(text), is_src ? obs->src : obs->dst,
			obs->ip_version);
	explain_print(out, obs->ip_version == 6 ? "[%s]:%u" : "%s:%u", text,
		      is_src ? obs->src_port : obs->dst_port);
}

static void print_origin(struct output *out, const struct subject *subject)
{
	const struct x0f_obs *obs = &subject->obs;

	if (!subject->is_text) {
		explain_key(out, "from");
		print_endpoint(out, obs, true);
		explain_key(out, "to");
		print_endpoint(out, obs, false);
	}
	explain_key(out, "direction");
	output_text(out, kind_names[obs->kind]);
	if (subject->track & X0F_TRACK_REPEATED)
		output_text(out, ", which came before");
	if (subject->track & X0F_TRACK_LONE)
		output_text(out, ", its SYN is not in the file");
	for (uint8_t i = 0; i < obs->vlan_count; i++) {
		explain_key(out, "vlan");
		explain_print(out, "%u", obs->vlan[i] & 0xfffu);
	}
}

static void print_ip(struct output *out, const struct x0f_obs *obs)
{
	explain_key(out, "ip version");
	explain_print(out, "%u", obs->ip_version);
	explain_key(out, "ttl");
	explain_print(out, "%u: %u below %u, the next of 32, 64, 128 and 255",
		      obs->ttl, obs->initial_ttl - obs->ttl, obs->initial_ttl);
	explain_key(out, "ip options");
	explain_print(out, "%u bytes", obs->ip_option_len);
}

/* The names of p0f's divisors (p0f-tcp §7), in the order of trying. */
static const char *name_unit(const struct x0f_obs *obs, uint32_t unit)
{
	bool counts_mss = obs->window_kind == X0F_WINDOW_MSS;
	bool is_ipv6 = obs->ip_version == 6;

	if (counts_mss) {
		if (unit == obs->mss)
			return "the MSS";
		if (obs->ts_val && unit + 12 == obs->mss)
			return "the MSS less 12 for timestamps";
		if (unit == 1460)
			return "Ethernet's MSS";
		if (unit == 1448)
			return "Ethernet's MSS less 12 for timestamps";
		if (is_ipv6 && unit == 1440)
			return "Ethernet's MSS for IPv6";
		if (is_ipv6 && unit == 1428)
			return "the same less 12 for timestamps";
		if (unit == obs->peer_mss)
			return "the MSS of the SYN";
		return "the MSS of the SYN less 12 for timestamps";
	}
	if (unit == obs->mss + 40u)
		return "the MTU: MSS + 40";
	if (unit == obs->mss + (uint32_t)obs->header_len)
		return "the MSS and the headers of this packet";
	if (is_ipv6 && unit == obs->mss + 60u)
		return "the MTU: MSS + 60";
	return "Ethernet's MTU";
}

static void print_window(struct output *out, const struct subject *subject)
{
	const struct x0f_obs *obs = &subject->obs;
	uint32_t unit;

	explain_key(out, "window");
	if (obs->window_kind == X0F_WINDOW_LITERAL) {
		explain_print(out, "%u, no multiple of an MSS or MTU",
			      obs->window);
		return;
	}
	unit = obs->window / obs->window_multiple;
	explain_print(out, "%s*%u: %u = %u * %u (%s)",
		      obs->window_kind == X0F_WINDOW_MSS ? "mss" : "mtu",
		      obs->window_multiple, obs->window, obs->window_multiple,
		      unit, name_unit(obs, unit));
	if (subject->is_text && obs->peer_mss)
		output_text(out, ", which is not in a signature: this is one "
				 "that fits");
}

/* A value that an option carries, 0 where there is none. */
static void print_carried(struct output *out, const char *name, uint32_t value,
			  bool is_there)
{
	explain_key(out, name);
	explain_print(out, is_there ? "%u" : "%u, no such option", value);
}

static void print_options(struct output *out, const struct x0f_obs *obs)
{
	char text[X0F_TEXT_MAX];

	x0f_format_options(text, sizeof(text), obs->option_kinds,
			   obs->option_count, obs->eol_padding);
	explain_key(out, "options");
	output_text(out, text[0] ? text : "none");
	if (obs->has & X0F_HAS_TIMESTAMP) {
		explain_key(out, "timestamps");
		explain_print(out, "%u, peer's %u", obs->ts_val, obs->ts_ecr);
	}
}

static void print_quirks(struct output *out, uint32_t quirks)
{
	explain_key(out, "quirks");
	if (!quirks)
		output_text(out, "none");
	for (uint32_t i = 0; quirks >> i; i++) {
		if (!(quirks >> i & 1))
			continue;
		if (quirks & ((1u << i) - 1))
			explain_key(out, "");
		explain_print(out, "%-8s%s", x0f_quirk_name(1u << i),
			      quirk_meanings[i]);
	}
}

void explain_fields(struct output *out, const struct subject *subject)
{
	const struct x0f_obs *obs = &subject->obs;
	char text[X0F_TEXT_MAX];

	print_origin(out, subject);
	print_ip(out, obs);
	print_carried(out, "mss", obs->mss, obs->has & X0F_HAS_MSS);
	print_window(out, subject);
	print_carried(out, "scale", obs->wscale, obs->has & X0F_HAS_WSCALE);
	print_options(out, obs);
	print_quirks(out, obs->quirks);
	explain_key(out, "payload");
	if (subject->is_text)
		output_text(out, obs->has_payload ? "yes" : "none");
	else
		explain_print(out, "%u bytes", obs->payload_len);
	explain_key(out, "signature");
	x0f_format_raw_sig(text, sizeof(text), obs);
	output_text(out, text);
}
