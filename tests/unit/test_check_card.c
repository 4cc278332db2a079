/* SPDX-License-Identifier: MIT */
/*
 * What x0f check makes of cards, drivers and kernels that are not here. See
 * test_check_place.c.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "check_scene.h"

/* ----------------------------------------------------------------- card -- */

static void test_offloads(void **state)
{
	struct scene scene = make_scene();
	struct examined_card *card = &scene.subject.card;

	(void)state;
	card->lro = feature(true, true);
	judge(&scene);
	assert_finding(&scene, "lro, gro-hw", VERDICT_WARN,
		       "ethtool -K eth1 lro off");
	card->gro_hardware = feature(true, true);
	judge(&scene);
	assert_finding(&scene, "lro, gro-hw", VERDICT_WARN,
		       "ethtool -K eth1 lro off rx-gro-hw off");
	card->lro = feature(true, false);
	card->gro_hardware = feature(true, false);
	judge(&scene);
	assert_finding(&scene, "lro, gro-hw", VERDICT_WARN, "x0f live eth1");
	assert_int_equal(scene.worst, VERDICT_WARN);
}

static void test_vlan_stripping(void **state)
{
	struct scene scene = make_scene();

	(void)state;
	scene.subject.card.vlan_stripping = feature(true, true);
	judge(&scene);
	assert_finding(&scene, "vlan stripping", VERDICT_WARN,
		       "ethtool -K eth1 rxvlan off");
	scene.subject.card.vlan_stripping = feature(true, false);
	judge(&scene);
	assert_finding(&scene, "vlan stripping", VERDICT_WARN, "x0f live eth1");
	/* where the features could not be read, the flag may have been */
	scene.subject.card.vlan_stripping.is_known = false;
	scene.subject.interface.has_vlan_stripping = true;
	judge(&scene);
	assert_finding(&scene, "vlan stripping", VERDICT_WARN,
		       "ethtool -K eth1 rxvlan off");
}

static void test_tags_of_a_pair(void **state)
{
	struct scene scene = make_scene();
	struct examined_card *card = &scene.subject.card;

	(void)state;
	set(scene.subject.link.kind, "veth");
	set(scene.subject.link.lower_name, "peer0");
	card->vlan_stripping = feature(true, true); /* says nothing here */
	card->peer_tagging = feature(true, true);
	judge(&scene);
	assert_finding(&scene, "vlan tags", VERDICT_OK,
		       "ethtool -K peer0 txvlan off");
	card->peer_tagging = feature(false, true);
	judge(&scene);
	assert_finding(&scene, "vlan tags", VERDICT_OK, "");
	card->peer_tagging = (struct examined_feature){ .is_on = false };
	scene.subject.link.lower_name[0] = '\0';
	scene.subject.link.lower_is_elsewhere = true;
	judge(&scene);
	assert_finding(&scene, "vlan tags", VERDICT_INFO, "");
}

static void test_rss(void **state)
{
	struct scene scene = make_scene();
	const struct finding *finding;

	(void)state;
	judge(&scene);
	assert_finding(&scene, "rss", VERDICT_OK, "");
	/* the tracker is shared by all workers: no reason to warn */
	scene.subject.card.is_rss_symmetric = false;
	judge(&scene);
	finding = find(&scene, "rss");
	assert_int_equal(finding->verdict, VERDICT_INFO);
	assert_int_equal(scene.worst, VERDICT_OK);
	assert_memory_equal(finding->fix,
			    "ethtool -X eth1 equal 4 hkey 6d:5a:6d:5a:", 41);
	assert_int_equal(strlen(strstr(finding->fix, "6d")), 40 * 3 - 1);
	/* the key of this card is fixed */
	scene.subject.card.rss_key_bytes = 0;
	judge(&scene);
	assert_finding(&scene, "rss", VERDICT_INFO, "");
	/* longer than any that we know: no command that is cut off */
	scene.subject.card.rss_key_bytes = 200;
	judge(&scene);
	assert_finding(&scene, "rss", VERDICT_INFO, "");
}

static void test_symmetric_keys(void **state)
{
	uint8_t key[40];

	(void)state;
	for (uint32_t i = 0; i < sizeof(key); i++)
		key[i] = i % 2 ? 0x5a : 0x6d;
	assert_true(examine_is_symmetric_key(key, sizeof(key)));
	key[39] = 0;
	assert_false(examine_is_symmetric_key(key, sizeof(key)));
	assert_false(examine_is_symmetric_key(key, 1));
	assert_false(examine_is_symmetric_key(key, 0));
}

