/* SPDX-License-Identifier: MIT */
/*
 * A sensor without packets, for the tests of readers: makes the segment
 * DIR/NAME, publishes COUNT records of one SYN, half of them before it prints
 * the path, the others before it prints "done", and lives until its standard
 * input ends. One thread.
 *
 *     segment_producer DIR NAME COUNT
 *
 * Record i has time_ns i. Labels are 0: Linux 3.11 and newer, 1: link DSL.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "../../user/engine/segment.h"
#include "../unit/tiny_segment.h"

enum { RING_RECORDS = 8192, BATCH_US = 1000 };

static void publish(struct segment *segment, uint64_t from, uint64_t to,
		    useconds_t pause_us)
{
	struct x0f_record records[SEGMENT_BATCH];
	uint32_t n;

	while (from < to) {
		for (n = 0; n < SEGMENT_BATCH && from < to; n++)
			tiny_record(&records[n], from++);
		segment_publish(segment, 0, records, n);
		segment_ring_doorbell(segment);
		if (pause_us)
			usleep(pause_us);
	}
}

int main(int argc, char **argv)
{
	const struct x0f_label label = { .class_name = "unix",
					 .name = "Linux",
					 .flavor = "3.11 and newer" };
	struct segment_options options = {
		.group = -1,
		.workers = 1,
		.ring_records = RING_RECORDS,
		.interfaces = 1,
		.policy = X0F_POLICY_X0F,
	};
	struct segment segment;
	struct problem problem;
	uint64_t count;
	char byte;

	if (argc != 4)
		return 64;
	options.directory = argv[1];
	options.name = argv[2];
	count = strtoull(argv[3], NULL, 10);
	if (segment_create(&segment, &options, &problem)) {
		fprintf(stderr, "%s\n", problem.text);
		return 1;
	}
	segment_add_label(&segment, &label);
	segment_add_link(&segment, "DSL");
	segment_set_state(&segment, X0F_SENSOR_RUNNING);
	publish(&segment, 0, count / 2, 0);
	puts(segment.path);
	fflush(stdout);
	publish(&segment, count / 2, count, BATCH_US);
	puts("done");
	fflush(stdout);
	while (read(STDIN_FILENO, &byte, 1) > 0)
		;
	segment_close(&segment);
	return 0;
}
