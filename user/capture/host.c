/* SPDX-License-Identifier: MIT */
/*
 * One interface in mode inline: the object of bpf/host.bpf.c with the shared
 * rings in its maps, attached in both directions by tc.c. See host.h.
 */
#include "header_rings.h"
#include "object.h"
#include "tc.h"

#include <bpf/bpf.h>
#include <errno.h>
#include <net/if.h>
#include <linux/if_arp.h> /* behind net/if.h */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct host {
	char name[16];
	struct bpf_object *object; /* NULL: forgotten */
	const struct counters *counters;
	int programs[TC_DIRECTIONS];
	enum capture_hook hook;
	enum x0f_capture_mode mode;
	struct tc tc;
	void (*warn)(void *ctx, const char *line);
	void *ctx;
	uint32_t ring_count;
	bool has_warned;    /* of the kernel */
	uint32_t warned_of; /* priority */
};

/* Kinds of link whose packets begin with IP. Others have headers of their own,
 * which nobody here can read. */
bool host_begins_with_ip(uint16_t hardware)
{
	switch (hardware) {
	case ARPHRD_NONE: /* tun, WireGuard */
	case ARPHRD_PPP:
	case ARPHRD_RAWIP:
	case ARPHRD_RAWHDLC:
	case ARPHRD_TUNNEL:
	case ARPHRD_TUNNEL6:
	case ARPHRD_SIT:
	case ARPHRD_IPGRE:
	case ARPHRD_IP6GRE:
	case ARPHRD_SLIP:
	case ARPHRD_CSLIP:
	case ARPHRD_SLIP6:
	case ARPHRD_CSLIP6:
		return true;
	default:
		return false;
	}
}

/* Before loading: as many rings as there are, and the one x0f_wake. */
static int share_maps(struct bpf_object *object,
		      const struct header_rings *rings, struct problem *problem)
{
	struct bpf_map *outer = bpf_object__find_map_by_name(object,
							     "x0f_rings");
	struct bpf_map *wake = bpf_object__find_map_by_name(object, "x0f_wake");
	int ret;

	if (!outer || !wake)
		return problem_set(problem, -ENOENT,
				   "the host's BPF object lacks its ring maps: "
				   "program and object do not fit together");
	ret = bpf_map__set_max_entries(outer, rings->count);
	if (!ret)
		ret = bpf_map__reuse_fd(wake, rings->wake_fd);
	if (ret)
		return problem_set(problem, ret,
				   "cannot share %u header rings: %s",
				   rings->count, problem_errno(ret));
	return 0;
}

static int find_programs(struct host *host, struct problem *problem)
{
	static const char *const names[TC_DIRECTIONS] = {
		[DIRECTION_INGRESS] = "x0f_in",
		[DIRECTION_EGRESS] = "x0f_out",
	};

	for (int i = 0; i < TC_DIRECTIONS; i++) {
		host->programs[i] = object_program(host->object, names[i]);
		if (host->programs[i] < 0)
			return problem_set(problem, -ENOENT,
					   "the host's BPF object has no "
					   "program %s",
					   names[i]);
	}
	return 0;
}

static int load(struct host *host, const struct prefilter_config *config,
		const struct header_rings *rings, const struct filter *filter,
		struct problem *problem)
{
	int ret = object_open(&host->object, OBJECT_HOST, config, problem);

	if (!ret)
		ret = share_maps(host->object, rings, problem);
	if (!ret)
		object_expect_filter(host->object, filter);
	if (!ret)
		ret = object_load(host->object, problem);
	if (!ret)
		ret = header_rings_insert(rings,
					  object_map(host->object, "x0f_rings"),
					  problem);
	if (!ret)
		ret = object_set_filter(host->object, filter, problem);
	if (!ret)
		ret = find_programs(host, problem);
	if (!ret) {
		host->counters = object_counters(host->object, problem);
		ret = host->counters ? 0 : -ENOMEM;
	}
	return ret;
}

static int refuse_link(const struct interface *interface,
		       struct problem *problem)
{
	return problem_set(problem, -EOPNOTSUPP,
			   "%s: packets of link type %u (ARPHRD_ of "
			   "linux/if_arp.h) begin with neither Ethernet nor IP",
			   interface->name, interface->hardware);
}

