/* SPDX-License-Identifier: MIT */
/*
 * Puts together what the command line, the environment and a configuration
 * file say. See config.h. Each of them is read into settings of its own, which
 * then fill what nobody stronger has said: so a list is one source's, whole.
 */
#include "config.h"
#include "config_file.h"
#include "config_word.h"
#include "dbfile.h"
#include "message.h"

#include <ctype.h>
#include <errno.h>
#include <net/if.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* -------------------------------------------------------- environment -- */

extern char **environ;

#define PREFIX "X0F_"

/* Letters from which on a word may have two errors. */
#define LONG_WORD 8

static const struct origin environment = { .rank = RANK_ENVIRONMENT };

static int store_item(struct settings *settings, const struct option *option,
		      const char *as, const char *value, size_t len)
{
	const char *item;

	for (; len && config_is_blank(*value); value++)
		len--;
	while (len && config_is_blank(value[len - 1]))
		len--;
	if (!len)
		return 0;
	item = config_keep(value, len);
	if (!item) {
		complain("out of memory");
		return -1;
	}
	return option_store(settings, option, &environment, as, item);
}

/* A list is split at ; and an empty piece is nothing. */
static int store_variable(struct settings *settings,
			  const struct option *option, const char *value)
{
	struct spelling as = option_spell(option, &environment);
	int ret = 0;

	if (option->type != OPTION_LIST)
		return option_store(settings, option, &environment, as.text,
				    value);
	while (*value && !ret) {
		size_t len = strcspn(value, ";");

		ret = store_item(settings, option, as.text, value, len);
		value += len;
		value += *value == ';';
	}
	return ret;
}

/* "X0F_RATE_LIMIT": the last word of the spelling. */
static const char *find_variable(const struct option *option)
{
	struct spelling as = option_spell(option, &environment);
	const char *value = getenv(strrchr(as.text, ' ') + 1);

	return value && *value ? value : NULL;
}

/* "X0F_RATELIMIT=5": as a key it would be ratelimit. False: not one of ours. */
static bool make_key(const char *entry, char *key, size_t size)
{
	size_t len;

	if (strncmp(entry, PREFIX, strlen(PREFIX)) != 0)
		return false;
	entry += strlen(PREFIX);
	len = strcspn(entry, "=");
	if (!len || len >= size || !entry[len] || !entry[len + 1])
		return false;
	for (size_t i = 0; i < len; i++)
		key[i] = entry[i] == '_' ?
				 '-' :
				 (char)tolower((unsigned char)entry[i]);
	key[len] = '\0';
	return true;
}

/*
 * A variable of some other program may begin like ours, so only what is very
 * near to an option is one's typing error, and that is no mistake yet.
 */
static void warn_of_variable(const char *entry, uint32_t command)
{
	struct suggestion s = { .wrong = NULL };
	struct spelling as;
	char key[64];

	if (!make_key(entry, key, sizeof(key)) || option_find(key, UINT32_MAX))
		return;
	s.wrong = key;
	for (const struct option *o = option_table; o->name; o++)
		if (option_is_key(o, command))
			suggest(&s, o->name);
	if (!s.best || s.distance > (strlen(s.best) < LONG_WORD ? 1 : 2))
		return;
	as = option_spell(option_find(s.best, command), &environment);
	complain("warning: environment %.*s: no such option, did you mean %s?",
		 (int)strcspn(entry, "="), entry, strrchr(as.text, ' ') + 1);
}

static int read_environment(struct settings *settings, uint32_t command)
{
	struct settings said = { .help = false };
	int ret = EXIT_OK;

	for (const struct option *o = option_table; o->name; o++) {
		bool is_config = o->offset == offsetof(struct settings, config);
		const char *value;

		if (!(o->commands & command) || o->type == OPTION_REFUSED ||
		    (o->typed_only && !is_config))
			continue;
		value = find_variable(o);
		if (value && store_variable(&said, o, value))
			ret = EXIT_CONFIG;
	}
	options_fill(settings, &said, command);
	for (char **entry = environ; entry && *entry; entry++)
		warn_of_variable(*entry, command);
	return ret;
}

/* --------------------------------------------------------------- file -- */

/* For config_read_other(); its text stays. */
static struct {
	struct dbfile text;
	struct config_file file;
	uint32_t command;
	struct settings stronger; /* than the file */
} last;

/* For a service whose command line and environment are not here. */
static struct settings nothing_stronger(void)
{
	return (struct settings){ .config = last.stronger.config,
				  .check_config = true };
}

static const char *name_of(const struct settings *settings)
{
	if (settings->name)
		return settings->name;
	return settings->interfaces.count ? settings->interfaces.items[0] :
					    NULL;
}

