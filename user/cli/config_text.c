/* SPDX-License-Identifier: MIT */
/*
 * What a configuration file may hold as text, and copies of its values. See
 * config_file.h; one thread.
 */
#include "config_file.h"

#include <stdlib.h>
#include <string.h>

struct kept {
	struct kept *next;
	char text[];
};

/* Settings point into these as long as the program runs. */
static struct kept *all_kept;

const char *config_keep(const char *value, size_t len)
{
	struct kept *kept = malloc(sizeof(*kept) + len + 1);

	if (!kept)
		return NULL;
	memcpy(kept->text, value, len);
	kept->text[len] = '\0';
	kept->next = all_kept;
	all_kept = kept;
	return kept->text;
}

void config_forget(void)
{
	while (all_kept) {
		struct kept *kept = all_kept;

		all_kept = kept->next;
		free(kept);
	}
}

bool config_is_blank(char c)
{
	return c == ' ' || c == '\t' || c == '\r';
}

static bool is_quoted(const char *value, size_t len)
{
	return len > 1 && strchr("'\"", value[0]) && value[len - 1] == value[0];
}

/* "tap # for a mirror": somebody who expects to be understood. */
static bool has_comment(const char *value, size_t len)
{
	for (size_t i = 1; i < len; i++)
		if (strchr("#;", value[i]) && config_is_blank(value[i - 1]))
			return true;
	return false;
}

static bool has_control(const char *value, size_t len)
{
	for (size_t i = 0; i < len; i++)
		if (((uint8_t)value[i] < 0x20 && value[i] != '\t') ||
		    value[i] == 0x7f)
			return true;
	return false;
}

const char *config_value_wrong(const char *value, size_t len)
{
	if (!len)
		return "no value: write one, or leave the line out";
	if (has_control(value, len))
		return "a control character in the value";
	if (config_is_blank(value[0]) || config_is_blank(value[len - 1]))
		return "a blank at the end of a value is lost";
	if (is_quoted(value, len))
		return "quotes are not taken off here: leave them out";
	if (has_comment(value, len))
		return "a comment needs a line of its own, in front of this "
		       "one";
	return NULL;
}

/* Length of the character at p, 0: it is no UTF-8 (RFC 3629). */
static size_t utf8_length(const uint8_t *p, size_t room)
{
	uint8_t least = 0x80, most = 0xbf;
	size_t len;

	if (p[0] < 0x80)
		return 1;
	if (p[0] < 0xc2 || p[0] > 0xf4)
		return 0;
	len = p[0] < 0xe0 ? 2 : p[0] < 0xf0 ? 3 : 4;
	if (room < len)
		return 0;
	if (p[0] == 0xe0)
		least = 0xa0;
	else if (p[0] == 0xed) /* no surrogates */
		most = 0x9f;
	else if (p[0] == 0xf0)
		least = 0x90;
	else if (p[0] == 0xf4)
		most = 0x8f;
	if (p[1] < least || p[1] > most)
		return 0;
	for (size_t i = 2; i < len; i++)
		if ((p[i] & 0xc0) != 0x80)
			return 0;
	return len;
}

size_t config_find_no_text(const char *text, size_t len)
{
	size_t at = 0;

	while (at < len) {
		size_t n = utf8_length((const uint8_t *)text + at, len - at);

		if (!n)
			break;
		at += n;
	}
	return at;
}
