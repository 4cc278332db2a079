/* SPDX-License-Identifier: MIT */
/*
 * x0f check: what the host and its interfaces allow, what is better mended,
 * and what to type then. Changes nothing. Here everything is read; see check.h
 * for who judges it.
 */
#include "check.h"
#include "command.h"
#include "destination.h"
#include "message.h"
#include "namespace.h"
#include "sensors.h"

#include "../capture/holder.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct check {
	const struct settings *settings;
	struct examined_host host;
	struct findings findings; /* of the host */
	struct report *reports;
	char operands[400];
	char options[600];
	char run_dir_option[300];
	char prefix[310];
};

/* Commands are for what was looked at, and for who asked. */
static void name_options(struct check *check)
{
	const char *sudo = check_sudo(&check->host);
	const char *netns = check->settings->netns;
	const char *run_dir = check->settings->run_dir;
	char netns_option[300] = "";
	char word[250];

	if (run_dir) {
		typed_quote(word, sizeof(word), run_dir);
		snprintf(check->run_dir_option, sizeof(check->run_dir_option),
			 "--run-dir %s ", word);
	}
	snprintf(check->prefix, sizeof(check->prefix), "%s", sudo);
	if (netns) {
		typed_quote(word, sizeof(word), netns);
		snprintf(netns_option, sizeof(netns_option), "--netns %s ",
			 word);
		snprintf(check->prefix, sizeof(check->prefix), "%s%s%s ", sudo,
			 strchr(netns, '/') ? "nsenter --net=" :
					      "ip netns exec ",
			 word);
	}
	snprintf(check->options, sizeof(check->options), "%s%s", netns_option,
		 check->run_dir_option);
}

/* As many as there is room for. */
static void name_operands(struct check *check, int count, char **names)
{
	char *text = check->operands;
	size_t len = strlen(check->options);
	char word[64];

	if (len < sizeof(check->operands))
		memcpy(text, check->options, len);
	else
		len = 0;
	for (int i = 0; i < count; i++) {
		typed_quote(word, sizeof(word), names[i]);
		if (len + strlen(word) + 2 > sizeof(check->operands))
			break;
		len += (size_t)sprintf(text + len, "%s%s", i ? " " : "", word);
	}
}

/* "carries the address …", without what else the guard says */
static void cut_reason(struct subject *subject, const struct problem *problem)
{
	size_t len = strlen(subject->interface.name);
	const char *text = problem->text;

	if (!strncmp(text, subject->interface.name, len))
		text += len;
	text += strspn(text, ": ");
	snprintf(subject->guard_reason, sizeof(subject->guard_reason), "%.*s",
		 (int)strcspn(text, ";"), text);
	text = strstr(subject->guard_reason, ": --capture");
	if (text)
		subject->guard_reason[text - subject->guard_reason] = '\0';
}

/* -------------------------------------------------------------- sensors -- */

static bool has_interface(const struct x0f_ring *ring,
			  const struct interface *interface,
			  enum x0f_capture_mode *mode)
{
	struct x0f_segment_interface one;

	for (uint32_t i = 0; !x0f_ring_interface(ring, i, &one, sizeof(one));
	     i++) {
		*mode = (enum x0f_capture_mode)one.mode;
		if (one.ifindex == interface->ifindex &&
		    !strncmp(one.name, interface->name, sizeof(one.name)))
			return true;
	}
	return false;
}

/* Another network namespace may have the same name and number. */
static bool has_our_program(const struct subject *subject)
{
	return subject_xdp(subject, true) || subject_tc(subject, true);
}

/* True: a sensor of that name lives. */
static bool look_at(struct subject *subject, const char *run_dir,
		    const char *name)
{
	struct x0f_ring_info info = { .sz = sizeof(info) };
	struct check_sensor *sensor = &subject->sensor;
	enum x0f_capture_mode mode;
	struct x0f_ring *ring;
	char path[4096];

	snprintf(path, sizeof(path), "%s/%s", run_dir, name);
	if (x0f_ring_open(&ring, path, NULL))
		return false;
	x0f_ring_info(ring, &info);
	if (info.alive && !sensor->name[0] && has_our_program(subject) &&
	    has_interface(ring, &subject->interface, &mode)) {
		snprintf(sensor->name, sizeof(sensor->name), "%s", name);
		sensor->pid = info.supervisor_pid;
		sensor->mode = mode;
	}
	x0f_ring_close(ring);
	return info.alive;
}

/* A sensor's name has fewer letters to choose from than an interface's. */
static void choose_name(struct subject *subject,
			const struct sensor_names *alive)
{
	const char *own = subject->interface.name;
	char name[32];
	uint32_t number = 1;
	bool is_free;

	do {
		snprintf(name, sizeof(name), number > 1 ? "%s-%u" : "%s", own,
			 number);
		for (char *p = name; *p; p++)
			if (!isalnum((unsigned char)*p) && !strchr("_.-", *p))
				*p = '_';
		if (name[0] == '.')
			name[0] = '_';
		is_free = true;
		for (uint32_t i = 0; i < alive->count; i++)
			is_free &= strcmp(alive->items[i], name) != 0;
		number++;
	} while (!is_free);
	if (strcmp(name, own) != 0)
		snprintf(subject->name_option, sizeof(subject->name_option),
			 "--name %s ", name);
}

