/* SPDX-License-Identifier: MIT */
/*
 * What there is to know of a network interface, read by rtnetlink, ioctl and
 * sysfs; and the guard of tap. One thread.
 */
#ifndef X0F_CAPTURE_INTERFACE_H
#define X0F_CAPTURE_INTERFACE_H

#include "problem.h"

#include <stdbool.h>
#include <stdint.h>

struct interface {
	char name[16];
	uint32_t ifindex;
	uint32_t mtu;
	uint32_t queues;   /* receive queues in use */
	uint16_t hardware; /* ARPHRD_ */
	bool is_up;
	bool has_carrier;
	bool is_promiscuous; /* as somebody asked for by flag */
	bool has_vlan_stripping;
	bool is_ethernet; /* frames begin with an Ethernet header */
	char driver[32];  /* "" unknown */
	/* XDP program that is attached now, 0: none */
	uint32_t xdp_program;
};

/* -ENODEV: no such interface, with advice (names that are there). */
int interface_read(struct interface *interface, const char *name,
		   struct problem *problem);

/* By its number, whatever its name is now. 0 or a negative errno. */
int interface_read_index(struct interface *interface, uint32_t ifindex);

/* Of a name that is none: one that it may have been meant to be; "" none. */
void interface_suggest(const char *wrong, char name[16]);

/* For health: ifindex of a name now, 0: none. */
uint32_t interface_index(const char *name);

/*
 * The guard of tap: 0, or -EADDRINUSE with the reason: the interface carries
 * an address that is not link-local, a route, a master, or an upper device, or
 * a packet socket of another program is bound to it.
 */
int guard_check(const struct interface *interface, struct problem *problem);

/*
 * For a tap that is attached: of packet sockets those of a host's own protocols
 * only, so that a look with tcpdump does not end the sensor.
 */
int guard_check_running(const struct interface *interface,
			struct problem *problem);

/*
 * rtnetlink events: links, addresses, routes. Returns a non-blocking
 * descriptor or a negative errno.
 */
int watch_open(void);

/* Empties the socket. True: something may have changed. */
bool watch_read(int fd);

/*
 * Brings an interface up and makes it promiscuous, for a tap, and remembers
 * what to undo; promiscuity is counted by the kernel through a packet socket,
 * so it ends with the process even if that is killed.
 */
struct interface_setup {
	uint32_t ifindex;
	int packet_fd; /* holds the promiscuity; -1: none */
	bool was_down;
};

int interface_prepare(struct interface_setup *setup,
		      const struct interface *interface,
		      struct problem *problem);
void interface_restore(struct interface_setup *setup);

#endif
