/* SPDX-License-Identifier: MIT */
/*
 * Opens the databases that -f and -F ask for, or the built-in ones, and says
 * why when that fails.
 */
#ifndef X0F_CLI_DATABASE_H
#define X0F_CLI_DATABASE_H

#include "options.h"

#include <x0f/x0f.h>

/* The built-in databases stand where no -f is. */
#define MAX_SOURCES (2 * MAX_LIST)

struct database {
	struct x0f_db *db;
	struct x0f_source sources[MAX_SOURCES]; /* as struct x0f_sig counts */
	size_t source_count;
};

/* Returns EXIT_OK with database->db open, or an exit code: complained. */
int database_open(struct database *database, const struct settings *settings,
		  uint32_t policy);

/* Says what x0f_db_open() had against a database; returns the exit code. */
int database_complain(int error, const struct x0f_error *where,
		      const char *name);

/* True when no packet can get a name from it. */
bool database_is_empty(const struct x0f_db *db);

/* X0F_POLICY_ of --policy and --compat. */
uint32_t database_policy(const struct settings *settings);

void database_close(struct database *database);

#endif
