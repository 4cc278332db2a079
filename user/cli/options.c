/* SPDX-License-Identifier: MIT */
/*
 * The parser of the option table: GNU manners (--name=VALUE, -fVALUE,
 * -qf VALUE, options and files in any order, -- ends the options), with
 * messages that say which option, which value and what would be right. Values
 * of the configuration file and of the environment come through the same
 * option_store(), so a word means the same everywhere.
 */
#include "options.h"
#include "message.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const struct origin typed = { .rank = RANK_TYPED };

/* As the user wrote it: "-f" or "--format". */
static struct spelling spell_typed(const struct option *option, bool letter)
{
	struct spelling s;

	if (letter)
		snprintf(s.text, sizeof(s.text), "-%c", option->letter);
	else
		snprintf(s.text, sizeof(s.text), "--%s", option->name);
	return s;
}

/* "environment X0F_RATE_LIMIT" */
static struct spelling spell_variable(const struct option *option)
{
	struct spelling s;
	char *p = s.text;

	snprintf(s.text, sizeof(s.text), "environment X0F_%s", option->name);
	for (p = strchr(p, '_'); *p; p++)
		*p = *p == '-' ? '_' : (char)toupper((unsigned char)*p);
	return s;
}

struct spelling option_spell(const struct option *option,
			     const struct origin *origin)
{
	struct spelling s;

	switch (origin->rank) {
	case RANK_SECTION:
	case RANK_NAMED:
		snprintf(s.text, sizeof(s.text), "%.1000s:%u: %s", origin->file,
			 origin->line, option->name);
		return s;
	case RANK_ENVIRONMENT:
		return spell_variable(option);
	default:
		return spell_typed(option, false);
	}
}

/* The row of this name that somebody has used, or the first one. */
static const struct option *find_given(const struct settings *settings,
				       const char *name)
{
	const struct option *first = NULL;

	for (const struct option *o = option_table; o->name; o++) {
		if (strcmp(o->name, name) != 0)
			continue;
		if (settings->origins[o - option_table].rank)
			return o;
		if (!first)
			first = o;
	}
	return first;
}

struct spelling option_given(const struct settings *settings, const char *name)
{
	const struct option *option = find_given(settings, name);

	return option_spell(option, &settings->origins[option - option_table]);
}

struct spelling option_given_item(const struct settings *settings,
				  const char *name, const struct strings *list,
				  uint32_t item)
{
	const struct option *option = find_given(settings, name);
	struct origin origin = settings->origins[option - option_table];

	origin.line = list->lines[item];
	return option_spell(option, &origin);
}

int option_mistake(const struct settings *settings, const char *name)
{
	const struct option *option = find_given(settings, name);
	enum rank rank = settings->origins[option - option_table].rank;

	return rank == RANK_DEFAULT || rank == RANK_TYPED ? EXIT_USAGE :
							    EXIT_CONFIG;
}

/* Position of the word [text, text + len), or -1. */
static int find_word(const char *const *words, const char *text, size_t len)
{
	for (int i = 0; words[i]; i++) {
		if (strlen(words[i]) == len && !memcmp(words[i], text, len))
			return i;
	}
	return -1;
}

static int refuse_word(const struct option *option, const char *as,
		       const char *text, size_t len)
{
	char list[128] = "";
	size_t used = 0;

	for (int i = 0; option->words[i] && used < sizeof(list); i++)
		used += (size_t)snprintf(list + used, sizeof(list) - used,
					 "%s%s", i ? ", " : "",
					 option->words[i]);
	complain("%s: '%.*s' is not one of: %s", as, (int)len, text, list);
	return -1;
}

static int store_word(const struct option *option, const char *as,
		      const char *value, uint32_t *to)
{
	int at = find_word(option->words, value, strlen(value));

	if (at < 0)
		return refuse_word(option, as, value, strlen(value));
	*to = (uint32_t)at + 1;
	return 0;
}

static int store_words(const struct option *option, const char *as,
		       const char *value, uint32_t *to)
{
	for (;;) {
		size_t len = strcspn(value, ",");
		int at = find_word(option->words, value, len);

		if (at < 0)
			return refuse_word(option, as, value, len);
		*to |= 1u << at;
		if (!value[len])
			return 0;
		value += len + 1;
	}
}

