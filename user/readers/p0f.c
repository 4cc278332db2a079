/* SPDX-License-Identifier: MIT */
/*
 * The log lines of p0f 3.09b, to the byte, and the fields that its screen
 * shows, too. Outside of compat mode a line may end with fields that p0f does
 * not know; programs that read key=value do not mind.
 */
#include "p0f.h"

#include <stdio.h>

static const struct p0f_signs log_signs = {
	.before_key = "|",
	.after_key = "=",
	.after_value = "",
};

const char *p0f_module(const struct event *event)
{
	switch (event->kind) {
	case EVENT_SYN:
		return "syn";
	case EVENT_SYNACK:
		return "syn+ack";
	case EVENT_MTU:
		return "mtu";
	case EVENT_UPTIME:
		return "uptime";
	case EVENT_SENDSYN_PROBE:
		return "sendsyn probe";
	case EVENT_SENDSYN_RESPONSE:
		return "sendsyn response";
	}
	return "???";
}

static void print_peer(struct output *out, const struct x0f_obs *obs,
		       bool source)
{
	char *p = output_reserve(out, X0F_TEXT_MAX);

	output_formatted(out, x0f_format_addr_long(p, X0F_TEXT_MAX,
						   source ? obs->src : obs->dst,
						   obs->ip_version));
	output_char(out, '/');
	output_number(out, source ? obs->src_port : obs->dst_port);
}

void p0f_print_client(struct output *out, const struct event *event)
{
	print_peer(out, event->obs, !event->from_server);
}

void p0f_print_server(struct output *out, const struct event *event)
{
	print_peer(out, event->obs, event->from_server);
}

void p0f_begin_field(struct output *out, const struct p0f_signs *signs,
		     const char *key)
{
	output_text(out, signs->before_key);
	output_text(out, key);
	for (size_t n = strlen(key); n < signs->key_width; n++)
		output_char(out, ' ');
	output_text(out, signs->after_key);
}

void p0f_end_field(struct output *out, const struct p0f_signs *signs)
{
	output_text(out, signs->after_value);
}

static bool key_is_app(const struct event *event)
{
	bool sendsyn = event->kind == EVENT_SENDSYN_PROBE ||
		       event->kind == EVENT_SENDSYN_RESPONSE;

	if (sendsyn && event->label)
		return true;
	return event_names_application(event);
}

static void print_packet(struct output *out, const struct p0f_signs *signs,
			 const struct event *event)
{
	const struct x0f_verdict *verdict = event->verdict;

	p0f_begin_field(out, signs, key_is_app(event) ? "app" : "os");
	print_label(out, event, false);
	p0f_end_field(out, signs);
	p0f_begin_field(out, signs, "dist");
	if (verdict->flags & X0F_RANDOM_TTL)
		output_text(out, "<= ");
	output_number(out, verdict->distance);
	p0f_end_field(out, signs);
	p0f_begin_field(out, signs, "params");
	print_params(out, event);
	p0f_end_field(out, signs);
	p0f_begin_field(out, signs, "raw_sig");
	print_raw_sig(out, event);
	p0f_end_field(out, signs);
}

static void print_mtu(struct output *out, const struct p0f_signs *signs,
		      const struct event *event)
{
	p0f_begin_field(out, signs, "link");
	output_escaped(out, event->link ? event->link : "???", false);
	p0f_end_field(out, signs);
	p0f_begin_field(out, signs, "raw_mtu");
	output_number(out, event->obs->mtu);
	p0f_end_field(out, signs);
}

static void print_uptime(struct output *out, const struct p0f_signs *signs,
			 const struct event *event)
{
	const struct x0f_uptime *uptime = event->uptime;
	char text[128];

	snprintf(text, sizeof(text), "%u days %u hrs %u min (modulo %u days)",
		 uptime->minutes / 60 / 24, uptime->minutes / 60 % 24,
		 uptime->minutes % 60, uptime->modulo_days);
	p0f_begin_field(out, signs, "uptime");
	output_text(out, text);
	p0f_end_field(out, signs);
	p0f_begin_field(out, signs, "raw_freq");
	print_raw_hz(out, event);
	output_text(out, " Hz");
	p0f_end_field(out, signs);
}

void p0f_print_fields(struct output *out, const struct p0f_signs *signs,
		      const struct event *event)
{
	if (event->kind == EVENT_MTU)
		print_mtu(out, signs, event);
	else if (event->kind == EVENT_UPTIME)
		print_uptime(out, signs, event);
	else
		print_packet(out, signs, event);
}

static void print_head(struct printer *printer, const struct event *event)
{
	struct output *out = printer->out;

	output_char(out, '[');
	print_local_time(printer, event);
	output_text(out, "] mod=");
	output_text(out, p0f_module(event));
	output_text(out, "|cli=");
	p0f_print_client(out, event);
	output_text(out, "|srv=");
	p0f_print_server(out, event);
	output_text(out, event->from_server ? "|subj=srv" : "|subj=cli");
}

/* What p0f does not say: it would have left these packets out. */
static void print_notes(struct output *out, const struct event *event)
{
	if (event->track & X0F_TRACK_REPEATED && event_is_packet(event))
		output_text(out, "|repeated=yes");
	if (event->track & X0F_TRACK_LONE && event_is_packet(event))
		output_text(out, "|lone=yes");
	if (event->kind == EVENT_UPTIME && event->uptime->unreliable)
		output_text(out, "|unreliable=yes");
}

static void print_p0f(struct printer *printer, const struct event *event)
{
	struct output *out = printer->out;

	print_head(printer, event);
	p0f_print_fields(out, &log_signs, event);
	if (!printer->plain_p0f)
		print_notes(out, event);
	output_char(out, '\n');
}

const struct format format_p0f = { .name = "p0f", .print = print_p0f };
