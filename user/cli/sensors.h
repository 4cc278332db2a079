/* SPDX-License-Identifier: MIT */
/*
 * Sensors, seen from commands that look for them and talk to them: by the
 * segments and control sockets in their run directory. Not what they publish,
 * which status reads.
 */
#ifndef X0F_CLI_SENSORS_H
#define X0F_CLI_SENSORS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "options.h"

#include <x0f/ring.h>

/* A sensor checks a database before it answers, which may take its time. */
#define SENSOR_RELOAD_MS 60000
#define SENSOR_STOP_MS 10000

/* Where they are: --run-dir, or where all are. */
const char *sensors_run_dir(const struct settings *settings);

/* Nobody starts more on one host. */
#define SENSORS_MOST 256

struct sensor_names {
	char items[SENSORS_MOST][X0F_SENSOR_NAME];
	uint32_t count;
	uint32_t left_out; /* there was no room for them */
};

/*
 * Of all that have a segment, dead ones too, in the order of their names. *names
 * is empty at first. Returns 0 or a negative errno.
 */
int sensors_list(struct sensor_names *names, const char *run_dir);

/*
 * The one sensor that runs: fills name and returns 0, or complains and returns
 * the exit code: none runs, or several do.
 */
int sensors_find_one(const char *run_dir, char name[X0F_SENSOR_NAME]);

/*
 * Sends a request. Returns the exit code that the sensor answered, with its
 * text; or one of our own, with a text that says why it could not be asked.
 */
int sensor_ask(const char *run_dir, const char *name, const char *request,
	       int timeout_ms, char *text, size_t size);

/*
 * The same for "stop": waits until it has stopped, and says so. The files of
 * one that is dead are removed.
 */
int sensor_stop(const char *run_dir, const char *name, char *text, size_t size);

/* False: complained. The name becomes part of a path. */
bool sensor_name_is_fine(const char *name);

#endif
