/* SPDX-License-Identifier: MIT */
/* See live_output.h. */
#define _GNU_SOURCE /* O_PATH */
#include "live_output.h"
#include "message.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdarg.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#define RETRY_NS UINT64_C(5000000000)
#define LINES_PER_SECOND 1000

bool live_output_is_file(const char *path)
{
	return path && strcmp(path, "-") != 0;
}

/* Standard output that is closed is read-only, see main(). */
bool live_output_is_nowhere(const char *path)
{
	struct stat out, null;

	return !live_output_is_file(path) && !fstat(STDOUT_FILENO, &out) &&
	       !stat("/dev/null", &null) && out.st_rdev == null.st_rdev &&
	       S_ISCHR(out.st_mode) &&
	       (fcntl(STDOUT_FILENO, F_GETFL) & O_ACCMODE) != O_RDONLY;
}

/* Opens the folder that a path leads to; *name: what is behind it. */
static int open_folder(const char *path, const char **name)
{
	const char *slash = strrchr(path, '/');
	char folder[4096] = ".";
	size_t len;
	int fd;

	*name = slash ? slash + 1 : path;
	if (!**name)
		return -EISDIR;
	if (slash) {
		len = slash == path ? 1 : (size_t)(slash - path);
		if (len >= sizeof(folder))
			return -ENAMETOOLONG;
		memcpy(folder, path, len);
		folder[len] = '\0';
	}
	fd = open(folder, O_PATH | O_DIRECTORY | O_CLOEXEC);
	return fd < 0 ? -errno : fd;
}

/* Nobody but root and this user can put a link into it. */
static bool is_private(int folder)
{
	struct stat st;

	return !fstat(folder, &st) && (!st.st_uid || st.st_uid == geteuid()) &&
	       !(st.st_mode & (S_IWGRP | S_IWOTH));
}

/* Never empties it: a sensor that starts again must not erase its results. */
static int open_in(int folder, const char *name, int flags)
{
	int fd = openat(folder, name,
			O_APPEND | O_CLOEXEC | O_NOCTTY | O_NONBLOCK | flags,
			0644);

	return fd < 0 ? -errno : fd;
}

/*
 * A named pipe that nobody reads yet is not opened for writing. With a reader
 * of our own it is, and that one is not needed any more then.
 */
static int open_pipe(int folder, const char *name, int flags)
{
	int reader = open_in(folder, name, O_RDWR | flags);
	int fd;

	if (reader < 0)
		return reader;
	fd = open_in(folder, name, O_WRONLY | flags);
	close(reader);
	return fd;
}

static int clear_nonblock(int fd)
{
	int flags = fcntl(fd, F_GETFL);

	if (flags >= 0)
		fcntl(fd, F_SETFL, flags & ~O_NONBLOCK);
	return fd;
}

/*
 * Never waits. awaits_reader NULL: a named pipe without a reader is an error,
 * -ENXIO; else it is told there.
 */
static int open_to_append(const char *path, bool *awaits_reader)
{
	const char *name;
	int folder = open_folder(path, &name);
	int follow = O_NOFOLLOW;
	int fd;

	if (folder < 0)
		return folder;
	fd = open_in(folder, name, O_WRONLY | O_CREAT | follow);
	if (fd == -ELOOP && is_private(folder)) {
		follow = 0;
		fd = open_in(folder, name, O_WRONLY | O_CREAT);
	}
	if (fd >= 0) {
		clear_nonblock(fd);
	} else if (fd == -ENXIO && awaits_reader) {
		fd = open_pipe(folder, name, follow);
		*awaits_reader = fd >= 0;
	}
	close(folder);
	return fd;
}

static const char *open_error_text(int error)
{
	return error == -ELOOP ? "it is a symbolic link in a folder that "
				 "others can write to, name the file itself" :
				 error_text(error);
}

static int complain_of_open(const char *path, int error)
{
	complain("%s: cannot write: %s", path, open_error_text(error));
	return error == -EACCES || error == -EPERM || error == -EROFS ||
			       error == -ELOOP ?
		       EXIT_NO_RIGHTS :
		       EXIT_IO;
}

int live_output_check(const char *path)
{
	struct stat st;
	int fd;

	if (!live_output_is_file(path))
		return EXIT_OK;
	/* who reads a pipe would take our leaving it again for its end */
	if (!stat(path, &st) && S_ISFIFO(st.st_mode))
		return faccessat(AT_FDCWD, path, W_OK, AT_EACCESS) ?
			       complain_of_open(path, -errno) :
			       EXIT_OK;
	fd = open_to_append(path, NULL);
	if (fd < 0)
		return complain_of_open(path, fd);
	close(fd);
	return EXIT_OK;
}

/* A table that is continued has its heading already. */
static bool has_content(int fd)
{
	struct stat st;

	return !fstat(fd, &st) && S_ISREG(st.st_mode) && st.st_size > 0;
}

