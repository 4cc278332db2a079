/* SPDX-License-Identifier: MIT */
/*
 * Community ID, version 1: one name for a flow in both directions, the same
 * in Zeek, Suricata, Arkime and others
 * (https://github.com/corelight/community-id-spec).
 */
#ifndef X0F_READERS_COMMUNITY_ID_H
#define X0F_READERS_COMMUNITY_ID_H

#include <x0f/observe.h>

/* "1:", 28 characters of base64 and NUL */
#define COMMUNITY_ID_BYTES 31

/* With the seed 0, which everybody uses. */
void community_id(char text[COMMUNITY_ID_BYTES], const struct x0f_obs *obs);

#endif
