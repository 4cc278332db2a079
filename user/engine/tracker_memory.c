/* SPDX-License-Identifier: MIT */
/*
 * The memory that all workers share, made by the loader before they start and
 * given back when they have ended.
 */
#include "worker.h"

#include <errno.h>
#include <sys/mman.h>
#include <sys/random.h>

static int map_tracker(struct engine *engine,
		       const struct x0f_tracker_options *options)
{
	size_t size = x0f_tracker_size(options);
	void *memory;
	int ret;

	if (!size)
		return -EINVAL;
	memory = mmap(NULL, size, PROT_READ | PROT_WRITE,
		      MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (memory == MAP_FAILED)
		return -ENOMEM;
	/* Every look-up is somewhere else. No harm where there are none. */
	(void)madvise(memory, size, MADV_HUGEPAGE);
	ret = x0f_tracker_init(&engine->tracker, memory, size, options);
	if (ret)
		munmap(memory, size);
	else
		engine->tracker_bytes = size;
	return ret;
}

int engine_open_tracker(struct engine *engine, uint32_t flows, uint32_t clocks,
			uint32_t min_clock_ms)
{
	struct x0f_tracker_options options = {
		.sz = sizeof(options),
		.flows = flows,
		.clocks = clocks,
		.min_clock_ms = min_clock_ms,
	};

	/* nobody outside may choose packets that share a bucket */
	if (getrandom(options.key, sizeof(options.key), 0) !=
	    (ssize_t)sizeof(options.key))
		return -EIO;
	return map_tracker(engine, &options);
}

void engine_close_tracker(struct engine *engine)
{
	if (engine->tracker)
		munmap(engine->tracker, engine->tracker_bytes);
	engine->tracker = NULL;
}
