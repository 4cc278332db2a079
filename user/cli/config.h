/* SPDX-License-Identifier: MIT */
/*
 * The settings of a service: its command line over the environment (X0F_RING
 * for --ring) over the section of one sensor in the configuration file,
 * [live eth0], over the section of all, [live], over what is built in. Other
 * commands have their command line and nothing else, so that they do the same
 * wherever they run. Called by main(), once; one thread.
 */
#ifndef X0F_CLI_CONFIG_H
#define X0F_CLI_CONFIG_H

#include "options.h"

/*
 * Reads the options of any command, and all the rest for those that are
 * COMMAND_SERVICES. Everything is validated, even what is overruled; of a file
 * all mistakes are told. The operands of live become settings, too: interfaces,
 * and the expression behind them. What other operands there are stays in argv.
 * Returns EXIT_OK or an exit code: complained.
 */
int config_read(struct settings *settings, uint32_t command, int *argc,
		char **argv);

/*
 * For --check-config: the settings of the other sensors that have a section in
 * the file, by number from 0. False behind the last.
 */
bool config_read_other(struct settings *settings, uint32_t command,
		       uint32_t number);

/*
 * For --check-config: the settings of a service that is not the one at hand,
 * from the file alone. False: it is the one at hand, or there is no file.
 */
bool config_read_service(struct settings *settings, uint32_t command);

/*
 * For messages: "a, b", the sensors that have a section in the file. Returns
 * how many there are.
 */
uint32_t config_list_sensors(uint32_t command, char *text, size_t size);

/* --check-config, when the command found nothing wrong: says so. */
int config_good(const struct settings *settings, uint32_t command);

/*
 * --dump-config: prints what is in force as a file that config_read() takes,
 * each value behind its origin, and every other key as a comment. Returns as
 * above: a value that no file can hold is complained of.
 */
int config_dump(const struct settings *settings, uint32_t command);

#endif
