/* SPDX-License-Identifier: MIT */
/*
 * A program outside of the tree, built against an installed libx0f: names the
 * system behind one SYN. Anything but a label is a failure.
 */
#include <stdio.h>
#include <string.h>
#include <x0f/x0f.h>

#define MAX_SOURCES 8

/* Linux 3.11 and newer, as p0f's database knows it: 4:64:0:*:mss*20,7:… */
static const uint8_t syn[] = {
	0x45, 0,    0,	  60,	0x12, 0x34, 0x40, 0,  /* DF, ID */
	64,   6,    0,	  0,	192,  0,    2,	  1,  /* TTL 64, TCP */
	192,  0,    2,	  2,	0xc0, 0,    0,	  80, /* to port 80 */
	0x11, 0x22, 0x33, 0x44, 0,    0,    0,	  0,  /* sequence */
	0xa0, 2,    0x72, 0x10, 0,    0,    0,	  0,  /* SYN, 29200 */
	2,    4,    0x05, 0xb4, 4,    2,    8,	  10, /* mss,sok,ts */
	0,    0,    0,	  1,	0,    0,    0,	  0,  /* … */
	1,    3,    3,	  7,			      /* nop,ws */
};

int main(void)
{
	struct x0f_source sources[MAX_SOURCES];
	struct x0f_verdict verdict;
	struct x0f_error error;
	struct x0f_obs obs;
	struct x0f_db *db;
	char label[X0F_TEXT_MAX];
	size_t count;

	if (strcmp(x0f_version(), X0F_EXPECTED_VERSION) != 0)
		return 1;
	count = x0f_db_builtin(sources, MAX_SOURCES);
	if (count > MAX_SOURCES ||
	    x0f_db_open(&db, sources, count, NULL, &error)) {
		fprintf(stderr, "%s: line %u: %s\n", error.source, error.line,
			error.message);
		return 2;
	}
	if (x0f_observe(syn, sizeof(syn), sizeof(syn), X0F_LINK_RAW,
			X0F_POLICY_X0F, &obs) != X0F_OK)
		return 3;
	x0f_match(db, &obs, X0F_POLICY_X0F, &verdict);
	x0f_format_label(label, sizeof(label), db, verdict.label);
	puts(label);
	x0f_db_close(db);
	return strncmp(label, "Linux", 5) != 0;
}
