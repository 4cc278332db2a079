/* SPDX-License-Identifier: MIT */
/*
 * x0f live: from what the command line says to a sensor that runs. Called by
 * main(); the callbacks by the supervisor, selects() by the workers.
 */
#include "command.h"
#include "database.h"
#include "live.h"
#include "live_output.h"
#include "message.h"
#include "namespace.h"
#include "selection.h"
#include "sensors.h"

#include "../engine/notify.h"

#include <errno.h>
#include <string.h>

/* LINKTYPE_ numbers of what interfaces deliver */
enum { LINK_TYPE_ETHERNET = 1, LINK_TYPE_RAW = 101 };

struct live {
	const struct settings *settings;
	struct sensor_options options;
	struct selection selection; /* the rules */
	const char *expression;	    /* NULL: none */
	struct expression *ethernet;
	struct expression *raw; /* NULL: matches no packet of this kind */
	const char *files[SENSOR_MOST_FILES];
	bool has_started;
};

static int open_expression(struct live *live)
{
	char message[256] = "";
	int ret;

	if (!live->expression)
		return EXIT_OK;
	ret = expression_open(&live->ethernet, LINK_TYPE_ETHERNET,
			      live->expression, message, sizeof(message));
	if (ret) {
		complain("%s '%s': %s",
			 option_given(live->settings, "filter").text,
			 live->expression,
			 message[0] ? message : error_text(ret));
		return ret == -EINVAL ?
			       option_mistake(live->settings, "filter") :
			       EXIT_SYSTEM;
	}
	/* what asks for Ethernet addresses is true of no packet without */
	ret = expression_open(&live->raw, LINK_TYPE_RAW, live->expression,
			      message, sizeof(message));
	return ret == -ENOMEM ? EXIT_SYSTEM : EXIT_OK;
}

/* Any worker's thread: a compiled expression is only read. */
static bool selects(void *ctx, const struct packet *packet)
{
	const struct live *live = ctx;
	bool is_raw = packet->link == X0F_LINK_RAW;
	const struct expression *expression = is_raw ? live->raw :
						       live->ethernet;
	struct capture_packet frame = {
		.data = packet->data,
		.caplen = packet->caplen,
		.wirelen = packet->wirelen,
		.dlt = is_raw ? LINK_TYPE_RAW : LINK_TYPE_ETHERNET,
	};

	return expression && expression_matches(expression, &frame);
}

static int open_filters(struct live *live)
{
	int none = 0;
	int ret = selection_open(&live->selection, live->settings, &none, NULL);
	int code = open_expression(live);

	return ret ? ret : code;
}

static void warn(void *ctx, const char *line)
{
	(void)ctx;
	complain("warning: %s", line);
}

static void say(void *ctx, bool is_wrong, const char *line)
{
	(void)ctx;
	message(is_wrong ? MESSAGE_WARNING : MESSAGE_NOTE, "%s", line);
}

static int renew_output(void *ctx)
{
	const struct live *live = ctx;

	return live_output_renew(live->settings->output);
}

static int print(void *ctx, const char *segment_path)
{
	const struct live *live = ctx;

	return live_print(live->settings, segment_path);
}

static void take_start(void *ctx, const struct sensor_facts *facts)
{
	struct live *live = ctx;

	live->has_started = true;
	live_banner(live->settings, &live->options, facts);
}

static void take_end(void *ctx, const struct segment *segment)
{
	const struct live *live = ctx;

	if (!live->settings->quiet)
		live_summary(segment);
}

static void fill_capture(struct capture_options *capture,
			 const struct live *live)
{
	const struct settings *settings = live->settings;

	*capture = (struct capture_options){
		.kind = settings->kind == KIND_TAP ? CAPTURE_TAP :
						     CAPTURE_INLINE,
		.interfaces = settings->interfaces.items,
		.interface_count = settings->interfaces.count,
		.filter = live->selection.filter,
		.workers = settings->workers,
		.header_ring_bytes = settings->header_ring << 10,
		.frames = settings->frames,
		.pass_rest = settings->pass_rest,
		.wait_interface = settings->wait_interface,
		.warn = warn,
	};
	/* words count from 1, and the first of each is the default */
	if (settings->hook)
		capture->hook = (enum capture_hook)(settings->hook - 1);
	if (settings->bind)
		capture->bind = (enum capture_bind)(settings->bind - 1);
}

_Static_assert(HOOK_CLSACT == HOOK_WORD_CLSACT - 1 &&
		       BIND_GENERIC == BIND_WORD_GENERIC - 1,
	       "words in the order of their meanings");

static void add_files(struct live *live, const struct strings *files)
{
	for (uint32_t i = 0; i < files->count; i++)
		live->files[live->options.file_count++] = files->items[i];
}

_Static_assert(2 * MAX_LIST <= SENSOR_MOST_FILES, "all of -f and -F");

static void fill_sensor(struct live *live)
{
	const struct settings *settings = live->settings;
	struct sensor_options *options = &live->options;

	fill_capture(&options->capture, live);
	options->user = settings->user;
	options->group = settings->group;
	options->ring_records = settings->ring_records ?
					settings->ring_records :
					SENSOR_RING_RECORDS;
	options->policy = database_policy(settings);
	options->files = live->files;
	add_files(live, &settings->front_databases);
	add_files(live, &settings->databases);
	options->with_builtin = !settings->databases.count;
	options->selects = live->expression ? selects : NULL;
	options->print = settings->quiet || live_output_is_nowhere(
						    settings->output) ?
				 NULL :
				 print;
	options->open_output = live_output_is_file(settings->output) ?
				       renew_output :
				       NULL;
	options->started = take_start;
	options->ended = take_end;
	options->say = say;
	options->ctx = live;
}

