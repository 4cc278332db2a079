/* SPDX-License-Identifier: MIT */
/*
 * Tells that something about interfaces, addresses or routes changed, not
 * what: whoever watches asks anew. Losing a message is therefore no loss.
 */
#include "interface.h"

#include <errno.h>
#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <sys/socket.h>
#include <unistd.h>

int watch_open(void)
{
	static const int groups[] = { RTNLGRP_LINK, RTNLGRP_IPV4_IFADDR,
				      RTNLGRP_IPV6_IFADDR, RTNLGRP_IPV4_ROUTE,
				      RTNLGRP_IPV6_ROUTE };
	int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK,
			NETLINK_ROUTE);
	struct sockaddr_nl name = { .nl_family = AF_NETLINK };
	int ret;

	if (fd < 0)
		return -errno;
	/* one without a port of its own counts as the kernel, which sends */
	if (bind(fd, (struct sockaddr *)&name, sizeof(name)))
		goto error;
	for (size_t i = 0; i < sizeof(groups) / sizeof(groups[0]); i++) {
		/* kernels without IPv6 have its groups all the same */
		if (setsockopt(fd, SOL_NETLINK, NETLINK_ADD_MEMBERSHIP,
			       &groups[i], sizeof(groups[i])))
			goto error;
	}
	return fd;

error:
	ret = -errno;
	close(fd);
	return ret;
}

bool watch_read(int fd)
{
	bool has_changed = false;
	char byte;

	for (;;) {
		/* what does not fit is thrown away, which is all we want */
		ssize_t len = recv(fd, &byte, sizeof(byte), MSG_DONTWAIT);

		if (len < 0 && errno == ENOBUFS) /* some were lost */
			has_changed = true;
		else if (len < 0 && errno != EINTR)
			return has_changed;
		else if (len >= 0)
			has_changed = true;
	}
}
