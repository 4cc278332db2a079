/* SPDX-License-Identifier: MIT */
/*
 * x0f db list: what the signature databases hold.
 */
#include "command.h"
#include "database.h"
#include "destination.h"
#include "message.h"

/* MTUs that a database may name are 16 bits */
#define LARGEST_MTU 65535

static struct destination destination;

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

const struct command command_db_list = {
	.group = "db",
	.name = "list",
	.area = AREA_UNDERSTAND,
	.operands = "",
	.bit = COMMAND_DB_LIST,
	.summary = "list labels, signatures and link types",
	.description = "Lists the signatures that are in use, in the order in "
		       "which they are tried: kind, label, signature and "
		       "FILE:LINE, parted by tabs; then the link types with "
		       "their MTU.",
	.examples = {
		{ "x0f db list | grep Windows",
		  "what x0f knows of Windows" },
		{ "x0f db list -f mine.fp",
		  "what is in a file of yours" },
	},
	.run = run_list,
};
