/* SPDX-License-Identifier: MIT */
/* Prints who connects, as a running sensor sees it: ring_reader SEGMENT */
#include <stdio.h>
#include <string.h>
#include <x0f/x0f.h>

static void print(struct x0f_ring *ring, const struct x0f_record *record)
{
	const struct x0f_label *label = x0f_ring_label(ring, record->label);
	struct x0f_verdict verdict;
	struct x0f_track track;
	struct x0f_obs obs;
	char address[X0F_TEXT_MAX];

	if (x0f_record_read(record, X0F_POLICY_X0F, &obs, &verdict, &track))
		return;
	x0f_format_addr(address, sizeof(address), obs.src, obs.ip_version);
	printf("%llu %s: %s %s\n", (unsigned long long)record->time_ns, address,
	       label ? label->name : "?", label ? label->flavor : "");
	fflush(stdout);
}

int main(int argc, char **argv)
{
	const struct x0f_ring_options options = { sizeof(options), true };
	struct x0f_record records[64];
	struct x0f_ring *ring;
	int err = x0f_ring_open(&ring, argc > 1 ? argv[1] : "", &options);
	size_t i, count;

	if (err)
		return fprintf(stderr, "no sensor: %s\n", strerror(-err)), 1;
	while (x0f_ring_wait(ring, -1) == 1)
		for (count = x0f_ring_read(ring, records, 64), i = 0; i < count;
		     i++)
			print(ring, &records[i]);
	printf("missed %llu\n", (unsigned long long)x0f_ring_missed(ring));
	x0f_ring_close(ring);
	return 0;
}
