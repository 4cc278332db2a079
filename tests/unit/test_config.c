/* SPDX-License-Identifier: MIT */
/*
 * The configuration file, the environment and the command line, for every row
 * of the option table: each says the same in all three, and the stronger one
 * wins. What is refused is tested by tests/cli/test_config.py.
 */
#define _GNU_SOURCE /* memfd_create() */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include <cmocka.h>

#include "../../user/cli/config.c"
#include "../../user/cli/config_dump.c"
#include "../../user/cli/config_file.c"
#include "../../user/cli/config_text.c"
#include "../../user/cli/config_word.c"
#include "../../user/cli/dbfile.c"
#include "../../user/cli/message.c"
#include "../../user/cli/option_table.c"
#include "../../user/cli/options.c"

#include "same_settings.h"

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

/* Of a file in memory: nothing is left, whatever way the tests end. */
static char path[32];

/* A value that the option takes, and another one. */
static const char *sample(const struct option *option, bool other)
{
	static char numbers[64];

	switch (option->type) {
	case OPTION_FLAG:
		return other ? "no" : "yes";
	case OPTION_WORD:
	case OPTION_WORDS:
		return option->words[other];
	case OPTION_NUMBER:
		return other ? "64" : option->most.first < 128 ? "32" : "128";
	case OPTION_AMOUNT:
		return other ? "0" : "7";
	case OPTION_PAIR:
		snprintf(numbers, sizeof(numbers), "%d,2", other + 1);
		return numbers;
	default:
		return other ? "eth1" : "eth0";
	}
}

static void write_file(const char *text)
{
	FILE *file = fopen(path, "w");

	assert_non_null(file);
	fputs(text, file);
	assert_int_equal(fclose(file), 0);
}

/* "[live]\nring = 64\n" */
static void write_key(const char *section, const char *more,
		      const struct option *option, const char *value)
{
	char text[512];

	snprintf(text, sizeof(text), "%s[%s]\n%s = %s\n", more, section,
		 option->name, value);
	write_file(text);
}

/* words: of the command line, ends with NULL */
static int read_all_sources(struct settings *settings, uint32_t command,
			    const char *const *words)
{
	char *argv[16];
	int argc = 0;

	for (; words[argc]; argc++)
		argv[argc] = (char *)(uintptr_t)words[argc];
	memset(settings, 0, sizeof(*settings));
	return config_read(settings, command, &argc, argv);
}

static struct settings type(uint32_t command, const struct option *option,
			    const char *value)
{
	struct settings settings;
	char word[256];

	snprintf(word, sizeof(word), "--%s=%s", option->name, value);
	assert_int_equal(read_all_sources(&settings, command,
					  (const char *[]){
						  config_keep(word,
							      strlen(word)),
						  NULL }),
			 0);
	return settings;
}

static const char *variable_of(const struct option *option)
{
	static struct spelling as;

	as = option_spell(option, &environment);
	return strrchr(as.text, ' ') + 1;
}

static void check_same(const struct settings *settings,
		       const struct settings *typed_settings,
		       const struct option *option, enum rank rank)
{
	if (!same_value(settings, typed_settings, option))
		fail_msg("--%s: another value from rank %d", option->name,
			 rank);
	assert_int_equal(settings->origins[option - option_table].rank, rank);
}

/* One option by itself, in each of the places. */
static void check_places(uint32_t command, const struct option *option)
{
	const char *const words[] = { "--config", path, NULL };
	const char *section = config_section_name(command);
	struct settings typed_settings, settings;
	const char *value = sample(option, false);

	typed_settings = type(command, option, value);
	assert_int_equal(typed_settings.origins[option - option_table].rank,
			 RANK_TYPED);
	write_key(section, "", option, value);
	assert_int_equal(read_all_sources(&settings, command, words), 0);
	check_same(&settings, &typed_settings, option, RANK_SECTION);
	write_file("");
	setenv(variable_of(option), value, 1);
	assert_int_equal(read_all_sources(&settings, command, words), 0);
	unsetenv(variable_of(option));
	check_same(&settings, &typed_settings, option, RANK_ENVIRONMENT);
}

/*
 * All places say something; from the weakest to the strongest each is given
 * the value that the others do not have.
 */
static void check_ranks(uint32_t command, const struct option *option)
{
	const char *section = config_section_name(command);
	struct settings wanted, settings;
	char text[512], named[64] = "", word[128];

	wanted = type(command, option, sample(option, true));
	/* sections of one sensor do not say how it is called */
	if (strcmp(option->name, "name") != 0)
		snprintf(named, sizeof(named), "[%s s]\n%s = %s\n", section,
			 option->name, sample(option, true));
	snprintf(text, sizeof(text), "%s[%s]\n%s = %s\n", named, section,
		 option->name, sample(option, false));
	write_file(text);
	if (named[0]) {
		const char *const words[] = { "--config", path, "--name=s",
					      NULL };

		assert_int_equal(read_all_sources(&settings, command, words),
				 0);
		check_same(&settings, &wanted, option, RANK_NAMED);
	}

	snprintf(text, sizeof(text), "[%s]\n%s = %s\n", section, option->name,
		 sample(option, false));
	write_file(text);
	setenv(variable_of(option), sample(option, true), 1);
	assert_int_equal(read_all_sources(&settings, command,
					  (const char *[]){ "--config", path,
							    NULL }),
			 0);
	check_same(&settings, &wanted, option, RANK_ENVIRONMENT);

	setenv(variable_of(option), sample(option, false), 1);
	snprintf(word, sizeof(word), "--%s=%s", option->name,
		 sample(option, true));
	assert_int_equal(read_all_sources(&settings, command,
					  (const char *[]){ "--config", path,
							    word, NULL }),
			 0);
	unsetenv(variable_of(option));
	/* the word is ours, and soon gone */
	check_same(&settings, &wanted, option, RANK_TYPED);
}

