/* SPDX-License-Identifier: MIT */
/*
 * The programs that are attached to an interface: XDP, TCX and clsact. Names
 * and TCX need rights. See examine.h. Called by x0f check; one thread.
 */
#include "examine.h"
#include "netlink.h"

#include "../../bpf/abi.h"

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <linux/pkt_cls.h>
#include <linux/pkt_sched.h>
#include <linux/rtnetlink.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

/* include/uapi/linux/bpf.h of kernel 6.6 */
static const int tcx_hooks[] = { 46, 47 };

/* On one hook of TCX: BPF_MPROG_MAX */
#define MOST_TCX 64

static void read_name(uint32_t id, char name[16])
{
	struct bpf_prog_info info = { .type = 0 };
	uint32_t size = sizeof(info);
	int fd = bpf_prog_get_fd_by_id(id);

	if (fd < 0)
		return;
	if (!bpf_obj_get_info_by_fd(fd, &info, &size))
		snprintf(name, 16, "%.15s", info.name);
	close(fd);
}

static bool is_listed(const struct examined_programs *programs,
		      enum program_hook hook, uint32_t id, uint32_t priority)
{
	for (uint32_t i = 0; i < programs->count; i++) {
		const struct examined_program *program = &programs->items[i];

		if (program->hook == hook && program->id == id &&
		    program->priority == priority)
			return true;
	}
	return false;
}

static void add(struct examined_programs *programs, enum program_hook hook,
		uint32_t id, uint32_t priority)
{
	struct examined_program *program;

	/* a dump may show the same one twice */
	if (programs->count == EXAMINED_PROGRAMS ||
	    is_listed(programs, hook, id, priority))
		return;
	program = &programs->items[programs->count++];
	*program = (struct examined_program){ .hook = hook,
					      .id = id,
					      .priority = priority };
	if (id)
		read_name(id, program->name);
	program->is_ours = !strncmp(program->name, PROGRAM_PREFIX,
				    sizeof(PROGRAM_PREFIX) - 1);
}

/* ------------------------------------------------------------------ xdp -- */

static bool is_link_of(uint32_t link, uint32_t ifindex, uint32_t program)
{
	struct bpf_link_info info = { .type = 0 };
	uint32_t size = sizeof(info);
	int fd = bpf_link_get_fd_by_id(link);
	bool is;

	if (fd < 0)
		return false;
	is = !bpf_obj_get_info_by_fd(fd, &info, &size) &&
	     info.type == BPF_LINK_TYPE_XDP && info.prog_id == program &&
	     info.xdp.ifindex == ifindex;
	close(fd);
	return is;
}

static uint32_t find_link(uint32_t ifindex, uint32_t program)
{
	uint32_t id = 0;

	while (!bpf_link_get_next_id(id, &id))
		if (is_link_of(id, ifindex, program))
			return id;
	return 0;
}

static void add_xdp(struct examined_programs *programs, enum program_hook hook,
		    uint32_t ifindex, uint32_t id)
{
	if (!id)
		return;
	add(programs, hook, id, 0);
	programs->items[programs->count - 1].link_id = find_link(ifindex, id);
}

static void list_xdp(struct examined_programs *programs, uint32_t ifindex)
{
	LIBBPF_OPTS(bpf_xdp_query_opts, found);

	if (bpf_xdp_query((int)ifindex, 0, &found))
		return;
	add_xdp(programs, PROGRAM_XDP_NATIVE, ifindex, found.drv_prog_id);
	add_xdp(programs, PROGRAM_XDP_GENERIC, ifindex, found.skb_prog_id);
	add_xdp(programs, PROGRAM_XDP_OFFLOADED, ifindex, found.hw_prog_id);
}

/* ------------------------------------------------------------------ tcx -- */

static int list_tcx(struct examined_programs *programs, uint32_t ifindex, int i)
{
	uint32_t ids[MOST_TCX] = { 0 };
	uint32_t count = MOST_TCX;
	int ret = bpf_prog_query((int)ifindex,
				 (enum bpf_attach_type)tcx_hooks[i], 0, NULL,
				 ids, &count);

	if (ret)
		return ret;
	for (uint32_t n = 0; n < count && n < MOST_TCX; n++)
		add(programs, (enum program_hook)((int)PROGRAM_TCX_IN + i),
		    ids[n], n);
	return 0;
}

static void list_both_tcx(struct examined_programs *programs, uint32_t ifindex,
			  const struct examined_host *host)
{
	int in = list_tcx(programs, ifindex, 0);
	int out = list_tcx(programs, ifindex, 1);

	programs->knows_tcx = (!in || in == -ENOENT) &&
			      (!out || out == -ENOENT);
	programs->has_tcx = programs->knows_tcx;
	/* who may not ask goes by what Linux has since when */
	if (in == -EPERM || in == -EACCES)
		programs->has_tcx = host->major > 6 ||
				    (host->major == 6 && host->minor >= 6);
}

/* --------------------------------------------------------------- clsact -- */

struct filters {
	struct examined_programs *programs;
	enum program_hook hook;
};

/* ctx: struct filters */
static void visit_filter(void *ctx, const struct nlmsghdr *message)
{
	const struct tcmsg *header = netlink_header(message, sizeof(*header));
	struct netlink_range all = netlink_attributes(message, sizeof(*header));
	struct filters *filters = ctx;
	uint32_t id = 0;
	char kind[16];

	/* the kernel lists some kinds without a handle first */
	if (!header || message->nlmsg_type != RTM_NEWTFILTER ||
	    !header->tcm_handle)
		return;
	netlink_text(netlink_find(all, TCA_KIND), kind, sizeof(kind));
	if (!strcmp(kind, "bpf"))
		id = netlink_u32(netlink_find(netlink_find(all, TCA_OPTIONS),
					      TCA_BPF_ID));
	add(filters->programs, filters->hook, id,
	    TC_H_MAJ(header->tcm_info) >> 16);
}

static void list_filters(struct examined_programs *programs, uint32_t ifindex,
			 bool is_ingress)
{
	struct tcmsg header = {
		.tcm_family = AF_UNSPEC,
		.tcm_ifindex = (int)ifindex,
		.tcm_parent = TC_H_MAKE(TC_H_CLSACT, is_ingress ?
							     TC_H_MIN_INGRESS :
							     TC_H_MIN_EGRESS),
	};
	struct filters filters = {
		.programs = programs,
		.hook = is_ingress ? PROGRAM_CLSACT_IN : PROGRAM_CLSACT_OUT,
	};
	struct netlink_request request;

	netlink_begin(&request, RTM_GETTFILTER, NLM_F_DUMP, &header,
		      sizeof(header));
	netlink_ask(&request, visit_filter, &filters);
}

void examine_programs(struct examined_programs *programs, uint32_t ifindex,
		      const struct examined_host *host)
{
	libbpf_print_fn_t before = libbpf_set_print(NULL);

	memset(programs, 0, sizeof(*programs));
	list_xdp(programs, ifindex);
	list_both_tcx(programs, ifindex, host);
	list_filters(programs, ifindex, true);
	list_filters(programs, ifindex, false);
	libbpf_set_print(before);
}
