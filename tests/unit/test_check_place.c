/* SPDX-License-Identifier: MIT */
/*
 * Which mode x0f check recommends and what it makes of where an interface
 * stands, on made-up hosts. What is here, tests/live/test_check.py looks at.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "check_scene.h"

#define CAN 280 /* ARPHRD_CAN */

/* ---------------------------------------------------------------- modes -- */

static void test_mirror_port(void **state)
{
	struct scene scene = make_scene();

	(void)state;
	judge(&scene);
	assert_int_equal(scene.report.recommended, CAPTURE_TAP);
	assert_int_equal(scene.worst, VERDICT_OK);
	assert_string_equal(scene.report.command,
			    "x0f live --capture tap eth1");
	assert_non_null(strstr(find(&scene, "xdp")->text, "zero-copy"));
	assert_non_null(
		strstr(find(&scene, "kind")->text, "ixgbe at 0000:01:00.0"));
}

static void test_server(void **state)
{
	struct scene scene = make_scene();

	(void)state;
	use(&scene);
	scene.subject.card.lro.is_on = true;
	scene.subject.card.vlan_stripping.is_on = true;
	scene.subject.card.ring = 64;
	scene.subject.interface.mtu = 9000;
	scene.subject.interface.queues = 300;
	scene.host.has_af_xdp = false;
	judge(&scene);
	assert_int_equal(scene.report.recommended, CAPTURE_INLINE);
	assert_int_equal(scene.worst, VERDICT_OK);
	assert_string_equal(scene.report.command, "x0f live eth1");
	assert_string_equal(
		scene.report.reason,
		"the host uses it: it carries the address 192.0.2.1");
	assert_finding(&scene, "lro, gro-hw", VERDICT_INFO, "");
	assert_finding(&scene, "vlan stripping", VERDICT_INFO, "");
	assert_finding(&scene, "AF_XDP", VERDICT_INFO, "");
	assert_finding(&scene, "card's ring", VERDICT_INFO, "");
}

static void test_workers(void **state)
{
	struct scene scene = make_scene();

	(void)state;
	scene.host.cpus = 2;
	judge(&scene);
	assert_string_equal(scene.report.command,
			    "x0f live --capture tap --workers 2 eth1");
	/* eight are the most by themselves */
	scene.host.cpus = 8;
	scene.subject.interface.queues = 64;
	judge(&scene);
	assert_string_equal(scene.report.command,
			    "x0f live --capture tap eth1");
}

static void test_no_af_xdp(void **state)
{
	struct scene scene = make_scene();

	(void)state;
	scene.host.has_af_xdp = false;
	judge(&scene);
	assert_int_equal(scene.report.recommended, CAPTURE_INLINE);
	assert_int_equal(scene.worst, VERDICT_WARN);
	assert_finding(&scene, "AF_XDP", VERDICT_WARN, "");
	assert_non_null(strstr(scene.report.reason, "tap is not possible"));
	/* a card's filter lets nothing through that is for others */
	assert_finding(&scene, "promiscuity", VERDICT_WARN,
		       "ip link set dev eth1 promisc on");
	scene.subject.link.promiscuity = 1;
	judge(&scene);
	assert_finding(&scene, "promiscuity", VERDICT_OK, "");
}

static void test_no_frames(void **state)
{
	struct scene scene = make_scene();

	(void)state;
	scene.subject.interface.hardware = CAN;
	scene.subject.interface.is_ethernet = false;
	judge(&scene);
	assert_int_equal(scene.worst, VERDICT_FAIL);
	assert_string_equal(scene.report.command, "");
	assert_non_null(scene.report.obstacles[CAPTURE_INLINE]);
	assert_non_null(scene.report.obstacles[CAPTURE_TAP]);
	assert_finding(&scene, "frames", VERDICT_FAIL, "ip -br link");
}

static void test_bond(void **state)
{
	struct scene scene = make_scene();

	(void)state;
	set(scene.subject.link.kind, "bond");
	set(scene.subject.link.members.text, "eth1 eth2");
	set(scene.subject.link.members.first, "eth1");
	scene.subject.link.members.count = 2;
	judge(&scene);
	assert_int_equal(scene.report.recommended, CAPTURE_INLINE);
	assert_int_equal(scene.worst, VERDICT_OK);
	assert_non_null(strstr(find(&scene, "kind")->text,
			       "bond of eth1 eth2: inline on it sees"));
	assert_non_null(strstr(find(&scene, "kind")->text, "generic mode"));
}

