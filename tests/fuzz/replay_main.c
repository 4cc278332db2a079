/* SPDX-License-Identifier: MIT */
/*
 * Stands in for libFuzzer in builds without it: shows every file of the
 * directories that are named as arguments to the fuzz target once. Each input
 * lies in a heap block of exactly its size, so that the address sanitizer
 * sees the first byte that is read beyond it. One thread.
 */
#include <dirent.h>
#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#define EXIT_SKIPPED 77

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);
int LLVMFuzzerInitialize(int *argc, char ***argv) __attribute__((weak));

static void die(const char *what, const char *path)
{
	fprintf(stderr, "cannot %s %s: %s\n", what, path, strerror(errno));
	exit(EXIT_FAILURE);
}

static void replay_file(const char *path, size_t len)
{
	FILE *file = fopen(path, "rb");
	/* malloc(0) gives a readable byte: an empty input begins behind it */
	uint8_t *block = malloc(len ? len : 1);
	uint8_t *data = block && !len ? block + 1 : block;

	if (!file || !block)
		die("read", path);
	if (fread(data, 1, len, file) != len)
		die("read", path);
	fclose(file);
	/* printed before, so that the last line names the one that crashed */
	fprintf(stderr, "%s\n", path);
	LLVMFuzzerTestOneInput(data, len);
	free(block);
}

/* Returns how many files were shown; 0 too when there is no directory. */
static unsigned long replay_directory(const char *directory)
{
	unsigned long count = 0;
	struct dirent *entry;
	struct stat status;
	char path[4096];
	DIR *dir = opendir(directory);

	if (!dir && errno == ENOENT)
		return 0;
	if (!dir)
		die("open", directory);
	while ((entry = readdir(dir))) {
		int len = snprintf(path, sizeof(path), "%s/%s", directory,
				   entry->d_name);

		if (len < 0 || (size_t)len >= sizeof(path))
			die("spell out", directory);
		if (stat(path, &status) || !S_ISREG(status.st_mode))
			continue;
		replay_file(path, (size_t)status.st_size);
		count++;
	}
	closedir(dir);
	return count;
}

int main(int argc, char **argv)
{
	unsigned long count = 0;

	if (LLVMFuzzerInitialize)
		LLVMFuzzerInitialize(&argc, &argv);
	for (int i = 1; i < argc; i++)
		count += replay_directory(argv[i]);
	printf("%lu inputs replayed\n", count);
	if (count)
		return EXIT_SUCCESS;
	puts("skipped: no corpus");
	return EXIT_SKIPPED;
}
