/* SPDX-License-Identifier: MIT */
/*
 * p0f's packet filter. It decides more than it seems to: every packet that
 * passes counts towards the moments at which old flows and hosts are expired.
 * Called by compat.c, for each packet. One thread.
 *
 * libpcap compiles another filter for a file than for a dead handle (address
 * families of other systems, byte order), and numbers link types differently
 * inside. So it gets a file: the header alone, from memory.
 */
#include "filter.h"

#include <errno.h>
#include <pcap/pcap.h>
#include <stdio.h>
#include <stdlib.h>

#define LINKTYPE_NULL 0
#define LINKTYPE_ETHERNET 1
#define LINKTYPE_ENC 109
#define SNAPLEN 65535

/*
 * BSD loopback frames begin with a word in the byte order of the machine that
 * captured them, which capture_packet does not tell; either order will do.
 */
#define MAX_PROGRAMS 2

struct compat_filter {
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

/* What p0f asks for. Returns the length, as snprintf() does. */
static int write_expression(char *text, size_t size, bool ethernet,
			    const char *rule)
{
	if (!rule)
		return snprintf(text, size, "%s",
				ethernet ? "tcp or (vlan and tcp)" : "tcp");
	if (!ethernet)
		return snprintf(text, size, "tcp and (%s)", rule);
	return snprintf(text, size, "(tcp and (%s)) or (vlan and tcp and (%s))",
			rule, rule);
}

/* Returns 0, -ENOMEM, or -EINVAL: does not compile. */
static int compile(struct bpf_program *program, pcap_t *pcap, bool ethernet,
		   const char *rule)
{
	int len = write_expression(NULL, 0, ethernet, rule);
	char *text;
	int rc;

	if (len < 0)
		return -EINVAL;
	text = malloc((size_t)len + 1);
	if (!text)
		return -ENOMEM;
	write_expression(text, (size_t)len + 1, ethernet, rule);
	rc = pcap_compile(pcap, program, text, 1, PCAP_NETMASK_UNKNOWN);
	free(text);
	return rc ? -EINVAL : 0;
}

static int add_program(struct compat_filter *filter, uint32_t dlt, bool swapped,
		       const char *rule, char *message, size_t size)
{
	struct bpf_program *program = &filter->programs[filter->count];
	pcap_t *pcap = open_empty(dlt, swapped);
	int rc = -EINVAL;

	if (!pcap)
		return -ENOMEM;
	if (dlt == LINKTYPE_ETHERNET)
		rc = compile(program, pcap, true, rule);
	if (rc == -EINVAL)
		rc = compile(program, pcap, false, rule);
	if (!rc) {
		filter->count++;
		goto out;
	}
	snprintf(message, size, "%s", pcap_geterr(pcap));
	/* is it the rule or the link type? */
	if (rc == -EINVAL && rule && compile(program, pcap, false, NULL) == 0)
		pcap_freecode(program);
	else if (rc == -EINVAL)
		rc = -EPROTONOSUPPORT;
out:
	pcap_close(pcap);
	return rc;
}

int compat_filter_open(struct compat_filter **filter, uint32_t dlt,
		       const char *rule, char *message, size_t size)
{
	struct compat_filter *made = calloc(1, sizeof(*made));
	int rc;

	*filter = NULL;
	if (!made)
		return -ENOMEM;
	rc = add_program(made, dlt, false, rule, message, size);
	if (!rc && (dlt == LINKTYPE_NULL || dlt == LINKTYPE_ENC))
		rc = add_program(made, dlt, true, rule, message, size);
	if (rc)
		compat_filter_close(made);
	else
		*filter = made;
	return rc;
}

bool compat_filter_passes(const struct compat_filter *filter,
			  const struct capture_packet *packet)
{
	struct pcap_pkthdr header = {
		.caplen = packet->caplen,
		.len = packet->wirelen,
	};
	unsigned int i;

	for (i = 0; i < filter->count; i++)
		if (pcap_offline_filter(&filter->programs[i], &header,
					packet->data))
			return true;
	return false;
}

void compat_filter_close(struct compat_filter *filter)
{
	if (!filter)
		return;
	while (filter->count)
		pcap_freecode(&filter->programs[--filter->count]);
	free(filter);
}
