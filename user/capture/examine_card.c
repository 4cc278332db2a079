/* SPDX-License-Identifier: MIT */
/*
 * What ethtool knows of an interface: offloads, rings, queues, and how packets
 * are spread over them. Everybody may ask. See examine.h. Called by x0f check;
 * one thread.
 */
#include "examine.h"

#include <linux/ethtool.h>
#include <linux/sockios.h>
#include <net/if.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

/* The kernel has 64 and counts on. */
#define FEATURES_MOST 256

/* No card has more of either; for what the kernel says, not for us */
#define RSS_TABLE_MOST 16384
#define RSS_KEY_MOST 512

/* struct ethtool_rxfh of kernel 6.8: the first of the reserved bytes */
#define SYMMETRIC_XOR (1u << 0)
#define SYMMETRIC_OR_XOR (1u << 1)

/* Bits of its hfunc, which the kernel's headers keep to themselves */
#define HASH_TOEPLITZ (1u << 0)
#define HASH_XOR (1u << 1)

struct question {
	int fd;
	const char *name;
};

/* command: a struct of ethtool.h, which begins with its number */
static bool ask(const struct question *question, void *command)
{
	struct ifreq request = { .ifr_data = command };

	snprintf(request.ifr_name, sizeof(request.ifr_name), "%s",
		 question->name);
	return !ioctl(question->fd, SIOCETHTOOL, &request);
}

/* ------------------------------------------------------------- features -- */

static uint32_t count_features(const struct question *question)
{
	/* the struct, and the one number that it ends with */
	uint64_t room[(sizeof(struct ethtool_sset_info) + 8) / 8] = { 0 };
	struct ethtool_sset_info *set = (struct ethtool_sset_info *)room;

	set->cmd = ETHTOOL_GSSET_INFO;
	set->sset_mask = UINT64_C(1) << ETH_SS_FEATURES;
	if (!ask(question, set) || !set->sset_mask)
		return 0;
	return set->data[0] < FEATURES_MOST ? set->data[0] : FEATURES_MOST;
}

static struct examined_feature
read_bit(const struct ethtool_get_features_block *blocks, uint32_t bit)
{
	const struct ethtool_get_features_block *block = &blocks[bit / 32];
	uint32_t mask = 1u << bit % 32;

	return (struct examined_feature){
		.is_known = true,
		.is_on = block->active & mask,
		.is_changeable = block->available & ~block->never_changed &
				 mask,
	};
}

static void read_blocks(struct examined_card *card,
			const struct ethtool_gstrings *names,
			const struct ethtool_get_features_block *blocks)
{
	for (uint32_t i = 0; i < names->len; i++) {
		const char *name = (const char *)names->data +
				   (size_t)i * ETH_GSTRING_LEN;

		if (!strncmp(name, "rx-lro", ETH_GSTRING_LEN))
			card->lro = read_bit(blocks, i);
		else if (!strncmp(name, "rx-gro-hw", ETH_GSTRING_LEN))
			card->gro_hardware = read_bit(blocks, i);
		else if (!strncmp(name, "rx-vlan-hw-parse", ETH_GSTRING_LEN))
			card->vlan_stripping = read_bit(blocks, i);
		else if (!strncmp(name, "tx-vlan-hw-insert", ETH_GSTRING_LEN))
			card->peer_tagging = read_bit(blocks, i);
	}
}

static void read_features(const struct question *question,
			  struct examined_card *card)
{
	uint32_t count = count_features(question);
	struct ethtool_gstrings *names =
		calloc(1, sizeof(*names) + FEATURES_MOST * ETH_GSTRING_LEN);
	struct ethtool_gfeatures *features = calloc(
		1, sizeof(*features) +
			   FEATURES_MOST / 32 * sizeof(features->features[0]));

	if (!names || !features || !count)
		goto out;
	*names = (struct ethtool_gstrings){ .cmd = ETHTOOL_GSTRINGS,
					    .string_set = ETH_SS_FEATURES,
					    .len = count };
	*features = (struct ethtool_gfeatures){ .cmd = ETHTOOL_GFEATURES,
						.size = (count + 31) / 32 };
	if (ask(question, names) && ask(question, features) &&
	    names->len <= count)
		read_blocks(card, names, features->features);
out:
	free(names);
	free(features);
}

/* ------------------------------------------------------------------ rss -- */

bool examine_is_symmetric_key(const uint8_t *key, uint32_t len)
{
	/* addresses and ports begin at multiples of 16 bits */
	for (uint32_t i = 2; i < len; i++)
		if (key[i] != key[i - 2])
			return false;
	return len >= 2;
}

static bool is_symmetric(const struct ethtool_rxfh *rss)
{
	const uint8_t *key = (const uint8_t *)(rss->rss_config +
					       rss->indir_size);

	if (rss->rsvd8[0] & (SYMMETRIC_XOR | SYMMETRIC_OR_XOR))
		return true;
	if (rss->hfunc & HASH_XOR)
		return true;
	return rss->hfunc & HASH_TOEPLITZ &&
	       examine_is_symmetric_key(key, rss->key_size);
}

static void read_rss(const struct question *question,
		     struct examined_card *card)
{
	struct ethtool_rxfh sizes = { .cmd = ETHTOOL_GRSSH };
	struct ethtool_rxfh *rss;

	if (!ask(question, &sizes) || sizes.indir_size > RSS_TABLE_MOST ||
	    sizes.key_size > RSS_KEY_MOST)
		return;
	rss = calloc(1, sizeof(*rss) + sizes.indir_size * sizeof(uint32_t) +
				sizes.key_size);
	if (!rss)
		return;
	rss->cmd = ETHTOOL_GRSSH;
	rss->indir_size = sizes.indir_size;
	rss->key_size = sizes.key_size;
	if (ask(question, rss) && rss->key_size == sizes.key_size &&
	    rss->indir_size == sizes.indir_size) {
		card->knows_rss = true;
		card->rss_key_bytes = rss->key_size;
		card->is_rss_symmetric = is_symmetric(rss);
	}
	free(rss);
}

/* ----------------------------------------------------------------- rest -- */

static void read_sizes(const struct question *question,
		       struct examined_card *card)
{
	struct ethtool_channels channels = { .cmd = ETHTOOL_GCHANNELS };
	struct ethtool_ringparam ring = { .cmd = ETHTOOL_GRINGPARAM };
	struct ethtool_drvinfo driver = { .cmd = ETHTOOL_GDRVINFO };

	if (ask(question, &channels)) {
		card->has_combined = channels.max_combined;
		card->queues_most = channels.max_combined ?
					    channels.max_combined :
					    channels.max_rx;
	}
	if (ask(question, &ring)) {
		card->ring = ring.rx_pending;
		card->ring_most = ring.rx_max_pending;
	}
	if (ask(question, &driver))
		snprintf(card->bus, sizeof(card->bus), "%.31s",
			 driver.bus_info);
}

void examine_card(struct examined_card *card, const struct interface *interface)
{
	struct question question = { .name = interface->name };

	memset(card, 0, sizeof(*card));
	examine_xdp(card, interface->ifindex, interface->driver);
	question.fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	if (question.fd < 0)
		return;
	read_features(&question, card);
	card->peer_tagging.is_known = false; /* that was its own */
	read_rss(&question, card);
	read_sizes(&question, card);
	close(question.fd);
}

void examine_peer(struct examined_card *card, const char *peer)
{
	struct question question = { .name = peer };
	struct examined_card other = { .bus = "" };

	question.fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	if (question.fd < 0)
		return;
	read_features(&question, &other);
	card->peer_tagging = other.peer_tagging;
	close(question.fd);
}
