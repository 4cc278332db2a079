/* SPDX-License-Identifier: MIT */
/*
 * Help texts, made from the tables of commands and options.
 */
#include "command.h"

#include <stdio.h>
#include <string.h>

/* A terminal's width, and where the second column begins; of short words. */
#define WIDTH 79
#define COLUMN 26
#define NARROW_COLUMN 14

/* Prints words from `column` on, broken into lines indented by `indent`. */
static void print_wrapped(const char *text, int column, int indent)
{
	while (*text) {
		int len = (int)strcspn(text, " ");

		if (column > indent && column + 1 + len > WIDTH) {
			printf("\n%*s", indent, "");
			column = indent;
		} else if (column > indent) {
			putchar(' ');
			column++;
		}
		printf("%.*s", len, text);
		column += len;
		text += len;
		text += strspn(text, " ");
	}
	putchar('\n');
}

/* "  left      right", with the right part on its own line if need be. */
static void print_at(int column, const char *left, const char *right)
{
	int len = printf("  %s", left);

	if (len + 2 > column) {
		putchar('\n');
		len = 0;
	}
	printf("%*s", column - len, "");
	print_wrapped(right, column, column);
}

static void print_row(const char *left, const char *right)
{
	print_at(COLUMN, left, right);
}

static void print_option(const struct option *option)
{
	char left[64];

	if (option->letter)
		snprintf(left, sizeof(left), "-%c, --%s%s%s", option->letter,
			 option->name, option->argument ? " " : "",
			 option->argument ? option->argument : "");
	else
		snprintf(left, sizeof(left), "    --%s%s%s", option->name,
			 option->argument ? " " : "",
			 option->argument ? option->argument : "");
	print_row(left, option->help);
}

struct command_title command_title(const struct command *command)
{
	struct command_title title;

	snprintf(title.text, sizeof(title.text), "%s%s%s",
		 command->group ? command->group : "",
		 command->group ? " " : "", command->name);
	return title;
}

const char *command_area_name(enum command_area area)
{
	switch (area) {
	case AREA_WATCH:
		return "watch a network";
	case AREA_FILES:
		return "read capture files";
	case AREA_UNDERSTAND:
		return "understand an answer, look after signatures";
	case AREA_OPERATE:
		return "operate sensors";
	case AREA_COUNT:
		break;
	}
	return "";
}

static void print_examples(const struct command *command)
{
	const struct example *end = command->examples + EXAMPLES_MOST;

	if (!command->examples[0].line)
		return;
	printf("\nexamples:\n");
	for (const struct example *e = command->examples; e < end && e->line;
	     e++)
		print_row(e->line, e->text);
}

void help_command(const struct command *command)
{
	printf("usage: x0f %s [OPTION]... %s\n\n", command_title(command).text,
	       command->operands);
	print_wrapped(command->description, 0, 0);
	printf("\noptions:\n");
	for (const struct option *o = option_table; o->name; o++) {
		if (o->commands & command->bit && o->type != OPTION_REFUSED)
			print_option(o);
	}
	print_examples(command);
}

static void print_command(const struct command *command)
{
	char left[64];

	snprintf(left, sizeof(left), "%s %s", command_title(command).text,
		 command->operands);
	print_row(left, command->summary);
}

void help_group(const char *group)
{
	printf("usage: x0f %s COMMAND [OPTION]...\n\ncommands:\n", group);
	for (const struct command *const *c = command_table; *c; c++) {
		if ((*c)->group && !strcmp((*c)->group, group))
			print_command(*c);
	}
}

static void print_area(enum command_area area)
{
	printf("\n%s:\n", command_area_name(area));
	for (const struct command *const *c = command_table; *c; c++) {
		if ((*c)->area == area)
			print_at(NARROW_COLUMN, command_title(*c).text,
				 (*c)->summary);
	}
}

/* What a newcomer needs; fits on a screen of 40 lines. */
void help_program(void)
{
	printf("usage: x0f COMMAND [OPTION]... [ARGUMENT]...\n\n"
	       "Names the systems behind TCP connections from how they "
	       "begin.\n\nto begin with:\n");
	print_row("sudo x0f demo",
		  "see it at work; without sudo, a part of it");
	print_row("x0f pcap FILE", "who is in a capture file");
	print_row("sudo x0f live eth0", "who talks to this host, harmlessly");
	for (int area = 0; area < AREA_COUNT; area++)
		print_area((enum command_area)area);
	printf("\nmore:\n");
	print_row("x0f COMMAND --help", "its options, and examples");
	print_row("man x0f", "the manual; of a command, man x0f-COMMAND");
	print_row("x0f help man COMMAND", "that page, where none is installed");
	print_row("x0f help completion", "for the tab key of bash");
	print_row("x0f --version", "the version");
	printf("\nexit codes: 0 done, 64 wrong usage, 77 no permission, "
	       "others in the manual\n");
}
