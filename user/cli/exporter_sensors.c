/* SPDX-License-Identifier: MIT */
/* See exporter_sensors.h. One thread. */
#include "exporter_sensors.h"

#include "message.h"

#include "../capture/clock.h"
#include "../readers/json.h"
#include "../readers/metrics.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ------------------------------------------------------ who is there -- */

void watched_open(struct watched *watched, const char *run_dir,
		  const char *name)
{
	memset(watched, 0, sizeof(*watched));
	watched->run_dir = run_dir;
	watched->name = name;
}

void watched_close(struct watched *watched)
{
	for (uint32_t i = 0; i < watched->count; i++)
		x0f_ring_close(watched->items[i].ring);
	watched->count = 0;
}

static void take_name(struct watched *watched, const char *name)
{
	struct watched_sensor *sensor;

	for (uint32_t i = 0; i < watched->count; i++) {
		sensor = &watched->items[i];
		if (!strcmp(sensor->name, name)) {
			sensor->is_listed = true;
			return;
		}
	}
	if (watched->count == SENSORS_MOST)
		return;
	sensor = &watched->items[watched->count++];
	memset(sensor, 0, sizeof(*sensor));
	snprintf(sensor->name, sizeof(sensor->name), "%s", name);
	sensor->is_listed = true;
}

/* A sensor that ended in order took its file away: there is none any more. */
static void drop_unlisted(struct watched *watched)
{
	uint32_t kept = 0;

	for (uint32_t i = 0; i < watched->count; i++) {
		if (watched->items[i].is_listed)
			watched->items[kept++] = watched->items[i];
		else
			x0f_ring_close(watched->items[i].ring);
	}
	watched->count = kept;
}

/* Once, until their number changes. */
static void tell_left_out(struct watched *watched, uint32_t left_out)
{
	if (left_out && left_out != watched->left_out)
		complain("warning: %u sensors in %s are left out, %d is the "
			 "most: take those away that are dead",
			 left_out, watched->run_dir, SENSORS_MOST);
	watched->left_out = left_out;
}

/* A folder that is not there yet has no sensors, and nothing is wrong. */
static void list(struct watched *watched)
{
	static struct sensor_names names; /* 16 KiB */

	for (uint32_t i = 0; i < watched->count; i++)
		watched->items[i].is_listed = false;
	names.count = 0;
	names.left_out = 0;
	watched->error = sensors_list(&names, watched->run_dir);
	watched->is_readable = !watched->error;
	if (watched->name || watched->error == -ENOENT)
		watched->error = 0;
	if (watched->name) {
		take_name(watched, watched->name);
		names.count = names.left_out = 0;
	}
	for (uint32_t i = 0; i < names.count; i++)
		take_name(watched, names.items[i]);
	drop_unlisted(watched);
	tell_left_out(watched, names.left_out);
}

static void attach(const struct watched *watched, struct watched_sensor *sensor)
{
	char path[4096];

	snprintf(path, sizeof(path), "%s/%s", watched->run_dir, sensor->name);
	sensor->error = x0f_ring_open(&sensor->ring, path, NULL);
	if (sensor->error)
		sensor->ring = NULL;
}

/* -------------------------------------------------------- how they are -- */

/*
 * The share since the baseline. Numbers of a damaged segment may go backwards:
 * they are no loss.
 */
static double lost_share(const struct watched_sample *from,
			 const struct watched_sample *to)
{
	int64_t wanted = (int64_t)(to->wanted - from->wanted);
	int64_t lost = (int64_t)(to->lost - from->lost);

	if (lost <= 0)
		return 0;
	return wanted > lost ? (double)lost / (double)wanted : 1;
}

static void take_sample(struct watched_sensor *sensor, bool is_new)
{
	if (is_new)
		sensor->before = sensor->baseline = sensor->now;
	if (sensor->now.time_ns - sensor->before.time_ns <
	    WATCHED_SAMPLE_MS * NS_PER_MS)
		return;
	sensor->baseline = sensor->before;
	sensor->before = sensor->now;
}

static void judge_losses(struct watched_sensor *sensor,
			 const struct accounts *accounts, uint64_t now_ns,
			 bool is_new)
{
	sensor->now = (struct watched_sample){
		.time_ns = now_ns,
		.wanted = accounts_wanted(accounts),
		.lost = accounts_lost(accounts),
	};
	take_sample(sensor, is_new);
	sensor->lost_share = lost_share(&sensor->baseline, &sensor->now);
	if (sensor->lost_share * HEALTH_LOST_LATELY_ONE_IN > 1)
		health_find(&sensor->report, HEALTH_CRITICAL,
			    "%.1f %% of the wanted packets were lost in %.0f s",
			    sensor->lost_share * 100,
			    (double)(now_ns - sensor->baseline.time_ns) /
				    (double)NS_PER_S);
}

