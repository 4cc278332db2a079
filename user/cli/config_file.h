/* SPDX-License-Identifier: MIT */
/*
 * The text of a configuration file:
 *
 *	# a comment has a line of its own, and begins with # or ;
 *	[live]
 *	rate-limit = 0
 *	[live eth0]
 *	capture = tap
 *
 * A section is a command that is a service, or one sensor of it. A key is the
 * long name of an option of that command; the value is the rest of the line
 * without blanks around it: no quotes, no escapes, no continuation. Flags are
 * yes or no. A key stands once in a section, unless the option may be repeated.
 *
 * Debian's libinih is not used: it cuts lines at 200 bytes without a word, and
 * does not tell its callers in which line they are.
 */
#ifndef X0F_CLI_CONFIG_FILE_H
#define X0F_CLI_CONFIG_FILE_H

#include "options.h"

struct config_file {
	const char *name; /* for messages */
	const char *text;
	size_t len;
};

/* Of a line and of a file, in bytes. */
#define CONFIG_MOST_LINE 4096
#define CONFIG_MOST_BYTES (1u << 20)

/*
 * Reads all sections, and complains of each mistake with its line. What
 * [command] says is stored in *to, or, with a name, what [command name] says.
 * Returns how many mistakes there are. Values are kept until the end.
 */
uint32_t config_file_read(const struct config_file *file, uint32_t command,
			  const char *name, struct settings *to);

/* Sensors that have a section, by number from 0; NULL behind the last. */
const char *config_file_sensor(const struct config_file *file, uint32_t command,
			       uint32_t number);

/* What is wrong with a value before its option has looked at it, or NULL. */
const char *config_value_wrong(const char *value, size_t len);

/* Tabs too, and the CR of lines that end in CR LF. */
bool config_is_blank(char c);

/* Position of the first byte that is no UTF-8, or the length. */
size_t config_find_no_text(const char *text, size_t len);

/* A copy of a value that stays; NULL: no memory. */
const char *config_keep(const char *value, size_t len);

/* For tests: gives up all copies. */
void config_forget(void);

#endif
