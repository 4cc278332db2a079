/* SPDX-License-Identifier: MIT */
/*
 * The web server of an exporter: what libmicrohttpd calls and is told. It runs
 * in the caller's thread, whenever the caller lets it. Whoever can connect may
 * ask, so nothing a client does or leaves undone may keep others waiting: all
 * that it can hold is bounded, also in time.
 */
#ifndef X0F_CLI_EXPORTER_HTTP_H
#define X0F_CLI_EXPORTER_HTTP_H

#include "exporter_sensors.h"

/* Connections; each has one answer in memory, 1 MiB of the largest. */
#define HTTP_CLIENTS 64

/* Of one address, but not where all are local: they all have one. */
#define HTTP_CLIENTS_PER_ADDRESS 48

/*
 * With so many that have not asked yet, these have only so long: whoever comes
 * waits behind them, asks at once, and is served.
 */
#define HTTP_SILENT 32
#define HTTP_SILENT_MS 100

/* From the connection to its end: Prometheus waits 10 s, too. */
#define HTTP_DEADLINE_MS 10000

/* With so many, all have only so long: somebody else may want to ask. */
#define HTTP_CROWD 48
#define HTTP_CROWD_MS 1000

/* Headers and all else that libmicrohttpd keeps of a request */
#define HTTP_REQUEST_BYTES (16u << 10)

struct http_client {
	int fd;		/* -1: free */
	bool has_asked; /* all of its request is here */
	uint64_t since_ns;
};

struct MHD_Daemon;

struct http {
	struct MHD_Daemon *daemon;
	struct watched *watched;
	int fd; /* to be polled for POLLIN */
	struct http_client clients[HTTP_CLIENTS];
	uint32_t client_count;
};

/*
 * Loads libmicrohttpd, which only an exporter needs: linked, it and nine
 * libraries below it would come into each process, that of root too. Complains
 * and returns false where it is not installed. Before http_open().
 */
bool http_load(void);

/*
 * listener: a listening socket that does not block, closed by http_close().
 * is_local: it listens to this host only. Returns 0 or a negative errno.
 */
int http_open(struct http *http, int listener, bool is_local,
	      struct watched *watched);
void http_close(struct http *http);

/* Milliseconds until http_run() is due though nothing happens; -1: never. */
int http_wait_ms(const struct http *http);

/* Does what there is to do; never waits. */
void http_run(struct http *http);

#endif
