/* SPDX-License-Identifier: MIT */
/*
 * x0f explain: everything that leads to a verdict on one packet.
 */
#include "explain.h"
#include "command.h"
#include "destination.h"
#include "message.h"

#include <stdarg.h>
#include <stdio.h>

static struct destination destination;
static struct subject subject;

/* Where values begin */
#define KEY_COLUMNS 12

void explain_key(struct output *out, const char *name)
{
	explain_print(out, "\n  %-*s", KEY_COLUMNS, name);
}

void explain_print(struct output *out, const char *format, ...)
{
	char text[2 * X0F_TEXT_MAX];
	va_list args;

	va_start(args, format);
	vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	output_text(out, text);
}

static int check_settings(const struct settings *settings, int argc)
{
	if (settings->hex && settings->packet) {
		complain("--hex and --packet exclude each other");
		return EXIT_USAGE;
	}
	if (settings->link && !settings->hex) {
		complain("--link is for --hex: files say their link type");
		return EXIT_USAGE;
	}
	if (settings->synack && (settings->hex || settings->packet)) {
		complain("--synack is for signatures: a packet says itself "
			 "what it is");
		return EXIT_USAGE;
	}
	if (!settings->hex && argc > 1) {
		complain("explain takes one %s, but got %d",
			 settings->packet ? "file" : "signature", argc);
		return EXIT_USAGE;
	}
	return EXIT_OK;
}

static int read_subject(const struct settings *settings, int argc, char **argv)
{
	uint32_t policy = database_policy(settings);

	if (settings->hex)
		return subject_from_hex(&subject, argc, argv,
					settings->link == LINK_RAW ?
						X0F_LINK_RAW :
						X0F_LINK_ETHERNET,
					policy);
	if (settings->packet)
		return subject_from_file(&subject, argv[0], settings->packet,
					 policy);
	return subject_from_signature(&subject, argv[0], settings->synack,
				      policy);
}

static void explain(struct output *out, const struct database *database,
		    uint32_t policy)
{
	output_escaped(out, subject.title, true);
	explain_status(out, &subject, policy);
	if (subject.status == X0F_OK || subject.status == X0F_SEGMENT)
		explain_fields(out, &subject);
	output_char(out, '\n');
	if (subject.status == X0F_OK)
		explain_match(out, &subject, database, policy);
}

static int run_explain(const struct settings *settings, int argc, char **argv)
{
	uint32_t policy = database_policy(settings);
	struct database database;
	int ret = check_settings(settings, argc);

	if (!ret)
		ret = read_subject(settings, argc, argv);
	if (!ret)
		ret = database_open(&database, settings, policy);
	if (ret)
		return ret;
	ret = destination_open(&destination, NULL, 0, NULL);
	explain(&destination.out, &database, policy);
	database_close(&database);
	ret = destination_close(&destination);
	return ret;
}

const struct command command_explain = {
	.name = "explain",
	.area = AREA_UNDERSTAND,
	.operands = "SIGNATURE | --packet N FILE | --hex BYTES...",
	.least_operands = 1,
	.bit = COMMAND_EXPLAIN,
	.summary = "say how a verdict on one packet comes about",
	.description = "Takes a packet as x0f and p0f print it "
		       "(4:120+8:0:1452:65535,0:mss,nop,nop,sok:df,id+:0), a "
		       "packet of a capture file, or a frame in hexadecimal. "
		       "Shows its fields, the signatures it was held against "
		       "with the first thing that each failed by, the winner, "
		       "and how quality, distance and MTU were reckoned.",
	.examples = {
		{ "x0f explain '4:120+8:0:1452:65535,0:mss,nop,nop,sok:df,id+:0'",
		  "why a packet in a log got its name" },
		{ "x0f explain --packet 3 capture.pcap",
		  "a packet of a capture file" },
		{ "x0f explain --hex - <frame.txt",
		  "a frame in hexadecimal" },
	},
	.run = run_explain,
};