static void test_member_of_a_bond(void **state)
{
	struct scene scene = make_scene();

	(void)state;
	scene.subject.guard = -EADDRINUSE;
	set(scene.subject.guard_reason, "belongs to bond bond0");
	set(scene.subject.link.port_kind, "bond");
	set(scene.subject.link.master_name, "bond0");
	scene.subject.link.master = 9;
	judge(&scene);
	assert_int_equal(scene.report.recommended, CAPTURE_INLINE);
	assert_finding(&scene, "kind", VERDICT_WARN, "x0f live bond0");
}

static void test_vlans(void **state)
{
	struct scene scene = make_scene();

	(void)state;
	set(scene.subject.link.kind, "vlan");
	set(scene.subject.link.lower_name, "eth0");
	scene.subject.link.lower = 2;
	scene.subject.link.vlan = 7;
	judge(&scene);
	assert_int_equal(scene.report.recommended, CAPTURE_INLINE);
	assert_int_equal(scene.worst, VERDICT_OK);
	assert_string_equal(find(&scene, "kind")->text,
			    "VLAN 7 on eth0: sees its own packets, without "
			    "the tag; eth0 sees all, with tags");

	scene = make_scene();
	scene.subject.guard = -EADDRINUSE;
	set(scene.subject.guard_reason, "carries vlan eth1.7");
	set(scene.subject.link.uppers.text, "eth1.7 eth1.8");
	scene.subject.link.uppers.count = 2;
	judge(&scene);
	assert_int_equal(scene.report.recommended, CAPTURE_INLINE);
	assert_string_equal(find(&scene, "carries")->text,
			    "eth1.7 eth1.8: their packets are seen here, VLANs "
			    "with tags");
	scene.subject.link.uppers.count = 0;
	set(scene.subject.link.tunnels.text, "vx0");
	scene.subject.link.tunnels.count = 1;
	judge(&scene);
	assert_non_null(strstr(find(&scene, "carries")->text,
			       "vx0: here only what their packets are wrapped "
			       "in is seen"));
}

/* ------------------------------------------------------------- programs -- */

static void test_tcx_of_others(void **state)
{
	struct scene scene = make_scene();

	(void)state;
	put_program(&scene, PROGRAM_TCX_IN, 12, "cil_from_host");
	judge(&scene);
	/* a container's network may hang on it */
	assert_int_equal(scene.report.recommended, CAPTURE_INLINE);
	assert_null(scene.report.obstacles[CAPTURE_TAP]);
	assert_finding(&scene, "tc programs", VERDICT_INFO, "");
	assert_non_null(strstr(find(&scene, "tc programs")->text,
			       "tcx in: 12 cil_from_host"));
}

static void test_filters_before_ours(void **state)
{
	struct scene scene = make_scene();

	(void)state;
	use(&scene);
	put_program(&scene, PROGRAM_CLSACT_IN, 0, "");
	scene.subject.programs.items[0].priority = 1;
	judge(&scene);
	assert_finding(&scene, "tc programs", VERDICT_INFO, "");
	scene.subject.programs.has_tcx = false;
	judge(&scene);
	assert_finding(&scene, "tc programs", VERDICT_WARN,
		       "tc filter show dev eth1 ingress");
	scene.subject.programs.items[0].priority = 2;
	judge(&scene);
	assert_finding(&scene, "tc programs", VERDICT_INFO, "");
}

/* Without TCX there is room for one. */
static void test_second_sensor(void **state)
{
	struct scene scene = make_scene();

	(void)state;
	use(&scene);
	put_program(&scene, PROGRAM_CLSACT_IN, 5, "x0f_in");
	scene.subject.programs.has_tcx = false;
	scene.subject.holder = 4711;
	judge(&scene);
	assert_int_equal(scene.worst, VERDICT_FAIL);
	assert_finding(&scene, "sensor", VERDICT_FAIL, "kill 4711");
	assert_string_equal(scene.report.command, "");
	/* one that we know of is no failure: it works */
	set(scene.subject.sensor.name, "eth1");
	scene.subject.sensor.mode = X0F_MODE_INLINE_CLSACT;
	judge(&scene);
	assert_finding(&scene, "sensor", VERDICT_OK, "x0f stop eth1");
	assert_int_equal(scene.worst, VERDICT_OK);
	assert_string_equal(scene.report.command, "x0f status eth1");
	assert_non_null(scene.report.obstacles[CAPTURE_INLINE]);
}

