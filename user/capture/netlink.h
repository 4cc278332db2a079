/* SPDX-License-Identifier: MIT */
/*
 * The little of rtnetlink that interfaces need: one request, its answers, the
 * attributes in them. Each request has a socket of its own, so nothing can be
 * left over from the one before. Any thread; waits for the kernel only.
 */
#ifndef X0F_CAPTURE_NETLINK_H
#define X0F_CAPTURE_NETLINK_H

#include <linux/netlink.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define NETLINK_BODY 256

struct netlink_request {
	struct nlmsghdr header;
	uint8_t body[NETLINK_BODY];
	int protocol; /* NETLINK_ROUTE, which is 0, unless it is set */
};

/* flags: NLM_F_DUMP, NLM_F_ACK … ; header: of the message's type */
void netlink_begin(struct netlink_request *request, uint16_t type,
		   uint16_t flags, const void *header, size_t len);
void netlink_add(struct netlink_request *request, uint16_t type,
		 const void *value, size_t len);

/*
 * Sends the request and hands every answer to visit (which may be NULL). A
 * dump that changes interrupt is asked for again, so visit may be called
 * twice for the same object. Returns 0 or a negative errno, the kernel's too.
 */
typedef void netlink_visit(void *ctx, const struct nlmsghdr *message);
int netlink_ask(const struct netlink_request *request, netlink_visit *visit,
		void *ctx);

/* Attributes: a range of bytes, and what netlink_next() took from it. */
struct netlink_range {
	const uint8_t *p;
	const uint8_t *end;
};

struct netlink_attribute {
	uint16_t type;
	struct netlink_range value;
};

/* What stands behind the type's own header of so many bytes. */
struct netlink_range netlink_attributes(const struct nlmsghdr *message,
					size_t header);
/* The type's own header, or NULL: the message is too short for it. */
const void *netlink_header(const struct nlmsghdr *message, size_t header);

bool netlink_next(struct netlink_range *range,
		  struct netlink_attribute *attribute);
/* The value of the first of that type; p is NULL where there is none. */
struct netlink_range netlink_find(struct netlink_range range, uint16_t type);

/* The number in a value; otherwise 0 where it has not this size. */
uint32_t netlink_u32(struct netlink_range value);
uint8_t netlink_u8(struct netlink_range value);
/* The string in a value, cut to the room; "" where there is none. */
void netlink_text(struct netlink_range value, char *text, size_t size);

#endif
