/* SPDX-License-Identifier: MIT */
/*
 * Packets, rate, share that is labelled, time to go. See progress.h.
 */
#include "progress.h"

#include "../capture/clock.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define BETWEEN_LINES_NS (NS_PER_S / 4)

/* Four days: what takes longer is not known so early */
#define LONGEST_REST_S (100.0 * 60 * 60)

static void put(const char *text, size_t len)
{
	ssize_t n = write(STDERR_FILENO, text, len);

	(void)n; /* a terminal that is gone misses nothing */
}

void progress_open(struct progress *progress, bool wanted)
{
	memset(progress, 0, sizeof(*progress));
	progress->shown = wanted && isatty(STDERR_FILENO);
}

void progress_begin(struct progress *progress, uint64_t packets)
{
	if (!progress->shown)
		return;
	progress->packets = packets;
	progress->begun_ns = clock_ns();
	progress->due_ns = progress->begun_ns + BETWEEN_LINES_NS;
}

bool progress_is_due(const struct progress *progress)
{
	return progress->shown && clock_ns() >= progress->due_ns;
}

/* ", 2m05s to go", or nothing where that is not known. */
static void format_rest(char *text, size_t size, double elapsed_s,
			uint64_t position, uint64_t total)
{
	double rest_s;
	unsigned int seconds;

	text[0] = '\0';
	if (!position || position > total)
		return;
	rest_s = elapsed_s / (double)position * (double)(total - position);
	if (rest_s >= LONGEST_REST_S)
		return;
	seconds = (unsigned int)rest_s;
	snprintf(text, size, ", %um%02us to go", seconds / 60, seconds % 60);
}

void progress_show(struct progress *progress, const struct tally *tally,
		   uint64_t position, uint64_t size)
{
	uint64_t now = clock_ns();
	double elapsed_s = (double)(now - progress->begun_ns) / NS_PER_S;
	uint64_t packets = tally->packets - progress->packets;
	uint64_t labelled = tally->syns_labelled + tally->synacks_labelled;
	uint64_t all = tally->syns + tally->synacks;
	char rest[48];
	char line[192];
	int len;

	progress->due_ns = now + BETWEEN_LINES_NS;
	progress->drawn = true;
	format_rest(rest, sizeof(rest), elapsed_s, position, size);
	len = snprintf(line, sizeof(line),
		       "\r%llu packets, %.0f/s, %llu%% of %llu labelled%s"
		       "\033[K",
		       (unsigned long long)tally->packets,
		       (double)packets / elapsed_s,
		       (unsigned long long)(all ? labelled * 100 / all : 0),
		       (unsigned long long)all, rest);
	put(line, (size_t)len < sizeof(line) ? (size_t)len : sizeof(line) - 1);
}

void progress_wipe(struct progress *progress)
{
	static const char wipe[] = "\r\033[K";

	if (progress->drawn)
		put(wipe, sizeof(wipe) - 1);
	progress->drawn = false;
}