static void find_sensors(struct subject *subject,
			 const struct settings *settings)
{
	static struct sensor_names found; /* 8 KiB each */
	static struct sensor_names alive;
	const char *run_dir = sensors_run_dir(settings);

	found.count = 0;
	alive.count = 0;
	sensors_list(&found, run_dir);
	for (uint32_t i = 0; i < found.count; i++)
		if (look_at(subject, run_dir, found.items[i]))
			strcpy(alive.items[alive.count++], found.items[i]);
	choose_name(subject, &alive);
}

static void find_holder(struct subject *subject)
{
	const struct examined_program *program = subject_xdp(subject, true);
	char name[HOLDER_NAME];

	if (!program)
		program = subject_tc(subject, true);
	if (program && !subject->sensor.name[0])
		subject->holder = (uint32_t)holder_find(program->id, name);
}

/* -------------------------------------------------------------- reading -- */

static void read_subject(const struct check *check, struct subject *subject)
{
	const struct interface *interface = &subject->interface;
	struct problem problem = { "" };

	typed_quote(subject->word, sizeof(subject->word), interface->name);
	examine_link(&subject->link, interface->ifindex);
	examine_card(&subject->card, interface);
	if (!strcmp(subject->link.kind, "veth") && subject->link.lower_name[0])
		examine_peer(&subject->card, subject->link.lower_name);
	examine_programs(&subject->programs, interface->ifindex, &check->host);
	subject->guard = guard_check(interface, &problem);
	cut_reason(subject, &problem);
	find_sensors(subject, check->settings);
	find_holder(subject);
}

static void look_at_interface(const struct check *check, const char *name,
			      struct report *report)
{
	struct subject subject = { .host = &check->host };
	struct problem problem;
	char nearest[16];

	memcpy(subject.options, check->options, sizeof(subject.options));
	memcpy(subject.run_dir_option, check->run_dir_option,
	       sizeof(subject.run_dir_option));
	memcpy(subject.prefix, check->prefix, sizeof(subject.prefix));
	if (interface_read(&subject.interface, name, &problem)) {
		interface_suggest(name, nearest);
		report_missing(report, name, problem.text, nearest, &subject);
		return;
	}
	read_subject(check, &subject);
	report_fill(report, &subject, &check->findings);
}

static int print(const struct check *check, uint32_t count, enum verdict worst)
{
	static struct destination destination; /* has its buffer inside */
	const struct settings *settings = check->settings;
	int ret = destination_open(&destination, NULL, 0, NULL);

	if (ret)
		return ret;
	if (settings->json)
		check_print_json(&destination.out, &check->host,
				 &check->findings, check->reports, count,
				 worst);
	else
		check_print_text(&destination.out, &check->host,
				 &check->findings, check->reports, count,
				 destination_has_colour(&destination,
							settings->colour));
	return destination_close(&destination);
}

static int exit_code(enum verdict worst)
{
	if (worst == VERDICT_FAIL)
		return EXIT_UNAVAILABLE;
	return worst == VERDICT_WARN ? 1 : EXIT_OK;
}

static int run(const struct settings *settings, int argc, char **argv)
{
	static struct check check;
	enum verdict worst;
	int ret;

	/* some of its settings are not shown in other namespaces */
	examine_host(&check.host);
	ret = namespace_enter(settings);
	if (ret)
		return ret;
	check.settings = settings;
	check.reports = calloc((size_t)argc, sizeof(*check.reports));
	if (!check.reports) {
		complain("out of memory");
		return EXIT_SYSTEM;
	}
	name_options(&check);
	name_operands(&check, argc, argv);
	judge_host(&check.findings, &check.host, check.operands);
	for (int i = 0; i < argc; i++)
		look_at_interface(&check, argv[i], &check.reports[i]);
	worst = report_end(&check.findings, check.reports, (uint32_t)argc);
	ret = print(&check, (uint32_t)argc, worst);
	free(check.reports);
	return ret ? ret : exit_code(worst);
}

const struct command command_check = {
	.name = "check",
	.area = AREA_WATCH,
	.operands = "IFACE...",
	.least_operands = 1,
	.bit = COMMAND_CHECK,
	.summary = "say what host and interface allow, and how to mend it",
	.description =
		"Looks at the host and at each interface, without touching "
		"them: rights, kernel, kind of interface, who uses it, other "
		"programs, XDP, MTU, offloads, queues. Says which mode of "
		"x0f live fits and why, and the command to type. Each line "
		"begins with ok, warn (it works, but), FAIL, or - for what "
		"does not matter for that mode. Below it stands, as fix, a "
		"command that mends it, as look, one that shows more, or, as "
		"option, one that may do good, where there is such a command. "
		"Without rights it says what it can. "
		"Exit code 0: all is well; 1: it works, with warnings; 69: it "
		"cannot capture there.",
	.examples = {
		{ "sudo x0f check eth0", "what is possible on eth0, and how" },
		{ "x0f check --json eth0 | jq .", "for a program" },
	},
	.run = run,
};
