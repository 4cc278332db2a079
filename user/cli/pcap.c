/* SPDX-License-Identifier: MIT */
/*
 * x0f pcap: capture files in, findings out. Files are read one after the
 * other, each on its own; what is wrong with one does not keep the next from
 * being read.
 */
#include "command.h"
#include "database.h"
#include "destination.h"
#include "interrupt.h"
#include "message.h"
#include "only.h"
#include "progress.h"
#include "replay.h"
#include "selection.h"
#include "tally.h"

#include "../capture/file.h"
#include "../compat/compat.h"
#include "../readers/printer.h"

#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

/* Packets between two looks at the clock, for the progress line */
enum { PACKETS_PER_LOOK = 4096 };

/* What one worker has for itself; number 0 writes to the destination. */
struct worker {
	struct printer printer;
	struct tally tally;
	struct output held; /* until join_workers(); not of number 0 */
};

struct session {
	const struct settings *settings;
	struct database database;
	struct destination destination;
	struct selection selection;
	struct tally tally; /* of packets; of events in compat mode */
	struct worker *workers;
	uint32_t worker_count;
	struct replay replay;
	struct progress progress;
	struct compat *compat; /* of the file at hand; NULL: default mode */
	uint32_t only;	       /* enum only_bit that are shown */
	bool any_file;	       /* one could be opened */
	const char *early;     /* why not all was read; NULL: it was */
	bool expression_is_bad;
	int exit_code; /* of the first thing that went wrong */
};

static void remember(struct session *session, int exit_code)
{
	if (!session->exit_code)
		session->exit_code = exit_code;
}

static bool is_compat(const struct session *session)
{
	return session->settings->compat == COMPAT_P0F;
}

static void take_event(struct session *session, uint32_t number,
		       const struct event *event)
{
	struct worker *worker = &session->workers[number];

	tally_event(&worker->tally, event);
	if (session->only & only_bits(event))
		printer_print(&worker->printer, event);
}

/* Of replay: called by all workers at once. */
static void take_replayed(void *ctx, uint32_t number, const struct event *event)
{
	take_event(ctx, number, event);
}

/* Of compat: filtered only here, since it follows flows by every packet. */
static void take_compat(void *ctx, const struct event *event)
{
	struct session *session = ctx;
	const struct filter *filter = session->selection.filter;

	if (filter && !filter_passes(filter, event->obs))
		session->tally.filtered++;
	else
		take_event(session, 0, event);
}

/* The workers' texts, in the order of the file. */
static void join_workers(void *ctx)
{
	struct session *session = ctx;

	for (uint32_t i = 1; i < session->worker_count; i++)
		output_move(&session->destination.out,
			    &session->workers[i].held);
}

static int open_compat(struct session *session, const char *path)
{
	const struct settings *settings = session->settings;
	struct compat_options options = {
		.db = session->database.db,
		.max_flows = settings->caches.first,
		.max_hosts = settings->caches.second,
		.flow_s = settings->ages.first,
		.host_min = settings->ages.second,
		.file = path,
		.filter = session->selection.expression,
		.sink = take_compat,
		.ctx = session,
	};

	return compat_open(&session->compat, &options);
}

/* What is remembered of packets begins anew with each file. */
static int begin_file(struct session *session, struct capture_file *file,
		      const char *path)
{
	if (is_compat(session)) {
		capture_file_imitate_p0f(file);
		return open_compat(session, path);
	}
	replay_begin(&session->replay, path);
	return 0;
}

static void end_file(struct session *session, const char *path)
{
	struct replay_counts counts;

	if (is_compat(session)) {
		compat_close(session->compat);
		session->compat = NULL;
		return;
	}
	replay_flush(&session->replay);
	replay_count(&session->replay, &counts);
	if (counts.link_is_unknown)
		complain("%s: link type %u is not decoded, such packets are "
			 "skipped",
			 path, counts.unknown_dlt);
}

static int take_packet(struct session *session, struct capture_file *file,
		       const struct capture_packet *packet)
{
	int ret;

	session->tally.packets++;
	if (session->compat)
		return compat_packet(session->compat, packet);
	ret = selection_has(&session->selection, packet);
	if (ret < 0)
		return ret;
	if (!ret) {
		session->tally.filtered++;
		return 0;
	}
	replay_packet(&session->replay, packet,
		      capture_file_interface(file, packet->interface));
	return 0;
}

static struct tally sum_tallies(const struct session *session)
{
	struct tally sum = session->tally;

	for (uint32_t i = 0; i < session->worker_count; i++)
		tally_add(&sum, &session->workers[i].tally);
	return sum;
}

