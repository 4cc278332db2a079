/* SPDX-License-Identifier: MIT */
/*
 * What the parts of `x0f check` share. check.c reads a host and its interfaces
 * into plain structs; check_host.c, check_place.c, check_programs.c and
 * check_card.c judge these, for both modes at once; check_report.c chooses the
 * mode, and with it what each finding means; check_print.c says it. Judging
 * asks nobody, so that tests can make up any host. One thread.
 */
#ifndef X0F_CLI_CHECK_H
#define X0F_CLI_CHECK_H

#include "options.h"
#include "typed.h"

#include "../capture/capture.h"
#include "../capture/examine.h"
#include "../readers/output.h"

/* In this order, the worst last. */
enum verdict {
	VERDICT_INFO, /* does not matter for this mode */
	VERDICT_OK,
	VERDICT_WARN, /* it works, but */
	VERDICT_FAIL, /* it does not */
};

/* By enum capture_kind */
#define CHECK_MODES 2

extern const char *const check_mode_words[CHECK_MODES];

static inline bool check_is_tap(enum x0f_capture_mode mode)
{
	return mode == X0F_MODE_TAP_ZERO_COPY || mode == X0F_MODE_TAP_COPY ||
	       mode == X0F_MODE_TAP_GENERIC;
}

struct finding {
	const char *name;
	enum verdict by_mode[CHECK_MODES];
	enum verdict verdict; /* in the end, for the recommended mode */
	char text[320];
	char fix[1200];	 /* a command; "" none */
	bool only_looks; /* it mends nothing, but shows more */
};

struct findings {
	struct finding items[20];
	uint32_t count;
};

/* Returns what was added, for finding_fix(). */
__attribute__((format(printf, 5, 6))) struct finding *
finding_add(struct findings *findings, const char *name,
	    enum verdict inline_verdict, enum verdict tap_verdict,
	    const char *format, ...);
__attribute__((format(printf, 2, 3))) void finding_fix(struct finding *finding,
						       const char *format, ...);
/* The same, for a command that mends nothing. */
__attribute__((format(printf, 2, 3))) void
finding_look(struct finding *finding, const char *format, ...);

/* A sensor that lives and listens to the interface. */
struct check_sensor {
	char name[X0F_SENSOR_NAME]; /* "" none */
	uint32_t pid;
	enum x0f_capture_mode mode;
};

/* Of a name of an interface, each of whose letters may need four */
#define CHECK_WORD 72

/* All that is known of one interface. */
struct subject {
	const struct examined_host *host;
	struct interface interface;
	struct examined_link link;
	struct examined_card card;
	struct examined_programs programs;
	int guard; /* 0: free; -EADDRINUSE: the host uses it; else: unknown */
	char guard_reason[160]; /* "carries the address …" */
	struct check_sensor sensor;
	/* for one that is not in our run directory */
	uint32_t holder;       /* its process; 0: none was found */
	char word[CHECK_WORD]; /* the name, as a shell reads it */
	char name_option[64];  /* "--name eth0-2 " where its own is no good */
	char options[600];     /* of x0f live: "--netns NAME --run-dir DIR " */
	char run_dir_option[300]; /* "--run-dir DIR " */
	char prefix[310]; /* of commands of others: sudo, and that namespace */
};

/* In front of commands that need root. */
static inline const char *check_sudo(const struct examined_host *host)
{
	return typed_sudo(host->is_root);
}

/* In front of x0f itself, which needs less. */
const char *check_own_sudo(const struct examined_host *host,
			   enum capture_kind mode);

/* A program of x0f, or of somebody else, at such a hook; NULL: none. */
const struct examined_program *subject_xdp(const struct subject *subject,
					   bool is_ours);
const struct examined_program *subject_tc(const struct subject *subject,
					  bool is_ours);

/* A card that may be about to get the host's address. */
bool subject_may_wait(const struct subject *subject);

/* Like a mirror port: a card or the like, which the host does not use. */
bool subject_is_mirror(const struct subject *subject);

/* operands: what stood behind `x0f check`, for a command that says it again */
void judge_host(struct findings *findings, const struct examined_host *host,
		const char *operands);
/* What it is, who uses it. */
void judge_place(struct findings *findings, const struct subject *subject);
void judge_programs(struct findings *findings, const struct subject *subject);
/* Driver, offloads, queues, memory. */
void judge_card(struct findings *findings, const struct subject *subject);

struct report {
	char name[128]; /* as it was given, or the interface's own */
	bool exists;
	bool is_taken; /* a sensor is there */
	struct findings findings;
	enum capture_kind preferred;
	enum capture_kind recommended;
	/* of both modes: NULL where it is possible */
	const struct finding *obstacles[CHECK_MODES];
	char reason[200];
	char commands[CHECK_MODES][1200];
	char command[1200]; /* what to type now; "" nothing would work */
	enum verdict worst;
};

/*
 * An interface that is not there; of the subject nothing else is known.
 * nearest: what may have been meant; "" nothing.
 */
void report_missing(struct report *report, const char *name, const char *text,
		    const char *nearest, const struct subject *subject);
/* host: its findings, which may stand in a mode's way. */
void report_fill(struct report *report, const struct subject *subject,
		 const struct findings *host);
/* Colours the host's findings for all reports; returns the worst of all. */
enum verdict report_end(struct findings *host, const struct report *reports,
			uint32_t count);

void check_print_text(struct output *out, const struct examined_host *host,
		      const struct findings *findings,
		      const struct report *reports, uint32_t count,
		      bool has_colour);
void check_print_json(struct output *out, const struct examined_host *host,
		      const struct findings *findings,
		      const struct report *reports, uint32_t count,
		      enum verdict worst);

/* "ok", "warn", "fail", "info" */
const char *verdict_word(enum verdict verdict);

#endif
