/* SPDX-License-Identifier: MIT */
/*
 * Copies what a sensor counts. Whoever took over its workers can write anything
 * there, so nothing here relies on names being different, or sums being right.
 * See metrics.h. One thread.
 */
#include "metrics.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

/* Bytes of the first character, escaped into piece; *taken: bytes of from. */
static size_t escape_one(char piece[8], const char *from, size_t *taken)
{
	const uint8_t *p = (const uint8_t *)from;
	size_t len = utf8_length(p, p + strnlen(from, 4));

	*taken = len ? len : 1;
	if (*p == '\\' || *p == '"')
		return (size_t)snprintf(piece, 8, "\\%c", *p);
	/* a control character of ASCII or beyond it, or no UTF-8 at all */
	if (!len || *p < 0x20 || *p == 0x7f ||
	    (len == 2 && *p == 0xc2 && p[1] < 0xa0)) {
		*taken = 1;
		return (size_t)snprintf(piece, 8, "\\\\x%02x", *p);
	}
	memcpy(piece, from, len);
	return len;
}

void metrics_escape(char to[METRICS_VALUE], const char *from)
{
	size_t used = 0;
	size_t taken;
	char piece[8];

	for (; *from; from += taken) {
		size_t len = escape_one(piece, from, &taken);

		if (used + len >= METRICS_VALUE)
			break;
		memcpy(to + used, piece, len);
		used += len;
	}
	to[used] = '\0';
}

static void read_info(struct metrics_sensor *sensor,
		      const struct x0f_ring_info *info)
{
	struct metrics_totals *totals = &sensor->totals;

	metrics_escape(sensor->version, info->version);
	sensor->state = info->state;
	totals->started_ns = info->started_ns;
	totals->heartbeat_ns = info->heartbeat_ns;
	totals->restarts = info->restarts;
	totals->generation = info->generation;
	totals->signatures[0] = info->syn_sigs;
	totals->signatures[1] = info->synack_sigs;
	totals->reloads = info->reloads;
	totals->reload_failures = info->reload_failures;
	totals->reloaded_ns = info->reloaded_ns;
	totals->reload_is_fine = !info->reload_failures ||
				 info->reloaded_ns > info->reload_failed_ns;
	totals->labels = info->label_count;
	totals->labels_lost = info->labels_lost;
	totals->workers = info->worker_count;
	totals->ring_records = info->ring_records;
}

/* Two series of one name would spoil the whole answer. */
static void make_unique(struct metrics_interface *interfaces, uint32_t position)
{
	char *name = interfaces[position].name;

	for (uint32_t i = 0; i < position; i++) {
		if (strcmp(interfaces[i].name, name))
			continue;
		/* longer than any name */
		snprintf(name, METRICS_VALUE, "number %u, a name twice",
			 position);
		return;
	}
}

static void copy_interface(struct metrics_interface *to,
			   const struct x0f_segment_interface *from)
{
	metrics_escape(to->name, from->name);
	to->state = from->state;
	to->mode = from->mode;
	to->attached = from->mode != X0F_MODE_NONE &&
		       (from->state == X0F_INTERFACE_UP ||
			from->state == X0F_INTERFACE_DOWN);
	to->queues = from->queues;
	to->reattached = from->reattached;
	to->deaf_ns = from->deaf_ns;
	to->fill_ring_empty = from->fill_ring_empty;
	for (int i = 0; i <= X0F_OUTCOME_NOT_COPIED; i++)
		to->wanted += from->outcomes[i];
	memcpy(to->outcomes, from->outcomes, sizeof(to->outcomes));
	memcpy(to->losses, from->losses, sizeof(to->losses));
}

static int read_interfaces(struct metrics_sensor *sensor,
			   const struct x0f_ring *ring, uint32_t count)
{
	struct x0f_segment_interface interface;

	sensor->interfaces = calloc(count + (size_t)1,
				    sizeof(*sensor->interfaces));
	if (!sensor->interfaces)
		return -ENOMEM;
	for (uint32_t i = 0; i < count; i++) {
		if (x0f_ring_interface(ring, i, &interface, sizeof(interface)))
			break;
		copy_interface(&sensor->interfaces[i], &interface);
		make_unique(sensor->interfaces, i);
		sensor->interface_count++;
	}
	return 0;
}

static void copy_worker(struct metrics_worker *to,
			const struct x0f_segment_worker *from)
{
	to->received = from->received;
	to->published = from->published;
	to->committed = from->commit;
	to->voided = from->voided;
	to->died = from->died;
	to->batches = from->batches;
	to->sleeps = from->sleeps;
	to->busy_ns = from->busy_ns;
	to->heartbeat_ns = from->heartbeat_ns;
}

static void add(uint64_t *sums, const uint64_t *values, uint32_t count)
{
	for (uint32_t i = 0; i < count; i++)
		sums[i] += values[i];
}

static void add_label_counts(x0f_label_counts sum, const x0f_label_counts part)
{
	for (int kind = 0; kind < 2; kind++)
		add(sum[kind], part[kind], 3);
}

