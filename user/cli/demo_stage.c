/* SPDX-License-Identifier: MIT */
/*
 * See demo_stage.h. Nothing of it has a name outside: the folder of run files
 * is memory that only this mount namespace shows, /proc and /sys tell of the
 * new namespaces, and there is no file in /run/netns.
 */
#define _GNU_SOURCE /* unshare(), setns() */
#include "demo_stage.h"
#include "demo_net.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stdio.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

static const struct net_end server0 = { "server0", { 2, 0, 0, 0, 0, 1 } };
static const struct net_end client0 = { "client0", { 2, 0, 0, 0, 0, 2 } };
static const struct net_end tap0 = { "tap0", { 2, 0, 0, 0, 0, 3 } };
static const struct net_end wire0 = { "wire0", { 2, 0, 0, 0, 0, 4 } };
static const struct net_end span0 = { "span0", { 2, 0, 0, 0, 0, 5 } };
static const struct net_end mirror0 = { "mirror0", { 2, 0, 0, 0, 0, 6 } };

/* -------------------------------------------------------------- mounts -- */

static int make_private(void)
{
	return mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) ? -errno : 0;
}

/*
 * In a chroot / is no mount, and cannot be made private: so this goes out to
 * the root of the namespace, which is a copy of our own, and back in.
 */
static int make_private_outside(void)
{
	int root = open("/", O_PATH | O_DIRECTORY | O_CLOEXEC);
	int self = (int)syscall(SYS_pidfd_open, getpid(), 0);
	int ret = 0;

	if (root < 0 || self < 0 || setns(self, CLONE_NEWNS))
		ret = -errno;
	if (!ret)
		ret = make_private();
	if (!ret && (fchdir(root) || chroot(".") || chdir("/")))
		ret = -errno;
	if (root >= 0)
		close(root);
	if (self >= 0)
		close(self);
	return ret;
}

static int mount_on(const char *type, const char *path, struct problem *problem)
{
	const char *options = type[0] == 't' ? "mode=755,size=512m" : NULL;

	if (!mount(type, path, type, MS_NOSUID | MS_NODEV, options))
		return 0;
	return problem_set(problem, -errno, "cannot mount %s on %s: %s", type,
			   path, problem_errno(errno));
}

static int change_mounts(struct problem *problem)
{
	int ret = make_private();

	if (ret == -EINVAL)
		ret = make_private_outside();
	if (ret)
		return problem_set(problem, ret, "no mounts of its own: %s",
				   problem_errno(ret));
	ret = mount_on("proc", "/proc", problem);
	if (!ret)
		ret = mount_on("sysfs", "/sys", problem);
	if (!ret)
		ret = mount_on("tmpfs", "/run", problem);
	if (!ret && mkdir(STAGE_RUN_DIR, 0755))
		ret = problem_set(problem, -errno, "cannot make %s: %s",
				  STAGE_RUN_DIR, problem_errno(errno));
	return ret;
}

/* ------------------------------------------------------------ networks -- */

static int open_network(void)
{
	int fd = open("/proc/self/ns/net", O_RDONLY | O_CLOEXEC);

	return fd < 0 ? -errno : fd;
}

static int make_networks(struct stage *stage, struct problem *problem)
{
	stage->server = open_network();
	if (stage->server < 0 || unshare(CLONE_NEWNET))
		return problem_set(problem, -errno, "no second network: %s",
				   problem_errno(errno));
	stage->client = open_network();
	if (stage->client < 0 || setns(stage->server, CLONE_NEWNET))
		return problem_set(problem, -errno, "no second network: %s",
				   problem_errno(errno));
	return 0;
}

bool stage_enter(int network)
{
	return !setns(network, CLONE_NEWNET);
}

static int enter(int network, struct problem *problem)
{
	if (stage_enter(network))
		return 0;
	return problem_set(problem, -errno, "cannot change networks: %s",
			   problem_errno(errno));
}

/* Both versions of one end, and where the other one is. */
static int give_addresses(const struct net_end *end,
			  const struct net_address *own,
			  const struct net_address *other,
			  const struct net_end *peer, struct problem *problem)
{
	int ret = net_add_address(end->name, own, problem);

	return ret ? ret :
		     net_add_neighbour(end->name, other, peer->mac, problem);
}

/* A host may have IPv6 forbidden for all networks to come. */
static void allow_v6(const char *name)
{
	char path[96];
	int fd;

	snprintf(path, sizeof(path), "/proc/sys/net/ipv6/conf/%s/disable_ipv6",
		 name);
	fd = open(path, O_WRONLY | O_CLOEXEC);
	if (fd < 0)
		return;
	(void)!write(fd, "0", 1);
	close(fd);
}

static int set_up_end(struct stage *stage, const struct net_end *end,
		      const struct net_end *peer, const char *const own[2],
		      const char *const other[2], struct problem *problem)
{
	struct net_address mine = net_address(own[0], 24);
	struct net_address theirs = net_address(other[0], 24);
	struct problem ignored;
	int ret;

	allow_v6(end->name);
	ret = net_bring_up(end->name, problem);
	if (!ret)
		ret = give_addresses(end, &mine, &theirs, peer, problem);
	if (ret)
		return ret;
	mine = net_address(own[1], 64);
	theirs = net_address(other[1], 64);
	if (give_addresses(end, &mine, &theirs, peer, &ignored))
		stage->has_v6 = false;
	return 0;
}

static int connect_server(struct stage *stage, struct problem *problem)
{
	static const char *const here[] = { SERVER_V4, SERVER_V6 };
	static const char *const there[] = { CLIENT_V4, CLIENT_V6 };
	int ret = net_make_pair(&server0, &client0, stage->client, problem);

	stage->has_v6 = true;
	if (!ret)
		ret = set_up_end(stage, &server0, &client0, here, there,
				 problem);
	if (!ret)
		ret = enter(stage->client, problem);
	if (!ret)
		ret = set_up_end(stage, &client0, &server0, there, here,
				 problem);
	return ret ? ret : enter(stage->server, problem);
}

static int connect_taps(struct stage *stage, struct problem *problem)
{
	int ret = net_make_pair(&tap0, &wire0, stage->client, problem);

	if (!ret)
		ret = net_make_pair(&span0, &mirror0, stage->server, problem);
	if (!ret)
		ret = net_bring_up(tap0.name, problem);
	if (!ret)
		ret = net_bring_up(span0.name, problem);
	if (!ret)
		ret = net_bring_up(mirror0.name, problem);
	if (!ret)
		ret = enter(stage->client, problem);
	if (!ret)
		ret = net_bring_up(wire0.name, problem);
	return ret ? ret : enter(stage->server, problem);
}

int stage_build(struct stage *stage, struct problem *problem)
{
	int ret;

	if (unshare(CLONE_NEWNS | CLONE_NEWNET))
		return problem_set(problem, -errno, "no namespaces: %s",
				   problem_errno(errno));
	ret = change_mounts(problem);
	if (!ret)
		ret = make_networks(stage, problem);
	if (!ret)
		ret = connect_server(stage, problem);
	return ret ? ret : connect_taps(stage, problem);
}