int live_output_open(struct live_output *output, const char *path,
		     const struct format *format, uint32_t colour)
{
	struct destination *destination = &output->destination;
	bool awaits_reader = false;
	int fd = STDOUT_FILENO;

	memset(output, 0, sizeof(*output));
	destination->path = live_output_is_file(path) ? path : NULL;
	if (destination->path)
		fd = open_to_append(path, &awaits_reader);
	if (fd < 0)
		return complain_of_open(path, fd);
	output->awaits_reader = awaits_reader;
	output_open(&destination->out, fd);
	printer_open(&output->printer, format, &destination->out);
	output->printer.colour = destination_has_colour(destination, colour);
	if (destination->path && has_content(fd))
		destination_discard(destination);
	return EXIT_OK;
}

static const char *name_of(const struct live_output *output)
{
	return output->destination.path ? output->destination.path :
					  "standard output";
}

bool live_output_has_reader(struct live_output *output)
{
	int fd = output->destination.out.fd;
	/* POLLERR comes unasked */
	struct pollfd pipe = { .fd = fd };

	if (!output->awaits_reader)
		return true;
	if (poll(&pipe, 1, 0) && pipe.revents & POLLERR)
		return false;
	output->awaits_reader = false;
	clear_nonblock(fd);
	return true;
}

bool live_output_takes(struct live_output *output, uint64_t now_ns)
{
	if (now_ns >= output->retry_ns)
		return true;
	output->unwritten++;
	return false;
}

/*
 * A finding of which only the beginning was written would be no line. But what
 * another process wrote to the same file meanwhile is not ours to cut.
 */
static void take_back(int fd, const struct stat *before, off_t offset,
		      uint64_t written)
{
	struct stat after;
	off_t end = before->st_size + (off_t)written;

	if (!written || !S_ISREG(before->st_mode) || fstat(fd, &after) ||
	    after.st_size != end || lseek(fd, 0, SEEK_CUR) != end)
		return;
	if (!ftruncate(fd, before->st_size))
		lseek(fd, offset, SEEK_SET);
}

/* A terminal that is gone says EIO, as a disk does. */
static bool is_gone(const struct output *out)
{
	struct stat st;

	if (out->error != -EIO)
		return out->error == -EPIPE;
	return !fstat(out->fd, &st) && S_ISCHR(st.st_mode);
}

static void take_failure(struct live_output *output, uint64_t now_ns)
{
	struct output *out = &output->destination.out;

	if (is_gone(out))
		output->is_closed = true;
	else if (!output->retry_ns)
		complain("%s: write failed: %s; trying again every %u s, "
			 "findings are still published",
			 name_of(output), error_text(out->error),
			 (unsigned int)(RETRY_NS / 1000000000));
	out->error = 0;
	output->retry_ns = now_ns + RETRY_NS;
	output->unwritten += output->pending;
}

void live_output_flush(struct live_output *output, uint64_t now_ns)
{
	struct output *out = &output->destination.out;
	struct stat before = { .st_mode = 0 };
	uint64_t written = out->written;
	off_t offset;

	output->flushed_ns = now_ns;
	if (!out->used || output->is_closed)
		return;
	fstat(out->fd, &before);
	offset = lseek(out->fd, 0, SEEK_CUR);
	if (output_flush(out)) {
		take_back(out->fd, &before, offset, out->written - written);
		take_failure(output, now_ns);
	} else if (output->retry_ns) {
		complain("%s: writing again, %llu findings were lost",
			 name_of(output),
			 (unsigned long long)output->unwritten);
		output->retry_ns = 0;
		output->unwritten = 0;
	}
	output->pending = 0;
}

int live_output_renew(const char *path)
{
	int fd = open_to_append(path, NULL);

	if (fd < 0)
		complain("%s: cannot open it anew, going on with the old file: "
			 "%s",
			 path, open_error_text(fd));
	return fd;
}

void live_output_change(struct live_output *output, int fd, uint64_t now_ns)
{
	struct destination *destination = &output->destination;

	live_output_flush(output, now_ns);
	close(destination->out.fd);
	destination->out.fd = fd;
	output->awaits_reader = false;
	if (output->printer.format->begin && !has_content(fd))
		output->printer.format->begin(&output->printer);
}

bool live_output_is_abandoned(const struct live_output *output)
{
	/* POLLERR comes unasked */
	struct pollfd pipe = { .fd = output->destination.out.fd };

	return output->is_closed ||
	       (poll(&pipe, 1, 0) > 0 && pipe.revents & POLLERR);
}

uint32_t live_output_rate(const struct live_output *output)
{
	struct stat st;

	if (isatty(output->destination.out.fd))
		return LINES_PER_SECOND;
	if (!fstat(output->destination.out.fd, &st) && S_ISREG(st.st_mode))
		return LINES_PER_SECOND;
	return 0;
}

void live_output_note(struct live_output *output, const char *format, ...)
{
	struct output *out = &output->destination.out;
	char line[256];
	va_list args;

	va_start(args, format);
	vsnprintf(line, sizeof(line), format, args);
	va_end(args);
	if ((output->printer.format != &format_text &&
	     output->printer.format != &format_line) ||
	    output->retry_ns) {
		complain("%s", line);
		return;
	}
	output_text(out, "[Note] ");
	output_text(out, line);
	output_text(out,
		    output->printer.format == &format_line ? "\n" : "\n\n");
}
