/* SPDX-License-Identifier: MIT */
/*
 * For tests of the printer of `x0f live`: its source, and a process of it
 * beside a stage. Include behind stage.h.
 */
#ifndef X0F_TESTS_PRINTING_H
#define X0F_TESTS_PRINTING_H

#include "../../user/cli/destination.c"
#include "../../user/cli/first_sight.c"
#include "../../user/cli/limiter.c"
#include "../../user/cli/live_output.c"
#include "../../user/cli/live_print.c"
#include "../../user/cli/message.c"
#include "../../user/cli/only.c"

#include <sys/resource.h>
#include <sys/wait.h>

/* Rights are the engine's matter; its tests need root. */
int sensor_become_reader(struct problem *problem)
{
	(void)problem;
	return 0;
}

/* Nor is there a supervisor that opens files; this process may. */
static const char *output_path;

int sensor_take_output(void)
{
	return live_output_renew(output_path);
}

static inline void start_printer(struct stage *stage)
{
	output_path = stage->output;
	stage->printer = fork();
	assert_true(stage->printer >= 0);
	if (stage->printer)
		return;
	close(stage->segment.fd); /* the lock is the sensor's alone */
	if (!freopen(stage->messages, "w", stderr))
		_exit(99);
	_exit(live_print(&stage->settings, stage->segment.path));
}

/* Returns the printer's exit code. */
static inline int await_printer(struct stage *stage)
{
	int status;

	assert_int_equal(waitpid(stage->printer, &status, 0), stage->printer);
	assert_true(WIFEXITED(status));
	return WEXITSTATUS(status);
}

/* The sensor ends in order; returns the printer's exit code. */
static inline int end(struct stage *stage)
{
	segment_set_state(&stage->segment, X0F_SENSOR_ENDED);
	segment_ring_doorbell(&stage->segment);
	return await_printer(stage);
}

#endif
