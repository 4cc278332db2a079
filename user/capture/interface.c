/* SPDX-License-Identifier: MIT */
/*
 * Reads what there is to know of an interface. rtnetlink and ioctl first:
 * sysfs shows the network namespace of whoever mounted it, so its answer is
 * taken only where nobody else knows, and if it means the same device.
 */
#include "interface.h"
#include "netlink.h"

#include <dirent.h>
#include <errno.h>
#include <linux/ethtool.h>
#include <linux/if_link.h>
#include <linux/rtnetlink.h>
#include <linux/sockios.h>
#include <net/if.h>
#include <net/if_arp.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

/* linux/if.h has these and quarrels with net/if.h */
#define FLAG_LOWER_UP (1u << 16)
#define ALTERNATIVE_NAME 128

#define SYSFS_TEXT 64

/* Names that are listed when one is wrong; more do not help anybody. */
#define NAMES_SHOWN 12

static void read_xdp(struct interface *interface, struct netlink_range xdp)
{
	static const uint16_t types[] = { IFLA_XDP_PROG_ID,
					  IFLA_XDP_DRV_PROG_ID,
					  IFLA_XDP_SKB_PROG_ID,
					  IFLA_XDP_HW_PROG_ID };

	for (size_t i = 0; i < sizeof(types) / sizeof(types[0]); i++) {
		if (!interface->xdp_program)
			interface->xdp_program = netlink_u32(
				netlink_find(xdp, types[i]));
	}
}

/* ctx: struct interface */
static void read_link(void *ctx, const struct nlmsghdr *message)
{
	struct interface *interface = ctx;
	const struct ifinfomsg *info = netlink_header(message, sizeof(*info));
	struct netlink_range all = netlink_attributes(message, sizeof(*info));

	if (message->nlmsg_type != RTM_NEWLINK || !info)
		return;
	interface->ifindex = (uint32_t)info->ifi_index;
	interface->hardware = info->ifi_type;
	interface->is_up = info->ifi_flags & IFF_UP;
	interface->has_carrier = info->ifi_flags & FLAG_LOWER_UP;
	interface->is_promiscuous = info->ifi_flags & IFF_PROMISC;
	interface->is_ethernet = info->ifi_type == ARPHRD_ETHER ||
				 info->ifi_type == ARPHRD_LOOPBACK;
	interface->mtu = netlink_u32(netlink_find(all, IFLA_MTU));
	interface->queues = netlink_u32(netlink_find(all, IFLA_NUM_RX_QUEUES));
	netlink_text(netlink_find(all, IFLA_IFNAME), interface->name,
		     sizeof(interface->name));
	read_xdp(interface, netlink_find(all, IFLA_XDP));
}

/* command: a struct of ethtool.h, which begins with its number */
static bool ask_ethtool(int fd, const struct interface *interface,
			void *command)
{
	struct ifreq request = { .ifr_data = command };

	memcpy(request.ifr_name, interface->name, sizeof(interface->name));
	return !ioctl(fd, SIOCETHTOOL, &request);
}

static bool read_sysfs(const struct interface *interface, const char *file,
		       char text[SYSFS_TEXT])
{
	char path[96];
	FILE *stream;
	bool has_text;

	snprintf(path, sizeof(path), "/sys/class/net/%s/%s", interface->name,
		 file);
	stream = fopen(path, "re");
	if (!stream)
		return false;
	has_text = fgets(text, SYSFS_TEXT, stream);
	fclose(stream);
	text[strcspn(text, "\n")] = '\0';
	return has_text;
}

