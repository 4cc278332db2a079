/* SPDX-License-Identifier: MIT */
/*
 * Commands that are shown for typing: the program as it was called, so that
 * what was not installed is found again, and sudo for who will need it.
 */
#ifndef X0F_CLI_TYPED_H
#define X0F_CLI_TYPED_H

#include <stdbool.h>
#include <stddef.h>

/* First of all, by main(), which alone writes here: argv[0]. */
void typed_begin(const char *called);

/* "x0f", or, where the shell would not find that, the path it was called by */
const char *typed_program(void);

/*
 * "sudo ", or "": not everybody has it. Who has the rights by sudo will need
 * it again.
 */
const char *typed_sudo(bool has_rights);

/* Of letters and digits, and what no shell takes for more than it is. */
bool typed_is_plain(const char *text, bool may_have_blanks);

/* As a shell reads it; names of interfaces may hold nearly any byte. */
void typed_quote(char *word, size_t size, const char *name);

#endif
