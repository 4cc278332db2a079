/* SPDX-License-Identifier: MIT */
/*
 * A packet socket that sends in batches; see send.h.
 */
#define _GNU_SOURCE /* sendmmsg() */
#include "send.h"
#include "interface.h"

#include <errno.h>
#include <linux/if_ether.h>
#include <linux/if_packet.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#define BATCH 64

/* A full queue empties in microseconds; who waits a second waits in vain. */
#define PAUSE_NS 50000
#define MOST_PAUSES 20000

struct sender {
	int fd;
	char name[16];
	uint32_t count; /* in the batch */
	uint64_t frames;
	uint64_t bytes;
	size_t room;
	struct mmsghdr messages[BATCH];
	struct iovec vectors[BATCH];
	uint8_t buffer[];
};

/* Protocol 0: a socket that receives nothing. */
static int bind_socket(struct sender *sender, const struct interface *interface,
		       struct problem *problem)
{
	struct sockaddr_ll address = { .sll_family = AF_PACKET,
				       .sll_ifindex = (int)interface->ifindex };

	sender->fd = socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC, 0);
	if (sender->fd < 0 && errno == EPERM)
		return problem_set(problem, -EPERM,
				   "%s: sending frames needs root, or "
				   "CAP_NET_RAW",
				   interface->name);
	if (sender->fd < 0 ||
	    bind(sender->fd, (struct sockaddr *)&address, sizeof(address)))
		return problem_set(problem, -errno, "%s: no packet socket: %s",
				   interface->name, problem_errno(errno));
	return 0;
}

static int check_interface(const struct interface *interface,
			   struct problem *problem)
{
	if (!interface->is_ethernet)
		return problem_set(problem, -EOPNOTSUPP,
				   "%s: its frames have no Ethernet header, "
				   "which all that is generated has",
				   interface->name);
	if (interface->is_up)
		return 0;
	return problem_set(problem, -ENETDOWN, "%s: is down: ip link set %s up",
			   interface->name, interface->name);
}

static void set_up_batch(struct sender *sender)
{
	for (size_t i = 0; i < BATCH; i++) {
		struct msghdr *message = &sender->messages[i].msg_hdr;

		sender->vectors[i].iov_base = sender->buffer + i * sender->room;
		message->msg_iov = &sender->vectors[i];
		message->msg_iovlen = 1;
	}
}

int sender_open(struct sender **sender, const char *name, size_t room,
		struct problem *problem)
{
	struct interface interface;
	struct sender *s;
	int ret = interface_read(&interface, name, problem);

	*sender = NULL;
	if (!ret)
		ret = check_interface(&interface, problem);
	if (ret)
		return ret;
	s = calloc(1, sizeof(*s) + BATCH * room);
	if (!s)
		return problem_set(problem, -ENOMEM, "out of memory");
	s->room = room;
	memcpy(s->name, interface.name, sizeof(s->name));
	set_up_batch(s);
	ret = bind_socket(s, &interface, problem);
	if (ret)
		sender_close(s);
	else
		*sender = s;
	return ret;
}

uint8_t *sender_slot(struct sender *sender)
{
	return sender->vectors[sender->count].iov_base;
}

int sender_add(struct sender *sender, size_t len, struct problem *problem)
{
	sender->vectors[sender->count++].iov_len = len;
	sender->bytes += len;
	return sender->count == BATCH ? sender_flush(sender, problem) : 0;
}

static bool is_full(int error)
{
	return error == ENOBUFS || error == EAGAIN;
}

static int give_up(struct sender *sender, uint32_t sent, int error,
		   struct problem *problem)
{
	for (uint32_t i = sent; i < sender->count; i++)
		sender->bytes -= sender->vectors[i].iov_len;
	sender->count = 0;
	return problem_set(problem, -error, "%s: cannot send: %s", sender->name,
			   problem_errno(error));
}

int sender_flush(struct sender *sender, struct problem *problem)
{
	const struct timespec pause = { .tv_nsec = PAUSE_NS };
	uint32_t sent = 0;
	int pauses = 0;

	while (sent < sender->count) {
		int n = sendmmsg(sender->fd, sender->messages + sent,
				 sender->count - sent, 0);

		if (n > 0) {
			sent += (uint32_t)n;
			sender->frames += (uint32_t)n;
			pauses = 0;
			continue;
		}
		if (!is_full(errno) || pauses++ == MOST_PAUSES)
			return give_up(sender, sent, errno, problem);
		if (nanosleep(&pause, NULL))
			return give_up(sender, sent, EINTR, problem);
	}
	sender->count = 0;
	return 0;
}

uint64_t sender_frames(const struct sender *sender)
{
	return sender->frames;
}

uint64_t sender_bytes(const struct sender *sender)
{
	return sender->bytes;
}

void sender_close(struct sender *sender)
{
	if (!sender)
		return;
	if (sender->fd >= 0)
		close(sender->fd);
	free(sender);
}
