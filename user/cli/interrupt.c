/* SPDX-License-Identifier: MIT */
/*
 * Signals that end a command.
 */
#include "interrupt.h"
#include "message.h"

#include <string.h>
#include <unistd.h>

volatile sig_atomic_t interrupt_count;

static void take_signal(int number)
{
	(void)number;
	if (interrupt_count++)
		_exit(EXIT_INTERRUPTED);
}

void interrupt_watch(void)
{
	static const int signals[] = { SIGINT, SIGTERM, SIGHUP };
	struct sigaction action;

	memset(&action, 0, sizeof(action));
	action.sa_handler = take_signal; /* no SA_RESTART: reads end */
	sigemptyset(&action.sa_mask);
	for (size_t i = 0; i < sizeof(signals) / sizeof(*signals); i++) {
		struct sigaction before;

		/* nohup, and shells that start jobs in the background, have
		 * said that they want a signal ignored */
		if (!sigaction(signals[i], NULL, &before) &&
		    before.sa_handler == SIG_IGN)
			continue;
		sigaction(signals[i], &action, NULL);
	}
}
