/* SPDX-License-Identifier: MIT */
/*
 * Lines of a signature database. The library has accepted or refused the
 * text by the time it is looked at here, so nothing is judged.
 */
#include "dbfile.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* What x0f_db_open() refuses for its size; one step more shows it */
#define MOST_BYTES (16u << 20)
#define READ_STEP (64u << 10)

static int read_all(struct dbfile *file, int fd)
{
	size_t room = 0;

	while (file->len <= MOST_BYTES) {
		ssize_t n;

		if (file->len == room) {
			char *more = realloc(file->text, room += READ_STEP);

			if (!more)
				return -ENOMEM;
			file->text = more;
		}
		n = read(fd, file->text + file->len, room - file->len);
		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return n ? -errno : 0;
		file->len += (size_t)n;
	}
	return 0;
}

int dbfile_read(struct dbfile *file, const char *path)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	int ret;

	*file = (struct dbfile){ .text = NULL };
	if (fd < 0)
		return -errno;
	ret = read_all(file, fd);
	close(fd);
	if (ret)
		dbfile_free(file);
	return ret;
}

void dbfile_free(struct dbfile *file)
{
	free(file->text);
	*file = (struct dbfile){ .text = NULL };
}

struct dbline dbfile_begin(const struct dbfile *file)
{
	return (struct dbline){ .next = file->text };
}

int dbfile_next(const struct dbfile *file, struct dbline *line)
{
	const char *end = file->text + file->len;
	const char *lf;

	if (line->next == end)
		return 0;
	lf = memchr(line->next, '\n', (size_t)(end - line->next));
	line->p = line->next;
	line->end = lf ? lf : end;
	line->next = lf ? lf + 1 : end;
	line->number++;
	return 1;
}

int dbfile_seek(const struct dbfile *file, struct dbline *line, uint32_t number)
{
	while (line->number < number) {
		if (!dbfile_next(file, line))
			return 0;
	}
	return line->number == number;
}

static const char *skip_blanks(const char *p, const char *end)
{
	while (p < end && (*p == ' ' || *p == '\t'))
		p++;
	return p;
}

const char *dbline_value(const struct dbline *line, const char *key)
{
	size_t len = strlen(key);
	const char *p = skip_blanks(line->p, line->end);

	if ((size_t)(line->end - p) < len || memcmp(p, key, len))
		return NULL;
	p = skip_blanks(p + len, line->end);
	if (p == line->end || *p != '=')
		return NULL;
	return skip_blanks(p + 1, line->end);
}

uint32_t dbline_column(const struct dbline *line, const char *p)
{
	return (uint32_t)(p - line->p) + 1;
}
