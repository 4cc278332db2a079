/* SPDX-License-Identifier: MIT */
/* See exporter_http.h. One thread. */
#include "exporter_http.h"
#include "message.h"

#include "../capture/clock.h"

#include <dlfcn.h>
#include <errno.h>
#include <microhttpd.h>
#include <stddef.h>
#include <string.h>
#include <sys/socket.h>

#define TYPE_TEXT "text/plain; charset=utf-8"

static const char landing_page[] =
	"<!DOCTYPE html>\n"
	"<html lang=\"en\"><head><meta charset=\"utf-8\">"
	"<title>x0f exporter</title></head><body>\n"
	"<h1>x0f exporter</h1>\n"
	"<p>What the x0f sensors of this host counted.</p>\n"
	"<ul>\n"
	"<li><a href=\"/metrics\">/metrics</a>: for Prometheus</li>\n"
	"<li><a href=\"/readyz\">/readyz</a>: is each sensor alive, attached, "
	"and losing hardly anything?</li>\n"
	"<li><a href=\"/healthz\">/healthz</a>: does this exporter answer?"
	"</li>\n"
	"</ul>\n"
	"</body></html>\n";

/* ------------------------------------------------------ libmicrohttpd -- */

#define LIBRARY "libmicrohttpd.so.12"

/* Its functions, by the types of its header and without "MHD_" */
#define FUNCTIONS(DO)                   \
	DO(add_response_header)         \
	DO(create_response_from_buffer) \
	DO(destroy_response)            \
	DO(get_connection_info)         \
	DO(get_daemon_info)             \
	DO(get_timeout)                 \
	DO(queue_response)              \
	DO(run)                         \
	DO(start_daemon)                \
	DO(stop_daemon)

#define MEMBER(name) __typeof__(MHD_##name) *name;
#define ROW(name) { "MHD_" #name, offsetof(struct library, name) },

static struct library {
	FUNCTIONS(MEMBER)
} mhd;

static const struct {
	const char *name;
	size_t offset;
} functions[] = { FUNCTIONS(ROW) };

bool http_load(void)
{
	void *library = dlopen(LIBRARY, RTLD_NOW | RTLD_LOCAL);

	for (size_t i = 0; i < sizeof(functions) / sizeof(functions[0]); i++) {
		void *function = library ? dlsym(library, functions[i].name) :
					   NULL;

		if (!function) {
			complain("x0f exporter needs " LIBRARY
				 ": install libmicrohttpd12 (%s)",
				 dlerror());
			return false;
		}
		memcpy((char *)&mhd + functions[i].offset, &function,
		       sizeof(function));
	}
	return true;
}

/* ------------------------------------------------------------ answers -- */

/* Fills the body; returns the status. */
static unsigned int write_landing(struct watched *watched, struct output *out)
{
	(void)watched;
	output_text(out, landing_page);
	return MHD_HTTP_OK;
}

static unsigned int write_metrics(struct watched *watched, struct output *out)
{
	watched_look(watched);
	return watched_write_metrics(watched, out) ?
		       MHD_HTTP_SERVICE_UNAVAILABLE :
		       MHD_HTTP_OK;
}

static unsigned int write_healthz(struct watched *watched, struct output *out)
{
	(void)watched;
	output_text(out, "ok\n");
	return MHD_HTTP_OK;
}

static unsigned int write_readyz(struct watched *watched, struct output *out)
{
	watched_look(watched);
	watched_write_ready(watched, out);
	return watched_is_ready(watched) ? MHD_HTTP_OK :
					   MHD_HTTP_SERVICE_UNAVAILABLE;
}

static unsigned int write_not_found(struct watched *watched, struct output *out)
{
	(void)watched;
	output_text(out, "not here, see /\n");
	return MHD_HTTP_NOT_FOUND;
}

static unsigned int write_not_allowed(struct watched *watched,
				      struct output *out)
{
	(void)watched;
	output_text(out, "only GET and HEAD\n");
	return MHD_HTTP_METHOD_NOT_ALLOWED;
}

