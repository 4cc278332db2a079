/* SPDX-License-Identifier: MIT */
/*
 * The configuration in force, printed as a file: --dump-config, and the
 * packaged x0f.conf, which is the dump of nothing. See config.h; one thread.
 */
#include "config.h"
#include "config_file.h"
#include "config_word.h"
#include "message.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

/* Of comments. */
#define WIDTH 79

/* Words of a comment, each line behind "# ". */
static void print_comment(const char *text)
{
	int column = 0;

	while (*text) {
		int len = (int)strcspn(text, " ");

		if (column && column + 1 + len > WIDTH) {
			putchar('\n');
			column = 0;
		}
		column += printf("%s%.*s", column ? " " : "# ", len, text);
		text += len;
		text += strspn(text, " ");
	}
	putchar('\n');
}

/* Names of files cannot forge a line, and need not be text. */
static void print_name(const char *name)
{
	for (; *name; name++)
		putchar((unsigned char)*name < 0x20 ||
					(unsigned char)*name >= 0x7f ?
				'?' :
				*name);
}

static void print_origin(const struct option *option,
			 const struct origin *origin, uint32_t line)
{
	printf("# from ");
	switch (origin->rank) {
	case RANK_ENVIRONMENT:
		printf("%s\n", option_spell(option, origin).text);
		break;
	case RANK_SECTION:
	case RANK_NAMED:
		print_name(origin->file);
		printf(":%u\n", line);
		break;
	default:
		printf("the command line\n");
	}
}

static int print_text(const struct option *option, const char *value)
{
	const char *wrong = config_value_wrong(value, strlen(value));

	if (wrong) {
		complain("%s '%s' cannot stand in a file: %s", option->name,
			 value, wrong);
		return EXIT_USAGE;
	}
	printf("%s = %s\n", option->name, value);
	return EXIT_OK;
}

static int print_list(const struct option *option, const struct origin *origin,
		      const struct strings *list)
{
	int ret = EXIT_OK;

	for (uint32_t i = 0; i < list->count && !ret; i++) {
		if (!i || list->lines[i])
			print_origin(option, origin, list->lines[i]);
		ret = print_text(option, list->items[i]);
	}
	return ret;
}

static void print_words(const struct option *option, uint32_t bits)
{
	const char *comma = "";

	printf("%s = ", option->name);
	for (int i = 0; option->words[i]; i++) {
		if (!(bits & 1u << i))
			continue;
		printf("%s%s", comma, option->words[i]);
		comma = ",";
	}
	putchar('\n');
}

/* Lists and texts aside. */
static void print_value(const struct option *option, const void *at)
{
	const char *name = option->name;
	const struct pair *pair = at;
	uint32_t number = 0;

	if (option->type != OPTION_FLAG)
		memcpy(&number, at, sizeof(number));
	switch (option->type) {
	case OPTION_FLAG:
		printf("%s = %s\n", name, *(const bool *)at ? "yes" : "no");
		break;
	case OPTION_WORD:
		printf("%s = %s\n", name, option->words[number - 1]);
		break;
	case OPTION_WORDS:
		print_words(option, number);
		break;
	case OPTION_AMOUNT:
		printf("%s = %u\n", name, number - 1);
		break;
	case OPTION_PAIR:
		printf("%s = %u,%u\n", name, pair->first, pair->second);
		break;
	default:
		printf("%s = %u\n", name, number);
	}
}

/* "#ring = 8192", or "#user = USER" where it depends. */
static void print_default(const struct option *option)
{
	const char *value = option->standard;

	if (!value && option->type == OPTION_FLAG)
		value = "no";
	if (!value && option->type == OPTION_WORD)
		value = option->words[0];
	printf("#%s = %s\n", option->name, value ? value : option->argument);
}

static int print_option(const struct settings *settings,
			const struct option *option)
{
	const void *at = (const char *)settings + option->offset;
	const struct origin *origin = &settings->origins[option - option_table];

	putchar('\n');
	print_comment(option->help);
	if (!origin->rank) {
		print_default(option);
		return EXIT_OK;
	}
	if (option->type == OPTION_LIST)
		return print_list(option, origin, at);
	print_origin(option, origin, origin->line);
	if (option->type == OPTION_TEXT)
		return print_text(option, *(const char *const *)at);
	print_value(option, at);
	return EXIT_OK;
}

static int finish(int ret)
{
	if (!fflush(stdout) && !ferror(stdout))
		return ret;
	complain("standard output: write failed: %s", error_text(errno));
	return EXIT_IO;
}

int config_dump(const struct settings *settings, uint32_t command)
{
	int ret = EXIT_OK;

	printf("[%s]\n", config_section_name(command));
	for (const struct option *o = option_table; o->name && !ret; o++)
		if (option_is_key(o, command))
			ret = print_option(settings, o);
	return finish(ret);
}
