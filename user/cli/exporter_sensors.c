/* SPDX-License-Identifier: MIT */
/* See exporter_sensors.h. One thread. */
#include "exporter_sensors.h"

#include "accounts.h"
#include "message.h"

#include "../capture/clock.h"
#include "../readers/json.h"
#include "../readers/metrics.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* The supervisor shows ten times a second that it lives. */
#define HEARTBEAT_S 3

/* Adds a reason why the sensor is not ready. */
__attribute__((format(printf, 2, 3))) static void
find(struct watched_sensor *sensor, const char *format, ...)
{
	size_t len = strlen(sensor->reason);
	va_list args;

	if (len)
		len += (size_t)snprintf(sensor->reason + len,
					sizeof(sensor->reason) - len, ", ");
	if (len >= sizeof(sensor->reason))
		return;
	va_start(args, format);
	vsnprintf(sensor->reason + len, sizeof(sensor->reason) - len, format,
		  args);
	va_end(args);
}

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

/* A folder that is not there yet has no sensors, and nothing is wrong. */
static void list(struct watched *watched)
{
	static struct sensor_names names; /* 16 KiB */

	for (uint32_t i = 0; i < watched->count; i++)
		watched->items[i].is_listed = false;
	names.count = 0;
	watched->error = 0;
	if (watched->name)
		take_name(watched, watched->name);
	else
		watched->error = sensors_list(&names, watched->run_dir);
	if (watched->error == -ENOENT)
		watched->error = 0;
	for (uint32_t i = 0; i < names.count; i++)
		take_name(watched, names.items[i]);
	drop_unlisted(watched);
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

static void judge_error(struct watched_sensor *sensor)
{
	switch (sensor->error) {
	case -ESHUTDOWN:
		find(sensor, "the sensor is dead");
		return;
	case -ENOENT:
		find(sensor, "no such sensor");
		return;
	case -EACCES:
	case -EPERM:
		find(sensor, "no right to read its results, start it with "
			     "--group");
		return;
	case -EPROTO:
		find(sensor, "not a sensor's results, or damaged");
		return;
	case -EPROTONOSUPPORT:
		find(sensor, "its results have another version");
		return;
	default:
		find(sensor, "%s", error_text(sensor->error));
	}
}

static void judge_life(struct watched_sensor *sensor,
		       const struct x0f_ring_info *info, uint64_t now_ns)
{
	if (info->state != X0F_SENSOR_RUNNING)
		find(sensor, "it is %s",
		     x0f_sensor_state_name((enum x0f_sensor_state)info->state));
	if (info->heartbeat_ns &&
	    now_ns > info->heartbeat_ns + HEARTBEAT_S * NS_PER_S)
		find(sensor, "no heartbeat for %llu s",
		     (unsigned long long)((now_ns - info->heartbeat_ns) /
					  NS_PER_S));
}

/* A link that is down gives nothing, and nothing is wrong. */
static void judge_interface(struct watched_sensor *sensor,
			    const struct x0f_segment_interface *interface)
{
	const char *state = x0f_interface_state_name(
		(enum x0f_interface_state)interface->state);

	if (interface->state == X0F_INTERFACE_UP ||
	    interface->state == X0F_INTERFACE_DOWN) {
		if (interface->mode != X0F_MODE_NONE)
			return;
		state = "not attached";
	}
	find(sensor, "%.*s is %s", (int)sizeof(interface->name),
	     interface->name, state);
}

static void read_books(struct watched_sensor *sensor, struct accounts *accounts)
{
	static struct x0f_segment_worker worker; /* the labels are not read */
	const size_t head = offsetof(struct x0f_segment_worker, labels);
	struct x0f_segment_interface interface;

	memset(accounts, 0, sizeof(*accounts));
	for (uint32_t i = 0; !x0f_ring_interface(sensor->ring, i, &interface,
						 sizeof(interface));
	     i++) {
		accounts_add_interface(accounts, &interface);
		judge_interface(sensor, &interface);
	}
	for (uint32_t i = 0; !x0f_ring_worker(sensor->ring, i, &worker, head);
	     i++)
		accounts_add_worker(accounts, &worker);
}

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

static void judge_books(struct watched_sensor *sensor, uint64_t now_ns,
			bool is_new)
{
	struct accounts accounts;

	read_books(sensor, &accounts);
	sensor->now = (struct watched_sample){
		.time_ns = now_ns,
		.wanted = accounts_wanted(&accounts),
		.lost = accounts_lost(&accounts),
	};
	take_sample(sensor, is_new);
	sensor->lost_share = lost_share(&sensor->baseline, &sensor->now);
	if (sensor->lost_share * WATCHED_LOST_ONE_IN > 1)
		find(sensor,
		     "%.1f %% of the wanted packets were lost in %.0f s",
		     sensor->lost_share * 100,
		     (double)(now_ns - sensor->baseline.time_ns) /
			     (double)NS_PER_S);
}

static void look_at(const struct watched *watched,
		    struct watched_sensor *sensor)
{
	struct x0f_ring_info info = { .sz = sizeof(info) };
	uint64_t now_ns;

	sensor->reason[0] = '\0';
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
		judge_error(sensor);
		return;
	}
	x0f_ring_info(sensor->ring, &info);
	now_ns = clock_ns();
	judge_life(sensor, &info, now_ns);
	judge_books(sensor, now_ns,
		    sensor->instance != info.instance ||
			    !sensor->baseline.time_ns);
	sensor->instance = info.instance;
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
		if (watched->items[i].reason[0])
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
		sensors[i].ready = sensors[i].up && !sensor->reason[0];
	}
	return 0;
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
		metrics_write(out, sensors, count, clock_ns());
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
	output_text(out,
		    sensor->reason[0] ? ",\"ready\":false" : ",\"ready\":true");
	output_text(out, ",\"lost_share\":");
	output_text(out, share);
	output_text(out, ",\"reason\":");
	json_string(out, sensor->reason);
	output_char(out, '}');
}

void watched_write_ready(const struct watched *watched, struct output *out)
{
	output_text(out, watched_is_ready(watched) ? "{\"ready\":true" :
						     "{\"ready\":false");
	output_text(out, ",\"reason\":");
	if (watched->error)
		json_string(out, error_text(watched->error));
	else
		json_string(out, watched->count ? "" : "no sensor runs");
	output_text(out, ",\"sensors\":[");
	for (uint32_t i = 0; i < watched->count; i++) {
		if (i)
			output_char(out, ',');
		write_sensor(&watched->items[i], out);
	}
	output_text(out, "]}\n");
}
