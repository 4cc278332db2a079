/* SPDX-License-Identifier: MIT */
/*
 * The program x0f: finds the command that was asked for, reads its options
 * and runs it. Everything else is in the command's own file.
 */
#include "config.h"
#include "manual.h"
#include "message.h"
#include "typed.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <x0f/x0f.h>

/* one in a line; clang-format would fold them */
/* clang-format off */
const struct command *const command_table[] = {
	&command_demo,
	&command_live,
	&command_pcap,
	&command_p0f,
	&command_status,
	&command_reload,
	&command_stop,
	&command_detach,
	&command_check,
	&command_exporter,
	&command_explain,
	&command_gen,
	&command_db_check,
	&command_db_list,
	&command_db_test,
	NULL,
};
/* clang-format on */

/*
 * A file that we open must not become standard output because somebody has
 * closed that. Read-only, so that writing to it still fails.
 */
static void keep_standard_streams(void)
{
	int fd;

	do {
		fd = open("/dev/null", O_RDONLY);
	} while (fd >= 0 && fd <= STDERR_FILENO);
	if (fd > STDERR_FILENO)
		close(fd);
}

/* Ends a command that has only printed: help, version. */
static int finish_printing(void)
{
	if (!fflush(stdout) && !ferror(stdout))
		return EXIT_OK;
	if (errno == EPIPE)
		return EXIT_OK;
	complain("standard output: write failed: %s", error_text(errno));
	return EXIT_IO;
}

static bool is_group(const char *word)
{
	for (const struct command *const *c = command_table; *c; c++) {
		if ((*c)->group && !strcmp((*c)->group, word))
			return true;
	}
	return false;
}

/* group NULL: commands that are of no group. */
static const struct command *find_command(const char *group, const char *name)
{
	for (const struct command *const *c = command_table; *c; c++) {
		bool same = group && (*c)->group ? !strcmp((*c)->group, group) :
						   !group && !(*c)->group;

		if (same && !strcmp((*c)->name, name))
			return *c;
	}
	return NULL;
}

static int unknown_command(const char *group, const char *word)
{
	struct suggestion s = { .wrong = word };
	const char *blank = group ? " " : "";

	group = group ? group : "";
	for (const struct command *const *c = command_table; *c; c++) {
		bool same = !strcmp((*c)->group ? (*c)->group : "", group);

		if (same)
			suggest(&s, (*c)->name);
		else if (!group[0])
			suggest(&s, (*c)->group);
	}
	if (s.best)
		complain("unknown command %s%s%s, did you mean %s%s%s?", group,
			 blank, word, group, blank, s.best);
	else if (!group[0] && !access(word, F_OK))
		complain("unknown command %s: to read a capture file, "
			 "x0f pcap %s",
			 word, word);
	else
		complain("unknown command %s%s%s, see x0f --help", group, blank,
			 word);
	return EXIT_USAGE;
}

/* The sections of other sensors, and of another service. */
static int check_others(const struct command *command)
{
	struct settings other;
	int ret = EXIT_OK;

	if (config_read_service(&other, command->bit))
		ret = command->run(&other, 0, NULL);
	for (uint32_t i = 0; config_read_other(&other, command->bit, i); i++) {
		int code = command->run(&other, 0, NULL);

		ret = ret ? ret : code;
	}
	return ret;
}

/* All of the file is checked like what is for the sensor at hand. */
static int check_config(const struct command *command,
			const struct settings *settings)
{
	uint32_t told = message_complaints();
	int ret = command->run(settings, 0, NULL);

	for (const struct command *const *c = command_table; *c; c++) {
		int code = (*c)->bit & COMMAND_SERVICES ? check_others(*c) :
							  EXIT_OK;

		ret = ret ? ret : code;
	}
	if (!ret && message_complaints() != told)
		ret = EXIT_CONFIG;
	return ret ? ret : config_good(settings, command->bit);
}

static int read_and_run(const struct command *command, int argc, char **argv)
{
	struct settings settings = { .help = false };
	const char *group = command->group ? command->group : "";
	const char *blank = command->group ? " " : "";
	int ret;

	ret = config_read(&settings, command->bit, &argc, argv);
	if (ret)
		return ret;
	if (settings.help) {
		help_command(command);
		return finish_printing();
	}
	if (argc < command->least_operands) {
		complain("%s%s%s needs %s, see --help", group, blank,
			 command->name, command->operands);
		return EXIT_USAGE;
	}
	if (!command->operands[0] && argc) {
		complain("%s%s%s takes no argument, but got %s", group, blank,
			 command->name, argv[0]);
		return EXIT_USAGE;
	}
	if (settings.dump_config)
		return config_dump(&settings, command->bit);
	if (settings.check_config)
		return check_config(command, &settings);
	return command->run(&settings, argc, argv);
}

