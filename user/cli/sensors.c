/* SPDX-License-Identifier: MIT */
/* See sensors.h. One thread. */
#include "sensors.h"
#include "message.h"

#include "../engine/control.h"
#include "../engine/segment.h"
#include "../engine/sensor.h"

#include <dirent.h>
#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#define SUFFIX ".sock"
#define PING_MS 1000

/* How often a stopping sensor is looked at */
#define PAUSE_MS 20

struct candidates {
	uint32_t count;
	char names[160]; /* for the message, joined by ", " */
	char name[X0F_SENSOR_NAME];
};

const char *sensors_run_dir(const struct settings *settings)
{
	return settings->run_dir ? settings->run_dir : SENSOR_RUN_DIR;
}

static bool ends_with(const char *text, const char *end)
{
	size_t len = strlen(text);
	size_t n = strlen(end);

	return len >= n && !strcmp(text + len - n, end);
}

/* Control sockets and what begins with a dot lie there, too. */
static bool is_segment(const struct dirent *entry)
{
	return entry->d_name[0] != '.' && !ends_with(entry->d_name, SUFFIX) &&
	       strlen(entry->d_name) < X0F_SENSOR_NAME &&
	       (entry->d_type == DT_REG || entry->d_type == DT_UNKNOWN);
}

static int compare_names(const void *a, const void *b)
{
	return strcmp(a, b);
}

int sensors_list(struct sensor_names *names, const char *run_dir)
{
	DIR *dir = opendir(run_dir);
	const struct dirent *entry;

	if (!dir)
		return -errno;
	while ((entry = readdir(dir))) {
		if (!is_segment(entry))
			continue;
		if (names->count == SENSORS_MOST)
			names->left_out++;
		else /* it is not too long */
			strcpy(names->items[names->count++], entry->d_name);
	}
	closedir(dir);
	qsort(names->items, names->count, sizeof(names->items[0]),
	      compare_names);
	return 0;
}

static void socket_path(char *path, size_t size, const char *run_dir,
			const char *name)
{
	snprintf(path, size, "%s/%s" SUFFIX, run_dir, name);
}

/* A socket that a killed sensor left is no sensor. */
static bool answers(const char *run_dir, const char *name)
{
	char path[4096];
	char text[CONTROL_LINE];
	int ret;

	socket_path(path, sizeof(path), run_dir, name);
	ret = control_ask(path, "ping", PING_MS, text, sizeof(text));
	return ret != -ECONNREFUSED && ret != -ENOENT;
}

static void consider(struct candidates *found, const char *run_dir,
		     const char *file)
{
	size_t len = strlen(file);
	size_t end = strlen(SUFFIX);
	size_t at = strlen(found->names);
	char name[X0F_SENSOR_NAME];

	if (len <= end || len - end >= sizeof(name) || file[0] == '.' ||
	    strcmp(file + len - end, SUFFIX))
		return;
	snprintf(name, sizeof(name), "%.*s", (int)(len - end), file);
	if (!answers(run_dir, name))
		return;
	snprintf(found->names + at, sizeof(found->names) - at, "%s%s",
		 at ? ", " : "", name);
	memcpy(found->name, name, sizeof(name));
	found->count++;
}

int sensors_find_one(const char *run_dir, char name[X0F_SENSOR_NAME])
{
	struct candidates found = { .count = 0 };
	const struct dirent *entry;
	DIR *folder = opendir(run_dir);

	if (!folder && errno != ENOENT) {
		complain("%s: %s", run_dir, error_text(errno));
		return errno == EACCES ? EXIT_NO_RIGHTS : EXIT_UNAVAILABLE;
	}
	while (folder && (entry = readdir(folder)))
		consider(&found, run_dir, entry->d_name);
	if (folder)
		closedir(folder);
	if (!found.count) {
		complain("no sensor runs in %s", run_dir);
		return EXIT_UNAVAILABLE;
	}
	if (found.count > 1) {
		complain("%u sensors run in %s: say which of %s", found.count,
			 run_dir, found.names);
		return EXIT_USAGE;
	}
	memcpy(name, found.name, X0F_SENSOR_NAME);
	return 0;
}

bool sensor_name_is_fine(const char *name)
{
	if (name[0] && name[0] != '.' && !strchr(name, '/') &&
	    strlen(name) < X0F_SENSOR_NAME)
		return true;
	complain("'%s' is no name of a sensor", name);
	return false;
}

static int explain(const char *run_dir, const char *name, int error, char *text,
		   size_t size)
{
	switch (error) {
	case -ENOENT:
	case -ECONNREFUSED:
		snprintf(text, size, "no sensor %s runs in %s", name, run_dir);
		return EXIT_UNAVAILABLE;
	case -ETIMEDOUT:
		snprintf(text, size, "sensor %s does not answer", name);
		return EXIT_UNAVAILABLE;
	case -EACCES:
	case -EPERM:
		snprintf(text, size, "sensor %s takes orders from root only",
			 name);
		return EXIT_NO_RIGHTS;
	default:
		snprintf(text, size, "sensor %s cannot be asked: %s", name,
			 error_text(error));
		return EXIT_UNAVAILABLE;
	}
}

int sensor_ask(const char *run_dir, const char *name, const char *request,
	       int timeout_ms, char *text, size_t size)
{
	char path[4096];
	int ret;

	socket_path(path, sizeof(path), run_dir, name);
	ret = control_ask(path, request, timeout_ms, text, size);
	return ret < 0 ? explain(run_dir, name, ret, text, size) : ret;
}

/* Gone, or already a successor's. */
static bool has_gone(const char *path, const struct stat *before)
{
	struct stat now;

	return stat(path, &now) || now.st_ino != before->st_ino ||
	       now.st_ctim.tv_sec != before->st_ctim.tv_sec ||
	       now.st_ctim.tv_nsec != before->st_ctim.tv_nsec;
}

/* Nobody answers: a dead sensor's files are in the way of nothing but order. */
static int forget_dead(const char *run_dir, const char *name, int error,
		       char *text, size_t size)
{
	struct problem problem = { "" };
	int ret = segment_remove_dead(run_dir, name, &problem);

	switch (ret) {
	case 0:
		snprintf(text, size,
			 "sensor %s was dead: its files are removed", name);
		return EXIT_OK;
	case -EACCES:
	case -EPERM:
		snprintf(text, size,
			 "sensor %s is dead, and only root can remove its files",
			 name);
		return EXIT_NO_RIGHTS;
	default: /* none there, or one that begins or ends just now */
		return explain(run_dir, name, error, text, size);
	}
}

int sensor_stop(const char *run_dir, const char *name, char *text, size_t size)
{
	struct stat before = { .st_ino = 0 };
	char path[4096];
	int ret;

	socket_path(path, sizeof(path), run_dir, name);
	ret = stat(path, &before) ?
		      -errno :
		      control_ask(path, "stop", SENSOR_STOP_MS, text, size);
	if (ret == -ENOENT || ret == -ECONNREFUSED)
		return forget_dead(run_dir, name, ret, text, size);
	if (ret < 0)
		return explain(run_dir, name, ret, text, size);
	for (int ms = 0; !ret && !has_gone(path, &before); ms += PAUSE_MS) {
		if (ms >= SENSOR_STOP_MS) {
			snprintf(text, size,
				 "sensor %s has not stopped in %d s", name,
				 SENSOR_STOP_MS / 1000);
			return EXIT_UNAVAILABLE;
		}
		poll(NULL, 0, PAUSE_MS);
	}
	if (!ret) /* it said "stopping", and has */
		snprintf(text, size, "sensor %s has stopped", name);
	return ret;
}
