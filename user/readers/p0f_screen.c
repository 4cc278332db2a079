/* SPDX-License-Identifier: MIT */
/*
 * The blocks that p0f 3.09b shows on its screen, to the byte. For `x0f p0f`
 * alone, so it is not in the table of formats.
 */
#include "p0f.h"

static const struct p0f_signs screen_signs = {
	.before_key = "| ",
	.key_width = 8,
	.after_key = " = ",
	.after_value = "\n",
};

/* .-[ 192.0.2.10/50000 -> 198.51.100.80/443 (syn) ]- */
static void print_heading(struct output *out, const struct event *event)
{
	output_text(out, ".-[ ");
	p0f_print_client(out, event);
	output_text(out, " -> ");
	p0f_print_server(out, event);
	output_text(out, " (");
	output_text(out, p0f_module(event));
	output_text(out, ") ]-\n|\n");
}

static void print_subject(struct output *out, const struct event *event)
{
	p0f_begin_field(out, &screen_signs,
			event->from_server ? "server" : "client");
	if (event->from_server)
		p0f_print_server(out, event);
	else
		p0f_print_client(out, event);
	p0f_end_field(out, &screen_signs);
}

static void print_block(struct printer *printer, const struct event *event)
{
	struct output *out = printer->out;

	print_heading(out, event);
	print_subject(out, event);
	p0f_print_fields(out, &screen_signs, event);
	output_text(out, "|\n`----\n\n");
}

const struct format format_p0f_screen = {
	.name = "p0f-screen",
	.print = print_block,
};
