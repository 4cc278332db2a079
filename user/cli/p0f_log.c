/* SPDX-License-Identifier: MIT */
/*
 * p0f runs as root and logs to where others may write: no links are followed,
 * nothing but a regular file is written to, and only by one process.
 */
#include "p0f_log.h"
#include "message.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

static bool is_same_file(const struct stat *a, const char *path)
{
	struct stat b;

	return !stat(path, &b) && a->st_dev == b.st_dev &&
	       a->st_ino == b.st_ino;
}

static int complain_of_open(const char *path, int error)
{
	if (error == ELOOP)
		complain("%s: cannot log: is a symbolic link", path);
	else if (error == ENXIO)
		complain("%s: cannot log: is not a regular file", path);
	else
		complain("%s: cannot log: %s", path, error_text(error));
	return -1;
}

/* Returns why the file will not do, or NULL. */
static const char *find_fault(int fd, const char *capture)
{
	struct stat st;

	if (fstat(fd, &st))
		return error_text(errno);
	if (!S_ISREG(st.st_mode))
		return "is not a regular file";
	if (is_same_file(&st, capture))
		return "is the capture file, give -o another name";
	if (!flock(fd, LOCK_EX | LOCK_NB))
		return NULL;
	return errno == EWOULDBLOCK ? "is being used by another process" :
				      error_text(errno);
}

int p0f_log_open(const char *path, const char *capture)
{
	/* O_NONBLOCK: a FIFO does not keep us waiting before it is refused */
	int fd = open(path,
		      O_WRONLY | O_APPEND | O_CREAT | O_NOFOLLOW | O_CLOEXEC |
			      O_NOCTTY | O_NONBLOCK,
		      0600);
	const char *fault;

	if (fd < 0)
		return complain_of_open(path, errno);
	fault = find_fault(fd, capture);
	if (!fault)
		return fd;
	complain("%s: cannot log: %s", path, fault);
	close(fd);
	return -1;
}
