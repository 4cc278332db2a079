/* SPDX-License-Identifier: MIT */
/* Between segment.c and segment_file.c; for nobody else. */
#ifndef X0F_ENGINE_SEGMENT_INTERNAL_H
#define X0F_ENGINE_SEGMENT_INTERNAL_H

#include "limits.h"
#include "segment.h"

#include <errno.h>

/* Where everything goes; -EINVAL: the options make no sense. */
int segment_plan(struct segment_layout *layout,
		 const struct segment_options *options,
		 struct problem *problem);

/* Maps a file (-1: memory) by its layout and fills the header. */
int segment_map(struct segment *segment, int fd,
		const struct segment_options *options, struct problem *problem);

/* segment_labels.c: frees the loader's index; NULL is fine. */
void segment_free_index(struct segment_index *index);

#endif
