/* SPDX-License-Identifier: MIT */
/*
 * Manual pages in mdoc, made of the tables of commands and options: what
 * --help says, marked up. See manual.h. One thread.
 */
#include "manual.h"

#include "../engine/needs.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>

#include <x0f/x0f.h>

/* When a page was changed last in what it says. */
#define MANUAL_DATE "November 21, 2026"

/* One character of text, so that neither mdoc nor roff sees more in it. */
static void put_char(char c)
{
	switch (c) {
	case '\\':
		printf("\\e");
		break;
	case '\'':
		printf("\\(aq");
		break;
	case '"':
		printf("\\(dq");
		break;
	case '`':
		printf("\\(ga");
		break;
	case '^':
		printf("\\(ha");
		break;
	case '~':
		printf("\\(ti");
		break;
	default:
		putchar(c);
	}
}

/* minus: hyphens are the character on the command line */
static void put_bytes(const char *text, size_t len, bool minus)
{
	for (size_t i = 0; i < len; i++) {
		if (text[i] == '-' && minus)
			printf("\\-");
		else
			put_char(text[i]);
	}
}

/* Length of "--name" or "-f" that begins a word; 0: it is something else. */
static size_t option_length(const char *word, size_t len)
{
	size_t n = 2;

	if (len < 2 || word[0] != '-' || !strchr("-fFo", word[1]))
		return 0;
	while (word[1] == '-' && n < len &&
	       (islower((unsigned char)word[n]) || word[n] == '-'))
		n++;
	for (size_t i = n; i < len; i++) {
		if (!strchr(",.;:)", word[i]))
			return 0;
	}
	return n > 2 || word[1] != '-' ? n : 0;
}

/* " , ." behind a macro: mdoc wants delimiters as words. */
static void put_delimiters(const char *text, size_t len)
{
	for (size_t i = 0; i < len; i++)
		printf(" %c", text[i]);
}

/* With its escapes: how long the line in the page becomes. */
static size_t width_of(const char *word, size_t len)
{
	size_t width = len;

	for (size_t i = 0; i < len; i++)
		width += strchr("'\"`^~", word[i]) ? 3 : 0;
	return width;
}

/*
 * One word of running text. Options get a line with their macro; else words
 * share a line until a sentence ends, as mdoc wants it. *column is 0 at the
 * beginning of a line.
 */
static void put_word(const char *word, size_t len, size_t *column)
{
	size_t n = option_length(word, len);
	size_t width = width_of(word, len);

	if (*column && (n || *column + width > 76)) {
		putchar('\n');
		*column = 0;
	}
	if (n) {
		printf(word[1] == '-' ? ".Fl Fl " : ".Fl ");
		put_bytes(word + (n > 2 ? 2 : 1), n > 2 ? n - 2 : 1, true);
		put_delimiters(word + n, len - n);
		putchar('\n');
		return;
	}
	if (*column)
		putchar(' ');
	else if (word[0] == '.')
		printf("\\&");
	put_bytes(word, len, word[0] == '-');
	*column += width + 1;
	if (word[len - 1] == '.' && len > 2 && word[len - 2] != '.') {
		putchar('\n');
		*column = 0;
	}
}

static void put_text(const char *text)
{
	size_t column = 0;

	for (;;) {
		size_t len;

		text += strspn(text, " ");
		len = strcspn(text, " ");
		if (!len)
			break;
		put_word(text, len, &column);
		text += len;
	}
	if (column)
		putchar('\n');
}

/* "auto: on a terminal" and "p0f's screen" begin as they are. */
static bool wants_capital(const char *text)
{
	size_t len = strcspn(text, " ");

	for (size_t i = 0; i < len; i++) {
		if (!islower((unsigned char)text[i]) && text[i] != '-')
			return i == len - 1 && text[i] == ',';
	}
	return true;
}

