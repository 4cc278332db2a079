/* SPDX-License-Identifier: MIT */
/* See live_output.h. */
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

/* Never empties it: a sensor that starts again must not erase its results. */
static int open_to_append(const char *path, int flags)
{
	int fd = open(path,
		      O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC | O_NOCTTY |
			      flags,
		      0666);

	return fd < 0 ? -errno : fd;
}

static int complain_of_open(const char *path, int error)
{
	complain("%s: cannot write: %s", path, error_text(error));
	return error == -EACCES || error == -EPERM || error == -EROFS ?
		       EXIT_NO_RIGHTS :
		       EXIT_IO;
}

int live_output_check(const char *path)
{
	int fd;

	if (!live_output_is_file(path))
		return EXIT_OK;
	fd = open_to_append(path, O_NONBLOCK);
	if (fd == -ENXIO) /* a named pipe; its reader may still come */
		return EXIT_OK;
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
	int fd = STDOUT_FILENO;

	memset(output, 0, sizeof(*output));
	destination->path = live_output_is_file(path) ? path : NULL;
	if (destination->path)
		fd = open_to_append(path, 0);
	if (fd < 0)
		return complain_of_open(path, fd);
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

bool live_output_takes(struct live_output *output, uint64_t now_ns)
{
	if (now_ns >= output->retry_ns)
		return true;
	output->unwritten++;
	return false;
}

/* A finding of which only the beginning was written would be no line. */
static void take_back(int fd, const struct stat *before, off_t offset)
{
	struct stat after;

	if (!S_ISREG(before->st_mode) || fstat(fd, &after) ||
	    after.st_size <= before->st_size ||
	    after.st_size - before->st_size > (off_t)OUTPUT_BYTES)
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
	off_t offset;

	output->flushed_ns = now_ns;
	if (!out->used || output->is_closed)
		return;
	fstat(out->fd, &before);
	offset = lseek(out->fd, 0, SEEK_CUR);
	if (output_flush(out)) {
		take_back(out->fd, &before, offset);
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
	int fd = open_to_append(path, O_NONBLOCK);

	if (fd < 0)
		complain("%s: cannot open it anew, going on with the old file: "
			 "%s",
			 path, error_text(fd));
	return fd;
}

void live_output_change(struct live_output *output, int fd, uint64_t now_ns)
{
	struct destination *destination = &output->destination;

	live_output_flush(output, now_ns);
	close(destination->out.fd);
	destination->out.fd = fd;
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
	if (output->printer.format != &format_text || output->retry_ns) {
		complain("%s", line);
		return;
	}
	output_text(out, "[Note] ");
	output_text(out, line);
	output_text(out, "\n\n");
}
