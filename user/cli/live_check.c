/* SPDX-License-Identifier: MIT */
/*
 * What is wrong with a command line of `x0f live`, or with who typed it, said
 * before anything is touched. One thread.
 */
#include "live.h"
#include "message.h"

#include <ctype.h>
#include <linux/capability.h>
#include <net/if.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <unistd.h>

static bool is_power_of_two(uint32_t number)
{
	return number && !(number & (number - 1));
}

static int check_size(const char *option, uint32_t number, uint32_t least)
{
	uint32_t below = 1;

	if (!number || (number >= least && is_power_of_two(number)))
		return EXIT_OK;
	while (below <= number / 2)
		below *= 2;
	if (below < least)
		below = least;
	complain("%s %u: must be a power of two, %u or more: try %u", option,
		 number, least, below);
	return EXIT_USAGE;
}

static int check_sizes(const struct settings *settings)
{
	int ret = check_size("--frames", settings->frames, 64);

	if (!ret)
		ret = check_size("--header-ring", settings->header_ring, 4);
	if (!ret)
		ret = check_size("--ring", settings->ring_records, 64);
	return ret;
}

static int refuse_with(const char *option, const char *mode)
{
	complain("%s needs --capture %s", option, mode);
	return EXIT_USAGE;
}

static int check_mode(const struct settings *settings)
{
	if (settings->kind == KIND_TAP) {
		if (settings->hook)
			return refuse_with("--hook", "inline");
		if (settings->header_ring)
			return refuse_with("--header-ring", "inline");
		return EXIT_OK;
	}
	if (settings->pass_rest)
		return refuse_with("--pass-rest", "tap");
	if (settings->bind)
		return refuse_with("--bind", "tap");
	if (settings->frames)
		return refuse_with("--frames", "tap");
	return EXIT_OK;
}

/* In `x0f pcap` it is only the summary that --quiet leaves out. */
static int check_quiet(const struct settings *settings)
{
	const char *option = NULL;

	if (settings->format)
		option = "--format";
	if (settings->output)
		option = "--output";
	if (settings->only)
		option = "--only";
	if (settings->first_only)
		option = "--new";
	if (settings->rate_limit)
		option = "--rate-limit";
	if (!settings->quiet || !option)
		return EXIT_OK;
	complain("--quiet prints no findings, so %s does nothing: leave out one "
		 "of them",
		 option);
	return EXIT_USAGE;
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

	if (!is_good_name(options->name)) {
		complain("%s'%s' is no name for a sensor: give --name up to %u "
			 "letters, digits, _ . or -, neither . first nor .sock "
			 "last",
			 settings->name ? "--name " : "", options->name,
			 X0F_SENSOR_NAME - 1);
		return EXIT_USAGE;
	}
	if (strlen(options->run_dir) + strlen(options->name) +
		    sizeof("/.sock") >
	    room) {
		complain("--run-dir %s: too long, a socket's path has at most "
			 "%zu bytes",
			 options->run_dir, room - 1);
		return EXIT_USAGE;
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

static int check_interface(int position, char **names)
{
	const char *name = names[position];

	if (!name[0] || strlen(name) >= IF_NAMESIZE || strpbrk(name, "/ \t")) {
		complain("'%s': no name of an interface, these have 1 to %u "
			 "letters",
			 name, IF_NAMESIZE - 1);
		return EXIT_USAGE;
	}
	if (position && is_word_of_filters(name)) {
		complain("'%s': no such interface; if it is part of a tcpdump "
			 "expression, put the expression into quotes or use "
			 "--filter",
			 name);
		return EXIT_USAGE;
	}
	for (int i = 0; i < position; i++) {
		if (strcmp(names[i], name) != 0)
			continue;
		complain("%s: given twice", name);
		return EXIT_USAGE;
	}
	return EXIT_OK;
}

static int check_interfaces(int count, char **names)
{
	int ret = EXIT_OK;

	if (count > CAPTURE_MOST_INTERFACES) {
		complain("%d interfaces: one sensor listens to at most %d, "
			 "start several",
			 count, CAPTURE_MOST_INTERFACES);
		return EXIT_USAGE;
	}
	for (int i = 0; i < count && !ret; i++)
		ret = check_interface(i, names);
	return ret;
}

static bool has_capability(const struct __user_cap_data_struct *data, int bit)
{
	return data[bit / 32].effective & 1u << bit % 32;
}

static const char *find_missing(bool is_tap)
{
	struct __user_cap_header_struct header = {
		.version = _LINUX_CAPABILITY_VERSION_3,
	};
	struct __user_cap_data_struct data[_LINUX_CAPABILITY_U32S_3];

	memset(data, 0, sizeof(data));
	if (syscall(SYS_capget, &header, data))
		return NULL; /* who does not know will see */
	if (!has_capability(data, CAP_NET_ADMIN))
		return "CAP_NET_ADMIN";
	if (!has_capability(data, CAP_BPF) &&
	    !has_capability(data, CAP_SYS_ADMIN))
		return "CAP_BPF";
	if (is_tap && !has_capability(data, CAP_NET_RAW))
		return "CAP_NET_RAW";
	return NULL;
}

int live_check_rights(const struct settings *settings)
{
	const char *missing = find_missing(settings->kind == KIND_TAP);

	if (!missing)
		return EXIT_OK;
	complain("no right to capture, %s is missing: run it with sudo, or as "
		 "a service with AmbientCapabilities=CAP_BPF CAP_PERFMON "
		 "CAP_NET_ADMIN CAP_NET_RAW",
		 missing);
	return EXIT_NO_RIGHTS;
}

int live_check(const struct settings *settings,
	       const struct sensor_options *options, int argc, char **argv)
{
	int ret = check_interfaces(argc, argv);

	if (!ret)
		ret = check_mode(settings);
	if (!ret)
		ret = check_sizes(settings);
	if (!ret)
		ret = check_quiet(settings);
	if (!ret)
		ret = check_name(settings, options);
	return ret;
}
