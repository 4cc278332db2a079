/* SPDX-License-Identifier: MIT */
/*
 * Blocks for people to read, in the shape that users of huginn-net know:
 * what it is about, then one field per line. Colour only marks what is
 * already said in words.
 */
#include "colour.h"
#include "printer.h"

#include <stdio.h>

static const char *heading(const struct event *event)
{
	switch (event->kind) {
	case EVENT_SYN:
		return "TCP SYN";
	case EVENT_SYNACK:
		return "TCP SYN+ACK";
	case EVENT_MTU:
		return "TCP MTU";
	case EVENT_UPTIME:
		return event->from_server ? "TCP Uptime - Server" :
					    "TCP Uptime - Client";
	case EVENT_SENDSYN_PROBE:
		return "TCP SYN - sendsyn probe";
	case EVENT_SENDSYN_RESPONSE:
		return "TCP SYN+ACK - sendsyn response";
	}
	return "TCP";
}

static void paint(struct printer *printer, const char *colour)
{
	if (printer->colour)
		output_text(printer->out, colour);
}

static void print_endpoint(struct output *out, const uint8_t addr[16],
			   uint8_t ip_version, uint16_t port)
{
	if (ip_version == 6)
		output_char(out, '[');
	print_address(out, addr, ip_version);
	output_text(out, ip_version == 6 ? "]:" : ":");
	output_number(out, port);
}

static void print_heading(struct printer *printer, const struct event *event)
{
	const struct x0f_obs *obs = event->obs;
	struct output *out = printer->out;

	paint(printer, COLOUR_TITLE);
	output_char(out, '[');
	output_text(out, heading(event));
	output_char(out, ']');
	paint(printer, COLOUR_OFF);
	output_char(out, ' ');
	print_endpoint(out, obs->src, obs->ip_version, obs->src_port);
	output_text(out, " → ");
	print_endpoint(out, obs->dst, obs->ip_version, obs->dst_port);
	output_char(out, '\n');
}

static void print_key(struct output *out, const char *key)
{
	static const char blanks[] = "         ";
	size_t len = strlen(key) + 1;

	output_text(out, "  ");
	output_text(out, key);
	output_char(out, ':');
	output_text(out,
		    blanks + (len < sizeof(blanks) - 1 ? len :
							 sizeof(blanks) - 2));
}

static void print_system(struct printer *printer, const struct event *event)
{
	struct output *out = printer->out;
	bool tool = event_names_application(event);

	print_key(out, tool ? "App" : "OS");
	if (!event->label)
		paint(printer, COLOUR_UNKNOWN);
	else
		paint(printer, tool ? COLOUR_TOOL : COLOUR_SYSTEM);
	print_label(out, event, true);
	paint(printer, COLOUR_OFF);
	output_char(out, '\n');
}

/* Two decimals, rounded down: 1.00 is for exact matches alone. */
static void print_short_quality(struct output *out, uint16_t thousandths)
{
	char text[16];

	snprintf(text, sizeof(text), "%u.%02u\n", thousandths / 1000,
		 thousandths % 1000 / 10);
	print_key(out, "Quality");
	output_text(out, text);
}

static void print_why(struct output *out, const struct event *event)
{
	if (event->verdict->match != X0F_MATCH_FUZZY)
		return;
	print_key(out, "Why");
	print_reasons(out, event);
	output_char(out, '\n');
}

static void print_packet(struct printer *printer, const struct event *event)
{
	const struct x0f_verdict *verdict = event->verdict;
	struct output *out = printer->out;

	print_system(printer, event);
	print_key(out, "Dist");
	if (verdict->flags & X0F_RANDOM_TTL)
		output_text(out, "<= ");
	output_number(out, verdict->distance);
	output_char(out, '\n');
	print_key(out, "Params");
	print_params(out, event);
	output_char(out, '\n');
	print_short_quality(out, verdict->quality);
	print_why(out, event);
	print_key(out, "Sig");
	print_raw_sig(out, event);
	output_char(out, '\n');
}

static void print_mtu(struct output *out, const struct event *event)
{
	print_key(out, "Link");
	output_escaped(out, event->link ? event->link : "???", true);
	output_char(out, '\n');
	print_key(out, "MTU");
	output_number(out, event->obs->mtu);
	output_char(out, '\n');
}

static void print_uptime(struct output *out, const struct event *event)
{
	char *p;

	print_key(out, "Uptime");
	p = output_reserve(out, X0F_TEXT_MAX);
	output_formatted(out,
			 x0f_format_uptime(p, X0F_TEXT_MAX, event->uptime));
	output_char(out, '\n');
	print_key(out, "Freq");
	print_raw_hz(out, event);
	output_text(out, " Hz\n");
}

static void print_note(struct output *out, const char *note)
{
	print_key(out, "Note");
	output_text(out, note);
	output_char(out, '\n');
}

static void print_notes(struct output *out, const struct event *event)
{
	if (event->track & X0F_TRACK_REPEATED && event_is_packet(event))
		print_note(out, "repeated");
	if (event->track & X0F_TRACK_LONE && event_is_packet(event))
		print_note(out, "SYN not seen");
	if (event->kind == EVENT_UPTIME && event->uptime->unreliable)
		print_note(out, "unreliable, this clock contradicts itself");
}

static void print_text(struct printer *printer, const struct event *event)
{
	struct output *out = printer->out;

	print_heading(printer, event);
	if (event->kind == EVENT_MTU)
		print_mtu(out, event);
	else if (event->kind == EVENT_UPTIME)
		print_uptime(out, event);
	else
		print_packet(printer, event);
	print_notes(out, event);
	output_char(out, '\n');
}

const struct format format_text = { .name = "text", .print = print_text };
