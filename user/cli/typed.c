/* SPDX-License-Identifier: MIT */
/* See typed.h. Any thread, but for typed_begin(). */
#include "typed.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#define PROGRAM "x0f"
#define PATH_BYTES 4096

/* A longer one is nothing that anybody types. */
#define NAME_BYTES 200

static char typed_name[NAME_BYTES] = PROGRAM;

bool typed_is_plain(const char *text, bool may_have_blanks)
{
	for (const char *p = text; *p; p++)
		if (!isalnum((unsigned char)*p) && !strchr("_.-@:/", *p) &&
		    !(may_have_blanks && *p == ' '))
			return false;
	return text[0];
}

void typed_quote(char *word, size_t size, const char *name)
{
	size_t len = 0;

	if (typed_is_plain(name, false)) {
		snprintf(word, size, "%s", name);
		return;
	}
	word[len++] = '\'';
	for (; *name && len + 6 < size; name++) {
		if (*name == '\'') {
			memcpy(word + len, "'\\''", 4);
			len += 4;
		} else {
			word[len++] = *name;
		}
	}
	word[len++] = '\'';
	word[len] = '\0';
}

static bool is_same(const char *a, const char *b)
{
	struct stat of_a, of_b;

	return !stat(a, &of_a) && !stat(b, &of_b) &&
	       of_a.st_dev == of_b.st_dev && of_a.st_ino == of_b.st_ino;
}

/* The first one that $PATH leads to counts. */
static bool is_found_by_shell(const char *called)
{
	const char *path = getenv("PATH");
	char file[PATH_BYTES];
	struct stat st;

	while (path && *path) {
		int len = (int)strcspn(path, ":");

		snprintf(file, sizeof(file), "%.*s/" PROGRAM, len, path);
		if (!stat(file, &st))
			return is_same(file, called);
		path += len;
		path += *path == ':';
	}
	return false;
}

void typed_begin(const char *called)
{
	if (strchr(called, '/') && strlen(called) < NAME_BYTES - 6 &&
	    !is_found_by_shell(called))
		typed_quote(typed_name, sizeof(typed_name), called);
}

const char *typed_program(void)
{
	return typed_name;
}

const char *typed_sudo(bool has_rights)
{
	return has_rights && !getenv("SUDO_UID") ? "" : "sudo ";
}
