/* SPDX-License-Identifier: MIT */
/*
 * From findings to advice: which mode, why, and what to type. A finding that
 * matters for the other mode only becomes information. See check.h. Pure.
 */
#include "check.h"

#include <ctype.h>
#include <linux/if_arp.h>
#include <linux/if.h>
#include <stdio.h>
#include <string.h>

const char *const check_mode_words[CHECK_MODES] = {
	[CAPTURE_INLINE] = "inline",
	[CAPTURE_TAP] = "tap",
};

static enum verdict worse(enum verdict a, enum verdict b)
{
	return a > b ? a : b;
}

/* The first finding that stands in a mode's way. */
static const struct finding *find_obstacle(const struct findings *findings,
					   enum capture_kind mode)
{
	for (uint32_t i = 0; i < findings->count; i++)
		if (findings->items[i].by_mode[mode] == VERDICT_FAIL)
			return &findings->items[i];
	return NULL;
}

static enum capture_kind other(enum capture_kind mode)
{
	return mode == CAPTURE_TAP ? CAPTURE_INLINE : CAPTURE_TAP;
}

/* The better one of those that work; what a sensor has already stays. */
static void choose_mode(struct report *report, const struct subject *subject)
{
	report->preferred = subject_is_mirror(subject) ? CAPTURE_TAP :
							 CAPTURE_INLINE;
	if (report->is_taken)
		report->preferred = check_is_tap(subject->sensor.mode) ?
					    CAPTURE_TAP :
					    CAPTURE_INLINE;
	report->recommended = report->preferred;
	if (!report->is_taken && report->obstacles[report->preferred] &&
	    !report->obstacles[other(report->preferred)])
		report->recommended = other(report->preferred);
}

/* ------------------------------------------------------------- commands -- */

static void make_commands(struct report *report, const struct subject *subject)
{
	uint32_t queues = subject->interface.queues;
	uint32_t cpus = subject->host->cpus;
	char workers[24] = "";

	/* one per queue, at most eight, is what a tap has by itself */
	if (queues > CAPTURE_TAP_WORKERS_MOST)
		queues = CAPTURE_TAP_WORKERS_MOST;
	if (cpus && queues > cpus)
		snprintf(workers, sizeof(workers), "--workers %u ", cpus);
	snprintf(report->commands[CAPTURE_INLINE],
		 sizeof(report->commands[CAPTURE_INLINE]), "%s%s live %s%s%s",
		 check_own_sudo(subject->host, CAPTURE_INLINE), typed_program(),
		 subject->options, subject->name_option, subject->word);
	snprintf(report->commands[CAPTURE_TAP],
		 sizeof(report->commands[CAPTURE_TAP]),
		 "%s%s live %s%s--capture tap %s%s",
		 check_own_sudo(subject->host, CAPTURE_TAP), typed_program(),
		 subject->options, subject->name_option, workers,
		 subject->word);
	if (report->is_taken)
		snprintf(report->command, sizeof(report->command),
			 "%s%s status %s%s", check_sudo(subject->host),
			 typed_program(), subject->run_dir_option,
			 subject->sensor.name);
	else if (!report->obstacles[report->recommended])
		memcpy(report->command, report->commands[report->recommended],
		       sizeof(report->command));
}

/* --------------------------------------------------------------- reason -- */

static const char *give_reason(const struct subject *subject)
{
	const struct examined_link *link = &subject->link;

	if (!subject->interface.is_ethernet)
		return "there are no Ethernet frames here";
	if (subject->interface.hardware == ARPHRD_LOOPBACK)
		return "the host's own connections are here";
	if (subject->guard)
		return "it cannot be told whether the host uses it";
	if (subject_may_wait(subject))
		return "the host may still wait for an address on it";
	if (subject_tc(subject, false))
		return "TC programs of others work here";
	if (link->lower_is_elsewhere)
		return "its other end is in another network namespace";
	return "only a port that gets copies of packets is for a tap";
}

static void tell_reason(struct report *report, const struct subject *subject)
{
	const struct finding *obstacle = report->obstacles[report->preferred];
	char *text = report->reason;
	size_t size = sizeof(report->reason);

	if (report->is_taken)
		snprintf(text, size, "sensor %s listens here already",
			 subject->sensor.name);
	else if (report->recommended != report->preferred)
		snprintf(text, size, "%s is not possible, see %s",
			 check_mode_words[report->preferred], obstacle->name);
	else if (report->recommended == CAPTURE_TAP)
		snprintf(text, size,
			 "nothing of the host uses it, as with a "
			 "mirror port");
	else if (subject->guard_reason[0] && subject->interface.is_ethernet)
		snprintf(text, size, "the host uses it: it %s",
			 subject->guard_reason);
	else
		snprintf(text, size, "%s", give_reason(subject));
}

