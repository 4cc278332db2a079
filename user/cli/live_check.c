/* SPDX-License-Identifier: MIT */
/*
 * What is wrong with a command line of `x0f live`, or with who typed it, said
 * before anything is touched. One thread.
 */
#include "config.h"
#include "live.h"
#include "message.h"

#include "../engine/needs.h"

#include <ctype.h>
#include <errno.h>
#include <grp.h>
#include <net/if.h>
#include <pwd.h>
#include <string.h>
#include <sys/un.h>
#include <unistd.h>

static int refuse_with(const struct settings *settings, const char *option,
		       const char *mode)
{
	complain("%s needs --capture %s", option_given(settings, option).text,
		 mode);
	return option_mistake(settings, option);
}

static int check_mode(const struct settings *settings)
{
	if (settings->kind == KIND_TAP) {
		if (settings->hook)
			return refuse_with(settings, "hook", "inline");
		if (settings->header_ring)
			return refuse_with(settings, "header-ring", "inline");
		return EXIT_OK;
	}
	if (settings->pass_rest)
		return refuse_with(settings, "pass-rest", "tap");
	if (settings->bind)
		return refuse_with(settings, "bind", "tap");
	if (settings->frames)
		return refuse_with(settings, "frames", "tap");
	return EXIT_OK;
}

/* In `x0f pcap` it is only the summary that --quiet leaves out. */
static int check_quiet(const struct settings *settings)
{
	const char *option = NULL;

	if (settings->format)
		option = "format";
	if (settings->output)
		option = "output";
	if (settings->only)
		option = "only";
	if (settings->first_only)
		option = "new";
	if (settings->rate_limit)
		option = "rate-limit";
	if (!settings->quiet || !option)
		return EXIT_OK;
	complain("%s prints no findings, so %s does nothing: leave out one of "
		 "them",
		 option_given(settings, "quiet").text,
		 option_given(settings, option).text);
	return option_mistake(settings, "quiet");
}

static bool is_good_name(const char *name)
{
	size_t len = strlen(name);

	if (!len || len >= X0F_SENSOR_NAME || name[0] == '.')
		return false;
	if (len > 5 && !strcmp(name + len - 5, ".sock"))
		return false;
	for (; *name; name++)
		if (!isalnum((unsigned char)*name) && !strchr("_.-", *name))
			return false;
	return true;
}

static int check_name(const struct settings *settings,
		      const struct sensor_options *options)
{
	size_t room = sizeof(((struct sockaddr_un *)NULL)->sun_path);
	bool is_fine = true;

	/* --check-config, of a file for sensors that are named later */
	if (options->name[0] || settings->name)
		is_fine = is_good_name(options->name);
	if (!is_fine) {
		complain("%s%s'%s' is no name for a sensor: give --name up to "
			 "%u letters, digits, _ . or -, neither . first nor "
			 ".sock last",
			 settings->name ? option_given(settings, "name").text :
					  "",
			 settings->name ? " " : "", options->name,
			 X0F_SENSOR_NAME - 1);
		return option_mistake(settings, "name");
	}
	if (strlen(options->run_dir) + strlen(options->name) +
		    sizeof("/.sock") >
	    room) {
		complain("%s %s: too long, a socket's path has at most %zu "
			 "bytes",
			 option_given(settings, "run-dir").text,
			 options->run_dir, room - 1);
		return option_mistake(settings, "run-dir");
	}
	return EXIT_OK;
}

static bool is_word_of_filters(const char *word)
{
	static const char *const words[] = {
		"tcp",	"udp",	 "ip",	      "ip6",  "host",	 "net",
		"port", "src",	 "dst",	      "and",  "or",	 "not",
		"vlan", "ether", "portrange", "less", "greater", NULL,
	};

	for (int i = 0; words[i]; i++)
		if (!strcmp(words[i], word))
			return !if_nametoindex(word);
	return false;
}

/* "x0f.conf:7: interface ", or "" for an operand. */
static struct spelling spell_interface(const struct settings *settings,
				       uint32_t position)
{
	struct spelling s = { "" };

	if (option_mistake(settings, "interface") == EXIT_USAGE)
		return s;
	s = option_given_item(settings, "interface", &settings->interfaces,
			      position);
	strcat(s.text, " ");
	return s;
}

