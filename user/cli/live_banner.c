/* SPDX-License-Identifier: MIT */
/*
 * What `x0f live` says when packets come: what it got, what that takes, where
 * the results are and how to get rid of it. What is degraded was said before,
 * by the capture. Called by the supervisor, which believes nothing that is in
 * the segment: counts come from its own layout, names are copied.
 */
#include "live.h"
#include "message.h"
#include "typed.h"

#include <stdio.h>
#include <string.h>
#include <sys/utsname.h>

/* Eight lines in all, so that a start fits on any screen. */
enum { INTERFACE_LINES = 3 };

static const char *plural(uint32_t count)
{
	return count == 1 ? "" : "s";
}

static void say_sensor(const struct sensor_options *options,
		       const struct sensor_facts *facts)
{
	uint32_t workers = facts->segment->layout.worker_count;
	struct utsname kernel = { .release = "?" };
	uint64_t tenths = (facts->memory_bytes * 10 + (1u << 19)) >> 20;

	uname(&kernel);
	inform("sensor %s: kernel %s, %u worker%s as %s, %llu.%llu MiB",
	       options->name, kernel.release, workers, plural(workers),
	       facts->user, (unsigned long long)(tenths / 10),
	       (unsigned long long)(tenths % 10));
}

static void say_interface(const struct segment *segment, uint32_t position)
{
	static const char *const states[] = { "link up", "link down", "deaf" };
	struct x0f_segment_interface interface;

	segment_copy_interface(segment, position, &interface);
	if (interface.state == X0F_INTERFACE_WAITING) {
		inform("%s: waited for", interface.name);
		return;
	}
	inform("%s: %s, %u queue%s, %s", interface.name,
	       x0f_mode_name((enum x0f_capture_mode)interface.mode),
	       interface.queues, plural(interface.queues),
	       interface.state <= X0F_INTERFACE_DEAF ? states[interface.state] :
						       "?");
}

static void say_interfaces(const struct sensor_options *options,
			   const struct segment *segment)
{
	uint32_t count = segment->layout.interface_count;
	uint32_t shown = count;

	/* the last line is for all of the others */
	if (count > INTERFACE_LINES)
		shown = INTERFACE_LINES - 1;
	for (uint32_t i = 0; i < shown; i++)
		say_interface(segment, i);
	if (shown < count)
		inform("and %u more interfaces, see %s status %s",
		       count - shown, typed_program(), options->name);
}

/* What the settings left open was chosen by the capture, in memory's bounds. */
static void say_rings(const struct sensor_options *options,
		      const struct segment *segment)
{
	const struct capture_options *capture = &options->capture;
	char input[64] = "";

	if (capture->header_ring_bytes)
		snprintf(input, sizeof(input), ", %u KiB of headers per CPU",
			 capture->header_ring_bytes >> 10);
	if (capture->frames)
		snprintf(input, sizeof(input), ", %u frames per queue",
			 capture->frames);
	inform("rings: %u results per worker%s", segment->layout.ring_records,
	       input);
}

static void say_signatures(const struct segment *segment)
{
	const struct x0f_segment_header *header = segment->header;

	inform("signatures: %u syn, %u syn+ack, generation %u",
	       header->syn_sigs, header->synack_sigs, header->generation);
}

static void say_emergency(const struct sensor_options *options)
{
	const struct capture_options *capture = &options->capture;

	inform("results: %s/%s; in an emergency: %s%s detach %s%s",
	       options->run_dir, options->name, typed_sudo(true),
	       typed_program(), capture->interfaces[0],
	       capture->interface_count > 1 ? " and so on" : "");
}

void live_banner(const struct settings *settings,
		 const struct sensor_options *options,
		 const struct sensor_facts *facts)
{
	if (settings->quiet)
		return;
	say_sensor(options, facts);
	say_interfaces(options, facts->segment);
	say_rings(options, facts->segment);
	say_signatures(facts->segment);
	say_emergency(options);
}
