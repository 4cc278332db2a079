/* SPDX-License-Identifier: MIT */
/*
 * Help texts, made from the tables of commands and options.
 */
#include "command.h"

#include <stdio.h>
#include <string.h>

/* A terminal's width, and where the second column begins. */
#define WIDTH 79
#define COLUMN 26

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
static void print_row(const char *left, const char *right)
{
	int len = printf("  %s", left);

	if (len >= COLUMN) {
		putchar('\n');
		len = 0;
	}
	printf("%*s", COLUMN - len, "");
	print_wrapped(right, COLUMN, COLUMN);
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

void help_command(const struct command *command)
{
	printf("usage: x0f %s%s%s [OPTION]... %s\n\n",
	       command->group ? command->group : "", command->group ? " " : "",
	       command->name, command->operands);
	print_wrapped(command->description, 0, 0);
	printf("\noptions:\n");
	for (const struct option *o = option_table; o->name; o++) {
		if (o->commands & command->bit && o->type != OPTION_REFUSED)
			print_option(o);
	}
}

static void print_command(const struct command *command)
{
	char left[64];

	snprintf(left, sizeof(left), "%s%s%s %s",
		 command->group ? command->group : "",
		 command->group ? " " : "", command->name, command->operands);
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

void help_program(void)
{
	printf("usage: x0f COMMAND [OPTION]...\n\n"
	       "Names the systems behind TCP connections from how they "
	       "begin.\n\ncommands:\n");
	for (const struct command *const *c = command_table; *c; c++)
		print_command(*c);
	print_row("help [COMMAND]", "show the options of a command");
	printf("\n  x0f --version           show the version\n"
	       "  x0f COMMAND --help      show the options of a command\n");
}
