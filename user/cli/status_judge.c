/* SPDX-License-Identifier: MIT */
/*
 * Whether a sensor is well, from what it publishes and nothing else. See
 * status.h.
 */
#include "status.h"

#include "message.h"

#include "../capture/clock.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

/* The supervisor shows ten times a second that it lives. */
#define HEARTBEAT_S 3

/* One wanted packet in so many may be lost. */
#define LOST_ONE_IN 1000

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

/* Adds a reason; the first of the worst kind comes first. */
__attribute__((format(printf, 3, 4))) static void
find(struct sensor_status *status, enum health health, const char *format, ...)
{
	size_t len = strlen(status->reason);
	size_t room = sizeof(status->reason) - len;
	va_list args;

	status->health = health_worse(status->health, health);
	if (len)
		snprintf(status->reason + len, room, ", ");
	len = strlen(status->reason);
	va_start(args, format);
	vsnprintf(status->reason + len, sizeof(status->reason) - len, format,
		  args);
	va_end(args);
}

static void judge_error(struct sensor_status *status)
{
	switch (status->error) {
	case -ESHUTDOWN:
		find(status, HEALTH_CRITICAL,
		     "the sensor is dead, start it again");
		return;
	case -ENOENT:
		find(status, HEALTH_UNKNOWN, "no such sensor");
		return;
	case -EACCES:
	case -EPERM:
		find(status, HEALTH_UNKNOWN,
		     "no right to read its results: use sudo, or start it with "
		     "--group");
		return;
	case -EPROTO:
		find(status, HEALTH_UNKNOWN,
		     "not a sensor's results, or damaged");
		return;
	case -EPROTONOSUPPORT:
		find(status, HEALTH_UNKNOWN,
		     "its results have another version, use its own x0f");
		return;
	default:
		find(status, HEALTH_UNKNOWN, "%s", error_text(status->error));
	}
}

static void judge_life(struct sensor_status *status, uint64_t now_ns)
{
	const struct x0f_ring_info *info = &status->info;

	if (!info->alive) {
		find(status, HEALTH_CRITICAL,
		     "the sensor is dead, start it again");
		return;
	}
	if (info->state == X0F_SENSOR_DEAF ||
	    info->state == X0F_SENSOR_RESTARTING ||
	    info->state == X0F_SENSOR_ENDED)
		find(status, HEALTH_CRITICAL, "it is %s",
		     x0f_sensor_state_name((enum x0f_sensor_state)info->state));
	else if (info->state != X0F_SENSOR_RUNNING)
		find(status, HEALTH_WARNING, "it is %s",
		     x0f_sensor_state_name((enum x0f_sensor_state)info->state));
	if (info->heartbeat_ns &&
	    now_ns > info->heartbeat_ns + HEARTBEAT_S * NS_PER_S)
		find(status, HEALTH_CRITICAL, "no heartbeat for %llu s",
		     (unsigned long long)((now_ns - info->heartbeat_ns) /
					  NS_PER_S));
}

static void judge_books(struct sensor_status *status)
{
	const struct x0f_ring_info *info = &status->info;
	uint64_t lost = accounts_lost(&status->accounts);

	/* labels and restarts stay as they are until a new start */
	if (lost * LOST_ONE_IN > accounts_wanted(&status->accounts))
		find(status, HEALTH_WARNING, "%llu packets lost",
		     (unsigned long long)lost);
	if (info->labels_lost)
		find(status, HEALTH_WARNING,
		     "%u labels lost, restart it to make room",
		     info->labels_lost);
	if (info->restarts)
		find(status, HEALTH_WARNING, "workers died %u times",
		     info->restarts);
	/* what a later one mended is no matter */
	if (info->reload_failures &&
	    (!info->reload_failed_ns ||
	     info->reload_failed_ns > info->reloaded_ns))
		find(status, HEALTH_WARNING,
		     "the last reload failed, generation %u stays in force",
		     info->generation);
}

/* Interfaces are judged where they are read. */
static void read_interfaces(struct sensor_status *status)
{
	struct x0f_segment_interface interface;

	for (uint32_t i = 0; !x0f_ring_interface(status->ring, i, &interface,
						 sizeof(interface));
	     i++) {
		accounts_add_interface(&status->accounts, &interface);
		if (interface.state == X0F_INTERFACE_DEAF)
			find(status, HEALTH_CRITICAL, "%.*s is deaf",
			     (int)sizeof(interface.name), interface.name);
		if (interface.state == X0F_INTERFACE_WAITING)
			find(status, HEALTH_WARNING, "%.*s is waited for",
			     (int)sizeof(interface.name), interface.name);
	}
}

static void read_workers(struct sensor_status *status)
{
	static struct x0f_segment_worker worker; /* 50 KiB */

	for (uint32_t i = 0;
	     !x0f_ring_worker(status->ring, i, &worker, sizeof(worker)); i++)
		accounts_add_worker(&status->accounts, &worker);
}

void status_read(struct sensor_status *status, const char *name,
		 const char *path, uint64_t now_ns)
{
	memset(status, 0, sizeof(*status));
	status->name = name;
	status->info.sz = sizeof(status->info);
	status->error = x0f_ring_open(&status->ring, path, NULL);
	if (status->error) {
		status->ring = NULL;
		judge_error(status);
		return;
	}
	x0f_ring_info(status->ring, &status->info);
	judge_life(status, now_ns);
	read_interfaces(status);
	read_workers(status);
	judge_books(status);
}

void status_close(struct sensor_status *status)
{
	x0f_ring_close(status->ring);
	status->ring = NULL;
}
