/* SPDX-License-Identifier: MIT */
/* See netlink.h. */
#include "netlink.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

/* A dump that is interrupted so often tells what it saw in all of them. */
#define MOST_TRIES 5

/* The kernel answers at once; this is for a kernel that does not. */
#define TIMEOUT_S 5

/* NLA_TYPE_MASK, without its sign */
#define TYPE_MASK 0x3fff

struct conversation {
	int fd;
	uint8_t *buf;
	size_t size;
	netlink_visit *visit;
	void *ctx;
	bool was_interrupted;
};

static size_t align(size_t len)
{
	return NLMSG_ALIGN(len);
}

static void append(struct netlink_request *request, const void *bytes,
		   size_t len)
{
	size_t at = align(request->header.nlmsg_len);

	if (at + len > offsetof(struct netlink_request, protocol) || !len)
		return;
	memcpy((uint8_t *)request + at, bytes, len);
	request->header.nlmsg_len = (uint32_t)(at + len);
}

void netlink_begin(struct netlink_request *request, uint16_t type,
		   uint16_t flags, const void *header, size_t len)
{
	memset(request, 0, sizeof(*request));
	request->header.nlmsg_len = NLMSG_HDRLEN;
	request->header.nlmsg_type = type;
	request->header.nlmsg_flags = (uint16_t)(NLM_F_REQUEST | flags);
	request->header.nlmsg_seq = 1;
	append(request, header, len);
}

void netlink_add(struct netlink_request *request, uint16_t type,
		 const void *value, size_t len)
{
	struct nlattr attribute = {
		.nla_len = (uint16_t)(sizeof(attribute) + len),
		.nla_type = type,
	};

	append(request, &attribute, sizeof(attribute));
	append(request, value, len);
}

static int open_socket(int protocol)
{
	struct timeval timeout = { .tv_sec = TIMEOUT_S };
	int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, protocol);
	int one = 1;

	if (fd < 0)
		return -errno;
	/* Both are only wishes: messages are looked through in any case. */
	setsockopt(fd, SOL_NETLINK, NETLINK_GET_STRICT_CHK, &one, sizeof(one));
	setsockopt(fd, SOL_NETLINK, NETLINK_EXT_ACK, &one, sizeof(one));
	if (setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &timeout,
		       sizeof(timeout))) {
		close(fd);
		return -EINVAL;
	}
	return fd;
}

/* Makes room for the datagram that is next. */
static int make_room(struct conversation *c)
{
	ssize_t len = recv(c->fd, NULL, 0, MSG_PEEK | MSG_TRUNC);
	uint8_t *buf;

	if (len < 0)
		return errno == EAGAIN ? -ETIMEDOUT : -errno;
	if ((size_t)len <= c->size)
		return 0;
	buf = realloc(c->buf, (size_t)len);
	if (!buf)
		return -ENOMEM;
	c->buf = buf;
	c->size = (size_t)len;
	return 0;
}

/* 1: more will come; 0: that was all; else a negative errno. */
static int take_message(struct conversation *c, const struct nlmsghdr *message)
{
	const int *error;

	if (message->nlmsg_flags & NLM_F_DUMP_INTR)
		c->was_interrupted = true;
	switch (message->nlmsg_type) {
	case NLMSG_NOOP:
		return 1;
	case NLMSG_DONE: /* carries the error of a dump that broke off */
	case NLMSG_ERROR:
		error = netlink_header(message, sizeof(*error));
		return error && *error < 0 ? *error : 0;
	default:
		if (c->visit)
			c->visit(c->ctx, message);
		return 1;
	}
}