/* The same name and number may be another device in another namespace. */
static bool is_in_sysfs(int fd, const struct interface *interface)
{
	struct ifreq request = { .ifr_flags = 0 };
	const uint8_t *mac = (const uint8_t *)request.ifr_hwaddr.sa_data;
	char text[SYSFS_TEXT];
	char wanted[SYSFS_TEXT];

	snprintf(wanted, sizeof(wanted), "%u", interface->ifindex);
	if (!read_sysfs(interface, "ifindex", text) || strcmp(text, wanted))
		return false;
	if (!interface->is_ethernet)
		return true;
	memcpy(request.ifr_name, interface->name, sizeof(interface->name));
	if (ioctl(fd, SIOCGIFHWADDR, &request) ||
	    !read_sysfs(interface, "address", text))
		return false;
	snprintf(wanted, sizeof(wanted), "%02x:%02x:%02x:%02x:%02x:%02x",
		 mac[0], mac[1], mac[2], mac[3], mac[4], mac[5]);
	return !strcmp(text, wanted);
}

static uint32_t count_sysfs_queues(const struct interface *interface)
{
	const struct dirent *entry;
	uint32_t count = 0;
	char path[96];
	DIR *folder;

	snprintf(path, sizeof(path), "/sys/class/net/%s/queues",
		 interface->name);
	folder = opendir(path);
	if (!folder)
		return 0;
	while ((entry = readdir(folder)))
		count += !strncmp(entry->d_name, "rx-", 3);
	closedir(folder);
	return count;
}

/* rtnetlink told how many there are; fewer may be in use. */
static void read_queues(int fd, struct interface *interface)
{
	struct ethtool_channels channels = { .cmd = ETHTOOL_GCHANNELS };
	uint32_t in_use = 0;

	if (ask_ethtool(fd, interface, &channels))
		in_use = channels.combined_count + channels.rx_count;
	if (!in_use && is_in_sysfs(fd, interface))
		in_use = count_sysfs_queues(interface);
	if (in_use)
		interface->queues = in_use;
	if (!interface->queues)
		interface->queues = 1;
}

static void read_device(struct interface *interface)
{
	struct ethtool_value flags = { .cmd = ETHTOOL_GFLAGS };
	struct ethtool_drvinfo driver = { .cmd = ETHTOOL_GDRVINFO };
	/* Any family has these requests; a sandbox allows this one. */
	int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	if (fd < 0)
		return;
	if (ask_ethtool(fd, interface, &flags))
		interface->has_vlan_stripping = flags.data & ETH_FLAG_RXVLAN;
	if (ask_ethtool(fd, interface, &driver))
		snprintf(interface->driver, sizeof(interface->driver), "%.31s",
			 driver.driver);
	read_queues(fd, interface);
	close(fd);
}

/* ------------------------------------------------ which names there are -- */

struct names {
	const char *wrong;
	char text[NAMES_SHOWN * (IF_NAMESIZE + 2)];
	size_t len;
	uint32_t count;
	char nearest[IF_NAMESIZE];
	size_t distance;
};

static size_t least(size_t a, size_t b)
{
	return a < b ? a : b;
}

/* Letters to change, add or take away; both are short. */
static size_t name_distance(const char *a, const char *b)
{
	size_t row[IF_NAMESIZE + 1];
	size_t b_len = strnlen(b, IF_NAMESIZE);

	for (size_t j = 0; j <= b_len; j++)
		row[j] = j;
	for (size_t i = 0; a[i]; i++) {
		size_t corner = row[0];

		row[0] = i + 1;
		for (size_t j = 1; j <= b_len; j++) {
			size_t changed = corner + (a[i] != b[j - 1]);

			corner = row[j];
			row[j] = least(changed, least(row[j], row[j - 1]) + 1);
		}
	}
	return row[b_len];
}

/* ctx: struct names */
static void collect_name(void *ctx, const struct nlmsghdr *message)
{
	struct names *names = ctx;
	struct netlink_range all = netlink_attributes(message,
						      sizeof(struct ifinfomsg));
	char name[IF_NAMESIZE];
	size_t distance;

	if (message->nlmsg_type != RTM_NEWLINK)
		return;
	netlink_text(netlink_find(all, IFLA_IFNAME), name, sizeof(name));
	distance = name_distance(names->wrong, name);
	if (!names->nearest[0] || distance < names->distance) {
		memcpy(names->nearest, name, sizeof(name));
		names->distance = distance;
	}
	if (names->count++ < NAMES_SHOWN)
		names->len += (size_t)snprintf(names->text + names->len,
					       sizeof(names->text) - names->len,
					       "%s%s", names->len ? ", " : "",
					       name);
}

