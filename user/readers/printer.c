/* SPDX-License-Identifier: MIT */
/*
 * The table of output formats, and what they have in common.
 */
#include "printer.h"

#include <stdio.h>
#include <time.h>

const struct format *const printer_formats[] = {
	&format_text, &format_p0f,  &format_json,
	&format_csv,  &format_line, NULL,
};

void printer_open(struct printer *printer, const struct format *format,
		  struct output *out)
{
	memset(printer, 0, sizeof(*printer));
	printer->format = format;
	printer->out = out;
	printer->clock.second = -1;
	tzset(); /* localtime_r() need not look at TZ */
	if (format->begin)
		format->begin(printer);
}

void printer_print(void *ctx, const struct event *event)
{
	struct printer *printer = ctx;

	printer->format->print(printer, event);
}

#define NS_PER_S 1000000000u

/* localtime_r() or gmtime_r() */
typedef struct tm *(*break_down)(const time_t *when, struct tm *tm);

static void print_second(struct printer *printer, const struct event *event,
			 break_down convert, const char *format)
{
	struct clock_text *clock = &printer->clock;
	int64_t second = (int64_t)(event->time_ns / NS_PER_S);
	time_t when = (time_t)second;
	struct tm tm;

	if (second != clock->second) {
		clock->second = second;
		if (!convert(&when, &tm) ||
		    !strftime(clock->text, sizeof(clock->text), format, &tm))
			clock->text[0] = '\0';
	}
	output_text(printer->out, clock->text);
}

void print_local_time(struct printer *printer, const struct event *event)
{
	print_second(printer, event, localtime_r, "%Y/%m/%d %H:%M:%S");
}

void print_utc_time(struct printer *printer, const struct event *event)
{
	char fraction[] = ".000000000Z";
	uint32_t ns = (uint32_t)(event->time_ns % NS_PER_S);

	print_second(printer, event, gmtime_r, "%Y-%m-%dT%H:%M:%S");
	for (int i = 9; i > 0; i--) {
		fraction[i] = (char)('0' + ns % 10);
		ns /= 10;
	}
	output_bytes(printer->out, fraction, sizeof(fraction) - 1);
}

void print_label(struct output *out, const struct event *event, bool strict)
{
	const struct x0f_label *label = event->label;

	if (!label) {
		output_text(out, "???");
		return;
	}
	output_escaped(out, label->name, strict);
	if (!label->flavor[0])
		return;
	output_char(out, ' ');
	output_escaped(out, label->flavor, strict);
}

void print_raw_sig(struct output *out, const struct event *event)
{
	char *p = output_reserve(out, X0F_TEXT_MAX);

	output_formatted(out, x0f_format_raw_sig(p, X0F_TEXT_MAX, event->obs));
}

void print_params(struct output *out, const struct event *event)
{
	char *p = output_reserve(out, X0F_TEXT_MAX);

	output_formatted(out, x0f_format_params(p, X0F_TEXT_MAX, event->obs,
						event->verdict));
}

void print_reasons(struct output *out, const struct event *event)
{
	char *p = output_reserve(out, X0F_TEXT_MAX);

	output_formatted(out, x0f_format_reasons(p, X0F_TEXT_MAX, event->obs,
						 event->verdict));
}

bool event_names_application(const struct event *event)
{
	return event->label && event->label->application;
}

bool event_is_packet(const struct event *event)
{
	return event->kind != EVENT_MTU && event->kind != EVENT_UPTIME;
}

void print_address(struct output *out, const uint8_t addr[16],
		   uint8_t ip_version)
{
	char *p = output_reserve(out, X0F_TEXT_MAX);

	output_formatted(out,
			 x0f_format_addr(p, X0F_TEXT_MAX, addr, ip_version));
}

void print_raw_hz(struct output *out, const struct event *event)
{
	const struct x0f_uptime *uptime = event->uptime;
	char text[32];

	snprintf(text, sizeof(text), "%.02f",
		 uptime->ticks * 1000.0 / uptime->interval_ms);
	output_text(out, text);
}

void print_quality(struct output *out, const struct event *event)
{
	char text[16];

	snprintf(text, sizeof(text), "%u.%03u", event->verdict->quality / 1000u,
		 event->verdict->quality % 1000u);
	output_text(out, text);
}

const char *event_kind_word(const struct event *event)
{
	switch (event->kind) {
	case EVENT_SYN:
		return "syn";
	case EVENT_SYNACK:
		return "synack";
	case EVENT_MTU:
		return "mtu";
	case EVENT_UPTIME:
		return "uptime";
	case EVENT_SENDSYN_PROBE:
		return "sendsyn_probe";
	case EVENT_SENDSYN_RESPONSE:
		return "sendsyn_response";
	}
	return "unknown";
}

const char *event_match_word(const struct event *event)
{
	switch ((enum x0f_match)event->verdict->match) {
	case X0F_MATCH_NONE:
		return "none";
	case X0F_MATCH_FUZZY:
		return "fuzzy";
	case X0F_MATCH_GENERIC:
		return "generic";
	case X0F_MATCH_EXACT:
		return "exact";
	}
	return "none";
}
