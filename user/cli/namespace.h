/* SPDX-License-Identifier: MIT */
/*
 * --netns: the network namespace that a command works in. Called first thing by
 * those that have the option; one thread.
 */
#ifndef X0F_CLI_NAMESPACE_H
#define X0F_CLI_NAMESPACE_H

#include "options.h"

/* Also where none was given. Returns EXIT_OK or an exit code: complained. */
int namespace_enter(const struct settings *settings);

#endif
