/* SPDX-License-Identifier: MIT */
/*
 * Interfaces of a pcapng section: link type, name, and what the times of
 * their packets mean. Called by pcapng.c for each block of type 1.
 */
#include "reader.h"

#include <errno.h>
#include <string.h>

enum block_option {
	OPTION_END = 0,
	OPTION_NAME = 2,
	OPTION_RESOLUTION = 9,
	OPTION_OFFSET = 14,
};

#define DEFAULT_UNITS 1000000 /* of time in a second */
#define NS_PER_S 1000000000ull

static uint64_t power_of_ten(unsigned int exponent)
{
	uint64_t v = 1;

	while (exponent--)
		v *= 10;
	return v;
}

/* if_tsresol: 10^-n, or 2^-n with the top bit. 0: finer than 64 bits. */
static uint64_t units_per_second(uint8_t resolution)
{
	uint8_t exponent = resolution & 0x7f;

	if (resolution & 0x80)
		return exponent < 64 ? 1ull << exponent : 0;
	return exponent < 20 ? power_of_ten(exponent) : 0;
}

static uint64_t fraction_in_ns(uint64_t fraction, uint64_t units)
{
	__extension__ unsigned __int128 wide = fraction;

	/* what nearly every file has, without a division of 128 bits */
	if (units <= UINT64_MAX / NS_PER_S)
		return fraction * NS_PER_S / units;
	return (uint64_t)(wide * NS_PER_S / units);
}

uint64_t pcapng_time_ns(const struct capture_interface *interface,
			uint64_t ticks)
{
	uint64_t seconds = ticks / interface->units;
	uint64_t fraction = ticks % interface->units;
	uint64_t ns;

	if (interface->offset_s < 0) {
		uint64_t back = 0 - (uint64_t)interface->offset_s;

		if (back > seconds)
			return 0;
		seconds -= back;
	} else if (__builtin_add_overflow(seconds,
					  (uint64_t)interface->offset_s,
					  &seconds)) {
		return UINT64_MAX;
	}
	fraction = fraction_in_ns(fraction, interface->units);
	if (__builtin_mul_overflow(seconds, NS_PER_S, &ns) ||
	    __builtin_add_overflow(ns, fraction, &ns))
		return UINT64_MAX;
	return ns;
}

/* One option of an interface; its length was checked. */
static int interface_option(const struct capture_file *file,
			    struct capture_interface *interface, uint16_t code,
			    const uint8_t *p, uint16_t len,
			    struct capture_error *error)
{
	if (code == OPTION_NAME) {
		size_t most = sizeof(interface->name) - 1;
		size_t n = len < most ? len : most;

		memcpy(interface->name, p, n);
		interface->name[n] = '\0';
	} else if (code == OPTION_RESOLUTION && len == 1) {
		interface->units = units_per_second(*p);
		if (!interface->units)
			return capture_damaged(file, error,
					       "if_tsresol 0x%02x is finer "
					       "than 64 bits can say",
					       *p);
	} else if (code == OPTION_OFFSET && len == 8) {
		interface->offset_s = (int64_t)capture_u64(file, p);
	}
	return 0;
}

/* libpcap has one link type and one snapshot length for a whole file. */
static int check_as_p0f(struct capture_file *file,
			const struct capture_interface *interface,
			struct capture_error *error)
{
	const struct capture_interface *first = &file->first;

	if (!first->units)
		file->first = *interface;
	if (interface->dlt != first->dlt)
		return capture_damaged(file, error,
				       "interface of link type %u, the first "
				       "has %u: p0f ends here",
				       interface->dlt, first->dlt);
	if (capture_snaplen(interface) != capture_snaplen(first))
		return capture_damaged(file, error,
				       "interface with snapshot length %u, the "
				       "first has %u: p0f ends here",
				       interface->snaplen, first->snaplen);
	return 0;
}

static int no_room(const struct capture_file *file, struct capture_error *error)
{
	if (file->interface_count < MAX_INTERFACES)
		return -ENOMEM;
	return capture_damaged(file, error,
			       "section with more than %u interfaces",
			       MAX_INTERFACES);
}

static int read_options(const struct capture_file *file,
			struct capture_interface *interface, const uint8_t *p,
			const uint8_t *end, struct capture_error *error)
{
	while (end - p >= 4) {
		uint16_t code = capture_u16(file, p);
		uint16_t len = capture_u16(file, p + 2);
		uint32_t padded = (len + 3u) & ~3u;
		int ret;

		if (code == OPTION_END || len > end - p - 4)
			return 0;
		ret = interface_option(file, interface, code, p + 4, len,
				       error);
		if (ret)
			return ret;
		/* The padding behind the last option may be missing. */
		if (padded > end - p - 4)
			return 0;
		p += 4 + padded;
	}
	return 0;
}

int pcapng_add_interface(struct capture_file *file, const uint8_t *body,
			 uint32_t len, struct capture_error *error)
{
	struct capture_interface *interface = capture_add_interface(file);

	if (!interface)
		return no_room(file, error);
	interface->dlt = capture_u16(file, body);
	interface->snaplen = capture_u32(file, body + 4);
	interface->units = DEFAULT_UNITS;
	if (file->as_p0f && check_as_p0f(file, interface, error))
		return -EBADMSG;
	return read_options(file, interface, body + PCAPNG_INTERFACE_BYTES,
			    body + len, error);
}
