/* SPDX-License-Identifier: MIT */
/*
 * The state of a sensor for programs: one object with every counter that the
 * segment has. Keys of reasons are their names with _ for blanks. See
 * status.h.
 */
#include "status.h"

#include "../readers/json.h"

#include <stdio.h>

struct writer {
	struct output *out;
	bool is_first; /* of an object or a list: no comma */
};

static void put_comma(struct writer *w)
{
	if (!w->is_first)
		output_char(w->out, ',');
	w->is_first = false;
}

static void put_key(struct writer *w, const char *name)
{
	put_comma(w);
	output_char(w->out, '"');
	for (; *name; name++)
		output_char(w->out, *name == ' ' ? '_' : *name);
	output_text(w->out, "\":");
}

/* An object or a list. */
static void begin(struct writer *w, char bracket)
{
	output_char(w->out, bracket);
	w->is_first = true;
}

static void end(struct writer *w, char bracket)
{
	output_char(w->out, bracket);
	w->is_first = false;
}

static void put_number(struct writer *w, const char *name, uint64_t value)
{
	put_key(w, name);
	output_number(w->out, value);
}

static void put_text(struct writer *w, const char *name, const char *value)
{
	put_key(w, name);
	json_string(w->out, value);
}

static void put_open(struct writer *w, const char *name, char bracket)
{
	put_key(w, name);
	begin(w, bracket);
}

static void put_numbers(struct writer *w, const char *name,
			const uint64_t *values, int count)
{
	put_open(w, name, '[');
	for (int i = 0; i < count; i++) {
		put_comma(w);
		output_number(w->out, values[i]);
	}
	end(w, ']');
}

/* Of a sensor that is newer than this program. */
static void put_newer(struct writer *w, const uint64_t *counts, int known,
		      int room)
{
	uint64_t sum = 0;

	for (int i = known; i < room; i++)
		sum += counts[i];
	if (sum)
		put_number(w, "unknown", sum);
}

static void put_losses(struct writer *w, const uint64_t *losses)
{
	put_open(w, "losses", '{');
	for (int i = 0; i < X0F_LOSS_COUNT; i++)
		put_number(w, x0f_loss_name((enum x0f_loss)i), losses[i]);
	put_newer(w, losses, X0F_LOSS_COUNT, X0F_LOSS_ROOM);
	end(w, '}');
}

static void put_outcomes(struct writer *w, const uint64_t *outcomes)
{
	put_open(w, "outcomes", '{');
	for (int i = 0; i < X0F_OUTCOME_COUNT; i++)
		put_number(w, x0f_outcome_name((enum x0f_outcome)i),
			   outcomes[i]);
	put_newer(w, outcomes, X0F_OUTCOME_COUNT, X0F_OUTCOME_ROOM);
	end(w, '}');
}

/* X0F_OK is no reason. */
static void put_left_out(struct writer *w, const uint64_t *dropped)
{
	put_open(w, "left_out_reasons", '{');
	for (int i = X0F_OK + 1; i < X0F_STATUS_COUNT; i++)
		put_number(w, x0f_drop_name((enum x0f_drop)i), dropped[i]);
	put_number(w, x0f_drop_name(X0F_DROP_EXPRESSION),
		   dropped[X0F_DROP_EXPRESSION]);
	put_newer(w, dropped, X0F_DROP_COUNT, X0F_DROP_ROOM);
	end(w, '}');
}

static void put_info(struct writer *w, const struct x0f_ring_info *info)
{
	char instance[24];

	/* beyond what a double holds */
	snprintf(instance, sizeof(instance), "%016llx",
		 (unsigned long long)info->instance);
	put_text(w, "version", info->version);
	put_text(w, "instance", instance);
	put_text(w, "state",
		 x0f_sensor_state_name((enum x0f_sensor_state)info->state));
	put_number(w, "started_ns", info->started_ns);
	put_number(w, "supervisor_pid", info->supervisor_pid);
	put_number(w, "worker_pid", info->worker_pid);
	put_number(w, "restarts", info->restarts);
	put_number(w, "policy", info->policy);
	put_number(w, "ring_records", info->ring_records);
	put_number(w, "generation", info->generation);
	put_number(w, "syn_signatures", info->syn_sigs);
	put_number(w, "synack_signatures", info->synack_sigs);
	put_number(w, "labels_known", info->label_count);
	put_number(w, "labels_lost", info->labels_lost);
	put_number(w, "reloads", info->reloads);
	put_number(w, "reload_failures", info->reload_failures);
	put_number(w, "reloaded_ns", info->reloaded_ns);
	put_number(w, "reload_failed_ns", info->reload_failed_ns);
	put_number(w, "last_problem_ns", info->last_problem_ns);
	put_text(w, "last_problem", info->last_problem);
}

static void put_accounts(struct writer *w, const struct accounts *accounts)
{
	put_number(w, "seen", accounts_seen(accounts));
	put_number(w, "wanted", accounts_wanted(accounts));
	put_number(w, "published", accounts->published);
	put_number(w, "labelled", accounts->labelled);
	put_number(w, "lost", accounts_lost(accounts));
	put_number(w, "left_out", accounts_dropped(accounts));
	put_number(w, "died", accounts->died);
	put_outcomes(w, accounts->outcomes);
	put_losses(w, accounts->losses);
	put_left_out(w, accounts->dropped);
}