/* Sensors have sections there, and this is none of them: a wrong name? */
static void note_unnamed(uint32_t command, const char *name)
{
	const char *other;
	uint32_t number = 0;

	while ((other = config_file_sensor(&last.file, command, number++)))
		if (!strcmp(other, name))
			return;
	if (number > 1)
		inform("%s: no section [%s %s], so that [%s] alone holds",
		       last.file.name, config_section_name(command), name,
		       config_section_name(command));
}

/* Only one section of a sensor holds, and whose it is, is not seen easily. */
static void note_unused(const struct settings *settings, uint32_t command,
			const char *name)
{
	const struct strings *list = &settings->interfaces;
	const char *other;

	for (uint32_t n = 0;
	     (other = config_file_sensor(&last.file, command, n)); n++)
		for (uint32_t i = 0; i < list->count; i++)
			if (!strcmp(list->items[i], other) &&
			    strcmp(other, name) != 0)
				complain("warning: %s: [%s %s] is not used, "
					 "the sensor is called %s and has one "
					 "section only",
					 last.file.name,
					 config_section_name(command), other,
					 name);
}

static int read_sections(struct settings *settings, uint32_t command)
{
	const struct config_file *file = &last.file;
	struct settings all = { .help = false };
	struct settings one = { .help = false };
	const char *name;

	if (config_file_read(file, command, NULL, &all))
		return EXIT_CONFIG;
	/* the name may stand in [live] itself */
	name = name_of(settings);
	if (!settings->name && (all.name || !name))
		name = name_of(&all);
	if (name && config_file_read(file, command, name, &one))
		return EXIT_CONFIG;
	if (option_origin(settings, option_find("name", command))->rank ==
	    RANK_TYPED)
		note_unnamed(command, settings->name);
	if (name && !settings->check_config)
		note_unused(settings, command, name);
	options_fill(settings, &one, command);
	options_fill(settings, &all, command);
	return EXIT_OK;
}

/* Of a service x0f@eth0: a sensor that has a name and no interface. */
static void take_name_as_interface(struct settings *settings)
{
	struct strings *list = &settings->interfaces;

	if (settings->name && !list->count &&
	    strlen(settings->name) < IF_NAMESIZE)
		list->items[list->count++] = settings->name;
}

bool config_read_other(struct settings *settings, uint32_t command,
		       uint32_t number)
{
	const char *name = NULL;

	if (last.text.text)
		name = config_file_sensor(&last.file, command, number);
	if (!name)
		return false;
	*settings = last.command == command ? last.stronger :
					      nothing_stronger();
	settings->name = name;
	settings->interfaces.count = 0; /* these are of the one at hand */
	option_origin(settings, option_find("interface", COMMAND_LIVE))->rank =
		RANK_DEFAULT;
	read_sections(settings, command); /* has been read without a mistake */
	if (command == COMMAND_LIVE)
		take_name_as_interface(settings);
	return true;
}

bool config_read_service(struct settings *settings, uint32_t command)
{
	if (!last.text.text || command == last.command)
		return false;
	*settings = nothing_stronger();
	read_sections(settings, command);
	if (command == COMMAND_LIVE)
		take_name_as_interface(settings);
	return true;
}

/* Behind what is there, with ", " between. */
__attribute__((format(printf, 3, 4))) static void
append(char *text, size_t size, const char *format, ...)
{
	size_t len = strlen(text);
	va_list args;

	if (len && len + 2 < size)
		len = strlen(strcat(text, ", "));
	va_start(args, format);
	vsnprintf(text + len, size - len, format, args);
	va_end(args);
}

uint32_t config_list_sensors(uint32_t command, char *text, size_t size)
{
	const char *name;
	uint32_t count = 0;

	text[0] = '\0';
	if (!last.text.text)
		return 0;
	while ((name = config_file_sensor(&last.file, command, count))) {
		append(text, size, "%s", name);
		count++;
	}
	return count;
}

static uint32_t count_options(const struct settings *settings, uint32_t command)
{
	uint32_t count = 0;

	for (const struct option *o = option_table; o->name; o++)
		count += option_is_key(o, command) &&
			 settings->origins[o - option_table].rank;
	return count;
}

/* name: NULL for the section of all. */
static void list_section(char *text, size_t size, uint32_t command,
			 const char *name)
{
	struct settings said = { .help = false };
	uint32_t count;

	config_file_read(&last.file, command, name, &said);
	count = count_options(&said, command);
	if (count)
		append(text, size, "[%s%s%s] %u", config_section_name(command),
		       name ? " " : "", name ? name : "", count);
}

