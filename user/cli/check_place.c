/* SPDX-License-Identifier: MIT */
/*
 * Judges where an interface stands: what it is and whether another is the
 * better place, whether it is up, who uses it. See check.h. Pure but for the
 * findings that are added.
 */
#include "check.h"

#include "../capture/host.h"

#include <errno.h>
#include <linux/if_arp.h>
#include <stdio.h>
#include <string.h>

static bool is_kind(const struct subject *subject, const char *kind)
{
	return !strcmp(subject->link.kind, kind);
}

static bool is_loopback(const struct subject *subject)
{
	return subject->interface.hardware == ARPHRD_LOOPBACK;
}

/*
 * An interface of hardware gets its link-local address when it is brought up,
 * and may get another by DHCP any time; as a mirror port it would be
 * promiscuous. To be slower than it could harms less than to take a host's
 * connections away.
 */
bool subject_may_wait(const struct subject *subject)
{
	return subject->link.has_link_local && is_kind(subject, "") &&
	       !subject->link.promiscuity && !subject->interface.is_promiscuous;
}

/*
 * The guard finds no use where a container's network hangs on TC programs, and
 * none of a pair whose other end is somewhere else.
 */
bool subject_is_mirror(const struct subject *subject)
{
	if (subject_may_wait(subject))
		return false;
	return !subject->guard && subject->interface.is_ethernet &&
	       !is_loopback(subject) && !subject->link.lower_is_elsewhere &&
	       !subject_tc(subject, false) &&
	       (is_kind(subject, "") || is_kind(subject, "veth") ||
		is_kind(subject, "tun"));
}

/* ----------------------------------------------------------------- kind -- */

static void judge_bridge(struct findings *findings,
			 const struct subject *subject)
{
	const struct examined_names *ports = &subject->link.members;
	bool is_idle = !subject->guard && ports->count;
	struct finding *finding;
	char word[CHECK_WORD];

	finding = finding_add(
		findings, "kind", is_idle ? VERDICT_WARN : VERDICT_INFO,
		is_idle ? VERDICT_WARN : VERDICT_INFO,
		"bridge with %u port%s%s%s: it sees what the host "
		"itself sends and gets, not what passes from port "
		"to port; each port sees its own",
		ports->count, ports->count == 1 ? "" : "s",
		ports->count ? ", " : "", ports->text);
	/* odd names need quotes: then the first will do */
	typed_quote(word, sizeof(word), ports->first);
	if (ports->count)
		finding_fix(finding, "%s%s live %s%s",
			    check_own_sudo(subject->host, CAPTURE_INLINE),
			    typed_program(), subject->options,
			    typed_is_plain(ports->text, true) ? ports->text :
								word);
}

/* Native XDP runs for a member, and the socket is the bond's; see tap.c. */
static void judge_bond(struct findings *findings, const struct subject *subject)
{
	const struct examined_names *members = &subject->link.members;

	finding_add(findings, "kind", VERDICT_INFO, VERDICT_WARN,
		    "%s of %s: inline on it sees what all of them get and "
		    "send; a tap on it works in generic mode, which is slower",
		    subject->link.kind,
		    members->count ? members->text : "no interface");
}

static void judge_port(struct findings *findings, const struct subject *subject)
{
	const char *master = subject->link.master_name;
	char word[CHECK_WORD];

	typed_quote(word, sizeof(word), master);
	if (!strcmp(subject->link.port_kind, "bridge")) {
		finding_add(findings, "kind", VERDICT_INFO, VERDICT_INFO,
			    "port of bridge %s: sees all that passes this "
			    "port, in both directions",
			    master);
		return;
	}
	finding_fix(finding_add(findings, "kind", VERDICT_WARN, VERDICT_WARN,
				"member of %s %s: sees its share only, perhaps "
				"one direction of a connection; %s sees all",
				subject->link.port_kind[0] ?
					subject->link.port_kind :
					"interface",
				master, master),
		    "%s%s live %s%s",
		    check_own_sudo(subject->host, CAPTURE_INLINE),
		    typed_program(), subject->options, word);
}

