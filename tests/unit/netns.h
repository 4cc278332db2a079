/* SPDX-License-Identifier: MIT */
/* For unit tests that make network interfaces: a network namespace of theirs. */
#ifndef X0F_TESTS_NETNS_H
#define X0F_TESTS_NETNS_H

#include <sched.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>

#define SKIPPED 77

/* False: there is none to be had; has said so. sched.h needs _GNU_SOURCE. */
static inline bool enter_namespace(void)
{
	if (system("ip -V >/dev/null 2>&1")) {
		printf("skipped: needs ip(8)\n");
		return false;
	}
	if (unshare(CLONE_NEWNET) || system("ip link set lo up")) {
		printf("skipped: no network namespace: needs root\n");
		return false;
	}
	return true;
}

#endif
