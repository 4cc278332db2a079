/* SPDX-License-Identifier: MIT */
/*
 * What main.c knows of a command. Each lives in a file of its own and brings
 * one row.
 */
#ifndef X0F_CLI_COMMAND_H
#define X0F_CLI_COMMAND_H

#include "options.h"

struct command {
	const char *group; /* "db" of "x0f db check", else NULL */
	const char *name;
	const char *operands; /* as the usage line shows them, "" for none */
	int least_operands;
	uint32_t bit;		 /* enum command_bit */
	const char *summary;	 /* half a line, for the list of commands */
	const char *description; /* for its own help */
	int failure; /* the one exit code of all failures; 0: those of sysexits */
	/* Returns the exit code. */
	int (*run)(const struct settings *settings, int argc, char **argv);
};

extern const struct command command_pcap;
extern const struct command command_p0f;
extern const struct command command_db_check;
extern const struct command command_db_list;
extern const struct command command_db_test;
extern const struct command command_explain;
extern const struct command command_gen;
extern const struct command command_live;
extern const struct command command_status;
extern const struct command command_reload;
extern const struct command command_stop;
extern const struct command command_detach;

/* All of them, in the order of the help; ends with NULL. */
extern const struct command *const command_table[];

/* help.c: these go to standard output. */
void help_program(void);
void help_group(const char *group);
void help_command(const struct command *command);

#endif
