/* SPDX-License-Identifier: MIT */
/*
 * What the parts of `x0f explain` share: the packet that is explained, and
 * the pages of the explanation. One thread.
 */
#ifndef X0F_CLI_EXPLAIN_H
#define X0F_CLI_EXPLAIN_H

#include "database.h"

#include "../readers/output.h"

#include <x0f/x0f.h>

/* The largest packet that a capture file may hold, see capture/limits.h */
#define SUBJECT_BYTES (256u << 10)

struct subject {
	char title[X0F_TEXT_MAX]; /* "packet 3 of FILE" */
	enum x0f_status status;
	enum x0f_link link;
	struct x0f_obs obs; /* with status X0F_OK or X0F_SEGMENT */
	uint32_t track;	    /* enum x0f_track_flag; packets of a file only */
	bool is_text;	    /* from a signature: no addresses, window guessed */
	uint32_t caplen;
	uint32_t wirelen;
	uint8_t frame[SUBJECT_BYTES];
};

/*
 * explain_input.c: each fills the subject and returns EXIT_OK, or an exit
 * code: complained.
 */
int subject_from_signature(struct subject *subject, const char *text,
			   bool is_synack, uint32_t policy);
int subject_from_hex(struct subject *subject, int argc, char **argv,
		     enum x0f_link link, uint32_t policy);
int subject_from_file(struct subject *subject, const char *path,
		      uint32_t number, uint32_t policy);

/* explain_fields.c: what the packet says. */
void explain_fields(struct output *out, const struct subject *subject);

/* explain_frame.c: where and why decoding ended. */
void explain_status(struct output *out, const struct subject *subject,
		    uint32_t policy);

/* explain_match.c: candidates, then the verdict. */
void explain_match(struct output *out, const struct subject *subject,
		   const struct database *database, uint32_t policy);

/* Lines of "  name      value". */
void explain_key(struct output *out, const char *name);
__attribute__((format(printf, 2, 3))) void
explain_print(struct output *out, const char *format, ...);

#endif
