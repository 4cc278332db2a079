/* SPDX-License-Identifier: MIT */
/*
 * Live frames; see live_frames.h. The program is frames.bpf.c. Only the
 * program that is attached runs fast (13 million frames a second against 2.6:
 * the kernel calls others through a retpoline), so ours takes the place of
 * the sensor's for the time, and tail-calls it.
 */
#include "live_frames.h"
#include "interface.h"
#include "live_link.h"
#include "object.h"
#include "xdp_link.h"

#include "../../bpf/frames.h"

#include <bpf/bpf.h>
#include <errno.h>
#include <linux/if_link.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

/* Packets that the kernel makes at once, as a NAPI poll would */
#define BATCH 64

struct live_frames {
	struct interface interface;
	int lock; /* socket whose name only one can have */
	struct bpf_object *object;
	int program;
	struct live_link link;
	struct generator_state state; /* as it was read last */
};

/* ------------------------------------------------------------- opening -- */

/* The kernel's names of sockets are gone when the last holder is. */
static int take_lock(struct live_frames *live, struct problem *problem)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	int len = snprintf(address.sun_path + 1, sizeof(address.sun_path) - 1,
			   "x0f-live-frames-%u", live->interface.ifindex);

	live->lock = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	if (live->lock < 0)
		return problem_set(problem, -errno, "no socket: %s",
				   problem_errno(errno));
	if (!bind(live->lock, (struct sockaddr *)&address,
		  (socklen_t)(offsetof(struct sockaddr_un, sun_path) + 1) +
			  (socklen_t)len))
		return 0;
	return problem_set(problem, -EBUSY,
			   "%s: another generator is sending live frames to "
			   "it (socket @%s): two would hang the machine, wait "
			   "for its end",
			   live->interface.name, address.sun_path + 1);
}

static int check_interface(const struct interface *interface,
			   struct problem *problem)
{
	if (strcmp(interface->driver, "veth") != 0)
		return problem_set(problem, -EOPNOTSUPP,
				   "%s: live frames need a veth interface, "
				   "this one is driven by %s: make one with ip "
				   "link add NAME type veth",
				   interface->name,
				   interface->driver[0] ? interface->driver :
							  "something unknown");
	if (!interface->is_up)
		return problem_set(problem, -ENETDOWN,
				   "%s: is down: ip link set %s up",
				   interface->name, interface->name);
	return 0;
}

static int put_state(struct live_frames *live, struct problem *problem)
{
	uint32_t zero = 0;
	int map = object_map(live->object, "x0f_generator");

	if (!bpf_map_update_elem(map, &zero, &live->state, BPF_ANY))
		return 0;
	return problem_set(problem, -errno, "map x0f_generator: %s",
			   problem_errno(errno));
}

static int load_program(struct live_frames *live, struct problem *problem)
{
	int ret = object_open(&live->object, OBJECT_FRAMES, NULL, problem);

	if (!ret)
		ret = object_load(live->object, problem);
	if (ret)
		return ret;
	live->program = object_program(live->object, "x0f_generate");
	if (getrandom(&live->state.cookie, sizeof(live->state.cookie), 0) !=
	    sizeof(live->state.cookie))
		return problem_set(problem, -EIO, "no random number");
	return live->program < 0 ? problem_set(problem, live->program,
					       "bpf object frames: has no "
					       "program x0f_generate") :
				   0;
}

int live_frames_open(struct live_frames **live_frames, const char *interface,
		     struct problem *problem)
{
	struct live_frames *live = calloc(1, sizeof(*live));
	struct problem ignored;
	int ret;

	*live_frames = NULL;
	if (!live)
		return problem_set(problem, -ENOMEM, "out of memory");
	live->lock = -1;
	live_link_init(&live->link);
	ret = interface_read(&live->interface, interface, problem);
	if (!ret)
		ret = check_interface(&live->interface, problem);
	if (!ret)
		ret = take_lock(live, problem);
	if (!ret)
		ret = load_program(live, problem);
	if (!ret)
		ret = live_link_find(&live->link, &live->interface, problem);
	if (ret)
		live_frames_close(live, &ignored);
	else
		*live_frames = live;
	return ret;
}

int live_frames_load(struct live_frames *live, const struct frame *frames,
		     uint32_t count, struct problem *problem)
{
	int map = object_map(live->object, "x0f_frames");

	for (uint32_t i = 0; i < count; i++) {
		if (bpf_map_update_elem(map, &i, &frames[i], BPF_ANY))
			return problem_set(problem, -errno,
					   "map x0f_frames: %s",
					   problem_errno(errno));
	}
	live->state.next = 0;
	live->state.count = count;
	return put_state(live, problem);
}

int live_frames_attach(struct live_frames *live, struct problem *problem)
{
	return live_link_attach(&live->link, live->program,
				object_map(live->object, "x0f_next"), problem);
}

/* ------------------------------------------------------------- running -- */

static void read_state(struct live_frames *live)
{
	uint32_t zero = 0;

	bpf_map_lookup_elem(object_map(live->object, "x0f_generator"), &zero,
			    &live->state);
}

int live_frames_run(struct live_frames *live, uint32_t count,
		    struct problem *problem)
{
	uint8_t carrier[CARRIER_BYTES] = { 0 };
	struct xdp_md ctx = { .data_end = sizeof(carrier),
			      .ingress_ifindex = live->interface.ifindex };
	LIBBPF_OPTS(bpf_test_run_opts, options, .data_in = carrier,
		    .data_size_in = sizeof(carrier), .ctx_in = &ctx,
		    .ctx_size_in = sizeof(ctx), .repeat = (int)count,
		    .flags = BPF_F_TEST_XDP_LIVE_FRAMES, .batch_size = BATCH);
	uint64_t before = live->state.sent;
	int ret;

	memcpy(carrier + CARRIER_ROOM, &live->state.cookie,
	       sizeof(live->state.cookie));
	ret = bpf_prog_test_run_opts(live->program, &options);
	read_state(live);
	if (ret == -EINTR)
		return ret;
	if (ret)
		return problem_set(problem, ret,
				   "%s: live frames: %s: this needs linux "
				   "5.18 and an interface that is up",
				   live->interface.name, problem_errno(ret));
	/* the link that we took part in stays behind where a sensor that
	 * opens its interface anew makes another one */
	if (!xdp_link_is_attached(live->link.link))
		return problem_set(problem, -ENOLINK,
				   "%s: somebody detached its XDP program, or "
				   "the sensor opened it anew: these frames "
				   "reach nobody, start again",
				   live->interface.name);
	if (live->state.sent - before != count)
		return problem_set(problem, -EIO,
				   "%s: of %u live frames %llu were seen by "
				   "the program: was it replaced?",
				   live->interface.name, count,
				   (unsigned long long)(live->state.sent -
							before));
	return 0;
}

uint64_t live_frames_sent(const struct live_frames *live)
{
	return live->state.sent;
}

bool live_frames_has_sensor(const struct live_frames *live)
{
	return live->link.sensor >= 0;
}

int live_frames_close(struct live_frames *live, struct problem *problem)
{
	int ret = 0;

	if (!live)
		return 0;
	ret = live_link_close(&live->link, problem);
	bpf_object__close(live->object);
	if (live->lock >= 0)
		close(live->lock);
	free(live);
	return ret;
}