/* Text that stands where a sentence does: with a capital and a full stop. */
static void put_sentence(const char *text, char stop)
{
	char line[1024];
	size_t len = strlen(text);

	snprintf(line, sizeof(line), "%s%c", text,
		 strchr(".?:", text[len - 1]) ? '\0' : stop);
	if (wants_capital(line))
		line[0] = (char)toupper((unsigned char)line[0]);
	put_text(line);
}

/* "x0f-db-check": the name of a page. */
static struct command_title page_name(const struct command *command)
{
	struct command_title title = command_title(command);
	struct command_title name;

	for (char *p = title.text; *p; p++) {
		if (*p == ' ')
			*p = '-';
	}
	snprintf(name.text, sizeof(name.text), "x0f-%.*s",
		 (int)sizeof(name.text) - 5, title.text);
	return name;
}

static void put_heading(const char *name, const char *summary)
{
	printf(".Dd " MANUAL_DATE "\n.Dt ");
	for (const char *p = name; *p; p++)
		putchar(toupper((unsigned char)*p));
	printf(" 1\n.Os \"x0f %s\"\n.Sh NAME\n.Nm %s\n.Nd ", x0f_version(),
	       name);
	put_bytes(summary, strlen(summary), false);
	putchar('\n');
}

/* One word of a usage line: "[FILE]...", "--packet", "|", "N". */
static void put_operand(const char *word, size_t len)
{
	bool optional = word[0] == '[';
	bool several = len > 3 && !memcmp(word + len - 3, "...", 3);

	while (len && strchr("['", *word)) {
		word++;
		len--;
	}
	while (len && strchr("]'.", word[len - 1]))
		len--;
	if (*word == '|')
		printf("|\n");
	else if (*word == '-')
		printf(".Fl Fl %.*s\n", (int)len - 2, word + 2);
	else
		printf(".%sAr %.*s%s\n", optional ? "Op " : "", (int)len, word,
		       several ? " ..." : "");
}

static void put_operands(const char *text)
{
	while (*text) {
		size_t len = strcspn(text, " ");

		put_operand(text, len);
		text += len;
		text += strspn(text, " ");
	}
}

static void put_option(const struct option *option)
{
	printf(".It ");
	if (option->letter)
		printf("Fl %c , ", option->letter);
	printf("Fl Fl %s", option->name);
	if (option->argument)
		printf(" Ar %s", option->argument);
	putchar('\n');
	put_sentence(option->help, '.');
}

static void put_options(const struct command *command)
{
	printf(".Pp\nThe options are as follows:\n"
	       ".Bl -tag -width Ds\n");
	for (const struct option *o = option_table; o->name; o++) {
		if (o->commands & command->bit && o->type != OPTION_REFUSED)
			put_option(o);
	}
	printf(".El\n");
}

static void put_needs(enum need_of of)
{
	const char *between = "";

	for (size_t i = 0; i < NEEDS_COUNT; i++) {
		if (needs[i].of != of)
			continue;
		printf("%s.Dv %s", between, needs[i].name);
		between = " ,\n";
	}
}

/* Of a sensor, from the table that it looks at itself. */
static void put_rights(void)
{
	printf(".Ss Rights\nThe supervisor needs\n");
	put_needs(NEED_OF_ALL);
	printf(" ;\na tap\n");
	put_needs(NEED_OF_TAP);
	printf("\nas well; as root, to become\n.Fl Fl user ,\nalso\n");
	put_needs(NEED_OF_ROOT);
	printf(" .\n.Dv CAP_SYS_ADMIN\nstands for\n.Dv CAP_BPF\nand\n"
	       ".Dv CAP_PERFMON .\nA message says what is missing.\n");
}

static void put_section(uint32_t bit, enum manual_section section,
			const char *title)
{
	const char *text = manual_text(bit, section);

	if (text)
		printf(".Sh %s\n%s", title, text);
}

/* Literal blocks: no macro is looked for in a command line. */
static void put_example(const struct example *example, bool first)
{
	if (!first)
		printf(".Pp\n");
	put_sentence(example->text, ':');
	printf(".Bd -literal -offset indent\n");
	put_bytes(example->line, strlen(example->line), true);
	printf("\n.Ed\n");
}