static int check_interface(const struct settings *settings, uint32_t position)
{
	const char *const *names = settings->interfaces.items;
	struct spelling as = spell_interface(settings, position);
	const char *name = names[position];

	if (!name[0] || strlen(name) >= IF_NAMESIZE || strpbrk(name, "/ \t")) {
		complain("%s'%s': no name of an interface, these have 1 to %u "
			 "letters",
			 as.text, name, IF_NAMESIZE - 1);
		return option_mistake(settings, "interface");
	}
	if (position && is_word_of_filters(name)) {
		complain("%s'%s': no such interface; if it is part of a "
			 "tcpdump expression, put the expression into quotes "
			 "or use --filter",
			 as.text, name);
		return option_mistake(settings, "interface");
	}
	for (uint32_t i = 0; i < position; i++) {
		if (strcmp(names[i], name) != 0)
			continue;
		complain("%s%s: given twice", as.text, name);
		return option_mistake(settings, "interface");
	}
	return EXIT_OK;
}

/* A file for several sensors says which when it is known whose it is. */
static int refuse_without_interface(const struct settings *settings)
{
	char names[256];
	uint32_t count = config_list_sensors(COMMAND_LIVE, names,
					     sizeof(names));

	if (settings->config && count) {
		complain("no interface: %s has section%s for %s: choose one "
			 "by --name",
			 settings->config, count == 1 ? "" : "s", names);
		return EXIT_CONFIG;
	}
	complain("no interface: name one, or write interface = ... in %s",
		 settings->config ? settings->config : "the file of --config");
	return settings->config ? EXIT_CONFIG : EXIT_USAGE;
}

static int check_interfaces(const struct settings *settings)
{
	int ret = EXIT_OK;

	/* the same file may serve sensors that are named when they start */
	if (!settings->interfaces.count && !settings->check_config)
		return refuse_without_interface(settings);
	for (uint32_t i = 0; i < settings->interfaces.count && !ret; i++)
		ret = check_interface(settings, i);
	return ret;
}

int live_check_rights(const struct settings *settings)
{
	bool is_root = !geteuid();
	char missing[NEEDS_TEXT];
	char all[NEEDS_TEXT];

	if (!needs_missing(missing, needs_rights(), is_root,
			   settings->kind == KIND_TAP))
		return EXIT_OK;
	needs_missing(all, 0, false, true);
	if (is_root)
		complain("no right to capture, %s is missing although this is "
			 "root, as in a container: give it that, or run x0f on "
			 "the host, with --netns /proc/PID/ns/net",
			 missing);
	else
		complain("no right to capture, %s is missing: run it with "
			 "sudo, or as a service with AmbientCapabilities=%s",
			 missing, all);
	return EXIT_NO_RIGHTS;
}

/* Only where a message about the file alone would not show the line. */
static int check_files(const struct settings *settings, const char *option,
		       const struct strings *files)
{
	int ret = EXIT_OK;

	if (option_mistake(settings, option) == EXIT_USAGE)
		return EXIT_OK;
	for (uint32_t i = 0; i < files->count; i++) {
		if (!access(files->items[i], R_OK))
			continue;
		complain("%s %s: cannot read signature database: %s",
			 option_given_item(settings, option, files, i).text,
			 files->items[i], error_text(errno));
		ret = EXIT_CONFIG;
	}
	return ret;
}

int live_check_files(const struct settings *settings)
{
	int ret = check_files(settings, "database", &settings->databases);
	int front = check_files(settings, "add-database",
				&settings->front_databases);

	return ret ? ret : front;
}

static int refuse_account(const struct settings *settings, const char *option,
			  const char *name)
{
	complain("%s %s: no such %s", option_given(settings, option).text, name,
		 option);
	return option_mistake(settings, option) == EXIT_CONFIG ? EXIT_CONFIG :
								 EXIT_NO_INPUT;
}

static int check_accounts(const struct settings *settings)
{
	int ret = EXIT_OK;

	if (settings->user && !getpwnam(settings->user))
		ret = refuse_account(settings, "user", settings->user);
	if (settings->group && !getgrnam(settings->group))
		ret = refuse_account(settings, "group", settings->group);
	return ret;
}

/* Of several mistakes the first has the exit code, and all are told. */
int live_check(const struct settings *settings,
	       const struct sensor_options *options)
{
	int ret = settings->name ? check_name(settings, options) : EXIT_OK;
	int code;

	if (!ret)
		ret = check_interfaces(settings);
	/* the name may be the interface's */
	if (!ret && !settings->name)
		ret = check_name(settings, options);
	code = check_mode(settings);
	ret = ret ? ret : code;
	code = check_quiet(settings);
	ret = ret ? ret : code;
	code = check_accounts(settings);
	return ret ? ret : code;
}
