/* SPDX-License-Identifier: MIT */
/*
 * The control socket RUN_DIR/NAME.sock, root's alone: one request per
 * connection, one line ("reload", "stop", "ping"); the answer is one line: an
 * exit code as of sysexits, a blank, and text for people.
 */
#ifndef X0F_ENGINE_CONTROL_H
#define X0F_ENGINE_CONTROL_H

#include "../capture/problem.h"

#include <stddef.h>

#define CONTROL_LINE 512

/* Supervisor: a listening, non-blocking socket, or a negative errno. */
int control_listen(const char *path, struct problem *problem);

/*
 * Takes a connection that waits and reads its line, for at most 100 ms.
 * Returns the connection, to be closed by control_answer(), or a negative
 * errno.
 */
int control_accept(int listener, char line[CONTROL_LINE]);
void control_answer(int connection, int exit_code, const char *text);

/*
 * Client: asks and waits for the answer, at most timeout_ms. Returns the exit
 * code of the answer with its text, or a negative errno: -ECONNREFUSED,
 * -ENOENT: nobody there; -ETIMEDOUT.
 */
int control_ask(const char *path, const char *request, int timeout_ms,
		char *text, size_t size);

#endif
