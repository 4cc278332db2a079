/* SPDX-License-Identifier: MIT */
/*
 * Interfaces, the guard of tap and the watch, on real devices in a network
 * namespace of the test's own, which goes with it. Needs root and ip(8).
 */
#define _GNU_SOURCE /* unshare() */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/if_ether.h>
#include <linux/if_packet.h>
#include <net/if.h>
#include <net/if_arp.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "netns.h"

#include "../../user/capture/guard.h"
#include "../../user/capture/interface.h"

/* The promise is that a tap is gone 200 ms after a change. */
#define NOTICED_MS 200

__attribute__((format(printf, 1, 2))) static int run(const char *format, ...)
{
	char command[256];
	va_list args;

	va_start(args, format);
	vsnprintf(command, sizeof(command), format, args);
	va_end(args);
	return system(command);
}

#define RUN(...) assert_int_equal(run(__VA_ARGS__), 0)

static struct interface read_interface(const char *name)
{
	struct interface interface;
	struct problem problem = { "" };

	if (interface_read(&interface, name, &problem))
		fail_msg("%s", problem.text);
	return interface;
}

/* Every test begins with one pair of interfaces that are up. */
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

static void assert_free(void)
{
	struct interface interface = read_interface("xh4a");
	struct problem problem = { "" };

	if (guard_check(&interface, &problem))
		fail_msg("%s", problem.text);
}

static void assert_refused(const char *reason)
{
	struct interface interface = read_interface("xh4a");
	struct problem problem = { "" };
	char wanted[256];

	assert_int_equal(guard_check(&interface, &problem), -EADDRINUSE);
	snprintf(wanted, sizeof(wanted),
		 "xh4a %s: --capture tap would take its connections away; "
		 "use --capture inline",
		 reason);
	assert_string_equal(problem.text, wanted);
}

/* --------------------------------------------------------------- reading -- */

static void test_reads_interfaces(void **state)
{
	struct interface interface;

	(void)state;
	interface = read_interface("xh4a");
	assert_string_equal(interface.name, "xh4a");
	assert_int_equal(interface.ifindex, if_nametoindex("xh4a"));
	assert_int_equal(interface_index("xh4a"), interface.ifindex);
	assert_int_equal(interface.mtu, 1500);
	assert_int_equal(interface.hardware, ARPHRD_ETHER);
	assert_string_equal(interface.driver, "veth");
	assert_true(interface.is_up && interface.has_carrier &&
		    interface.is_ethernet && !interface.is_promiscuous);
	assert_int_equal(interface.xdp_program, 0);

	RUN("ip link set xh4b down && ip link set xh4a mtu 9000 promisc on");
	interface = read_interface("xh4a");
	assert_true(interface.is_up && !interface.has_carrier &&
		    interface.is_promiscuous);
	assert_int_equal(interface.mtu, 9000);
	assert_false(read_interface("xh4b").is_up);
	assert_true(read_interface("lo").is_ethernet);
}

static void test_counts_queues_in_use(void **state)
{
	(void)state;
	RUN("ip link add xh4q numrxqueues 3 numtxqueues 2 type veth "
	    "peer name xh4r numrxqueues 1");
	assert_int_equal(read_interface("xh4q").queues, 3);
	assert_int_equal(read_interface("xh4r").queues, 1);
	assert_int_equal(read_interface("lo").queues, 1);
	RUN("ip link del xh4q");
}

static void test_knows_what_is_no_ethernet(void **state)
{
	struct interface interface;

	(void)state;
	if (run("ip tuntap add xh4t mode tun 2>/dev/null"))
		skip();
	interface = read_interface("xh4t");
	assert_false(interface.is_ethernet);
	assert_int_equal(interface.hardware, ARPHRD_NONE);
	RUN("ip link del xh4t");
}

static void test_finds_alternative_names(void **state)
{
	(void)state;
	RUN("ip link property add dev xh4a altname xh4anotherverylongname");
	assert_string_equal(read_interface("xh4anotherverylongname").name,
			    "xh4a");
}

