/* SPDX-License-Identifier: MIT */
/*
 * The state of a sensor for monitoring (one line, numbers behind a bar) and
 * for people (the lines behind it). See status.h.
 */
#include "status.h"

#include <stdio.h>
#include <time.h>

/* NAME=VALUEc: a counter, as plug-ins say it */
static void put_counter(struct output *out, const char *name, uint64_t value)
{
	output_format_escaped(out, " %s=%lluc", name,
			      (unsigned long long)value);
}

static void put_first_line(struct output *out,
			   const struct sensor_status *status,
			   const struct accounts *accounts)
{
	const struct health_report *report = &status->report;

	output_format_escaped(out, "%s - %s: ", health_word(report->health),
			      status->name);
	if (report->reason[0])
		output_format_escaped(out, "%s%s", report->reason,
				      status->ring ? "; " : "");
	if (!status->ring) {
		output_char(out, '\n');
		return;
	}
	output_format_escaped(out,
			      "%llu results from %llu packets, %llu lost |",
			      (unsigned long long)accounts->published,
			      (unsigned long long)accounts_seen(accounts),
			      (unsigned long long)accounts_lost(accounts));
	put_counter(out, "seen", accounts_seen(accounts));
	put_counter(out, "wanted", accounts_wanted(accounts));
	put_counter(out, "published", accounts->published);
	put_counter(out, "labelled", accounts->labelled);
	put_counter(out, "lost", accounts_lost(accounts));
	put_counter(out, "dropped", accounts_dropped(accounts));
	put_counter(out, "restarts", status->info.restarts);
	put_counter(out, "reloads", status->info.reloads);
	output_char(out, '\n');
}

static void put_problem(struct output *out, const struct x0f_ring_info *info)
{
	time_t seconds = (time_t)(info->last_problem_ns / 1000000000);
	struct tm when;
	char text[32] = "";

	if (!info->last_problem[0])
		return;
	if (info->last_problem_ns && gmtime_r(&seconds, &when))
		strftime(text, sizeof(text), " at %Y-%m-%dT%H:%M:%SZ", &when);
	output_format_escaped(out, "  last problem%s: %s", text,
			      info->last_problem);
	output_char(out, '\n');
}

static void put_sensor(struct output *out, const struct sensor_status *status)
{
	const struct x0f_ring_info *info = &status->info;

	output_format_escaped(
		out,
		"  sensor: x0f %.*s, %s, process %u, %u worker%s in process %u",
		(int)sizeof(info->version), info->version,
		x0f_sensor_state_name((enum x0f_sensor_state)info->state),
		info->supervisor_pid, info->worker_count,
		info->worker_count == 1 ? "" : "s", info->worker_pid);
	output_char(out, '\n');
	output_format_escaped(
		out,
		"  signatures: %u syn, %u syn+ack, generation %u, %u labels",
		info->syn_sigs, info->synack_sigs, info->generation,
		info->label_count);
	output_char(out, '\n');
	put_problem(out, info);
}

static void put_interface(struct output *out,
			  const struct x0f_segment_interface *interface)
{
	uint64_t seen = 0;

	for (int i = 0; i < X0F_OUTCOME_ROOM; i++)
		seen += interface->outcomes[i];
	if (interface->state == X0F_INTERFACE_WAITING) {
		output_format_escaped(out, "  %.*s: waited for",
				      (int)sizeof(interface->name),
				      interface->name);
		output_char(out, '\n');
		return;
	}
	output_format_escaped(
		out, "  %.*s: link %s, %s, %u queue%s, %llu packets",
		(int)sizeof(interface->name), interface->name,
		x0f_interface_state_name(
			(enum x0f_interface_state)interface->state),
		x0f_mode_name((enum x0f_capture_mode)interface->mode),
		interface->queues, interface->queues == 1 ? "" : "s",
		(unsigned long long)seen);
	if (interface->reattached)
		output_format_escaped(out, ", came back %u times",
				      interface->reattached);
	output_char(out, '\n');
}

struct reasons {
	struct output *out;
	const char *heading;
	bool has_begun;
};

static void put_reason(void *ctx, uint64_t count, const char *name)
{
	struct reasons *reasons = ctx;

	if (!reasons->has_begun)
		output_format_escaped(reasons->out, "  %s: ", reasons->heading);
	output_format_escaped(reasons->out, "%s%llu %s",
			      reasons->has_begun ? ", " : "",
			      (unsigned long long)count, name);
	reasons->has_begun = true;
}

typedef void (*namer)(const struct accounts *accounts, accounts_put put_one,
		      void *ctx);

static void put_reasons(struct output *out, const struct accounts *accounts,
			const char *heading, namer name)
{
	struct reasons reasons = { .out = out, .heading = heading };

	name(accounts, put_reason, &reasons);
	if (reasons.has_begun)
		output_char(out, '\n');
}

static void put_books(struct output *out, const struct accounts *accounts)
{
	int64_t residual = accounts_residual(accounts);

	output_format_escaped(
		out,
		"  packets: %llu seen, %llu wanted, %llu published (%llu "
		"labelled)",
		(unsigned long long)accounts_seen(accounts),
		(unsigned long long)accounts_wanted(accounts),
		(unsigned long long)accounts->published,
		(unsigned long long)accounts->labelled);
	output_char(out, '\n');
	put_reasons(out, accounts, "lost", accounts_name_lost);
	put_reasons(out, accounts, "left out", accounts_name_dropped);
	put_reasons(out, accounts, "not wanted", accounts_name_unwanted);
	if (residual <= 0)
		return;
	output_format_escaped(out, "  on their way: %lld", (long long)residual);
	output_char(out, '\n');
}

void status_print_text(struct output *out, const struct sensor_status *status)
{
	struct accounts accounts = status->accounts;
	struct x0f_segment_interface interface;

	accounts_settle(&accounts);
	put_first_line(out, status, &accounts);
	if (!status->ring)
		return;
	put_sensor(out, status);
	for (uint32_t i = 0; !x0f_ring_interface(status->ring, i, &interface,
						 sizeof(interface));
	     i++)
		put_interface(out, &interface);
	put_books(out, &accounts);
}
