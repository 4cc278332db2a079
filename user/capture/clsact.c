/* SPDX-License-Identifier: MIT */
/*
 * Filters of a clsact qdisc, for kernels without TCX. They outlive their
 * process, so each says in its handle what is needed to clear it away: that
 * it is a sensor's, and whether the sensor made the qdisc. A lock that dies
 * with the process says whether the sensor lives. See tc_hook.h.
 */
#include "tc_hook.h"

#include "netlink.h"

#include <bpf/libbpf.h>
#include <errno.h>
#include <linux/pkt_cls.h>
#include <linux/pkt_sched.h>
#include <linux/rtnetlink.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

/* "x0f" in the upper bytes */
#define HANDLE 0x78306600u
#define HANDLE_MADE_QDISC 1u

/* The first is wanted; the kernel refuses one that has filters of another
 * kind, then we come behind those. */
#define MOST_PRIORITY 8

/* Ours on one interface; two is the rule */
#define MOST_OURS 16

struct filter_entry {
	uint32_t handle;
	uint32_t priority;
	uint32_t program_id;
};

struct filter_list {
	bool is_empty; /* no filter of anybody */
	uint32_t count;
	struct filter_entry ours[MOST_OURS];
};

/*
 * libbpf wants the padding of its options to be zero, too, which neither an
 * initialiser nor an assignment promises.
 */
static void set_hook(struct bpf_tc_hook *hook, uint32_t ifindex, int direction)
{
	memset(hook, 0, sizeof(*hook));
	hook->sz = sizeof(*hook);
	hook->ifindex = (int)ifindex;
	hook->attach_point = direction == DIRECTION_INGRESS ? BPF_TC_INGRESS :
							      BPF_TC_EGRESS;
}

static void set_hook_whole(struct bpf_tc_hook *hook, uint32_t ifindex)
{
	set_hook(hook, ifindex, DIRECTION_INGRESS);
	hook->attach_point = BPF_TC_INGRESS | BPF_TC_EGRESS;
}

static void set_filter(struct bpf_tc_opts *opts, uint32_t handle,
		       uint32_t priority)
{
	memset(opts, 0, sizeof(*opts));
	opts->sz = sizeof(*opts);
	opts->handle = handle;
	opts->priority = priority;
}

/* A dump may show the same filter twice. */
static void remember(struct filter_list *list, const struct filter_entry *entry)
{
	for (uint32_t i = 0; i < list->count; i++)
		if (list->ours[i].handle == entry->handle &&
		    list->ours[i].priority == entry->priority)
			return;
	if (list->count < MOST_OURS)
		list->ours[list->count++] = *entry;
}

static void visit_filter(void *ctx, const struct nlmsghdr *message)
{
	const struct tcmsg *header = netlink_header(message, sizeof(*header));
	struct filter_list *list = ctx;
	struct netlink_range options;
	struct filter_entry entry;

	if (!header || message->nlmsg_type != RTM_NEWTFILTER)
		return;
	list->is_empty = false;
	options = netlink_find(netlink_attributes(message, sizeof(*header)),
			       TCA_OPTIONS);
	entry = (struct filter_entry){
		.handle = header->tcm_handle,
		.priority = TC_H_MAJ(header->tcm_info) >> 16,
	};
	/* The number would mean something else in other kinds of filters. */
	if ((entry.handle & ~HANDLE_MADE_QDISC) != HANDLE || !options.p)
		return;
	entry.program_id = netlink_u32(netlink_find(options, TCA_BPF_ID));
	if (entry.program_id && tc_is_ours(entry.program_id))
		remember(list, &entry);
}

static int list_filters(uint32_t ifindex, int direction,
			struct filter_list *list)
{
	struct tcmsg header = {
		.tcm_family = AF_UNSPEC,
		.tcm_ifindex = (int)ifindex,
		.tcm_parent = TC_H_MAKE(TC_H_CLSACT,
					direction == DIRECTION_INGRESS ?
						TC_H_MIN_INGRESS :
						TC_H_MIN_EGRESS),
	};
	struct netlink_request request;

