/* SPDX-License-Identifier: MIT */
/*
 * Metrics that have labels besides sensor, interface and worker, and
 * histograms. See metrics.h. One thread.
 */
#include "metrics_text.h"

static const char *const kinds[] = { "syn", "synack" };
static const char *const matches[] = { "fuzzy", "generic", "exact" };

static void put_sensor_info(struct output *out,
			    const struct metrics_sensor *sensor)
{
	metrics_series(out, "sensor_info", sensor);
	metrics_text_label(out, "version", sensor->version);
	metrics_value(out, 1);
}

/* Every state has a series, and one of them is 1. */
static void put_sensor_state(struct output *out,
			     const struct metrics_sensor *sensor)
{
	for (uint32_t i = 0; i <= X0F_SENSOR_ENDED; i++) {
		metrics_series(out, "sensor_state", sensor);
		metrics_phrase_label(out, "state",
				     x0f_sensor_state_name(
					     (enum x0f_sensor_state)i));
		metrics_value(out, i == sensor->state);
	}
}

static void put_interface_info(struct output *out,
			       const struct metrics_sensor *sensor)
{
	for (uint32_t i = 0; i < sensor->interface_count; i++) {
		const struct metrics_interface *interface =
			&sensor->interfaces[i];

		metrics_series(out, "interface_info", sensor);
		metrics_text_label(out, "interface", interface->name);
		metrics_phrase_label(
			out, "mode",
			x0f_mode_name((enum x0f_capture_mode)interface->mode));
		metrics_value(out, 1);
	}
}

static void put_one_interface_state(struct output *out,
				    const struct metrics_sensor *sensor,
				    const struct metrics_interface *interface)
{
	for (uint32_t i = 0; i <= X0F_INTERFACE_WAITING; i++) {
		metrics_series(out, "interface_state", sensor);
		metrics_text_label(out, "interface", interface->name);
		metrics_phrase_label(out, "state",
				     x0f_interface_state_name(
					     (enum x0f_interface_state)i));
		metrics_value(out, i == interface->state);
	}
}

static void put_interface_state(struct output *out,
				const struct metrics_sensor *sensor)
{
	for (uint32_t i = 0; i < sensor->interface_count; i++)
		put_one_interface_state(out, sensor, &sensor->interfaces[i]);
}

static uint64_t sum(const uint64_t *counts, int first, int end)
{
	uint64_t total = 0;

	for (int i = first; i < end; i++)
		total += counts[i];
	return total;
}

static void put_outcome(struct output *out, const struct metrics_sensor *sensor,
			const char *interface, const char *outcome,
			uint64_t value)
{
	metrics_series(out, "packets_total", sensor);
	metrics_text_label(out, "interface", interface);
	metrics_phrase_label(out, "outcome", outcome);
	metrics_value(out, value);
}

/* Those of a newer sensor have no name here, and are added up. */
static void put_outcomes(struct output *out,
			 const struct metrics_sensor *sensor)
{
	for (uint32_t i = 0; i < sensor->interface_count; i++) {
		const struct metrics_interface *interface =
			&sensor->interfaces[i];

		for (int j = 0; j < X0F_OUTCOME_COUNT; j++)
			put_outcome(out, sensor, interface->name,
				    x0f_outcome_name((enum x0f_outcome)j),
				    interface->outcomes[j]);
		put_outcome(out, sensor, interface->name, "unknown",
			    sum(interface->outcomes, X0F_OUTCOME_COUNT,
				X0F_OUTCOME_ROOM));
	}
}

static void put_loss(struct output *out, const struct metrics_sensor *sensor,
		     const char *interface, const char *reason, uint64_t value)
{
	metrics_series(out, "lost_packets_total", sensor);
	metrics_text_label(out, "interface", interface);
	metrics_phrase_label(out, "reason", reason);
	metrics_value(out, value);
}

