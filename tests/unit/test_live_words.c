/* SPDX-License-Identifier: MIT */
/*
 * What `x0f live` says at its begin and end is said by the supervisor, with
 * root's rights, from a segment that its unprivileged children can write to.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>

#include <cmocka.h>

#include "stage.h"

#include "../../user/cli/accounts.c"
#include "../../user/cli/live_banner.c"
#include "../../user/cli/typed.c"
#include "../../user/cli/live_summary.c"
#include "../../user/cli/message.c"

/* What both say, on standard error. */
static char *listen_to(struct stage *stage)
{
	static const char *const names[] = { "xh8" };
	struct sensor_options options = { .name = "test", .run_dir = "/run" };
	struct sensor_facts facts = { .segment = &stage->segment,
				      .user = "nobody" };
	int saved = dup(STDERR_FILENO);

	options.capture.interfaces = names;
	options.capture.interface_count = 1;
	assert_non_null(freopen(stage->messages, "w", stderr));
	live_banner(&stage->settings, &options, &facts);
	live_summary(&stage->segment);
	fflush(stderr);
	dup2(saved, STDERR_FILENO);
	close(saved);
	return read_path(stage->messages);
}

static void test_sound(void **state)
{
	struct stage stage;
	char *text;

	(void)state;
	open_stage(&stage, 2);
	play(&stage, 0);
	text = listen_to(&stage);
	assert_non_null(strstr(text, "2 workers as nobody"));
	assert_non_null(strstr(text, "\nx0f: xh8: not known yet, 0 queues, "
				     "link up\n"));
	assert_non_null(strstr(text, " 28 published (27 labelled)"));
	free(text);
	close_stage(&stage);
}

/* All that is not a number of our own: counts, places, names, states. */
static void test_hostile(void **state)
{
	struct stage stage;
	char *text;

	(void)state;
	open_stage(&stage, 2);
	memset(stage.segment.header, 0xff, sizeof(*stage.segment.header));
	memset(segment_interface(&stage.segment, 0), 'x',
	       sizeof(struct x0f_segment_interface));
	memset(segment_worker(&stage.segment, 1), 0xff,
	       sizeof(struct x0f_segment_worker));
	text = listen_to(&stage);
	assert_non_null(strstr(text, "2 workers as nobody"));
	assert_non_null(strstr(text, "\nx0f: xxxxxxxxxxxxxxx: unknown mode, "));
	assert_null(strstr(text, "more interfaces"));
	assert_non_null(strstr(text, " packets seen, "));
	free(text);
	close_stage(&stage);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_sound),
		cmocka_unit_test(test_hostile),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
