/* SPDX-License-Identifier: MIT */
/*
 * A sensor that counts and has no packets, for the tests of what reads
 * statistics: makes the segment DIR/NAME, in which every counter has a number
 * of its own, prints its path, and lives until its standard input ends. One
 * thread.
 *
 *     statistics_producer DIR NAME WORKERS INTERFACES LABELS [hostile]
 *
 * It takes orders, one word a line, and says "done": `lose` one in ten of 1,000
 * wanted packets more, `deaf` the first interface, `hang` no heartbeat any more.
 * hostile: what workers that somebody took over could write.
 */
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "../../user/capture/clock.h"
#include "../../user/engine/segment.h"

enum {
	RING_RECORDS = 8192,
	BEAT_MS = 100,
	FIRST_COUNTER = offsetof(struct x0f_segment_worker, received),
};

struct producer {
	struct segment segment;
	uint64_t number; /* the last one given out */
	bool is_hostile;
	bool hangs;
};

static void fill(struct producer *p, uint64_t *counters, size_t count)
{
	for (size_t i = 0; i < count; i++)
		counters[i] = p->is_hostile ? UINT64_MAX - i : ++p->number;
}

static void fill_interface(struct producer *p, uint32_t position)
{
	struct x0f_segment_interface *interface = segment_interface(&p->segment,
								    position);

	if (p->is_hostile)
		memcpy(interface->name, "a\"\\\n\xff{},b\xc3\xa9\0", 12);
	else
		snprintf(interface->name, sizeof(interface->name), "test%u",
			 position);
	interface->mode = p->is_hostile ? 99 : X0F_MODE_TAP_COPY;
	interface->queues = 4;
	interface->reattached = 3;
	interface->deaf_ns = 1500000000;
	fill(p, interface->outcomes, X0F_OUTCOME_COUNT);
	fill(p, interface->losses, X0F_LOSS_COUNT);
	interface->fill_ring_empty = ++p->number;
}

static void fill_worker(struct producer *p, uint32_t number)
{
	struct x0f_segment_worker *worker = segment_worker(&p->segment, number);

	/* from received to uptimes */
	fill(p, (uint64_t *)((char *)worker + FIRST_COUNTER), 12);
	worker->heartbeat_ns = clock_ns();
	fill(p, &worker->kinds[0][0], 4);
	fill(p, worker->unmatched, 2);
	fill(p, worker->dropped + 1, X0F_STATUS_COUNT - 1);
	fill(p, &worker->dropped[X0F_DROP_EXPRESSION], 1);
	fill(p, worker->batch_fill, X0F_BATCH_BUCKETS);
	fill(p, worker->match_duration, X0F_DURATION_BUCKETS);
	fill(p, &worker->match_duration_sum_ns, 1);
	fill(p, &worker->other[0][0], 6);
	for (uint32_t i = 0; i < X0F_STATS_LABELS; i++)
		if (i < p->segment.header->label_count && i != 1)
			fill(p, &worker->labels[i][0][0], 6);
	worker->commit = worker->reserve = ++p->number;
}

/* Id 1 is a link, and labels 2 and 3 have one name. */
static void add_labels(struct producer *p, uint32_t count)
{
	static const char *const names[] = {
		"quote \" backslash \\ newline \n bad \xff \xc3 \xe2\x82",
		"two\xc2\x85 control \x1b[31m",
		"",
	};
	char name[1000];
	struct x0f_label label = { .class_name = "unix",
				   .name = name,
				   .flavor = "new" };

	for (uint32_t i = 0; i < count; i++) {
		if (i == 1)
			segment_add_link(&p->segment, "DSL");
		label.generic = i == 2;
		label.application = i % 10 == 9;
		snprintf(name, sizeof(name), "System %u", i == 2 ? 1 : i);
		if (p->is_hostile && i < 3)
			strcpy(name, names[i]);
		else if (p->is_hostile) /* the same where they are cut */
			snprintf(name, sizeof(name), "%0900u", i);
		segment_add_label(&p->segment, &label);
	}
}

static void fill_header(struct producer *p)
{
	struct x0f_segment_header *header = p->segment.header;

	header->generation = 7;
	header->syn_sigs = 300;
	header->synack_sigs = 200;
	header->restarts = 2;
	header->reloads = 6;
	header->reload_failures = 1;
	header->reloaded_ns = 1700000000000000000;
	header->reload_failed_ns = 1600000000000000000;
	header->labels_lost = 5;
	segment_set_state(&p->segment, p->is_hostile ?
					       (enum x0f_sensor_state)99 :
					       X0F_SENSOR_RUNNING);
}

static void lose(struct x0f_segment_interface *interface)
{
	interface->outcomes[X0F_OUTCOME_DELIVERED] += 1000;
	interface->losses[X0F_LOSS_RX_RING_FULL] += 100;
}

/* False: there are no more orders. */
static bool obey(struct producer *p)
{
	struct x0f_segment_interface *interface = segment_interface(&p->segment,
								    0);
	char line[64];

	if (!fgets(line, sizeof(line), stdin))
		return false;
	if (!strcmp(line, "lose\n"))
		lose(interface);
	else if (!strcmp(line, "deaf\n"))
		interface->state = X0F_INTERFACE_DEAF;
	else if (!strcmp(line, "hang\n"))
		p->hangs = true;
	puts("done");
	fflush(stdout);
	return true;
}

static void live(struct producer *p)
{
	struct pollfd orders = { .fd = STDIN_FILENO, .events = POLLIN };

	setvbuf(stdin, NULL, _IONBF, 0); /* poll() sees all there is */
	do {
		if (!p->hangs)
			__atomic_store_n(&p->segment.header->heartbeat_ns,
					 clock_ns(), __ATOMIC_RELAXED);
	} while (poll(&orders, 1, BEAT_MS) <= 0 || obey(p));
}

int main(int argc, char **argv)
{
	struct producer p = { .number = 0 };
	struct segment_options options = {
		.group = -1,
		.ring_records = RING_RECORDS,
		.policy = X0F_POLICY_X0F,
	};
	struct problem problem;

	if (argc < 6)
		return 64;
	options.directory = argv[1];
	options.name = argv[2];
	options.workers = (uint32_t)atoi(argv[3]);
	options.interfaces = (uint32_t)atoi(argv[4]);
	p.is_hostile = argc > 6;
	if (segment_create(&p.segment, &options, &problem)) {
		fprintf(stderr, "%s\n", problem.text);
		return 1;
	}
	fill_header(&p);
	add_labels(&p, (uint32_t)atoi(argv[5]));
	for (uint32_t i = 0; i < options.interfaces; i++)
		fill_interface(&p, i);
	for (uint32_t i = 0; i < options.workers; i++)
		fill_worker(&p, i);
	puts(p.segment.path);
	fflush(stdout);
	live(&p);
	segment_close(&p.segment);
	return 0;
}
