/* SPDX-License-Identifier: MIT */
/*
 * x0f exporter: serves what the sensors of a host counted to Prometheus, and
 * how they are to whoever looks after services. Its own process, without any
 * rights; reads what the sensors publish and nothing else. One thread.
 */
#define _GNU_SOURCE
#include "command.h"
#include "exporter_http.h"
#include "interrupt.h"
#include "message.h"

#include "../capture/clock.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

/*
 * Below the ports that the kernel gives to connections, and nobody's: those
 * from 9100 on, where exporters are, are all taken.
 */
#define DEFAULT_LISTEN "127.0.0.1:19610"

/* Connections that the kernel keeps until they are taken */
#define BACKLOG 1024

struct address {
	union {
		struct sockaddr any;
		struct sockaddr_in v4;
		struct sockaddr_in6 v6;
	};
	socklen_t len;
	char text[INET6_ADDRSTRLEN + 16]; /* as in a URL */
};

/* ----------------------------------------------------------- addresses -- */

/* Splits ADDRESS:PORT or [ADDRESS]:PORT; false: it is neither. */
static bool split(const char *text, char *host, size_t size, const char **port)
{
	const char *colon = strrchr(text, ':');
	const char *end = colon;

	if (!colon)
		return false;
	if (text[0] == '[') {
		text++;
		if (end == text || *--end != ']')
			return false;
	}
	if ((size_t)(end - text) >= size)
		return false;
	memcpy(host, text, (size_t)(end - text));
	host[end - text] = '\0';
	*port = colon + 1;
	return true;
}

static bool read_port(const char *text, uint16_t *port)
{
	unsigned long number;
	char *end;

	if (!text[0] || strlen(text) > 5 ||
	    strspn(text, "0123456789") != strlen(text))
		return false;
	number = strtoul(text, &end, 10);
	*port = (uint16_t)number;
	return number <= UINT16_MAX;
}

static bool read_address(struct address *address, const char *text)
{
	const bool is_v6 = text[0] == '[';
	char host[INET6_ADDRSTRLEN + 1];
	const char *port_text;
	uint16_t port;

	memset(address, 0, sizeof(*address));
	if (!split(text, host, sizeof(host), &port_text) ||
	    !read_port(port_text, &port))
		return false;
	if (is_v6) {
		address->v6.sin6_family = AF_INET6;
		address->v6.sin6_port = htons(port);
		address->len = sizeof(address->v6);
		return inet_pton(AF_INET6, host, &address->v6.sin6_addr) == 1;
	}
	address->v4.sin_family = AF_INET;
	address->v4.sin_port = htons(port);
	address->len = sizeof(address->v4);
	return inet_pton(AF_INET,
			 strcmp(host, "localhost") ? host : "127.0.0.1",
			 &address->v4.sin_addr) == 1;
}

/* Whoever comes there is of this host. */
static bool is_loopback(const struct address *address)
{
	if (address->any.sa_family == AF_INET6)
		return IN6_IS_ADDR_LOOPBACK(&address->v6.sin6_addr);
	return ntohl(address->v4.sin_addr.s_addr) >> 24 == IN_LOOPBACKNET;
}

/* What the kernel made of it: port 0 is any that is free. */
static void name_address(struct address *address, int fd)
{
	char host[INET6_ADDRSTRLEN];

	getsockname(fd, &address->any, &address->len);
	if (address->any.sa_family == AF_INET6)
		snprintf(address->text, sizeof(address->text), "[%s]:%u",
			 inet_ntop(AF_INET6, &address->v6.sin6_addr, host,
				   sizeof(host)),
			 ntohs(address->v6.sin6_port));
	else
		snprintf(address->text, sizeof(address->text), "%s:%u",
			 inet_ntop(AF_INET, &address->v4.sin_addr, host,
				   sizeof(host)),
			 ntohs(address->v4.sin_port));
}

static int complain_of_address(const char *text, int error)
{
	switch (error) {
	case EADDRINUSE:
		complain("%s is in use: is an exporter running already? choose "
			 "another with --listen ADDRESS:PORT",
			 text);
		return EXIT_TEMPORARY;
	case EACCES:
	case EPERM:
		complain("no right to listen on %s: take a port from 1024 on",
			 text);
		return EXIT_NO_RIGHTS;
	case EADDRNOTAVAIL:
		complain("%s is no address of this host", text);
		return EXIT_UNAVAILABLE;
	default:
		complain("cannot listen on %s: %s", text, error_text(error));
		return EXIT_UNAVAILABLE;
	}
}

/* Returns the socket, or -1 with the exit code. */
static int listen_at(struct address *address, const char *text, int *code)
{
	const int on = 1;
	int fd = socket(address->any.sa_family,
			SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);

	if (fd < 0) {
		*code = complain_of_address(text, errno);
		return -1;
	}
	/* connections of the one before us may still be ending */
	setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
	if (bind(fd, &address->any, address->len) || listen(fd, BACKLOG)) {
		*code = complain_of_address(text, errno);
		close(fd);
		return -1;
	}
	name_address(address, fd);
	return fd;
}

