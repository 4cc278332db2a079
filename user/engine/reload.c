/* SPDX-License-Identifier: MIT */
/* See reload.h. */
#include "reload.h"
#include "control.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

static int exit_code_of(int error)
{
	switch (error) {
	case 0:
		return 0;
	case -EINVAL:
	case -EFBIG:
		return 78;
	case -ENOENT:
	case -EISDIR:
		return 66;
	case -EACCES:
		return 77;
	case -EPIPE:
	case -EAGAIN:
		return 75;
	default:
		return 74;
	}
}

static void finish(struct reload *reload, const struct family *family,
		   int error, const char *text)
{
	const struct sensor_options *options = family->options;
	char line[sizeof(struct problem) + 80];

	snprintf(line, sizeof(line), "%s: %s",
		 error ? "reload failed, the signatures in force stay" :
			 "reloaded",
		 text);
	options->say(options->ctx, line);
	if (reload->connection >= 0)
		control_answer(reload->connection, exit_code_of(error), text);
	reload->connection = -1;
}

void reload_begin(struct reload *reload, struct family *family)
{
	struct problem problem;
	int ret;

	reload->again = reload->is_loading;
	if (reload->is_loading)
		return;
	ret = family->socket < 0 ?
		      problem_set(&problem, -EPIPE,
				  "new workers are on their way") :
		      child_load(family->socket, family->options, &problem);
	reload->is_loading = !ret;
	if (ret)
		__atomic_fetch_add(&reload->segment->header->reload_failures, 1,
				   __ATOMIC_RELAXED);
	if (ret)
		finish(reload, family, ret, problem.text);
}

void reload_take_reply(struct reload *reload, struct family *family)
{
	struct problem problem;
	int ret = family_take_reply(family, &problem);

	if (ret == -EAGAIN || ret == -EPIPE || !reload->is_loading)
		return; /* of the dead, waitpid(2) tells more */
	reload->is_loading = false;
	finish(reload, family, ret, problem.text);
	if (reload->again)
		reload_begin(reload, family);
}

void reload_fail(struct reload *reload)
{
	if (reload->connection >= 0)
		control_answer(reload->connection, exit_code_of(-EPIPE),
			       "the workers died, new ones are on their way");
	reload->connection = -1;
	reload->is_loading = false;
}

bool reload_take_command(struct reload *reload, struct family *family,
			 int listener)
{
	char line[CONTROL_LINE];
	int connection = control_accept(listener, line);

	if (connection < 0)
		return false;
	if (!strcmp(line, "reload") && reload->connection < 0) {
		reload->connection = connection;
		reload_begin(reload, family);
	} else if (!strcmp(line, "reload")) {
		control_answer(connection, exit_code_of(-EAGAIN),
			       "a reload is under way");
	} else if (!strcmp(line, "stop")) {
		control_answer(connection, 0, "stopping");
		return true;
	} else {
		control_answer(connection, !strcmp(line, "ping") ? 0 : 64,
			       family->options->name);
	}
	return false;
}
