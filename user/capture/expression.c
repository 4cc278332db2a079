/* SPDX-License-Identifier: MIT */
/*
 * tcpdump expressions. Called by the CLI and by compat's filter; see
 * expression.h for threads.
 *
 * libpcap compiles another filter for a file than for a dead handle (address
 * families of other systems, byte order), and numbers link types differently
 * inside. So it gets a file: the header alone, from memory.
 */
#include "expression.h"

#include <errno.h>
#include <pcap/pcap.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define LINKTYPE_NULL 0
#define LINKTYPE_ENC 109
#define SNAPLEN 65535

/*
 * BSD loopback frames begin with an address family in the byte order of the
 * machine that captured them. For these there is a program for our order, and
 * one for the other.
 */
#define MAX_PROGRAMS 2

/* Address families are small numbers, so the order shows. */
#define LARGEST_FAMILY 0xffff

struct expression {
	struct bpf_program programs[MAX_PROGRAMS];
	unsigned int count;
};

struct file_header {
	uint32_t magic;
	uint16_t major;
	uint16_t minor;
	uint32_t zone;
	uint32_t accuracy;
	uint32_t snaplen;
	uint32_t dlt;
};

static void swap_header(struct file_header *header)
{
	header->magic = __builtin_bswap32(header->magic);
	header->major = __builtin_bswap16(header->major);
	header->minor = __builtin_bswap16(header->minor);
	header->snaplen = __builtin_bswap32(header->snaplen);
	header->dlt = __builtin_bswap32(header->dlt);
}

/* A capture of this link type without packets; NULL: no memory. */
static pcap_t *open_empty(uint32_t dlt, bool swapped)
{
	struct file_header header = {
		.magic = 0xa1b2c3d4,
		.major = 2,
		.minor = 4,
		.snaplen = SNAPLEN,
		.dlt = dlt,
	};
	char message[PCAP_ERRBUF_SIZE];
	pcap_t *pcap;
	FILE *file;

	if (swapped)
		swap_header(&header);
	file = fmemopen(&header, sizeof(header), "rb");
	if (!file)
		return NULL;
	pcap = pcap_fopen_offline(file, message); /* reads it all, now */
	if (!pcap)
		fclose(file);
	return pcap;
}

static int add_program(struct expression *expression, uint32_t dlt,
		       bool swapped, const char *text, char *message,
		       size_t size)
{
	struct bpf_program *program = &expression->programs[expression->count];
	pcap_t *pcap = open_empty(dlt, swapped);
	int rc = 0;

	if (!pcap)
		return -ENOMEM;
	if (pcap_compile(pcap, program, text, 1, PCAP_NETMASK_UNKNOWN)) {
		snprintf(message, size, "%s", pcap_geterr(pcap));
		rc = -EINVAL;
	} else {
		expression->count++;
	}
	pcap_close(pcap);
	return rc;
}

int expression_open(struct expression **expression, uint32_t dlt,
		    const char *text, char *message, size_t size)
{
	struct expression *made = calloc(1, sizeof(*made));
	int rc;

	*expression = NULL;
	if (!made)
		return -ENOMEM;
	rc = add_program(made, dlt, false, text, message, size);
	if (!rc && (dlt == LINKTYPE_NULL || dlt == LINKTYPE_ENC))
		rc = add_program(made, dlt, true, text, message, size);
	if (rc)
		expression_close(made);
	else
		*expression = made;
	return rc;
}

static bool is_swapped(const struct capture_packet *packet)
{
	uint32_t family;

	if (packet->caplen < sizeof(family))
		return false;
	memcpy(&family, packet->data, sizeof(family));
	return family > LARGEST_FAMILY;
}

bool expression_matches(const struct expression *expression,
			const struct capture_packet *packet)
{
	struct pcap_pkthdr header = {
		.caplen = packet->caplen,
		.len = packet->wirelen,
	};
	unsigned int i = 0;

	if (expression->count > 1 && is_swapped(packet))
		i = 1;
	return pcap_offline_filter(&expression->programs[i], &header,
				   packet->data);
}

void expression_close(struct expression *expression)
{
	if (!expression)
		return;
	while (expression->count)
		pcap_freecode(&expression->programs[--expression->count]);
	free(expression);
}
