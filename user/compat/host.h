/* SPDX-License-Identifier: MIT */
/* p0f's hosts, for flow.c alone: see flow.h. */
#ifndef X0F_COMPAT_HOST_H
#define X0F_COMPAT_HOST_H

#include "flow.h"

/* The host, now the newest, or NULL: not known. */
struct compat_host *compat_host_touch(struct compat_memory *memory,
				      const struct compat_host_key *key,
				      uint32_t now_s);

/* It must not be known yet. NULL: no memory. */
struct compat_host *compat_host_create(struct compat_memory *memory,
				       const struct compat_host_key *key,
				       uint32_t now_s);

/* Forgets the oldest host, unless a flow points to it. */
void compat_host_drop_oldest(struct compat_memory *memory);

void compat_host_expire(struct compat_memory *memory, uint32_t now_s);

/* Forgets all; no flow may be left. */
void compat_host_drop_all(struct compat_memory *memory);

#endif
