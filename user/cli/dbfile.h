/* SPDX-License-Identifier: MIT */
/*
 * The text of a signature database, for messages that show a place in it.
 * libx0f says line numbers; columns and words come from here.
 */
#ifndef X0F_CLI_DBFILE_H
#define X0F_CLI_DBFILE_H

#include <stddef.h>
#include <stdint.h>

struct dbfile {
	char *text;
	size_t len;
};

/* One line, without its LF. Begin with dbfile_begin(). */
struct dbline {
	const char *p;
	const char *end;
	const char *next;
	uint32_t number; /* from 1 */
};

/*
 * Reads a file whole, up to a little more than x0f_db_open() accepts.
 * Returns 0 or a negative errno.
 */
int dbfile_read(struct dbfile *file, const char *path);

void dbfile_free(struct dbfile *file);

/* Before the first line. */
struct dbline dbfile_begin(const struct dbfile *file);

/* 1, or 0 behind the last line. */
int dbfile_next(const struct dbfile *file, struct dbline *line);

/* Goes forward to a line; 0: there is none. */
int dbfile_seek(const struct dbfile *file, struct dbline *line,
		uint32_t number);

/*
 * The value of `key = value`, or NULL where the line has another key or is
 * none; it reaches to the end of the line.
 */
const char *dbline_value(const struct dbline *line, const char *key);

/* Columns are bytes, from 1. */
uint32_t dbline_column(const struct dbline *line, const char *p);

#endif
