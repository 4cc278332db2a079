/* SPDX-License-Identifier: MIT */
/*
 * x0f reload, x0f stop: tell a running sensor through its control socket, and
 * pass its answer on.
 */
#include "command.h"
#include "message.h"
#include "sensors.h"

#include "../engine/control.h"

#include <stdio.h>
#include <string.h>

/* By operand, by --name, or the only one that runs. */
static int choose(const struct settings *settings, const char *run_dir,
		  int argc, char **argv, char name[X0F_SENSOR_NAME])
{
	const char *given = argc ? argv[0] : settings->name;

	if (argc > 1 ||
	    (argc && settings->name && strcmp(argv[0], settings->name))) {
		complain("one sensor at a time: %s or %s", argv[0],
			 argc > 1 ? argv[1] : settings->name);
		return EXIT_USAGE;
	}
	if (!given)
		return sensors_find_one(run_dir, name);
	if (!sensor_name_is_fine(given))
		return EXIT_USAGE;
	snprintf(name, X0F_SENSOR_NAME, "%s", given);
	return EXIT_OK;
}

static int pass_on(int code, const char *text)
{
	if (code)
		complain("%s", text);
	else if (text[0])
		printf("%s\n", text);
	if (!code && fflush(stdout)) {
		complain("standard output: write failed");
		return EXIT_IO;
	}
	return code;
}

static int run_reload(const struct settings *settings, int argc, char **argv)
{
	const char *run_dir = sensors_run_dir(settings);
	char name[X0F_SENSOR_NAME];
	char text[CONTROL_LINE];
	int ret = choose(settings, run_dir, argc, argv, name);

	if (ret)
		return ret;
	ret = sensor_ask(run_dir, name, "reload", SENSOR_RELOAD_MS, text,
			 sizeof(text));
	return pass_on(ret, text);
}

static int run_stop(const struct settings *settings, int argc, char **argv)
{
	const char *run_dir = sensors_run_dir(settings);
	char name[X0F_SENSOR_NAME];
	char text[CONTROL_LINE];
	int ret = choose(settings, run_dir, argc, argv, name);

	if (ret)
		return ret;
	ret = sensor_stop(run_dir, name, text, sizeof(text));
	return pass_on(ret, text);
}

const struct command command_reload = {
	.name = "reload",
	.area = AREA_OPERATE,
	.operands = "[NAME]",
	.bit = COMMAND_RELOAD,
	.summary = "make a running sensor read its databases again",
	.description = "The sensor opens its database files anew, tests what "
		       "they hold, and takes it into use without losing a "
		       "packet. If a file is refused, it keeps what it has and "
		       "this command says why. The file of -o is opened anew, "
		       "too. SIGHUP does the same.",
	.examples = {
		{ "sudo x0f reload",
		  "after a change of signatures" },
		{ "x0f db check mine.fp && sudo x0f reload eth0",
		  "only when the file is in order" },
	},
	.run = run_reload,
};

const struct command command_stop = {
	.name = "stop",
	.area = AREA_OPERATE,
	.operands = "[NAME]",
	.bit = COMMAND_STOP,
	.summary = "stop a running sensor",
	.description = "The sensor detaches, works off what it has received, "
		       "prints its summary and ends. This command waits for "
		       "that, at most 10 seconds. SIGTERM does the same. Of a "
		       "sensor NAME that is dead, its files are removed.",
	.examples = {
		{ "sudo x0f stop",
		  "end the one sensor that runs" },
		{ "sudo x0f stop eth0",
		  "the sensor called eth0" },
	},
	.run = run_stop,
};