static void judge(struct watched_sensor *sensor,
		  const struct x0f_ring_info *info)
{
	struct accounts accounts = { .died = 0 };
	uint64_t now_ns = clock_ns();

	health_of_sensor(&sensor->report, sensor->ring, &accounts, now_ns);
	judge_losses(sensor, &accounts, now_ns,
		     sensor->instance != info->instance ||
			     !sensor->baseline.time_ns);
	sensor->instance = info->instance;
}

static void look_at(const struct watched *watched,
		    struct watched_sensor *sensor)
{
	struct x0f_ring_info info = { .sz = sizeof(info) };

	memset(&sensor->report, 0, sizeof(sensor->report));
	sensor->lost_share = 0;
	if (sensor->ring) {
		x0f_ring_info(sensor->ring, &info);
		if (!info.alive) { /* a successor has a file of its own */
			x0f_ring_close(sensor->ring);
			sensor->ring = NULL;
		}
	}
	if (!sensor->ring)
		attach(watched, sensor);
	if (sensor->error) {
		health_of_error(&sensor->report, sensor->error);
		return;
	}
	x0f_ring_info(sensor->ring, &info);
	judge(sensor, &info);
}

void watched_look(struct watched *watched)
{
	list(watched);
	for (uint32_t i = 0; i < watched->count; i++)
		look_at(watched, &watched->items[i]);
}

bool watched_is_ready(const struct watched *watched)
{
	for (uint32_t i = 0; i < watched->count; i++)
		if (watched->items[i].report.health != HEALTH_OK)
			return false;
	return watched->count > 0;
}

/* ------------------------------------------------------- what is said -- */

static int read_all(struct watched *watched, struct metrics_sensor *sensors)
{
	for (uint32_t i = 0; i < watched->count; i++) {
		struct watched_sensor *sensor = &watched->items[i];

		if (metrics_read(&sensors[i], sensor->name, sensor->ring))
			return -ENOMEM;
		sensors[i].ready = sensors[i].up &&
				   sensor->report.health == HEALTH_OK;
	}
	return 0;
}

static void write_all(const struct watched *watched, struct output *out,
		      const struct metrics_sensor *sensors)
{
	const struct metrics_folder folder = {
		.is_readable = watched->is_readable,
		.left_out = watched->left_out,
	};

	metrics_write_folder(out, &folder);
	metrics_write(out, sensors, watched->count, clock_ns());
}

int watched_write_metrics(struct watched *watched, struct output *out)
{
	uint32_t count = watched->count;
	struct metrics_sensor *sensors = calloc(count + (size_t)1,
						sizeof(*sensors));
	int err;

	if (!sensors)
		return -ENOMEM;
	err = read_all(watched, sensors);
	if (!err)
		write_all(watched, out, sensors);
	for (uint32_t i = 0; i < count; i++)
		metrics_release(&sensors[i]);
	free(sensors);
	return err;
}

static void write_sensor(const struct watched_sensor *sensor,
			 struct output *out)
{
	char share[32];

	snprintf(share, sizeof(share), "%.6f", sensor->lost_share);
	output_text(out, "{\"sensor\":");
	json_string(out, sensor->name);
	output_text(out, sensor->report.health == HEALTH_OK ?
				 ",\"ready\":true" :
				 ",\"ready\":false");
	output_text(out, ",\"lost_share\":");
	output_text(out, share);
	output_text(out, ",\"reason\":");
	json_string(out, sensor->report.reason);
	output_char(out, '}');
}

/* The sensor's, or how many there are to be looked at. */
static void write_reason(const struct watched *watched, struct output *out)
{
	const struct watched_sensor *bad = NULL;
	char text[512] = "";
	uint32_t count = 0;

	for (uint32_t i = 0; i < watched->count; i++) {
		if (watched->items[i].report.health == HEALTH_OK)
			continue;
		bad = count++ ? bad : &watched->items[i];
	}
	if (count == 1)
		snprintf(text, sizeof(text), "%s: %s", bad->name,
			 bad->report.reason);
	else if (count)
		snprintf(text, sizeof(text), "%u of %u sensors are not ready",
			 count, watched->count);
	json_string(out, watched->count ? text : "no sensor runs");
}

void watched_write_ready(const struct watched *watched, struct output *out)
{
	output_text(out, watched_is_ready(watched) ? "{\"ready\":true" :
						     "{\"ready\":false");
	output_text(out, ",\"reason\":");
	if (watched->error)
		json_string(out, error_text(watched->error));
	else
		write_reason(watched, out);
	output_text(out, ",\"sensors\":[");
	for (uint32_t i = 0; i < watched->count; i++) {
		if (i)
			output_char(out, ',');
		write_sensor(&watched->items[i], out);
	}
	output_text(out, "]}\n");
}
