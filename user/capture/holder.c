/* SPDX-License-Identifier: MIT */
/* See holder.h. The kernel tells what a descriptor is in /proc/PID/fdinfo. */
#include "holder.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* A file of /proc, from its beginning; "" where there is none. */
static void read_text(int folder, const char *path, char *text, size_t size)
{
	int fd = openat(folder, path, O_RDONLY | O_CLOEXEC);
	ssize_t len = fd < 0 ? 0 : read(fd, text, size - 1);

	text[len < 0 ? 0 : len] = '\0';
	if (fd >= 0)
		close(fd);
}

/* Links mention their program, too, but cannot attach it anew. */
static bool is_program(int folder, const char *path, uint32_t program_id)
{
	char text[1024];
	char line[32];

	snprintf(line, sizeof(line), "\nprog_id:\t%u\n", program_id);
	read_text(folder, path, text, sizeof(text));
	return strstr(text, "\nprog_type:") && strstr(text, line);
}

static bool holds(pid_t pid, uint32_t program_id)
{
	const struct dirent *entry;
	bool does = false;
	char path[64];
	DIR *folder;

	snprintf(path, sizeof(path), "/proc/%d/fdinfo", (int)pid);
	folder = opendir(path);
	while (folder && !does && (entry = readdir(folder)))
		does = is_program(dirfd(folder), entry->d_name, program_id);
	if (folder)
		closedir(folder);
	return does;
}

static void read_name(pid_t pid, char name[HOLDER_NAME])
{
	char path[64];

	snprintf(path, sizeof(path), "/proc/%d/comm", (int)pid);
	read_text(AT_FDCWD, path, name, HOLDER_NAME);
	name[strcspn(name, "\n")] = '\0';
}

pid_t holder_find(uint32_t program_id, char name[HOLDER_NAME])
{
	DIR *folder = opendir("/proc");
	const struct dirent *entry;
	pid_t found = 0;

	while (folder && !found && (entry = readdir(folder))) {
		pid_t pid = (pid_t)strtol(entry->d_name, NULL, 10);

		if (pid > 0 && pid != getpid() && holds(pid, program_id))
			found = pid;
	}
	if (folder)
		closedir(folder);
	if (found)
		read_name(found, name);
	return found;
}
