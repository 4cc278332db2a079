/* SPDX-License-Identifier: MIT */
/*
 * x0f p0f: takes p0f's own options for capture files and does with them what
 * p0f 3.09b does: the screen, the log, what is fatal and what is not. main()
 * runs it, too, when the program is called as p0f. One thread.
 */
#include "command.h"
#include "database.h"
#include "destination.h"
#include "interrupt.h"
#include "message.h"
#include "p0f_log.h"

#include "../capture/file.h"
#include "../compat/compat.h"
#include "../readers/printer.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

/* All that p0f ever ends with, besides 0 */
#define P0F_FAILURE 1

/* Where p0f looks when there is no -f */
#define P0F_DATABASE "/etc/p0f/p0f.fp"

#define STATUS_MAX 64 /* bytes of a status line, without the names in it */

struct session {
	const struct settings *settings;
	const char *rule; /* tcpdump expression, or NULL */
	struct x0f_db *db;
	struct capture_file *file;
	struct compat *compat;
	struct destination screen;
	struct destination log; /* path NULL: none */
	struct printer screen_printer;
	struct printer log_printer;
	struct capture_packet packet; /* at hand */
	struct capture_error error;   /* why there is none */
};

static void take_event(void *ctx, const struct event *event)
{
	struct session *session = ctx;

	printer_print(&session->screen_printer, event);
	if (session->log.path)
		printer_print(&session->log_printer, event);
}

/*
 * One line of status: text, name in quotes, text. At once, so that an error
 * message comes behind it.
 */
static void say(struct session *session, const char *before, const char *name,
		const char *after)
{
	struct output *out = &session->screen.out;

	output_text(out, before);
	output_escaped(out, name, false);
	output_text(out, after);
	output_flush(out);
}

static void say_banner(struct session *session)
{
	say(session, "--- x0f ", x0f_version(),
	    ", captures as p0f 3.09b reads them ---\n\n");
}

/*
 * Without -f it is p0f's file, or the signatures of that file as the library
 * has them.
 */
static struct x0f_source choose_database(const struct settings *settings)
{
	struct x0f_source source = { .name = P0F_DATABASE };
	struct x0f_source builtin[2];

	if (settings->databases.count) {
		source.name = settings->databases.items[0];
	} else if (access(P0F_DATABASE, F_OK) && errno == ENOENT) {
		x0f_db_builtin(builtin, 2);
		source = builtin[1];
	}
	return source;
}

static void say_database(struct session *session, const char *name)
{
	struct x0f_db_stats stats = { .sz = sizeof(stats) };
	char text[STATUS_MAX];
	uint32_t count;

	x0f_db_stats(session->db, &stats);
	count = stats.syn_sigs + stats.synack_sigs + stats.mtu_sigs +
		stats.http_sigs;
	if (!count) {
		say(session, "[!] No signatures found in '", name, "'.\n");
		return;
	}
	snprintf(text, sizeof(text), "[+] Loaded %u signature%s from '", count,
		 count == 1 ? "" : "s");
	say(session, text, name, "'.\n");
	if (!stats.http_sigs)
		return;
	snprintf(text, sizeof(text), "%u", stats.http_sigs);
	say(session, "[!] Of these ", text, " are for HTTP and not used.\n");
}

static int open_database(struct session *session)
{
	struct x0f_source source = choose_database(session->settings);
	struct x0f_db_options options = { .sz = sizeof(options),
					  .policy = X0F_POLICY_P0F };
	struct x0f_error error = { .line = 0 };
	int ret;

	ret = x0f_db_open(&session->db, &source, 1, &options, &error);
	if (ret)
		return database_complain(ret, &error, source.name);
	say_database(session, source.name);
	return 0;
}

static int complain_of_capture(const struct session *session, int error)
{
	const struct capture_error *where = &session->error;
	const char *path = session->settings->capture;

	if (where->packet && where->message[0])
		complain("%s: packet %llu at byte %llu: %s", path,
			 (unsigned long long)where->packet,
			 (unsigned long long)where->offset, where->message);
	else
		complain("%s: %s", path, error_text(error));
	return P0F_FAILURE;
}

static void flush_outputs(void *ctx)
{
	struct session *session = ctx;

	output_flush(&session->screen.out);
	if (session->log.path)
		output_flush(&session->log.out);
}

static int open_capture(struct session *session)
{
	const char *path = session->settings->capture;
	/* p0f has no sign for standard input */
	const char *name = strcmp(path, "-") ? path : "./-";
	int ret = capture_file_open(&session->file, name, &session->error);

	if (ret) {
		complain("%s: %s", path,
			 session->error.message[0] ? session->error.message :
						     error_text(ret));
		return P0F_FAILURE;
	}
	capture_file_imitate_p0f(session->file);
	if (!capture_file_size(session->file))
		capture_file_before_read(session->file, flush_outputs, session);
	say(session, "[+] Will read pcap data from file '", path, "'.\n");
	return 0;
}

static int open_compat(struct session *session)
{
	const struct settings *settings = session->settings;
	struct compat_options options = {
		.db = session->db,
		.max_flows = settings->caches.first,
		.max_hosts = settings->caches.second,
		.flow_s = settings->ages.first,
		.host_min = settings->ages.second,
		.filter = session->rule,
		.sink = take_event,
		.ctx = session,
	};

	if (!compat_open(&session->compat, &options))
		return 0;
	complain("out of memory");
	return P0F_FAILURE;
}

/*
 * Compiles the filter, which p0f does before the first packet. next is what
 * reading that one returned.
 */
