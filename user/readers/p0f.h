/* SPDX-License-Identifier: MIT */
/*
 * What p0f's log lines and its screen have in common: the same names and
 * values in the same order, between other signs. One thread.
 */
#ifndef X0F_READERS_P0F_H
#define X0F_READERS_P0F_H

#include "printer.h"

/* What stands around the name and the value of a field. */
struct p0f_signs {
	const char *before_key;
	size_t key_width; /* shorter names are filled up with blanks */
	const char *after_key;
	const char *after_value;
};

/* "syn+ack" */
const char *p0f_module(const struct event *event);

/* ADDRESS/PORT of the client or the server, as p0f writes them */
void p0f_print_client(struct output *out, const struct event *event);
void p0f_print_server(struct output *out, const struct event *event);

/* One key with a value that is printed between begin and end. */
void p0f_begin_field(struct output *out, const struct p0f_signs *signs,
		     const char *key);
void p0f_end_field(struct output *out, const struct p0f_signs *signs);

/* All fields behind the subject. */
void p0f_print_fields(struct output *out, const struct p0f_signs *signs,
		      const struct event *event);

#endif
