/* SPDX-License-Identifier: MIT */
/*
 * How long p0f's HTTP engine wants to follow a flow: as long as the client's
 * first bytes are a GET or HEAD request and the server's a response, up to
 * the end of the response's header. Called by dispatch.c for each segment in
 * order. One thread.
 *
 * p0f keeps up to 8 KiB of payload per side and goes back to the beginning of
 * a header that is not complete. Here no payload is kept and every byte is
 * looked at once; going back only matters where p0f slips, in resume().
 */
#include "http.h"

#include <string.h>

#define MAX_KEPT 8192
#define MAX_LINE 1024 /* of the first line */
#define MAX_HEADERS 32
#define MAX_NAME 32
#define MAX_VALUE 1024
#define MIN_REQUEST 14 /* of the first line */
#define MIN_RESPONSE 13
#define REQUEST_START COMPAT_HTTP_START /* bytes before p0f says anything */
#define RESPONSE_START 13

enum phase {
	START, /* of a request or response: zero for a new flow */
	LINE,
	SKIP,	/* the next byte */
	HEADER, /* nothing of it seen yet */
	NAME,
	COLON, /* just seen */
	VALUE,
	GIVEN_UP, /* value too long: p0f forgets the flow one segment later */
};

/* Each step takes one byte and returns whether p0f follows the flow on. */

static bool fits_line(uint8_t byte)
{
	return byte == '\r' || (byte >= 0x20 && byte <= 0x7f);
}

static bool line_is_good(const struct compat_http *http)
{
	static const char version[] = "HTTP/1.";
	const uint8_t *tail = http->tail;

	if (http->responding)
		return http->position >= MIN_RESPONSE &&
		       !memcmp(http->start, version, sizeof(version) - 1);
	/* "HTTP/1.x" ends the line, or stands before its CR */
	if (tail[COMPAT_HTTP_TAIL - 1] != '\r')
		tail++;
	return http->position >= MIN_REQUEST &&
	       !memcmp(tail, version, sizeof(version) - 1);
}

static bool step_line(struct compat_http *http, uint8_t byte)
{
	if (byte == '\n') {
		http->phase = HEADER;
		return line_is_good(http);
	}
	memmove(http->tail, http->tail + 1, COMPAT_HTTP_TAIL - 1);
	http->tail[COMPAT_HTTP_TAIL - 1] = byte;
	return fits_line(byte) && http->position + 1 < MAX_LINE;
}

static bool start_is_good(const struct compat_http *http)
{
	if (http->responding)
		return true; /* not before the line is complete */
	return !memcmp(http->start, "GET /", 5) ||
	       !memcmp(http->start, "HEAD /", 6);
}

static bool step_start(struct compat_http *http, uint8_t byte)
{
	uint16_t last = http->responding ? RESPONSE_START : REQUEST_START;

	http->start[http->position] = byte;
	if (http->position + 1 < last)
		return true;
	if (!start_is_good(http))
		return false;
	http->phase = LINE;
	/* the line now gets what was held back */
	for (http->position = 0; http->position + 1 < last; http->position++)
		if (!step_line(http, http->start[http->position]))
			return false;
	return step_line(http, byte);
}

static bool is_name(uint8_t byte)
{
	return (byte >= 'a' && byte <= 'z') || (byte >= 'A' && byte <= 'Z') ||
	       (byte >= '0' && byte <= '9') || byte == '-' || byte == '_';
}

static bool step_name(struct compat_http *http, uint8_t byte)
{
	if (http->name_len > MAX_NAME)
		return false;
	if (is_name(byte)) {
		http->name_len++;
		return true;
	}
	http->phase = COLON;
	return byte == ':' && http->name_len > 0;
}

static bool step_value(struct compat_http *http, uint8_t byte)
{
	if (byte == '\n') {
		http->phase = HEADER;
		http->headers++;
		return true;
	}
	http->phase = VALUE;
	http->header_is_binary |= !fits_line(byte);
	if (++http->value_len > MAX_VALUE)
		http->phase = GIVEN_UP;
	return true;
}

/* One blank may stand before the value. */
static bool step_colon(struct compat_http *http, uint8_t byte)
{
	if (byte != ' ' && byte != '\t')
		return step_value(http, byte);
	http->phase = VALUE;
	http->header_is_binary |= !fits_line(byte);
	return true;
}

static void begin_response(struct compat_http *http)
{
	http->responding = true;
	http->phase = START;
	http->headers = 0;
}

/* An empty line ends the header; its CR is enough. */
static bool step_header(struct compat_http *http, uint8_t byte)
{
	if (byte == '\r' || byte == '\n') {
		if (http->responding)
			return false;
		begin_response(http);
		return true;
	}
	if (http->headers >= MAX_HEADERS)
		return false;
	http->phase = NAME;
	http->header_position = http->position;
	http->header_is_binary = false;
	http->name_len = 0;
	http->value_len = 0;
	return step_name(http, byte);
}

static bool step(struct compat_http *http, uint8_t byte)
{
	switch ((enum phase)http->phase) {
	case START:
		return step_start(http, byte);
	case LINE:
		return step_line(http, byte);
	case SKIP:
		http->phase = HEADER;
		return true;
	case HEADER:
		return step_header(http, byte);
	case NAME:
		return step_name(http, byte);
	case COLON:
		return step_colon(http, byte);
	case VALUE:
		return step_value(http, byte);
	case GIVEN_UP:
		return true;
	}
	return false;
}

/* The header under way is read again without its first byte. */
static bool lose_first_byte(struct compat_http *http)
{
	if (http->phase == HEADER) {
		http->phase = SKIP;
		return true;
	}
	http->header_position++;
	http->name_len--;
	if (http->name_len == 0 && http->phase == NAME)
		http->phase = HEADER;
	return http->name_len > 0 || http->phase == HEADER;
}

/*
 * p0f takes each segment of a response for the first one: it looks for the
 * end of a first line from the header on that is not complete, within the
 * first 1024 bytes of the response. Behind those it looks at nothing and
 * skips the newline that it thinks is there.
 */
static bool resume(struct compat_http *http)
{
	if (http->phase == START || http->phase == LINE)
		return true;
	if (http->phase == HEADER) {
		http->header_position = http->position;
		http->header_is_binary = false;
	}
	if (http->header_position > MAX_LINE)
		return lose_first_byte(http);
	http->phase = LINE;
	return http->position < MAX_LINE && !http->header_is_binary;
}

bool compat_http_see(struct compat_http *http, bool from_server,
		     const uint8_t *payload, size_t len)
{
	uint16_t *kept = &http->kept[from_server];
	const uint8_t *end;

	if (http->phase == GIVEN_UP)
		return false;
	http->position = *kept;
	if (len > (size_t)(MAX_KEPT - *kept))
		len = (size_t)(MAX_KEPT - *kept);
	*kept = (uint16_t)(*kept + len);
	if (from_server && (!http->responding || !resume(http)))
		return false;
	/* what follows a request is kept, and not looked at */
	for (end = payload + len;
	     payload < end && http->responding == from_server; payload++) {
		if (!step(http, *payload))
			return false;
		http->position++;
	}
	if (http->responding == from_server && *kept == MAX_KEPT &&
	    http->phase != GIVEN_UP)
		return false;
	return http->kept[0] < MAX_KEPT || http->kept[1] < MAX_KEPT;
}