struct page {
	const char *path;
	const char *type;
	unsigned int (*write)(struct watched *watched, struct output *out);
};

static const struct page pages[] = {
	{ "/", "text/html; charset=utf-8", write_landing },
	{ "/metrics", "text/plain; version=0.0.4; charset=utf-8",
	  write_metrics },
	{ "/healthz", TYPE_TEXT, write_healthz },
	{ "/readyz", "application/json", write_readyz },
};

static const struct page not_found = { "", TYPE_TEXT, write_not_found };
static const struct page not_allowed = { "", TYPE_TEXT, write_not_allowed };

static const struct page *find_page(const char *path)
{
	for (size_t i = 0; i < sizeof(pages) / sizeof(pages[0]); i++)
		if (!strcmp(pages[i].path, path))
			return &pages[i];
	return &not_found;
}

/* The body's memory goes to the response. NULL: no memory. */
static struct MHD_Response *make_response(struct watched *watched,
					  const struct page *page,
					  unsigned int *status)
{
	static struct output out; /* has its buffer inside */
	struct MHD_Response *response = NULL;

	output_open(&out, -1);
	*status = page->write(watched, &out);
	if (!output_flush(&out))
		response = mhd.create_response_from_buffer(
			out.held_len, out.held, MHD_RESPMEM_MUST_FREE);
	if (!response)
		output_free(&out);
	return response;
}

/* A connection serves one request, so that its deadline is that one's. */
static void add_headers(struct MHD_Response *response, const struct page *page)
{
	mhd.add_response_header(response, MHD_HTTP_HEADER_CONTENT_TYPE,
				page->type);
	mhd.add_response_header(response, MHD_HTTP_HEADER_CONNECTION, "close");
	mhd.add_response_header(response, MHD_HTTP_HEADER_CACHE_CONTROL,
				"no-store");
	mhd.add_response_header(response, "X-Content-Type-Options", "nosniff");
	mhd.add_response_header(response, "Content-Security-Policy",
				"default-src 'none'");
	if (page == &not_allowed)
		mhd.add_response_header(response, MHD_HTTP_HEADER_ALLOW,
					"GET, HEAD");
}

static void note_request(struct MHD_Connection *connection)
{
	const union MHD_ConnectionInfo *info = mhd.get_connection_info(
		connection, MHD_CONNECTION_INFO_SOCKET_CONTEXT);
	struct http_client *client = info ? info->socket_context : NULL;

	if (client)
		client->has_asked = true;
}

static enum MHD_Result answer(void *ctx, struct MHD_Connection *connection,
			      const char *url, const char *method,
			      const char *version, const char *upload_data,
			      size_t *upload_data_size, void **request)
{
	struct http *http = ctx;
	const struct page *page = &not_allowed;
	struct MHD_Response *response;
	enum MHD_Result result;
	unsigned int status;

	(void)version;
	(void)upload_data;
	(void)upload_data_size;
	(void)request;
	note_request(connection);
	if (!strcmp(method, MHD_HTTP_METHOD_GET) ||
	    !strcmp(method, MHD_HTTP_METHOD_HEAD))
		page = find_page(url);
	response = make_response(http->watched, page, &status);
	if (!response)
		return MHD_NO;
	add_headers(response, page);
	result = mhd.queue_response(connection, status, response);
	mhd.destroy_response(response);
	return result;
}

/* -------------------------------------------------------- connections -- */

static void begin_client(struct http *http, struct MHD_Connection *connection,
			 void **context)
{
	const union MHD_ConnectionInfo *info = mhd.get_connection_info(
		connection, MHD_CONNECTION_INFO_CONNECTION_FD);

	*context = NULL;
	for (uint32_t i = 0; info && i < HTTP_CLIENTS; i++) {
		struct http_client *client = &http->clients[i];

		if (client->fd >= 0)
			continue;
		*client = (struct http_client){ .fd = info->connect_fd,
						.since_ns = clock_ns() };
		http->client_count++;
		*context = client;
		return;
	}
}

