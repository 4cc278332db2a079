/* SPDX-License-Identifier: MIT */
/*
 * Any bytes as a configuration file: each mistake is told with a line of the
 * file, and what was read without one prints as a file that reads as the same.
 */
#include <assert.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../../user/cli/config_dump.c"
#include "../../user/cli/config_file.c"
#include "../../user/cli/config_text.c"
#include "../../user/cli/config_word.c"
#include "../../user/cli/option_table.c"
#include "../../user/cli/options.c"

#include "../unit/same_settings.h"

static uint32_t line_count;
static uint32_t told;

/* In place of message.c: nobody reads them, but they must name a line. */
void complain(const char *format, ...)
{
	static const char more[] = "fuzz: more mistakes";
	unsigned int line = 0;
	char text[2048];
	va_list args;

	va_start(args, format);
	vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	if (!strncmp(text, more, sizeof(more) - 1))
		return;
	assert(sscanf(text, "fuzz:%u: ", &line) == 1);
	assert(line && line <= line_count);
	told++;
}

void suggest(struct suggestion *suggestion, const char *candidate)
{
	if (strlen(suggestion->wrong) == strlen(candidate))
		suggestion->best = candidate;
}

const char *error_text(int error)
{
	return strerror(error);
}

static uint32_t count_lines(const char *text, size_t len)
{
	uint32_t lines = 1;

	while (len--)
		lines += text[len] == '\n';
	return lines;
}

static struct settings read_dump(const struct settings *settings,
				 uint32_t command)
{
	struct config_file file = { .name = "fuzz" };
	struct settings again = { .help = false };
	FILE *before = stdout;
	char *text = NULL;

	stdout = open_memstream(&text, &file.len);
	assert(!config_dump(settings, command));
	fclose(stdout);
	stdout = before;
	file.text = text;
	line_count = count_lines(text, file.len);
	assert(!config_file_read(&file, command, NULL, &again));
	free(text);
	return again;
}

static void check_command(const struct config_file *file, uint32_t command)
{
	struct settings settings = { .help = false };
	struct settings again;

	told = 0;
	line_count = count_lines(file->text, file->len);
	if (config_file_read(file, command, NULL, &settings)) {
		assert(told);
		return;
	}
	assert(!told);
	again = read_dump(&settings, command);
	for (const struct option *o = option_table; o->name; o++)
		assert(!option_is_key(o, command) ||
		       same_value(&settings, &again, o));
	for (uint32_t i = 0;; i++) {
		const char *name = config_file_sensor(file, command, i);

		if (!name)
			break;
		memset(&settings, 0, sizeof(settings));
		assert(!config_file_read(file, command, name, &settings));
		read_dump(&settings, command);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	struct config_file file = { "fuzz", (const char *)data, len };

	check_command(&file, COMMAND_LIVE);
	check_command(&file, COMMAND_EXPORTER);
	config_forget();
	return 0;
}
