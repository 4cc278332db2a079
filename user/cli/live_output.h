/* SPDX-License-Identifier: MIT */
/*
 * Where the printer of `x0f live` writes: standard output, or the file of -o,
 * to which it adds. A full disk is waited out: what does not fit is counted,
 * whole findings only, and writing is tried again every 5 s. One thread.
 *
 * The file is opened with root's rights. So no open waits for anybody, and a
 * link is followed only where nobody else can have put it.
 */
#ifndef X0F_CLI_LIVE_OUTPUT_H
#define X0F_CLI_LIVE_OUTPUT_H

#include "destination.h"

#include "../readers/printer.h"

struct live_output {
	struct destination destination;
	struct printer printer;
	uint64_t pending;    /* events in the buffer */
	uint64_t unwritten;  /* events lost since writing failed */
	uint64_t retry_ns;   /* 0: writing works */
	uint64_t flushed_ns; /* last time */
	bool is_closed;	     /* nobody reads it any more */
	bool awaits_reader;  /* a named pipe that nobody reads yet */
};

/* Whether -o, or NULL, names one: - is standard output. */
bool live_output_is_file(const char *path);

/* /dev/null: nothing has to be made for it, as a service has it. */
bool live_output_is_nowhere(const char *path);

/*
 * Before anything is captured: whether the file of -o, or NULL, can be
 * written. Returns EXIT_OK or an exit code: complained.
 */
int live_output_check(const char *path);

/* format: of printer_formats; colour: enum colour_word. Returns as above. */
int live_output_open(struct live_output *output, const char *path,
		     const struct format *format, uint32_t colour);

/* False: a named pipe whose first reader has not come yet. */
bool live_output_has_reader(struct live_output *output);

/* False: writing has failed and it is too early to try again; counted. */
bool live_output_takes(struct live_output *output, uint64_t now_ns);

/* To be called between findings. */
void live_output_flush(struct live_output *output, uint64_t now_ns);

/*
 * Log rotation: the supervisor opens the file of -o anew, which is a
 * descriptor or a negative errno: complained; the printer goes on with that.
 */
int live_output_renew(const char *path);
void live_output_change(struct live_output *output, int fd, uint64_t now_ns);

/* Whether a pipe or terminal has lost its reader, without writing to it. */
bool live_output_is_abandoned(const struct live_output *output);

/* Lines a second where nobody said how many: 0 for pipes, no limit. */
uint32_t live_output_rate(const struct live_output *output);

/*
 * A line for people among the findings: in the text where that is for people,
 * else on standard error.
 */
__attribute__((format(printf, 2, 3))) void
live_output_note(struct live_output *output, const char *format, ...);

#endif
