/* SPDX-License-Identifier: MIT */
/*
 * Clearing away what sensors left: XDP programs by link and by netlink, TCX
 * links, filters of clsact; and leaving alone what others attached, in a
 * network namespace of the test's own. Then the same by the program. Needs
 * root and ip(8).
 */
#define _GNU_SOURCE /* unshare() */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <linux/bpf.h>
#include <linux/if_link.h>
#include <linux/pkt_cls.h>
#include <net/if.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "netns.h"

#include "../../user/capture/capture.h"
#include "../../user/capture/interface.h"
#include "../../user/capture/xdp_link.h"

/* include/uapi/linux/bpf.h of kernel 6.6 */
#define TCX_INGRESS 46
#define TCX_EGRESS 47

/* How x0f's filters are told from others, besides their name */
#define FILTER_HANDLE 0x78306600u

static int run(const char *command)
{
	int status = system(command);

	return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

static int set_up(void **state)
{
	(void)state;
	return run("ip link add xh4a type veth peer name xh4b && "
		   "ip link set xh4a up && ip link set xh4b up");
}

static int tear_down(void **state)
{
	(void)state;
	return if_nametoindex("xh4a") ? run("ip link del xh4a") : 0;
}

/* A program that does nothing; 2 is XDP_PASS, -1 is TCX_NEXT. */
static int load(enum bpf_prog_type type, const char *name)
{
	struct bpf_insn code[] = {
		{ .code = BPF_ALU64 | BPF_MOV | BPF_K,
		  .imm = type == BPF_PROG_TYPE_XDP ? 2 : -1 },
		{ .code = BPF_JMP | BPF_EXIT },
	};
	int fd = bpf_prog_load(type, name, "GPL", code, 2, NULL);

	assert_true(fd >= 0);
	return fd;
}

static int link_xdp(const char *name, const char *interface)
{
	int program = load(BPF_PROG_TYPE_XDP, name);
	int link = bpf_link_create(program, (int)if_nametoindex(interface),
				   BPF_XDP, NULL);

	assert_true(link >= 0);
	close(program);
	return link;
}

static void attach_xdp(const char *name, const char *interface, uint32_t flags)
{
	int program = load(BPF_PROG_TYPE_XDP, name);

	assert_int_equal(bpf_xdp_attach((int)if_nametoindex(interface), program,
					flags, NULL),
			 0);
	close(program);
}

/* -1: this kernel has no TCX */
static int link_tcx(const char *name, uint32_t attach_type)
{
	int program = load(BPF_PROG_TYPE_SCHED_CLS, name);
	struct {
		uint32_t program;
		uint32_t ifindex;
		uint32_t attach_type;
		uint32_t flags;
		uint64_t more[2];
	} attr = {
		.program = (uint32_t)program,
		.ifindex = if_nametoindex("xh4a"),
		.attach_type = attach_type,
	};
	int link = (int)syscall(SYS_bpf, BPF_LINK_CREATE, &attr, sizeof(attr));

	close(program);
	return link;
}

static bool link_is_attached(int link)
{
	struct bpf_link_info info = { .type = 0 };
	uint32_t size = sizeof(info);

	assert_int_equal(bpf_obj_get_info_by_fd(link, &info, &size), 0);
	return info.xdp.ifindex; /* stands where TCX links have it, too */
}

static void add_filter(const char *name, uint32_t handle, uint32_t priority)
{
	LIBBPF_OPTS(bpf_tc_hook, hook, .ifindex = (int)if_nametoindex("xh4a"),
		    .attach_point = BPF_TC_INGRESS | BPF_TC_EGRESS);
	LIBBPF_OPTS(bpf_tc_opts, opts, .handle = handle, .priority = priority);
	int ret = bpf_tc_hook_create(&hook);

	assert_true(!ret || ret == -EEXIST);
	hook.attach_point = BPF_TC_EGRESS;
	opts.prog_fd = load(BPF_PROG_TYPE_SCHED_CLS, name);
	assert_int_equal(bpf_tc_attach(&hook, &opts), 0);
	close(opts.prog_fd);
}

static bool has_filter(uint32_t handle, uint32_t priority)
{
	LIBBPF_OPTS(bpf_tc_hook, hook, .ifindex = (int)if_nametoindex("xh4a"),
		    .attach_point = BPF_TC_EGRESS);
	LIBBPF_OPTS(bpf_tc_opts, opts, .handle = handle, .priority = priority);

	return !bpf_tc_query(&hook, &opts);
}

static void assert_cleared(int count)
{
	struct problem problem = { "" };
	int ret = capture_clear("xh4a", &problem);

	if (ret < 0)
		fail_msg("%s", problem.text);
	assert_int_equal(ret, count);
}

static uint32_t xdp_program(const char *name)
{
	struct interface interface;
	struct problem problem;

	assert_int_equal(interface_read(&interface, name, &problem), 0);
	return interface.xdp_program;
}

/* ----------------------------------------------------------------- tests -- */

static void test_finds_nothing(void **state)
{
	(void)state;
	assert_cleared(0);
}

static void test_detaches_links_of_the_living(void **state)
{
	int link = link_xdp("x0f_ingress", "xh4a");

	(void)state;
	assert_true(link_is_attached(link));
	assert_true(xdp_program("xh4a"));
	assert_cleared(1);
	assert_false(link_is_attached(link));
	assert_false(xdp_program("xh4a"));
	assert_cleared(0);
	close(link);
}

static void test_detaches_what_has_no_link(void **state)
{
	(void)state;
	attach_xdp("x0f_ingress", "xh4a", XDP_FLAGS_DRV_MODE);
	assert_cleared(1);
	assert_false(xdp_program("xh4a"));
	attach_xdp("x0f_ingress", "xh4a", XDP_FLAGS_SKB_MODE);
	assert_true(xdp_program("xh4a"));
	assert_cleared(1);
	assert_false(xdp_program("xh4a"));
}

/* Beside another's, in the two places that one interface has for XDP. */
static void test_leaves_programs_of_others(void **state)
{
	int link = link_xdp("their_program", "xh4a");

	(void)state;
	assert_cleared(0);
	assert_true(link_is_attached(link));
	close(link);
	attach_xdp("x0fi", "xh4a", XDP_FLAGS_SKB_MODE); /* nearly ours */
	assert_cleared(0);
	assert_true(xdp_program("xh4a"));
}

static void test_leaves_other_interfaces(void **state)
{
	int link = link_xdp("x0f_ingress", "xh4b");

	(void)state;
	assert_cleared(0);
	assert_true(link_is_attached(link));
	close(link);
}

static void test_detaches_tcx(void **state)
{
	int in = link_tcx("x0f_in", TCX_INGRESS);
	int out = link_tcx("x0f_out", TCX_EGRESS);
	int theirs = link_tcx("their_program", TCX_INGRESS);

	(void)state;
	if (in < 0)
		skip();
	assert_cleared(2);
	assert_false(link_is_attached(in));
	assert_false(link_is_attached(out));
	assert_true(link_is_attached(theirs));
	assert_cleared(0);
	close(in);
	close(out);
	close(theirs);
}

static void test_removes_filters(void **state)
{
	(void)state;
	add_filter("x0f_out", FILTER_HANDLE, 1);
	add_filter("their_program", 7, 1);
	add_filter("their_program", FILTER_HANDLE, 2); /* by chance */
	assert_cleared(1);
	assert_false(has_filter(FILTER_HANDLE, 1));
	assert_true(has_filter(7, 1));
	assert_true(has_filter(FILTER_HANDLE, 2));
	assert_cleared(0);
}

/*
 * A sensor in a process of its own: it holds program and link, and attaches
 * again, if it may, what somebody detached. Ends when *end is closed.
 */
static pid_t start_sensor(int *end, bool comes_back)
{
	int interface = (int)if_nametoindex("xh4a");
	int begun[2];
	int pipes[2];
	char byte;
	pid_t pid;

	assert_int_equal(pipe(begun), 0);
	assert_int_equal(pipe(pipes), 0);
	pid = fork();
	if (!pid) {
		int program = load(BPF_PROG_TYPE_XDP, "x0f_ingress");
		int link = bpf_link_create(program, interface, BPF_XDP, NULL);
		struct pollfd parent = { .fd = pipes[0], .events = POLLIN };

		close(pipes[1]);
		if (write(begun[1], "x", 1) != 1)
			_exit(1);
		while (!poll(&parent, 1, 100)) {
			if (!comes_back || link_is_attached(link))
				continue;
			close(link);
			link = bpf_link_create(program, interface, BPF_XDP,
					       NULL);
		}
		_exit(0);
	}
	close(pipes[0]);
	close(begun[1]);
	assert_int_equal(read(begun[0], &byte, 1), 1);
	close(begun[0]);
	*end = pipes[1];
	return pid;
}

static void assert_told(bool comes_back, const char *format)
{
	struct problem problem = { "" };
	int end;
	pid_t pid = start_sensor(&end, comes_back);
	int ret = capture_clear("xh4a", &problem);
	char wanted[64];

	snprintf(wanted, sizeof(wanted), format, (int)pid);
	close(end);
	waitpid(pid, NULL, 0);
	assert_int_equal(ret, -EBUSY);
	if (!strstr(problem.text, wanted))
		fail_msg("not '%s': %s", wanted, problem.text);
}

static void test_names_who_comes_back(void **state)
{
	(void)state;
	assert_told(true, "xh4a: was freed, but process %d (");
	/* that one may be stopped */
	assert_told(false, "xh4a: is free, but process %d (");
	assert_cleared(0);
}

/* Names of programs need a right of their own. */
static void test_refuses_what_has_no_name(void **state)
{
	int status;
	pid_t pid;

	(void)state;
	attach_xdp("their_program", "xh4a", XDP_FLAGS_SKB_MODE);
	pid = fork();
	if (!pid) {
		struct interface interface;
		struct problem problem = { "" };

		if (interface_read(&interface, "xh4a", &problem) ||
		    setresuid(65534, 65534, 65534))
			_exit(1);
		if (xdp_link_check_free(&interface, false, &problem) != -EBUSY)
			_exit(2);
		_exit(strstr(problem.text, "\"\"") ? 3 : 0);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
}

static void test_says_what_is_wrong(void **state)
{
	struct problem problem;

	(void)state;
	assert_int_equal(capture_clear("xh4z", &problem), -ENODEV);
	assert_non_null(strstr(problem.text, "did you mean xh4"));
}

/*
 * Interfaces of the same number in two namespaces: links know only that, so a
 * sensor over there must not be hit.
 */
static void test_leaves_other_namespaces(void **state)
{
	int ready[2];
	int done[2];
	int status;
	char byte;
	pid_t pid;

	(void)state;
	assert_int_equal(pipe(ready), 0);
	assert_int_equal(pipe(done), 0);
	pid = fork();
	if (!pid) {
		int link;

		prctl(PR_SET_PDEATHSIG, SIGKILL);
		close(done[1]);
		if (unshare(CLONE_NEWNET) || run("ip link set lo up"))
			_exit(1);
		link = link_xdp("x0f_ingress", "lo");
		if (write(ready[1], "x", 1) != 1 || read(done[0], &byte, 1))
			_exit(2);
		_exit(link_is_attached(link) ? 0 : 3);
	}
	close(ready[1]);
	assert_int_equal(read(ready[0], &byte, 1), 1);
	assert_int_equal(if_nametoindex("lo"), 1); /* there, too */
	{
		struct problem problem;
		int link = link_xdp("x0f_ingress", "lo");

		assert_int_equal(capture_clear("lo", &problem), 1);
		assert_false(link_is_attached(link));
		assert_int_equal(capture_clear("lo", &problem), 0);
		close(link);
	}
	close(done[1]);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
	close(ready[0]);
	close(done[0]);
}

/* ----------------------------------------------------------- the program -- */

static void assert_prints(const char *arguments, int exit_code,
			  const char *wanted)
{
	char command[512];
	char text[512] = "";
	FILE *pipe;
	size_t len;
	int status;

	snprintf(command, sizeof(command), "\"$X0F\" %s 2>&1", arguments);
	pipe = popen(command, "r");
	assert_non_null(pipe);
	len = fread(text, 1, sizeof(text) - 1, pipe);
	text[len] = '\0';
	status = pclose(pipe);
	assert_string_equal(text, wanted);
	assert_true(WIFEXITED(status));
	assert_int_equal(WEXITSTATUS(status), exit_code);
}

static void test_program_says_what_it_did(void **state)
{
	(void)state;
	if (!getenv("X0F"))
		skip();
	attach_xdp("x0f_ingress", "xh4a", XDP_FLAGS_SKB_MODE);
	add_filter("x0f_out", FILTER_HANDLE, 1);
	assert_prints("detach --run-dir /nowhere xh4a", 0,
		      "xh4a: 2 programs of x0f removed\n");
	assert_prints("detach --run-dir /nowhere xh4a", 0,
		      "xh4a: no program of x0f is attached\n");
	assert_prints("detach", 64, "x0f: detach needs IFACE, see --help\n");
	assert_prints("detach xh4a xh4b", 64,
		      "x0f: detach takes one interface, but got 2\n");
	assert_int_equal(run("\"$X0F\" detach xh4z 2>/dev/null"), 66);
	attach_xdp("x0f_ingress", "xh4a", XDP_FLAGS_SKB_MODE);
	/* may change interfaces, may not ask whose a program is */
	assert_int_equal(run("setpriv --bounding-set -sys_admin \"$X0F\" "
			     "detach xh4a 2>/dev/null"),
			 77);
	assert_true(xdp_program("xh4a"));
}

#define TEST(function) \
	cmocka_unit_test_setup_teardown(function, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_finds_nothing),
		TEST(test_detaches_links_of_the_living),
		TEST(test_detaches_what_has_no_link),
		TEST(test_leaves_programs_of_others),
		TEST(test_leaves_other_interfaces),
		TEST(test_detaches_tcx),
		TEST(test_removes_filters),
		TEST(test_names_who_comes_back),
		TEST(test_refuses_what_has_no_name),
		TEST(test_says_what_is_wrong),
		TEST(test_leaves_other_namespaces),
		TEST(test_program_says_what_it_did),
	};

	if (!enter_namespace())
		return SKIPPED;
	libbpf_set_print(NULL); /* it says what we ask about */
	return cmocka_run_group_tests(tests, NULL, NULL);
}
