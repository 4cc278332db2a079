/* SPDX-License-Identifier: MIT */
/* See health.h. One thread. */
#include "health.h"

#include "message.h"

#include "../capture/clock.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

/* The supervisor shows ten times a second that it lives. */
#define HEARTBEAT_S 3

const char *health_word(enum health health)
{
	static const char *const words[] = { "OK", "WARNING", "CRITICAL",
					     "UNKNOWN" };

	return words[health];
}

/* What is known to be bad is worse than what is not known. */
enum health health_worse(enum health a, enum health b)
{
	static const int ranks[] = {
		[HEALTH_OK] = 0,
		[HEALTH_UNKNOWN] = 1,
		[HEALTH_WARNING] = 2,
		[HEALTH_CRITICAL] = 3,
	};

	return ranks[a] > ranks[b] ? a : b;
}

void health_find(struct health_report *report, enum health health,
		 const char *format, ...)
{
	size_t len = strlen(report->reason);
	va_list args;

	report->health = health_worse(report->health, health);
	if (len)
		snprintf(report->reason + len, sizeof(report->reason) - len,
			 ", ");
	len = strlen(report->reason);
	va_start(args, format);
	vsnprintf(report->reason + len, sizeof(report->reason) - len, format,
		  args);
	va_end(args);
}

void health_of_error(struct health_report *report, int error)
{
	switch (error) {
	case -ESHUTDOWN:
		health_find(report, HEALTH_CRITICAL,
			    "the sensor is dead, start it again, or x0f stop "
			    "NAME to forget it");
		return;
	case -ENOENT:
		health_find(report, HEALTH_UNKNOWN, "no such sensor");
		return;
	case -EACCES:
	case -EPERM:
		health_find(report, HEALTH_UNKNOWN,
			    "no right to read its results: use sudo, or start "
			    "it with --group");
		return;
	case -EPROTO:
		health_find(report, HEALTH_UNKNOWN,
			    "not a sensor's results, or damaged");
		return;
	case -EPROTONOSUPPORT:
		health_find(report, HEALTH_UNKNOWN,
			    "its results have another version, use its own "
			    "x0f");
		return;
	default:
		health_find(report, HEALTH_UNKNOWN, "%s", error_text(error));
	}
}

/* Then it says so itself, with the reason. */
static bool has_deaf_interface(const struct x0f_ring *ring)
{
	struct x0f_segment_interface interface;

	for (uint32_t i = 0;
	     !x0f_ring_interface(ring, i, &interface, sizeof(interface)); i++)
		if (interface.state == X0F_INTERFACE_DEAF)
			return true;
	return false;
}

static void judge_state(struct health_report *report,
			const struct x0f_ring *ring,
			enum x0f_sensor_state state)
{
	if (state == X0F_SENSOR_DEAF && has_deaf_interface(ring))
		return;
	switch (state) {
	case X0F_SENSOR_RUNNING:
		return;
	case X0F_SENSOR_DEAF:
	case X0F_SENSOR_RESTARTING:
	case X0F_SENSOR_ENDED:
		health_find(report, HEALTH_CRITICAL, "it is %s",
			    x0f_sensor_state_name(state));
		return;
	default:
		health_find(report, HEALTH_WARNING, "it is %s",
			    x0f_sensor_state_name(state));
	}
}

static void judge_life(struct health_report *report,
		       const struct x0f_ring *ring,
		       const struct x0f_ring_info *info, uint64_t now_ns)
{
	judge_state(report, ring, (enum x0f_sensor_state)info->state);
	if (info->heartbeat_ns &&
	    now_ns > info->heartbeat_ns + HEARTBEAT_S * NS_PER_S)
		health_find(report, HEALTH_CRITICAL, "no heartbeat for %llu s",
			    (unsigned long long)((now_ns - info->heartbeat_ns) /
						 NS_PER_S));
}

