/* SPDX-License-Identifier: MIT */
/* See notify.h; sd_notify(3) and sd_watchdog_enabled(3) are the contract. */
#include "notify.h"
#include "../capture/clock.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>
#include <unistd.h>

/* A line of status, and what is said along with it */
enum { STATUS_BYTES = 512, MESSAGE_BYTES = STATUS_BYTES + 64 };

/* A manager that does not read for so long misses what we say. */
enum { WAIT_MS = 100 };

static struct {
	int fd; /* -1: nobody listens */
	struct sockaddr_un address;
	socklen_t address_len;
	uint64_t interval_ms; /* half of the watchdog's; 0: there is none */
	uint64_t told_ms;
} notify = { .fd = -1 };

/* An absolute path, or @name: abstract, of this network namespace. */
static bool set_address(const char *path)
{
	size_t len = strlen(path);

	if ((path[0] != '/' && path[0] != '@') || len < 2 ||
	    len >= sizeof(notify.address.sun_path))
		return false;
	notify.address.sun_family = AF_UNIX;
	memcpy(notify.address.sun_path, path, len);
	notify.address_len =
		(socklen_t)(offsetof(struct sockaddr_un, sun_path) + len);
	if (path[0] == '@')
		notify.address.sun_path[0] = '\0';
	return true;
}

/* 0: none, or it is meant for somebody else. */
static uint64_t read_interval_ms(void)
{
	const char *usec = getenv("WATCHDOG_USEC");
	const char *pid = getenv("WATCHDOG_PID");

	if (!usec || (pid && strtol(pid, NULL, 10) != getpid()))
		return 0;
	return strtoull(usec, NULL, 10) / 2 / 1000;
}

void notify_open(void)
{
	const struct timeval wait = { .tv_usec = WAIT_MS * 1000 };
	const char *path = getenv("NOTIFY_SOCKET");

	if (path && set_address(path)) {
		notify.fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
		setsockopt(notify.fd, SOL_SOCKET, SO_SNDTIMEO, &wait,
			   sizeof(wait));
		notify.interval_ms = read_interval_ms();
	}
	unsetenv("NOTIFY_SOCKET");
	unsetenv("WATCHDOG_USEC");
	unsetenv("WATCHDOG_PID");
}

void notify_close(void)
{
	if (notify.fd >= 0)
		close(notify.fd);
	notify.fd = -1;
}

/* False: it was not heard, which nobody can help. */
static bool tell(const char *message)
{
	return notify.fd >= 0 &&
	       sendto(notify.fd, message, strlen(message), MSG_NOSIGNAL,
		      (const struct sockaddr *)&notify.address,
		      notify.address_len) >= 0;
}

/* A file's name in the status must not become a second assignment. */
static void tell_status(const char *state, const char *status)
{
	char message[MESSAGE_BYTES];
	char line[STATUS_BYTES];

	snprintf(line, sizeof(line), "%s", status);
	for (char *c = line; *c; c++)
		if ((unsigned char)*c < 0x20)
			*c = ' ';
	snprintf(message, sizeof(message), "%sSTATUS=%s", state, line);
	tell(message);
}

void notify_ready(const char *status)
{
	tell_status("READY=1\n", status);
}

/* The time is for Type=notify-reload (systemd 253), others leave it. */
void notify_reloading(void)
{
	char message[MESSAGE_BYTES];

	snprintf(message, sizeof(message),
		 "RELOADING=1\nMONOTONIC_USEC=%llu\nSTATUS=reading the "
		 "signatures",
		 (unsigned long long)(clock_ns() / 1000));
	tell(message);
}

void notify_stopping(void)
{
	tell("STOPPING=1\nSTATUS=stopping");
}

void notify_status(const char *status)
{
	tell_status("", status);
}

void notify_alive(void)
{
	uint64_t now_ms = clock_ms();

	if (!notify.interval_ms || now_ms < notify.told_ms + notify.interval_ms)
		return;
	if (tell("WATCHDOG=1"))
		notify.told_ms = now_ms;
}