/* Some kernels put devices of their own into each namespace. */
static void assert_no_such(const char *name, const char *end)
{
	struct interface interface;
	struct problem problem = { "" };
	char begin[200];

	assert_int_equal(interface_read(&interface, name, &problem), -ENODEV);
	snprintf(begin, sizeof(begin),
		 "%s: no such network interface (there are lo, ", name);
	assert_int_equal(strncmp(problem.text, begin, strlen(begin)), 0);
	assert_true(strlen(problem.text) >= strlen(end));
	assert_string_equal(problem.text + strlen(problem.text) - strlen(end),
			    end);
}

static void test_names_what_is_there(void **state)
{
	(void)state;
	assert_int_equal(interface_index("xh4z"), 0);
	assert_no_such("wlp3s0", "xh4b, xh4a)");
	assert_no_such("hx4a", "xh4b, xh4a), did you mean xh4a?");
	assert_no_such("", "xh4b, xh4a)");
	assert_no_such("a-name-that-no-kernel-takes-as-one", "xh4b, xh4a)");
}

/* ----------------------------------------------------------------- guard -- */

static void test_lets_unused_interfaces_pass(void **state)
{
	(void)state;
	assert_free(); /* with its own IPv6 link-local address and routes */
	RUN("ip address add 169.254.7.7/16 dev xh4a");
	assert_free();
	RUN("ip -6 address add fe80::77/64 dev xh4a nodad");
	assert_free();
	/* what others have is not its */
	RUN("ip address add 192.0.2.1/24 dev xh4b && "
	    "ip route add default via 192.0.2.2");
	assert_free();
}

static void test_refuses_addresses(void **state)
{
	(void)state;
	RUN("ip address add 192.0.2.1/32 dev xh4a");
	assert_refused("carries the address 192.0.2.1");
	RUN("ip address flush dev xh4a");
	RUN("ip -6 address add 2001:db8::1/128 dev xh4a nodad");
	assert_refused("carries the address 2001:db8::1");
	RUN("ip address flush dev xh4a");
	assert_free();
	/* the own end of a point-to-point link, not the peer's */
	RUN("ip address add 192.0.2.1 peer 192.0.2.9 dev xh4a");
	assert_refused("carries the address 192.0.2.1");
}

static void test_refuses_routes(void **state)
{
	(void)state;
	RUN("ip route add 198.51.100.0/24 dev xh4a");
	assert_refused("carries a route to 198.51.100.0/24");
	RUN("ip route del 198.51.100.0/24 dev xh4a");
	assert_free();
	RUN("ip route add default dev xh4a table 77");
	assert_refused("carries a default route");
	RUN("ip route flush table 77");
	RUN("ip -6 route add default via fe80::1 dev xh4a");
	assert_refused("carries a default route");
	RUN("ip -6 route del default");
	RUN("ip -6 route add 2001:db8::/32 dev xh4a");
	assert_refused("carries a route to 2001:db8::/32");
	RUN("ip -6 route del 2001:db8::/32");
	assert_free();
}

static void test_refuses_routes_of_many_ways(void **state)
{
	(void)state;
	RUN("ip link add xh4q type veth peer name xh4r && "
	    "ip link set xh4q up && ip link set xh4r up");
	RUN("ip route add 198.51.100.0/24 nexthop dev xh4q nexthop dev xh4a");
	assert_refused("carries a route to 198.51.100.0/24");
	RUN("ip route del 198.51.100.0/24");
	RUN("ip route add 198.51.100.0/24 nexthop dev xh4q nexthop dev xh4r");
	assert_free();
	RUN("ip nexthop add id 7 dev xh4a && "
	    "ip route add 203.0.113.0/24 nhid 7");
	assert_refused("carries a route to 203.0.113.0/24");
	/* then only the kernel knows where it leads */
	RUN("echo 0 >/proc/sys/net/ipv4/nexthop_compat_mode");
	assert_refused("carries a route to 203.0.113.0/24");
	RUN("ip link del xh4q");
}

