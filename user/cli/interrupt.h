/* SPDX-License-Identifier: MIT */
/*
 * Ctrl-C: the first one asks the command to finish properly, the second one
 * ends the program at once. SIGTERM and SIGHUP count as the first.
 */
#ifndef X0F_CLI_INTERRUPT_H
#define X0F_CLI_INTERRUPT_H

#include <signal.h>
#include <stdbool.h>

extern volatile sig_atomic_t interrupt_count;

/* From here on signals are counted, and read(2) gives EINTR. */
void interrupt_watch(void);

static inline bool interrupted(void)
{
	return interrupt_count != 0;
}

#endif
