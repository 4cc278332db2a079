/* SPDX-License-Identifier: MIT */
/*
 * Any bytes as a capture file: packets lie inside what was read, numbers and
 * offsets grow, the reader ends, and damage is told with a message. Each
 * packet goes on to the decoder. Input: imitate p0f or not, then the file.
 */
#include <assert.h>
#include <errno.h>
#include <string.h>

#include <x0f/x0f.h>

#include "../../user/capture/file.h"

static uint32_t touch(const uint8_t *data, size_t len)
{
	uint32_t sum = 0;

	while (len--)
		sum += data[len];
	return sum;
}

static void read_packets(struct capture_file *file, size_t len)
{
	struct capture_error error;
	struct capture_packet packet;
	uint64_t number = 0, offset = 0;
	struct x0f_obs obs;
	int ret;

	while ((ret = capture_file_next(file, &packet, &error)) == 1) {
		assert(packet.number == ++number);
		assert(packet.offset >= offset && packet.offset < len);
		assert(packet.wirelen >= packet.caplen);
		assert(packet.caplen <= len);
		offset = packet.offset;
		touch(packet.data, packet.caplen);
		x0f_observe(packet.data, packet.caplen, packet.wirelen,
			    x0f_link_from_dlt(packet.dlt), X0F_POLICY_X0F,
			    &obs);
		capture_file_interface(file, packet.interface);
	}
	assert(ret == 0 || ret == -EBADMSG || ret == -ENOMEM);
	if (ret == -EBADMSG) {
		assert(error.packet == number + 1);
		assert(error.offset <= len && *error.message);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	struct capture_error error;
	struct capture_file *file;

	if (!len)
		return 0;
	if (capture_file_open_memory(&file, data + 1, len - 1, &error))
		return 0;
	if (data[0] & 1)
		capture_file_imitate_p0f(file);
	read_packets(file, len - 1);
	capture_file_close(file);
	return 0;
}
