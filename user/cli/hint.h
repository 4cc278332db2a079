/* SPDX-License-Identifier: MIT */
/*
 * What to do about a signature database that was refused.
 */
#ifndef X0F_CLI_HINT_H
#define X0F_CLI_HINT_H

#include "dbfile.h"

#include <x0f/db.h>

/*
 * Prints a second line, "hint: …", where there is something to say that the
 * error does not say itself. name: of the file, as the error names it.
 */
void hint_print(const char *name, const struct dbfile *file,
		const struct x0f_error *error);

#endif