	memset(list, 0, sizeof(*list));
	list->is_empty = true;
	netlink_begin(&request, RTM_GETTFILTER, NLM_F_DUMP, &header,
		      sizeof(header));
	return netlink_ask(&request, visit_filter, list);
}

static int remove_filter(uint32_t ifindex, int direction, uint32_t handle,
			 uint32_t priority)
{
	struct bpf_tc_hook hook;
	struct bpf_tc_opts opts;

	set_hook(&hook, ifindex, direction);
	set_filter(&opts, handle, priority);
	return bpf_tc_detach(&hook, &opts);
}

/* Somebody may add a filter in between, and lose it: there is no way to ask
 * the kernel for both at once. */
static void remove_empty_qdisc(uint32_t ifindex)
{
	struct filter_list list;
	struct bpf_tc_hook hook;

	for (int i = 0; i < TC_DIRECTIONS; i++)
		if (list_filters(ifindex, i, &list) || !list.is_empty)
			return;
	set_hook_whole(&hook, ifindex);
	bpf_tc_hook_destroy(&hook);
}

/*
 * A socket's name, which only one can have, in this network namespace, and
 * which is gone with its holder. Unlike /proc it knows of sensors in other
 * containers.
 */
static int take_lock(struct tc *tc, struct problem *problem)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	int len = snprintf(address.sun_path + 1, sizeof(address.sun_path) - 1,
			   "x0f-clsact-%u", tc->ifindex);
	int ret;

	tc->lock = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	if (tc->lock < 0)
		return problem_set(problem, -errno, "no socket: %s",
				   problem_errno(errno));
	if (!bind(tc->lock, (struct sockaddr *)&address,
		  (socklen_t)(offsetof(struct sockaddr_un, sun_path) + 1) +
			  (socklen_t)len))
		return 0;
	ret = -errno;
	close(tc->lock);
	if (ret != -EADDRINUSE)
		return problem_set(problem, ret, "no socket @%s: %s",
				   address.sun_path + 1, problem_errno(ret));
	return problem_set(problem, -EBUSY,
			   "%s: another sensor's filter is there (it holds the "
			   "socket @%s), and without TCX there is room for "
			   "one: stop it",
			   tc->name, address.sun_path + 1);
}

/*
 * Takes away what a dead sensor left, and inherits its qdisc. Whoever has the
 * lock knows that it is dead.
 */
static void bury_dead(struct tc *tc, int direction)
{
	struct filter_list list;

	if (list_filters(tc->ifindex, direction, &list))
		return; /* attaching will say what is wrong */
	for (uint32_t i = 0; i < list.count; i++) {
		const struct filter_entry *entry = &list.ours[i];

		if (!remove_filter(tc->ifindex, direction, entry->handle,
				   entry->priority) &&
		    (entry->handle & HANDLE_MADE_QDISC))
			tc->has_made_qdisc = true;
	}
}

static int make_qdisc(struct tc *tc, struct problem *problem)
{
	struct bpf_tc_hook hook;
	int ret;

	set_hook_whole(&hook, tc->ifindex);
	ret = bpf_tc_hook_create(&hook);
	if (ret == -EEXIST)
		return 0;
	tc->has_made_qdisc = !ret;
	if (ret == -ENOENT || ret == -EOPNOTSUPP)
		return problem_set(problem, -EOPNOTSUPP,
				   "%s: this kernel has no clsact "
				   "(CONFIG_NET_SCH_INGRESS)",
				   tc->name);
	if (ret)
		return problem_set(problem, ret,
				   "%s: cannot add a clsact qdisc: %s",
				   tc->name, problem_errno(ret));
	return 0;
}

static uint32_t handle_of(const struct tc *tc)
{
	return HANDLE | (tc->has_made_qdisc ? HANDLE_MADE_QDISC : 0);
}

static int add_filter(const struct tc *tc, int program, int direction)
{
	struct bpf_tc_hook hook;
	struct bpf_tc_opts opts;

	set_hook(&hook, tc->ifindex, direction);
	set_filter(&opts, handle_of(tc), tc->priority);
	opts.prog_fd = program;
	return bpf_tc_attach(&hook, &opts);
}

