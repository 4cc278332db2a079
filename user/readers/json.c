/* SPDX-License-Identifier: MIT */
/*
 * JSON, one object per line. All kinds of event have the same keys, in the
 * same order; what an event does not say is null or an empty list. The shape
 * is version 1 and frozen by event.schema.json: keys may be added, nothing
 * else may change without another number.
 */
#include "json.h"
#include "community_id.h"
#include "printer.h"

/* What is text here ends up between quotes. */
static void put_escaped(struct output *out, uint32_t code)
{
	static const char hex[] = "0123456789abcdef";
	char text[] = "\\u0000";

	for (int i = 0; i < 4; i++)
		text[2 + i] = hex[code >> (12 - 4 * i) & 15];
	output_bytes(out, text, sizeof(text) - 1);
}

/*
 * Length of the character at p if it goes as it is; 0: it is escaped. Beyond
 * what RFC 8259 asks for, these are: U+2028 and U+2029, which end a line for
 * many programs, and U+007F to U+009F, which talk to terminals.
 */
static size_t plain_length(const uint8_t *p, const uint8_t *end)
{
	size_t n = utf8_length(p, end);

	if (n == 1 && (*p < 0x20 || *p == 0x7f || *p == '"' || *p == '\\'))
		return 0;
	if (n == 2 && *p == 0xc2 && p[1] < 0xa0)
		return 0;
	if (n == 3 && *p == 0xe2 && p[1] == 0x80 && (p[2] | 1) == 0xa9)
		return 0;
	return n;
}

/* Escapes the character at p and returns its length. */
static size_t put_special(struct output *out, const uint8_t *p,
			  const uint8_t *end)
{
	size_t n = utf8_length(p, end);

	if (!n)
		put_escaped(out, 0xfffd); /* not UTF-8 */
	else if (n == 3)
		put_escaped(out, 0x2000u | (p[2] & 0x3fu));
	else
		put_escaped(out, p[n - 1]); /* U+0080 on: the second byte */
	return n ? n : 1;
}

void json_string(struct output *out, const char *text)
{
	const uint8_t *p = (const uint8_t *)text;
	const uint8_t *end = p + strlen(text);

	output_char(out, '"');
	while (p < end) {
		const uint8_t *begin = p;
		size_t n;

		while (p < end && (n = plain_length(p, end)))
			p += n;
		output_bytes(out, (const char *)begin, (size_t)(p - begin));
		if (p < end)
			p += put_special(out, p, end);
	}
	output_char(out, '"');
}

static void put_string_or_null(struct output *out, const char *text)
{
	if (text)
		json_string(out, text);
	else
		output_text(out, "null");
}

static void put_bool(struct output *out, bool value)
{
	output_text(out, value ? "true" : "false");
}

static void put_number_if(struct output *out, bool known, uint64_t value)
{
	if (known)
		output_number(out, value);
	else
		output_text(out, "null");
}

/* A list of strings out of a text with separators. */
static void put_list(struct output *out, const char *text,
		     const char *separator)
{
	size_t gap = strlen(separator);

	output_char(out, '[');
	while (*text) {
		const char *end = strstr(text, separator);
		size_t len = end ? (size_t)(end - text) : strlen(text);

		output_char(out, '"');
		output_bytes(out, text, len);
		output_text(out, end ? "\"," : "\"");
		text += end ? len + gap : len;
	}
	output_char(out, ']');
}

static void put_quirks(struct output *out, uint32_t quirks)
{
	char text[X0F_TEXT_MAX];

	x0f_format_quirks(text, sizeof(text), quirks);
	put_list(out, text, ",");
}

static void put_end(struct output *out, const struct event *event, bool client)
{
	const struct x0f_obs *obs = event->obs;
	bool source = client != event->from_server;
	const char *name = client ? "client" : "server";

	output_text(out, ",\"");
	output_text(out, name);
	output_text(out, "_ip\":\"");
	print_address(out, source ? obs->src : obs->dst, obs->ip_version);
	output_text(out, "\",\"");
	output_text(out, name);
	output_text(out, "_port\":");
	output_number(out, source ? obs->src_port : obs->dst_port);
}

