/* SPDX-License-Identifier: MIT */
/*
 * See tap.h. What is opened is closed in this order: program detached, what
 * is left in the rings fetched (by the sources' owner), sockets, packet
 * memory, maps. Sockets before the program would be redirects into nothing.
 */
#include "tap.h"
#include "object.h"
#include "xdp_link.h"
#include "xsk.h"

#include <bpf/bpf.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define SOCKETS_MAP "x0f_sockets"
#define PROGRAM "x0f_ingress"

struct tap {
	struct interface interface;
	struct capture_options options;
	struct bpf_object *object;
	const struct counters *counters;
	int link_fd; /* -1: none */
	bool is_generic;
	bool is_detached; /* for good */
	bool is_again;
	bool may_wait;
	uint32_t queue_count;
	struct xsk **queues;
};

/* --------------------------------------------------------------- opening -- */

static int load_program(struct tap *tap, uint8_t position,
			struct problem *problem)
{
	const struct prefilter_config config = {
		.interface = position,
		.pass_rest = tap->options.pass_rest,
	};
	struct bpf_map *sockets;
	int ret = object_open(&tap->object, OBJECT_INGRESS, &config, problem);

	if (ret)
		return ret;
	sockets = bpf_object__find_map_by_name(tap->object, SOCKETS_MAP);
	if (!sockets)
		return problem_set(problem, -ENOENT, "ingress has no map %s",
				   SOCKETS_MAP);
	bpf_map__set_max_entries(sockets, tap->queue_count);
	object_expect_filter(tap->object, tap->options.filter);
	ret = object_load(tap->object, problem);
	if (ret)
		return ret;
	tap->counters = object_counters(tap->object, problem);
	if (!tap->counters)
		return -ENOMEM;
	return object_set_filter(tap->object, tap->options.filter, problem);
}

static int open_queue(struct tap *tap, uint32_t queue, uint8_t position,
		      struct problem *problem)
{
	const struct xsk_options options = {
		.interface = tap->interface.name,
		.queue = queue,
		.frames = tap->options.frames,
		.bind = tap->options.bind,
		.position = position,
		.may_wait = tap->may_wait,
	};
	int ret = xsk_open(&tap->queues[queue], &options, problem);
	int fd;

	if (ret)
		return ret;
	fd = xsk_fd(tap->queues[queue]);
	ret = bpf_map_update_elem(object_map(tap->object, SOCKETS_MAP), &queue,
				  &fd, 0);
	if (ret)
		return problem_set(problem, ret,
				   "%s: socket of queue %u cannot be put into "
				   "map %s: %s",
				   tap->interface.name, queue, SOCKETS_MAP,
				   problem_errno(ret));
	return 0;
}

/*
 * A large MTU is none of it: SYNs are short, and a driver that refuses native
 * XDP because of it is reported when it does.
 */
static void warn_of_frames(const struct tap *tap)
{
	const struct interface *interface = &tap->interface;

	/*
	 * Of a veth pair it strips nothing: tags in a frame's bytes stay
	 * there, and those that its other end leaves outside (txvlan) are
	 * out of XDP's sight, whatever is set here.
	 */
	if (interface->has_vlan_stripping && strcmp(interface->driver, "veth"))
		capture_warn(&tap->options,
			     "%s: the card strips VLAN tags, so they cannot be "
			     "reported: ethtool -K %s rxvlan off",
			     interface->name, interface->name);
}

static int check(const struct tap *tap, struct problem *problem)
{
	const struct interface *interface = &tap->interface;
	uint32_t frames = tap->options.frames;
	int ret = guard_check(interface, problem);

	if (ret)
		return ret;
	if (!interface->is_ethernet)
		return problem_set(problem, -EOPNOTSUPP,
				   "%s: not Ethernet, which a tap needs; inline "
				   "capture takes it",
				   interface->name);
	if (frames < XSK_LEAST_FRAMES || frames > XSK_MOST_FRAMES ||
	    (frames & (frames - 1)))
		return problem_set(problem, -EINVAL,
				   "%u frames per queue: must be a power of two "
				   "from %u to %u",
				   frames, XSK_LEAST_FRAMES, XSK_MOST_FRAMES);
	return xdp_link_check_free(interface, tap->may_wait, problem);
}