/* Or says that this kernel has no such devices. */
static void check_master(const char *kind, const char *options)
{
	char reason[64];

	if (run("ip link add xh4m type %s %s 2>/dev/null", kind, options)) {
		print_message("this kernel has no %s\n", kind);
		return;
	}
	RUN("ip link set xh4a down && ip link set xh4a master xh4m");
	snprintf(reason, sizeof(reason), "belongs to %s xh4m", kind);
	assert_refused(reason);
	RUN("ip link set xh4a nomaster && ip link set xh4a up");
	assert_free();
	RUN("ip link del xh4m");
}

static void test_refuses_masters(void **state)
{
	(void)state;
	check_master("bridge", "");
	check_master("bond", "");
	check_master("vrf", "table 77");
}

static void check_upper(const char *kind, const char *options)
{
	char reason[64];

	if (run("ip link add link xh4a name xh4u type %s %s 2>/dev/null", kind,
		options)) {
		print_message("this kernel has no %s\n", kind);
		return;
	}
	snprintf(reason, sizeof(reason), "carries %s xh4u", kind);
	assert_refused(reason);
	RUN("ip link del xh4u");
	assert_free();
}

static void test_refuses_upper_devices(void **state)
{
	(void)state;
	check_upper("vlan", "id 7");
	check_upper("macvlan", "mode bridge");
	check_upper("macvtap", "mode bridge");
	check_upper("ipvlan", "mode l2");
	check_upper("macsec", "");
	if (!run("ip link add xh4u type vxlan id 7 dev xh4a remote 192.0.2.2 "
		 "dstport 4789 2>/dev/null")) {
		assert_refused("carries vxlan xh4u");
		RUN("ip link del xh4u");
	}
}

/* A process in another network namespace, until it is killed. */
static pid_t make_namespace(void)
{
	int ready[2];
	char byte;
	pid_t pid;

	assert_int_equal(pipe(ready), 0);
	pid = fork();
	if (!pid) {
		/* also when a test fails before it kills us */
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		if (unshare(CLONE_NEWNET) || write(ready[1], "x", 1) != 1)
			_exit(1);
		pause();
		_exit(0);
	}
	assert_int_equal(read(ready[0], &byte, 1), 1);
	close(ready[0]);
	close(ready[1]);
	return pid;
}

/* As Linux writes it; sessions need modules that test machines lack. */
static void test_reads_pppoe_sessions(void **state)
{
	FILE *file = fdopen(memfd_create("pppoe", 0), "w");
	struct guard guard = { .ifindex = 1 };
	char path[32];

	(void)state;
	assert_non_null(file);
	snprintf(path, sizeof(path), "/proc/self/fd/%d", fileno(file));
	fprintf(file, "%-10s %-15s %8s\n", "Id", "Address", "Device");
	fprintf(file, "%08X %s %8s\n", 7, "52:54:00:12:34:56", "xh4");
	fprintf(file, "%08X %s %8s\n", 42, "52:54:00:12:34:57", "xh4a");
	fflush(file);
	guard_look_at_pppoe(&guard, "xh4b", path);
	assert_string_equal(guard.reason, "");
	guard_look_at_pppoe(&guard, "Device", path);
	assert_string_equal(guard.reason, "");
	guard_look_at_pppoe(&guard, "xh4a", path);
	assert_string_equal(guard.reason, "carries PPPoE session 42");
	fclose(file);
	guard.reason[0] = '\0';
	guard_look_at_pppoe(&guard, "xh4a", path);
	assert_string_equal(guard.reason, "");
}

