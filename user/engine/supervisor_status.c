/* SPDX-License-Identifier: MIT */
/*
 * The line that a service manager shows about a sensor that runs: what each
 * interface does and who looks at the packets. See notify.h; one thread.
 */
#include "notify.h"
#include "supervisor.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

/* Adds to a line, which is cut where it is full. */
__attribute__((format(printf, 2, 3))) static void
add(char line[SUPERVISOR_STATUS], const char *format, ...)
{
	size_t len = strlen(line);
	va_list args;

	va_start(args, format);
	vsnprintf(line + len, SUPERVISOR_STATUS - len, format, args);
	va_end(args);
}

static void add_interface(char line[SUPERVISOR_STATUS],
			  const struct segment *segment, uint32_t position)
{
	struct x0f_segment_interface interface;

	segment_copy_interface(segment, position, &interface);
	add(line, "%s: ", interface.name);
	if (interface.mode != X0F_MODE_NONE)
		add(line, "%s, ",
		    x0f_mode_name((enum x0f_capture_mode)interface.mode));
	add(line, "%s; ",
	    x0f_interface_state_name(
		    (enum x0f_interface_state)interface.state));
}

void supervisor_tell_status(struct supervisor *s)
{
	uint32_t workers = s->segment.layout.worker_count;
	char line[SUPERVISOR_STATUS] = "";

	for (uint32_t i = 0; i < s->segment.layout.interface_count; i++)
		add_interface(line, &s->segment, i);
	add(line, "%u worker%s as %s", workers, workers == 1 ? "" : "s",
	    s->family.rights.user);
	/* the result of a reload took its place for a moment */
	if (!strcmp(line, s->status) && !s->reload.was_told)
		return;
	s->reload.was_told = false;
	memcpy(s->status, line, sizeof(line));
	notify_status(line);
}
