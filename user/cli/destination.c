/* SPDX-License-Identifier: MIT */
/*
 * The output file of a command.
 */
#include "destination.h"
#include "message.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

static bool is_same_file(const struct stat *a, const struct stat *b)
{
	return S_ISREG(a->st_mode) && a->st_dev == b->st_dev &&
	       a->st_ino == b->st_ino;
}

static int stat_input(const char *path, struct stat *st)
{
	if (!strcmp(path, "-"))
		return fstat(STDIN_FILENO, st);
	return stat(path, st);
}

/* The input that fd would overwrite, or NULL. */
static const char *find_overwritten(int fd, int count, char **inputs)
{
	struct stat output;
	struct stat input;

	if (fstat(fd, &output))
		return NULL;
	for (int i = 0; i < count; i++) {
		if (!stat_input(inputs[i], &input) &&
		    is_same_file(&output, &input))
			return inputs[i];
	}
	return NULL;
}

static int open_path(const char *path, int input_count, char **inputs)
{
	/* Emptied only by destination_begin(). */
	int fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC | O_NOCTTY, 0666);
	const char *overwritten;

	if (fd < 0)
		return -errno;
	overwritten = find_overwritten(fd, input_count, inputs);
	if (overwritten) {
		close(fd);
		return -EEXIST;
	}
	return fd;
}

int destination_open(struct destination *destination, const char *path,
		     int input_count, char **inputs)
{
	int fd = STDOUT_FILENO;

	if (path && !strcmp(path, "-"))
		path = NULL;
	destination->path = path;
	if (path)
		fd = open_path(path, input_count, inputs);
	if (fd == -EEXIST) {
		complain("%s: is an input file, give -o another name", path);
		return EXIT_USAGE;
	}
	if (fd < 0) {
		complain("%s: cannot write: %s", path, error_text(fd));
		return fd == -EACCES || fd == -EPERM ? EXIT_NO_RIGHTS : EXIT_IO;
	}
	output_open(&destination->out, fd);
	return EXIT_OK;
}

void destination_begin(struct destination *destination)
{
	struct output *out = &destination->out;
	struct stat st;

	if (destination->path && !fstat(out->fd, &st) && S_ISREG(st.st_mode) &&
	    ftruncate(out->fd, 0))
		out->error = -errno;
}

void destination_discard(struct destination *destination)
{
	destination->out.used = 0;
}

static bool is_set(const char *variable)
{
	const char *value = getenv(variable);

	return value && value[0];
}

bool destination_has_colour(const struct destination *destination,
			    uint32_t colour)
{
	const char *terminal = getenv("TERM");

	if (colour == COLOUR_ALWAYS || colour == COLOUR_NEVER)
		return colour == COLOUR_ALWAYS;
	if (is_set("NO_COLOR") || !isatty(destination->out.fd))
		return false;
	return terminal && strcmp(terminal, "dumb") != 0;
}

int destination_close(struct destination *destination)
{
	struct output *out = &destination->out;
	int error = output_flush(out);

	/* Some file systems tell of a full disk only now. */
	if (destination->path && close(out->fd) && !error)
		error = -errno;
	if (!error || error == -EPIPE)
		return EXIT_OK;
	complain("%s: write failed: %s",
		 destination->path ? destination->path : "standard output",
		 error_text(error));
	return EXIT_IO;
}
