/* SPDX-License-Identifier: MIT */
/*
 * CSV (RFC 4180, but lines end with LF alone): one header line, then one line
 * per event with the same columns for all kinds. Columns may be added at the
 * end. What an event does not say is empty.
 */
#include "printer.h"
#include "community_id.h"

static const char header[] =
	"time,packet,interface,vlan,kind,subject,"
	"client_ip,client_port,server_ip,server_port,community_id,"
	"class,name,flavor,match,quality,distance,params,mtu,link,"
	"uptime_minutes,modulo_days,hz,raw_hz,note,raw_sig,file\n";

/* Columns of a label, and of what else a verdict says */
#define NO_LABEL ",,,"
#define NO_VERDICT ",,,,,,,"

/*
 * A field of text in quotes, the quotes in it doubled. A spreadsheet would
 * run what begins with = + - or @, so such a text gets a ' in front; a sign
 * by itself, as that of standard input, is nothing to run.
 */
static void put_field(struct output *out, const char *text)
{
	const char *quote;

	output_char(out, ',');
	if (!text)
		return;
	output_char(out, '"');
	if (text[0] && text[1] && strchr("=+-@", text[0]))
		output_char(out, '\'');
	while ((quote = strchr(text, '"'))) {
		output_escaped_bytes(out, text, (size_t)(quote - text), true);
		output_text(out, "\"\"");
		text = quote + 1;
	}
	output_escaped(out, text, true);
	output_char(out, '"');
}

static void put_number(struct output *out, uint64_t value)
{
	output_char(out, ',');
	output_number(out, value);
}

static void put_vlans(struct output *out, const struct x0f_obs *obs)
{
	output_char(out, ',');
	for (int i = 0; i < obs->vlan_count; i++) {
		if (i)
			output_char(out, ' ');
		output_number(out, obs->vlan[i] & 0xfff); /* without PCP */
	}
}

static void put_end(struct output *out, const struct event *event, bool client)
{
	const struct x0f_obs *obs = event->obs;
	bool source = client != event->from_server;

	output_char(out, ',');
	print_address(out, source ? obs->src : obs->dst, obs->ip_version);
	put_number(out, source ? obs->src_port : obs->dst_port);
}

static void put_head(struct printer *printer, const struct event *event)
{
	struct output *out = printer->out;
	char id[COMMUNITY_ID_BYTES];

	print_utc_time(printer, event);
	output_char(out, ',');
	if (event->packet)
		output_number(out, event->packet);
	put_field(out, event->interface);
	put_vlans(out, event->obs);
	output_char(out, ',');
	output_text(out, event_kind_word(event));
	output_text(out, event->from_server ? ",server" : ",client");
	put_end(out, event, true);
	put_end(out, event, false);
	community_id(id, event->obs);
	output_char(out, ',');
	output_text(out, id);
}

static void put_label(struct output *out, const struct x0f_label *label)
{
	if (!label) {
		output_text(out, NO_LABEL);
		return;
	}
	put_field(out, label->application ? "!" : label->class_name);
	put_field(out, label->name);
	put_field(out, label->flavor);
}

static void put_verdict(struct output *out, const struct event *event)
{
	put_label(out, event->label);
	output_char(out, ',');
	output_text(out, event_match_word(event));
	output_char(out, ',');
	print_quality(out, event);
	put_number(out, event->verdict->distance);
	output_char(out, ',');
	print_params(out, event);
}

static void put_mtu(struct output *out, const struct event *event)
{
	output_char(out, ',');
	if (event->obs->mtu)
		output_number(out, event->obs->mtu);
	put_field(out, event->link);
}

static void put_uptime(struct output *out, const struct event *event)
{
	const struct x0f_uptime *uptime = event->uptime;

	if (!uptime) {
		output_text(out, ",,,,");
		return;
	}
	put_number(out, uptime->minutes);
	put_number(out, uptime->modulo_days);
	put_number(out, uptime->hz);
	output_char(out, ',');
	print_raw_hz(out, event);
}

static const char *note(const struct event *event)
{
	if (event->uptime)
		return event->uptime->unreliable ? ",unreliable" : ",";
	if (event->track & X0F_TRACK_REPEATED)
		return event->track & X0F_TRACK_LONE ? ",repeated lone" :
						       ",repeated";
	return event->track & X0F_TRACK_LONE ? ",lone" : ",";
}

static void begin(struct printer *printer)
{
	output_text(printer->out, header);
}

static void print_csv(struct printer *printer, const struct event *event)
{
	struct output *out = printer->out;

	put_head(printer, event);
	if (event->verdict)
		put_verdict(out, event);
	else
		output_text(out, NO_VERDICT);
	put_mtu(out, event);
	put_uptime(out, event);
	output_text(out, note(event));
	output_text(out, ",\"");
	print_raw_sig(out, event);
	output_char(out, '"');
	put_field(out, event->file);
	output_char(out, '\n');
}

const struct format format_csv = {
	.name = "csv",
	.begin = begin,
	.print = print_csv,
};