/* ---------------------------------------------------------------- loop -- */

/* The smaller one of two times to wait, of which -1 is none. */
static int sooner(int a, int b)
{
	if (a < 0 || b < 0)
		return a < 0 ? b : a;
	return a < b ? a : b;
}

static int until(uint64_t then_ms, uint64_t now_ms)
{
	return then_ms > now_ms ? (int)(then_ms - now_ms) : 0;
}

/* Signals come only while it waits, so none comes between look and wait. */
static void serve(struct http *http, struct watched *watched,
		  const sigset_t *while_waiting)
{
	struct pollfd fd = { .fd = http->fd, .events = POLLIN };
	uint64_t look_ms = 0;

	while (!interrupted()) {
		uint64_t now_ms = clock_ms();
		struct timespec wait;
		int ms;

		if (now_ms >= look_ms) {
			watched_look(watched);
			look_ms = now_ms + WATCHED_SAMPLE_MS;
		}
		ms = sooner(http_wait_ms(http), until(look_ms, now_ms));
		wait.tv_sec = ms / 1000;
		wait.tv_nsec = ms % 1000 * (long)NS_PER_MS;
		ppoll(&fd, 1, &wait, while_waiting);
		if (!interrupted())
			http_run(http);
	}
}

static void hold_signals(sigset_t *before)
{
	sigset_t held;

	sigemptyset(&held);
	sigaddset(&held, SIGINT);
	sigaddset(&held, SIGTERM);
	sigaddset(&held, SIGHUP);
	sigprocmask(SIG_BLOCK, &held, before);
}

static int run_server(const struct settings *settings, int listener,
		      const struct address *address)
{
	static struct watched watched; /* 150 KiB */
	struct http http;
	sigset_t before;
	int err;

	hold_signals(&before);
	interrupt_watch();
	watched_open(&watched, sensors_run_dir(settings), settings->name);
	err = http_open(&http, listener, is_loopback(address), &watched);
	if (err) {
		complain("cannot start the web server: %s", error_text(err));
		return EXIT_SYSTEM;
	}
	inform("metrics of the sensors in %s: http://%s/metrics",
	       watched.run_dir, address->text);
	serve(&http, &watched, &before);
	http_close(&http);
	watched_close(&watched);
	return EXIT_OK;
}

static int check_name(const struct settings *settings)
{
	const char *name = settings->name;
	int ret;

	if (!name || sensor_name_is_fine(name))
		return EXIT_OK;
	ret = option_mistake(settings, "name");
	/* the first line does not say where it stands */
	if (ret == EXIT_CONFIG)
		complain("%s '%s': cannot be used",
			 option_given(settings, "name").text, name);
	return ret;
}

static int run(const struct settings *settings, int argc, char **argv)
{
	const char *text = settings->listen ? settings->listen : DEFAULT_LISTEN;
	struct address address;
	int code = EXIT_OK;
	int listener;

	(void)argc;
	(void)argv;
	code = check_name(settings);
	if (code)
		return code;
	if (!read_address(&address, text)) {
		complain("%s: '%s' is no ADDRESS:PORT, such as "
			 "127.0.0.1:19610 or [::1]:19610",
			 option_given(settings, "listen").text, text);
		return option_mistake(settings, "listen");
	}
	if (settings->check_config)
		return EXIT_OK;
	if (!http_load())
		return EXIT_UNAVAILABLE;
	listener = listen_at(&address, text, &code);
	if (listener < 0)
		return code;
	return run_server(settings, listener, &address);
}

const struct command command_exporter = {
	.name = "exporter",
	.area = AREA_OPERATE,
	.operands = "",
	.bit = COMMAND_EXPORTER,
	.summary = "serve the counters of all sensors to Prometheus",
	.description =
		"Serves what the sensors of this host counted, those that "
		"start later too: /metrics for Prometheus; /readyz says 200 "
		"while each sensor is alive, attached, not deaf, and lost at "
		"most 1 % of what it wanted in the last 10 to 20 s, else 503 "
		"and why; /healthz says 200 while this exporter answers. It "
		"needs no right but to read the results of the sensors: give "
		"them a --group, and run it as a user of that. Nobody is asked "
		"for a password: it listens on this host only, unless told "
		"otherwise. SIGTERM ends it, with 0. Exit code 69 when it "
		"cannot listen there, or libmicrohttpd, which serves, is not "
		"installed, 75 when the port is in use.",
	.examples = {
		{ "x0f exporter",
		  "counters at http://127.0.0.1:19610/metrics" },
		{ "x0f exporter --listen [::]:19610 --name eth0",
		  "one sensor, for all who can reach this host" },
	},
	.run = run,
};
