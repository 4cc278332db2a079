/* SPDX-License-Identifier: MIT */
/*
 * The summary line.
 */
#include "tally.h"
#include "message.h"

#include <stdarg.h>
#include <stdio.h>

struct line {
	char text[1024];
	size_t len;
};

__attribute__((format(printf, 2, 3))) static void add(struct line *line,
						      const char *format, ...)
{
	size_t room = sizeof(line->text) - line->len;
	va_list args;
	int n;

	va_start(args, format);
	n = vsnprintf(line->text + line->len, room, format, args);
	va_end(args);
	if (n > 0)
		line->len += (size_t)n < room ? (size_t)n : room - 1;
}

void tally_event(struct tally *tally, const struct event *event)
{
	bool labelled;

	if (event->kind == EVENT_MTU || event->kind == EVENT_UPTIME)
		return;
	labelled = event->label != NULL;
	if (event->from_server) {
		tally->synacks++;
		tally->synacks_labelled += labelled;
	} else {
		tally->syns++;
		tally->syns_labelled += labelled;
	}
}

void tally_add(struct tally *sum, const struct tally *part)
{
	sum->syns += part->syns;
	sum->syns_labelled += part->syns_labelled;
	sum->synacks += part->synacks;
	sum->synacks_labelled += part->synacks_labelled;
}

static void add_skipped(struct line *line, const uint64_t *status)
{
	const char *separator = " (";
	uint64_t skipped = 0;

	for (int i = X0F_SEGMENT + 1; i < X0F_STATUS_COUNT; i++)
		skipped += status[i];
	add(line, ", %llu skipped", (unsigned long long)skipped);
	if (!skipped)
		return;
	for (int i = X0F_SEGMENT + 1; i < X0F_STATUS_COUNT; i++) {
		if (!status[i])
			continue;
		add(line, "%s%llu %s", separator, (unsigned long long)status[i],
		    x0f_status_name((enum x0f_status)i));
		separator = ", ";
	}
	add(line, ")");
}

void tally_print(const char *before, const struct tally *tally,
		 const uint64_t *status)
{
	struct line line = { .len = 0 };

	add(&line,
	    "%s%llu packet%s: %llu syn (%llu labelled), "
	    "%llu syn+ack (%llu labelled)",
	    before ? before : "", (unsigned long long)tally->packets,
	    tally->packets == 1 ? "" : "s", (unsigned long long)tally->syns,
	    (unsigned long long)tally->syns_labelled,
	    (unsigned long long)tally->synacks,
	    (unsigned long long)tally->synacks_labelled);
	if (status) {
		add(&line, ", %llu other tcp",
		    (unsigned long long)status[X0F_SEGMENT]);
		add_skipped(&line, status);
	}
	if (tally->filtered)
		add(&line, ", %llu %sfiltered",
		    (unsigned long long)tally->filtered,
		    status ? "" : "findings ");
	complain("%s", line.text);
}
