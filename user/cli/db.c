/* SPDX-License-Identifier: MIT */
/*
 * x0f db: check and list signature databases.
 */
#include "command.h"
#include "database.h"
#include "destination.h"
#include "message.h"

/* MTUs that a database may name are 16 bits */
#define LARGEST_MTU 65535

static struct destination destination;

static void print_stats(struct output *out, const char *path,
			const struct x0f_db *db)
{
	struct x0f_db_stats stats = { .sz = sizeof(stats) };

	x0f_db_stats(db, &stats);
	output_escaped(out, path, true);
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
	output_text(out, " http (not used)\n");
}

static int check_file(const char *path, uint32_t policy)
{
	struct x0f_db_options options = { .sz = sizeof(options),
					  .policy = policy };
	struct x0f_source source = { .name = path };
	struct x0f_error error = { .line = 0 };
	struct x0f_db *db;
	int ret = x0f_db_open(&db, &source, 1, &options, &error);

	if (ret)
		return database_complain(ret, &error, path);
	print_stats(&destination.out, path, db);
	x0f_db_close(db);
	return EXIT_OK;
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

static void print_label(struct output *out, const struct x0f_label *label)
{
	output_text(out, label->generic ? "g:" : "s:");
	output_escaped(out, label->application ? "!" : label->class_name, true);
	output_char(out, ':');
	output_escaped(out, label->name, true);
	output_char(out, ':');
	output_escaped(out, label->flavor, true);
}

/* Kind, label, signature and where it stands, parted by tabs. */
static void print_sig(struct output *out, const struct database *database,
		      const struct x0f_sig *sig)
{
	char text[X0F_TEXT_MAX];

	output_text(out, sig->kind == X0F_KIND_SYN ? "syn\t" : "syn+ack\t");
	print_label(out, x0f_db_label(database->db, sig->label));
	output_char(out, '\t');
	x0f_format_sig(text, sizeof(text), sig);
	output_text(out, text);
	output_char(out, '\t');
	output_escaped(out, database->sources[sig->source].name, true);
	output_char(out, ':');
	output_number(out, sig->line);
	output_char(out, '\n');
}

static void print_links(struct output *out, const struct x0f_db *db)
{
	for (uint32_t mtu = 1; mtu <= LARGEST_MTU; mtu++) {
		uint32_t link = x0f_db_find_link(db, mtu);

		if (link == X0F_NONE)
			continue;
		output_text(out, "mtu\t");
		output_escaped(out, x0f_db_link(db, link), true);
		output_char(out, '\t');
		output_number(out, mtu);
		output_char(out, '\n');
	}
}

static int run_list(const struct settings *settings, int argc, char **argv)
{
	struct database database;
	const struct x0f_sig *sig;
	int ret;

	(void)argc;
	(void)argv;
	ret = database_open(&database, settings, database_policy(settings));
	if (ret)
		return ret;
	ret = destination_open(&destination, NULL, 0, NULL);
	for (uint32_t i = 0; (sig = x0f_db_sig(database.db, i)); i++)
		print_sig(&destination.out, &database, sig);
	print_links(&destination.out, database.db);
	ret = destination_close(&destination);
	database_close(&database);
	return ret;
}

const struct command command_db_check = {
	.group = "db",
	.name = "check",
	.operands = "FILE...",
	.least_operands = 1,
	.bit = COMMAND_DB_CHECK,
	.summary = "say whether signature databases are in order",
	.description = "Reads signature databases and says where the first "
		       "error is, or how many signatures they have.",
	.run = run_check,
};

const struct command command_db_list = {
	.group = "db",
	.name = "list",
	.operands = "",
	.bit = COMMAND_DB_LIST,
	.summary = "list labels, signatures and link types",
	.description = "Lists the signatures that are in use, in the order in "
		       "which they are tried: kind, label, signature and "
		       "FILE:LINE, parted by tabs; then the link types with "
		       "their MTU.",
	.run = run_list,
};