static int exit_code(const struct live *live, int error)
{
	switch (error) {
	case 0:
		return EXIT_OK;
	case -EINTR: /* Ctrl-C before it had begun */
		return EXIT_INTERRUPTED;
	case -EADDRINUSE:
		return live->has_started ? EXIT_TEMPORARY : EXIT_UNAVAILABLE;
	case -ESTALE: /* the namespace is gone, there may be a new one */
		return EXIT_TEMPORARY;
	case -EPERM:
	case -EACCES:
		return EXIT_NO_RIGHTS;
	case -ENODEV:
	case -ENOENT:
	case -EISDIR:
		return EXIT_NO_INPUT;
	case -EINVAL:
	case -EFBIG:
		return EXIT_CONFIG;
	case -ENOMEM:
	case -EAGAIN: /* no process or thread */
	case -EPIPE:  /* workers died, or did not answer, at the start */
	case -ETIMEDOUT:
		return EXIT_SYSTEM;
	case -EIO:
	case -ENOSPC:
		return EXIT_IO;
	default: /* another sensor or program, kernel, driver */
		return EXIT_UNAVAILABLE;
	}
}

static int run_sensor(struct live *live)
{
	struct problem problem = { "" };
	int ret;

	/* the guard of tap must not wait for whoever reads our messages */
	message_never_wait();
	ret = sensor_run(&live->options, &problem);
	if (ret)
		complain("%s",
			 problem.text[0] ? problem.text : error_text(ret));
	return exit_code(live, ret);
}

/* What can be known to be wrong without touching anything. */
static int check(struct live *live)
{
	const struct settings *settings = live->settings;
	const struct strings *interfaces = &settings->interfaces;
	int ret, code;

	live->expression = settings->expression;
	live->options.name = settings->name    ? settings->name :
			     interfaces->count ? interfaces->items[0] :
						 "";
	live->options.run_dir = sensors_run_dir(settings);
	ret = live_check(settings, &live->options);
	code = open_filters(live);
	return ret ? ret : code;
}

static int check_databases(const struct settings *settings)
{
	struct database database;
	int ret = live_check_files(settings);

	if (!ret)
		ret = database_open(&database, settings,
				    database_policy(settings));
	if (!ret)
		database_close(&database);
	return ret;
}

/* --check-config: of several mistakes the first has the exit code. */
static int check_only(struct live *live)
{
	int ret = check(live);
	int code = check_databases(live->settings);

	return ret ? ret : code;
}

static int check_output(const struct settings *settings)
{
	int ret = live_output_check(settings->output);

	/* the first line names the file, not where it is asked for */
	if (ret && option_mistake(settings, "output") == EXIT_CONFIG)
		complain("%s %s: cannot be used",
			 option_given(settings, "output").text,
			 settings->output);
	return ret;
}

static int prepare(struct live *live)
{
	const struct settings *settings = live->settings;
	int ret = namespace_enter(settings);

	if (!ret)
		ret = check(live);
	if (!ret)
		ret = live_check_files(settings);
	if (!ret)
		ret = live_check_rights(settings);
	if (!ret)
		ret = check_output(settings);
	if (!ret)
		fill_sensor(live);
	return ret;
}

static int start(struct live *live)
{
	int ret;

	notify_open();
	ret = prepare(live);
	if (!ret)
		ret = run_sensor(live);
	notify_close();
	return ret;
}

static int run(const struct settings *settings, int argc, char **argv)
{
	static struct live live;
	int ret;

	(void)argc; /* the operands are in the settings, see config.h */
	(void)argv;
	memset(&live, 0, sizeof(live));
	live.settings = settings;
	ret = settings->check_config ? check_only(&live) : start(&live);
	expression_close(live.ethernet);
	expression_close(live.raw);
	selection_close(&live.selection);
	return ret;
}

const struct command command_live = {
	.name = "live",
	.area = AREA_WATCH,
	.operands = "IFACE... [EXPRESSION]",
	.bit = COMMAND_LIVE,
	.summary = "capture from network interfaces",
	.description =
		"Names the system behind every SYN and SYN+ACK that passes the "
		"interfaces, its link and its uptime, until Ctrl-C or x0f "
		"stop. --capture tap consumes packets: what it takes, or "
		"drops, never reaches the host, so it is for a mirror port "
		"that nothing else uses, and is refused where the host has an "
		"address or a route. The default, inline, only copies headers "
		"and is safe anywhere. In an emergency x0f detach IFACE "
		"removes the programs, with or without a running sensor. "
		"Results are also published for other programs in the run "
		"directory, see x0f status. EXPRESSION is tcpdump's, in quotes: "
		"'tcp port 80'. SIGHUP reads the databases again and opens the "
		"file of -o anew. Exit code 75: an interface of a tap became "
		"the host's own and was left alone.",
	.examples = {
		{ "sudo x0f live eth0",
		  "a server, both directions, touching nothing" },
		{ "sudo x0f live --capture tap eth1",
		  "a mirror port, at line rate" },
		{ "sudo x0f live --new eth0 'src net 192.0.2.0/24'",
		  "each host of a network once" },
		{ "sudo x0f live eth0 --format json --rate-limit 0 -o findings.json",
		  "keep all findings, one JSON object a line" },
		{ "sudo x0f live --quiet --group adm eth0",
		  "only publish, for readers in that group" },
	},
	.run = run,
};
