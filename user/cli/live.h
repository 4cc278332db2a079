/* SPDX-License-Identifier: MIT */
/*
 * What the parts of `x0f live` share: live.c asks for a sensor, which calls
 * the others. The supervisor's process has one thread, the printer's too.
 */
#ifndef X0F_CLI_LIVE_H
#define X0F_CLI_LIVE_H

#include "options.h"

#include "../engine/sensor.h"

/*
 * Settings that contradict each other, names that cannot be. options: name and
 * run_dir are set. Returns EXIT_OK or an exit code: complained.
 */
int live_check(const struct settings *settings,
	       const struct sensor_options *options);

/* Signature databases that the configuration names and that cannot be read. */
int live_check_files(const struct settings *settings);

/* Whether this process may capture at all. Returns as above. */
int live_check_rights(const struct settings *settings);

/* Body of the printer's process; returns its exit code. */
int live_print(const struct settings *settings, const char *segment_path);

/* Standard error, when packets come. At most eight lines. */
void live_banner(const struct settings *settings,
		 const struct sensor_options *options,
		 const struct sensor_facts *facts);

/* Standard error, at the end. */
void live_summary(const struct segment *segment);

#endif
