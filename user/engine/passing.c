/* SPDX-License-Identifier: MIT */
/* See passing.h. Called by the supervisor and by its children; any thread. */
#include "passing.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>

int passing_send(int socket, uint32_t word, const int *fds, uint32_t count)
{
	_Alignas(struct cmsghdr) char
		control[CMSG_SPACE(sizeof(int) * PASSING_MOST)] = { 0 };
	struct iovec part = { .iov_base = &word, .iov_len = sizeof(word) };
	struct msghdr message = { .msg_iov = &part, .msg_iovlen = 1 };
	struct cmsghdr *header = (struct cmsghdr *)control;

	if (count > PASSING_MOST)
		return -E2BIG;
	if (count) {
		header->cmsg_level = SOL_SOCKET;
		header->cmsg_type = SCM_RIGHTS;
		header->cmsg_len = CMSG_LEN(sizeof(int) * count);
		memcpy(CMSG_DATA(header), fds, sizeof(int) * count);
		message.msg_control = control;
		message.msg_controllen = CMSG_SPACE(sizeof(int) * count);
	}
	return sendmsg(socket, &message, MSG_NOSIGNAL | MSG_DONTWAIT) < 0 ?
		       -errno :
		       0;
}

int passing_receive(int socket, int flags, uint32_t *word, int *fds)
{
	_Alignas(struct cmsghdr) char
		control[CMSG_SPACE(sizeof(int) * PASSING_MOST)];
	struct iovec part = { .iov_base = word, .iov_len = sizeof(*word) };
	struct msghdr message = {
		.msg_iov = &part,
		.msg_iovlen = 1,
		.msg_control = control,
		.msg_controllen = sizeof(control),
	};
	const struct cmsghdr *header;
	size_t len;
	ssize_t n;

	do {
		n = recvmsg(socket, &message, flags | MSG_CMSG_CLOEXEC);
	} while (n < 0 && errno == EINTR);
	if (n != (ssize_t)sizeof(*word))
		return n < 0 ? -errno : -EPIPE;
	header = CMSG_FIRSTHDR(&message);
	if (!header || header->cmsg_type != SCM_RIGHTS)
		return 0;
	len = header->cmsg_len - CMSG_LEN(0);
	memcpy(fds, CMSG_DATA(header), len);
	return (int)(len / sizeof(int));
}
