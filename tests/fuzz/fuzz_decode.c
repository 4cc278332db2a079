/* SPDX-License-Identifier: MIT */
/*
 * Any bytes as a frame of any link type under any policy: nothing is read
 * behind the end, and what comes out keeps the promises of observe.h. Input:
 * link type, policy, bytes missing from the capture, frame.
 */
#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include <x0f/x0f.h>

enum { PREFIX = 3 };

static void check_observation(const struct x0f_obs *obs, size_t len)
{
	char text[X0F_TEXT_MAX];
	size_t i, size = sizeof(text);

	assert(obs->ip_version == 4 || obs->ip_version == 6);
	assert(obs->option_count <= X0F_MAX_OPTIONS);
	assert(obs->vlan_count <= X0F_MAX_VLANS);
	assert(obs->eol_padding <= 40 && obs->ip_option_len <= 40);
	assert(!(obs->quirks & ~(uint32_t)X0F_QUIRK_ALL));
	assert(obs->payload_offset <= len);
	assert(obs->payload_offset == obs->ip_offset + obs->header_len);
	assert(obs->has_payload == (obs->payload_len != 0));
	assert(!obs->mtu == !obs->mss);
	assert(obs->window_kind <= X0F_WINDOW_MTU);
	assert(!obs->window_multiple ==
	       (obs->window_kind == X0F_WINDOW_LITERAL));
	for (i = obs->option_count; i < X0F_MAX_OPTIONS; i++)
		assert(!obs->option_kinds[i]);
	assert(x0f_format_raw_sig(text, size, obs) < size);
	assert(x0f_format_addr(text, size, obs->src, obs->ip_version) < size);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	struct x0f_obs obs;
	enum x0f_status status;
	uint8_t *frame;
	size_t caplen;

	if (len < PREFIX)
		return 0;
	caplen = len - PREFIX;
	frame = malloc(caplen);
	if (caplen)
		memcpy(frame, data + PREFIX, caplen);
	status = x0f_observe(frame, caplen, caplen + data[2],
			     (enum x0f_link)(data[0] % (X0F_LINK_COUNT + 1)),
			     data[1], &obs);
	free(frame);
	assert((unsigned int)status < X0F_STATUS_COUNT);
	if (status == X0F_OK)
		assert(obs.kind <= X0F_KIND_SYNACK);
	if (status == X0F_SEGMENT)
		assert(obs.kind > X0F_KIND_SYNACK);
	if (status == X0F_OK || status == X0F_SEGMENT)
		check_observation(&obs, caplen);
	return 0;
}