static void test_ring(void **state)
{
	struct scene scene = make_scene();
	struct examined_card *card = &scene.subject.card;

	(void)state;
	card->ring = 512;
	judge(&scene);
	assert_finding(&scene, "card's ring", VERDICT_WARN,
		       "ethtool -G eth1 rx 2048");
	card->ring_most = 512; /* all that it has */
	judge(&scene);
	assert_finding(&scene, "card's ring", VERDICT_OK, "");
}

static void test_queues(void **state)
{
	struct scene scene = make_scene();

	(void)state;
	scene.subject.interface.queues = 300;
	judge(&scene);
	assert_int_equal(scene.report.recommended, CAPTURE_INLINE);
	assert_finding(&scene, "queues", VERDICT_WARN,
		       "ethtool -L eth1 combined 16");
	scene.subject.interface.queues = 1;
	scene.subject.card.has_combined = false;
	scene.subject.card.queues_most = 8;
	judge(&scene);
	assert_finding(&scene, "queues", VERDICT_OK, "ethtool -L eth1 rx 8");
}

static void test_mtu(void **state)
{
	struct scene scene = make_scene();

	(void)state;
	scene.subject.interface.mtu = 1770;
	judge(&scene);
	assert_finding(&scene, "mtu", VERDICT_OK, "");
	/* SYNs are shorter */
	scene.subject.interface.mtu = 3000;
	judge(&scene);
	assert_finding(&scene, "mtu", VERDICT_INFO, "");
	scene.subject.interface.mtu = 9000;
	judge(&scene);
	assert_finding(&scene, "mtu", VERDICT_WARN,
		       "ip link set dev eth1 mtu 3000");
	/* it is generic in any case */
	scene.subject.card.has_native_xdp = false;
	judge(&scene);
	assert_finding(&scene, "mtu", VERDICT_INFO, "");
}

static void test_memlock(void **state)
{
	struct scene scene = make_scene();

	(void)state;
	scene.host.rights &= ~(UINT64_C(1) << CAP_IPC_LOCK |
			       UINT64_C(1) << CAP_SYS_RESOURCE);
	scene.host.memlock_bytes = 32 << 20; /* 4 queues of 4096 frames */
	judge(&scene);
	assert_finding(&scene, "memlock", VERDICT_OK, "");
	scene.host.memlock_bytes--;
	judge(&scene);
	assert_finding(&scene, "memlock", VERDICT_WARN,
		       "prlimit --memlock=unlimited --pid $$");
	assert_int_equal(scene.report.recommended, CAPTURE_INLINE);
}

static void test_drivers(void **state)
{
	struct examined_card card = { .knows_xdp = false };

	(void)state;
	examine_xdp(&card, 0, "ixgbe");
	assert_true(card.has_native_xdp && card.has_zero_copy);
	card = (struct examined_card){ .knows_xdp = false };
	examine_xdp(&card, 0, "ena");
	assert_true(card.has_native_xdp && !card.has_zero_copy);
	card = (struct examined_card){ .knows_xdp = false };
	examine_xdp(&card, 0, "e1000e");
	assert_false(card.has_native_xdp);
}

/* ----------------------------------------------------------------- host -- */

static void test_kernels(void **state)
{
	struct scene scene = make_scene();

	(void)state;
	scene.host.major = 5;
	scene.host.minor = 17;
	judge(&scene);
	/* it may have what it takes: only the trial tells */
	assert_int_equal(scene.worst, VERDICT_WARN);
	assert_finding(&scene, "kernel", VERDICT_WARN, NEW_KERNEL);
	scene.host.load_error = -EINVAL;
	judge(&scene);
	assert_finding(&scene, "bpf", VERDICT_FAIL, NEW_KERNEL);
	scene.host.is_debian = false;
	judge(&scene);
	assert_finding(&scene, "bpf", VERDICT_FAIL, "");
	assert_finding(&scene, "kernel", VERDICT_WARN, "");
	scene.host.load_error = 0;
	scene.host.minor = 18;
	judge(&scene);
	assert_finding(&scene, "kernel", VERDICT_OK, "");
	assert_non_null(strstr(find(&scene, "kernel")->text, "clsact"));
	scene.host.major = 6;
	scene.host.minor = 6;
	judge(&scene);
	assert_null(strstr(find(&scene, "kernel")->text, "clsact"));
}

