/* SPDX-License-Identifier: MIT */
/*
 * Judges what is attached to an interface: by a sensor of ours, dead or alive,
 * or by others. See check.h. Pure but for the findings that are added.
 */
#include "check.h"

#include <stdio.h>
#include <string.h>

const struct examined_program *subject_xdp(const struct subject *subject,
					   bool is_ours)
{
	for (uint32_t i = 0; i < subject->programs.count; i++) {
		const struct examined_program *program =
			&subject->programs.items[i];

		if (examined_is_xdp(program) && program->is_ours == is_ours)
			return program;
	}
	return NULL;
}

const struct examined_program *subject_tc(const struct subject *subject,
					  bool is_ours)
{
	for (uint32_t i = 0; i < subject->programs.count; i++) {
		const struct examined_program *program =
			&subject->programs.items[i];

		if (!examined_is_xdp(program) && program->is_ours == is_ours)
			return program;
	}
	return NULL;
}

/* It is well; beside it, a sensor of the other kind would not be. */
static void judge_known(struct findings *findings,
			const struct subject *subject)
{
	const struct check_sensor *sensor = &subject->sensor;
	bool taps = check_is_tap(sensor->mode);

	finding_fix(finding_add(findings, "sensor",
				!taps && subject->programs.has_tcx ?
					VERDICT_OK :
					VERDICT_FAIL,
				taps ? VERDICT_FAIL : VERDICT_WARN,
				"%s listens here already (process %u, %s)%s",
				sensor->name, sensor->pid,
				x0f_mode_name(sensor->mode),
				taps ? ", and takes packets away from others" :
				       ""),
		    "%s%s stop %s%s", check_sudo(subject->host),
		    typed_program(), subject->run_dir_option, sensor->name);
}

/* Of another run directory: it would attach again what is detached. */
static void judge_neighbour(struct findings *findings,
			    const struct subject *subject,
			    const struct examined_program *program)
{
	bool taps = examined_is_xdp(program);

	finding_fix(finding_add(findings, "sensor",
				!taps && subject->programs.has_tcx ?
					VERDICT_OK :
					VERDICT_FAIL,
				taps ? VERDICT_FAIL : VERDICT_WARN,
				"program %u (%s) is of a sensor in another "
				"run directory, process %u%s",
				program->id, program->name, subject->holder,
				taps ? ": it takes the packets away" :
				       ": a tap would take its packets away"),
		    "%skill %u", check_sudo(subject->host), subject->holder);
}

/* XDP goes with its sensor, so that one lives, out of sight. */
static void judge_stray(struct findings *findings,
			const struct subject *subject,
			const struct examined_program *program)
{
	bool taps = examined_is_xdp(program);

	finding_fix(finding_add(findings, "sensor",
				taps ? VERDICT_FAIL : VERDICT_WARN,
				taps ? VERDICT_FAIL : VERDICT_WARN,
				"program %u (%s) is of a sensor that is %s",
				program->id, program->name,
				taps ? "in another container, or was: it takes "
				       "the packets away" :
				       "dead, or in another container"),
		    "%s%s detach %s%s",
		    check_own_sudo(subject->host, CAPTURE_INLINE),
		    typed_program(), subject->options, subject->word);
}

static void judge_sensor(struct findings *findings,
			 const struct subject *subject)
{
	const struct examined_program *program = subject_xdp(subject, true);

	if (!program)
		program = subject_tc(subject, true);
	if (subject->sensor.name[0])
		judge_known(findings, subject);
	else if (program && subject->holder)
		judge_neighbour(findings, subject, program);
	else if (program)
		judge_stray(findings, subject, program);
}

static void judge_xdp_program(struct findings *findings,
			      const struct subject *subject)
{
	const struct examined_program *program = subject_xdp(subject, false);
	bool is_generic = program && program->hook == PROGRAM_XDP_GENERIC;
	struct finding *finding;

	if (!program)
		return;
	finding = finding_add(
		findings, "xdp program", VERDICT_WARN, VERDICT_FAIL,
		"%u (%s), %s: inline works beside it, but what it "
		"drops or sends on does not come so far; a tap "
		"needs its place",
		program->id,
		program->name[0] ? program->name : "name not readable",
		is_generic ? "generic" : "native");
	if (program->link_id)
		finding_fix(finding, "%sbpftool link detach id %u",
			    subject->prefix, program->link_id);
	else
		finding_fix(finding, "%sip link set dev %s %s off",
			    subject->prefix, subject->word,
			    is_generic ? "xdpgeneric" : "xdpdrv");
}

/* Filters of another kind at the first priority keep that from us. */
static bool comes_first(const struct subject *subject)
{
	for (uint32_t i = 0; i < subject->programs.count; i++) {
		const struct examined_program *program =
			&subject->programs.items[i];

		if (program->hook >= PROGRAM_CLSACT_IN && !program->id &&
		    program->priority == 1)
			return true;
	}
	return false;
}

static void list_tc(const struct subject *subject, char *text, size_t size)
{
	static const char *const hooks[] = {
		[PROGRAM_TCX_IN] = "tcx in",
		[PROGRAM_TCX_OUT] = "tcx out",
		[PROGRAM_CLSACT_IN] = "clsact in",
		[PROGRAM_CLSACT_OUT] = "clsact out",
	};

	for (uint32_t i = 0; i < subject->programs.count; i++) {
		const struct examined_program *program =
			&subject->programs.items[i];
		size_t len = strlen(text);

		if (examined_is_xdp(program) || program->is_ours)
			continue;
		snprintf(text + len, size - len, "%s%s: ", len ? ", " : "",
			 hooks[program->hook]);
		len = strlen(text);
		if (program->id)
			snprintf(text + len, size - len, "%u %s", program->id,
				 program->name);
		else
			snprintf(text + len, size - len, "a filter");
	}
}

static void judge_tc_programs(struct findings *findings,
			      const struct subject *subject)
{
	bool is_hidden = !subject->programs.has_tcx && comes_first(subject);
	char list[160] = "";
	struct finding *finding;

	list_tc(subject, list, sizeof(list));
	if (!list[0] && !subject->programs.knows_tcx &&
	    subject->programs.has_tcx) {
		finding_add(findings, "tc programs", VERDICT_INFO, VERDICT_INFO,
			    "those of TCX cannot be listed without the rights "
			    "above");
		return;
	}
	if (!list[0])
		return;
	finding = finding_add(findings, "tc programs",
			      is_hidden ? VERDICT_WARN : VERDICT_INFO,
			      VERDICT_INFO, "of others (%s): %s", list,
			      is_hidden ?
				      "they come before inline's, which may "
				      "miss packets; give them a higher "
				      "priority" :
				      "inline's come before them");
	if (is_hidden)
		finding_look(finding, "%stc filter show dev %s ingress",
			     subject->prefix, subject->word);
}

void judge_programs(struct findings *findings, const struct subject *subject)
{
	judge_sensor(findings, subject);
	judge_xdp_program(findings, subject);
	judge_tc_programs(findings, subject);
}
