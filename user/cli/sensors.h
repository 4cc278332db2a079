/* SPDX-License-Identifier: MIT */
/*
 * Sensors that run, seen from commands that talk to them: by the control
 * sockets in their run directory. Not what they publish, which status reads.
 */
#ifndef X0F_CLI_SENSORS_H
#define X0F_CLI_SENSORS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <x0f/ring.h>

/* A sensor checks a database before it answers, which may take its time. */
#define SENSOR_RELOAD_MS 60000
#define SENSOR_STOP_MS 10000

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

/* The same for "stop", and waits until it has stopped. */
int sensor_stop(const char *run_dir, const char *name, char *text, size_t size);

/* False: complained. The name becomes part of a path. */
bool sensor_name_is_fine(const char *name);

#endif
