/* SPDX-License-Identifier: MIT */
/*
 * x0f status: how sensors are, read from their segments like any reader does,
 * with the exit codes and the first line of a monitoring plug-in.
 */
#include "command.h"
#include "message.h"
#include "sensors.h"
#include "status.h"

#include "../capture/clock.h"
#include "../engine/sensor.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct statuses {
	const char *run_dir;
	const struct settings *settings;
	struct sensor_names names;
	struct output out;
};

static void put_status(const struct statuses *statuses, struct output *out,
		       struct sensor_status *status)
{
	if (statuses->settings->json)
		status_print_json(out, status);
	else
		status_print_text(out, status);
}

/* Where there is no sensor to speak of. */
static enum health put_unknown(struct statuses *statuses, const char *name,
			       const char *reason)
{
	struct sensor_status status = { .name = name };

	health_find(&status.report, HEALTH_UNKNOWN, "%s", reason);
	put_status(statuses, &statuses->out, &status);
	return status.report.health;
}

/* Opens, reads and judges. path: the segment's. */
static void read_sensor(struct sensor_status *status, const char *path)
{
	struct health_report *report = &status->report;

	status->info.sz = sizeof(status->info);
	status->error = x0f_ring_open(&status->ring, path, NULL);
	if (status->error) {
		status->ring = NULL;
		health_of_error(report, status->error);
		return;
	}
	x0f_ring_info(status->ring, &status->info);
	health_of_sensor(report, status->ring, &status->accounts, clock_ns());
	health_of_past(report, &status->info, &status->accounts);
}

static enum health put_one(const struct statuses *statuses, struct output *out,
			   const char *name)
{
	struct sensor_status status = { .name = name };
	char path[4096];

	snprintf(path, sizeof(path), "%s/%s", statuses->run_dir, name);
	read_sensor(&status, path);
	put_status(statuses, out, &status);
	x0f_ring_close(status.ring);
	return status.report.health;
}

/* Monitoring reads the first line, so that speaks of all. */
static enum health put_all(struct statuses *statuses)
{
	static struct output details; /* has its buffer inside */
	const struct sensor_names *names = &statuses->names;
	enum health worst = HEALTH_OK;
	uint32_t well = 0;
	char line[128];

	output_open(&details, -1);
	for (uint32_t i = 0; i < names->count; i++) {
		enum health health = put_one(statuses, &details,
					     names->items[i]);

		worst = health_worse(worst, health);
		well += health == HEALTH_OK;
	}
	snprintf(line, sizeof(line), "%s - %u of %u sensors well | well=%u\n",
		 health_word(worst), well, names->count, well);
	if (!statuses->settings->json)
		output_text(&statuses->out, line);
	output_move(&statuses->out, &details);
	output_free(&details);
	return worst;
}

static enum health put_found(struct statuses *statuses)
{
	int ret = sensors_list(&statuses->names, statuses->run_dir);

	if (ret && ret != -ENOENT)
		return put_unknown(statuses, statuses->run_dir,
				   error_text(ret));
	if (!statuses->names.count)
		return put_unknown(statuses, statuses->run_dir,
				   "no sensor runs, start one: x0f live IFACE");
	if (statuses->names.count == 1)
		return put_one(statuses, &statuses->out,
			       statuses->names.items[0]);
	return put_all(statuses);
}

static int run(const struct settings *settings, int argc, char **argv)
{
	static struct statuses statuses; /* has the output's buffer inside */
	const char *name = argc ? argv[0] : settings->name;
	enum health health;
	int error;

	if (argc + (settings->name != NULL) > 1) {
		complain("status takes one name, or none for all sensors");
		return HEALTH_UNKNOWN;
	}
	statuses.settings = settings;
	statuses.run_dir = sensors_run_dir(settings);
	output_open(&statuses.out, STDOUT_FILENO);
	if (!name)
		health = put_found(&statuses);
	else if (strchr(name, '/'))
		health = put_unknown(&statuses, name,
				     "no name of a sensor, for another folder "
				     "use --run-dir");
	else
		health = put_one(&statuses, &statuses.out, name);
	error = output_flush(&statuses.out);
	if (error && error != -EPIPE) {
		complain("standard output: write failed: %s",
			 error_text(error));
		return HEALTH_UNKNOWN;
	}
	return (int)health;
}

const struct command command_status = {
	.name = "status",
	.area = AREA_OPERATE,
	.operands = "[NAME]",
	.bit = COMMAND_STATUS,
	.summary = "say how a sensor is, for people and for monitoring",
	.description =
		"Says how the sensor called NAME is, or all of them: first one "
		"line with numbers behind a bar, as monitoring plug-ins print "
		"it, then details. Exit code 0 OK; 1 WARNING: more than 0.1 % "
		"of the wanted packets or some labels lost, workers that died, "
		"a last reload that failed, an interface that has no link, is "
		"waited for or not attached; 2 CRITICAL: dead, deaf, all interfaces "
		"waited for, or no heartbeat for 3 s; 3 UNKNOWN: no such "
		"sensor, or no right to read its results. With --json one "
		"object per sensor, with every counter.",
	.examples = {
		{ "x0f status",
		  "all sensors of this host" },
		{ "x0f status --json eth0 | jq .",
		  "every counter of one" },
	},
	.run = run,
};
