/* SPDX-License-Identifier: MIT */
/*
 * `classes =`, `label =` and `sys =` of a database file: who a signature is
 * of. Used while a database is built; one thread.
 */
#include <errno.h>

#include "build.h"

static bool is_alnum(char c)
{
	return scan_is_digit(c) || scan_is_alpha(c);
}

static bool is_name(char c)
{
	return is_alnum(c) || (c && strchr(" ./-_!?()", c));
}

static size_t take_run(struct scan *s, bool (*belongs)(char), const char **run)
{
	*run = s->p;
	while (s->p < s->end && belongs(*s->p))
		s->p++;
	return (size_t)(s->p - *run);
}

static void skip_separators(struct scan *s)
{
	while (scan_is_blank(scan_peek(s)) || scan_peek(s) == ',')
		s->p++;
}

int build_classes(struct build *b, struct scan *s)
{
	/* empty is fine with p0f; a comma at the end is not */
	while (s->p < s->end) {
		const char *name;
		size_t len;

		skip_separators(s);
		len = take_run(s, is_alnum, &name);
		if (!len || (s->p < s->end && *s->p != ','))
			return scan_refuse(s, "malformed class: letters and "
					      "digits, ',' between");
		if (intern_add(&b->classes, name, len) == X0F_NONE)
			return -ENOMEM;
	}
	return 0;
}

static bool is_class(char c)
{
	return is_alnum(c) || c == '!';
}

static int parse_class(struct build *b, struct scan *s, struct x0f_label *label)
{
	const char *name;
	size_t len = take_run(s, is_class, &name);
	uint32_t id;

	if (!len || scan_peek(s) != ':')
		return scan_refuse(s, "malformed class; a label is "
				      "type:class:name:flavor");
	label->class_name = "";
	if (len == 1 && *name == '!') {
		label->application = 1;
	} else {
		id = intern_find(&b->classes, name, len);
		s->p = name;
		if (id == X0F_NONE)
			return scan_refuse(s,
					   "unknown class '%.*s'; name it "
					   "in 'classes ='",
					   (int)len, name);
		label->class_name = b->classes.strings[id];
		s->p += len;
	}
	s->p++;
	return 0;
}

static int parse_name(struct build *b, struct scan *s, struct x0f_label *label)
{
	const char *name;
	size_t len = take_run(s, is_name, &name);

	if (!len || scan_peek(s) != ':')
		return scan_refuse(s, "malformed name; allowed are letters, "
				      "digits and ./-_!?() and blanks");
	label->name_id = intern_add(&b->names, name, len);
	if (label->name_id == X0F_NONE)
		return -ENOMEM;
	label->name = b->names.strings[label->name_id];
	s->p++;
	return 0;
}

int build_label(struct build *b, struct scan *s)
{
	struct x0f_label label = { .id = b->labels.count };
	struct x0f_label *kept;
	int err;

	label.generic = scan_peek(s) == 'g';
	if (!scan_take(s, 'g') && !scan_take(s, 's'))
		return scan_refuse(s, "a label begins with g: (generic) or "
				      "s: (specific)");
	if (!scan_take(s, ':'))
		return scan_refuse(s, "':' expected; a label is "
				      "type:class:name:flavor");
	err = parse_class(b, s, &label);
	if (!err)
		err = parse_name(b, s, &label);
	if (err)
		return err;
	label.flavor = arena_text(&b->arena, s->p, (size_t)(s->end - s->p));
	kept = list_add(&b->labels, sizeof(*kept));
	if (!label.flavor || !kept)
		return -ENOMEM;
	*kept = label;
	return 0;
}

/* One element of `sys =`: a name (made known) or an @class that is known. */
static int parse_system(struct build *b, struct scan *s, const char **system)
{
	const char *begin = s->p, *name;
	bool is_a_class = scan_take(s, '@');
	size_t len = take_run(s, is_name, &name);

	if (!len || (s->p < s->end && *s->p != ','))
		return scan_refuse(s, "malformed system: names or @class, "
				      "',' between");
	if (is_a_class && intern_find(&b->classes, name, len) == X0F_NONE) {
		s->p = begin;
		return scan_refuse(s,
				   "unknown class '%.*s'; name it in "
				   "'classes ='",
				   (int)len, name);
	}
	if (!is_a_class && intern_add(&b->names, name, len) == X0F_NONE)
		return -ENOMEM;
	*system = arena_text(&b->arena, begin, (size_t)(s->p - begin));
	return *system ? 0 : -ENOMEM;
}

int build_systems(struct build *b, struct scan *s)
{
	struct x0f_label *label = (struct x0f_label *)b->labels.items +
				  b->labels.count - 1;
	size_t most = (size_t)(s->end - s->p) / 2 + 1;
	const char **systems = arena_take(&b->arena, most * sizeof(*systems));

	if (!systems)
		return -ENOMEM;
	label->systems = systems;
	while (s->p < s->end) {
		int err;

		skip_separators(s);
		err = parse_system(b, s, &systems[label->system_count]);
		if (err)
			return err;
		label->system_count++;
	}
	return 0;
}
