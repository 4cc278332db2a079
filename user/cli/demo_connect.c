/* SPDX-License-Identifier: MIT */
/* See demo_connect.h. A socket stays in the namespace that it was made in. */
#define _GNU_SOURCE /* setns(), accept4() */
#include "demo_connect.h"

#include <errno.h>
#include <sched.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

union address {
	struct sockaddr any;
	struct sockaddr_in v4;
	struct sockaddr_in6 v6;
};

static socklen_t fill(union address *address, const struct connector *connector)
{
	memset(address, 0, sizeof(*address));
	address->any.sa_family = (sa_family_t)connector->server.family;
	if (connector->server.family == AF_INET6) {
		address->v6.sin6_port = htons(connector->port);
		memcpy(&address->v6.sin6_addr, connector->server.bytes, 16);
		return sizeof(address->v6);
	}
	address->v4.sin_port = htons(connector->port);
	memcpy(&address->v4.sin_addr, connector->server.bytes, 4);
	return sizeof(address->v4);
}

/* Nothing here waits for more than a second. */
static int make_socket(int family)
{
	struct timeval second = { .tv_sec = 1 };
	/* the end is a RST: nothing is sent later, no port waits */
	struct linger none = { .l_onoff = 1 };
	int one = 1;
	int fd = socket(family, SOCK_STREAM | SOCK_CLOEXEC, 0);

	if (fd < 0)
		return -errno;
	setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &second, sizeof(second));
	setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &second, sizeof(second));
	setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one));
	setsockopt(fd, SOL_SOCKET, SO_LINGER, &none, sizeof(none));
	return fd;
}

static int listen_at(struct connector *connector)
{
	union address address;
	socklen_t len = fill(&address, connector);
	int fd = make_socket(connector->server.family);

	if (fd < 0)
		return fd;
	connector->listener = fd;
	if (bind(fd, &address.any, len) || listen(fd, 16))
		return -errno;
	return 0;
}

int connector_open(struct connector *connector,
		   const struct net_address *server, uint16_t port,
		   int server_network, int client_network)
{
	int ret;

	*connector = (struct connector){
		.server_network = server_network,
		.client_network = client_network,
		.listener = -1,
		.server = *server,
		.port = port,
	};
	ret = listen_at(connector);
	if (!ret && setns(client_network, CLONE_NEWNET))
		ret = -errno;
	if (ret)
		connector_close(connector);
	return ret;
}

static int send_byte(int from, int to)
{
	char byte = 'x';

	if (send(from, &byte, 1, MSG_NOSIGNAL) != 1 ||
	    recv(to, &byte, 1, 0) != 1)
		return errno == EAGAIN ? -ETIMEDOUT : -EPIPE;
	return 0;
}

/* The kernel answers for a listener before anybody calls accept(2). */
static int converse(const struct connector *connector, int client)
{
	union address address;
	socklen_t len = fill(&address, connector);
	int server;
	int ret;

	if (connect(client, &address.any, len))
		return errno == EINPROGRESS ? -ETIMEDOUT : -errno;
	server = accept4(connector->listener, NULL, NULL, SOCK_CLOEXEC);
	if (server < 0)
		return -errno;
	ret = send_byte(client, server);
	if (!ret)
		ret = send_byte(server, client);
	close(server);
	return ret;
}

int connector_try(const struct connector *connector)
{
	int client = make_socket(connector->server.family);
	int ret;

	if (client < 0)
		return client;
	ret = converse(connector, client);
	close(client);
	return ret;
}

void connector_close(struct connector *connector)
{
	if (connector->listener >= 0)
		close(connector->listener);
	connector->listener = -1;
	/* cannot fail: it was there before */
	(void)!setns(connector->server_network, CLONE_NEWNET);
}