static void put_vlans(struct output *out, const struct x0f_obs *obs)
{
	output_text(out, ",\"vlan\":[");
	for (int i = 0; i < obs->vlan_count; i++) {
		if (i)
			output_char(out, ',');
		output_number(out, obs->vlan[i] & 0xfff); /* without PCP */
	}
	output_char(out, ']');
}

static void put_head(struct printer *printer, const struct event *event)
{
	struct output *out = printer->out;
	char id[COMMUNITY_ID_BYTES];

	output_text(out, "{\"v\":1,\"kind\":\"");
	output_text(out, event_kind_word(event));
	output_text(out, "\",\"time\":\"");
	print_utc_time(printer, event);
	output_text(out, "\",\"file\":");
	put_string_or_null(out, event->file);
	output_text(out, ",\"packet\":");
	put_number_if(out, event->packet, event->packet);
	output_text(out, ",\"interface\":");
	put_string_or_null(out, event->interface);
	put_vlans(out, event->obs);
	output_text(out, event->from_server ? ",\"subject\":\"server\"" :
					      ",\"subject\":\"client\"");
	put_end(out, event, true);
	put_end(out, event, false);
	output_text(out, ",\"community_id\":\"");
	community_id(id, event->obs);
	output_text(out, id);
	output_char(out, '"');
}

static void put_label(struct output *out, const struct x0f_label *label)
{
	output_text(out, ",\"label\":");
	if (!label) {
		output_text(out, "null");
		return;
	}
	output_text(out, "{\"class\":");
	json_string(out, label->application ? "!" : label->class_name);
	output_text(out, ",\"name\":");
	json_string(out, label->name);
	output_text(out, ",\"flavor\":");
	json_string(out, label->flavor);
	output_text(out, ",\"id\":");
	output_number(out, label->id);
	output_text(out, ",\"generic\":");
	put_bool(out, label->generic);
	output_text(out, ",\"application\":");
	put_bool(out, label->application);
	output_char(out, '}');
}

static void put_verdict(struct output *out, const struct event *event)
{
	const struct x0f_verdict *verdict = event->verdict;
	char text[X0F_TEXT_MAX];

	put_label(out, event->label);
	output_text(out, ",\"match\":\"");
	output_text(out, event_match_word(event));
	output_text(out, "\",\"quality\":");
	print_quality(out, event);
	output_text(out, ",\"reasons\":");
	x0f_format_reasons(text, sizeof(text), event->obs, verdict);
	put_list(out, text, ", ");
	output_text(out, ",\"quirks_missing\":");
	put_quirks(out, verdict->quirks_missing);
	output_text(out, ",\"quirks_added\":");
	put_quirks(out, verdict->quirks_added);
	output_text(out, ",\"distance\":");
	output_number(out, verdict->distance);
	output_text(out, ",\"distance_is_limit\":");
	put_bool(out, verdict->flags & X0F_RANDOM_TTL);
	output_text(out, ",\"link\":");
	put_string_or_null(out, event->link);
}

static void put_no_verdict(struct output *out)
{
	output_text(out, ",\"label\":null,\"match\":null,\"quality\":null,"
			 "\"reasons\":[],\"quirks_missing\":[],"
			 "\"quirks_added\":[],\"distance\":null,"
			 "\"distance_is_limit\":false,\"link\":null");
}

static void put_uptime(struct output *out, const struct event *event)
{
	const struct x0f_uptime *uptime = event->uptime;

	output_text(out, ",\"uptime\":");
	if (!uptime) {
		output_text(out, "null");
		return;
	}
	output_text(out, "{\"minutes\":");
	output_number(out, uptime->minutes);
	output_text(out, ",\"modulo_days\":");
	output_number(out, uptime->modulo_days);
	output_text(out, ",\"hz\":");
	output_number(out, uptime->hz);
	output_text(out, ",\"raw_hz\":");
	print_raw_hz(out, event);
	output_text(out, ",\"unreliable\":");
	put_bool(out, uptime->unreliable);
	output_char(out, '}');
}

