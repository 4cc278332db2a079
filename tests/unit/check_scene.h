/* SPDX-License-Identifier: MIT */
/*
 * For tests of what x0f check makes of hosts and cards that are not here: they
 * are made up, as the judging asks nobody. Include behind cmocka.h.
 */
#ifndef X0F_TESTS_CHECK_SCENE_H
#define X0F_TESTS_CHECK_SCENE_H

#include <errno.h>
#include <linux/capability.h>
#include <linux/if_arp.h>
#include <stdlib.h>
#include <string.h>

#include "../../user/cli/check_card.c"
#include "../../user/cli/check_host.c"
#include "../../user/cli/check_place.c"
#include "../../user/cli/check_programs.c"
#include "../../user/cli/check_report.c"
#include "../../user/cli/typed.c"

#define NEW_KERNEL "apt-get install linux-image-$(dpkg --print-architecture)"

/* A host where all is well, a mirror port, and what comes of both. */
struct scene {
	struct examined_host host;
	struct subject subject;
	struct findings host_findings;
	struct report report;
	enum verdict worst;
};

static inline void set(char *field, const char *text)
{
	strcpy(field, text);
}

static inline struct examined_feature feature(bool is_on, bool is_changeable)
{
	return (struct examined_feature){ true, is_on, is_changeable };
}

static inline struct scene make_scene(void)
{
	struct scene scene = {
		.host = { .is_root = true,
			  .major = 6,
			  .minor = 12,
			  .cpus = 16,
			  .rights = UINT64_MAX,
			  .is_debian = true,
			  .has_af_xdp = true,
			  .jit = 1,
			  .unprivileged = 2,
			  .memlock_bytes = UINT64_MAX,
			  .memory_kib = 1 << 20 },
	};
	struct subject *subject = &scene.subject;

	unsetenv("SUDO_UID"); /* of who runs the tests */
	set(scene.host.release, "6.12.0");
	subject->interface = (struct interface){ .ifindex = 3,
						 .mtu = 1500,
						 .queues = 4,
						 .hardware = ARPHRD_ETHER,
						 .is_up = true,
						 .has_carrier = true,
						 .is_ethernet = true };
	set(subject->interface.name, "eth1");
	set(subject->interface.driver, "ixgbe");
	set(subject->word, "eth1");
	subject->card = (struct examined_card){
		.ring = 2048,
		.ring_most = 4096,
		.queues_most = 16,
		.has_combined = true,
		.knows_rss = true,
		.is_rss_symmetric = true,
		.rss_key_bytes = 40,
		.knows_xdp = true,
		.has_native_xdp = true,
		.has_zero_copy = true,
		.lro = feature(false, true),
		.gro_hardware = feature(false, true),
		.vlan_stripping = feature(false, true),
	};
	set(subject->card.bus, "0000:01:00.0");
	subject->programs.has_tcx = true;
	subject->programs.knows_tcx = true;
	return scene;
}

static inline void judge(struct scene *scene)
{
	scene->subject.host = &scene->host;
	scene->host_findings.count = 0;
	judge_host(&scene->host_findings, &scene->host, "eth1");
	report_fill(&scene->report, &scene->subject, &scene->host_findings);
	scene->worst = report_end(&scene->host_findings, &scene->report, 1);
}

static inline const struct finding *find(const struct scene *scene,
					 const char *name)
{
	const struct findings *all[] = { &scene->host_findings,
					 &scene->report.findings };

	for (int i = 0; i < 2; i++)
		for (uint32_t j = 0; j < all[i]->count; j++)
			if (!strcmp(all[i]->items[j].name, name))
				return &all[i]->items[j];
	fail_msg("nothing was found about %s", name);
	return NULL;
}

static inline void assert_finding(const struct scene *scene, const char *name,
				  enum verdict verdict, const char *fix)
{
	const struct finding *finding = find(scene, name);

	if (finding->verdict != verdict)
		fail_msg("%s is %d: %s", name, (int)finding->verdict,
			 finding->text);
	assert_string_equal(finding->fix, fix);
}

/* Used by the host: inline, and what only a tap minds does not matter. */
static inline void use(struct scene *scene)
{
	scene->subject.guard = -EADDRINUSE;
	set(scene->subject.guard_reason, "carries the address 192.0.2.1");
}

static inline void put_program(struct scene *scene, enum program_hook hook,
			       uint32_t id, const char *name)
{
	struct examined_programs *programs = &scene->subject.programs;
	struct examined_program *program = &programs->items[programs->count++];

	*program = (struct examined_program){ .hook = hook, .id = id };
	set(program->name, name);
	program->is_ours = !strncmp(name, "x0f_", 4);
}

#endif
