/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* What the mirror's programs and user/capture/mirror.c agree on. */
#ifndef X0F_BPF_MIRROR_H
#define X0F_BPF_MIRROR_H

#include <linux/types.h>

/* Map x0f_mirror: ARRAY of one. */
struct mirror_state {
	__u64 copied;
	__u64 failed;
	__u32 ifindex; /* where copies go */
	__u32 reserved;
};

#endif