/* As take_message(), for all of one datagram. */
static int take_datagram(struct conversation *c)
{
	struct sockaddr_nl from = { .nl_pid = 0 };
	socklen_t from_len = sizeof(from);
	size_t left;
	ssize_t len;
	int ret = make_room(c);

	if (ret)
		return ret;
	len = recvfrom(c->fd, c->buf, c->size, 0, (struct sockaddr *)&from,
		       &from_len);
	if (len < 0)
		return -errno;
	if (from.nl_pid) /* not the kernel */
		return 1;
	left = (size_t)len;
	for (const uint8_t *p = c->buf; left >= sizeof(struct nlmsghdr);) {
		const struct nlmsghdr *message = (const void *)p;
		size_t step = align(message->nlmsg_len);

		if (message->nlmsg_len < sizeof(*message) ||
		    message->nlmsg_len > left)
			return -EPROTO;
		ret = take_message(c, message);
		if (ret <= 0)
			return ret;
		if (step >= left)
			break;
		p += step;
		left -= step;
	}
	return 1;
}

static int ask_once(struct conversation *c,
		    const struct netlink_request *request)
{
	int ret;

	c->was_interrupted = false;
	c->fd = open_socket(request->protocol);
	if (c->fd < 0)
		return c->fd;
	if (send(c->fd, request, request->header.nlmsg_len, 0) < 0) {
		ret = -errno;
	} else {
		do {
			ret = take_datagram(c);
		} while (ret == 1 || ret == -EINTR);
	}
	close(c->fd);
	return ret;
}

int netlink_ask(const struct netlink_request *request, netlink_visit *visit,
		void *ctx)
{
	struct netlink_request asked = *request;
	struct conversation c = { .visit = visit, .ctx = ctx };
	int tries = 0;
	int ret;

	/* Without it the answer to a single request has no end. */
	if (!(asked.header.nlmsg_flags & NLM_F_DUMP))
		asked.header.nlmsg_flags |= NLM_F_ACK;
	do {
		ret = ask_once(&c, &asked);
	} while (!ret && c.was_interrupted && ++tries < MOST_TRIES);
	free(c.buf);
	return ret;
}

const void *netlink_header(const struct nlmsghdr *message, size_t header)
{
	if (message->nlmsg_len < NLMSG_HDRLEN + header)
		return NULL;
	return (const uint8_t *)message + NLMSG_HDRLEN;
}

struct netlink_range netlink_attributes(const struct nlmsghdr *message,
					size_t header)
{
	const uint8_t *first = (const uint8_t *)message;
	size_t at = NLMSG_HDRLEN + align(header);

	if (message->nlmsg_len < at)
		at = message->nlmsg_len;
	return (struct netlink_range){ first + at, first + message->nlmsg_len };
}

bool netlink_next(struct netlink_range *range,
		  struct netlink_attribute *attribute)
{
	size_t left = (size_t)(range->end - range->p);
	struct nlattr head;
	size_t step;

	if (left < sizeof(head))
		return false;
	memcpy(&head, range->p, sizeof(head));
	if (head.nla_len < sizeof(head) || head.nla_len > left)
		return false;
	attribute->type = (uint16_t)(head.nla_type & TYPE_MASK);
	attribute->value.p = range->p + sizeof(head);
	attribute->value.end = range->p + head.nla_len;
	step = NLA_ALIGN(head.nla_len);
	range->p += step < left ? step : left;
	return true;
}

struct netlink_range netlink_find(struct netlink_range range, uint16_t type)
{
	struct netlink_attribute attribute;

	while (range.p && netlink_next(&range, &attribute)) {
		if (attribute.type == type)
			return attribute.value;
	}
	return (struct netlink_range){ NULL, NULL };
}

uint32_t netlink_u32(struct netlink_range value)
{
	uint32_t number = 0;

	if (value.p && value.end - value.p >= (ptrdiff_t)sizeof(number))
		memcpy(&number, value.p, sizeof(number));
	return number;
}

uint8_t netlink_u8(struct netlink_range value)
{
	return value.p && value.end > value.p ? *value.p : 0;
}

void netlink_text(struct netlink_range value, char *text, size_t size)
{
	size_t len = value.p ? (size_t)(value.end - value.p) : 0;

	if (len > size - 1)
		len = size - 1;
	if (len)
		memcpy(text, value.p, len);
	text[len] = '\0';
}
