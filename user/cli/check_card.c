/* SPDX-License-Identifier: MIT */
/*
 * Judges what a card does with packets before x0f sees them: XDP, MTU,
 * offloads, queues, memory. Most of it matters for a tap only. See check.h.
 * Pure but for the findings that are added.
 */
#include "check.h"

#include "../capture/xsk.h"

#include <linux/capability.h>
#include <linux/if_arp.h>
#include <stdio.h>
#include <string.h>

/* An Ethernet header and two VLAN tags, on top of the MTU */
#define LINK_HEADER_BYTES 22

/* Above, drivers begin to refuse native XDP: what fits into 3 KiB of a page. */
#define MTU_MOST 3000

/* Fewer descriptors are less than 0.1 ms of 10 Gbit/s. */
#define RING_LEAST 1024
/* More are more than the frames of a queue, which zero-copy puts there. */
#define RING_MOST 2048

/* Pairs of bytes that a symmetric key repeats; Woo and Park, 2012 */
#define KEY_PAIR "6d:5a"
#define KEY_SHOWN 52

static void judge_xdp(struct findings *findings, const struct subject *subject)
{
	const struct examined_card *card = &subject->card;
	const char *driver = subject->interface.driver;
	const char *source = card->knows_xdp ? "" :
					       ", going by the driver's name";

	if (!driver[0])
		driver = "unknown";
	if (card->has_zero_copy)
		finding_add(findings, "xdp", VERDICT_INFO, VERDICT_OK,
			    "native, AF_XDP zero-copy (driver %s%s)", driver,
			    source);
	else if (card->has_native_xdp)
		finding_add(findings, "xdp", VERDICT_INFO, VERDICT_OK,
			    "native, AF_XDP copies: no zero-copy in driver "
			    "%s%s",
			    driver, source);
	else
		finding_add(findings, "xdp", VERDICT_INFO, VERDICT_INFO,
			    "generic only, driver %s%s: a tap works, more "
			    "slowly",
			    driver,
			    card->knows_xdp ? " has no native XDP" :
					      " is not known for native XDP");
}

static void judge_mtu(struct findings *findings, const struct subject *subject)
{
	uint32_t mtu = subject->interface.mtu;

	if (mtu + LINK_HEADER_BYTES <= XSK_MOST_BYTES)
		finding_add(findings, "mtu", VERDICT_INFO, VERDICT_OK,
			    "%u: frames fit into AF_XDP's %u bytes", mtu,
			    XSK_MOST_BYTES);
	else if (mtu <= MTU_MOST || !subject->card.has_native_xdp)
		finding_add(findings, "mtu", VERDICT_INFO, VERDICT_INFO,
			    "%u: a tap takes frames of up to %u bytes, those "
			    "that it wants have 60 to 100",
			    mtu, XSK_MOST_BYTES);
	else
		finding_fix(finding_add(findings, "mtu", VERDICT_INFO,
					VERDICT_WARN,
					"%u: many drivers refuse native XDP "
					"above some %u, and a tap is generic "
					"then, which is slower",
					mtu, MTU_MOST),
			    "%sip link set dev %s mtu %u", subject->prefix,
			    subject->word, MTU_MOST);
}

/*
 * Nothing is stripped there: what counts is whether its other end has left
 * tags outside of the bytes, as it does with those of VLANs that stand on it.
 */
static void judge_pair_tags(struct findings *findings,
			    const struct subject *subject)
{
	const struct examined_feature *tagging = &subject->card.peer_tagging;
	const char *peer = subject->link.lower_name;
	struct finding *finding;
	char word[CHECK_WORD];

	if (tagging->is_known && !tagging->is_on) {
		finding_add(findings, "vlan tags", VERDICT_INFO, VERDICT_OK,
			    "reach a tap: txvlan is off at %s", peer);
		return;
	}
	finding = finding_add(findings, "vlan tags", VERDICT_INFO, VERDICT_OK,
			      "those in a frame's bytes reach a tap; those of "
			      "VLANs that stand on %s do not while txvlan is "
			      "on there",
			      peer[0] ? peer : "its other end");
	typed_quote(word, sizeof(word), peer);
	if (peer[0] && tagging->is_changeable)
		finding_fix(finding, "%sethtool -K %s txvlan off",
			    subject->prefix, word);
}

/* For what nothing mends but the other mode. */
static void go_inline(struct finding *finding, const struct subject *subject)
{
	finding_fix(finding, "%s%s live %s%s",
		    check_own_sudo(subject->host, CAPTURE_INLINE),
		    typed_program(), subject->options, subject->word);
}

