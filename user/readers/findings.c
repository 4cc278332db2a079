/* SPDX-License-Identifier: MIT */
/*
 * Which events a packet gives. Called by replay for every packet of a file,
 * and by the printer of a sensor for every record. See findings.h.
 */
#include "findings.h"

/* A SYN or SYN+ACK: what it says of the system, then of the link. */
static void report_handshake(const struct finding *finding, struct event *event,
			     event_sink sink, void *ctx)
{
	event->verdict = finding->verdict;
	event->label = finding->label;
	event->link = finding->link;
	event->from_server = finding->obs->kind == X0F_KIND_SYNACK;
	event->kind = event->from_server ? EVENT_SYNACK : EVENT_SYN;
	sink(ctx, event);
	/* A tool's MSS is the tool's choice, not the link's. */
	if (finding->obs->mtu && !(finding->verdict->flags & X0F_APPLICATION)) {
		event->kind = EVENT_MTU;
		sink(ctx, event);
	}
	event->verdict = NULL;
	event->label = NULL;
	event->link = NULL;
}

void findings_report(const struct finding *finding, event_sink sink, void *ctx)
{
	struct event event = {
		.time_ns = finding->time_ns,
		.packet = finding->packet,
		.file = finding->file,
		.interface = finding->interface,
		.obs = finding->obs,
		.track = finding->track->flags,
	};

	if (finding->verdict)
		report_handshake(finding, &event, sink, ctx);
	if (finding->track->flags & X0F_TRACK_UPTIME) {
		event.kind = EVENT_UPTIME;
		event.uptime = &finding->track->uptime;
		event.from_server = finding->track->uptime.from_server;
		sink(ctx, &event);
	}
}
