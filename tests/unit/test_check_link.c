/* SPDX-License-Identifier: MIT */
/*
 * What x0f check reads of links that not every kernel has, from messages as
 * the kernel sends them: bonds and VLANs, dumps that tell things twice, and
 * damaged ones.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <linux/if_link.h>
#include <linux/rtnetlink.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

#include "../../user/capture/examine.h"
#include "../../user/capture/netlink.h"

enum { OWN = 3 };

/* Attributes within an attribute */
struct nest {
	struct netlink_request request;
};

static void begin_nest(struct nest *nest)
{
	netlink_begin(&nest->request, 0, 0, NULL, 0);
}

static void add_nest(struct netlink_request *to, uint16_t type,
		     const struct nest *nest)
{
	netlink_add(to, type, nest->request.body,
		    nest->request.header.nlmsg_len - NLMSG_HDRLEN);
}

static void begin_link(struct netlink_request *link, int ifindex,
		       const char *name)
{
	struct ifinfomsg info = { .ifi_family = AF_UNSPEC,
				  .ifi_index = ifindex };

	netlink_begin(link, RTM_NEWLINK, 0, &info, sizeof(info));
	netlink_add(link, IFLA_IFNAME, name, strlen(name) + 1);
}

static void add_number(struct netlink_request *link, uint16_t type,
		       uint32_t number)
{
	netlink_add(link, type, &number, sizeof(number));
}

static void add_kind(struct netlink_request *link, uint16_t type,
		     const char *kind)
{
	struct nest info;

	begin_nest(&info);
	netlink_add(&info.request, type, kind, strlen(kind) + 1);
	add_nest(link, IFLA_LINKINFO, &info);
}

static void show(struct examined_link *link,
		 const struct netlink_request *request)
{
	examine_link_visit(link, &request->header);
}

static void test_vlan(void **state)
{
	struct examined_link link = { .ifindex = OWN };
	struct netlink_request request;
	struct nest info, data;
	uint16_t number = 7;

	(void)state;
	begin_nest(&data);
	netlink_add(&data.request, IFLA_VLAN_ID, &number, sizeof(number));
	begin_nest(&info);
	netlink_add(&info.request, IFLA_INFO_KIND, "vlan", 5);
	add_nest(&info.request, IFLA_INFO_DATA, &data);
	begin_link(&request, OWN, "eth0.7");
	add_number(&request, IFLA_LINK, 2);
	add_nest(&request, IFLA_LINKINFO, &info);
	show(&link, &request);
	assert_string_equal(link.kind, "vlan");
	assert_int_equal(link.vlan, 7);
	assert_int_equal(link.lower, 2);
	/* a number of another namespace is none of ours */
	add_number(&request, IFLA_LINK_NETNSID, 0);
	show(&link, &request);
	assert_int_equal(link.lower, 0);
	assert_true(link.lower_is_elsewhere);
}

static void test_bond(void **state)
{
	struct examined_link link = { .ifindex = OWN };
	struct netlink_request request;

	(void)state;
	begin_link(&request, OWN, "bond0");
	add_kind(&request, IFLA_INFO_KIND, "bond");
	show(&link, &request);
	/* eth1 comes twice, and is part of the name of eth10 */
	for (int i = 0; i < 4; i++) {
		static const char *const names[] = { "eth10", "eth1", "eth1",
						     "h1" };

		begin_link(&request, 10 + i, names[i]);
		add_number(&request, IFLA_MASTER, OWN);
		show(&link, &request);
	}
	assert_string_equal(link.kind, "bond");
	assert_string_equal(link.members.text, "eth10 eth1 h1");
	assert_string_equal(link.members.first, "eth10");
	assert_int_equal(link.members.count, 3);
	assert_int_equal(link.uppers.count, 0);
}

static void test_member(void **state)
{
	struct examined_link link = { .ifindex = OWN };
	struct netlink_request request;

	(void)state;
	begin_link(&request, OWN, "eth1");
	add_number(&request, IFLA_MASTER, 9);
	add_number(&request, IFLA_PROMISCUITY, 2);
	add_kind(&request, IFLA_INFO_SLAVE_KIND, "bond");
	show(&link, &request);
	assert_int_equal(link.master, 9);
	assert_int_equal(link.promiscuity, 2);
	assert_string_equal(link.port_kind, "bond");
	assert_string_equal(link.kind, "");
}

static void test_uppers(void **state)
{
	struct examined_link link = { .ifindex = OWN };
	struct netlink_request request;

	(void)state;
	begin_link(&request, 4, "eth1.7");
	add_number(&request, IFLA_LINK, OWN);
	add_kind(&request, IFLA_INFO_KIND, "vlan");
	show(&link, &request);
	/* it sends something else, with those packets inside */
	begin_link(&request, 6, "gre1");
	add_number(&request, IFLA_LINK, OWN);
	add_kind(&request, IFLA_INFO_KIND, "gre");
	show(&link, &request);
	/* the other end of a pair stands on nothing */
	begin_link(&request, 5, "veth0");
	add_number(&request, IFLA_LINK, OWN);
	add_kind(&request, IFLA_INFO_KIND, "veth");
	show(&link, &request);
	assert_string_equal(link.uppers.text, "eth1.7");
	assert_string_equal(link.tunnels.text, "gre1");
}

/* A host may have a thousand VLANs. */
static void test_many(void **state)
{
	struct examined_link link = { .ifindex = OWN };
	struct netlink_request request;
	char name[24];

	(void)state;
	for (int i = 0; i < 1000; i++) {
		snprintf(name, sizeof(name), "eth100000.%d", i);
		begin_link(&request, 100 + i, name);
		add_number(&request, IFLA_MASTER, OWN);
		show(&link, &request);
	}
	assert_true(strlen(link.members.text) < sizeof(link.members.text));
	assert_true(link.members.count >= 8);
}

static void test_damage(void **state)
{
	struct netlink_request request;
	uint32_t whole;

	(void)state;
	begin_link(&request, OWN, "eth1");
	add_number(&request, IFLA_MASTER, 9);
	add_kind(&request, IFLA_INFO_KIND, "vlan");
	whole = request.header.nlmsg_len;
	for (uint32_t len = NLMSG_HDRLEN; len <= whole; len++) {
		struct examined_link link = { .ifindex = OWN };

		request.header.nlmsg_len = len;
		show(&link, &request);
		assert_int_equal(link.members.count, 0);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_vlan),   cmocka_unit_test(test_bond),
		cmocka_unit_test(test_member), cmocka_unit_test(test_uppers),
		cmocka_unit_test(test_many),   cmocka_unit_test(test_damage),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