static bool is_there(const struct tc *tc, int direction)
{
	struct bpf_tc_hook hook;
	struct bpf_tc_opts opts;

	set_hook(&hook, tc->ifindex, direction);
	set_filter(&opts, handle_of(tc), tc->priority);
	return !bpf_tc_query(&hook, &opts) &&
	       opts.prog_id == tc->ends[direction].program_id;
}

/* Both ends at the first priority that takes both. */
static int add_both(struct tc *tc, const int programs[TC_DIRECTIONS],
		    struct problem *problem)
{
	int ret = -EINVAL;
	int i = 0;

	for (tc->priority = 1; tc->priority <= MOST_PRIORITY; tc->priority++) {
		for (i = 0, ret = 0; i < TC_DIRECTIONS && !ret; i++)
			ret = add_filter(tc, programs[i], i);
		if (!ret)
			return 0;
		if (i == TC_DIRECTIONS) /* the first is there, not this */
			remove_filter(tc->ifindex, DIRECTION_INGRESS,
				      handle_of(tc), tc->priority);
		if (ret != -EINVAL && ret != -EEXIST)
			break;
	}
	return problem_set(problem, ret,
			   "%s: cannot add a TC filter (%s): %s%s", tc->name,
			   tc_direction_name((enum direction)(i - 1)),
			   problem_errno(ret),
			   i == TC_DIRECTIONS ? "; an ingress qdisc, which "
						"has no way out, is in the "
						"way of clsact" :
						"");
}

int clsact_attach(struct tc *tc, const int programs[TC_DIRECTIONS],
		  struct problem *problem)
{
	int ret = take_lock(tc, problem);

	tc->is_tcx = false;
	if (ret)
		return ret;
	ret = make_qdisc(tc, problem);
	for (int i = 0; i < TC_DIRECTIONS && !ret; i++)
		bury_dead(tc, i);
	if (!ret)
		ret = add_both(tc, programs, problem);
	if (ret && tc->has_made_qdisc)
		remove_empty_qdisc(tc->ifindex);
	if (ret)
		close(tc->lock);
	return ret;
}

bool clsact_is_well(const struct tc *tc, struct problem *problem)
{
	for (int i = 0; i < TC_DIRECTIONS; i++) {
		if (is_there(tc, i))
			continue;
		problem_set(problem, -ENOLINK,
			    "%s: somebody removed our TC filter (%s)", tc->name,
			    tc_direction_name((enum direction)i));
		return false;
	}
	return true;
}

void clsact_detach(struct tc *tc)
{
	for (int i = 0; i < TC_DIRECTIONS; i++)
		if (is_there(tc, i)) /* and not a successor's */
			remove_filter(tc->ifindex, i, handle_of(tc),
				      tc->priority);
	if (tc->has_made_qdisc)
		remove_empty_qdisc(tc->ifindex);
	clsact_forget(tc);
}

/* A copy in the workers would outlive the supervisor. */
void clsact_forget(struct tc *tc)
{
	close(tc->lock);
}

int clsact_clear(uint32_t ifindex)
{
	struct filter_list list;
	bool made_qdisc = false;
	int cleared = 0;

	for (int i = 0; i < TC_DIRECTIONS; i++) {
		if (list_filters(ifindex, i, &list))
			continue; /* no such qdisc: nothing there */
		for (uint32_t k = 0; k < list.count; k++) {
			uint32_t handle = list.ours[k].handle;
			int ret = remove_filter(ifindex, i, handle,
						list.ours[k].priority);

			if (ret && ret != -ENOENT)
				return ret;
			cleared += !ret;
			made_qdisc |= handle & HANDLE_MADE_QDISC;
		}
	}
	if (made_qdisc)
		remove_empty_qdisc(ifindex);
	return cleared;
}

uint32_t clsact_list(uint32_t ifindex, uint32_t *programs, uint32_t room)
{
	struct filter_list list;
	uint32_t count = 0;

	for (int i = 0; i < TC_DIRECTIONS; i++) {
		if (list_filters(ifindex, i, &list))
			continue;
		for (uint32_t k = 0; k < list.count && count < room; k++)
			programs[count++] = list.ours[k].program_id;
	}
	return count;
}
