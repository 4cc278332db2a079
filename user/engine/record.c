/* SPDX-License-Identifier: MIT */
/*
 * Observation, verdict and track into the 192 bytes that are published. Every
 * byte of the record is written: what a ring held before must not shine
 * through. Called by workers for each packet.
 */
#include "worker.h"

#include <string.h>

_Static_assert(sizeof(struct x0f_record) == 192, "public layout");

/* RFC 8200 §3 */
enum { IPV6_HEADER = 40, IPV6_LENGTH = 4, IPV6_NEXT = 6, NEXT_TCP = 6 };
/* Without extension headers IP and TCP header always fit */
_Static_assert(60 + 60 <= X0F_RECORD_HEADER, "IPv4 and TCP with all options");
_Static_assert(X0F_RECORD_HEADER == 128, "copy_header()");

static uint16_t saturate(uint32_t n)
{
	return (uint16_t)(n < UINT16_MAX ? n : UINT16_MAX);
}

static uint16_t read_be16(const uint8_t *p)
{
	return (uint16_t)(p[0] << 8 | p[1]);
}

static void write_be16(uint8_t *p, uint16_t n)
{
	p[0] = (uint8_t)(n >> 8);
	p[1] = (uint8_t)n;
}

/*
 * Leaves out the extension headers of an IPv6 packet that would not fit. What
 * stays says that there never were any. Returns the length.
 */
static uint32_t shorten(uint8_t *header, const uint8_t *ip,
			const struct x0f_obs *obs)
{
	uint32_t len = (uint32_t)obs->header_len - obs->extension_len;
	uint16_t payload = read_be16(ip + IPV6_LENGTH);

	memset(header, 0, X0F_RECORD_HEADER);
	memcpy(header, ip, IPV6_HEADER);
	memcpy(header + IPV6_HEADER, ip + IPV6_HEADER + obs->extension_len,
	       len - IPV6_HEADER);
	header[IPV6_NEXT] = NEXT_TCP;
	/* cannot wrap: the observation found TCP within this length */
	write_be16(header + IPV6_LENGTH,
		   (uint16_t)(payload - obs->extension_len));
	return len;
}

/*
 * len: 40 to X0F_RECORD_HEADER. Pieces of fixed size that overlap: lengths
 * differ from packet to packet, and a loop's end would be guessed wrong.
 */
static void copy_header(uint8_t *header, const uint8_t *ip, uint32_t len)
{
	memset(header, 0, X0F_RECORD_HEADER);
	memcpy(header, ip, 32);
	if (len > 64) {
		memcpy(header + 32, ip + 32, 32);
		memcpy(header + len - 64, ip + len - 64, 64);
	} else {
		memcpy(header + len - 32, ip + len - 32, 32);
	}
}

static void fill_header(struct x0f_record *record, const struct packet *packet,
			const struct x0f_obs *obs)
{
	const uint8_t *ip = packet->data + obs->ip_offset;
	uint32_t wire_len = packet->wirelen - obs->ip_offset;
	uint32_t len = obs->header_len;

	if (len <= X0F_RECORD_HEADER) {
		copy_header(record->header, ip, len);
	} else {
		len = shorten(record->header, ip, obs);
		wire_len -= obs->extension_len;
		record->flags |= X0F_RECORD_SHORTENED;
	}
	record->header_len = (uint8_t)len;
	record->wire_len = saturate(wire_len);
}

static void fill_verdict(struct x0f_record *record,
			 const struct x0f_verdict *verdict,
			 const struct generation *generation)
{
	uint32_t link = generation_link(generation, verdict->link);

	record->generation = generation->number;
	record->label = generation_label(generation, verdict->label);
	record->link = saturate(link); /* X0F_NONE becomes UINT16_MAX */
	record->quirks_missing = verdict->quirks_missing;
	record->quirks_added = verdict->quirks_added;
	record->quality = verdict->quality;
	record->ttl_hops = verdict->ttl_hops;
	record->match = verdict->match;
	record->reasons = (uint8_t)verdict->reasons;
	record->verdict_flags = verdict->flags;
	record->distance = verdict->distance;
	record->initial_ttl = verdict->initial_ttl;
}

/* All zero where nothing is known. */
static void fill_track(struct x0f_record *record, const struct x0f_track *track)
{
	bool has_uptime = track->flags & X0F_TRACK_UPTIME;
	struct x0f_uptime uptime = { 0 };

	if (has_uptime)
		uptime = track->uptime;
	record->track = (uint8_t)track->flags;
	record->uptime_minutes = uptime.minutes;
	record->uptime_ticks = uptime.ticks;
	record->uptime_interval_ms = uptime.interval_ms;
	record->uptime_modulo_days = saturate(uptime.modulo_days);
	record->uptime_hz = saturate(uptime.hz);
	if (uptime.from_server)
		record->flags |= X0F_RECORD_UPTIME_SERVER;
	if (uptime.unreliable)
		record->flags |= X0F_RECORD_UPTIME_UNRELIABLE;
}

/* An observation has up to three tags, a record the outer two. */
static void fill_tags(struct x0f_record *record, const struct x0f_obs *obs)
{
	record->vlan_count = obs->vlan_count < X0F_RECORD_VLANS ?
				     obs->vlan_count :
				     X0F_RECORD_VLANS;
	memcpy(record->vlan, obs->vlan, sizeof(record->vlan));
}

void record_fill(struct x0f_record *record, const struct packet *packet,
		 uint64_t time_ns, const struct x0f_obs *obs,
		 const struct x0f_verdict *verdict,
		 const struct x0f_track *track,
		 const struct generation *generation)
{
	record->time_ns = time_ns;
	record->peer_mss = obs->peer_mss;
	record->interface = packet->interface;
	record->flags = packet->flags;
	fill_verdict(record, verdict, generation);
	fill_track(record, track);
	fill_tags(record, obs);
	fill_header(record, packet, obs);
}
