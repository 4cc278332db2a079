/* SPDX-License-Identifier: MIT */
/*
 * A capture file as a source of packets, for tests and benchmarks: what a
 * worker makes of a live wire it makes of a file. Belongs to one thread, as
 * all sources do.
 */
#ifndef X0F_CAPTURE_SOURCE_FILE_H
#define X0F_CAPTURE_SOURCE_FILE_H

#include "file.h"
#include "source.h"

/*
 * Takes the packets that are left in a file, "-" is standard input. interface:
 * what they all say they came through. Errors as of capture_file_open(), or
 * -ENOMEM; *source is NULL then. Ends with the file, damaged or not.
 */
int source_file_open(struct source **source, const char *path,
		     uint8_t interface, struct capture_error *error);

/*
 * Once is_at_end: 0, or what capture_file_next() said instead, with *error
 * (may be NULL).
 */
int source_file_result(const struct source *source,
		       struct capture_error *error);

/* NULL is fine. */
void source_file_close(struct source *source);

#endif