static void test_settings(void **state)
{
	struct scene scene = make_scene();

	(void)state;
	scene.host.is_root = false;
	scene.host.jit = 0;
	scene.host.unprivileged = 0;
	scene.host.memory_kib = 50 << 10;
	judge(&scene);
	assert_finding(&scene, "bpf jit", VERDICT_WARN,
		       "sudo sysctl -w net.core.bpf_jit_enable=1");
	assert_finding(&scene, "unprivileged", VERDICT_INFO,
		       "sudo sysctl -w kernel.unprivileged_bpf_disabled=2");
	assert_finding(&scene, "memory", VERDICT_WARN,
		       "x0f live --ring 1024 --header-ring 64 eth1");
}

static void test_root_without_rights(void **state)
{
	struct scene scene = make_scene();

	(void)state;
	scene.host.rights = 0;
	scene.host.load_error = -EPERM;
	judge(&scene);
	assert_finding(&scene, "rights", VERDICT_FAIL, "sudo lsns -t net");
	assert_true(find(&scene, "rights")->only_looks);
	assert_finding(&scene, "bpf", VERDICT_INFO, "");
	assert_int_equal(scene.report.recommended, CAPTURE_TAP);
	assert_string_equal(scene.report.command, "");
	scene.host.rights = UINT64_MAX;
	judge(&scene);
	assert_finding(&scene, "bpf", VERDICT_FAIL, "sudo lsns -t net");
	assert_true(find(&scene, "bpf")->only_looks);
	/* new enough: another kernel is no cure */
	scene.host.load_error = -ENOSYS;
	judge(&scene);
	assert_finding(&scene, "bpf", VERDICT_FAIL, "");
}

static uint64_t all_but(int right)
{
	return ~(UINT64_C(1) << right);
}

static void test_missing_rights(void **state)
{
	struct scene scene = make_scene();

	(void)state;
	/* root becomes --user, others stay who they are */
	scene.host.rights = all_but(CAP_SETUID);
	judge(&scene);
	assert_finding(&scene, "rights", VERDICT_FAIL, "sudo lsns -t net");
	assert_non_null(strstr(find(&scene, "rights")->text, ": CAP_SETUID;"));
	scene.host.rights = all_but(CAP_SETGID);
	judge(&scene);
	assert_int_equal(scene.worst, VERDICT_FAIL);
	scene.host.is_root = false;
	judge(&scene);
	assert_finding(&scene, "rights", VERDICT_OK, "");
	/* it has what x0f needs */
	assert_string_equal(scene.report.command,
			    "x0f live --capture tap eth1");
	scene.host.rights = all_but(CAP_PERFMON) & all_but(CAP_SYS_ADMIN);
	judge(&scene);
	assert_finding(&scene, "rights", VERDICT_FAIL, "sudo x0f check eth1");
	/* a tap's alone */
	scene.host.rights = all_but(CAP_NET_RAW);
	scene.host.is_root = true;
	use(&scene);
	judge(&scene);
	assert_finding(&scene, "rights", VERDICT_OK, "");
	assert_string_equal(
		find(&scene, "rights")->text,
		"all that inline needs; a tap also needs CAP_NET_RAW");
}

/* Who has root by sudo will type the next command as himself. */
static void test_commands_to_type(void **state)
{
	struct scene scene = make_scene();

	(void)state;
	use(&scene);
	setenv("SUDO_UID", "1000", 1);
	typed_begin("/nowhere/a b/x0f");
	judge(&scene);
	assert_string_equal(scene.report.command,
			    "sudo '/nowhere/a b/x0f' live eth1");
	strcpy(typed_name, PROGRAM);
	typed_begin("x0f");
	unsetenv("SUDO_UID");
	judge(&scene);
	assert_string_equal(scene.report.command, "x0f live eth1");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_offloads),
		cmocka_unit_test(test_vlan_stripping),
		cmocka_unit_test(test_tags_of_a_pair),
		cmocka_unit_test(test_rss),
		cmocka_unit_test(test_symmetric_keys),
		cmocka_unit_test(test_ring),
		cmocka_unit_test(test_queues),
		cmocka_unit_test(test_mtu),
		cmocka_unit_test(test_memlock),
		cmocka_unit_test(test_drivers),
		cmocka_unit_test(test_kernels),
		cmocka_unit_test(test_settings),
		cmocka_unit_test(test_root_without_rights),
		cmocka_unit_test(test_missing_rights),
		cmocka_unit_test(test_commands_to_type),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
