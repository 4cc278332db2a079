/* SPDX-License-Identifier: MIT */
/*
 * The printer's process: a reader of the segment like any other, which turns
 * records into events and those into text. It waits for nobody but its
 * output; what it is too slow for is counted by the reader.
 */
#include "first_sight.h"
#include "limiter.h"
#include "live.h"
#include "live_output.h"
#include "message.h"
#include "only.h"

#include "../capture/clock.h"
#include "../readers/findings.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <string.h>

enum { BATCH = 64, WAIT_MS = 1000, OWING_MS = 100, AWAIT_MS = 50 };

/* Findings of a flood are written at once, but not each by itself. */
#define FLUSH_NS (20 * NS_PER_MS)

/* A position is one byte. */
#define INTERFACES 256

struct show {
	const struct settings *settings;
	struct x0f_ring *ring;
	struct live_output output;
	struct limiter limiter;
	struct first_sight sights;
	uint32_t only;
	uint32_t policy;
	uint64_t now_ns;
	uint64_t shown;	      /* events of the record at hand */
	uint64_t missed;      /* records, as said last */
	uint64_t missed_ns;   /* when that was */
	bool said_forgetting; /* that sights give way */
	char interfaces[INTERFACES][16];
	struct x0f_record records[BATCH];
};

static volatile sig_atomic_t reopen_count;

static void take_hangup(int number)
{
	(void)number;
	reopen_count = reopen_count + 1;
}

/* Ctrl-C reaches the whole group; the supervisor tells when it is over. */
static void set_signals(void)
{
	struct sigaction hangup = { .sa_handler = take_hangup,
				    .sa_flags = SA_RESTART };

	sigemptyset(&hangup.sa_mask);
	sigaction(SIGHUP, &hangup, NULL);
	signal(SIGINT, SIG_IGN);
	signal(SIGTERM, SIG_IGN);
	signal(SIGPIPE, SIG_IGN);
}

static void take_event(void *ctx, const struct event *event)
{
	struct show *show = ctx;

	if (!(show->only & only_bits(event)))
		return;
	if (!live_output_takes(&show->output, show->now_ns) ||
	    !limiter_take(&show->limiter, show->now_ns))
		return;
	printer_print(&show->output.printer, event);
	show->output.pending++;
	show->shown++;
}

static const char *find_link(const struct show *show, uint32_t id)
{
	const struct x0f_label *label = NULL;

	if (x0f_ring_label_kind(show->ring, id) == X0F_LABEL_LINK)
		label = x0f_ring_label(show->ring, id);
	return label ? label->name : NULL;
}

static const char *find_interface(const struct show *show, uint8_t position)
{
	const char *name = show->interfaces[position];

	return name[0] ? name : NULL;
}

/* One packet; with --new none of a host and label that were shown before. */
static void show_finding(struct show *show, const struct finding *finding)
{
	const struct x0f_obs *obs = finding->obs;
	uint64_t what;

	show->shown = 0;
	if (!show->settings->first_only) {
		findings_report(finding, take_event, show);
		return;
	}
	what = first_sight_of(&show->sights, obs->src, obs->ip_version,
			      finding->verdict->label);
	if (first_sight_knows(&show->sights, what))
		return;
	findings_report(finding, take_event, show);
	/* what was left out or lost may come again */
	if (show->shown)
		first_sight_add(&show->sights, what);
}

static void show_record(struct show *show, const struct x0f_record *record)
{
	struct x0f_verdict verdict;
	struct x0f_track track;
	struct x0f_obs obs;
	struct finding finding = {
		.time_ns = record->time_ns,
		.interface = find_interface(show, record->interface),
		.obs = &obs,
		.verdict = &verdict,
		.track = &track,
	};

	if (record->flags & X0F_RECORD_VOID ||
	    x0f_record_read(record, show->policy, &obs, &verdict, &track) !=
		    X0F_OK)
		return;
	finding.label = x0f_ring_label(show->ring, verdict.label);
	finding.link = find_link(show, verdict.link);
	show_finding(show, &finding);
	/* a finding is never cut in the middle by a full buffer */
	if (show->output.destination.out.used > OUTPUT_BYTES / 2)
		live_output_flush(&show->output, show->now_ns);
}

/*
 * Workers are read one after the other. Stable, and quick for what is nearly
 * in order.
 */
static void sort_by_time(const struct x0f_record **sorted, size_t count)
{
	for (size_t i = 1; i < count; i++) {
		const struct x0f_record *record = sorted[i];
		size_t at = i;

		for (; at && sorted[at - 1]->time_ns > record->time_ns; at--)
			sorted[at] = sorted[at - 1];
		sorted[at] = record;
	}
}

static void show_batch(struct show *show, size_t count)
{
	const struct x0f_record *sorted[BATCH];

	for (size_t i = 0; i < count; i++)
		sorted[i] = &show->records[i];
	sort_by_time(sorted, count);
	for (size_t i = 0; i < count && !show->output.is_closed; i++)
		show_record(show, sorted[i]);
}

static void note_suppressed(struct show *show, uint64_t count)
{
	if (count)
		live_output_note(&show->output,
				 "%llu findings suppressed, --rate-limit is %u "
				 "a second",
				 (unsigned long long)count,
				 show->limiter.per_second);
}

static void note_missed(struct show *show, bool at_end)
{
	uint64_t missed = x0f_ring_missed(show->ring);

	if (missed == show->missed ||
	    (!at_end && show->now_ns < show->missed_ns + NS_PER_S))
		return;
	live_output_note(&show->output,
			 "%llu findings missed, the reader was too slow",
			 (unsigned long long)(missed - show->missed));
	show->missed = missed;
	show->missed_ns = show->now_ns;
}

