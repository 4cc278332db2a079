/* SPDX-License-Identifier: MIT */
/* See copies.h. One thread. */
#define _GNU_SOURCE /* memfd_create() */
#include "copies.h"
#include "limits.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/sendfile.h>
#include <sys/stat.h>
#include <unistd.h>

static int copy_bytes(int to, int from)
{
	size_t left = DATABASE_MOST_BYTES;

	while (left) {
		ssize_t n = sendfile(to, from, NULL, left);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return n ? -errno : 0;
		left -= (size_t)n;
	}
	return -EFBIG;
}

/* Not a fifo or a device: those may have no end. */
static int open_file(const char *path)
{
	struct stat st;
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	int ret = 0;

	if (fd < 0)
		return -errno;
	if (fstat(fd, &st))
		ret = -errno;
	else if (S_ISDIR(st.st_mode))
		ret = -EISDIR;
	else if (!S_ISREG(st.st_mode))
		ret = -ENXIO;
	else if (st.st_size >= DATABASE_MOST_BYTES)
		ret = -EFBIG;
	if (!ret)
		return fd;
	close(fd);
	return ret;
}

static int take(const char *path)
{
	int from = open_file(path);
	int to, ret;

	if (from < 0)
		return from;
	to = memfd_create("x0f database", MFD_CLOEXEC);
	ret = to < 0 ? -errno : copy_bytes(to, from);
	close(from);
	if (!ret)
		return to;
	if (to >= 0)
		close(to);
	return ret;
}

static int complain(const char *path, int error, struct problem *problem)
{
	if (error == -EFBIG)
		return problem_set(problem, error,
				   "%s: too large for a signature database",
				   path);
	if (error == -ENXIO)
		return problem_set(problem, error, "%s: not a regular file",
				   path);
	return problem_set(problem, error,
			   "%s: cannot read signature database: %s", path,
			   problem_errno(error));
}

int copies_take(struct copies *copies, const char *const *paths, uint32_t count,
		struct problem *problem)
{
	copies->count = 0;
	while (copies->count < count) {
		int fd = take(paths[copies->count]);

		if (fd < 0) {
			complain(paths[copies->count], fd, problem);
			copies_close(copies);
			return fd;
		}
		copies->fds[copies->count++] = fd;
	}
	return 0;
}

void copies_move(struct copies *to, struct copies *from)
{
	copies_close(to);
	*to = *from;
	from->count = 0;
}

void copies_close(struct copies *copies)
{
	while (copies->count)
		close(copies->fds[--copies->count]);
}
