/* SPDX-License-Identifier: MIT */
/*
 * x0f db check: whether a signature database is in order. What p0f would
 * refuse is an error; lines that can never be the answer are warnings, found
 * by trials (trial.h).
 */
#include "command.h"
#include "database.h"
#include "dbfile.h"
#include "destination.h"
#include "hint.h"
#include "message.h"
#include "trial.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

/* MTUs that a database may name are 16 bits */
#define LARGEST_MTU 65535

static struct destination destination;

struct check {
	const char *path;
	struct dbfile file;
	struct x0f_db *db;
	uint32_t policy;
	uint32_t warnings;
};

static void print_stats(struct output *out, const struct check *check)
{
	struct x0f_db_stats stats = { .sz = sizeof(stats) };

	x0f_db_stats(check->db, &stats);
	output_escaped(out, check->path, true);
	output_text(out, ": ok, ");
	output_number(out, stats.labels);
	output_text(out, " labels; signatures: ");
	output_number(out, stats.syn_sigs);
	output_text(out, " syn, ");
	output_number(out, stats.synack_sigs);
	output_text(out, " syn+ack, ");
	output_number(out, stats.mtu_sigs);
	output_text(out, " mtu, ");
	output_number(out, stats.http_sigs);
	output_text(out, " http (not used)");
	if (check->warnings) {
		output_text(out, "; warnings: ");
		output_number(out, check->warnings);
	}
	output_char(out, '\n');
}

__attribute__((format(printf, 4, 5))) static void
warn(struct check *check, const struct dbline *line, const char *p,
     const char *format, ...)
{
	char text[3 * X0F_TEXT_MAX];
	va_list args;

	va_start(args, format);
	vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	complain("%s:%u:%u: warning: %s", check->path, line->number,
		 dbline_column(line, p), text);
	check->warnings++;
}

static uint32_t line_of(const struct check *check, uint32_t pos)
{
	return x0f_db_sig(check->db, pos)->line;
}

/* "line 12 (Linux 3.11)" */
static const char *name_line(char *buf, size_t size, const struct check *check,
			     uint32_t pos)
{
	const struct x0f_sig *sig = x0f_db_sig(check->db, pos);
	char label[X0F_TEXT_MAX];

	x0f_format_label(label, sizeof(label), check->db, sig->label);
	snprintf(buf, size, "line %u (%s)", line_of(check, pos), label);
	return buf;
}

static void warn_covered(struct check *check, const struct dbline *line,
			 const char *p, const struct trial *first,
			 const struct trial *second)
{
	bool near = first->is_near_only || (second && second->is_near_only);
	bool both = second && second->by != first->by;
	char a[X0F_TEXT_MAX + 32], b[X0F_TEXT_MAX + 32];

	name_line(a, sizeof(a), check, first->by);
	if (both)
		name_line(b, sizeof(b), check, second->by);
	warn(check, line, p, "never matches%s: covered by %s%s%s",
	     near ? " exactly" : "", a, both ? " and, over ipv6, " : "",
	     both ? b : "");
}

/* IPv4 and IPv6 are looked at each by itself: both must be lost. */
static void check_sig(struct check *check, uint32_t pos, struct dbline *line)
{
	const struct x0f_sig *sig = x0f_db_sig(check->db, pos);
	const struct trial *covered[2];
	struct trial trials[2];
	size_t tried = 0, lost = 0;
	const char *p;

	for (uint8_t version = 4; version <= 6; version += 2) {
		struct trial *trial = &trials[tried];

		if (sig->ip_version && sig->ip_version != version)
			continue;
		trial_run(check->db, pos, version, check->policy, trial);
		tried++;
		if (trial->outcome == TRIAL_COVERED)
			covered[lost++] = trial;
		else if (trial->outcome != TRIAL_IMPOSSIBLE)
			return;
	}
	if (!dbfile_seek(&check->file, line, sig->line))
		return;
	p = dbline_value(line, "sig");
	p = p ? p : line->p;
	if (lost)
		warn_covered(check, line, p, covered[0],
			     lost > 1 ? covered[1] : NULL);
	else
		warn(check, line, p, "never matches: %s",
		     synth_problem_text(trials[0].problem));
}

