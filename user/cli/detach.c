/* SPDX-License-Identifier: MIT */
/*
 * x0f detach: frees an interface from x0f, with or without a running sensor.
 * A sensor that lives is asked to stop first; what is attached after that goes
 * by force. One that is not found here, of another run directory or in a
 * container, attaches its programs again: that is said, and is a failure.
 */
#include "command.h"
#include "message.h"
#include "sensors.h"

#include "../capture/capture.h"
#include "../capture/interface.h"
#include "../engine/control.h"
#include "../engine/sensor.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

static int exit_code(int error)
{
	switch (error) {
	case -ENODEV:
		return EXIT_NO_INPUT;
	case -EPERM:
	case -EACCES:
		return EXIT_NO_RIGHTS;
	default:
		return EXIT_UNAVAILABLE;
	}
}

static bool ring_has(const struct x0f_ring *ring, const char *name)
{
	struct x0f_segment_interface interface;

	for (uint32_t i = 0;
	     !x0f_ring_interface(ring, i, &interface, sizeof(interface)); i++)
		if (!strncmp(interface.name, name, sizeof(interface.name)))
			return true;
	return false;
}

/* The name of the sensor, if it lives and listens to the interface. */
static bool listens(const char *path, const char *interface,
		    char name[X0F_SENSOR_NAME])
{
	struct x0f_ring_info info = { .sz = sizeof(info) };
	struct x0f_ring *ring;
	bool does;

	if (x0f_ring_open(&ring, path, NULL))
		return false;
	x0f_ring_info(ring, &info);
	memcpy(name, info.name, X0F_SENSOR_NAME);
	name[X0F_SENSOR_NAME - 1] = '\0';
	does = info.alive && ring_has(ring, interface);
	x0f_ring_close(ring);
	return does;
}

static void stop_sensor(const char *run_dir, const char *name,
			const char *interface)
{
	char text[CONTROL_LINE];

	if (!sensor_name_is_fine(name))
		return;
	if (sensor_stop(run_dir, name, text, sizeof(text)))
		complain("%s, detaching %s all the same", text, interface);
	else
		printf("%s: sensor %s has stopped\n", interface, name);
}

static void stop_sensors(const char *run_dir, const char *interface)
{
	DIR *folder = opendir(run_dir);
	const struct dirent *entry;
	char name[X0F_SENSOR_NAME];
	char path[4096];

	while (folder && (entry = readdir(folder))) {
		if (entry->d_type != DT_REG && entry->d_type != DT_UNKNOWN)
			continue;
		snprintf(path, sizeof(path), "%s/%s", run_dir, entry->d_name);
		if (listens(path, interface, name))
			stop_sensor(run_dir, name, interface);
	}
	if (folder)
		closedir(folder);
}

static int run(const struct settings *settings, int argc, char **argv)
{
	struct interface interface;
	struct problem problem;
	int ret;

	if (argc > 1) {
		complain("detach takes one interface, but got %d", argc);
		return EXIT_USAGE;
	}
	ret = interface_read(&interface, argv[0], &problem);
	if (!ret) {
		stop_sensors(settings->run_dir ? settings->run_dir :
						 SENSOR_RUN_DIR,
			     interface.name);
		ret = capture_clear(interface.name, &problem);
	}
	if (ret < 0) {
		complain("%s", problem.text);
		return exit_code(ret);
	}
	if (ret)
		printf("%s: %d program%s of x0f removed\n", interface.name, ret,
		       ret == 1 ? "" : "s");
	else
		printf("%s: no program of x0f is attached\n", interface.name);
	return EXIT_OK;
}

const struct command command_detach = {
	.name = "detach",
	.operands = "IFACE",
	.least_operands = 1,
	.bit = COMMAND_DETACH,
	.summary = "remove x0f's programs from an interface",
	.description = "Stops the sensor that listens to the interface, if one "
		       "does, then removes every XDP and TC program whose name "
		       "begins with x0f_ from it. Programs of others stay. "
		       "Names the process that attaches them again, if one "
		       "does within a second.",
	.run = run,
};