static void for_every_key(void (*check)(uint32_t, const struct option *))
{
	static const uint32_t commands[] = { COMMAND_LIVE, COMMAND_EXPORTER };
	uint32_t count = 0;

	for (size_t i = 0; i < COUNT(commands); i++)
		for (const struct option *o = option_table; o->name; o++)
			if (option_is_key(o, commands[i])) {
				check(commands[i], o);
				count++;
			}
	assert_true(count > 20);
}

static void every_key_arrives(void **state)
{
	(void)state;
	for_every_key(check_places);
}

static void the_stronger_wins(void **state)
{
	(void)state;
	for_every_key(check_ranks);
}

static void all_services_have_a_section(void **state)
{
	(void)state;
	for (uint32_t bit = 1; bit; bit <<= 1)
		assert_int_equal(config_section_name(bit) != NULL,
				 !!(COMMAND_SERVICES & bit));
}

/* A file may hold more than one of the lists; one source has it whole. */
static void lists_are_replaced(void **state)
{
	struct settings settings;

	(void)state;
	write_file("[live]\ninterface = eth0\ninterface = eth1\nallow = syn\n"
		   "[live a]\nallow = port 1\nallow = port 2\n");
	setenv("X0F_DENY", "port 3; port 4 ;;", 1);
	assert_int_equal(read_all_sources(&settings, COMMAND_LIVE,
					  (const char *[]){ "--config", path,
							    "--name=a", NULL }),
			 0);
	assert_int_equal(settings.interfaces.count, 2);
	assert_string_equal(settings.interfaces.items[1], "eth1");
	assert_int_equal(settings.interfaces.lines[1], 3);
	assert_int_equal(settings.allow.count, 2);
	assert_string_equal(settings.allow.items[0], "port 1");
	assert_int_equal(settings.deny.count, 2);
	assert_string_equal(settings.deny.items[1], "port 4");
	assert_int_equal(read_all_sources(&settings, COMMAND_LIVE,
					  (const char *[]){
						  "--config", path, "eth7",
						  "tcp port 1", NULL }),
			 0);
	unsetenv("X0F_DENY");
	assert_int_equal(settings.interfaces.count, 1);
	assert_string_equal(settings.interfaces.items[0], "eth7");
	assert_string_equal(settings.expression, "tcp port 1");
	assert_int_equal(settings.allow.count, 1);
}

/* The sensor's name: --name, [live]'s, or the first interface of anywhere. */
static void the_section_is_found(void **state)
{
	static const struct {
		const char *text;
		const char *words[4];
		uint32_t ring;
	} rows[] = {
		{ "", { "eth0" }, 64 },
		{ "", { "eth1", "eth0" }, 0 },
		{ "", { "--name=eth0", "eth1" }, 64 },
		{ "", { "--name=eth1", "eth0" }, 0 },
		{ "[live]\ninterface = eth0\n", { NULL }, 64 },
		{ "[live]\ninterface = eth0\n", { "eth1" }, 0 },
		{ "[live]\nname = eth0\n", { "eth1" }, 64 },
		{ "[live]\nname = eth1\n", { "eth0" }, 0 },
		{ "[live]\nname = eth1\n", { "--name", "eth0" }, 64 },
	};
	char text[256];

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		const char *words[8] = { "--config", path };
		struct settings settings;

		memcpy(words + 2, rows[i].words, sizeof(rows[i].words));
		snprintf(text, sizeof(text), "[live eth0]\nring = 64\n%s",
			 rows[i].text);
		write_file(text);
		assert_int_equal(read_all_sources(&settings, COMMAND_LIVE,
						  words),
				 0);
		if (settings.ring_records != rows[i].ring)
			fail_msg("row %zu: ring %u", i, settings.ring_records);
	}
}

/* Others do not look at the environment, nor at a file. */
static void others_are_left_alone(void **state)
{
	struct settings settings;

	(void)state;
	write_file("[live]\nformat = json\n");
	setenv("X0F_FORMAT", "nonsense", 1);
	setenv("X0F_CONFIG", path, 1);
	assert_int_equal(read_all_sources(&settings, COMMAND_PCAP,
					  (const char *[]){ "x", NULL }),
			 0);
	assert_int_equal(settings.format, 0);
	assert_null(settings.config);
	assert_int_equal(read_all_sources(&settings, COMMAND_LIVE,
					  (const char *[]){ "x", NULL }),
			 EXIT_CONFIG);
	unsetenv("X0F_FORMAT");
	assert_int_equal(read_all_sources(&settings, COMMAND_LIVE,
					  (const char *[]){ "x", NULL }),
			 0);
	assert_int_equal(settings.format, 3);
	unsetenv("X0F_CONFIG");
}

static int give_back(void **state)
{
	(void)state;
	config_forget();
	dbfile_free(&last.text);
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(all_services_have_a_section),
		cmocka_unit_test(every_key_arrives),
		cmocka_unit_test(the_stronger_wins),
		cmocka_unit_test(lists_are_replaced),
		cmocka_unit_test(the_section_is_found),
		cmocka_unit_test(others_are_left_alone),
	};
	int fd = memfd_create("config", 0);

	if (fd < 0)
		return 1;
	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	return cmocka_run_group_tests(tests, NULL, give_back);
}