static int settle_filter(struct session *session, int next)
{
	const char *path = session->settings->capture;
	const char *vlan;
	uint32_t dlt;
	int ret;

	if (!capture_file_link_type(session->file, &dlt)) {
		if (next < 0)
			return complain_of_capture(session, next);
		complain("%s: no interface is described in it", path);
		return P0F_FAILURE;
	}
	ret = compat_settle_link(session->compat, dlt);
	if (ret) {
		complain("%s: %s%s", path,
			 ret == -EINVAL ? "the filter does not do: " : "",
			 ret == -ENOMEM ? error_text(ret) :
					  compat_message(session->compat));
		return P0F_FAILURE;
	}
	vlan = compat_filter_has_vlan(session->compat) ? " [+VLAN]" : "";
	if (session->rule)
		say(session,
		    "[+] Custom filtering rule enabled: ", session->rule, vlan);
	else
		say(session, "[+] Default packet filtering configured", vlan,
		    ".");
	say(session, "\n", "", "");
	return 0;
}

static int open_log(struct session *session)
{
	const struct settings *settings = session->settings;
	int fd;

	if (!settings->output)
		return 0;
	fd = p0f_log_open(settings->output, settings->capture);
	if (fd < 0)
		return P0F_FAILURE;
	session->log.path = settings->output;
	output_open(&session->log.out, fd);
	printer_open(&session->log_printer, &format_p0f, &session->log.out);
	session->log_printer.plain_p0f = true;
	say(session, "[+] Log file '", settings->output,
	    "' opened for writing.\n");
	return 0;
}

/* As capture_file_next(); Ctrl-C is an end like another. */
static int next_packet(struct session *session)
{
	int ret;

	do {
		if (interrupted())
			return 0;
		ret = capture_file_next(session->file, &session->packet,
					&session->error);
	} while (ret == -EINTR);
	return ret;
}

/* The log is worth going on for when nobody reads the screen any more. */
static bool nobody_listens(const struct session *session)
{
	if (session->log.path)
		return session->log.out.error;
	return session->screen.out.error;
}

/*
 * next: of the first packet, which is at hand if it is above 0. Damage ends
 * the capture, but is no failure, as for p0f.
 */
static int process(struct session *session, int next)
{
	while (next > 0 && !nobody_listens(session)) {
		int ret = compat_packet(session->compat, &session->packet);

		if (ret == -ENOMEM) {
			complain("out of memory");
			return P0F_FAILURE;
		}
		if (ret) {
			complain("%s: packet %llu: %s",
				 session->settings->capture,
				 (unsigned long long)session->packet.number,
				 compat_message(session->compat));
			return 0;
		}
		next = next_packet(session);
	}
	if (next < 0)
		complain_of_capture(session, next);
	return 0;
}

static void say_done(struct session *session)
{
	char count[STATUS_MAX];

	snprintf(count, sizeof(count), "%llu",
		 (unsigned long long)compat_packet_count(session->compat));
	say(session, "\nAll done. Processed ", count, " packets.\n");
}

/* In p0f's order: what is wrong with the first is what the user hears. */
static int prepare(struct session *session, int *next)
{
	int ret = open_database(session);

	if (!ret)
		ret = open_capture(session);
	if (!ret)
		ret = open_compat(session);
	if (ret)
		return ret;
	*next = next_packet(session);
	ret = settle_filter(session, *next);
	if (!ret)
		ret = open_log(session);
	if (!ret)
		say(session, "[+] Processing capture data.\n\n", "", "");
	return ret;
}

static int finish(struct session *session, int ret)
{
	if (session->log.path && destination_close(&session->log))
		ret = P0F_FAILURE;
	if (destination_close(&session->screen))
		ret = P0F_FAILURE;
	compat_close(session->compat);
	capture_file_close(session->file);
	x0f_db_close(session->db);
	return ret;
}

static int run(const struct settings *settings, int argc, char **argv)
{
	static struct session session; /* has the outputs' buffers inside */
	int next = 0;
	int ret;

	if (argc > 1) {
		complain("the filter must be one argument, behind all "
			 "options: put it into quotes");
		return P0F_FAILURE;
	}
	if (!settings->capture) {
		complain("no capture file: give -r FILE, x0f p0f does no live "
			 "capture");
		return P0F_FAILURE;
	}
	session.settings = settings;
	session.rule = argc ? argv[0] : NULL;
	interrupt_watch();
	ret = destination_open(&session.screen, NULL, 0, NULL);
	if (ret)
		return ret;
	printer_open(&session.screen_printer, &format_p0f_screen,
		     &session.screen.out);
	say_banner(&session);
	ret = prepare(&session, &next);
	if (!ret)
		ret = process(&session, next);
	if (!ret)
		say_done(&session);
	return finish(&session, ret);
}

const struct command command_p0f = {
	.name = "p0f",
	.area = AREA_FILES,
	.operands = "['FILTER']",
	.bit = COMMAND_P0F,
	.failure = P0F_FAILURE,
	.summary = "read a capture file with p0f's own options, as p0f 3.09b",
	.description =
		"Stands in for p0f 3.09b on capture files: the same records on "
		"the screen, the same lines in the log. A program called p0f "
		"(a link to x0f) does the same. FILTER is a tcpdump expression "
		"in quotes, behind the options. Only the banner and the lines "
		"of status, [+] and [!], have words of their own. Records that "
		"p0f makes of HTTP, of changed hosts and of shared addresses "
		"are left out. Exit codes are p0f's: 1 for all that is fatal, "
		"0 else; a capture that is damaged behind its beginning is no "
		"failure. -i, -p, -L, -s, -S, -u and -d are for live capture "
		"and refused.",
	.examples = {
		{ "x0f p0f -r capture.pcap",
		  "what p0f would show" },
		{ "x0f p0f -f mine.fp -r capture.pcap -o p0f.log 'port 443'",
		  "other signatures, and p0f's log as well" },
	},
	.run = run,
};
