/* SPDX-License-Identifier: MIT */
/*
 * Pieces of a line of Prometheus' text: a series begins, has labels, and ends
 * with its value. Names come without the x0f_ that all begin with. For the
 * other files of metrics; one thread.
 */
#ifndef X0F_READERS_METRICS_TEXT_H
#define X0F_READERS_METRICS_TEXT_H

#include "metrics.h"

/* HELP and TYPE */
void metrics_family(struct output *out, const char *name, const char *type,
		    const char *help);

/* Up to the label that says of which sensor it is. */
void metrics_series(struct output *out, const char *name,
		    const struct metrics_sensor *sensor);

/* The value is escaped already, or needs it not. */
void metrics_text_label(struct output *out, const char *name,
			const char *value);

/* Blanks become _, as in x0f status --json. */
void metrics_phrase_label(struct output *out, const char *name,
			  const char *phrase);
void metrics_number_label(struct output *out, const char *name,
			  uint32_t number);

/* These end the line. */
void metrics_value(struct output *out, uint64_t value);
void metrics_seconds(struct output *out, uint64_t ns);

/* Nanoseconds as seconds, nothing else. */
void metrics_decimal(struct output *out, uint64_t ns);

/* Families that no table can tell; metrics_counts.c. */
void metrics_write_counts(struct output *out,
			  const struct metrics_sensor *sensors, uint32_t count);

#endif
