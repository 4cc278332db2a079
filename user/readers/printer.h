/* SPDX-License-Identifier: MIT */
/*
 * Printers turn events into text. Each format is one file with one row in
 * the table of printer.c. One thread.
 */
#ifndef X0F_READERS_PRINTER_H
#define X0F_READERS_PRINTER_H

#include "event.h"
#include "output.h"

/* Time as text, worked out once per second of packet time. */
struct clock_text {
	int64_t second; /* that `text` says; -1: none yet */
	char text[24];	/* 2023/11/14 22:13:20 */
};

struct printer {
	const struct format *format;
	struct output *out;
	bool colour;	/* text and line only */
	bool plain_p0f; /* p0f only: no fields that p0f does not know */
	struct clock_text clock;
};

struct format {
	const char *name;
	void (*begin)(struct printer *printer); /* may be NULL */
	void (*print)(struct printer *printer, const struct event *event);
};

extern const struct format format_text;
extern const struct format format_p0f;
extern const struct format format_json;
extern const struct format format_csv;
extern const struct format format_line;

/* p0f's screen, for `x0f p0f` */
extern const struct format format_p0f_screen;

/* All formats, the default first; ends with NULL. */
extern const struct format *const printer_formats[];

/* Ends a text of libx0f for which X0F_TEXT_MAX bytes were reserved. */
static inline void output_formatted(struct output *out, size_t len)
{
	output_advance(out, len < X0F_TEXT_MAX ? len : X0F_TEXT_MAX - 1);
}

void printer_open(struct printer *printer, const struct format *format,
		  struct output *out);

/* An event_sink: ctx is the printer. */
void printer_print(void *ctx, const struct event *event);

/*
 * Time of an event: in the local zone as p0f writes it, or in UTC as RFC 3339
 * wants it, with nanoseconds. A printer uses only one of them.
 */
void print_local_time(struct printer *printer, const struct event *event);
void print_utc_time(struct printer *printer, const struct event *event);

/* Name and, after a space, flavor; ??? for none. */
void print_label(struct output *out, const struct event *event, bool strict);

/* Texts of libx0f, straight into the buffer. */
void print_raw_sig(struct output *out, const struct event *event);
void print_params(struct output *out, const struct event *event);
void print_reasons(struct output *out, const struct event *event);

/* RFC 5952 for IPv6, dotted quad for IPv4. */
void print_address(struct output *out, const uint8_t addr[16],
		   uint8_t ip_version);

/* As measured, not rounded, with two decimals. */
void print_raw_hz(struct output *out, const struct event *event);

/* Thousandths of quality with three decimals: 0.800 */
void print_quality(struct output *out, const struct event *event);

/* One lower-case word without blanks: "synack", "uptime"; "fuzzy", "none" */
const char *event_kind_word(const struct event *event);
const char *event_match_word(const struct event *event);

/* True when the event has a label that is a tool's, not a system's. */
bool event_names_application(const struct event *event);

/* True when the event is about a SYN or SYN+ACK itself. */
bool event_is_packet(const struct event *event);

#endif
