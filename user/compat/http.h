/* SPDX-License-Identifier: MIT */
/*
 * How long p0f's HTTP engine wants to follow a flow. Nothing of what it would
 * make of the requests is here.
 */
#ifndef X0F_COMPAT_HTTP_H
#define X0F_COMPAT_HTTP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define COMPAT_HTTP_START 15 /* bytes that must be there for a verdict */
#define COMPAT_HTTP_TAIL 9   /* "HTTP/1.x" and CR */

/* Positions count from the beginning of the request or response. */
struct compat_http {
	uint16_t kept[2];	  /* bytes taken in so far, by side */
	uint16_t position;	  /* of the byte that is looked at */
	uint16_t header_position; /* where the header under way began */
	uint16_t value_len;
	uint8_t name_len;
	uint8_t headers; /* complete ones */
	uint8_t phase;
	bool responding;       /* the request is complete */
	bool header_is_binary; /* not only what may stand in a first line */
	uint8_t start[COMPAT_HTTP_START];
	uint8_t tail[COMPAT_HTTP_TAIL]; /* last bytes of the first line */
};

/*
 * Takes payload in order. from_server: whose it is. Returns whether p0f
 * follows the flow further. The struct is zeroed for a new flow.
 */
bool compat_http_see(struct compat_http *http, bool from_server,
		     const uint8_t *payload, size_t len);

#endif
