/* SPDX-License-Identifier: MIT */
/*
 * What x0f explain is asked about: a raw signature, bytes in hexadecimal, or
 * a packet of a capture file.
 */
#include "explain.h"
#include "message.h"

#include "../capture/file.h"
#include "../capture/synth.h"

#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* p0f prints `*` for the MSS of an answer to p0f-sendsyn, which is this one */
#define SENDSYN_MSS 1331

/* As `x0f pcap` has it, so that both say the same of a packet */
static const struct x0f_tracker_options tracker_options = {
	.sz = sizeof(tracker_options),
	.flows = 65536,
	.clocks = 65536,
};

#define TRACKER_ALIGNMENT 64

/*
 * TTL+DIST is what a packet has where a signature has its initial TTL. The
 * part from the plus to the colon is left out; *gap says what that was.
 */
struct gap {
	size_t at;
	size_t len;
};

static int cut_distance(char *copy, size_t size, const char *text,
			struct gap *gap)
{
	const char *ttl = strchr(text, ':');
	const char *plus = ttl ? ttl + 1 + strspn(ttl + 1, "0123456789") : NULL;
	const char *end = plus;

	*gap = (struct gap){ 0 };
	if (strlen(text) >= size)
		return -1;
	if (!plus || *plus != '+') {
		strcpy(copy, text);
		return 0;
	}
	end++;
	end += *end == '?' ? 1 : strspn(end, "0123456789");
	gap->at = (size_t)(plus - text);
	gap->len = (size_t)(end - plus);
	snprintf(copy, size, "%.*s%s", (int)gap->at, text, end);
	return 0;
}

/* A packet has one value where a signature may have many. */
static const char *find_wildcard(const struct x0f_sig *sig)
{
	if (!sig->ip_version)
		return "ip version";
	if (sig->random_ttl)
		return "ttl";
	if (sig->any_mss && sig->kind != X0F_KIND_SYNACK)
		return "mss";
	if (sig->window_kind == X0F_WINDOW_ANY ||
	    sig->window_kind == X0F_WINDOW_MULTIPLE)
		return "window";
	if (sig->any_wscale)
		return "window scale";
	return sig->any_payload ? "payload class" : NULL;
}

static int refuse_signature(const char *text, const struct gap *gap,
			    const struct x0f_error *error)
{
	size_t column = error->column;

	if (column > gap->at)
		column += gap->len;
	if (!access(text, F_OK))
		complain("%s: which packet of this file? say --packet N", text);
	else
		complain("%s: column %zu: %s", text, column, error->message);
	return EXIT_USAGE;
}

static int parse_packet(struct x0f_sig *sig, const char *text, bool is_synack,
			uint32_t policy)
{
	struct x0f_error error;
	char copy[X0F_TEXT_MAX];
	const char *wildcard;
	struct gap gap;

	if (cut_distance(copy, sizeof(copy), text, &gap)) {
		complain("%.40s...: too long for a signature", text);
		return EXIT_USAGE;
	}
	if (x0f_sig_parse(sig, copy, strlen(copy), policy, &error))
		return refuse_signature(text, &gap, &error);
	sig->kind = is_synack ? X0F_KIND_SYNACK : X0F_KIND_SYN;
	wildcard = find_wildcard(sig);
	if (wildcard) {
		complain("%s: the %s must be a number: a packet has one, only "
			 "signatures of a database leave it open",
			 text, wildcard);
		return EXIT_USAGE;
	}
	if (sig->any_mss)
		sig->mss = SENDSYN_MSS;
	sig->any_mss = 0;
	return EXIT_OK;
}

int subject_from_signature(struct subject *subject, const char *text,
			   bool is_synack, uint32_t policy)
{
	struct synth_options options = synth_defaults;
	struct synth_result result;
	struct x0f_sig sig;
	size_t len;
	int ret = parse_packet(&sig, text, is_synack, policy);

	if (ret)
		return ret;
	options.policy = policy;
	len = synth_frame(&sig, &options, &result, subject->frame,
			  sizeof(subject->frame));
	if (!len) {
		complain("%s: no packet is like that: %s", text,
			 synth_problem_text(result.problem));
		return EXIT_USAGE;
	}
	snprintf(subject->title, sizeof(subject->title), "signature %s", text);
	subject->is_text = true;
	subject->link = X0F_LINK_RAW;
	subject->caplen = subject->wirelen = (uint32_t)len;
	subject->obs = result.obs;
	subject->status = X0F_OK;
	return EXIT_OK;
}

