/* SPDX-License-Identifier: MIT */
/*
 * A record back to what it was made of. Any bytes; no state; any thread.
 */
#include <x0f/ring.h>

#include <string.h>

enum {
	KNOWN_REASONS = X0F_REASON_GENERIC | X0F_REASON_QUIRK_MISSING |
			X0F_REASON_QUIRK_ADDED | X0F_REASON_TTL_ABOVE |
			X0F_REASON_TTL_BELOW | X0F_REASON_HIDDEN |
			X0F_REASON_UNKNOWN,
	KNOWN_FLAGS = X0F_RANDOM_TTL | X0F_APPLICATION | X0F_EXCESS_DISTANCE,
	KNOWN_TRACK = X0F_TRACK_REPEATED | X0F_TRACK_LONE | X0F_TRACK_PEER |
		      X0F_TRACK_UPTIME | X0F_TRACK_CONTRADICTED,
};

static uint8_t least(uint8_t a, uint8_t b)
{
	return a < b ? a : b;
}

static void read_verdict(const struct x0f_record *record,
			 struct x0f_verdict *verdict)
{
	*verdict = (struct x0f_verdict){
		.label = record->label,
		.signature = X0F_NONE,
		.link = record->link == UINT16_MAX ? X0F_NONE : record->link,
		.reasons = record->reasons & KNOWN_REASONS,
		.quirks_missing = record->quirks_missing & X0F_QUIRK_ALL,
		.quirks_added = record->quirks_added & X0F_QUIRK_ALL,
		.quality = record->quality,
		.ttl_hops = record->ttl_hops,
		.match = record->match,
		.flags = record->verdict_flags & KNOWN_FLAGS,
		.distance = record->distance,
		.initial_ttl = record->initial_ttl,
	};
	if (record->match > X0F_MATCH_EXACT)
		verdict->match = X0F_MATCH_NONE;
	if (verdict->match == X0F_MATCH_NONE)
		verdict->label = X0F_NONE;
	if (verdict->quality > X0F_QUALITY_EXACT)
		verdict->quality = X0F_QUALITY_EXACT;
}

static void read_track(const struct x0f_record *record, struct x0f_track *track)
{
	*track = (struct x0f_track){ .flags = record->track & KNOWN_TRACK };
	if (!(track->flags & X0F_TRACK_UPTIME))
		return;
	track->uptime = (struct x0f_uptime){
		.minutes = record->uptime_minutes,
		.modulo_days = record->uptime_modulo_days,
		.hz = record->uptime_hz,
		.ticks = record->uptime_ticks,
		.interval_ms = record->uptime_interval_ms,
		.from_server = (record->flags & X0F_RECORD_UPTIME_SERVER) != 0,
		.unreliable = (record->flags & X0F_RECORD_UPTIME_UNRELIABLE) !=
			      0,
	};
}

static void add_vlans(const struct x0f_record *record, struct x0f_obs *obs)
{
	obs->vlan_count = least(record->vlan_count, X0F_RECORD_VLANS);
	memcpy(obs->vlan, record->vlan, obs->vlan_count * sizeof(*obs->vlan));
}

/* An IPv6 packet may be longer than a record can say. */
static size_t wire_len(const struct x0f_record *record)
{
	return record->wire_len == UINT16_MAX ? UINT16_MAX + 40u :
						record->wire_len;
}

enum x0f_status x0f_record_read(const struct x0f_record *record,
				uint32_t policy, struct x0f_obs *obs,
				struct x0f_verdict *verdict,
				struct x0f_track *track)
{
	/*
	 * A record has no payload. That the sensor took this packet means
	 * that it saw enough of it for the policy; here it need not be whole.
	 */
	enum x0f_status status = x0f_observe(
		record->header, least(record->header_len, X0F_RECORD_HEADER),
		wire_len(record), X0F_LINK_RAW, policy | X0F_MEND_SNAPLEN, obs);

	if (status != X0F_OK)
		return status;
	add_vlans(record, obs);
	if (obs->kind == X0F_KIND_SYNACK && record->peer_mss)
		x0f_obs_set_peer_mss(obs, record->peer_mss);
	read_verdict(record, verdict);
	read_track(record, track);
	return X0F_OK;
}