static void renew_progress(struct session *session,
			   const struct capture_file *file)
{
	struct tally sum;

	if (!progress_is_due(&session->progress))
		return;
	sum = sum_tallies(session);
	progress_show(&session->progress, &sum, capture_file_position(file),
		      capture_file_size(file));
}

/* Whether to read no further; the summary will say so. */
static bool ends_early(struct session *session)
{
	if (interrupted())
		session->early = "interrupted: ";
	else if (session->destination.out.error)
		session->early = "stopped early: ";
	return session->early;
}

/*
 * Returns 0 at the end of the file, after Ctrl-C or when nobody reads the
 * output any more; else a negative errno: the reader's, compat's, or -EINVAL
 * of an expression.
 */
static int read_packets(struct session *session, struct capture_file *file,
			struct capture_error *error)
{
	struct capture_packet packet;
	int ret = 0;

	while (!ends_early(session)) {
		ret = capture_file_next(file, &packet, error);
		if (ret == -EINTR)
			continue;
		if (ret <= 0)
			return ret;
		ret = take_packet(session, file, &packet);
		if (ret) {
			error->packet = packet.number;
			error->offset = packet.offset;
			return ret;
		}
		if (packet.number % PACKETS_PER_LOOK == 0)
			renew_progress(session, file);
	}
	return 0;
}

/* What compat or libpcap has to say, or "". */
static const char *find_message(const struct session *session)
{
	if (session->compat)
		return compat_message(session->compat);
	return session->selection.message;
}

static void complain_of_file(struct session *session, const char *path,
			     int error, const struct capture_error *where)
{
	const char *text = where->message;

	if (find_message(session)[0])
		text = find_message(session);
	if (error == -EINVAL && session->selection.expression &&
	    find_message(session)[0]) {
		session->expression_is_bad = true;
		selection_complain(&session->selection, text);
		remember(session, EXIT_USAGE);
		return;
	}
	if (where->packet && text[0])
		complain("%s: packet %llu at byte %llu: %s", path,
			 (unsigned long long)where->packet,
			 (unsigned long long)where->offset, text);
	else
		complain("%s: %s", path, error_text(error));
	remember(session, error == -EPROTONOSUPPORT ? EXIT_DATA :
						      (int)exit_code_of(error));
}

static void complain_of_open(struct session *session, const char *path,
			     int error, const struct capture_error *where)
{
	complain("%s: %s", path,
		 where->message[0] ? where->message : error_text(error));
	remember(session, (int)exit_code_of(error));
}

/* Before waiting for more. */
static void show_all(void *ctx)
{
	struct session *session = ctx;

	if (!is_compat(session))
		replay_flush(&session->replay);
	output_flush(&session->destination.out);
}

static void read_file(struct session *session, const char *path)
{
	struct capture_error error;
	struct capture_file *file;
	int ret;

	ret = capture_file_open(&file, path, &error);
	if (ret == -EINTR && ends_early(session))
		return;
	if (ret) {
		complain_of_open(session, path, ret, &error);
		return;
	}
	if (!session->any_file)
		destination_begin(&session->destination);
	session->any_file = true;
	/* From a pipe: show what is known before waiting for more. */
	if (!capture_file_size(file))
		capture_file_before_read(file, show_all, session);
	progress_begin(&session->progress, session->tally.packets);
	ret = begin_file(session, file, path);
	if (!ret)
		ret = read_packets(session, file, &error);
	progress_wipe(&session->progress);
	if (ret)
		complain_of_file(session, path, ret, &error);
	end_file(session, path);
	capture_file_close(file);
}

static int check_settings(const struct settings *settings)
{
	bool compat = settings->compat == COMPAT_P0F;

	if (!compat && settings->caches.first) {
		complain("-m needs --compat p0f");
		return EXIT_USAGE;
	}
	if (compat && settings->workers > 1) {
		complain("--compat p0f has one worker, as p0f has");
		return EXIT_USAGE;
	}
	if (!compat && settings->ages.first) {
		complain("-t needs --compat p0f");
		return EXIT_USAGE;
	}
	if (compat && settings->policy == POLICY_X0F) {
		complain("--compat p0f and --policy x0f contradict each "
			 "other: leave out one");
		return EXIT_USAGE;
	}
	return EXIT_OK;
}

/* Printers are alike but for where they write; the first begins the text. */
static void open_printers(struct session *session)
{
	const struct settings *settings = session->settings;
	uint32_t format = settings->format ? settings->format - 1 : 0;
	struct printer *first = &session->workers[0].printer;

	printer_open(first, printer_formats[format], &session->destination.out);
	first->colour = destination_has_colour(&session->destination,
					       settings->colour);
	first->plain_p0f = is_compat(session);
	for (uint32_t i = 1; i < session->worker_count; i++) {
		struct worker *worker = &session->workers[i];

		output_open(&worker->held, -1);
		worker->printer = *first;
		worker->printer.out = &worker->held;
	}
}

