/* SPDX-License-Identifier: MIT */
/* See netns.h. One thread. */
#define _GNU_SOURCE /* setns() */

#include "netns.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* The first is that of ip netns; the second is the first on today's systems. */
static const char *const folders[] = { "/run/netns", "/var/run/netns" };

#define FOLDERS (sizeof(folders) / sizeof(folders[0]))

/* Names that are listed when one is wrong; more do not help anybody. */
#define NAMES_BYTES 160

#define PATH_BYTES 4096

static bool is_path(const char *name)
{
	return strchr(name, '/');
}

/* "a, b, c", cut with " ..." where there is no room. False: none is there. */
static bool list_names(const char *path, char names[NAMES_BYTES])
{
	DIR *folder = opendir(path);
	const struct dirent *entry;
	size_t len = 0;

	while (folder && (entry = readdir(folder))) {
		size_t more = strlen(entry->d_name);

		if (entry->d_name[0] == '.')
			continue;
		if (len + more + sizeof(",  ...") > NAMES_BYTES) {
			strcpy(names + len, " ...");
			break;
		}
		len += (size_t)snprintf(names + len, NAMES_BYTES - len, "%s%s",
					len ? ", " : "", entry->d_name);
	}
	if (folder)
		closedir(folder);
	return len;
}

static int refuse_name(const char *name, struct problem *problem)
{
	char names[NAMES_BYTES] = "";
	bool has_names = false;

	for (size_t i = 0; i < FOLDERS && !has_names; i++)
		has_names = list_names(folders[i], names);
	return problem_set(problem, -ENOENT,
			   "--netns %.80s: no such network namespace (%s%s); "
			   "that of a process, a container's too, is "
			   "/proc/PID/ns/net",
			   name, has_names ? "there are " : "ip netns has none",
			   names);
}

static int refuse_right(const char *name, struct problem *problem)
{
	return problem_set(problem, -EPERM,
			   "--netns %.80s: no right to enter it, CAP_SYS_ADMIN "
			   "is missing: run it with sudo; a service takes "
			   "NetworkNamespacePath=/run/netns/NAME in its unit "
			   "instead",
			   name);
}

/* The descriptor of the namespace, or a negative errno. */
static int open_name(const char *name)
{
	char path[PATH_BYTES];
	int fd;

	/* O_NONBLOCK: what is there may be anything, a pipe too */
	if (is_path(name)) {
		fd = open(name, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
		return fd < 0 ? -errno : fd;
	}
	if (!name[0] || !strcmp(name, ".") || !strcmp(name, ".."))
		return -ENOENT;
	for (size_t i = 0; i < FOLDERS; i++) {
		snprintf(path, sizeof(path), "%s/%s", folders[i], name);
		fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
		if (fd >= 0 || errno != ENOENT)
			break;
	}
	return fd < 0 ? -errno : fd;
}

static int refuse(const char *name, int error, struct problem *problem)
{
	switch (error) {
	case -EPERM:
	case -EACCES:
		return refuse_right(name, problem);
	case -ENOENT:
	case -ENOTDIR:
		if (!is_path(name))
			return refuse_name(name, problem);
		return problem_set(problem, -ENOENT,
				   "--netns %.200s: no such file or process",
				   name);
	case -EINVAL: /* of setns(2) */
		return problem_set(problem, -EINVAL,
				   "--netns %.200s: is no network namespace, or "
				   "one whose mount cannot be seen from here",
				   name);
	default:
		return problem_set(problem, error, "--netns %.200s: %s", name,
				   problem_errno(error));
	}
}

/* The one that was entered last; "": none. */
static struct {
	char name[PATH_BYTES];
	dev_t device;
	ino_t inode;
} entered;

static void remember(const char *name, const struct stat *st)
{
	snprintf(entered.name, sizeof(entered.name), "%s", name);
	entered.device = st->st_dev;
	entered.inode = st->st_ino;
}

/* stat(2) of what open_name() would open. */
static int stat_name(const char *name, struct stat *st)
{
	char path[PATH_BYTES];

	if (is_path(name))
		return stat(name, st) ? -errno : 0;
	for (size_t i = 0; i < FOLDERS; i++) {
		snprintf(path, sizeof(path), "%s/%.255s", folders[i], name);
		if (!stat(path, st))
			return 0;
		if (errno != ENOENT)
			break;
	}
	return -errno;
}

/* Without the right to look nobody knows: then it is taken to be there. */
bool netns_is_gone(struct problem *problem)
{
	struct stat st;
	int ret;

	if (!entered.name[0])
		return false;
	ret = stat_name(entered.name, &st);
	if (ret ? ret != -ENOENT && ret != -ENOTDIR && ret != -ESRCH :
		  st.st_dev == entered.device && st.st_ino == entered.inode)
		return false;
	problem_set(problem, -ESTALE, "network namespace %.200s is gone",
		    entered.name);
	return true;
}

int netns_enter(const char *name, struct problem *problem)
{
	int fd = open_name(name);
	int ret = fd < 0 ? fd : 0;
	struct stat st;

	if (!ret && (setns(fd, CLONE_NEWNET) || fstat(fd, &st)))
		ret = -errno;
	if (!ret)
		remember(name, &st);
	if (fd >= 0)
		close(fd);
	return ret ? refuse(name, ret, problem) : 0;
}