static const char *window_word(uint8_t kind)
{
	switch ((enum x0f_window)kind) {
	case X0F_WINDOW_MSS:
		return "mss";
	case X0F_WINDOW_MTU:
		return "mtu";
	default:
		return "literal";
	}
}

static void put_network(struct output *out, const struct x0f_obs *obs)
{
	output_text(out, ",\"observed\":{\"ip_version\":");
	output_number(out, obs->ip_version);
	output_text(out, ",\"ttl\":");
	output_number(out, obs->ttl);
	output_text(out, ",\"initial_ttl\":");
	output_number(out, obs->initial_ttl);
	output_text(out, ",\"ip_option_len\":");
	output_number(out, obs->ip_option_len);
	output_text(out, ",\"dscp\":");
	output_number(out, obs->dscp);
	output_text(out, ",\"ip_id\":");
	put_number_if(out, obs->ip_version == 4, obs->ip_id);
	output_text(out, ",\"flow_label\":");
	put_number_if(out, obs->ip_version == 6, obs->flow_label);
}

static void put_transport(struct output *out, const struct x0f_obs *obs)
{
	output_text(out, ",\"tcp_flags\":");
	output_number(out, obs->tcp_flags);
	output_text(out, ",\"seq\":");
	output_number(out, obs->seq);
	output_text(out, ",\"ack\":");
	output_number(out, obs->ack);
	output_text(out, ",\"window\":");
	output_number(out, obs->window);
	output_text(out, ",\"window_kind\":\"");
	output_text(out, window_word(obs->window_kind));
	output_text(out, "\",\"window_multiple\":");
	put_number_if(out, obs->window_kind != X0F_WINDOW_LITERAL,
		      obs->window_multiple);
	output_text(out, ",\"header_len\":");
	output_number(out, obs->header_len);
	output_text(out, ",\"payload_len\":");
	output_number(out, obs->payload_len);
}

static void put_options(struct output *out, const struct x0f_obs *obs)
{
	char text[X0F_TEXT_MAX];

	output_text(out, ",\"options\":");
	x0f_format_options(text, sizeof(text), obs->option_kinds,
			   obs->option_count, obs->eol_padding);
	put_list(out, text, ",");
	output_text(out, ",\"mss\":");
	put_number_if(out, obs->has & X0F_HAS_MSS, obs->mss);
	output_text(out, ",\"peer_mss\":");
	put_number_if(out, obs->peer_mss, obs->peer_mss);
	output_text(out, ",\"wscale\":");
	put_number_if(out, obs->has & X0F_HAS_WSCALE, obs->wscale);
	output_text(out, ",\"sack_ok\":");
	put_bool(out, obs->has & X0F_HAS_SACK_OK);
	output_text(out, ",\"ts_val\":");
	put_number_if(out, obs->has & X0F_HAS_TIMESTAMP, obs->ts_val);
	output_text(out, ",\"ts_ecr\":");
	put_number_if(out, obs->has & X0F_HAS_TIMESTAMP, obs->ts_ecr);
	output_text(out, ",\"quirks\":");
	put_quirks(out, obs->quirks);
	output_char(out, '}');
}

static void print_json(struct printer *printer, const struct event *event)
{
	const struct x0f_obs *obs = event->obs;
	struct output *out = printer->out;

	put_head(printer, event);
	if (event->verdict)
		put_verdict(out, event);
	else
		put_no_verdict(out);
	output_text(out, ",\"mtu\":");
	put_number_if(out, obs->mtu, obs->mtu);
	put_uptime(out, event);
	output_text(out, ",\"repeated\":");
	put_bool(out, event->track & X0F_TRACK_REPEATED);
	output_text(out, ",\"lone\":");
	put_bool(out, event->track & X0F_TRACK_LONE);
	output_text(out, ",\"raw_sig\":\"");
	print_raw_sig(out, event);
	output_char(out, '"');
	put_network(out, obs);
	put_transport(out, obs);
	put_options(out, obs);
	output_text(out, "}\n");
}

const struct format format_json = { .name = "json", .print = print_json };
