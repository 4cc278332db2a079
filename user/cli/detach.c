/* SPDX-License-Identifier: MIT */
/*
 * x0f detach: frees an interface from x0f, with or without a running sensor.
 * A sensor that lives is asked to stop first; what is attached after that goes
 * by force. One that is not found here, of another run directory or in a
 * container, attaches its programs again: that is said, and is a failure.
 */
#include "command.h"
#include "message.h"
#include "namespace.h"
#include "sensors.h"

#include "../capture/capture.h"
#include "../capture/interface.h"
#include "../engine/control.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

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

/*
 * The sensor works where we do: another namespace's eth0 is another interface.
 * One that cannot be asked, of a container perhaps, counts as here.
 */
static bool is_here(uint32_t pid)
{
	char path[64];
	struct stat ours;
	struct stat theirs;

	snprintf(path, sizeof(path), "/proc/%u/ns/net", pid);
	return stat(path, &theirs) || stat("/proc/self/ns/net", &ours) ||
	       (ours.st_dev == theirs.st_dev && ours.st_ino == theirs.st_ino);
}

/* Whether the sensor lives here and has the interface. */
static bool listens(const char *path, const char *interface)
{
	struct x0f_ring_info info = { .sz = sizeof(info) };
	struct x0f_ring *ring;
	bool does;

	if (x0f_ring_open(&ring, path, NULL))
		return false;
	x0f_ring_info(ring, &info);
	does = info.alive && ring_has(ring, interface) &&
	       is_here(info.supervisor_pid);
	x0f_ring_close(ring);
	return does;
}

static void stop_sensor(const char *run_dir, const char *name,
			const char *interface)
{
	char text[CONTROL_LINE];

	if (sensor_stop(run_dir, name, text, sizeof(text)))
		complain("%s, detaching %s all the same", text, interface);
	else
		printf("%s: sensor %s has stopped\n", interface, name);
}

static void stop_sensors(const char *run_dir, const char *interface)
{
	struct sensor_names names = { .count = 0 };
	char path[4096];

	sensors_list(&names, run_dir);
	for (uint32_t i = 0; i < names.count; i++) {
		snprintf(path, sizeof(path), "%s/%s", run_dir, names.items[i]);
		if (listens(path, interface))
			stop_sensor(run_dir, names.items[i], interface);
	}
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
	ret = namespace_enter(settings);
	if (ret)
		return ret;
	ret = interface_read(&interface, argv[0], &problem);
	if (!ret) {
		stop_sensors(sensors_run_dir(settings), interface.name);
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
	.area = AREA_OPERATE,
	.operands = "IFACE",
	.least_operands = 1,
	.bit = COMMAND_DETACH,
	.summary = "remove x0f's programs from an interface",
	.description = "Stops the sensor that listens to the interface, if one "
		       "does, then removes every XDP and TC program whose name "
		       "begins with x0f_ from it. Programs of others stay. "
		       "Names the process that attaches them again, if one "
		       "does within a second.",
	.examples = {
		{ "sudo x0f detach eth0",
		  "take everything of x0f off eth0" },
	},
	.run = run,
};
