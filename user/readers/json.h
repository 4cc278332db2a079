/* SPDX-License-Identifier: MIT */
/*
 * What writes a piece of JSON elsewhere, too: `x0f status --json`. One thread.
 */
#ifndef X0F_READERS_JSON_H
#define X0F_READERS_JSON_H

#include "output.h"

/* A string with its quotes; any bytes are safe, and talk to no terminal. */
void json_string(struct output *out, const char *text);

#endif
