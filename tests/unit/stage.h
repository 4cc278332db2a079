/* SPDX-License-Identifier: MIT */
/*
 * For tests of what reads a sensor: a segment in a folder of its own, filled
 * with what a worker makes of a capture file, as a sensor would. Include
 * behind cmocka.h.
 */
#ifndef X0F_TESTS_STAGE_H
#define X0F_TESTS_STAGE_H

#include "segments.h"

#include "../../user/capture/source_file.h"
#include "../../user/cli/options.h"
#include "../../user/engine/worker.h"

enum { RECORDS = 1024, TEXT = 1 << 20 };

struct stage {
	char folder[64];
	char output[96];   /* of the printer */
	char messages[96]; /* its standard error */
	struct segment segment;
	struct engine engine;
	struct settings settings;
	pid_t printer;
};

static inline const char *get(const char *variable, const char *otherwise)
{
	const char *value = getenv(variable);

	return value ? value : otherwise;
}

static inline const char *capture_path(void)
{
	static char path[512];

	snprintf(path, sizeof(path), "%s/tests/data/first.pcap",
		 get("X0F_SOURCE", "."));
	return path;
}

static inline void load_builtin(struct engine *engine)
{
	struct generation *generation;
	struct x0f_source sources[2];

	assert_int_equal(x0f_db_builtin(sources, 2), 2);
	assert_int_equal(generation_build(&generation, sources, 2,
					  engine->policy, NULL),
			 0);
	generation_install(generation, engine->segment, &engine->generation);
}

static inline void open_stage(struct stage *stage, uint32_t workers)
{
	struct segment_options options = small_options(RECORDS);
	struct problem problem;

	memset(stage, 0, sizeof(*stage));
	strcpy(stage->folder, make_folder());
	snprintf(stage->output, sizeof(stage->output), "%s/out", stage->folder);
	snprintf(stage->messages, sizeof(stage->messages), "%s/err",
		 stage->folder);
	options.directory = stage->folder;
	options.workers = workers;
	if (segment_create(&stage->segment, &options, &problem))
		fail_msg("%s", problem.text);
	strcpy(segment_interface(&stage->segment, 0)->name, "xh8");
	segment_set_state(&stage->segment, X0F_SENSOR_RUNNING);
	stage->engine.segment = &stage->segment;
	stage->engine.policy = X0F_POLICY_X0F;
	assert_int_equal(engine_open_tracker(&stage->engine, 1 << 12, 1 << 12,
					     0),
			 0);
	load_builtin(&stage->engine);
	stage->settings.output = stage->output;
}

static inline void close_stage(struct stage *stage)
{
	char command[128];

	generation_free(stage->engine.generation.value);
	engine_close_tracker(&stage->engine);
	if (stage->segment.header)
		segment_close(&stage->segment);
	snprintf(command, sizeof(command), "rm -r %s", stage->folder);
	assert_int_equal(system(command), 0);
}

/* The packets of the capture file, through a worker. */
static inline void play(struct stage *stage, uint32_t number)
{
	static struct worker worker;
	struct capture_error error;
	struct source *source;

	assert_int_equal(source_file_open(&source, capture_path(), 0, &error),
			 0);
	memset(&worker, 0, sizeof(worker));
	worker.engine = &stage->engine;
	worker.number = number;
	worker.source_count = 1;
	worker.sources = &source;
	rcu_begin_thread();
	worker_begin(&worker);
	while (worker_step(&worker))
		;
	rcu_end_thread();
	source_file_close(source);
	segment_ring_doorbell(&stage->segment);
}

static inline char *read_all(FILE *file)
{
	char *text = malloc(TEXT);
	size_t len;

	assert_non_null(text);
	assert_non_null(file);
	len = fread(text, 1, TEXT - 1, file);
	text[len] = '\0';
	return text;
}

static inline char *read_path(const char *path)
{
	FILE *file = fopen(path, "r");
	char *text = file ? read_all(file) : calloc(1, 1); /* not yet there */

	if (file)
		fclose(file);
	return text;
}

static inline uint32_t count(const char *text, const char *what)
{
	uint32_t found = 0;

	for (; (text = strstr(text, what)); text++)
		found++;
	return found;
}

#endif