/* Another program's, bound to the interface of that name. */
static void check_listener(const char *name, uint16_t protocol, int at_start,
			   int while_running)
{
	struct interface interface = read_interface("xh4a");
	struct sockaddr_ll address = { .sll_family = AF_PACKET,
				       .sll_protocol = htons(protocol),
				       .sll_ifindex = (int)if_nametoindex(
					       name) };
	int fd = socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC, 0);
	struct problem problem = { "packet socket (protocol" };

	assert_int_equal(bind(fd, (void *)&address, sizeof(address)), 0);
	assert_int_equal(guard_check(&interface, &problem), at_start);
	assert_non_null(strstr(problem.text, "packet socket (protocol"));
	assert_int_equal(guard_check_running(&interface, &problem),
			 while_running);
	close(fd);
}

static void test_refuses_packet_sockets(void **state)
{
	static const uint16_t of_hosts[] = { ETH_P_IP, ETH_P_ARP, ETH_P_IPV6,
					     ETH_P_PAE };

	(void)state;
	for (size_t i = 0; i < 4; i++)
		check_listener("xh4a", of_hosts[i], -EADDRINUSE, -EADDRINUSE);
	check_listener("xh4a", ETH_P_ALL, -EADDRINUSE, 0); /* tcpdump */
	check_listener("xh4a", 0, 0, 0);		   /* only sends */
	check_listener("xh4b", ETH_P_IP, 0, 0);
}

static void end_namespace(pid_t pid)
{
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
	/* takes the end that was moved there with it, and so ours, later */
	for (int i = 0; i < 200 && if_nametoindex("xh4a"); i++)
		usleep(10000);
}

static void test_looks_into_other_namespaces(void **state)
{
	pid_t pid = make_namespace();

	(void)state;
	/* the peer, moved away, names xh4a and is no upper device */
	RUN("ip link set xh4b netns %d", (int)pid);
	assert_free();
	if (run("ip link add link xh4a name xh4u type macvlan 2>/dev/null")) {
		end_namespace(pid);
		skip();
	}
	RUN("ip link set xh4u netns %d", (int)pid);
	assert_refused("carries macvlan xh4u of another network namespace");
	end_namespace(pid);
}

/* --------------------------------------------------------- watch, set-up -- */

static int64_t now_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

static void wait_until_quiet(int watch)
{
	struct pollfd pollfd = { .fd = watch, .events = POLLIN };

	while (poll(&pollfd, 1, 300) > 0)
		assert_true(watch_read(watch));
	assert_false(watch_read(watch));
}

/* The change is made by another process while we wait, as in life. */
static void assert_noticed(int watch, const char *command)
{
	struct pollfd pollfd = { .fd = watch, .events = POLLIN };
	int64_t begun;

	wait_until_quiet(watch);
	begun = now_ms();
	RUN("%s", command);
	assert_int_equal(poll(&pollfd, 1, NOTICED_MS), 1);
	assert_true(watch_read(watch));
	print_message("%s: noticed %d ms after its beginning\n", command,
		      (int)(now_ms() - begun));
	assert_true(now_ms() - begun < NOTICED_MS);
}

static void test_notices_changes(void **state)
{
	int watch = watch_open();

	(void)state;
	assert_true(watch >= 0);
	assert_noticed(watch, "ip address add 192.0.2.1/24 dev xh4a");
	assert_refused("carries the address 192.0.2.1");
	assert_noticed(watch, "ip address flush dev xh4a");
	assert_noticed(watch, "ip -6 address add 2001:db8::1 dev xh4a nodad");
	assert_noticed(watch, "ip route add 198.51.100.0/24 dev xh4a");
	assert_noticed(watch, "ip -6 route add 2001:db8:7::/64 dev xh4a");
	assert_noticed(watch, "ip link set xh4a down");
	close(watch);
}