static void check_sigs(struct check *check)
{
	struct dbline line = dbfile_begin(&check->file);

	for (uint32_t pos = 0; x0f_db_sig(check->db, pos); pos++)
		check_sig(check, pos, &line);
}

static uint32_t read_mtu(const char *p, const char *end)
{
	uint32_t mtu = 0;

	for (; p < end && *p >= '0' && *p <= '9' && mtu <= LARGEST_MTU; p++)
		mtu = mtu * 10 + (uint32_t)(*p - '0');
	return mtu <= LARGEST_MTU ? mtu : 0;
}

/* p0f takes the first entry of an MTU and says nothing of the others. */
static void check_mtus(struct check *check)
{
	static uint32_t first_lines[LARGEST_MTU + 1];
	struct dbline line = dbfile_begin(&check->file);
	bool is_mtu_section = false;

	memset(first_lines, 0, sizeof(first_lines));
	while (dbfile_next(&check->file, &line)) {
		const char *value = dbline_value(&line, "sig");
		size_t len = (size_t)(line.end - line.p);
		uint32_t mtu;

		if (memchr(line.p, '[', len < 1 ? len : 1))
			is_mtu_section = len >= 5 &&
					 !memcmp(line.p, "[mtu]", 5);
		if (!is_mtu_section || !value)
			continue;
		mtu = read_mtu(value, line.end);
		if (first_lines[mtu])
			warn(check, &line, value,
			     "never used: line %u (%s) has mtu %u already",
			     first_lines[mtu],
			     x0f_db_link(check->db,
					 x0f_db_find_link(check->db, mtu)),
			     mtu);
		else
			first_lines[mtu] = line.number;
	}
}

static int check_text(struct check *check)
{
	struct x0f_db_options options = { .sz = sizeof(options),
					  .policy = check->policy };
	struct x0f_source source = { .name = check->path,
				     .text = check->file.text,
				     .len = check->file.len };
	struct x0f_error error = { .line = 0 };
	int ret;

	if (!source.text)
		source.text = "";
	ret = x0f_db_open(&check->db, &source, 1, &options, &error);
	if (ret) {
		ret = database_complain(ret, &error, check->path);
		hint_print(check->path, &check->file, &error);
		return ret;
	}
	check_mtus(check);
	check_sigs(check);
	if (database_is_empty(check->db)) {
		complain("%s: warning: no tcp signatures, nothing can be named",
			 check->path);
		check->warnings++;
	}
	print_stats(&destination.out, check);
	x0f_db_close(check->db);
	return EXIT_OK;
}

static int check_file(const char *path, uint32_t policy)
{
	struct check check = { .path = path, .policy = policy };
	struct x0f_error error = { .line = 0 };
	int ret = dbfile_read(&check.file, path);

	if (ret)
		return database_complain(ret, &error, path);
	ret = check_text(&check);
	dbfile_free(&check.file);
	return ret;
}

static int run_check(const struct settings *settings, int argc, char **argv)
{
	int exit_code = destination_open(&destination, NULL, 0, NULL);
	int ret;

	for (int i = 0; i < argc; i++) {
		ret = check_file(argv[i], database_policy(settings));
		if (!exit_code)
			exit_code = ret;
	}
	ret = destination_close(&destination);
	return exit_code ? exit_code : ret;
}

const struct command command_db_check = {
	.group = "db",
	.name = "check",
	.area = AREA_UNDERSTAND,
	.operands = "FILE...",
	.least_operands = 1,
	.bit = COMMAND_DB_CHECK,
	.summary = "say whether signature databases are in order",
	.description = "Reads signature databases and says where the first "
		       "error is, or how many signatures they have. Warns of "
		       "signatures that can never match, and names the line "
		       "that always comes first.",
	.examples = {
		{ "x0f db check mine.fp",
		  "is this file in order, and if not, where?" },
	},
	.run = run_check,
};
