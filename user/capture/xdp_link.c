/* SPDX-License-Identifier: MIT */
/* See xdp_link.h. One thread. */
#include "xdp_link.h"
#include "../../bpf/abi.h"

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <linux/if_link.h>
#include <linux/membarrier.h>
#include <string.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#define DYING_PAUSES 25
#define PAUSE_MS 20

static void sleep_ms(long ms)
{
	struct timespec time = { .tv_nsec = ms * 1000000 };

	nanosleep(&time, NULL);
}

static uint32_t find_program(uint32_t ifindex)
{
	LIBBPF_OPTS(bpf_xdp_query_opts, found);

	if (bpf_xdp_query((int)ifindex, 0, &found))
		return 0;
	if (found.prog_id)
		return found.prog_id;
	if (found.drv_prog_id)
		return found.drv_prog_id;
	return found.skb_prog_id ? found.skb_prog_id : found.hw_prog_id;
}

/* "" where the program is gone, or may not be looked at. */
static void read_name(uint32_t id, char name[BPF_OBJ_NAME_LEN])
{
	struct bpf_prog_info info = { .type = 0 };
	uint32_t size = sizeof(info);
	int fd = bpf_prog_get_fd_by_id(id);

	name[0] = '\0';
	if (fd < 0)
		return;
	if (!bpf_obj_get_info_by_fd(fd, &info, &size))
		memcpy(name, info.name, BPF_OBJ_NAME_LEN);
	name[BPF_OBJ_NAME_LEN - 1] = '\0';
	close(fd);
}

static bool is_ours(const char *name)
{
	return !strncmp(name, PROGRAM_PREFIX, strlen(PROGRAM_PREFIX));
}

static int refuse_busy(const struct interface *interface, uint32_t id,
		       const char *name, struct problem *problem)
{
	if (!name[0])
		return problem_set(problem, -EBUSY,
				   "%s: XDP program %u is attached, which x0f "
				   "does not replace (its name may not be "
				   "read); inline capture works beside it",
				   interface->name, id);
	if (is_ours(name))
		return problem_set(
			problem, -EBUSY,
			"%s: another x0f taps it (XDP program %u, "
			"\"%s\"); stop that one, or run x0f detach %s",
			interface->name, id, name, interface->name);
	return problem_set(problem, -EBUSY,
			   "%s: XDP program %u, \"%s\", is attached, which x0f "
			   "does not replace; inline capture works beside it",
			   interface->name, id, name);
}

int xdp_link_check_free(const struct interface *interface, bool may_wait,
			struct problem *problem)
{
	char name[BPF_OBJ_NAME_LEN];

	for (uint32_t i = 0;; i++) {
		uint32_t id = find_program(interface->ifindex);

		if (!id)
			return 0;
		read_name(id, name);
		if (!may_wait || i == DYING_PAUSES ||
		    (name[0] && !is_ours(name)))
			return refuse_busy(interface, id, name, problem);
		sleep_ms(PAUSE_MS);
	}
}

/* A descriptor, or a negative errno. */
static int create(const struct interface *interface, int program_fd,
		  uint32_t flags)
{
	LIBBPF_OPTS(bpf_link_create_opts, options, .flags = flags);

	return bpf_link_create(program_fd, (int)interface->ifindex, BPF_XDP,
			       &options);
}

/* Of a driver that has no native XDP, or not now: MTU, LRO, too few queues */
static bool is_drivers_fault(int error)
{
	return error == -EOPNOTSUPP || error == -EINVAL || error == -ERANGE ||
	       error == -ENOSPC;
}

static int refuse(const struct interface *interface, int error,
		  enum capture_bind bind, struct problem *problem)
{
	uint32_t id = find_program(interface->ifindex);
	char name[BPF_OBJ_NAME_LEN];
	const char *advice = "";

	if ((error == -EBUSY || error == -EEXIST) && id) {
		read_name(id, name);
		return refuse_busy(interface, id, name, problem);
	}
	if (error == -EPERM)
		advice = ": run it as root, or with CAP_BPF and CAP_NET_ADMIN";
	else if (bind != BIND_AUTO && bind != BIND_GENERIC)
		advice = ": the driver refuses native XDP; let x0f choose";
	return problem_set(problem, error == -EEXIST ? -EBUSY : error,
			   "%s: XDP program cannot be attached: %s%s",
			   interface->name, problem_errno(error), advice);
}

int xdp_link_open(const struct interface *interface, int program_fd,
		  enum capture_bind bind, struct problem *why,
		  struct problem *problem)
{
	int ret = -EOPNOTSUPP;

	why->text[0] = '\0';
	if (bind != BIND_GENERIC)
		ret = create(interface, program_fd, XDP_FLAGS_DRV_MODE);
	if (bind == BIND_AUTO && is_drivers_fault(ret))
		problem_set(why, ret, "%s", problem_errno(ret));
	if (bind == BIND_GENERIC || why->text[0])
		ret = create(interface, program_fd, XDP_FLAGS_SKB_MODE);
	return ret < 0 ? refuse(interface, ret, bind, problem) : ret;
}

bool xdp_link_is_attached(int link_fd)
{
	struct bpf_link_info info = { .type = 0 };
	uint32_t size = sizeof(info);

	return link_fd >= 0 && !bpf_obj_get_info_by_fd(link_fd, &info, &size) &&
	       info.xdp.ifindex;
}

/* Others may hold the link too: bpftool, or a child for a moment. */
void xdp_link_close(int link_fd)
{
	bpf_link_detach(link_fd);
	close(link_fd);
}

/*
 * A processor may still be inside of the program, or have a redirect to
 * finish. Both happen in RCU read-side critical sections, and this membarrier
 * is the one call that waits for their end: some 10 ms.
 */
void xdp_link_settle(void)
{
	if (syscall(SYS_membarrier, MEMBARRIER_CMD_GLOBAL, 0, 0))
		sleep_ms(PAUSE_MS);
}