/* On top of another interface, of which it sees a part */
static void judge_upper(struct findings *findings,
			const struct subject *subject)
{
	const struct examined_link *link = &subject->link;
	const char *lower = link->lower_name[0] ? link->lower_name :
						  "the one below";
	char what[48];

	if (link->vlan)
		snprintf(what, sizeof(what), "VLAN %u on", link->vlan);
	else
		snprintf(what, sizeof(what), "%s on", link->kind);
	finding_add(findings, "kind", VERDICT_INFO, VERDICT_INFO,
		    "%s %s%s: sees its own packets%s; %s sees all%s", what,
		    lower,
		    link->lower_is_elsewhere ? " of another network namespace" :
					       "",
		    link->vlan ? ", without the tag" : "", lower,
		    link->vlan ? ", with tags" : "");
}

static void judge_pair(struct findings *findings, const struct subject *subject)
{
	const struct examined_link *link = &subject->link;

	finding_add(findings, "kind", VERDICT_INFO, VERDICT_INFO,
		    "%s pair, its other end is %s%s", link->kind,
		    link->lower_is_elsewhere ? "in another network namespace" :
					       link->lower_name,
		    link->lower_is_elsewhere ?
			    ", a container's perhaps: the host's uplink sees "
			    "what all of them send outside; if only copies of "
			    "packets come in here, a tap is faster" :
			    "");
}

static void judge_rest(struct findings *findings, const struct subject *subject)
{
	const struct examined_link *link = &subject->link;
	const struct interface *interface = &subject->interface;

	if (is_loopback(subject))
		finding_add(findings, "kind", VERDICT_INFO, VERDICT_INFO,
			    "loopback: inline sees every packet twice, as it "
			    "leaves and as it comes in");
	else if (!link->kind[0])
		finding_add(findings, "kind", VERDICT_INFO, VERDICT_INFO,
			    "network card, driver %s%s%s",
			    interface->driver[0] ? interface->driver :
						   "not known",
			    subject->card.bus[0] ? " at " : "",
			    subject->card.bus);
	else if (interface->is_ethernet)
		finding_add(findings, "kind", VERDICT_INFO, VERDICT_INFO,
			    "%s, with Ethernet frames", link->kind);
	else
		finding_add(findings, "kind", VERDICT_INFO, VERDICT_INFO,
			    "%s, without Ethernet frames: sees what is inside "
			    "of a tunnel, not what carries it",
			    link->kind);
}

static void judge_kind(struct findings *findings, const struct subject *subject)
{
	if (is_kind(subject, "bridge"))
		judge_bridge(findings, subject);
	else if (is_kind(subject, "bond") || is_kind(subject, "team"))
		judge_bond(findings, subject);
	else if (subject->link.master)
		judge_port(findings, subject);
	else if (is_kind(subject, "veth") || is_kind(subject, "netkit"))
		judge_pair(findings, subject);
	else if (examined_is_part(subject->link.kind))
		judge_upper(findings, subject);
	else
		judge_rest(findings, subject);
	if (subject->link.uppers.count)
		finding_add(findings, "carries", VERDICT_INFO, VERDICT_INFO,
			    "%s: their packets are seen here, VLANs with tags",
			    subject->link.uppers.text);
	if (subject->link.tunnels.count)
		finding_add(findings, "carries", VERDICT_INFO, VERDICT_INFO,
			    "%s: here only what their packets are wrapped in "
			    "is seen; listen there for what is inside",
			    subject->link.tunnels.text);
}

/* ---------------------------------------------------------- what it takes -- */