static void judge_vlan(struct findings *findings, const struct subject *subject)
{
	const struct examined_feature *vlan = &subject->card.vlan_stripping;
	bool is_on = vlan->is_known ? vlan->is_on :
				      subject->interface.has_vlan_stripping;
	struct finding *finding;

	if (!strcmp(subject->link.kind, "veth")) {
		judge_pair_tags(findings, subject);
		return;
	}
	if (!is_on) {
		finding_add(findings, "vlan stripping", VERDICT_INFO,
			    VERDICT_OK, "off: tags reach a tap");
		return;
	}
	finding = finding_add(
		findings, "vlan stripping", VERDICT_INFO, VERDICT_WARN,
		"on%s: XDP does not see the tags, so a tap cannot "
		"report them; inline does",
		vlan->is_known && !vlan->is_changeable ? " and fixed" : "");
	if (vlan->is_known && !vlan->is_changeable)
		go_inline(finding, subject);
	else
		finding_fix(finding, "%sethtool -K %s rxvlan off",
			    subject->prefix, subject->word);
}

/* Both make one packet of several, which native XDP cannot have. */
static void judge_merging(struct findings *findings,
			  const struct subject *subject)
{
	const struct examined_card *card = &subject->card;
	bool has_lro = card->lro.is_on;
	bool has_gro = card->gro_hardware.is_on;
	bool can_lro = has_lro && card->lro.is_changeable;
	bool can_gro = has_gro && card->gro_hardware.is_changeable;
	struct finding *finding;

	if (!has_lro && !has_gro) {
		finding_add(findings, "lro, gro-hw", VERDICT_INFO, VERDICT_OK,
			    "off");
		return;
	}
	finding = finding_add(findings, "lro, gro-hw", VERDICT_INFO,
			      VERDICT_WARN,
			      "%s%s%s on: many drivers refuse native XDP then; "
			      "SYNs are never merged, so inline does not mind",
			      has_lro ? "LRO" : "",
			      has_lro && has_gro ? " and " : "",
			      has_gro ? "GRO by the card" : "");
	if (can_lro || can_gro)
		finding_fix(finding, "%sethtool -K %s%s%s", subject->prefix,
			    subject->word, can_lro ? " lro off" : "",
			    can_gro ? " rx-gro-hw off" : "");
	else
		go_inline(finding, subject);
}

static void judge_promiscuity(struct findings *findings,
			      const struct subject *subject)
{
	const struct interface *interface = &subject->interface;
	bool needs_it = subject_is_mirror(subject) && !subject->link.kind[0];

	if (interface->hardware == ARPHRD_LOOPBACK || !interface->is_ethernet)
		return;
	if (interface->is_promiscuous || subject->link.promiscuity)
		finding_add(findings, "promiscuity", VERDICT_OK, VERDICT_OK,
			    "on: packets for other machines come in, too");
	else if (needs_it)
		finding_fix(finding_add(findings, "promiscuity", VERDICT_WARN,
					VERDICT_OK,
					"off: inline sees only what is sent to "
					"this card's address; a tap sets it "
					"for its time"),
			    "%sip link set dev %s promisc on", subject->prefix,
			    subject->word);
	else
		finding_add(findings, "promiscuity", VERDICT_INFO, VERDICT_OK,
			    "off: inline sees the host's own packets; a tap "
			    "sets it for its time");
}

/* --------------------------------------------------------------- queues -- */

static void judge_queues(struct findings *findings,
			 const struct subject *subject)
{
	const struct examined_card *card = &subject->card;
	uint32_t queues = subject->interface.queues;
	uint32_t cpus = subject->host->cpus;
	const char *word = card->has_combined ? "combined" : "rx";
	struct finding *finding;

	if (queues > CAPTURE_MOST_SOURCES) {
		finding_fix(finding_add(findings, "queues", VERDICT_INFO,
					VERDICT_FAIL,
					"%u for receiving, a sensor taps at "
					"most %u",
					queues, CAPTURE_MOST_SOURCES),
			    "%sethtool -L %s %s %u", subject->prefix,
			    subject->word, word, cpus);
		return;
	}
	finding = finding_add(findings, "queues", VERDICT_INFO, VERDICT_OK,
			      "%u for receiving, %u CPU%s: %s", queues, cpus,
			      cpus == 1 ? "" : "s",
			      queues > 1 ? "a tap's workers share them" :
			      card->queues_most > 1 && cpus > 1 ?
					   "one worker of a tap does it; more "
					   "queues spread it over CPUs" :
					   "one worker does it");
	if (queues == 1 && card->queues_most > 1 && cpus > 1)
		finding_fix(finding, "%sethtool -L %s %s %u", subject->prefix,
			    subject->word, word,
			    card->queues_most < cpus ? card->queues_most :
						       cpus);
}