static int digit_of(int c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	c = tolower(c);
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* Digits of hexadecimal text, which may come in pieces. */
struct hex {
	struct subject *subject;
	int pending; /* the first digit of a byte, or -1 */
	size_t seen; /* characters, for the message */
};

/* Returns 0, or -1: complained. */
static int take_hex(struct hex *hex, const char *text, size_t len)
{
	struct subject *subject = hex->subject;

	for (size_t i = 0; i < len; i++) {
		int digit = digit_of((unsigned char)text[i]);

		hex->seen++;
		if (isspace((unsigned char)text[i]) || text[i] == ':')
			continue;
		if (digit < 0) {
			complain("--hex: character %zu is '%c', neither a "
				 "hexadecimal digit nor a blank or colon",
				 hex->seen, text[i]);
			return -1;
		}
		if (hex->pending < 0) {
			hex->pending = digit;
			continue;
		}
		if (subject->caplen == SUBJECT_BYTES) {
			complain("--hex: more than %u bytes", SUBJECT_BYTES);
			return -1;
		}
		subject->frame[subject->caplen++] = (uint8_t)(hex->pending
								      << 4 |
							      digit);
		hex->pending = -1;
	}
	return 0;
}

static int take_standard_input(struct hex *hex)
{
	char buf[4096];
	ssize_t n;

	do {
		n = read(STDIN_FILENO, buf, sizeof(buf));
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0) {
			complain("standard input: %s", error_text(errno));
			return (int)exit_code_of(errno);
		}
		if (take_hex(hex, buf, (size_t)n))
			return EXIT_USAGE;
	} while (n);
	return EXIT_OK;
}

static int read_hex(struct hex *hex, int argc, char **argv)
{
	if (argc == 1 && !strcmp(argv[0], "-"))
		return take_standard_input(hex);
	for (int i = 0; i < argc; i++) {
		if (take_hex(hex, argv[i], strlen(argv[i])))
			return EXIT_USAGE;
	}
	return EXIT_OK;
}

int subject_from_hex(struct subject *subject, int argc, char **argv,
		     enum x0f_link link, uint32_t policy)
{
	struct hex hex = { .subject = subject, .pending = -1 };
	int ret = read_hex(&hex, argc, argv);

	if (ret)
		return ret;
	if (hex.pending >= 0) {
		complain("--hex: the last byte has only one digit");
		return EXIT_USAGE;
	}
	if (!subject->caplen) {
		complain("--hex: no bytes given");
		return EXIT_USAGE;
	}
	snprintf(subject->title, sizeof(subject->title), "frame of %u bytes",
		 subject->caplen);
	subject->link = link;
	subject->wirelen = subject->caplen;
	subject->status = x0f_observe(subject->frame, subject->caplen,
				      subject->wirelen, link, policy,
				      &subject->obs);
	return EXIT_OK;
}

static void take_packet(struct subject *subject, struct x0f_tracker *tracker,
			const struct capture_packet *packet, uint32_t policy)
{
	struct x0f_track track = { .flags = 0 };

	subject->link = x0f_link_from_dlt(packet->dlt);
	subject->status = x0f_observe(packet->data, packet->caplen,
				      packet->wirelen, subject->link, policy,
				      &subject->obs);
	if (subject->status == X0F_OK || subject->status == X0F_SEGMENT)
		x0f_tracker_see(tracker, &subject->obs, packet->time_ns,
				&track);
	subject->track = track.flags;
	subject->wirelen = packet->wirelen;
	subject->caplen = packet->caplen;
}

static int complain_of_file(const char *path, int error,
			    const struct capture_error *where)
{
	if (where->packet && where->message[0])
		complain("%s: packet %llu at byte %llu: %s", path,
			 (unsigned long long)where->packet,
			 (unsigned long long)where->offset, where->message);
	else
		complain("%s: %s", path,
			 where->message[0] ? where->message :
					     error_text(error));
	return (int)exit_code_of(error);
}

/*
 * All packets before it are shown to the tracker, so that it knows the SYN
 * that a SYN+ACK answers.
 */
static int find_packet(struct subject *subject, struct capture_file *file,
		       struct x0f_tracker *tracker, const char *path,
		       uint32_t number, uint32_t policy)
{
	struct capture_error error = { .packet = 0 };
	struct capture_packet packet;
	uint64_t count = 0;

	while (count < number) {
		int ret = capture_file_next(file, &packet, &error);

		if (ret == -EINTR)
			continue;
		if (ret < 0)
			return complain_of_file(path, ret, &error);
		if (!ret) {
			complain("%s: has no packet %u, the last one is %llu",
				 path, number, (unsigned long long)count);
			return EXIT_DATA;
		}
		count = packet.number;
		take_packet(subject, tracker, &packet, policy);
	}
	if (subject->caplen > SUBJECT_BYTES)
		subject->caplen = SUBJECT_BYTES;
	memcpy(subject->frame, packet.data, subject->caplen);
	return EXIT_OK;
}

int subject_from_file(struct subject *subject, const char *path,
		      uint32_t number, uint32_t policy)
{
	size_t size = x0f_tracker_size(&tracker_options);
	void *memory = aligned_alloc(TRACKER_ALIGNMENT, size);
	struct capture_error error = { .packet = 0 };
	struct x0f_tracker *tracker;
	struct capture_file *file;
	int ret;

	if (!memory ||
	    x0f_tracker_init(&tracker, memory, size, &tracker_options)) {
		complain("out of memory");
		free(memory);
		return EXIT_SYSTEM;
	}
	ret = capture_file_open(&file, path, &error);
	if (ret) {
		ret = complain_of_file(path, ret, &error);
	} else {
		ret = find_packet(subject, file, tracker, path, number, policy);
		capture_file_close(file);
	}
	free(memory);
	snprintf(subject->title, sizeof(subject->title), "packet %u of %s",
		 number, path);
	return ret;
}