static struct host *make(const struct host_request *request)
{
	const struct capture_options *options = request->options;
	struct host *host = calloc(1, sizeof(*host));

	if (!host)
		return NULL;
	snprintf(host->name, sizeof(host->name), "%s",
		 request->interface->name);
	host->hook = options->hook;
	host->mode = options->hook == HOOK_CLSACT ? X0F_MODE_INLINE_CLSACT :
						    X0F_MODE_INLINE_TCX;
	host->warn = options->warn;
	host->ctx = options->ctx;
	host->ring_count = request->rings->count;
	host->has_warned = request->is_again;
	return host;
}

int host_open(struct host **out, const struct host_request *request,
	      struct problem *problem)
{
	const struct interface *interface = request->interface;
	const struct prefilter_config config = {
		.interface = request->position,
		.is_raw = !interface->is_ethernet,
		.ring_count = request->rings->count,
	};
	struct host *host;
	int ret;

	if (!interface->is_ethernet &&
	    !host_begins_with_ip(interface->hardware))
		return refuse_link(interface, problem);
	host = make(request);
	if (!host)
		return problem_set(problem, -ENOMEM, "%s: no memory",
				   interface->name);
	ret = load(host, &config, request->rings, request->options->filter,
		   problem);
	if (ret) {
		host_close(host);
		return ret;
	}
	*out = host;
	return 0;
}

__attribute__((format(printf, 2, 3))) static void warn(const struct host *host,
						       const char *format, ...)
{
	char line[256];
	va_list args;

	if (!host->warn)
		return;
	va_start(args, format);
	vsnprintf(line, sizeof(line), format, args);
	va_end(args);
	host->warn(host->ctx, line);
}

static void warn_of_clsact(struct host *host)
{
	if (host->hook == HOOK_AUTO && !host->has_warned)
		warn(host,
		     "%s: kernel has no TCX, using clsact; a killed sensor "
		     "leaves its filter behind: x0f detach %s removes it",
		     host->name, host->name);
	host->has_warned = true;
	if (host->tc.priority > 1 && host->tc.priority != host->warned_of)
		warn(host,
		     "%s: TC filters of others come before ours (priority %u) "
		     "and may hide packets from it: give them a higher one",
		     host->name, host->tc.priority);
	host->warned_of = host->tc.priority;
}

int host_attach(struct host *host, uint32_t ifindex, struct problem *problem)
{
	int ret;

	tc_detach(&host->tc);
	ret = tc_attach(&host->tc, host->name, ifindex, host->programs,
			host->hook, problem);
	if (ret)
		return ret;
	host->mode = host->tc.is_tcx ? X0F_MODE_INLINE_TCX :
				       X0F_MODE_INLINE_CLSACT;
	if (!host->tc.is_tcx)
		warn_of_clsact(host);
	return 0;
}

enum x0f_capture_mode host_mode(const struct host *host)
{
	return host->mode;
}

uint64_t host_memory_bytes(const struct host *host)
{
	return object_memory_bytes(host->object);
}

void host_forget(struct host *host)
{
	tc_forget(&host->tc);
	bpf_object__close(host->object);
	host->object = NULL;
}

bool host_is_well(struct host *host, struct problem *problem)
{
	return tc_is_well(&host->tc, problem);
}

void host_read(const struct host *host, struct x0f_segment_interface *out)
{
	object_sum_counters(host->counters, out->outcomes);
}

/* A filter that went away with its interface, and holds the program */
static bool is_out_of_reach(const struct host *host)
{
	char now[IF_NAMESIZE];

	return host->tc.ifindex && !host->tc.is_tcx &&
	       !if_indextoname(host->tc.ifindex, now);
}

static void take_rings_away(const struct host *host)
{
	int map = object_map(host->object, "x0f_rings");

	for (uint32_t i = 0; i < host->ring_count; i++)
		bpf_map_delete_elem(map, &i);
}

void host_detach(struct host *host)
{
	if (is_out_of_reach(host))
		take_rings_away(host);
	tc_detach(&host->tc);
}

void host_close(struct host *host)
{
	if (!host)
		return;
	tc_detach(&host->tc);
	if (host->counters)
		object_unmap_counters(host->counters);
	bpf_object__close(host->object);
	free(host);
}
