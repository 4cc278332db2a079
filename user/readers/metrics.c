/* SPDX-License-Identifier: MIT */
/*
 * The text of all metrics: tables of those that are one number of a sensor, an
 * interface or a worker; metrics_counts.c has the others. Every family has its
 * HELP and TYPE, also where no sensor has a sample for it. See metrics.h. One
 * thread.
 */
#include "metrics_text.h"

struct writer {
	struct output *out;
	const struct metrics_sensor *sensors;
	uint32_t count;
	uint64_t now_ns;
};

/* What a number is; all counters but those of time count things. */
enum form {
	COUNTER,
	GAUGE,
	COUNTER_NS, /* printed in seconds */
	TIME_NS,    /* the same; 0: not known, left out */
	SINCE_NS,   /* the age of a time of the monotonic clock */
};

struct metric {
	const char *name; /* without x0f_ */
	enum form form;
	size_t offset; /* of an uint64_t */
	const char *help;
};

#define OF(field) offsetof(struct metrics_totals, field)

static const struct metric sensor_metrics[] = {
	{ "start_time_seconds", TIME_NS, OF(started_ns),
	  "When the sensor began, in seconds since 1970." },
	{ "heartbeat_age_seconds", SINCE_NS, OF(heartbeat_ns),
	  "Since the supervisor of the sensor last showed that it lives; it "
	  "does ten times a second." },
	{ "worker_restarts_total", COUNTER, OF(restarts),
	  "Times that the process of the workers was replaced." },
	{ "workers", GAUGE, OF(workers), "Worker threads of the sensor." },
	{ "ring_capacity_records", GAUGE, OF(ring_records),
	  "Results that the ring of one worker keeps for readers." },
	{ "signature_generation", GAUGE, OF(generation),
	  "The set of signatures in force; the first is 1." },
	{ "signature_reloads_total", COUNTER, OF(reloads),
	  "Reloads of signatures that succeeded." },
	{ "signature_reload_failures_total", COUNTER, OF(reload_failures),
	  "Reloads of signatures that failed and changed nothing." },
	{ "signature_last_reload_success", GAUGE, OF(reload_is_fine),
	  "1: the last reload succeeded, or there was none; 0: it failed." },
	{ "signature_last_reload_timestamp_seconds", TIME_NS, OF(reloaded_ns),
	  "When the signatures in force were put there, in seconds since "
	  "1970." },
	{ "labels", GAUGE, OF(labels),
	  "Labels and links that the sensor knows, also of former "
	  "signatures." },
	{ "labels_lost_total", COUNTER, OF(labels_lost),
	  "Labels that found no room; a new start of the sensor makes some." },
	{ "repeated_packets_total", COUNTER, OF(repeated),
	  "SYN and SYN+ACK that came again." },
	{ "paired_synacks_total", COUNTER, OF(paired),
	  "SYN+ACK whose SYN was seen." },
	{ "lone_synacks_total", COUNTER, OF(lone),
	  "SYN+ACK whose SYN was not seen." },
	{ "uptimes_total", COUNTER, OF(uptimes),
	  "Uptimes that were found from TCP timestamps." },
};

#undef OF
#define OF(field) offsetof(struct metrics_interface, field)

static const struct metric interface_metrics[] = {
	{ "interface_attached", GAUGE, OF(attached),
	  "1: the sensor's program is at the interface; 0: it is deaf or not "
	  "there." },
	{ "wanted_packets_total", COUNTER, OF(wanted),
	  "SYN and SYN+ACK that --allow and --deny let in: published, lost or "
	  "left out." },
	{ "interface_queues", GAUGE, OF(queues),
	  "Receive queues that are listened to." },
	{ "interface_reattachments_total", COUNTER, OF(reattached),
	  "Times that the interface came back." },
	{ "interface_deaf_seconds_total", COUNTER_NS, OF(deaf_ns),
	  "Time in which the interface gave nothing though it should have." },
	{ "interface_fill_ring_empty_total", COUNTER, OF(fill_ring_empty),
	  "Times that AF_XDP had no frame to fill; no loss by itself." },
};

#undef OF
#define OF(field) offsetof(struct metrics_worker, field)

static const struct metric worker_metrics[] = {
	{ "worker_received_packets_total", COUNTER, OF(received),
	  "Packets that the worker got from the kernel." },
	{ "worker_published_records_total", COUNTER, OF(published),
	  "Results that the worker published." },
	{ "worker_voided_records_total", COUNTER, OF(voided),
	  "Results that a worker left half written when it died." },
	{ "worker_lost_packets_total", COUNTER, OF(died),
	  "Packets that were with a worker when it died." },
	{ "worker_batches_total", COUNTER, OF(batches),
	  "Batches of packets, empty ones aside." },
	{ "worker_sleeps_total", COUNTER, OF(sleeps),
	  "Times that the worker had nothing to do and slept." },
	{ "worker_busy_seconds_total", COUNTER_NS, OF(busy_ns),
	  "Time that the worker spent on packets." },
	{ "worker_heartbeat_age_seconds", SINCE_NS, OF(heartbeat_ns),
	  "Since the worker was last awake; it is ten times a second." },
	{ "ring_committed_records_total", COUNTER, OF(committed),
	  "Position of the worker's ring; less a reader's own position, it is "
	  "how far that is behind." },
};

#undef OF

