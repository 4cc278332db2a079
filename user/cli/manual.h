/* SPDX-License-Identifier: MIT */
/*
 * What x0f prints about itself for other programs to read: manual pages in
 * mdoc, made of the tables of commands and options and of manual_text.c, and
 * the completion for bash. Called by main() for x0f help; the build does so to
 * install them. Standard output.
 */
#ifndef X0F_CLI_MANUAL_H
#define X0F_CLI_MANUAL_H

#include "command.h"

/* x0f(1) and x0f-COMMAND(1). */
void manual_program(void);
void manual_command(const struct command *command);

/* For x0f.conf(5): the keys that a command takes, as one list. */
void manual_keys(const struct command *command);

/* "pcap", "db check": one per line. */
void manual_commands(void);

/* completion.c */
void completion_bash(void);

/* Where a piece of text belongs; in the order of a page. */
enum manual_section {
	MANUAL_DESCRIPTION,
	MANUAL_ENVIRONMENT,
	MANUAL_FILES,
	MANUAL_EXIT,
	MANUAL_SEE_ALSO,
	MANUAL_CAVEATS,
	MANUAL_SECTIONS
};

/* manual_text.c: what no table says, as mdoc; NULL: nothing. bit 0: x0f(1) */
const char *manual_text(uint32_t command_bit, enum manual_section section);

#endif