static void end_client(struct http *http, struct http_client *client)
{
	if (!client)
		return;
	client->fd = -1;
	http->client_count--;
}

static void notify(void *ctx, struct MHD_Connection *connection, void **context,
		   enum MHD_ConnectionNotificationCode what)
{
	if (what == MHD_CONNECTION_NOTIFY_STARTED)
		begin_client(ctx, connection, context);
	else
		end_client(ctx, *context);
}

static bool has_silent_crowd(const struct http *http)
{
	uint32_t silent = 0;

	for (uint32_t i = 0; i < HTTP_CLIENTS; i++)
		silent += http->clients[i].fd >= 0 &&
			  !http->clients[i].has_asked;
	return silent >= HTTP_SILENT;
}

/* libmicrohttpd finds the end and cleans up, in its next turn. */
static void hang_up_late(struct http *http)
{
	uint64_t now_ns = clock_ns();
	uint64_t most_ms = http->client_count < HTTP_CROWD ? HTTP_DEADLINE_MS :
							     HTTP_CROWD_MS;
	uint64_t silent_ms = has_silent_crowd(http) ? HTTP_SILENT_MS : most_ms;

	for (uint32_t i = 0; i < HTTP_CLIENTS; i++) {
		const struct http_client *client = &http->clients[i];
		uint64_t ms = client->has_asked ? most_ms : silent_ms;

		if (client->fd >= 0 &&
		    now_ns - client->since_ns > ms * NS_PER_MS)
			shutdown(client->fd, SHUT_RDWR);
	}
}

/* --------------------------------------------------------- the server -- */

int http_open(struct http *http, int listener, bool is_local,
	      struct watched *watched)
{
	unsigned int per_address = is_local ? 0 : HTTP_CLIENTS_PER_ADDRESS;
	const union MHD_DaemonInfo *info;

	memset(http, 0, sizeof(*http));
	http->watched = watched;
	for (uint32_t i = 0; i < HTTP_CLIENTS; i++)
		http->clients[i].fd = -1;
	http->daemon = mhd.start_daemon(
		MHD_USE_EPOLL, 0, NULL, NULL, answer, http,
		MHD_OPTION_LISTEN_SOCKET, listener, MHD_OPTION_CONNECTION_LIMIT,
		(unsigned int)HTTP_CLIENTS, MHD_OPTION_PER_IP_CONNECTION_LIMIT,
		per_address, MHD_OPTION_CONNECTION_TIMEOUT,
		(unsigned int)(HTTP_DEADLINE_MS / 1000),
		MHD_OPTION_CONNECTION_MEMORY_LIMIT, (size_t)HTTP_REQUEST_BYTES,
		MHD_OPTION_NOTIFY_CONNECTION, notify, http,
		MHD_OPTION_SIGPIPE_HANDLED_BY_APP, 1, MHD_OPTION_END);
	if (!http->daemon)
		return -ENOMEM;
	info = mhd.get_daemon_info(http->daemon, MHD_DAEMON_INFO_EPOLL_FD);
	if (!info) {
		http_close(http);
		return -EOPNOTSUPP;
	}
	http->fd = info->epoll_fd;
	return 0;
}

void http_close(struct http *http)
{
	if (http->daemon)
		mhd.stop_daemon(http->daemon);
	http->daemon = NULL;
}

int http_wait_ms(const struct http *http)
{
	MHD_UNSIGNED_LONG_LONG due;
	int wait_ms = has_silent_crowd(http) ? HTTP_SILENT_MS :
		      http->client_count     ? HTTP_CROWD_MS :
					       -1;

	if (mhd.get_timeout(http->daemon, &due) != MHD_YES)
		return wait_ms;
	return wait_ms < 0 || due < (unsigned int)wait_ms ? (int)due : wait_ms;
}

void http_run(struct http *http)
{
	uint32_t before;

	hang_up_late(http);
	do { /* it listens again in the turn after it was full */
		before = http->client_count;
		mhd.run(http->daemon);
	} while (before == HTTP_CLIENTS && http->client_count < before);
}
