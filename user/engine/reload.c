/* SPDX-License-Identifier: MIT */
/* See reload.h. */
#include "reload.h"
#include "../capture/clock.h"
#include "control.h"
#include "notify.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

/* A database of 100,000 signatures takes seconds to build and test. */
enum { LOAD_MS = 60000, LATER_MS = 1000 };

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
	case -ENXIO:
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
	options->say(options->ctx, error, line);
	notify_ready(line);
	reload->was_told = true;
	if (error)
		segment_set_problem(reload->segment, line);
	if (reload->connection < 0 || (reload->is_for_next && reload->again))
		return;
	control_answer(reload->connection, exit_code_of(error), text);
	reload->connection = -1;
}

static int offer(struct reload *reload, struct family *family,
		 struct problem *problem)
{
	const struct sensor_options *options = family->options;
	int ret = copies_take(&reload->offered, options->files,
			      options->file_count, problem);

	if (ret)
		return ret;
	ret = family_load(family, &reload->offered);
	return ret ? problem_set(problem, ret, "the workers do not answer: %s",
				 problem_errno(ret)) :
		     0;
}

static void judge(struct reload *reload, int ret)
{
	if (ret)
		copies_close(&reload->offered);
	else
		copies_move(&reload->accepted, &reload->offered);
}

/* Other ones may be better: the workers are well, and so are we. */
static bool is_of_files(int error)
{
	return error != -EINTR && error != -EPIPE && error != -ECANCELED &&
	       error != -ETIMEDOUT;
}

int reload_first(struct reload *reload, struct family *family,
		 struct problem *problem)
{
	const struct sensor_options *options = family->options;
	char line[sizeof(struct problem) + 80];
	int ret = offer(reload, family, problem);

	if (!ret)
		ret = family_wait_reply(family, problem);
	judge(reload, ret);
	if (!ret || !reload->accepted.count || !is_of_files(ret))
		return ret;
	snprintf(line, sizeof(line),
		 "%s: going on with the signatures accepted before",
		 problem->text);
	options->say(options->ctx, true, line);
	ret = family_load(family, &reload->accepted);
	return ret ? ret : family_wait_reply(family, problem);
}

void reload_begin(struct reload *reload, struct family *family)
{
	struct problem problem;
	int ret;

	reload->again = reload->is_loading;
	if (reload->is_loading)
		return;
	notify_reloading();
	ret = family->socket < 0 ? problem_set(&problem, -EPIPE,
					       "new workers are on their way") :
				   offer(reload, family, &problem);
	reload->is_loading = !ret;
	reload->since_ms = clock_ms();
	if (!ret)
		return;
	judge(reload, ret);
	segment_reload_failed(reload->segment);
	finish(reload, family, ret, problem.text);
}

bool reload_take_reply(struct reload *reload, struct family *family)
{
	struct problem problem;
	int ret = family_take_reply(family, &problem);

	if (ret == -EAGAIN)
		return true;
	if (ret == -EPIPE || !reload->is_loading)
		return false;
	reload->is_loading = false;
	judge(reload, ret);
	finish(reload, family, ret, problem.text);
	reload->is_for_next = false;
	if (reload->again)
		reload_begin(reload, family);
	return true;
}

bool reload_hangs(const struct reload *reload)
{
	return reload->is_loading && clock_ms() > reload->since_ms + LOAD_MS;
}

void reload_fail(struct reload *reload)
{
	static const char text[] = "the workers died, new ones are on their way";

	if (reload->connection >= 0)
		control_answer(reload->connection, exit_code_of(-EPIPE), text);
	if (reload->is_loading) {
		notify_ready(text);
		reload->was_told = true;
	}
	reload->connection = -1;
	reload->is_loading = false;
	reload->is_for_next = false;
	copies_close(&reload->offered);
}

static void take_reload(struct reload *reload, struct family *family,
			int connection)
{
	if (family->is_waiting) {
		control_answer(connection, exit_code_of(-EAGAIN),
			       "new workers are on their way");
		return;
	}
	if (reload->connection >= 0) {
		control_answer(connection, exit_code_of(-EAGAIN),
			       "a reload is under way");
		return;
	}
	reload->connection = connection;
	reload->is_for_next = reload->is_loading;
	family_renew_output(family);
	reload_begin(reload, family);
}

bool reload_take_command(struct reload *reload, struct family *family,
			 int listener)
{
	char line[CONTROL_LINE];
	int connection = control_accept(listener, line);

	if (connection == -EMFILE || connection == -ENFILE)
		reload->deaf_until_ms = clock_ms() + LATER_MS;
	if (connection < 0)
		return false;
	if (!strcmp(line, "reload")) {
		take_reload(reload, family, connection);
	} else if (!strcmp(line, "stop")) {
		control_answer(connection, 0, "stopping");
		return true;
	} else {
		control_answer(connection, !strcmp(line, "ping") ? 0 : 64,
			       family->options->name);
	}
	return false;
}

void reload_close(struct reload *reload)
{
	reload_fail(reload);
	copies_close(&reload->accepted);
}