/* A socket whose buffer ran over says so once; that is a change, too. */
static void test_overflow_is_a_change(void **state)
{
	int watch = watch_open();
	int bytes = 1;

	(void)state;
	assert_int_equal(setsockopt(watch, SOL_SOCKET, SO_RCVBUF, &bytes,
				    sizeof(bytes)),
			 0);
	wait_until_quiet(watch);
	for (int i = 0; i < 4; i++)
		RUN("ip link set xh4a down && ip link set xh4a up");
	assert_true(watch_read(watch));
	wait_until_quiet(watch);
	close(watch);
}

static int promiscuity(const char *name)
{
	char text[512] = "";
	char command[128];
	const char *found;
	FILE *pipe;

	snprintf(command, sizeof(command), "ip -d -o link show %s", name);
	pipe = popen(command, "r");
	assert_non_null(pipe);
	assert_non_null(fgets(text, sizeof(text), pipe));
	pclose(pipe);
	found = strstr(text, "promiscuity ");
	assert_non_null(found);
	return atoi(found + strlen("promiscuity "));
}

static void test_prepares_and_restores(void **state)
{
	struct interface interface;
	struct interface_setup setup;
	struct problem problem;

	(void)state;
	RUN("ip link set xh4a down");
	interface = read_interface("xh4a");
	assert_int_equal(interface_prepare(&setup, &interface, &problem), 0);
	assert_true(read_interface("xh4a").is_up);
	assert_int_equal(promiscuity("xh4a"), 1);
	interface_restore(&setup);
	assert_false(read_interface("xh4a").is_up);
	assert_int_equal(promiscuity("xh4a"), 0);
	interface_restore(&setup); /* once more does nothing */

	RUN("ip link set xh4a up");
	interface = read_interface("xh4a");
	assert_int_equal(interface_prepare(&setup, &interface, &problem), 0);
	interface_restore(&setup);
	assert_true(read_interface("xh4a").is_up);
}

/* Down before, but the host's own now: it must stay up. */
static void test_leaves_used_interfaces_up(void **state)
{
	struct interface interface;
	struct interface_setup setup;
	struct problem problem;

	(void)state;
	RUN("ip link set xh4a down");
	interface = read_interface("xh4a");
	assert_int_equal(interface_prepare(&setup, &interface, &problem), 0);
	RUN("ip address add 192.0.2.1/24 dev xh4a");
	interface_restore(&setup);
	assert_true(read_interface("xh4a").is_up);
	assert_int_equal(promiscuity("xh4a"), 0);
}

static void test_restores_what_is_gone(void **state)
{
	struct interface interface;
	struct interface_setup setup;
	struct problem problem;

	(void)state;
	RUN("ip link add xh4q type veth peer name xh4r");
	interface = read_interface("xh4q");
	assert_int_equal(interface_prepare(&setup, &interface, &problem), 0);
	RUN("ip link del xh4q");
	interface_restore(&setup);
	assert_int_equal(interface_prepare(&setup, &interface, &problem),
			 -ENODEV);
	assert_string_equal(problem.text,
			    "xh4q: no promiscuous mode: no such device");
}

#define TEST(function) \
	cmocka_unit_test_setup_teardown(function, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_reads_interfaces),
		TEST(test_counts_queues_in_use),
		TEST(test_knows_what_is_no_ethernet),
		TEST(test_finds_alternative_names),
		TEST(test_names_what_is_there),
		TEST(test_lets_unused_interfaces_pass),
		TEST(test_refuses_addresses),
		TEST(test_refuses_routes),
		TEST(test_refuses_routes_of_many_ways),
		TEST(test_refuses_masters),
		TEST(test_refuses_upper_devices),
		TEST(test_reads_pppoe_sessions),
		TEST(test_refuses_packet_sockets),
		TEST(test_looks_into_other_namespaces),
		TEST(test_notices_changes),
		TEST(test_overflow_is_a_change),
		TEST(test_prepares_and_restores),
		TEST(test_leaves_used_interfaces_up),
		TEST(test_restores_what_is_gone),
	};

	if (!enter_namespace())
		return SKIPPED;
	return cmocka_run_group_tests(tests, NULL, NULL);
}