static void judge_frames(struct findings *findings,
			 const struct subject *subject)
{
	const struct interface *interface = &subject->interface;

	if (interface->is_ethernet) /* nothing to say of what is usual */
		return;
	if (host_begins_with_ip(interface->hardware)) {
		finding_add(findings, "frames", VERDICT_OK, VERDICT_FAIL,
			    "begin with IP, which inline takes; a tap needs "
			    "Ethernet");
		return;
	}
	finding_look(finding_add(findings, "frames", VERDICT_FAIL, VERDICT_FAIL,
				 "link type %u: packets begin with neither "
				 "Ethernet nor IP; choose another interface",
				 interface->hardware),
		     "%sip -br link", subject->prefix);
}

static void judge_link(struct findings *findings, const struct subject *subject)
{
	const struct interface *interface = &subject->interface;
	struct finding *finding;
	char peer[CHECK_WORD];

	if (!interface->is_up) {
		finding_fix(finding_add(findings, "link", VERDICT_WARN,
					VERDICT_OK,
					"down: nothing comes in before it is "
					"up; a tap does that itself"),
			    "%sip link set dev %s up", subject->prefix,
			    subject->word);
		return;
	}
	if (interface->has_carrier) {
		finding_add(findings, "link", VERDICT_OK, VERDICT_OK,
			    "up, with carrier");
		return;
	}
	if (is_kind(subject, "tun")) {
		finding_look(finding_add(findings, "link", VERDICT_WARN,
					 VERDICT_WARN,
					 "up, but without carrier: no process "
					 "has it open"),
			     "%sip -d tuntap show dev %s", subject->prefix,
			     subject->word);
		return;
	}
	finding = finding_add(findings, "link", VERDICT_WARN, VERDICT_WARN,
			      "up, but without carrier: its other end, or what "
			      "it stands on, is down%s",
			      subject->link.kind[0] ? "" :
						      " or not plugged in");
	typed_quote(peer, sizeof(peer), subject->link.lower_name);
	if (subject->link.lower_name[0])
		finding_fix(finding, "%sip link set dev %s up", subject->prefix,
			    peer);
	else
		finding_look(finding, "%sethtool %s", subject->prefix,
			     subject->word);
}

static void judge_waiting(struct findings *findings,
			  const struct subject *subject)
{
	finding_fix(finding_add(findings, "use", VERDICT_OK, VERDICT_OK,
				"only a link-local address: perhaps the host "
				"still waits for another, by DHCP say, and a "
				"tap would take its packets away; if this is a "
				"mirror port, a tap is faster"),
		    "%s%s live %s%s--capture tap %s",
		    check_own_sudo(subject->host, CAPTURE_TAP), typed_program(),
		    subject->options, subject->name_option, subject->word);
}

/* Who uses it */
static void judge_use(struct findings *findings, const struct subject *subject)
{
	if (is_loopback(subject))
		finding_add(findings, "use", VERDICT_OK, VERDICT_FAIL,
			    "the host's own connections: a tap would take them "
			    "away");
	else if (subject->guard == -EADDRINUSE)
		finding_add(findings, "use", VERDICT_OK, VERDICT_FAIL,
			    "in use: it %s, a tap would take packets "
			    "away",
			    subject->guard_reason);
	else if (subject->guard)
		finding_add(findings, "use", VERDICT_OK, VERDICT_FAIL,
			    "not known (%s), so no tap", subject->guard_reason);
	else if (subject_tc(subject, false))
		finding_add(findings, "use", VERDICT_OK, VERDICT_WARN,
			    "TC programs work here, as in a container's "
			    "network: a tap would take packets away from them");
	else if (subject_may_wait(subject))
		judge_waiting(findings, subject);
	else
		finding_add(findings, "use", VERDICT_OK, VERDICT_OK,
			    "%s, no route, master or VLAN of the host is here",
			    subject->link.has_link_local ?
				    "only a link-local address" :
				    "no address");
}

void judge_place(struct findings *findings, const struct subject *subject)
{
	judge_kind(findings, subject);
	judge_frames(findings, subject);
	judge_link(findings, subject);
	judge_use(findings, subject);
}
