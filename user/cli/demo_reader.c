/* SPDX-License-Identifier: MIT */
/* See demo_reader.h. */
#include "demo_reader.h"

#include "../capture/clock.h"
#include "../readers/findings.h"

#include <errno.h>
#include <poll.h>
#include <string.h>

enum { BATCH = 64, START_MS = 10000, SETTLE_MS = 2000, LOOK_MS = 10 };

static bool is_running(const struct reader *reader)
{
	struct x0f_ring_info info = { .sz = sizeof(info) };

	x0f_ring_info(reader->ring, &info);
	return info.state == X0F_SENSOR_RUNNING;
}

static int await_sensor(struct reader *reader, const char *path,
			struct program *sensor)
{
	const struct x0f_ring_options options = { .sz = sizeof(options),
						  .from_oldest = true };

	for (int ms = 0; ms < START_MS; ms += LOOK_MS) {
		if (!reader->ring)
			x0f_ring_open(&reader->ring, path, &options);
		if (reader->ring && is_running(reader))
			return 0;
		if (!program_runs(sensor))
			return -ECHILD;
		poll(NULL, 0, LOOK_MS);
	}
	return -ETIMEDOUT;
}

int reader_open(struct reader *reader, const char *path, struct program *sensor)
{
	struct x0f_ring_info info = { .sz = sizeof(info) };
	struct x0f_segment_interface interface;
	int ret;

	memset(reader, 0, sizeof(*reader));
	ret = await_sensor(reader, path, sensor);
	if (ret) {
		reader_close(reader);
		return ret;
	}
	x0f_ring_info(reader->ring, &info);
	reader->policy = info.policy;
	if (!x0f_ring_interface(reader->ring, 0, &interface, sizeof(interface)))
		memcpy(reader->interface, interface.name,
		       sizeof(reader->interface) - 1);
	return 0;
}

static void show_record(struct reader *reader, struct demo *demo,
			const struct x0f_record *record)
{
	const struct x0f_label *link;
	struct x0f_verdict verdict;
	struct x0f_track track;
	struct x0f_obs obs;
	struct finding finding = {
		.time_ns = record->time_ns,
		.interface = reader->interface,
		.obs = &obs,
		.verdict = &verdict,
		.track = &track,
	};

	reader->read++;
	if (x0f_record_read(record, reader->policy, &obs, &verdict, &track))
		return;
	finding.label = x0f_ring_label(reader->ring, verdict.label);
	link = x0f_ring_label(reader->ring, verdict.link);
	if (link &&
	    x0f_ring_label_kind(reader->ring, verdict.link) == X0F_LABEL_LINK)
		finding.link = link->name;
	findings_report(&finding, demo_show, demo);
}

static size_t show_batch(struct reader *reader, struct demo *demo)
{
	struct x0f_record records[BATCH];
	size_t count = x0f_ring_read(reader->ring, records, BATCH);

	for (size_t i = 0; i < count; i++)
		show_record(reader, demo, &records[i]);
	if (count)
		output_flush(&demo->destination.out);
	return count;
}

void reader_show(struct reader *reader, struct demo *demo, int duration_ms)
{
	uint64_t end = clock_ns() + (uint64_t)duration_ms * NS_PER_MS;
	uint64_t now;

	do {
		while (show_batch(reader, demo) && !demo_is_over(demo))
			;
		now = clock_ns();
		if (now >= end)
			return;
		duration_ms = (int)((end - now) / NS_PER_MS) + 1;
		/* when the sensor is dead, this must not spin */
		if (x0f_ring_wait(reader->ring, duration_ms) < 0)
			poll(NULL, 0, duration_ms);
	} while (!demo_is_over(demo));
}

/* --------------------------------------------------------------- books -- */

/* All that was counted since the sensor began. */
static void read_book(const struct reader *reader, struct book *book)
{
	struct x0f_segment_interface interface;
	static struct x0f_segment_worker worker; /* 50 KiB */

	memset(book, 0, sizeof(*book));
	for (uint32_t i = 0; !x0f_ring_interface(reader->ring, i, &interface,
						 sizeof(interface));
	     i++)
		accounts_add_interface(&book->accounts, &interface);
	for (uint32_t i = 0;
	     !x0f_ring_worker(reader->ring, i, &worker, sizeof(worker)); i++) {
		accounts_add_worker(&book->accounts, &worker);
		book->busy_ns += worker.busy_ns;
	}
	book->read = reader->read;
	book->missed = x0f_ring_missed(reader->ring);
}

static void subtract(uint64_t *from, const uint64_t *what, int count)
{
	for (int i = 0; i < count; i++)
		from[i] -= what[i];
}

static void subtract_book(struct book *from, const struct book *before)
{
	struct accounts *a = &from->accounts;
	const struct accounts *b = &before->accounts;

	subtract(a->outcomes, b->outcomes, X0F_OUTCOME_ROOM);
	subtract(a->losses, b->losses, X0F_LOSS_ROOM);
	subtract(a->dropped, b->dropped, X0F_DROP_ROOM);
	a->published -= b->published;
	a->died -= b->died;
	a->labelled -= b->labelled;
	from->busy_ns -= before->busy_ns;
	from->read -= before->read;
	from->missed -= before->missed;
}

/* Interfaces are asked by the sensor ten times a second, so this may take. */
void reader_settle(struct reader *reader, struct demo *demo, uint64_t sent)
{
	uint64_t end = clock_ns() + SETTLE_MS * NS_PER_MS;
	struct book now;

	do {
		reader_show(reader, demo, LOOK_MS);
		read_book(reader, &now);
		subtract_book(&now, &reader->before);
		if (accounts_seen(&now.accounts) >= sent &&
		    !accounts_residual(&now.accounts))
			return;
	} while (clock_ns() < end && !demo_is_over(demo));
}

void reader_book(struct reader *reader, struct demo *demo, struct book *book)
{
	struct book now;

	while (show_batch(reader, demo) || x0f_ring_unread(reader->ring))
		;
	read_book(reader, &now);
	book->accounts = now.accounts;
	book->busy_ns = now.busy_ns;
	book->read = now.read;
	book->missed = now.missed;
	subtract_book(book, &reader->before);
	reader->before = now;
}

void reader_close(struct reader *reader)
{
	x0f_ring_close(reader->ring);
	reader->ring = NULL;
}