/* Wanted packets: lost by the kernel side, then on the way to a worker. */
static void put_losses(struct output *out, const struct metrics_sensor *sensor)
{
	for (uint32_t i = 0; i < sensor->interface_count; i++) {
		const struct metrics_interface *interface =
			&sensor->interfaces[i];

		for (int j = X0F_OUTCOME_DELIVERED + 1;
		     j <= X0F_OUTCOME_NOT_COPIED; j++)
			put_loss(out, sensor, interface->name,
				 x0f_outcome_name((enum x0f_outcome)j),
				 interface->outcomes[j]);
		for (int j = 0; j < X0F_LOSS_COUNT; j++)
			put_loss(out, sensor, interface->name,
				 x0f_loss_name((enum x0f_loss)j),
				 interface->losses[j]);
		put_loss(out, sensor, interface->name, "unknown",
			 sum(interface->losses, X0F_LOSS_COUNT, X0F_LOSS_ROOM));
	}
}

static void put_drop(struct output *out, const struct metrics_sensor *sensor,
		     const char *reason, uint64_t value)
{
	metrics_series(out, "left_out_packets_total", sensor);
	metrics_phrase_label(out, "reason", reason);
	metrics_value(out, value);
}

static void put_drops(struct output *out, const struct metrics_sensor *sensor)
{
	const uint64_t *dropped = sensor->totals.dropped;

	for (int i = X0F_OK + 1; i < X0F_STATUS_COUNT; i++)
		put_drop(out, sensor, x0f_drop_name((enum x0f_drop)i),
			 dropped[i]);
	put_drop(out, sensor, x0f_drop_name(X0F_DROP_EXPRESSION),
		 dropped[X0F_DROP_EXPRESSION]);
	put_drop(out, sensor, "unknown",
		 sum(dropped, X0F_STATUS_COUNT, X0F_DROP_EXPRESSION) +
			 sum(dropped, X0F_DROP_COUNT, X0F_DROP_ROOM));
}

static void put_signatures(struct output *out,
			   const struct metrics_sensor *sensor)
{
	for (int kind = 0; kind < 2; kind++) {
		metrics_series(out, "signatures", sensor);
		metrics_text_label(out, "kind", kinds[kind]);
		metrics_value(out, sensor->totals.signatures[kind]);
	}
}

static void put_fingerprints(struct output *out,
			     const struct metrics_sensor *sensor)
{
	for (int i = 0; i < 4; i++) {
		metrics_series(out, "fingerprints_total", sensor);
		metrics_text_label(out, "kind", kinds[i / 2]);
		metrics_text_label(out, "ip_version", i % 2 ? "6" : "4");
		metrics_value(out, sensor->totals.kinds[i / 2][i % 2]);
	}
}

static void put_unmatched(struct output *out,
			  const struct metrics_sensor *sensor)
{
	for (int kind = 0; kind < 2; kind++) {
		metrics_series(out, "fingerprints_unmatched_total", sensor);
		metrics_text_label(out, "kind", kinds[kind]);
		metrics_value(out, sensor->totals.unmatched[kind]);
	}
}

static void put_matched(struct output *out, const struct metrics_sensor *sensor)
{
	for (int i = 0; i < 6; i++) {
		metrics_series(out, "fingerprints_matched_total", sensor);
		metrics_text_label(out, "kind", kinds[i / 3]);
		metrics_text_label(out, "match", matches[i % 3]);
		metrics_value(out, sensor->totals.matched[i / 3][i % 3]);
	}
}

/* Most labels are never seen, and have no series. */
static void put_label_counts(struct output *out,
			     const struct metrics_sensor *sensor,
			     const char *class_name, const char *name,
			     const x0f_label_counts counts)
{
	for (int i = 0; i < 6; i++) {
		if (!counts[i / 3][i % 3])
			continue;
		metrics_series(out, "label_fingerprints_total", sensor);
		if (class_name)
			metrics_text_label(out, "class", class_name);
		metrics_text_label(out, "label", name);
		metrics_text_label(out, "kind", kinds[i / 3]);
		metrics_text_label(out, "match", matches[i % 3]);
		metrics_value(out, counts[i / 3][i % 3]);
	}
}

static void put_labels(struct output *out, const struct metrics_sensor *sensor)
{
	for (uint32_t i = 0; i < sensor->label_count; i++)
		put_label_counts(out, sensor, sensor->labels[i].class_name,
				 sensor->labels[i].name,
				 sensor->labels[i].counts);
	put_label_counts(out, sensor, NULL, "other", sensor->other);
}

