/* SPDX-License-Identifier: MIT */
/*
 * What `x0f demo` says: findings one per line, and words between them. See
 * demo.h. One thread.
 */
#include "demo.h"
#include "message.h"
#include "typed.h"

#include "../readers/colour.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

void demo_say(struct demo *demo, const char *format, ...)
{
	char text[1024];
	va_list args;

	va_start(args, format);
	vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	output_text(&demo->destination.out, text);
	output_flush(&demo->destination.out);
}

void demo_head(struct demo *demo, const char *title)
{
	bool colour = demo->printer.colour;

	demo_say(demo, "\n%s%s%s\n", colour ? COLOUR_STRONG : "", title,
		 colour ? COLOUR_OFF : "");
}

void demo_begin(struct demo *demo, uint32_t lines, bool with_links)
{
	demo->lines = lines;
	demo->with_links = with_links;
	demo->hidden = 0;
}

void demo_show(void *ctx, const struct event *event)
{
	struct demo *demo = ctx;
	bool is_shown = event_is_packet(event) ||
			(event->kind == EVENT_MTU && demo->with_links);

	if (!is_shown || !demo->lines) {
		demo->hidden++;
		return;
	}
	demo->lines--;
	printer_print(&demo->printer, event);
}

void demo_end(struct demo *demo)
{
	if (demo->hidden)
		demo_say(demo, "   ... and %llu findings more\n",
			 (unsigned long long)demo->hidden);
	demo->hidden = 0;
}

bool demo_is_over(const struct demo *demo)
{
	return demo->destination.out.error != 0;
}

static void say_next(struct demo *demo)
{
	const char *sudo = typed_sudo(!geteuid());
	const char *name = typed_program();
	const char *interface = demo->interface;

	demo_head(demo, "What to try next");
	demo_say(demo,
		 "   %s%s check %s\n"
		 "   %s%s live --format line %s\n"
		 "   %s pcap --format line FILE\n",
		 sudo, name, interface, sudo, name, interface, name);
}

int demo_finish(struct demo *demo)
{
	bool is_good;

	demo_head(demo, "What became of every packet");
	is_good = books_print(&demo->books, &demo->destination.out);
	if (demo->failed) {
		demo_say(demo, "%u connections did not succeed.\n",
			 demo->failed);
		is_good = false;
	}
	if (is_good)
		say_next(demo);
	output_flush(&demo->destination.out);
	return is_good ? EXIT_OK : EXIT_SOFTWARE;
}