static int store_flag(const char *as, const char *value, bool *to)
{
	*to = !value || !strcmp(value, "yes");
	if (*to || !strcmp(value, "no"))
		return 0;
	complain("%s: '%s' is neither yes nor no", as, value);
	return -1;
}

static int store_list(const struct option *option, const char *as,
		      const char *value, uint32_t line, struct strings *to)
{
	if (to->count == option->most.first) {
		complain("%s: given more than %u times", as,
			 option->most.first);
		return -1;
	}
	to->lines[to->count] = line;
	to->items[to->count++] = value;
	return 0;
}

/* A number from 1 to most that ends with `end`; 0: it is none. */
static uint32_t read_number(const char **text, uint32_t most, char end)
{
	const char *p = *text;
	uint64_t v = 0;

	for (; *p >= '0' && *p <= '9' && v <= most; p++)
		v = v * 10 + (uint64_t)(*p - '0');
	if (*p != end || v > most)
		return 0;
	*text = end ? p + 1 : p;
	return (uint32_t)v;
}

static int store_pair(const struct option *option, const char *as,
		      const char *value, struct pair *to)
{
	const char *p = value;

	to->first = read_number(&p, option->most.first, ',');
	to->second = to->first ? read_number(&p, option->most.second, '\0') : 0;
	if (to->second)
		return 0;
	complain("%s: '%s' is not %s: two numbers, 1 to %u and 1 to %u", as,
		 value, option->argument, option->most.first,
		 option->most.second);
	return -1;
}

/* Sizes of rings: says which one is near. */
static int check_power(const struct option *option, const char *as,
		       uint32_t number)
{
	uint32_t below = 1;

	if (!option->power_from ||
	    (number >= option->power_from && !(number & (number - 1))))
		return 0;
	while (below <= number / 2)
		below *= 2;
	if (below < option->power_from)
		below = option->power_from;
	complain("%s %u: must be a power of two, %u or more: try %u", as,
		 number, option->power_from, below);
	return -1;
}

static int store_number(const struct option *option, const char *as,
			const char *value, uint32_t *to)
{
	const char *p = value;

	*to = read_number(&p, option->most.first, '\0');
	if (*to)
		return check_power(option, as, *to);
	complain("%s: '%s' is not a number from 1 to %u", as, value,
		 option->most.first);
	return -1;
}

/* 0 is a number, too: it is kept as one more. */
static int store_amount(const struct option *option, const char *as,
			const char *value, uint32_t *to)
{
	const char *p = value;
	uint32_t number = read_number(&p, option->most.first, '\0');

	if (!number && strcmp(value, "0")) {
		complain("%s: '%s' is not a number from 0 to %u", as, value,
			 option->most.first);
		return -1;
	}
	*to = number + 1;
	return 0;
}

int option_store(struct settings *settings, const struct option *option,
		 const struct origin *origin, const char *as, const char *value)
{
	void *to = (char *)settings + option->offset;
	struct origin *at = option_origin(settings, option);

	if (option->once && at->rank == origin->rank) {
		complain("%s: given more than once", as);
		return -1;
	}
	*at = *origin;
	switch (option->type) {
	case OPTION_FLAG:
		return store_flag(as, value, to);
	case OPTION_TEXT:
		*(const char **)to = value;
		return 0;
	case OPTION_LIST:
		return store_list(option, as, value, origin->line, to);
	case OPTION_WORD:
		return store_word(option, as, value, to);
	case OPTION_WORDS:
		return store_words(option, as, value, to);
	case OPTION_NUMBER:
		return store_number(option, as, value, to);
	case OPTION_AMOUNT:
		return store_amount(option, as, value, to);
	case OPTION_PAIR:
		return store_pair(option, as, value, to);
	case OPTION_REFUSED:
		complain("%s %s", as, option->help);
		return -1;
	}
	return -1;
}

static size_t size_of(enum option_type type)
{
	switch (type) {
	case OPTION_FLAG:
		return sizeof(bool);
	case OPTION_TEXT:
		return sizeof(char *);
	case OPTION_LIST:
		return sizeof(struct strings);
	case OPTION_PAIR:
		return sizeof(struct pair);
	default:
		return sizeof(uint32_t);
	}
}

