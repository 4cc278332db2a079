/* SPDX-License-Identifier: MIT */
/*
 * Puts together what the command line, the environment and a configuration
 * file say. See config.h. Each of them is read into settings of its own, which
 * then fill what nobody stronger has said: so a list is one source's, whole.
 */
#include "config.h"
#include "config_file.h"
#include "dbfile.h"
#include "message.h"

#include <errno.h>
#include <net/if.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* -------------------------------------------------------- environment -- */

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
	return ret;
}

/* --------------------------------------------------------------- file -- */

/* For config_read_other(); its text stays. */
static struct {
	struct dbfile text;
	struct config_file file;
	struct settings stronger; /* than the file */
} last;

static const char *name_of(const struct settings *settings)
{
	if (settings->name)
		return settings->name;
	return settings->interfaces.count ? settings->interfaces.items[0] :
					    NULL;
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
	if (name)
		config_file_read(file, command, name, &one);
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
	*settings = last.stronger;
	settings->name = name;
	settings->interfaces.count = 0; /* these are of the one at hand */
	option_origin(settings, option_find("interface", COMMAND_LIVE))->rank =
		RANK_DEFAULT;
	if (read_sections(settings, command))
		return false;
	if (command == COMMAND_LIVE)
		take_name_as_interface(settings);
	return true;
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
	return ret;
}