/* It takes away what inline would see. */
static void test_tap_of_another_folder(void **state)
{
	struct scene scene = make_scene();

	(void)state;
	put_program(&scene, PROGRAM_XDP_NATIVE, 5, "x0f_ingress");
	scene.subject.holder = 4711;
	judge(&scene);
	assert_int_equal(scene.worst, VERDICT_FAIL);
	assert_finding(&scene, "sensor", VERDICT_FAIL, "kill 4711");
	assert_non_null(strstr(find(&scene, "sensor")->text,
			       "it takes the packets away"));
	assert_non_null(scene.report.obstacles[CAPTURE_INLINE]);
	/* whose process cannot be seen */
	scene.subject.holder = 0;
	judge(&scene);
	assert_finding(&scene, "sensor", VERDICT_FAIL, "x0f detach eth1");
	/* inline is nobody's harm */
	scene = make_scene();
	use(&scene);
	put_program(&scene, PROGRAM_TCX_IN, 5, "x0f_in");
	scene.subject.holder = 4711;
	judge(&scene);
	assert_int_equal(scene.worst, VERDICT_OK);
	assert_string_equal(scene.report.command, "x0f live eth1");
}

/* A card that has only just been plugged in looks like a mirror port. */
static void test_link_local(void **state)
{
	struct scene scene = make_scene();

	(void)state;
	scene.subject.link.has_link_local = true;
	judge(&scene);
	assert_int_equal(scene.report.recommended, CAPTURE_INLINE);
	assert_int_equal(scene.worst, VERDICT_OK);
	assert_finding(&scene, "use", VERDICT_OK,
		       "x0f live --capture tap eth1");
	assert_non_null(strstr(scene.report.reason, "wait for an address"));
	scene.subject.link.promiscuity = 1;
	judge(&scene);
	assert_int_equal(scene.report.recommended, CAPTURE_TAP);
	assert_non_null(strstr(find(&scene, "use")->text,
			       "only a link-local address, no route"));
	scene.subject.link.promiscuity = 0;
	set(scene.subject.link.kind, "veth");
	judge(&scene);
	assert_int_equal(scene.report.recommended, CAPTURE_TAP);
}

static void test_tun_that_nobody_has_open(void **state)
{
	struct scene scene = make_scene();

	(void)state;
	set(scene.subject.link.kind, "tun");
	scene.subject.interface.has_carrier = false;
	judge(&scene);
	assert_finding(&scene, "link", VERDICT_WARN,
		       "ip -d tuntap show dev eth1");
	assert_true(find(&scene, "link")->only_looks);
	assert_null(strstr(find(&scene, "link")->text, "plugged"));
}

/* Neither an array nor a text runs over. */
static void test_many_programs(void **state)
{
	struct scene scene = make_scene();

	(void)state;
	put_program(&scene, PROGRAM_XDP_NATIVE, 1, "fifteen_letters");
	while (scene.subject.programs.count < EXAMINED_PROGRAMS)
		put_program(&scene, PROGRAM_CLSACT_OUT, UINT32_MAX,
			    "fifteen_letters");
	judge(&scene);
	assert_finding(&scene, "xdp program", VERDICT_WARN,
		       "ip link set dev eth1 xdpdrv off");
	scene.subject.programs.items[0].link_id = 77;
	judge(&scene);
	assert_finding(&scene, "xdp program", VERDICT_WARN,
		       "bpftool link detach id 77");
}

static void test_missing(void **state)
{
	static const char *const odd[] = { "-x", "", "a b", "$(x)",
					   "longerthanfifteen" };
	struct scene scene = make_scene();

	(void)state;
	scene.subject.host = &scene.host;
	report_missing(&scene.report, "eth9", "there is none", "",
		       &scene.subject);
	assert_int_equal(report_end(&scene.host_findings, &scene.report, 1),
			 VERDICT_FAIL);
	assert_string_equal(scene.report.findings.items[0].fix,
			    "x0f live --wait-interface eth9");
	for (size_t i = 0; i < sizeof(odd) / sizeof(odd[0]); i++) {
		report_missing(&scene.report, odd[i], "", "", &scene.subject);
		assert_string_equal(scene.report.findings.items[0].fix,
				    "ip -br link");
	}
	/* to wait for a typing error is no cure */
	report_missing(&scene.report, "eht0", "", "eth0", &scene.subject);
	assert_string_equal(scene.report.findings.items[0].fix,
			    "x0f check eth0");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_mirror_port),
		cmocka_unit_test(test_server),
		cmocka_unit_test(test_workers),
		cmocka_unit_test(test_no_af_xdp),
		cmocka_unit_test(test_no_frames),
		cmocka_unit_test(test_bond),
		cmocka_unit_test(test_member_of_a_bond),
		cmocka_unit_test(test_vlans),
		cmocka_unit_test(test_tcx_of_others),
		cmocka_unit_test(test_filters_before_ours),
		cmocka_unit_test(test_second_sensor),
		cmocka_unit_test(test_tap_of_another_folder),
		cmocka_unit_test(test_link_local),
		cmocka_unit_test(test_tun_that_nobody_has_open),
		cmocka_unit_test(test_many_programs),
		cmocka_unit_test(test_missing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