static void put_interface(struct writer *w,
			  const struct x0f_segment_interface *interface)
{
	char name[sizeof(interface->name) + 1];

	snprintf(name, sizeof(name), "%.*s", (int)sizeof(interface->name),
		 interface->name);
	begin(w, '{');
	put_text(w, "name", name);
	put_number(w, "ifindex", interface->ifindex);
	put_text(w, "state",
		 x0f_interface_state_name(
			 (enum x0f_interface_state)interface->state));
	put_text(w, "mode",
		 x0f_mode_name((enum x0f_capture_mode)interface->mode));
	put_number(w, "queues", interface->queues);
	put_number(w, "reattached", interface->reattached);
	put_number(w, "deaf_ns", interface->deaf_ns);
	put_outcomes(w, interface->outcomes);
	put_losses(w, interface->losses);
	put_number(w, "fill_ring_empty", interface->fill_ring_empty);
	end(w, '}');
}

static void put_worker(struct writer *w,
		       const struct x0f_segment_worker *worker)
{
	begin(w, '{');
	put_number(w, "received", worker->received);
	put_number(w, "published", worker->published);
	put_number(w, "voided", worker->voided);
	put_number(w, "died", worker->died);
	put_number(w, "batches", worker->batches);
	put_number(w, "sleeps", worker->sleeps);
	put_number(w, "busy_ns", worker->busy_ns);
	put_number(w, "repeated", worker->repeated);
	put_number(w, "lone", worker->lone);
	put_number(w, "paired", worker->paired);
	put_number(w, "uptimes", worker->uptimes);
	put_numbers(w, "syn_ipv4_ipv6", worker->kinds[0], 2);
	put_numbers(w, "synack_ipv4_ipv6", worker->kinds[1], 2);
	put_numbers(w, "unmatched_syn_synack", worker->unmatched, 2);
	put_left_out(w, worker->dropped);
	put_numbers(w, "batch_fill", worker->batch_fill, X0F_BATCH_BUCKETS);
	put_numbers(w, "match_duration", worker->match_duration,
		    X0F_DURATION_BUCKETS);
	put_number(w, "match_duration_sum_ns", worker->match_duration_sum_ns);
	end(w, '}');
}

/* By kind, then by match: fuzzy, generic, exact. */
static void put_counts(struct writer *w, x0f_label_counts counts)
{
	put_numbers(w, "syn_fuzzy_generic_exact", counts[0], 3);
	put_numbers(w, "synack_fuzzy_generic_exact", counts[1], 3);
}

static void add_counts(x0f_label_counts sum, x0f_label_counts part)
{
	for (int kind = 0; kind < 2; kind++)
		for (int match = 0; match < 3; match++)
			sum[kind][match] += part[kind][match];
}

static bool has_counts(x0f_label_counts counts)
{
	for (int kind = 0; kind < 2; kind++)
		for (int match = 0; match < 3; match++)
			if (counts[kind][match])
				return true;
	return false;
}

static void put_label(struct writer *w, struct x0f_ring *ring, uint32_t id,
		      x0f_label_counts counts)
{
	const struct x0f_label *label = x0f_ring_label(ring, id);

	if (!label || !has_counts(counts))
		return;
	put_comma(w);
	begin(w, '{');
	put_text(w, "class", label->application ? "!" : label->class_name);
	put_text(w, "name", label->name);
	put_text(w, "flavor", label->flavor);
	put_counts(w, counts);
	end(w, '}');
}

static void put_interfaces(struct writer *w, struct x0f_ring *ring)
{
	struct x0f_segment_interface interface;

	put_open(w, "interfaces", '[');
	for (uint32_t i = 0;
	     !x0f_ring_interface(ring, i, &interface, sizeof(interface)); i++) {
		put_comma(w);
		put_interface(w, &interface);
	}
	end(w, ']');
}

/* Workers, and the sums of what they count by label. */
static void put_workers(struct writer *w, struct x0f_ring *ring)
{
	static struct x0f_segment_worker worker; /* 50 KiB */
	static x0f_label_counts labels[X0F_STATS_LABELS];
	x0f_label_counts other = { { 0 } };

	memset(labels, 0, sizeof(labels));
	put_open(w, "workers", '[');
	for (uint32_t i = 0; !x0f_ring_worker(ring, i, &worker, sizeof(worker));
	     i++) {
		put_comma(w);
		put_worker(w, &worker);
		for (int j = 0; j < X0F_STATS_LABELS; j++)
			add_counts(labels[j], worker.labels[j]);
		add_counts(other, worker.other);
	}
	end(w, ']');
	put_open(w, "labels", '[');
	for (uint32_t i = 0; i < X0F_STATS_LABELS; i++)
		put_label(w, ring, i, labels[i]);
	end(w, ']');
	put_open(w, "other_labels", '{');
	put_counts(w, other);
	end(w, '}');
}

void status_print_json(struct output *out, struct sensor_status *status)
{
	struct writer writer = { .out = out };
	struct writer *w = &writer;

	begin(w, '{');
	put_number(w, "v", 1);
	put_text(w, "sensor", status->name);
	put_text(w, "health", health_word(status->report.health));
	put_text(w, "reason", status->report.reason);
	if (status->ring) {
		put_info(w, &status->info);
		put_accounts(w, &status->accounts);
		put_interfaces(w, status->ring);
		put_workers(w, status->ring);
	}
	end(w, '}');
	output_char(out, '\n');
}