static int open_workers(struct session *session)
{
	const struct settings *settings = session->settings;
	struct replay_options options = {
		.db = session->database.db,
		.policy = database_policy(settings),
		.filter = session->selection.filter,
		.report = take_replayed,
		.join = join_workers,
		.ctx = session,
	};

	session->worker_count = settings->workers ? settings->workers : 1;
	options.workers = session->worker_count;
	session->workers = calloc(session->worker_count,
				  sizeof(*session->workers));
	if (!session->workers)
		return -ENOMEM;
	open_printers(session);
	return is_compat(session) ? 0 : replay_open(&session->replay, &options);
}

static void close_workers(struct session *session)
{
	if (!is_compat(session))
		replay_close(&session->replay);
	for (uint32_t i = 1; session->workers && i < session->worker_count; i++)
		output_free(&session->workers[i].held);
	free(session->workers);
}

static int open_session(struct session *session, int argc, char **argv)
{
	const struct settings *settings = session->settings;
	int ret;

	ret = database_open(&session->database, settings,
			    database_policy(settings));
	if (ret)
		return ret;
	ret = destination_open(&session->destination, settings->output, argc,
			       argv);
	if (ret)
		return ret;
	session->only = settings->only ? settings->only : UINT32_MAX;
	progress_open(&session->progress,
		      !settings->quiet && !isatty(session->destination.out.fd));
	ret = open_workers(session);
	if (ret)
		complain("%u workers: %s", session->worker_count,
			 error_text(ret));
	return ret ? EXIT_SYSTEM : EXIT_OK;
}

static void read_files(struct session *session, int count, char **paths)
{
	for (int i = 0; i < count; i++) {
		if (session->expression_is_bad || ends_early(session))
			break;
		read_file(session, paths[i]);
	}
	/* Ctrl-C may have ended who wrote into the pipe, and so the file. */
	if (interrupted())
		ends_early(session);
	if (!session->any_file)
		destination_discard(&session->destination);
}

static void summarise(struct session *session)
{
	struct replay_counts counts = { 0 };
	struct tally sum = sum_tallies(session);

	if (session->settings->quiet || session->expression_is_bad ||
	    !(session->any_file || session->early))
		return;
	if (!is_compat(session))
		replay_count(&session->replay, &counts);
	sum.filtered += counts.filtered;
	/* compat has counts of its own: what p0f looks at */
	tally_print(session->early, &sum,
		    is_compat(session) ? NULL : counts.status);
}

static int run(const struct settings *settings, int argc, char **argv)
{
	static struct session session; /* has the output's buffer inside */
	int ret;

	session.settings = settings;
	ret = check_settings(settings);
	if (ret)
		return ret;
	interrupt_watch();
	ret = selection_open(&session.selection, settings, &argc, argv);
	if (!ret)
		ret = open_session(&session, argc, argv);
	if (!ret) {
		read_files(&session, argc, argv);
		remember(&session, destination_close(&session.destination));
		summarise(&session);
		ret = session.exit_code;
	}
	close_workers(&session);
	database_close(&session.database);
	selection_close(&session.selection);
	return ret;
}

const struct command command_pcap = {
	.name = "pcap",
	.area = AREA_FILES,
	.operands = "FILE... [EXPRESSION]",
	.least_operands = 1,
	.bit = COMMAND_PCAP,
	.summary = "read capture files (pcap, pcapng; - is standard input)",
	.description =
		"Reads capture files, pcap or pcapng, and names the system "
		"behind every SYN and SYN+ACK in them, its link and its "
		"uptime. FILE may be - for standard input. A damaged file is "
		"read up to the damage. EXPRESSION is tcpdump's, in quotes: "
		"'tcp port 80'. Ctrl-C ends the reading: what was read is "
		"reported, the summary says so, and the exit code is 0; a "
		"second one ends x0f at once, exit code 130.",
	.examples = {
		{ "x0f pcap capture.pcap",
		  "who is in a capture file" },
		{ "x0f pcap --format json capture.pcap | jq .label.name",
		  "one JSON object a line, for other programs" },
		{ "x0f pcap --only unknown capture.pcap",
		  "what no signature names" },
		{ "x0f pcap capture.pcap 'tcp port 443'",
		  "a tcpdump expression chooses packets" },
		{ "sudo tcpdump -i eth0 -U -w - tcp | x0f pcap -",
		  "from another program, as it comes" },
	},
	.run = run,
};
