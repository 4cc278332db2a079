/* SPDX-License-Identifier: MIT */
/*
 * Where a command's findings go: standard output, or the file of -o.
 */
#ifndef X0F_CLI_DESTINATION_H
#define X0F_CLI_DESTINATION_H

#include "options.h"

#include "../readers/output.h"

struct destination {
	struct output out;
	const char *path; /* NULL: standard output */
};

/*
 * path: of -o, or NULL. Refuses to overwrite one of the inputs. A file that
 * is there keeps its content until destination_begin(). Returns EXIT_OK or an
 * exit code: complained.
 */
int destination_open(struct destination *destination, const char *path,
		     int input_count, char **inputs);

/*
 * There will be findings: empties the file of -o, before anything is written.
 * What goes wrong is an error of the output. Standard output needs no call.
 */
void destination_begin(struct destination *destination);

/* Forgets what was buffered, where there was nothing to find anything in. */
void destination_discard(struct destination *destination);

/* colour: enum colour_word */
bool destination_has_colour(const struct destination *destination,
			    uint32_t colour);

/*
 * Writes the rest. Returns the exit code: a pipe that nobody reads any more
 * is no error, everything else is complained of.
 */
int destination_close(struct destination *destination);

#endif
