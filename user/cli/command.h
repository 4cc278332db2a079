/* SPDX-License-Identifier: MIT */
/*
 * What main.c knows of a command. Each lives in a file of its own and brings
 * one row.
 */
#ifndef X0F_CLI_COMMAND_H
#define X0F_CLI_COMMAND_H

#include "options.h"

/* Under which heading of x0f --help a command stands. */
enum command_area {
	AREA_WATCH,
	AREA_FILES,
	AREA_UNDERSTAND,
	AREA_OPERATE,
	AREA_COUNT
};

/* A line that works as it stands, on a host with an eth0; tests try it. */
struct example {
	const char *line; /* NULL ends the list */
	const char *text; /* what it is good for: half a line, no dot */
};

#define EXAMPLES_MOST 6

/*
 * One row per command. The help, the manual page (manual.c) and the shell's
 * completion (completion.c) are made of it and of the option table: a word FILE,
 * IFACE or NAME among the operands is completed with files, interfaces or
 * sensors. Give each command two to five examples.
 */
struct command {
	const char *group; /* "db" of "x0f db check", else NULL */
	const char *name;
	enum command_area area;
	const char *operands; /* as the usage line shows them, "" for none */
	int least_operands;
	uint32_t bit;		 /* enum command_bit */
	const char *summary;	 /* half a line, for the list of commands */
	const char *description; /* for its own help */
	struct example examples[EXAMPLES_MOST];
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
extern const struct command command_check;
extern const struct command command_detach;
extern const struct command command_demo;
extern const struct command command_exporter;

/* All of them, in the order of the help; ends with NULL. */
extern const struct command *const command_table[];

/* help.c: these go to standard output. */
void help_program(void);
void help_group(const char *group);
void help_command(const struct command *command);

/* "db check": with its group, as the user types it. */
struct command_title {
	char text[32];
};

struct command_title command_title(const struct command *command);

/* The heading of an area: "watch a network". */
const char *command_area_name(enum command_area area);

#endif