/* "[live] 2, [live a] 2"; "" where there is no file, or nothing in it. */
static void list_sections(char *text, size_t size)
{
	text[0] = '\0';
	if (!last.text.text)
		return;
	for (uint32_t bit = 1; bit; bit <<= 1) {
		const char *name;

		if (!(bit & COMMAND_SERVICES))
			continue;
		list_section(text, size, bit, NULL);
		for (uint32_t i = 0;
		     (name = config_file_sensor(&last.file, bit, i)); i++)
			list_section(text, size, bit, name);
	}
}

static int read_file(struct settings *settings, uint32_t command)
{
	bool is_input = !strcmp(settings->config, "-");
	const char *name = is_input ? "standard input" : settings->config;
	struct dbfile *text = &last.text;
	int ret = dbfile_read(text, is_input ? "/dev/stdin" : name);

	if (ret) {
		complain("%s: cannot read the configuration: %s", name,
			 error_text(ret));
		return (int)exit_code_of(ret);
	}
	last.file = (struct config_file){ name, text->text, text->len };
	last.command = command;
	last.stronger = *settings;
	if (text->len > CONFIG_MOST_BYTES) {
		complain("%s: larger than %u bytes: is this a configuration "
			 "file?",
			 name, CONFIG_MOST_BYTES);
		return EXIT_CONFIG;
	}
	return read_sections(settings, command);
}

/* ------------------------------------------------------- command line -- */

/* The expression of live: a last operand with a blank in it. */
static int take_expression(struct settings *settings, const char *word)
{
	const struct option *option = option_find("filter", COMMAND_LIVE);

	if (settings->expression) {
		complain("--filter and '%s': one expression is enough", word);
		return EXIT_USAGE;
	}
	settings->expression = word;
	option_origin(settings, option)->rank = RANK_TYPED;
	return EXIT_OK;
}

static int take_interfaces(struct settings *settings, int count, char **names)
{
	const struct option *option = option_find("interface", COMMAND_LIVE);
	struct strings *list = &settings->interfaces;

	if (list->count + (uint32_t)count > MAX_STRINGS) {
		complain("%u interfaces: one sensor listens to at most %d, "
			 "start several",
			 list->count + (uint32_t)count, MAX_STRINGS);
		return EXIT_USAGE;
	}
	for (int i = 0; i < count; i++)
		list->items[list->count++] = names[i];
	if (count)
		option_origin(settings, option)->rank = RANK_TYPED;
	return EXIT_OK;
}

static int take_operands(struct settings *settings, int *argc, char **argv)
{
	int count = *argc;
	int ret = EXIT_OK;

	*argc = 0;
	if (count && strchr(argv[count - 1], ' '))
		ret = take_expression(settings, argv[--count]);
	if (!ret)
		ret = take_interfaces(settings, count, argv);
	return ret;
}

int config_read(struct settings *settings, uint32_t command, int *argc,
		char **argv)
{
	uint32_t told = message_complaints();
	int ret;

	dbfile_free(&last.text);
	if (options_parse(settings, command, argc, argv))
		return EXIT_USAGE;
	if (settings->help || !(command & COMMAND_SERVICES))
		return EXIT_OK;
	ret = command == COMMAND_LIVE ? take_operands(settings, argc, argv) :
					EXIT_OK;
	if (!ret)
		ret = read_environment(settings, command);
	if (!ret && settings->config)
		ret = read_file(settings, command);
	if (!ret && command == COMMAND_LIVE)
		take_name_as_interface(settings);
	/* who tells a mistake and goes on is mistaken, too */
	if (!ret && message_complaints() != told)
		ret = EXIT_CONFIG;
	return ret;
}

/* ------------------------------------------------------------- is good -- */

static int end_output(void)
{
	if (!fflush(stdout) && !ferror(stdout))
		return EXIT_OK;
	complain("standard output: write failed: %s", error_text(errno));
	return EXIT_IO;
}

int config_good(const struct settings *settings, uint32_t command)
{
	const char *name = settings->config;
	char sections[512];
	uint32_t count = count_options(settings, command);

	list_sections(sections, sizeof(sections));
	if (name && !strcmp(name, "-"))
		name = "standard input";
	if (sections[0]) {
		printf("%s is good, options set: %s\n", name, sections);
		return end_output();
	}
	printf("%s is good: %u option%s%s\n", name ? name : "the configuration",
	       count, count == 1 ? "" : "s",
	       command == COMMAND_LIVE && !settings->interfaces.count ?
		       ", no interface yet" :
		       "");
	return end_output();
}
