/* SPDX-License-Identifier: MIT */
/*
 * A mirror port made of software: a copy of every packet of one interface,
 * either direction, leaves through another one. For demonstrations, where no
 * switch does it. Ends with its process where the kernel has TCX; a clsact
 * filter stays with the interface. Needs root. One thread.
 */
#ifndef X0F_CAPTURE_MIRROR_H
#define X0F_CAPTURE_MIRROR_H

#include "problem.h"

#include <stdint.h>

struct mirror;

/* -ENODEV: no such interface; -EOPNOTSUPP: the kernel cannot; -EPERM. */
int mirror_open(struct mirror **mirror, const char *from, const char *to,
		struct problem *problem);

struct mirror_counts {
	uint64_t copied;
	uint64_t failed; /* no memory for a copy, or the other one is down */
};

void mirror_count(const struct mirror *mirror, struct mirror_counts *counts);

/* NULL is fine. */
void mirror_close(struct mirror *mirror);

#endif