/*
 * A bond hands its XDP program on to its members, whose packets no socket of
 * the bond gets: the kernel compares the two devices. Generic XDP runs later,
 * where they are the bond's.
 */
static int choose_bind(struct tap *tap, struct problem *problem)
{
	const char *name = tap->interface.name;
	enum capture_bind bind = tap->options.bind;

	if (!strcmp(tap->interface.driver, "bonding")) {
		if (bind == BIND_COPY || bind == BIND_ZERO_COPY)
			return problem_set(problem, -EOPNOTSUPP,
					   "%s: the sockets of a bond get no "
					   "packet from native XDP: leave "
					   "--bind out",
					   name);
		if (bind == BIND_AUTO && !tap->is_again)
			capture_warn(&tap->options,
				     "%s: a bond, so generic mode, which is "
				     "slower; its members without it would be "
				     "faster",
				     name);
		tap->options.bind = BIND_GENERIC;
	}
	tap->is_generic = tap->options.bind == BIND_GENERIC;
	return 0;
}

/* What was prepared for a socket that is closed now does for the next one. */
static int prepare(struct interface_setup *setup,
		   const struct interface *interface, struct problem *problem)
{
	if (setup->ifindex == interface->ifindex)
		return 0;
	interface_restore(setup);
	return interface_prepare(setup, interface, problem);
}

static int open_all(struct tap *tap, const struct tap_request *request,
		    struct problem *problem)
{
	uint8_t position = request->position;
	int ret = check(tap, problem);

	if (!ret)
		ret = choose_bind(tap, problem);
	if (!ret)
		ret = prepare(request->setup, &tap->interface, problem);
	if (!ret)
		ret = load_program(tap, position, problem);
	for (uint32_t i = 0; !ret && i < tap->queue_count; i++)
		ret = open_queue(tap, i, position, problem);
	return ret;
}

int tap_open(struct tap **out, const struct tap_request *request,
	     struct problem *problem)
{
	const struct interface *interface = request->interface;
	struct tap *tap = calloc(1, sizeof(*tap));
	int ret;

	*out = NULL;
	if (!tap)
		return problem_set(problem, -ENOMEM, "out of memory");
	tap->interface = *interface;
	tap->options = *request->options;
	tap->options.frames = request->frames;
	tap->is_again = request->is_again;
	tap->may_wait = request->may_wait;
	tap->link_fd = -1;
	tap->queue_count = interface->queues;
	tap->queues = calloc(tap->queue_count, sizeof(struct xsk *));
	if (!tap->queues)
		ret = problem_set(problem, -ENOMEM, "out of memory");
	else
		ret = open_all(tap, request, problem);
	if (ret) {
		tap_close(tap);
		return ret;
	}
	if (!request->is_again) /* it was said at the first start */
		warn_of_frames(tap);
	*out = tap;
	return 0;
}

/* ------------------------------------------------- attaching, detaching -- */

int tap_probe(const struct tap *tap)
{
	for (uint32_t i = 0; i < tap->queue_count; i++) {
		int ret = xsk_probe(tap->queues[i]);

		if (ret && ret != -ENETDOWN)
			return ret;
	}
	return 0;
}

int tap_attach(struct tap *tap, struct problem *problem)
{
	const char *name = tap->interface.name;
	struct problem why;
	int ret = tap_probe(tap);

	/* somebody detached it; or nobody is behind it any more */
	if (tap->link_fd >= 0)
		xdp_link_close(tap->link_fd);
	tap->link_fd = -1;
	if (ret)
		return problem_set(problem, ret, "%s: AF_XDP sockets: %s", name,
				   problem_errno(ret));
	/* it was asked before, but signatures were loaded meanwhile */
	ret = guard_check(&tap->interface, problem);
	if (ret)
		return ret;
	tap->link_fd = xdp_link_open(&tap->interface,
				     object_program(tap->object, PROGRAM),
				     tap->options.bind, &why, problem);
	if (tap->link_fd < 0) {
		ret = tap->link_fd;
		tap->link_fd = -1;
		return ret;
	}
	if (why.text[0]) {
		tap->is_generic = true;
		capture_warn(&tap->options,
			     "%s: the driver (%s) refuses native XDP (%s): "
			     "generic mode, which is slower",
			     name, tap->interface.driver, why.text);
	}
	return 0;
}

