/* SPDX-License-Identifier: MIT */
/*
 * Names of sections, and advice on sections and keys that there are not. See
 * config_word.h; one thread.
 */
#include "config_word.h"
#include "message.h"
#include "options.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

/* Each of COMMAND_SERVICES. */
static const struct {
	const char *name;
	uint32_t bit;
} services[] = {
	{ "live", COMMAND_LIVE },
	{ "exporter", COMMAND_EXPORTER },
};

#define SERVICES (sizeof(services) / sizeof(services[0]))

const char *config_section_name(uint32_t command)
{
	for (size_t i = 0; i < SERVICES; i++)
		if (services[i].bit == command)
			return services[i].name;
	return NULL;
}

uint32_t config_section_command(const char *name, size_t len)
{
	for (size_t i = 0; i < SERVICES; i++)
		if (strlen(services[i].name) == len &&
		    !memcmp(services[i].name, name, len))
			return services[i].bit;
	return 0;
}

__attribute__((format(printf, 1, 2))) static struct advice
advise(const char *format, ...)
{
	struct advice advice;
	va_list args;

	va_start(args, format);
	vsnprintf(advice.text, sizeof(advice.text), format, args);
	va_end(args);
	return advice;
}

struct advice config_unknown_section(const char *word)
{
	struct suggestion s = { .wrong = word };

	for (size_t i = 0; i < SERVICES; i++)
		suggest(&s, services[i].name);
	if (s.best)
		return advise("unknown section [%s], did you mean [%s]?", word,
			      s.best);
	return advise("unknown section [%s], there are [live], [live NAME] for "
		      "one sensor, and [exporter]",
		      word);
}

/* Somebody who wrote --ring or q; NULL: neither. */
static const struct option *find_in_disguise(const char *word, uint32_t command)
{
	const char *bare = word + strspn(word, "-");

	for (const struct option *o = option_table; o->name; o++) {
		if (!option_is_key(o, command))
			continue;
		if (!strcmp(o->name, bare) ||
		    (o->letter && bare[0] == o->letter && !bare[1]))
			return o;
	}
	return NULL;
}

/* A section where it is a key, or NULL. */
static const char *find_home(const char *word)
{
	for (size_t i = 0; i < SERVICES; i++) {
		const struct option *o = option_find(word, services[i].bit);

		if (o && option_is_key(o, services[i].bit))
			return services[i].name;
	}
	return NULL;
}

struct advice config_unknown_key(const char *word, uint32_t command)
{
	const struct option *option = find_in_disguise(word, command);
	const char *section = config_section_name(command);
	const char *home = find_home(word);
	struct suggestion s = { .wrong = word };

	if (option)
		return advise("unknown key %s: write %s", word, option->name);
	if (home)
		return advise("%s is a key of [%s], not of [%s]", word, home,
			      section);
	if (option_find(word, command))
		return advise("%s can be given on the command line only", word);
	if (option_find(word, UINT32_MAX))
		return advise("%s is an option of other commands, not of x0f "
			      "%s",
			      word, section);
	for (const struct option *o = option_table; o->name; o++)
		if (option_is_key(o, command))
			suggest(&s, o->name);
	if (s.best)
		return advise("unknown key %s, did you mean %s?", word, s.best);
	return advise("unknown key %s, see x0f %s --help for all", word,
		      section);
}