/* "6d:5a:6d:5a …", as long as the card's */
static void make_key(char *text, size_t size, uint32_t bytes)
{
	size_t len = 0;

	text[0] = '\0';
	for (uint32_t i = 0; i < bytes && len + 4 < size; i++)
		len += (size_t)snprintf(text + len, size - len, "%s%.2s",
					i ? ":" : "", &KEY_PAIR[i % 2 ? 3 : 0]);
}

/*
 * Workers share one tracker, so it is nothing that both directions of a
 * connection have different ones. But their batches are not in order: a
 * SYN+ACK may be looked at before its SYN, and then lacks what that says.
 */
static void judge_rss(struct findings *findings, const struct subject *subject)
{
	const struct examined_card *card = &subject->card;
	uint32_t queues = subject->interface.queues;
	char key[3 * KEY_SHOWN + 4];
	struct finding *finding;

	if (queues < 2 || !card->knows_rss)
		return;
	if (card->is_rss_symmetric) {
		finding_add(findings, "rss", VERDICT_INFO, VERDICT_OK,
			    "symmetric: both directions of a connection come "
			    "to one queue");
		return;
	}
	finding =
		finding_add(findings, "rss", VERDICT_INFO, VERDICT_INFO,
			    "not symmetric: SYN and SYN+ACK may have "
			    "different workers, which share what they know; "
			    "costs a tap now and then a SYN+ACK that counts as "
			    "lone because it overtook its SYN");
	make_key(key, sizeof(key), card->rss_key_bytes);
	if (key[0] && card->rss_key_bytes <= KEY_SHOWN)
		finding_fix(finding, "%sethtool -X %s equal %u hkey %s",
			    subject->prefix, subject->word, queues, key);
}

static void judge_ring(struct findings *findings, const struct subject *subject)
{
	const struct examined_card *card = &subject->card;
	uint32_t wanted = card->ring_most < RING_MOST ? card->ring_most :
							RING_MOST;

	if (!card->ring)
		return;
	if (card->ring >= RING_LEAST || card->ring >= wanted) {
		finding_add(findings, "card's ring", VERDICT_INFO, VERDICT_OK,
			    "%u of %u descriptors per queue", card->ring,
			    card->ring_most);
		return;
	}
	finding_fix(finding_add(findings, "card's ring", VERDICT_INFO,
				VERDICT_WARN,
				"%u of %u descriptors per queue: bursts at "
				"line rate are lost in the card",
				card->ring, card->ring_most),
		    "%sethtool -G %s rx %u", subject->prefix, subject->word,
		    wanted);
}

static void judge_memlock(struct findings *findings,
			  const struct subject *subject)
{
	const struct examined_host *host = subject->host;
	uint64_t each = (uint64_t)subject->interface.queues * XSK_CHUNK_BYTES;
	uint64_t frames = capture_default_frames(subject->interface.queues);

	if (examined_right(host, CAP_IPC_LOCK) ||
	    examined_right(host, CAP_SYS_RESOURCE) ||
	    host->memlock_bytes >= frames * each) {
		finding_add(findings, "memlock", VERDICT_INFO, VERDICT_OK,
			    "enough: a tap locks %llu MiB here",
			    (unsigned long long)(frames * each) >> 20);
		return;
	}
	finding_fix(finding_add(findings, "memlock", VERDICT_INFO, VERDICT_FAIL,
				"limit %llu KiB, a tap locks %llu here; a "
				"service has LimitMEMLOCK=infinity",
				(unsigned long long)host->memlock_bytes >> 10,
				(unsigned long long)(frames * each) >> 10),
		    "%sprlimit --memlock=unlimited --pid $$", check_sudo(host));
}

void judge_card(struct findings *findings, const struct subject *subject)
{
	judge_xdp(findings, subject);
	judge_mtu(findings, subject);
	judge_vlan(findings, subject);
	judge_merging(findings, subject);
	judge_promiscuity(findings, subject);
	judge_queues(findings, subject);
	judge_rss(findings, subject);
	judge_ring(findings, subject);
	judge_memlock(findings, subject);
}