void tap_detach(struct tap *tap)
{
	tap->is_detached = true;
	if (tap->link_fd >= 0)
		xdp_link_close(tap->link_fd);
	tap->link_fd = -1;
}

void tap_settle(void)
{
	xdp_link_settle();
}

static void close_program(struct tap *tap)
{
	if (tap->counters)
		object_unmap_counters(tap->counters);
	bpf_object__close(tap->object);
	tap->counters = NULL;
	tap->object = NULL;
}

/* Nothing here may act on what the supervisor shares with this process. */
void tap_forget(struct tap *tap)
{
	if (tap->link_fd >= 0)
		close(tap->link_fd);
	tap->link_fd = -1;
	close_program(tap);
}

void tap_close(struct tap *tap)
{
	if (!tap)
		return;
	if (tap->link_fd >= 0) {
		tap_detach(tap);
		tap_settle();
	}
	for (uint32_t i = 0; tap->queues && i < tap->queue_count; i++)
		xsk_close(tap->queues[i]);
	close_program(tap);
	free(tap->queues);
	free(tap);
}

/* ----------------------------------------------------------------- facts -- */

uint32_t tap_queues(const struct tap *tap)
{
	return tap->queue_count;
}

struct source *tap_source(const struct tap *tap, uint32_t queue)
{
	return xsk_source(tap->queues[queue]);
}

enum x0f_capture_mode tap_mode(const struct tap *tap)
{
	if (tap->is_generic)
		return X0F_MODE_TAP_GENERIC;
	for (uint32_t i = 0; i < tap->queue_count; i++) {
		if (!xsk_is_zero_copy(tap->queues[i]))
			return X0F_MODE_TAP_COPY;
	}
	return X0F_MODE_TAP_ZERO_COPY;
}

uint64_t tap_memory_bytes(const struct tap *tap)
{
	uint64_t bytes = object_memory_bytes(tap->object);

	for (uint32_t i = 0; i < tap->queue_count; i++)
		bytes += xsk_memory_bytes(tap->queues[i]);
	return bytes;
}

bool tap_is_well(struct tap *tap, struct problem *problem)
{
	if (tap_probe(tap)) {
		problem_set(problem, -ENXIO, CAPTURE_GONE);
		return false;
	}
	if (!xdp_link_is_attached(tap->link_fd)) {
		problem_set(problem, -ENOLINK,
			    "somebody detached the XDP program");
		return false;
	}
	return true;
}

/*
 * What the program sent to sockets that had been unbound already, because the
 * interface was on its way: no statistics of the kernel's know of it. Once the
 * program is gone and all has settled, whatever came into no ring and is in no
 * other account. Modulo 2^32, as the rings' own indices are.
 */
static uint32_t count_unbound(const struct tap *tap,
			      const struct x0f_segment_interface *now)
{
	uint64_t lost = now->losses[X0F_LOSS_RX_DROPPED] +
			now->losses[X0F_LOSS_RX_RING_FULL];
	uint32_t rest = (uint32_t)(now->outcomes[X0F_OUTCOME_DELIVERED] - lost);

	for (uint32_t i = 0; i < tap->queue_count; i++)
		rest -= xsk_received(tap->queues[i]);
	return rest <= INT32_MAX ? rest : 0;
}

void tap_read(const struct tap *tap, struct x0f_segment_interface *out)
{
	_Static_assert(OUTCOME_COUNT == (int)X0F_OUTCOME_COUNT,
		       "bpf/abi.h and x0f/ring.h differ");

	if (tap->counters)
		object_sum_counters(tap->counters, out->outcomes);
	memset(out->losses, 0, sizeof(out->losses));
	out->fill_ring_empty = 0;
	for (uint32_t i = 0; i < tap->queue_count; i++)
		xsk_add_losses(tap->queues[i], out);
	if (tap->is_detached)
		out->losses[X0F_LOSS_CLOSED] = count_unbound(tap, out);
}

uint64_t tap_left(const struct tap *tap)
{
	uint64_t left = 0;

	for (uint32_t i = 0; i < tap->queue_count; i++)
		left += xsk_left(tap->queues[i]);
	return left;
}

bool tap_resume(struct tap *tap)
{
	for (uint32_t i = 0; i < tap->queue_count; i++) {
		if (!xsk_resume(tap->queues[i]))
			return false;
	}
	return true;
}