static void put_table_family(struct writer *w, const struct metric *metric)
{
	bool counts = metric->form == COUNTER || metric->form == COUNTER_NS;

	metrics_family(w->out, metric->name, counts ? "counter" : "gauge",
		       metric->help);
}

/*
 * Begins a series where the object has a value for it. A clock that is ahead
 * of ours was read after ours.
 */
static bool begin_row(struct writer *w, const struct metric *metric,
		      const struct metrics_sensor *sensor, const void *object,
		      uint64_t *value)
{
	memcpy(value, (const char *)object + metric->offset, sizeof(*value));
	if (!*value && (metric->form == TIME_NS || metric->form == SINCE_NS))
		return false;
	if (metric->form == SINCE_NS)
		*value = w->now_ns > *value ? w->now_ns - *value : 0;
	metrics_series(w->out, metric->name, sensor);
	return true;
}

static void end_row(struct writer *w, const struct metric *metric,
		    uint64_t value)
{
	if (metric->form == COUNTER || metric->form == GAUGE)
		metrics_value(w->out, value);
	else
		metrics_seconds(w->out, value);
}

static void put_sensor_metric(struct writer *w, const struct metric *metric)
{
	uint64_t value;

	put_table_family(w, metric);
	for (uint32_t i = 0; i < w->count; i++) {
		const struct metrics_sensor *sensor = &w->sensors[i];

		if (sensor->up &&
		    begin_row(w, metric, sensor, &sensor->totals, &value))
			end_row(w, metric, value);
	}
}

static void put_interface_rows(struct writer *w, const struct metric *metric,
			       const struct metrics_sensor *sensor)
{
	uint64_t value;

	for (uint32_t i = 0; i < sensor->interface_count; i++) {
		const struct metrics_interface *interface =
			&sensor->interfaces[i];

		if (!begin_row(w, metric, sensor, interface, &value))
			continue;
		metrics_text_label(w->out, "interface", interface->name);
		end_row(w, metric, value);
	}
}

static void put_worker_rows(struct writer *w, const struct metric *metric,
			    const struct metrics_sensor *sensor)
{
	uint64_t value;

	for (uint32_t i = 0; i < sensor->worker_count; i++) {
		if (!begin_row(w, metric, sensor, &sensor->workers[i], &value))
			continue;
		metrics_number_label(w->out, "worker", i);
		end_row(w, metric, value);
	}
}

static void put_tables(struct writer *w)
{
	const struct metric *metric;

	for (size_t i = 0; i < sizeof(sensor_metrics) / sizeof(*metric); i++)
		put_sensor_metric(w, &sensor_metrics[i]);
	for (size_t i = 0; i < sizeof(interface_metrics) / sizeof(*metric);
	     i++) {
		metric = &interface_metrics[i];
		put_table_family(w, metric);
		for (uint32_t j = 0; j < w->count; j++)
			put_interface_rows(w, metric, &w->sensors[j]);
	}
	for (size_t i = 0; i < sizeof(worker_metrics) / sizeof(*metric); i++) {
		metric = &worker_metrics[i];
		put_table_family(w, metric);
		for (uint32_t j = 0; j < w->count; j++)
			put_worker_rows(w, metric, &w->sensors[j]);
	}
}

/* What can be said of a sensor that is dead, too. */
static void put_up(struct writer *w)
{
	metrics_family(w->out, "up", "gauge",
		       "1: the sensor lives and its results can be read; 0: "
		       "not.");
	for (uint32_t i = 0; i < w->count; i++) {
		metrics_series(w->out, "up", &w->sensors[i]);
		metrics_value(w->out, w->sensors[i].up);
	}
	metrics_family(w->out, "ready", "gauge",
		       "1: alive, attached, not deaf, and hardly anything is "
		       "lost; 0: /readyz says what is wrong.");
	for (uint32_t i = 0; i < w->count; i++) {
		metrics_series(w->out, "ready", &w->sensors[i]);
		metrics_value(w->out, w->sensors[i].ready);
	}
}

static void put_number(struct output *out, const char *name, uint64_t number)
{
	output_text(out, "x0f_");
	output_text(out, name);
	output_char(out, ' ');
	output_number(out, number);
	output_char(out, '\n');
}

static void put_exporter(struct writer *w)
{
	metrics_family(w->out, "build_info", "gauge", "The exporter itself.");
	output_text(w->out, "x0f_build_info{version=\"");
	output_text(w->out, x0f_version());
	output_text(w->out, "\"} 1\n");
	metrics_family(w->out, "sensors", "gauge",
		       "Sensors that were looked for or found, dead ones too.");
	put_number(w->out, "sensors", w->count);
}

void metrics_write_folder(struct output *out,
			  const struct metrics_folder *folder)
{
	metrics_family(out, "run_directory_readable", "gauge",
		       "0: where sensors publish is not there, or may not be "
		       "read, so none is found.");
	put_number(out, "run_directory_readable", folder->is_readable);
	metrics_family(out, "sensors_left_out", "gauge",
		       "Sensors beyond the most that are watched.");
	put_number(out, "sensors_left_out", folder->left_out);
}

void metrics_write(struct output *out, const struct metrics_sensor *sensors,
		   uint32_t count, uint64_t now_ns)
{
	struct writer writer = {
		.out = out, .sensors = sensors, .count = count, .now_ns = now_ns
	};

	put_exporter(&writer);
	put_up(&writer);
	put_tables(&writer);
	metrics_write_counts(out, sensors, count);
}
