/* SPDX-License-Identifier: MIT */
/*
 * Addresses, Ethernet headers and checksums of generated frames; and
 * templates, which are synth.c's packets with their ends exchanged: that is
 * twenty times as fast as to make each packet anew.
 */
#include "generate_frame.h"

enum { PROTOCOL_ICMP = 1, PROTOCOL_TCP = 6, PROTOCOL_UDP = 17 };
enum { ETHERTYPE_VLAN = 0x8100, ETHERTYPE_PROVIDER_VLAN = 0x88a8 };
enum { IPV6_HEADER = 40 };

/* RFC 1918, and RFC 2544 for what is tested: nothing of it can get far */
#define CLIENT_NET 10
#define SERVER_NET 198, 18
#define SERVERS 16

/* RFC 3849; the next 16 bits tell clients from servers */
static const uint8_t documentation[4] = { 0x20, 0x01, 0x0d, 0xb8 };
enum { CLIENT_SITE = 0xc, SERVER_SITE = 0x5 };

/* Odd, so that 2^24 numbers in a row give as many addresses */
#define SPREAD 0x9e3779b1u

#define LEAST_CLIENT_PORT 1024

static const uint16_t server_ports[] = { 443, 80, 22, 8080 };

/* Locally administered, and nobody's */
static const uint8_t macs[12] = { 0x02, 'x', '0', 'f', 0, 2,
				  0x02, 'x', '0', 'f', 0, 1 };

static void choose_ipv4(struct ends *ends, uint32_t host, uint32_t server)
{
	const uint8_t net[4] = { SERVER_NET, 0, (uint8_t)(server + 1) };

	set32(ends->client, (uint32_t)CLIENT_NET << 24 | (host & 0xffffff));
	memcpy(ends->server, net, sizeof(net));
}

static void choose_ipv6(struct ends *ends, uint32_t host, uint32_t server,
			uint64_t interface)
{
	memset(ends->client, 0, sizeof(ends->client));
	memset(ends->server, 0, sizeof(ends->server));
	memcpy(ends->client, documentation, sizeof(documentation));
	memcpy(ends->server, documentation, sizeof(documentation));
	set16(ends->client + 4, CLIENT_SITE);
	set16(ends->server + 4, SERVER_SITE);
	set32(ends->client + 8, (uint32_t)(interface >> 32));
	set32(ends->client + 12, host);
	ends->server[15] = (uint8_t)(server + 1);
}

void ends_choose(struct ends *ends, uint8_t version, uint64_t number,
		 bool is_random, struct chance *chance)
{
	uint64_t first = chance_next(chance);
	uint64_t second = chance_next(chance);
	uint32_t host = is_random ? (uint32_t)first :
				    (uint32_t)(number + 1) * SPREAD;
	uint32_t server = chance_below(chance, SERVERS);
	uint32_t ports = UINT16_MAX + 1 - LEAST_CLIENT_PORT;

	if (version == 6)
		choose_ipv6(ends, host, server, first);
	else
		choose_ipv4(ends, host, server);
	ends->client_port = (uint16_t)(LEAST_CLIENT_PORT +
				       chance_below(chance, ports));
	ends->server_port = server_ports[chance_below(
		chance, sizeof(server_ports) / sizeof(server_ports[0]))];
	ends->client_seq = (uint32_t)second | 1;
	ends->server_seq = (uint32_t)(second >> 32) | 1;
}

uint8_t *ethernet_write(uint8_t *p, uint16_t ethertype, uint8_t tags,
			struct chance *chance)
{
	memcpy(p, macs, sizeof(macs));
	p += sizeof(macs);
	for (; tags; tags--) {
		/* 0 and 4095 are no VLANs; the upper bits are priorities */
		uint32_t vlan = 1 + chance_below(chance, 4094);
		uint32_t priority = chance_below(chance, 8);

		p = set16(p,
			  tags > 1 ? ETHERTYPE_PROVIDER_VLAN : ETHERTYPE_VLAN);
		p = set16(p, priority << 13 | vlan);
	}
	return set16(p, ethertype);
}

/* RFC 1071, over any number of bytes; begin with sum 0. */
static uint32_t add_up(uint32_t sum, const uint8_t *p, size_t len)
{
	for (; len > 1; p += 2, len -= 2)
		sum += (uint32_t)p[0] << 8 | p[1];
	return len ? sum + ((uint32_t)p[0] << 8) : sum;
}

static uint32_t fold(uint32_t sum)
{
	while (sum >> 16)
		sum = (sum & 0xffff) + (sum >> 16);
	return ~sum & 0xffff;
}

static size_t sum_offset(uint8_t protocol)
{
	if (protocol == PROTOCOL_TCP)
		return 16;
	return protocol == PROTOCOL_UDP ? 6 : 2;
}

void ipv4_sum_write(uint8_t *ip, size_t header_len)
{
	set16(ip + 10, 0);
	set16(ip + 10, fold(add_up(0, ip, header_len)));
}

void sums_write(uint8_t *ip, uint8_t version, size_t header_len, size_t len,
		uint8_t protocol)
{
	bool is_ipv6 = version == 6;
	uint8_t *sum = ip + header_len + sum_offset(protocol);
	uint32_t pseudo = 0;

	if (!is_ipv6)
		ipv4_sum_write(ip, header_len);
	len -= header_len;
	if (protocol != PROTOCOL_ICMP)
		pseudo = add_up(protocol + (uint32_t)len,
				ip + (is_ipv6 ? 8 : 12), is_ipv6 ? 32 : 8);
	set16(sum, 0);
	set16(sum, fold(add_up(pseudo, ip + header_len, len)));
}

bool template_make(struct template *template, const struct x0f_sig *sig,
		   const struct synth_options *options,
		   struct synth_result *result)
{
	size_t len = synth_frame(sig, options, result, template->bytes,
				 sizeof(template->bytes));

	template->len = (uint8_t)len;
	if (!len)
		return false;
	template->version = result->obs.ip_version;
	template->header_len = template->version == 6 ?
				       IPV6_HEADER :
				       (uint8_t)((template->bytes[0] & 0xf) *
						 4);
	template->is_synack = sig->kind == X0F_KIND_SYNACK;
	template->peer_mss = result->peer_mss;
	template->syn = X0F_NONE;
	template->signature = X0F_NONE;
	template->is_answer = false;
	return true;
}

/* A sequence or ACK number of 0 is a quirk, and stays. */
static void set_number(uint8_t *p, uint32_t number)
{
	if (p[0] | p[1] | p[2] | p[3])
		set32(p, number);
}

size_t template_write(const struct template *template, const struct ends *ends,
		      uint8_t *p)
{
	bool is_synack = template->is_synack;
	size_t size = template->version == 6 ? 16 : 4;
	uint8_t *address = p + (template->version == 6 ? 8 : 12);
	uint8_t *tcp = p + template->header_len;

	memcpy(p, template->bytes, template->len);
	memcpy(address, is_synack ? ends->server : ends->client, size);
	memcpy(address + size, is_synack ? ends->client : ends->server, size);
	set16(tcp, is_synack ? ends->server_port : ends->client_port);
	set16(tcp + 2, is_synack ? ends->client_port : ends->server_port);
	set_number(tcp + 4, is_synack ? ends->server_seq : ends->client_seq);
	if (is_synack)
		set_number(tcp + 8, ends->client_seq + 1);
	sums_write(p, template->version, template->header_len, template->len,
		   PROTOCOL_TCP);
	return template->len;
}
