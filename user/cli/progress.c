/* SPDX-License-Identifier: MIT */
/*
 * Packets, rate, share that is labelled, time to go. See progress.h.
 */
#include "progress.h"

#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define NS_PER_S 1000000000ull
#define BETWEEN_LINES_NS (NS_PER_S / 4)

/* Packets between two looks at the clock: some 10 ms of work */
#define PACKETS_PER_LOOK 16384

static uint64_t now_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * NS_PER_S + (uint64_t)now.tv_nsec;
}

void progress_begin(struct progress *progress, bool wanted, int output_fd)
{
	memset(progress, 0, sizeof(*progress));
	/* Findings that scroll by are progress enough. */
	progress->shown = wanted && isatty(STDERR_FILENO) &&
			  !isatty(output_fd);
	progress->begun_ns = now_ns();
	progress->drawn_ns = progress->begun_ns;
}

static void put(const char *text, size_t len)
{
	ssize_t n = write(STDERR_FILENO, text, len);

	(void)n; /* a terminal that is gone misses nothing */
}

/* "2m05s to go", or nothing where that is not known. */
static void format_rest(char *text, size_t size, uint64_t elapsed_ns,
			uint64_t position, uint64_t total)
{
	uint64_t rest_s;

	text[0] = '\0';
	if (!position || position > total)
		return;
	rest_s = (uint64_t)((double)elapsed_ns / (double)position *
			    (double)(total - position) / NS_PER_S);
	snprintf(text, size, ", %llum%02llus to go",
		 (unsigned long long)(rest_s / 60),
		 (unsigned long long)(rest_s % 60));
}

static unsigned int percent(uint64_t part, uint64_t whole)
{
	return whole ? (unsigned int)(part * 100 / whole) : 0;
}

void progress_draw(struct progress *progress, const struct tally *tally,
		   uint64_t position, uint64_t size)
{
	uint64_t now = now_ns();
	uint64_t elapsed = now - progress->begun_ns;
	char rest[48];
	char line[192];
	int len;

	progress->next_packet = tally->packets + PACKETS_PER_LOOK;
	if (now - progress->drawn_ns < BETWEEN_LINES_NS)
		return;
	progress->drawn_ns = now;
	progress->drawn = true;
	format_rest(rest, sizeof(rest), elapsed, position, size);
	len = snprintf(line, sizeof(line),
		       "\r%llu packets, %.0f/s, %u%% of %llu labelled%s\033[K",
		       (unsigned long long)tally->packets,
		       (double)tally->packets * NS_PER_S / (double)elapsed,
		       percent(tally->syns_labelled + tally->synacks_labelled,
			       tally->syns + tally->synacks),
		       (unsigned long long)(tally->syns + tally->synacks),
		       rest);
	put(line, (size_t)len < sizeof(line) ? (size_t)len : sizeof(line) - 1);
}

void progress_wipe(struct progress *progress)
{
	static const char wipe[] = "\r\033[K";

	if (progress->drawn)
		put(wipe, sizeof(wipe) - 1);
	progress->drawn = false;
}