/* ------------------------------------------------------------- verdicts -- */

static enum verdict settle(const struct finding *finding,
			   const struct report *report)
{
	enum verdict verdict = finding->by_mode[report->recommended];

	/* what keeps from the better mode deserves a look */
	if (report->recommended != report->preferred &&
	    finding->by_mode[report->preferred] == VERDICT_FAIL)
		return worse(verdict, VERDICT_WARN);
	/* it works already, for that sensor */
	if (report->is_taken && !strcmp(finding->name, "sensor"))
		return VERDICT_OK;
	return verdict;
}

/* A command that would only help the other mode is no advice. */
static void drop_fix(struct finding *finding, const struct report *report)
{
	enum verdict here = finding->by_mode[report->recommended];

	if (finding->verdict <= VERDICT_OK && strcmp(finding->name, "sensor") &&
	    finding->by_mode[other(report->recommended)] > here)
		finding->fix[0] = '\0';
}

void report_fill(struct report *report, const struct subject *subject,
		 const struct findings *host)
{
	memset(report, 0, sizeof(*report));
	snprintf(report->name, sizeof(report->name), "%s",
		 subject->interface.name);
	report->exists = true;
	report->is_taken = subject->sensor.name[0];
	judge_place(&report->findings, subject);
	judge_programs(&report->findings, subject);
	judge_card(&report->findings, subject);
	for (int i = 0; i < CHECK_MODES; i++) {
		enum capture_kind mode = (enum capture_kind)i;

		report->obstacles[i] = find_obstacle(host, mode);
		if (!report->obstacles[i])
			report->obstacles[i] = find_obstacle(&report->findings,
							     mode);
	}
	choose_mode(report, subject);
	make_commands(report, subject);
	tell_reason(report, subject);
	for (uint32_t i = 0; i < report->findings.count; i++) {
		struct finding *finding = &report->findings.items[i];

		finding->verdict = settle(finding, report);
		drop_fix(finding, report);
		report->worst = worse(report->worst, finding->verdict);
	}
}

/* A name that could be one goes into a command as it is. */
static bool can_be_waited_for(const char *name)
{
	if (!name[0] || name[0] == '-' || strlen(name) >= IFNAMSIZ)
		return false;
	for (; *name; name++)
		if (!isalnum((unsigned char)*name) && !strchr("_.-@:", *name))
			return false;
	return true;
}

void report_missing(struct report *report, const char *name, const char *text,
		    const char *nearest, const struct subject *subject)
{
	const char *sudo = check_own_sudo(subject->host, CAPTURE_INLINE);
	struct finding *finding;
	char word[CHECK_WORD];

	memset(report, 0, sizeof(*report));
	snprintf(report->name, sizeof(report->name), "%s", name);
	snprintf(report->reason, sizeof(report->reason),
		 "there is no such "
		 "interface");
	finding = finding_add(&report->findings, "interface", VERDICT_FAIL,
			      VERDICT_FAIL, "%s", text);
	typed_quote(word, sizeof(word), nearest);
	if (nearest[0])
		finding_fix(finding, "%s%s check %s%s", sudo, typed_program(),
			    subject->options, word);
	else if (can_be_waited_for(name))
		finding_fix(finding, "%s%s live --wait-interface %s%s", sudo,
			    typed_program(), subject->options, name);
	else
		finding_look(finding, "%sip -br link", subject->prefix);
	finding->verdict = VERDICT_FAIL;
	report->obstacles[CAPTURE_INLINE] = finding;
	report->obstacles[CAPTURE_TAP] = finding;
	report->worst = VERDICT_FAIL;
}

enum verdict report_end(struct findings *host, const struct report *reports,
			uint32_t count)
{
	enum verdict worst = VERDICT_OK;

	for (uint32_t r = 0; r < count; r++)
		worst = worse(worst, reports[r].worst);
	for (uint32_t i = 0; i < host->count; i++) {
		struct finding *finding = &host->items[i];
		bool is_needed = false;

		finding->verdict = VERDICT_INFO;
		for (uint32_t r = 0; r < count; r++) {
			if (!reports[r].exists)
				continue;
			is_needed = true;
			finding->verdict = worse(finding->verdict,
						 settle(finding, &reports[r]));
		}
		if (!is_needed) /* no interface that would say which mode */
			finding->verdict = finding->by_mode[CAPTURE_INLINE];
		/* what only another mode minds */
		if (finding->verdict == VERDICT_INFO &&
		    finding->by_mode[CAPTURE_TAP] != VERDICT_INFO)
			finding->fix[0] = '\0';
		worst = worse(worst, finding->verdict);
	}
	return worst;
}