static void add_worker(struct metrics_totals *totals,
		       const struct x0f_segment_worker *worker)
{
	totals->received += worker->received;
	totals->repeated += worker->repeated;
	totals->lone += worker->lone;
	totals->paired += worker->paired;
	totals->uptimes += worker->uptimes;
	for (int kind = 0; kind < 2; kind++)
		add(totals->kinds[kind], worker->kinds[kind], 2);
	add(totals->unmatched, worker->unmatched, 2);
	add(totals->dropped, worker->dropped, X0F_DROP_ROOM);
	add(totals->batch_fill, worker->batch_fill, X0F_BATCH_BUCKETS);
	add(totals->match_duration, worker->match_duration,
	    X0F_DURATION_BUCKETS);
	totals->match_duration_sum_ns += worker->match_duration_sum_ns;
}

/* Only what is added up as "other" has no class. */
static const char *class_of(const struct x0f_label *known)
{
	if (known->application)
		return "tool";
	return known->class_name[0] ? known->class_name : "unknown";
}

static void name_label(struct metrics_label *label,
		       const struct x0f_label *known)
{
	char text[2 * METRICS_VALUE];

	snprintf(text, sizeof(text), "%s%s%s", known->name,
		 known->flavor[0] ? " " : "", known->flavor);
	metrics_escape(label->name, text);
	metrics_escape(label->class_name, class_of(known));
}

static int compare_labels(const void *a, const void *b)
{
	const struct metrics_label *x = a;
	const struct metrics_label *y = b;
	int order = strcmp(x->class_name, y->class_name);

	return order ? order : strcmp(x->name, y->name);
}

/* A family's label and a system's may be called the same. */
static void merge_labels(struct metrics_sensor *sensor)
{
	struct metrics_label *labels = sensor->labels;
	uint32_t kept = 0;

	qsort(labels, sensor->label_count, sizeof(*labels), compare_labels);
	for (uint32_t i = 0; i < sensor->label_count; i++) {
		if (kept && !compare_labels(&labels[kept - 1], &labels[i]))
			add_label_counts(labels[kept - 1].counts,
					 labels[i].counts);
		else
			labels[kept++] = labels[i];
	}
	sensor->label_count = kept;
}

/* Links have ids of the same row, and no counts. */
static int read_labels(struct metrics_sensor *sensor, struct x0f_ring *ring,
		       const x0f_label_counts *counts)
{
	const struct x0f_label *known;

	sensor->labels = calloc(METRICS_LABELS, sizeof(*sensor->labels));
	if (!sensor->labels)
		return -ENOMEM;
	for (uint32_t id = 0; id < X0F_STATS_LABELS; id++) {
		struct metrics_label *label =
			&sensor->labels[sensor->label_count];

		known = x0f_ring_label(ring, id);
		if (!known || sensor->label_count == METRICS_LABELS) {
			add_label_counts(sensor->other, counts[id]);
			continue;
		}
		if (x0f_ring_label_kind(ring, id) == X0F_LABEL_LINK)
			continue;
		name_label(label, known);
		memcpy(label->counts, counts[id], sizeof(label->counts));
		sensor->label_count++;
	}
	merge_labels(sensor);
	return 0;
}

static void sum_matches(struct metrics_sensor *sensor)
{
	for (uint32_t i = 0; i < sensor->label_count; i++)
		add_label_counts(sensor->totals.matched,
				 sensor->labels[i].counts);
	add_label_counts(sensor->totals.matched, sensor->other);
}

static int read_workers(struct metrics_sensor *sensor, struct x0f_ring *ring,
			uint32_t count)
{
	static struct x0f_segment_worker worker; /* 50 KiB */
	static x0f_label_counts counts[X0F_STATS_LABELS];
	int err;

	sensor->workers = calloc(count + (size_t)1, sizeof(*sensor->workers));
	if (!sensor->workers)
		return -ENOMEM;
	memset(counts, 0, sizeof(counts));
	for (uint32_t i = 0; i < count; i++) {
		if (x0f_ring_worker(ring, i, &worker, sizeof(worker)))
			break;
		copy_worker(&sensor->workers[i], &worker);
		add_worker(&sensor->totals, &worker);
		for (uint32_t id = 0; id < X0F_STATS_LABELS; id++)
			add_label_counts(counts[id], worker.labels[id]);
		add_label_counts(sensor->other, worker.other);
		sensor->worker_count++;
	}
	err = read_labels(sensor, ring, counts);
	if (!err)
		sum_matches(sensor);
	return err;
}

int metrics_read(struct metrics_sensor *sensor, const char *name,
		 struct x0f_ring *ring)
{
	struct x0f_ring_info info = { .sz = sizeof(info) };
	int err;

	memset(sensor, 0, sizeof(*sensor));
	metrics_escape(sensor->name, name);
	if (!ring)
		return 0;
	x0f_ring_info(ring, &info);
	sensor->up = info.alive;
	if (!sensor->up)
		return 0;
	read_info(sensor, &info);
	err = read_interfaces(sensor, ring, info.interface_count);
	return err ? err : read_workers(sensor, ring, info.worker_count);
}

void metrics_release(struct metrics_sensor *sensor)
{
	free(sensor->interfaces);
	free(sensor->workers);
	free(sensor->labels);
	sensor->interfaces = NULL;
	sensor->workers = NULL;
	sensor->labels = NULL;
}
