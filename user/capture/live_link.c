/* SPDX-License-Identifier: MIT */
/*
 * A sensor's XDP link, and the keeper. The map by which our program finds the
 * sensor's is emptied by the kernel when its last descriptor is closed; a
 * generator that is killed would leave a program behind that knows nowhere to
 * go, and a deaf sensor. So the keeper, a process that nobody types Ctrl-C
 * at, holds link, program and map, waits for its parent's end, by a pipe, and
 * puts the sensor's program back. There is no other way of putting it back,
 * so this one is always in use.
 *
 * Where the keeper is killed, too, our program stays in the sensor's link and
 * lets everything pass to the host: nothing is harmed, but the sensor hears
 * nothing until it is restarted.
 */
#define _GNU_SOURCE /* pipe2() */
#include "live_link.h"

#include "../../bpf/abi.h"

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/if_link.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

/* The one program of a sensor that takes packets by XDP */
#define SENSOR_PROGRAM "x0f_ingress"

void live_link_init(struct live_link *link)
{
	memset(link, 0, sizeof(*link));
	link->link = -1;
	link->sensor = -1;
	link->keeper_fd = -1;
}

/* ------------------------------------------------------------- finding -- */

/* Any XDP link of this interface; negative: there is none. */
static int find_link(uint32_t ifindex, uint32_t program)
{
	uint32_t id = 0;

	while (!bpf_link_get_next_id(id, &id)) {
		struct bpf_link_info info = { .id = 0 };
		uint32_t size = sizeof(info);
		int fd = bpf_link_get_fd_by_id(id);

		if (fd < 0)
			continue; /* gone meanwhile */
		if (!bpf_obj_get_info_by_fd(fd, &info, &size) &&
		    info.type == BPF_LINK_TYPE_XDP &&
		    info.xdp.ifindex == ifindex && info.prog_id == program)
			return fd;
		close(fd);
	}
	return -ENOENT;
}

static int refuse_program(const struct live_link *link, uint32_t id,
			  const char *name, struct problem *problem)
{
	return problem_set(problem, -EBUSY,
			   "%s: has an XDP program that is not a sensor's, "
			   "number %u, %s: detach it first (ip link set %s "
			   "xdp off)",
			   link->name, id, name[0] ? name : "without a name",
			   link->name);
}

/* Its program and link must both be what a sensor attaches. */
static int take_sensor(struct live_link *link, uint32_t id,
		       struct problem *problem)
{
	struct bpf_prog_info info = { .type = 0 };
	uint32_t size = sizeof(info);

	link->sensor = bpf_prog_get_fd_by_id(id);
	if (link->sensor < 0 ||
	    bpf_obj_get_info_by_fd(link->sensor, &info, &size))
		return problem_set(problem, -errno,
				   "%s: its XDP program, number %u: %s",
				   link->name, id, problem_errno(errno));
	if (strcmp(info.name, SENSOR_PROGRAM) != 0)
		return refuse_program(link, id, info.name, problem);
	link->link = find_link(link->ifindex, id);
	if (link->link < 0)
		return problem_set(problem, -EBUSY,
				   "%s: its XDP program %s is not attached by "
				   "a link that could be used",
				   link->name, info.name);
	return 0;
}

int live_link_find(struct live_link *link, const struct interface *interface,
		   struct problem *problem)
{
	link->ifindex = interface->ifindex;
	memcpy(link->name, interface->name, sizeof(link->name));
	if (!interface->xdp_program)
		return 0;
	return take_sensor(link, interface->xdp_program, problem);
}

/* -------------------------------------------------------------- keeper -- */

/* Only if the program is still ours: the sensor may have thought of more. */
static int put_program(int link, int program, int instead_of)
{
	LIBBPF_OPTS(bpf_link_update_opts, options, .flags = BPF_F_REPLACE,
		    .old_prog_fd = (uint32_t)instead_of);

	return bpf_link_update(link, program, &options) ? -errno : 0;
}

/* Ends with 0, or an errno. */
static void __attribute__((noreturn))
keep(const struct live_link *link, int program, int pipe_fd)
{
	char nothing;
	int ret;

	setsid();
	signal(SIGINT, SIG_IGN);
	signal(SIGTERM, SIG_IGN);
	signal(SIGHUP, SIG_IGN);
	while (read(pipe_fd, &nothing, 1) < 0 && errno == EINTR)
		;
	ret = put_program(link->link, link->sensor, program);
	/* the interface, and the link with it, may be gone */
	_exit(ret == -ENOLINK ? 0 : -ret);
}

static int start_keeper(struct live_link *link, int program,
			struct problem *problem)
{
	int fds[2];

	if (pipe2(fds, O_CLOEXEC))
		return problem_set(problem, -errno, "no pipe: %s",
				   problem_errno(errno));
	link->keeper = fork();
	if (!link->keeper) {
		close(fds[1]);
		keep(link, program, fds[0]);
	}
	close(fds[0]);
	link->keeper_fd = fds[1];
	if (link->keeper > 0)
		return 0;
	return problem_set(problem, -errno, "no process: %s",
			   problem_errno(errno));
}

/* ----------------------------------------------------------- attaching -- */

static int attach_alone(struct live_link *link, int program,
			struct problem *problem)
{
	link->link = bpf_link_create(program, (int)link->ifindex, BPF_XDP,
				     NULL);
	if (link->link >= 0)
		return 0;
	return problem_set(problem, link->link,
			   "%s: cannot attach an XDP program: %s%s", link->name,
			   problem_errno(link->link),
			   link->link == -ENOSPC ?
				   ": its peer has more transmit queues than "
				   "it has receive queues, make both with "
				   "numtxqueues 1 numrxqueues 1" :
				   "");
}

int live_link_attach(struct live_link *link, int program, int next_map,
		     struct problem *problem)
{
	uint32_t zero = 0;
	int ret;

	if (link->sensor < 0)
		return attach_alone(link, program, problem);
	if (bpf_map_update_elem(next_map, &zero, &link->sensor, BPF_ANY))
		return problem_set(problem, -errno,
				   "%s: the sensor's program cannot be called "
				   "by the generator's: %s: are both of one "
				   "version?",
				   link->name, problem_errno(errno));
	ret = start_keeper(link, program, problem);
	if (ret)
		return ret;
	ret = put_program(link->link, program, link->sensor);
	if (!ret)
		return 0;
	return problem_set(problem, ret,
			   "%s: cannot put the generator in front of the "
			   "sensor: %s",
			   link->name, problem_errno(ret));
}

static int await_keeper(struct live_link *link, struct problem *problem)
{
	int status;
	int error;

	close(link->keeper_fd);
	link->keeper_fd = -1;
	while (waitpid(link->keeper, &status, 0) < 0 && errno == EINTR)
		;
	error = WIFEXITED(status) ? WEXITSTATUS(status) : EINTR;
	if (!error)
		return 0;
	return problem_set(problem, -error,
			   "%s: the sensor's XDP program could not be put "
			   "back: %s: restart the sensor",
			   link->name, problem_errno(error));
}

int live_link_close(struct live_link *link, struct problem *problem)
{
	int ret = 0;

	if (link->keeper > 0)
		ret = await_keeper(link, problem);
	else if (link->keeper_fd >= 0)
		close(link->keeper_fd);
	if (link->link >= 0)
		close(link->link);
	if (link->sensor >= 0)
		close(link->sensor);
	return ret;
}