/* One bucket of a histogram: of all that is not above le. */
static void begin_bucket(struct output *out, const char *name,
			 const struct metrics_sensor *sensor)
{
	metrics_series(out, name, sensor);
	output_text(out, ",le=\"");
}

static void end_bucket(struct output *out, uint64_t value)
{
	output_char(out, '"');
	metrics_value(out, value);
}

/* Bucket i is below 2^(i + 4) ns, the last one has no limit. */
static void put_durations(struct output *out,
			  const struct metrics_sensor *sensor)
{
	const struct metrics_totals *totals = &sensor->totals;
	uint64_t count = 0;

	for (int i = 0; i < X0F_DURATION_BUCKETS; i++) {
		count += totals->match_duration[i];
		begin_bucket(out, "match_duration_seconds_bucket", sensor);
		if (i < X0F_DURATION_BUCKETS - 1)
			metrics_decimal(out, UINT64_C(1) << (i + 4));
		else
			output_text(out, "+Inf");
		end_bucket(out, count);
	}
	metrics_series(out, "match_duration_seconds_sum", sensor);
	metrics_seconds(out, totals->match_duration_sum_ns);
	metrics_series(out, "match_duration_seconds_count", sensor);
	metrics_value(out, count);
}

/* Bucket i ends below 2^i packets, the last one has no limit. */
static void put_batches(struct output *out, const struct metrics_sensor *sensor)
{
	const struct metrics_totals *totals = &sensor->totals;
	uint64_t count = 0;

	for (int i = 0; i < X0F_BATCH_BUCKETS; i++) {
		count += totals->batch_fill[i];
		begin_bucket(out, "batch_packets_bucket", sensor);
		if (i < X0F_BATCH_BUCKETS - 1)
			output_number(out, (UINT64_C(1) << i) - 1);
		else
			output_text(out, "+Inf");
		end_bucket(out, count);
	}
	metrics_series(out, "batch_packets_sum", sensor);
	metrics_value(out, totals->received);
	metrics_series(out, "batch_packets_count", sensor);
	metrics_value(out, count);
}

/* Every living sensor writes its own part of a family. */
static const struct {
	const char *name;
	const char *type;
	void (*put)(struct output *out, const struct metrics_sensor *sensor);
	const char *help;
} families[] = {
	{ "sensor_info", "gauge", put_sensor_info,
	  "The program that the sensor runs." },
	{ "sensor_state", "gauge", put_sensor_state,
	  "1 for the state that the sensor is in, 0 for the others." },
	{ "interface_info", "gauge", put_interface_info,
	  "How packets are got from the interface." },
	{ "interface_state", "gauge", put_interface_state,
	  "1 for the state that the interface is in, 0 for the others; down "
	  "is the link." },
	{ "packets_total", "counter", put_outcomes,
	  "Packets that came by, each once, by what the kernel side did." },
	{ "lost_packets_total", "counter", put_losses,
	  "Packets that were wanted and lost before a worker had them." },
	{ "left_out_packets_total", "counter", put_drops,
	  "Packets that a worker had and did not publish, by reason." },
	{ "signatures", "gauge", put_signatures, "Signatures in force." },
	{ "fingerprints_total", "counter", put_fingerprints,
	  "SYN and SYN+ACK that were looked up." },
	{ "fingerprints_unmatched_total", "counter", put_unmatched,
	  "Those that no signature names." },
	{ "fingerprints_matched_total", "counter", put_matched,
	  "Those that a signature names, by how well it fits." },
	{ "label_fingerprints_total", "counter", put_labels,
	  "The same by name, of those seen; what is behind the first 512 labels "
	  "is other, without a class." },
	{ "match_duration_seconds", "histogram", put_durations,
	  "Time per packet from the kernel's ring to the published result; "
	  "the mean of each batch." },
	{ "batch_packets", "histogram", put_batches,
	  "Packets that a worker found at a time; 0 when it woke up for "
	  "nothing." },
};

void metrics_write_counts(struct output *out,
			  const struct metrics_sensor *sensors, uint32_t count)
{
	for (size_t i = 0; i < sizeof(families) / sizeof(families[0]); i++) {
		metrics_family(out, families[i].name, families[i].type,
			       families[i].help);
		for (uint32_t j = 0; j < count; j++)
			if (sensors[j].up)
				families[i].put(out, &sensors[j]);
	}
}