static int run_command(const struct command *command, int argc, char **argv)
{
	int ret = read_and_run(command, argc, argv);

	return ret && command->failure ? command->failure : ret;
}

static bool asks_for_help(const char *word)
{
	return !strcmp(word, "--help") || !strcmp(word, "-h") ||
	       !strcmp(word, "help");
}

/* "x0f help completion" and others that are no command's; false: not these */
static bool print_special(int argc, char **argv)
{
	if (argc == 1 && !strcmp(argv[0], "completion"))
		completion_bash();
	else if (argc == 2 && !strcmp(argv[0], "completion") &&
		 !strcmp(argv[1], "bash"))
		completion_bash();
	else if (argc == 1 && !strcmp(argv[0], "commands"))
		manual_commands();
	else if (argc == 1 && !strcmp(argv[0], "man"))
		manual_program();
	else if (argc == 2 && !strcmp(argv[0], "man") &&
		 !strcmp(argv[1], "x0f"))
		manual_program();
	else
		return false;
	return true;
}

/*
 * "x0f help", "x0f help pcap", "x0f help db check"; for the manual page
 * "x0f help man db check", for x0f.conf(5) "x0f help keys live"
 */
static int help(int argc, char **argv)
{
	void (*print)(const struct command *) = help_command;
	const struct command *command;
	const char *group = NULL;

	if (print_special(argc, argv))
		return finish_printing();
	if (argc && !strcmp(argv[0], "completion")) {
		complain("help completion %s: there is one for bash only: "
			 "x0f help completion",
			 argv[1]);
		return EXIT_USAGE;
	}
	if (argc && !strcmp(argv[0], "man"))
		print = manual_command;
	else if (argc && !strcmp(argv[0], "keys"))
		print = manual_keys;
	if (print != help_command) {
		argc--;
		argv++;
	}
	if (argc && is_group(argv[0])) {
		group = argv[0];
		argc--;
		argv++;
	}
	if (!argc && print != help_command) {
		complain("help: name a command, see x0f --help");
		return EXIT_USAGE;
	}
	if (!argc) {
		if (group)
			help_group(group);
		else
			help_program();
		return finish_printing();
	}
	command = find_command(group, argv[0]);
	if (!command)
		return unknown_command(group, argv[0]);
	print(command);
	return finish_printing();
}

/* argv begins with the first word of the command. */
static int dispatch(int argc, char **argv)
{
	const struct command *command;
	const char *group = NULL;

	if (is_group(argv[0])) {
		group = argv[0];
		argc--;
		argv++;
		if (!argc) {
			complain("%s needs a command, see x0f %s --help", group,
				 group);
			return EXIT_USAGE;
		}
		if (asks_for_help(argv[0])) {
			help_group(group);
			return finish_printing();
		}
	}
	command = find_command(group, argv[0]);
	if (!command)
		return unknown_command(group, argv[0]);
	return run_command(command, argc - 1, argv + 1);
}

/* A link called p0f stands where p0f stood. */
static bool is_called_p0f(const char *path)
{
	const char *slash = strrchr(path, '/');

	return !strcmp(slash ? slash + 1 : path, command_p0f.name);
}

int main(int argc, char **argv)
{
	keep_standard_streams();
	signal(SIGPIPE, SIG_IGN); /* write(2) says EPIPE instead */
	if (argc)
		typed_begin(argv[0]);
	if (argc && is_called_p0f(argv[0]))
		return run_command(&command_p0f, argc - 1, argv + 1);
	if (argc < 2) {
		complain("no command given, see x0f --help");
		return EXIT_USAGE;
	}
	if (asks_for_help(argv[1]))
		return help(argc - 2, argv + 2);
	if (!strcmp(argv[1], "--version") || !strcmp(argv[1], "-V")) {
		printf("x0f %s\n", x0f_version());
		return finish_printing();
	}
	if (argv[1][0] == '-') {
		complain("%s: options come behind the command, see x0f --help",
			 argv[1]);
		return EXIT_USAGE;
	}
	return dispatch(argc - 1, argv + 1);
}
