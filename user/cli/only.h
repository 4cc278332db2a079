/* SPDX-License-Identifier: MIT */
/*
 * --only, for `x0f pcap` and `x0f live`. Any thread.
 */
#ifndef X0F_CLI_ONLY_H
#define X0F_CLI_ONLY_H

#include "options.h"

#include "../readers/event.h"

/* What --only may ask for of an event: enum only_bit. */
uint32_t only_bits(const struct event *event);

#endif
