/* SPDX-License-Identifier: MIT */
/*
 * The words of a configuration file: which command a section is of, and what
 * somebody probably meant who wrote a section or a key that there is not. Keys
 * themselves are in the option table. One thread.
 */
#ifndef X0F_CLI_CONFIG_WORD_H
#define X0F_CLI_CONFIG_WORD_H

#include <stddef.h>
#include <stdint.h>

/* "live"; NULL: the command is no service. */
const char *config_section_name(uint32_t command);

/* The reverse; 0: there is no such section. */
uint32_t config_section_command(const char *name, size_t len);

/* "unknown key formt, did you mean format?" */
struct advice {
	char text[256];
};

/* Words of up to 60 bytes. */
struct advice config_unknown_section(const char *word);
struct advice config_unknown_key(const char *word, uint32_t command);

#endif
