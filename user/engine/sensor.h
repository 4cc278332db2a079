/* SPDX-License-Identifier: MIT */
/*
 * A running sensor, seen from the command that starts it:
 *
 *     supervisor   rights, links, segment, control socket (supervisor.c)
 *      ├ workers   no rights: sources, matching, databases (child.c)
 *      └ printer   no rights: a reader of the segment like any other
 *
 * sensor_run() is the supervisor, until it is told to stop. One thread.
 */
#ifndef X0F_ENGINE_SENSOR_H
#define X0F_ENGINE_SENSOR_H

#include "segment.h"

#include "../capture/capture.h"

#define SENSOR_RUN_DIR "/run/x0f"
#define SENSOR_RING_RECORDS 8192
#define SENSOR_MOST_FILES 60

/* As a shell says of one that SIGPIPE ended */
#define SENSOR_NOBODY_READS 141

/* What the start-up message needs to know. */
struct sensor_facts {
	const struct capture *capture;
	const struct segment *segment;
	uint64_t memory_bytes; /* sources, tracker, segment */
	const char *user;      /* the workers' */
};

struct sensor_options {
	struct capture_options capture; /* warn and ctx included */
	const char *name;
	const char *run_dir;
	const char *user;  /* NULL: x0f, or nobody */
	const char *group; /* of the segment; NULL: root's */
	uint32_t ring_records;
	uint32_t policy;
	/*
	 * Databases in order; the files are opened by the supervisor, and
	 * again at each reload, and read by the child. with_builtin: the
	 * built-in ones come behind them.
	 */
	const char *const *files;
	uint32_t file_count;
	bool with_builtin;
	bool (*selects)(void *ctx, const struct packet *packet);
	/*
	 * Body of the printer's process, which exits with what it returns. It
	 * opens the segment, calls sensor_become_reader(), and ends when
	 * x0f_ring_wait() says so; with SENSOR_NOBODY_READS where its output
	 * is closed, which ends the sensor. NULL: no printer.
	 */
	int (*print)(void *ctx, const char *segment_path);
	/*
	 * Opens the printer's file anew, with the supervisor's rights, when
	 * SIGHUP came: log rotation. A descriptor or a negative errno. NULL:
	 * it writes to no file.
	 */
	int (*open_output)(void *ctx);
	void (*started)(void *ctx, const struct sensor_facts *facts);
	/* All is detached and drained; the segment is still there. */
	void (*ended)(void *ctx, const struct segment *segment);
	/* One line for people. is_wrong: somebody should know. */
	void (*say)(void *ctx, bool is_wrong, const char *line);
	void *ctx; /* of these five, but for capture.ctx */
};

/*
 * Returns 0 after an orderly end, or a negative errno with *problem:
 * -EADDRINUSE: the guard of tap, before or while running; -EINVAL: a database
 * was refused (the text says where); -EEXIST: such a sensor runs; else as
 * capture_open().
 */
int sensor_run(const struct sensor_options *options, struct problem *problem);

/*
 * In the printer's process, once it has opened what it needs: gives up all
 * rights. A failure must end the process.
 */
int sensor_become_reader(struct problem *problem);

/* In the printer's process, after SIGHUP: its file anew, or -1. */
int sensor_take_output(void);

#endif