/* Why, where the last problem is this interface's: "eth0: what is wrong". */
static const char *find_cause(const struct x0f_ring_info *info,
			      const struct x0f_segment_interface *interface)
{
	size_t len = strnlen(interface->name, sizeof(interface->name));
	const char *problem = info->last_problem;

	if (!len || strncmp(problem, interface->name, len) != 0 ||
	    strncmp(problem + len, ": ", 2) != 0)
		return "";
	return problem + len;
}

static void find_deaf(struct health_report *report,
		      const struct x0f_ring_info *info,
		      const struct x0f_segment_interface *interface)
{
	health_find(report, HEALTH_CRITICAL, "%.*s is deaf (%llu s in all)%s",
		    (int)sizeof(interface->name), interface->name,
		    (unsigned long long)(interface->deaf_ns / NS_PER_S),
		    find_cause(info, interface));
}

/*
 * A mirror with the cable out is blind, though nothing is wrong here. States
 * that a newer sensor may have are not judged.
 */
static void judge_interface(struct health_report *report,
			    const struct x0f_ring_info *info,
			    const struct x0f_segment_interface *interface)
{
	const int len = (int)sizeof(interface->name);

	switch ((enum x0f_interface_state)interface->state) {
	case X0F_INTERFACE_UP:
	case X0F_INTERFACE_DOWN:
		if (interface->mode == X0F_MODE_NONE)
			health_find(report, HEALTH_WARNING,
				    "%.*s is not attached", len,
				    interface->name);
		else if (interface->state == X0F_INTERFACE_DOWN)
			health_find(report, HEALTH_WARNING, "%.*s has no link",
				    len, interface->name);
		return;
	case X0F_INTERFACE_DEAF:
		find_deaf(report, info, interface);
		return;
	case X0F_INTERFACE_WAITING:
		health_find(report, HEALTH_WARNING, "%.*s is waited for", len,
			    interface->name);
		return;
	}
}

static void read_interfaces(struct health_report *report, struct x0f_ring *ring,
			    const struct x0f_ring_info *info,
			    struct accounts *accounts)
{
	struct x0f_segment_interface interface;

	for (uint32_t i = 0;
	     !x0f_ring_interface(ring, i, &interface, sizeof(interface)); i++) {
		accounts_add_interface(accounts, &interface);
		judge_interface(report, info, &interface);
	}
}

static void read_workers(struct x0f_ring *ring, struct accounts *accounts)
{
	static struct x0f_segment_worker worker; /* the labels are not read */
	const size_t head = offsetof(struct x0f_segment_worker, labels);

	for (uint32_t i = 0; !x0f_ring_worker(ring, i, &worker, head); i++)
		accounts_add_worker(accounts, &worker);
}

void health_of_sensor(struct health_report *report, struct x0f_ring *ring,
		      struct accounts *accounts, uint64_t now_ns)
{
	struct x0f_ring_info info = { .sz = sizeof(info) };

	x0f_ring_info(ring, &info);
	if (info.alive)
		judge_life(report, ring, &info, now_ns);
	else
		health_of_error(report, -ESHUTDOWN);
	read_interfaces(report, ring, &info, accounts);
	read_workers(ring, accounts);
}

void health_of_past(struct health_report *report,
		    const struct x0f_ring_info *info,
		    const struct accounts *accounts)
{
	uint64_t lost = accounts_lost(accounts);

	/* labels and restarts stay as they are until a new start */
	if (lost * HEALTH_LOST_ONE_IN > accounts_wanted(accounts))
		health_find(report, HEALTH_WARNING, "%llu packets lost",
			    (unsigned long long)lost);
	if (info->labels_lost)
		health_find(report, HEALTH_WARNING,
			    "%u labels lost, restart it to make room",
			    info->labels_lost);
	if (info->restarts)
		health_find(report, HEALTH_WARNING, "workers died %u times",
			    info->restarts);
	/* what a later one mended is no matter */
	if (info->reload_failures &&
	    (!info->reload_failed_ns ||
	     info->reload_failed_ns > info->reloaded_ns))
		health_find(
			report, HEALTH_WARNING,
			"the last reload failed, generation %u stays in force",
			info->generation);
}
