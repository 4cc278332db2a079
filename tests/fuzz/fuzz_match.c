/* SPDX-License-Identifier: MIT */
/*
 * The compiled matcher against the linear one. Input: policy, frames of RAW
 * link type with a length byte before each up to a zero, then the text of a
 * database. Text that is refused is tried against the built-in ones.
 */
#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include <x0f/x0f.h>

static struct x0f_db *builtin;

int LLVMFuzzerInitialize(int *argc, char ***argv);

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
	struct x0f_source sources[2];

	(void)argc;
	(void)argv;
	x0f_db_builtin(sources, 2);
	return x0f_db_open(&builtin, sources, 2, NULL, NULL);
}

static void compare(const struct x0f_db *db, const uint8_t *frame, size_t len,
		    uint32_t policy)
{
	struct x0f_verdict fast, linear;
	char text[X0F_TEXT_MAX];
	struct x0f_obs obs;

	/* whatever the link layer would say: these are raw packets */
	if (x0f_observe(frame, len, len, X0F_LINK_RAW, policy, &obs))
		return;
	x0f_match(db, &obs, policy, &fast);
	x0f_match_linear(db, &obs, policy, &linear);
	assert(!memcmp(&fast, &linear, sizeof(fast)));
	assert(fast.quality <= 1000);
	assert(!fast.quality == (fast.match == X0F_MATCH_NONE));
	assert(!fast.reasons == (fast.match == X0F_MATCH_EXACT));
	assert(x0f_format_reasons(text, sizeof(text), &obs, &fast) <
	       sizeof(text));
	assert(x0f_format_params(text, sizeof(text), &obs, &fast) <
	       sizeof(text));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	const uint8_t *frames, *end = data + len;
	struct x0f_source source = { "fuzz", NULL, 0 };
	struct x0f_db *db;
	uint32_t policy;

	if (len < 2)
		return 0;
	policy = *data++;
	frames = data;
	while (data < end && *data) {
		if (end - data <= *data)
			return 0;
		data += *data + 1;
	}
	if (data == end)
		return 0;
	data++;
	source.text = data;
	source.len = (size_t)(end - data);
	if (!source.len || x0f_db_open(&db, &source, 1, NULL, NULL))
		db = builtin;
	for (; *frames; frames += *frames + 1)
		compare(db, frames + 1, *frames, policy);
	if (db != builtin)
		x0f_db_close(db);
	return 0;
}
