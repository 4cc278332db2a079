/* SPDX-License-Identifier: MIT */
/*
 * Every truncation of every frame of the capture files named as arguments,
 * each in a heap block of its exact size, so that the address sanitizer sees
 * a read behind any end. A frame that is cut inside its headers must give no
 * observation; one that is cut behind them must give the same one (policy
 * x0f), or none (policy p0f).
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <x0f/x0f.h>

#include "../../user/capture/file.h"

enum { LONGEST = 512 }; /* headers end well before; payload says nothing */

static unsigned long frames, truncations;

static int differs(const struct x0f_obs *whole, const struct x0f_obs *cut)
{
	return memcmp(whole, cut, sizeof(*cut)) != 0;
}

static void fail(const struct capture_packet *p, size_t len, const char *what)
{
	printf("packet %llu cut to %zu bytes: %s\n",
	       (unsigned long long)p->number, len, what);
	exit(1);
}

static void check_cut(const struct capture_packet *p, size_t len,
		      enum x0f_link link, const struct x0f_obs *whole)
{
	uint8_t *block = malloc(len);
	struct x0f_obs cut;
	enum x0f_status status;

	if (len)
		memcpy(block, p->data, len);
	status = x0f_observe(block, len, p->wirelen, link, X0F_POLICY_X0F,
			     &cut);
	if (status <= X0F_SEGMENT && len < whole->payload_offset)
		fail(p, len, "observed without its headers");
	if (status <= X0F_SEGMENT && differs(whole, &cut))
		fail(p, len, "observed as something else");
	if (status > X0F_SEGMENT && len >= whole->payload_offset)
		fail(p, len, x0f_status_name(status));
	status = x0f_observe(block, len, len, link, X0F_POLICY_P0F, &cut);
	if (status <= X0F_SEGMENT && len < whole->payload_offset)
		fail(p, len, "observed without its headers (p0f)");
	free(block);
	truncations++;
}

static void check_packet(const struct capture_packet *p)
{
	enum x0f_link link = x0f_link_from_dlt(p->dlt);
	size_t len, longest = p->caplen < LONGEST ? p->caplen : LONGEST;
	struct x0f_obs whole;

	frames++;
	if (x0f_observe(p->data, p->caplen, p->wirelen, link, X0F_POLICY_X0F,
			&whole) > X0F_SEGMENT)
		whole = (struct x0f_obs){ .payload_offset = UINT16_MAX };
	for (len = 0; len < longest; len++)
		check_cut(p, len, link, &whole);
}

int main(int argc, char **argv)
{
	struct capture_error error;
	struct capture_packet packet;
	struct capture_file *file;
	int i;

	for (i = 1; i < argc; i++) {
		if (capture_file_open(&file, argv[i], &error))
			continue; /* test_parity judges what opens */
		while (capture_file_next(file, &packet, &error) == 1)
			check_packet(&packet);
		capture_file_close(file);
	}
	printf("%lu frames, %lu truncations\n", frames, truncations);
	return !frames;
}
