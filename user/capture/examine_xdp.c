/* SPDX-License-Identifier: MIT */
/*
 * What a driver can do with XDP: as the kernel says from 6.3 on, by generic
 * netlink, else as is known of the driver. See examine.h. Called by x0f check;
 * one thread.
 */
#include "examine.h"
#include "netlink.h"

#include <linux/genetlink.h>
#include <stdio.h>
#include <string.h>

/* include/uapi/linux/netdev.h of kernel 6.3 */
#define FAMILY "netdev"
#define DEVICE_GET 1
#define DEVICE_IFINDEX 1
#define DEVICE_XDP_FEATURES 3
#define XDP_BASIC (1u << 0)
#define XDP_REDIRECT (1u << 1)
#define XDP_ZERO_COPY (1u << 3)

struct answer {
	bool is_there;
	uint64_t value;
};

/*
 * Drivers as ethtool -i calls them, in kernel 6.1, which is Debian 12's; what
 * came with later kernels, these say themselves.
 */
static const struct driver {
	const char *name;
	bool has_zero_copy;
} drivers[] = {
	{ "atlantic", false },
	{ "bnxt_en", false },
	{ "ena", false },
	{ "fsl_dpa", false },
	{ "fsl_dpaa2_eth", false },
	{ "fsl_enetc", false },
	{ "hv_netvsc", false },
	{ "i40e", true },
	{ "ice", true },
	{ "igb", false },
	{ "igc", true },
	{ "ixgbe", true },
	{ "ixgbevf", false },
	{ "mana", false },
	{ "mlx4_en", false },
	{ "mlx5_core", true },
	{ "mvneta", false },
	{ "mvpp2", false },
	{ "nfp", true },
	{ "nicvf", false },
	{ "qede", false },
	{ "sfc", false },
	{ "st_gmac", true },
	{ "tun", false },
	{ "veth", false },
	{ "vif", false },
	{ "virtio_net", false },
};

/* ctx: struct answer */
static void visit_family(void *ctx, const struct nlmsghdr *message)
{
	struct answer *answer = ctx;
	struct netlink_range id = netlink_find(
		netlink_attributes(message, sizeof(struct genlmsghdr)),
		CTRL_ATTR_FAMILY_ID);
	uint16_t number;

	if (!id.p || id.end - id.p < (ptrdiff_t)sizeof(number))
		return;
	memcpy(&number, id.p, sizeof(number));
	answer->value = number;
	answer->is_there = true;
}

/* ctx: struct answer */
static void visit_device(void *ctx, const struct nlmsghdr *message)
{
	struct answer *answer = ctx;
	struct netlink_range features = netlink_find(
		netlink_attributes(message, sizeof(struct genlmsghdr)),
		DEVICE_XDP_FEATURES);

	if (!features.p ||
	    features.end - features.p < (ptrdiff_t)sizeof(answer->value))
		return;
	memcpy(&answer->value, features.p, sizeof(answer->value));
	answer->is_there = true;
}

static bool ask_family(uint16_t *family)
{
	struct genlmsghdr header = { .cmd = CTRL_CMD_GETFAMILY, .version = 1 };
	struct answer answer = { .is_there = false };
	struct netlink_request request;

	netlink_begin(&request, GENL_ID_CTRL, 0, &header, sizeof(header));
	request.protocol = NETLINK_GENERIC;
	netlink_add(&request, CTRL_ATTR_FAMILY_NAME, FAMILY, sizeof(FAMILY));
	if (netlink_ask(&request, visit_family, &answer) || !answer.is_there)
		return false;
	*family = (uint16_t)answer.value;
	return true;
}

static bool ask_kernel(uint32_t ifindex, uint64_t *features)
{
	struct genlmsghdr header = { .cmd = DEVICE_GET, .version = 1 };
	struct answer answer = { .is_there = false };
	struct netlink_request request;
	uint16_t family;

	if (!ask_family(&family))
		return false;
	netlink_begin(&request, family, 0, &header, sizeof(header));
	request.protocol = NETLINK_GENERIC;
	netlink_add(&request, DEVICE_IFINDEX, &ifindex, sizeof(ifindex));
	if (netlink_ask(&request, visit_device, &answer) || !answer.is_there)
		return false;
	*features = answer.value;
	return true;
}

static const struct driver *find_driver(const char *name)
{
	for (size_t i = 0; i < sizeof(drivers) / sizeof(drivers[0]); i++)
		if (!strcmp(drivers[i].name, name))
			return &drivers[i];
	return NULL;
}

void examine_xdp(struct examined_card *card, uint32_t ifindex, const char *name)
{
	const struct driver *driver = find_driver(name);
	uint64_t features;

	if (ifindex && ask_kernel(ifindex, &features)) {
		card->knows_xdp = true;
		card->has_native_xdp = features & XDP_BASIC &&
				       features & XDP_REDIRECT;
		card->has_zero_copy = features & XDP_ZERO_COPY;
	} else if (driver) {
		card->has_native_xdp = true;
		card->has_zero_copy = driver->has_zero_copy;
	}
}
