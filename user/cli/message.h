/* SPDX-License-Identifier: MIT */
/*
 * What the program says to people on standard error, and its exit codes. One
 * line each, beginning with "x0f: ", where the journal reads them with their
 * weight in front. Any thread: a line is one write(2).
 */
#ifndef X0F_CLI_MESSAGE_H
#define X0F_CLI_MESSAGE_H

#include <stddef.h>
#include <stdint.h>

/* sysexits.h, the part that x0f uses */
enum exit_code {
	EXIT_OK = 0,
	EXIT_USAGE = 64,       /* wrong option or argument */
	EXIT_DATA = 65,	       /* not a capture, or a damaged one */
	EXIT_NO_INPUT = 66,    /* no such file */
	EXIT_UNAVAILABLE = 69, /* kernel or interface cannot do it */
	EXIT_SOFTWARE = 70,    /* a bug: demo's table does not add up */
	EXIT_SYSTEM = 71,      /* out of memory */
	EXIT_IO = 74,	       /* read or write failed */
	EXIT_TEMPORARY = 75,   /* not now: the guard of tap detached it */
	EXIT_NO_RIGHTS = 77,
	EXIT_CONFIG = 78, /* signature database refused */
	EXIT_INTERRUPTED = 130,
};

/* syslog's numbers: a line for the journal begins with "<4>". */
enum message_weight {
	MESSAGE_ERROR = 3,
	MESSAGE_WARNING = 4,
	MESSAGE_NOTE = 6,
};

/* Prints one line; control characters in it are replaced. */
__attribute__((format(printf, 2, 3))) void message(enum message_weight weight,
						   const char *format, ...);

/* An error, or, where the format begins with "warning: ", a warning. */
__attribute__((format(printf, 1, 2))) void complain(const char *format, ...);

/* How many errors were told so far, for those who must not go on then. */
uint32_t message_complaints(void);

/* Nothing is wrong. */
__attribute__((format(printf, 1, 2))) void inform(const char *format, ...);

/*
 * From here on a line that cannot be written at once is lost and counted: for
 * a process that has better to do than to wait for a reader of its messages.
 */
void message_never_wait(void);

/* strerror() the way a message goes on: "no such file or directory". */
const char *error_text(int error);

/* The exit code for a file that could not be opened or read. */
enum exit_code exit_code_of(int error);

/*
 * Keeps the candidate that is nearest to `wrong`; begin with *best NULL. Far
 * ones are never taken.
 */
struct suggestion {
	const char *wrong;
	const char *best;
	size_t distance;
};

void suggest(struct suggestion *suggestion, const char *candidate);

#endif
