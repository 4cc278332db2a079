/* SPDX-License-Identifier: MIT */
/*
 * One line per finding, in columns, for people at a terminal: kind, client and
 * server, which of them it is about, what that is, how sure, how far. Long
 * addresses and names push what is behind them to the right; nothing is cut.
 * Colour only marks what is already said in words.
 */
#include "colour.h"
#include "printer.h"

#include <stdio.h>

/* Two IPv4 addresses of common length; most names; "0.80 generic" */
enum { KIND_COLUMNS = 7, FLOW_COLUMNS = 41, NAME_COLUMNS = 26 };
enum { MATCH_COLUMNS = 12 };

/* The longest piece that is measured: a name, each byte as \xNN */
#define PIECE_BYTES 8192

static void paint(struct printer *printer, const char *colour)
{
	if (printer->colour)
		output_text(printer->out, colour);
}

/* Where a column begins, with room so that nothing is flushed in it. */
static size_t begin_column(struct output *out)
{
	output_reserve(out, PIECE_BYTES);
	return out->used;
}

/* Blanks up to the next column, two at least; bytes are not columns. */
static void end_column(struct output *out, size_t begin, size_t columns)
{
	size_t width = 0;

	for (size_t i = begin; i < out->used; i++)
		width += ((unsigned char)out->buf[i] & 0xc0) != 0x80;
	for (; width < columns; width++)
		output_char(out, ' ');
	output_text(out, "  ");
}

static const char *kind_text(const struct event *event)
{
	switch (event->kind) {
	case EVENT_SYN:
		return "SYN";
	case EVENT_SYNACK:
		return "SYN+ACK";
	case EVENT_MTU:
		return "MTU";
	case EVENT_UPTIME:
		return "uptime";
	case EVENT_SENDSYN_PROBE:
		return "probe";
	case EVENT_SENDSYN_RESPONSE:
		return "answer";
	}
	return "";
}

static void print_kind(struct printer *printer, const struct event *event)
{
	struct output *out = printer->out;
	size_t begin;

	paint(printer, COLOUR_KIND);
	begin = begin_column(out);
	output_text(out, kind_text(event));
	end_column(out, begin, KIND_COLUMNS);
	paint(printer, COLOUR_OFF);
}

static void print_end(struct printer *printer, const struct event *event,
		      bool client)
{
	/* the packet comes from whom the finding is about */
	bool is_subject = client != event->from_server;
	const struct x0f_obs *obs = event->obs;
	struct output *out = printer->out;

	if (is_subject)
		paint(printer, COLOUR_STRONG);
	if (obs->ip_version == 6)
		output_char(out, '[');
	print_address(out, is_subject ? obs->src : obs->dst, obs->ip_version);
	output_text(out, obs->ip_version == 6 ? "]:" : ":");
	output_number(out, is_subject ? obs->src_port : obs->dst_port);
	if (is_subject)
		paint(printer, COLOUR_OFF);
}

static void print_flow(struct printer *printer, const struct event *event)
{
	struct output *out = printer->out;
	size_t begin = begin_column(out);
	size_t painted = 0;

	print_end(printer, event, true);
	output_text(out, " → ");
	print_end(printer, event, false);
	if (printer->colour)
		painted = sizeof(COLOUR_STRONG COLOUR_OFF) - 1;
	end_column(out, begin, FLOW_COLUMNS + painted);
	output_text(out, event->from_server ? "server  " : "client  ");
}

static void print_system(struct printer *printer, const struct event *event)
{
	struct output *out = printer->out;
	size_t begin;

	if (!event->label)
		paint(printer, COLOUR_UNKNOWN);
	else
		paint(printer, event_names_application(event) ? COLOUR_TOOL :
								COLOUR_SYSTEM);
	begin = begin_column(out);
	print_label(out, event, true);
	end_column(out, begin, NAME_COLUMNS);
	paint(printer, COLOUR_OFF);
}

/* Two decimals, rounded down: 1.00 is for exact matches alone. */
static void print_match(struct output *out, const struct event *event)
{
	uint32_t quality = event->verdict->quality;
	size_t begin = begin_column(out);
	char text[16];

	snprintf(text, sizeof(text), "%u.%02u ", quality / 1000,
		 quality % 1000 / 10);
	output_text(out, text);
	output_text(out, event_match_word(event));
	end_column(out, begin, MATCH_COLUMNS);
}

static void print_packet(struct printer *printer, const struct event *event)
{
	const struct x0f_verdict *verdict = event->verdict;
	struct output *out = printer->out;

	print_system(printer, event);
	print_match(out, event);
	output_text(out, verdict->flags & X0F_RANDOM_TTL ? "dist <=" : "dist ");
	output_number(out, verdict->distance);
	if (verdict->match == X0F_MATCH_FUZZY) {
		output_text(out, "  ");
		print_reasons(out, event);
	}
}

static void print_mtu(struct output *out, const struct event *event)
{
	size_t begin = begin_column(out);

	output_escaped(out, event->link ? event->link : "???", true);
	end_column(out, begin, NAME_COLUMNS);
	output_text(out, "MTU ");
	output_number(out, event->obs->mtu);
}

static void print_uptime(struct output *out, const struct event *event)
{
	size_t begin = begin_column(out);
	char *p = output_reserve(out, X0F_TEXT_MAX);

	output_formatted(out,
			 x0f_format_uptime(p, X0F_TEXT_MAX, event->uptime));
	end_column(out, begin, NAME_COLUMNS);
	print_raw_hz(out, event);
	output_text(out, " Hz");
}

static void print_note(struct printer *printer, const char *note)
{
	output_text(printer->out, "  ");
	paint(printer, COLOUR_FAINT);
	output_text(printer->out, note);
	paint(printer, COLOUR_OFF);
}

static void print_notes(struct printer *printer, const struct event *event)
{
	if (event->track & X0F_TRACK_REPEATED && event_is_packet(event))
		print_note(printer, "repeated");
	if (event->track & X0F_TRACK_LONE && event_is_packet(event))
		print_note(printer, "no SYN");
	if (event->kind == EVENT_UPTIME && event->uptime->unreliable)
		print_note(printer, "unreliable");
}

static void print_line(struct printer *printer, const struct event *event)
{
	print_kind(printer, event);
	print_flow(printer, event);
	if (event->kind == EVENT_MTU)
		print_mtu(printer->out, event);
	else if (event->kind == EVENT_UPTIME)
		print_uptime(printer->out, event);
	else
		print_packet(printer, event);
	print_notes(printer, event);
	output_char(printer->out, '\n');
}

const struct format format_line = { .name = "line", .print = print_line };