void options_fill(struct settings *settings, const struct settings *weaker,
		  uint32_t command)
{
	for (const struct option *o = option_table; o->name; o++) {
		struct origin *to = option_origin(settings, o);
		const struct origin *from = &weaker->origins[o - option_table];

		if (!(o->commands & command) || to->rank || !from->rank)
			continue;
		memcpy((char *)settings + o->offset,
		       (const char *)weaker + o->offset, size_of(o->type));
		*to = *from;
	}
}

static const struct option *find_long(const char *name, size_t len,
				      uint32_t command)
{
	for (const struct option *o = option_table; o->name; o++) {
		if (o->commands & command && strlen(o->name) == len &&
		    !memcmp(o->name, name, len))
			return o;
	}
	return NULL;
}

bool option_is_key(const struct option *option, uint32_t command)
{
	return option->commands & command && !option->typed_only &&
	       option->type != OPTION_REFUSED;
}

const struct option *option_find(const char *name, uint32_t command)
{
	return find_long(name, strlen(name), command);
}

static const struct option *find_letter(char letter, uint32_t command)
{
	for (const struct option *o = option_table; o->name; o++) {
		if (o->commands & command && o->letter == letter)
			return o;
	}
	return NULL;
}

/* What to add to the message when there is a file of this name, or "". */
static const char *find_advice(const char *word)
{
	static char advice[256];

	if (access(word, F_OK))
		return "";
	snprintf(advice, sizeof(advice),
		 "; a file name that begins with - is written ./%s", word);
	return advice;
}

/* name: behind the dashes of a word of the command line */
static int unknown_long(const char *name, size_t len, uint32_t command)
{
	char word[40];
	struct suggestion s = { .wrong = word };

	snprintf(word, sizeof(word), "%.*s", (int)len, name);
	for (const struct option *o = option_table; o->name; o++) {
		if (o->commands & command)
			suggest(&s, o->name);
	}
	if (s.best)
		complain("unknown option --%s, did you mean --%s?", word,
			 s.best);
	else
		complain("unknown option --%s, see --help%s", word,
			 find_advice(name - 2));
	return -1;
}

/* The words of the command line that are still to be read. */
struct words {
	char **next;
	char **end;
};

static int take_value(struct settings *settings, const struct option *option,
		      bool letter, const char *value, struct words *words)
{
	struct spelling as = spell_typed(option, letter);

	if (option->argument && !value) {
		if (words->next == words->end) {
			complain("%s needs %s", as.text, option->argument);
			return -1;
		}
		value = *words->next++;
	}
	return option_store(settings, option, &typed, as.text, value);
}

/* --name, --name=VALUE or --name VALUE; --flag=no overrules a file */
static int take_long(struct settings *settings, uint32_t command,
		     const char *text, struct words *words)
{
	size_t len = strcspn(text, "=");
	const char *value = text[len] ? text + len + 1 : NULL;
	const struct option *option = find_long(text, len, command);

	if (!option)
		return unknown_long(text, len, command);
	return take_value(settings, option, false, value, words);
}

/* word: -q, -qf VALUE or -qfVALUE */
static int take_letters(struct settings *settings, uint32_t command,
			const char *word, struct words *words)
{
	for (const char *text = word + 1; *text; text++) {
		const struct option *option = find_letter(*text, command);
		const char *value = text[1] ? text + 1 : NULL;

		if (!option) {
			complain("unknown option -%c, see --help%s", *text,
				 find_advice(word));
			return -1;
		}
		if (option->argument)
			return take_value(settings, option, true, value, words);
		if (take_value(settings, option, true, NULL, words))
			return -1;
	}
	return 0;
}

int options_parse(struct settings *settings, uint32_t command, int *argc,
		  char **argv)
{
	struct words words = { argv, argv + *argc };
	char **keep = argv;
	bool options_end = false;

	while (words.next < words.end) {
		char *word = *words.next++;
		int ret = 0;

		if (options_end || word[0] != '-' || !word[1]) {
			*keep++ = word;
			/* p0f's options end where its filter begins */
			options_end |= command == COMMAND_P0F;
		} else if (!strcmp(word, "--"))
			options_end = true;
		else if (word[1] == '-')
			ret = take_long(settings, command, word + 2, &words);
		else
			ret = take_letters(settings, command, word, &words);
		if (ret)
			return ret;
	}
	*argc = (int)(keep - argv);
	return 0;
}
