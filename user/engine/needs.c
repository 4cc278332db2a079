/* SPDX-License-Identifier: MIT */
/* See needs.h. Any thread. */
#include "needs.h"

#include <linux/capability.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

const struct need needs[NEEDS_COUNT] = {
	{ CAP_NET_ADMIN, "CAP_NET_ADMIN", NEED_OF_ALL },
	{ CAP_BPF, "CAP_BPF", NEED_OF_ALL },
	/* the verifier lets nobody else do sums with pointers */
	{ CAP_PERFMON, "CAP_PERFMON", NEED_OF_ALL },
	{ CAP_NET_RAW, "CAP_NET_RAW", NEED_OF_TAP },
	{ CAP_SETUID, "CAP_SETUID", NEED_OF_ROOT },
	{ CAP_SETGID, "CAP_SETGID", NEED_OF_ROOT },
};

/* CAP_SYS_ADMIN stands for what was cut out of it. */
static bool has(uint64_t rights, int right)
{
	uint64_t wanted = UINT64_C(1) << right;

	if (right == CAP_BPF || right == CAP_PERFMON)
		wanted |= UINT64_C(1) << CAP_SYS_ADMIN;
	return rights & wanted;
}

uint32_t needs_missing(char text[NEEDS_TEXT], uint64_t rights, bool is_root,
		       bool is_tap)
{
	uint32_t count = 0;
	size_t len = 0;

	text[0] = '\0';
	for (size_t i = 0; i < NEEDS_COUNT; i++) {
		const struct need *need = &needs[i];

		if (has(rights, need->right) ||
		    (need->of == NEED_OF_TAP && !is_tap) ||
		    (need->of == NEED_OF_ROOT && !is_root))
			continue;
		len += (size_t)snprintf(text + len, NEEDS_TEXT - len, "%s%s",
					count++ ? " " : "", need->name);
	}
	return count;
}

uint64_t needs_rights(void)
{
	struct __user_cap_header_struct header = {
		.version = _LINUX_CAPABILITY_VERSION_3,
	};
	struct __user_cap_data_struct data[_LINUX_CAPABILITY_U32S_3];

	memset(data, 0, sizeof(data));
	if (syscall(SYS_capget, &header, data))
		return UINT64_MAX; /* who does not know will see */
	return (uint64_t)data[1].effective << 32 | data[0].effective;
}
