/* SPDX-License-Identifier: MIT */
/* See metrics_text.h. One thread. */
#include "metrics_text.h"

#define NS_PER_S UINT64_C(1000000000)

void metrics_family(struct output *out, const char *name, const char *type,
		    const char *help)
{
	output_text(out, "# HELP x0f_");
	output_text(out, name);
	output_char(out, ' ');
	output_text(out, help);
	output_text(out, "\n# TYPE x0f_");
	output_text(out, name);
	output_char(out, ' ');
	output_text(out, type);
	output_char(out, '\n');
}

void metrics_series(struct output *out, const char *name,
		    const struct metrics_sensor *sensor)
{
	output_text(out, "x0f_");
	output_text(out, name);
	output_text(out, "{sensor=\"");
	output_text(out, sensor->name);
	output_char(out, '"');
}

/* The value is escaped, or needs it not. */
void metrics_text_label(struct output *out, const char *name, const char *value)
{
	output_char(out, ',');
	output_text(out, name);
	output_text(out, "=\"");
	output_text(out, value);
	output_char(out, '"');
}

/* Names of outcomes and reasons, as x0f status --json has them. */
void metrics_phrase_label(struct output *out, const char *name,
			  const char *phrase)
{
	output_char(out, ',');
	output_text(out, name);
	output_text(out, "=\"");
	for (; *phrase; phrase++)
		output_char(out, *phrase == ' ' ? '_' : *phrase);
	output_char(out, '"');
}

void metrics_number_label(struct output *out, const char *name, uint32_t index)
{
	output_char(out, ',');
	output_text(out, name);
	output_text(out, "=\"");
	output_number(out, index);
	output_char(out, '"');
}

void metrics_value(struct output *out, uint64_t value)
{
	output_text(out, "} ");
	output_number(out, value);
	output_char(out, '\n');
}

void metrics_decimal(struct output *out, uint64_t ns)
{
	char digits[10] = ".000000000";
	uint64_t rest = ns % NS_PER_S;

	for (size_t i = 9; rest; i--, rest /= 10)
		digits[i] = (char)('0' + rest % 10);
	output_number(out, ns / NS_PER_S);
	output_bytes(out, digits, sizeof(digits));
}

void metrics_seconds(struct output *out, uint64_t ns)
{
	output_text(out, "} ");
	metrics_decimal(out, ns);
	output_char(out, '\n');
}