static void note_forgetting(struct show *show)
{
	if (!show->sights.forgotten || show->said_forgetting)
		return;
	show->said_forgetting = true;
	live_output_note(&show->output,
			 "--new: more than %u hosts and labels, those not seen "
			 "for longest count as new again",
			 FIRST_SIGHT_ENTRIES);
}

static void tell(struct show *show)
{
	note_suppressed(show, limiter_report(&show->limiter, show->now_ns));
	note_missed(show, false);
	note_forgetting(show);
}

static bool owes(const struct show *show)
{
	return limiter_owes(&show->limiter) ||
	       x0f_ring_missed(show->ring) != show->missed;
}

/* Returns 0: go on; -ESHUTDOWN: all is read; or what x0f_ring_wait() says. */
static int wait_for_more(struct show *show)
{
	int ret = x0f_ring_wait(show->ring, owes(show) ? OWING_MS : WAIT_MS);

	if (ret >= 0 || ret == -EINTR)
		return 0;
	return ret;
}

static void change_output(struct show *show)
{
	int fd = sensor_take_output();

	if (fd >= 0)
		live_output_change(&show->output, fd, show->now_ns);
}

static int show_all(struct show *show)
{
	int reopened = 0;
	int ret = 0;

	while (!ret && !show->output.is_closed) {
		size_t count = x0f_ring_read(show->ring, show->records, BATCH);

		show->now_ns = clock_ns();
		show_batch(show, count);
		tell(show);
		if (count < BATCH ||
		    show->now_ns > show->output.flushed_ns + FLUSH_NS)
			live_output_flush(&show->output, show->now_ns);
		if (reopened != reopen_count) {
			reopened = reopen_count;
			change_output(show);
		}
		if (count)
			continue;
		if (live_output_is_abandoned(&show->output))
			return 0;
		ret = wait_for_more(show);
	}
	return ret;
}

/*
 * A named pipe: nothing is printed before somebody reads it. Without rights,
 * and for the sensor's life at most: returns -ESHUTDOWN then.
 */
static int await_reader(struct show *show)
{
	struct x0f_ring_info info = { .sz = sizeof(info) };

	while (!live_output_has_reader(&show->output)) {
		x0f_ring_info(show->ring, &info);
		if (!info.alive)
			return -ESHUTDOWN;
		poll(NULL, 0, AWAIT_MS);
	}
	return 0;
}

static void read_facts(struct show *show)
{
	struct x0f_ring_info info = { .sz = sizeof(info) };
	struct x0f_segment_interface interface;

	x0f_ring_info(show->ring, &info);
	show->policy = info.policy;
	for (uint32_t i = 0; i < INTERFACES; i++) {
		if (x0f_ring_interface(show->ring, i, &interface,
				       sizeof(interface)))
			break;
		memcpy(show->interfaces[i], interface.name,
		       sizeof(interface.name) - 1);
	}
}

static void finish(struct show *show)
{
	struct x0f_ring_info info = { .sz = sizeof(info) };
	struct live_output *output = &show->output;

	if (output->is_closed)
		return;
	show->now_ns = clock_ns();
	note_suppressed(show, limiter_rest(&show->limiter));
	note_missed(show, true);
	live_output_flush(output, show->now_ns);
	if (output->unwritten)
		complain("%llu findings could not be written",
			 (unsigned long long)output->unwritten);
	x0f_ring_info(show->ring, &info);
	if (!info.alive && info.state != X0F_SENSOR_ENDED)
		complain("the sensor was killed, nothing is captured any more");
}

static int open_show(struct show *show, const struct settings *settings,
		     const char *path)
{
	const struct x0f_ring_options options = { .sz = sizeof(options),
						  .from_oldest = true };
	uint32_t format = settings->format ? settings->format - 1 : 0;
	int ret;

	show->settings = settings;
	show->only = settings->only ? settings->only : UINT32_MAX;
	ret = live_output_open(&show->output, settings->output,
			       printer_formats[format], settings->colour);
	if (ret)
		return ret;
	limiter_open(&show->limiter, settings->rate_limit ?
					     settings->rate_limit - 1 :
					     live_output_rate(&show->output));
	ret = first_sight_open(&show->sights);
	if (!ret)
		ret = x0f_ring_open(&show->ring, path, &options);
	if (!ret || ret == -ESHUTDOWN) /* ended already, with nothing to say */
		return EXIT_OK;
	complain("%s: cannot read results: %s", path, error_text(ret));
	return EXIT_SYSTEM;
}

int live_print(const struct settings *settings, const char *segment_path)
{
	static struct show show; /* has the output's buffer inside */
	struct problem problem;
	int ret;

	set_signals();
	memset(&show, 0, sizeof(show));
	ret = open_show(&show, settings, segment_path);
	if (!ret && sensor_become_reader(&problem)) {
		complain("%s", problem.text);
		ret = EXIT_SYSTEM;
	}
	if (!ret && show.ring && await_reader(&show)) {
		if (x0f_ring_unread(show.ring))
			complain("%s: nobody read it, %llu findings were not "
				 "printed",
				 settings->output,
				 (unsigned long long)x0f_ring_unread(
					 show.ring));
	} else if (!ret && show.ring) {
		read_facts(&show);
		/* it is the sensor's end that is an error there */
		if (!show_all(&show))
			ret = SENSOR_NOBODY_READS;
		finish(&show);
	}
	x0f_ring_close(show.ring);
	first_sight_close(&show.sights);
	return ret;
}