static void put_examples(const struct command *command)
{
	const struct example *end = command->examples + EXAMPLES_MOST;

	if (!command->examples[0].line)
		return;
	printf(".Sh EXAMPLES\n");
	for (const struct example *e = command->examples; e < end && e->line;
	     e++)
		put_example(e, e == command->examples);
}

static void put_exit_status(const struct command *command)
{
	const char *text = manual_text(command->bit, MANUAL_EXIT);

	printf(".Sh EXIT STATUS\n%s",
	       text ? text : "0 on success, else as\n.Xr x0f 1\nlists.\n");
}

static void put_see_also(const struct command *command)
{
	const char *text = manual_text(command->bit, MANUAL_SEE_ALSO);

	printf(".Sh SEE ALSO\n%s", text ? text : ".Xr x0f 1\n");
}

void manual_command(const struct command *command)
{
	put_heading(page_name(command).text, command->summary);
	printf(".Sh SYNOPSIS\n.Nm x0f Cm %s\n.Op Ar option ...\n",
	       command_title(command).text);
	put_operands(command->operands);
	printf(".Sh DESCRIPTION\n");
	put_text(command->description);
	put_options(command);
	if (manual_text(command->bit, MANUAL_DESCRIPTION))
		printf("%s", manual_text(command->bit, MANUAL_DESCRIPTION));
	if (command->bit == COMMAND_LIVE)
		put_rights();
	put_section(command->bit, MANUAL_ENVIRONMENT, "ENVIRONMENT");
	put_section(command->bit, MANUAL_FILES, "FILES");
	put_exit_status(command);
	put_examples(command);
	put_see_also(command);
	put_section(command->bit, MANUAL_CAVEATS, "CAVEATS");
}

static void put_area(enum command_area area)
{
	const char *name = command_area_name(area);

	printf(".Ss %c%s\n.Bl -tag -width Ds\n", toupper((unsigned char)*name),
	       name + 1);
	for (const struct command *const *c = command_table; *c; c++) {
		if ((*c)->area != area)
			continue;
		printf(".It Xr %s 1\n", page_name(*c).text);
		put_sentence((*c)->summary, '.');
	}
	printf(".El\n");
}

void manual_program(void)
{
	put_heading("x0f", "name the systems behind TCP connections");
	printf(".Sh SYNOPSIS\n.Nm x0f\n.Ar command\n.Op Ar option ...\n"
	       ".Op Ar argument ...\n.Nm x0f\n.Cm help\n.Op Ar command\n"
	       ".Nm x0f\n.Fl Fl version\n.Sh DESCRIPTION\n%s",
	       manual_text(0, MANUAL_DESCRIPTION));
	for (int area = 0; area < AREA_COUNT; area++)
		put_area((enum command_area)area);
	put_section(0, MANUAL_ENVIRONMENT, "ENVIRONMENT");
	put_section(0, MANUAL_FILES, "FILES");
	put_section(0, MANUAL_EXIT, "EXIT STATUS");
	printf(".Sh EXAMPLES\n");
	for (const struct command *const *c = command_table; *c; c++) {
		if ((*c)->examples[0].line)
			put_example(&(*c)->examples[0], c == command_table);
	}
	put_section(0, MANUAL_SEE_ALSO, "SEE ALSO");
	put_section(0, MANUAL_CAVEATS, "CAVEATS");
}

void manual_commands(void)
{
	for (const struct command *const *c = command_table; *c; c++)
		printf("%s\n", command_title(*c).text);
}

void manual_keys(const struct command *command)
{
	printf(".Bl -tag -width Ds\n");
	for (const struct option *o = option_table; o->name; o++) {
		if (!option_is_key(o, command->bit))
			continue;
		printf(".It Cm %s", o->name);
		if (o->argument)
			printf(" = Ar %s", o->argument);
		else
			printf(" = Cm yes | no");
		putchar('\n');
		put_sentence(o->help, '.');
	}
	printf(".El\n");
}
