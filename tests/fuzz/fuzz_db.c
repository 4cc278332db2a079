/* SPDX-License-Identifier: MIT */
/*
 * Any bytes as a database: refused with a place inside the text, or taken; and
 * each signature of one that was taken reads back as itself.
 */
#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <x0f/x0f.h>

static void check_signature(const struct x0f_sig *sig)
{
	char text[X0F_TEXT_MAX];
	size_t len = x0f_format_sig(text, sizeof(text), sig);
	struct x0f_sig again;

	assert(len < sizeof(text));
	assert(!x0f_sig_parse(&again, text, len, X0F_POLICY_X0F, NULL));
	again.label = sig->label;
	again.line = sig->line;
	again.source = sig->source;
	again.kind = sig->kind;
	again.generic = sig->generic;
	again.application = sig->application;
	assert(!memcmp(&again, sig, sizeof(again)));
}

static uint32_t count_lines(const uint8_t *data, size_t len)
{
	uint32_t lines = 1;

	while (len--)
		lines += data[len] == '\n';
	return lines;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	char *text = malloc(len);
	const struct x0f_source source = { "fuzz", text, len };
	struct x0f_error error;
	struct x0f_db *db;
	uint32_t i;
	int err;

	if (len)
		memcpy(text, data, len);
	err = x0f_db_open(&db, &source, 1, NULL, &error);
	free(text);
	if (err) {
		assert(err == -EINVAL && !db);
		assert(error.line && error.line <= count_lines(data, len));
		assert(error.column && error.column <= len + 1);
		assert(*error.message);
		return 0;
	}
	for (i = 0; x0f_db_sig(db, i); i++) {
		check_signature(x0f_db_sig(db, i));
		assert(x0f_db_label(db, x0f_db_sig(db, i)->label));
	}
	for (i = 0; x0f_db_link(db, i); i++)
		assert(*x0f_db_link(db, i));
	x0f_db_close(db);
	return 0;
}
