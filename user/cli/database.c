/* SPDX-License-Identifier: MIT */
/*
 * Signature databases for the commands that need them.
 */
#include "database.h"
#include "message.h"

#include <errno.h>

static void add_files(struct database *database, const struct strings *files)
{
	for (uint32_t i = 0; i < files->count; i++) {
		struct x0f_source source = { .name = files->items[i] };

		database->sources[database->source_count++] = source;
	}
}

static void add_builtin(struct database *database)
{
	size_t room = MAX_SOURCES - database->source_count;

	database->source_count += x0f_db_builtin(database->sources +
							 database->source_count,
						 room);
}

int database_complain(int error, const struct x0f_error *where,
		      const char *name)
{
	if (where->source[0])
		name = where->source;
	if (error == -EINVAL && where->line)
		complain("%s:%u:%u: %s", name, where->line, where->column,
			 where->message);
	else if (error == -EINVAL)
		complain("%s: %s", name, where->message);
	else if (error == -EFBIG)
		complain("%s: too large for a signature database", name);
	else
		complain("%s: cannot read signature database: %s", name,
			 error_text(error));
	if (error == -EINVAL || error == -EFBIG)
		return EXIT_CONFIG;
	return (int)exit_code_of(error);
}

bool database_is_empty(const struct x0f_db *db)
{
	struct x0f_db_stats stats = { .sz = sizeof(stats) };

	x0f_db_stats(db, &stats);
	return !stats.syn_sigs && !stats.synack_sigs;
}

uint32_t database_policy(const struct settings *settings)
{
	if (settings->compat == COMPAT_P0F || settings->policy == POLICY_P0F)
		return X0F_POLICY_P0F;
	return X0F_POLICY_X0F;
}

int database_open(struct database *database, const struct settings *settings,
		  uint32_t policy)
{
	struct x0f_db_options options = { .sz = sizeof(options),
					  .policy = policy };
	struct x0f_error error = { .line = 0 };
	int ret;

	database->db = NULL;
	database->source_count = 0;
	add_files(database, &settings->front_databases);
	add_files(database, &settings->databases);
	if (!settings->databases.count)
		add_builtin(database);
	ret = x0f_db_open(&database->db, database->sources,
			  database->source_count, &options, &error);
	if (ret)
		return database_complain(ret, &error,
					 database->sources[0].name);
	if (database_is_empty(database->db))
		complain("%s%s: warning: no tcp signatures, nothing can be "
			 "named",
			 database->sources[0].name,
			 database->source_count > 1 ? " and the others" : "");
	return EXIT_OK;
}

void database_close(struct database *database)
{
	x0f_db_close(database->db);
	database->db = NULL;
}