/* False: there are none, or they cannot be listed. */
static bool collect_names(struct names *names)
{
	struct ifinfomsg info = { .ifi_family = AF_UNSPEC };
	struct netlink_request request;

	netlink_begin(&request, RTM_GETLINK, NLM_F_DUMP, &info, sizeof(info));
	return !netlink_ask(&request, collect_name, names) && names->count;
}

/* Half of the letters may be wrong, else it is another name. */
static bool has_near_name(const struct names *names)
{
	return names->distance * 2 <= strlen(names->wrong);
}

void interface_suggest(const char *wrong, char name[16])
{
	struct names names = { .wrong = wrong };

	_Static_assert(sizeof(names.nearest) == 16, "a name's room");
	name[0] = '\0';
	if (collect_names(&names) && has_near_name(&names))
		memcpy(name, names.nearest, sizeof(names.nearest));
}

static int refuse_name(const char *name, struct problem *problem)
{
	struct names names = { .wrong = name };
	bool has_hint;

	if (!collect_names(&names))
		return problem_set(problem, -ENODEV,
				   "%s: no such network interface", name);
	has_hint = has_near_name(&names);
	return problem_set(problem, -ENODEV,
			   "%s: no such network interface (there %s %s%s)%s%s%s",
			   name, names.count == 1 ? "is" : "are", names.text,
			   names.count > NAMES_SHOWN ? " ..." : "",
			   has_hint ? ", did you mean " : "",
			   has_hint ? names.nearest : "", has_hint ? "?" : "");
}

/* ---------------------------------------------------------------- calls -- */

int interface_read_index(struct interface *interface, uint32_t ifindex)
{
	struct ifinfomsg info = { .ifi_family = AF_UNSPEC,
				  .ifi_index = (int)ifindex };
	uint32_t mask = RTEXT_FILTER_SKIP_STATS;
	struct netlink_request request;
	int ret;

	memset(interface, 0, sizeof(*interface));
	netlink_begin(&request, RTM_GETLINK, 0, &info, sizeof(info));
	netlink_add(&request, IFLA_EXT_MASK, &mask, sizeof(mask));
	ret = netlink_ask(&request, read_link, interface);
	if (!ret && interface->ifindex != ifindex)
		ret = -ENODEV;
	if (!ret)
		read_device(interface);
	return ret;
}

int interface_read(struct interface *interface, const char *name,
		   struct problem *problem)
{
	struct ifinfomsg info = { .ifi_family = AF_UNSPEC };
	uint32_t mask = RTEXT_FILTER_SKIP_STATS;
	struct netlink_request request;
	size_t len = strlen(name);
	int ret;

	memset(interface, 0, sizeof(*interface));
	if (!len || len >= ALTERNATIVE_NAME)
		return refuse_name(name, problem);
	netlink_begin(&request, RTM_GETLINK, 0, &info, sizeof(info));
	netlink_add(&request, len < IF_NAMESIZE ? IFLA_IFNAME : IFLA_ALT_IFNAME,
		    name, len + 1);
	netlink_add(&request, IFLA_EXT_MASK, &mask, sizeof(mask));
	ret = netlink_ask(&request, read_link, interface);
	if (ret == -ENODEV || (!ret && !interface->ifindex))
		return refuse_name(name, problem);
	if (ret)
		return problem_set(problem, ret, "%s: cannot be read: %s", name,
				   problem_errno(ret));
	read_device(interface);
	return 0;
}

uint32_t interface_index(const char *name)
{
	return if_nametoindex(name);
}
