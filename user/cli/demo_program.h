/* SPDX-License-Identifier: MIT */
/*
 * Programs that the demo starts: x0f itself, as a user would type it. What
 * they say is kept. One thread.
 */
#ifndef X0F_CLI_DEMO_PROGRAM_H
#define X0F_CLI_DEMO_PROGRAM_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#define PROGRAM_WORDS 24

struct program {
	pid_t pid;  /* 0: has ended */
	int status; /* then: its exit code, or 128 and the signal */
	int messages;
	size_t len;
	char text[2048]; /* what it said so far */
};

/*
 * words: "x0f live --quiet server0", split at blanks. Runs in the network
 * namespace of that descriptor. Returns 0 or a negative errno.
 */
int program_start(struct program *program, int network, const char *words);

/* True while it runs; takes what it says. */
bool program_runs(struct program *program);

/* Waits for its end, at most so long; then it is killed. Returns status. */
int program_wait(struct program *program, int timeout_ms);

/* The same after SIGTERM. */
int program_stop(struct program *program);

/* The last line that it said, without "x0f: ". */
const char *program_last_line(struct program *program);

#endif
