/* SPDX-License-Identifier: MIT */
/*
 * The reader of configuration files: lines, sections, keys. Judging a value is
 * the option table's business. See config_file.h; one thread.
 */
#include "config_file.h"
#include "config_word.h"
#include "message.h"

#include <x0f/ring.h>

#include <ctype.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

/* Nobody reads further; a file that is none would make thousands. */
#define MISTAKES_MOST 50

#define SECTIONS_MOST 256

/* A piece of the text. */
struct piece {
	const char *p;
	size_t len;
};

/* However many blanks are in its title. */
struct section {
	uint32_t bit; /* its command */
	struct piece name;
	uint32_t line;
};

struct reader {
	const struct config_file *file;
	/* what the caller wants */
	uint32_t command;
	const char *name;
	struct settings *to;
	/* the section at hand */
	struct settings *into; /* NULL: none yet, or it is unknown */
	struct settings other; /* of sections that nobody wants */
	uint32_t bit;	       /* its command */
	enum rank rank;

	struct section sections[SECTIONS_MOST];
	uint32_t section_count;
	uint32_t line;
	uint32_t mistakes;
};

static struct piece trim(struct piece piece)
{
	while (piece.len && config_is_blank(*piece.p)) {
		piece.p++;
		piece.len--;
	}
	while (piece.len && config_is_blank(piece.p[piece.len - 1]))
		piece.len--;
	return piece;
}

/* ----------------------------------------------------------- mistakes -- */

__attribute__((format(printf, 2, 3))) static void
refuse(struct reader *reader, const char *format, ...)
{
	char text[1024];
	va_list args;

	va_start(args, format);
	vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	complain("%.1000s:%u: %s", reader->file->name, reader->line, text);
	reader->mistakes++;
}

/* Pieces in messages are cut: what is wrong with long ones shows early. */
#define SHOWN 60

static int shown(struct piece piece)
{
	return piece.len < SHOWN ? (int)piece.len : SHOWN;
}

/* For those who want strings. */
struct word {
	char text[SHOWN + 1];
};

static struct word word_of(struct piece piece)
{
	struct word word;

	snprintf(word.text, sizeof(word.text), "%.*s", shown(piece), piece.p);
	return word;
}

/* ----------------------------------------------------------- sections -- */

/* False: this section was there before. */
static bool remember_section(struct reader *reader, struct piece title,
			     struct piece name)
{
	struct section *s = reader->sections;
	struct section *end = s + reader->section_count;

	for (; s < end; s++) {
		if (s->bit != reader->bit || s->name.len != name.len ||
		    memcmp(s->name.p, name.p, name.len) != 0)
			continue;
		refuse(reader,
		       "section [%.*s] again, it began in line %u: put "
		       "its keys there",
		       shown(title), title.p, s->line);
		return false;
	}
	if (reader->section_count == SECTIONS_MOST) {
		refuse(reader, "more than %u sections", SECTIONS_MOST);
		return false;
	}
	*end = (struct section){ reader->bit, name, reader->line };
	reader->section_count++;
	return true;
}

static void choose_settings(struct reader *reader, struct piece name)
{
	bool is_wanted = reader->bit == reader->command;

	reader->rank = name.len ? RANK_NAMED : RANK_SECTION;
	if (reader->name)
		is_wanted = is_wanted && strlen(reader->name) == name.len &&
			    !memcmp(reader->name, name.p, name.len);
	else
		is_wanted = is_wanted && !name.len;
	memset(&reader->other, 0, sizeof(reader->other));
	reader->into = is_wanted ? reader->to : &reader->other;
}

static bool is_good_name(struct piece name)
{
	for (size_t i = 0; i < name.len; i++)
		if (!isalnum((unsigned char)name.p[i]) &&
		    !strchr("_.-", name.p[i]))
			return false;
	return name.len < X0F_SENSOR_NAME && (!name.len || name.p[0] != '.');
}

/* "live eth0", between the brackets, is a service and a name, or "". */
static struct piece split_title(struct piece title, struct piece *name)
{
	struct piece service = { title.p, 0 };

	while (service.len < title.len &&
	       !config_is_blank(title.p[service.len]))
		service.len++;
	name->p = title.p + service.len;
	name->len = title.len - service.len;
	*name = trim(*name);
	return service;
}

static void begin_section(struct reader *reader, struct piece title)
{
	struct piece name;
	struct piece service = split_title(title, &name);

	reader->into = NULL;
	reader->bit = config_section_command(service.p, service.len);
	if (!reader->bit)
		refuse(reader, "%s",
		       config_unknown_section(word_of(service).text).text);
	else if (!is_good_name(name))
		refuse(reader,
		       "[%.*s]: '%.*s' is no name of a sensor: up to "
		       "%u letters, digits, _ . or -",
		       shown(title), title.p, shown(name), name.p,
		       X0F_SENSOR_NAME - 1);
	else if (remember_section(reader, title, name))
		choose_settings(reader, name);
}

static void read_section(struct reader *reader, struct piece line)
{
	struct piece title = { line.p + 1, line.len - 1 };
	const char *end = memchr(title.p, ']', title.len);

	reader->into = NULL;
	if (!end) {
		refuse(reader, "no ] behind the name of the section");
		return;
	}
	if (end != line.p + line.len - 1) {
		refuse(reader,
		       "'%.*s' behind the name of a section: put it on "
		       "the next line",
		       (int)(line.p + line.len - end - 1 < SHOWN ?
				     line.p + line.len - end - 1 :
				     SHOWN),
		       end + 1);
		return;
	}
	title.len--;
	begin_section(reader, trim(title));
}

/* --------------------------------------------------------------- keys -- */

static const struct option *find_key(const struct reader *reader,
				     struct piece key)
{
	for (const struct option *o = option_table; o->name; o++)
		if (option_is_key(o, reader->bit) &&
		    strlen(o->name) == key.len &&
		    !memcmp(o->name, key.p, key.len))
			return o;
	return NULL;
}

static void no_equals(struct reader *reader, struct piece line)
{
	const struct option *option = find_key(reader, line);

	if (option && option->type == OPTION_FLAG)
		refuse(reader, "no = in this line: write %s = yes",
		       option->name);
	else
		refuse(reader, "no = in this line: write key = value, or # in "
			       "front of a comment");
}

static void store_key(struct reader *reader, const struct option *option,
		      struct piece value)
{
	struct origin *before = option_origin(reader->into, option);
	struct origin origin = { .rank = reader->rank,
				 .line = reader->line,
				 .file = reader->file->name };
	struct spelling as = option_spell(option, &origin);
	const char *wrong = config_value_wrong(value.p, value.len);
	const char *text;

	if (wrong) {
		refuse(reader, "%s: %s", option->name, wrong);
		return;
	}
	if (before->rank && option->type != OPTION_LIST) {
		refuse(reader, "%s: given twice, first in line %u",
		       option->name, before->line);
		return;
	}
	text = config_keep(value.p, value.len);
	if (!text)
		refuse(reader, "out of memory");
	else if (option_store(reader->into, option, &origin, as.text, text))
		reader->mistakes++;
}

static void read_key(struct reader *reader, struct piece line)
{
	const char *equals = memchr(line.p, '=', line.len);
	const struct option *option;
	struct piece key = { line.p, (size_t)(equals - line.p) };
	struct piece value;

	if (!equals) {
		no_equals(reader, line);
		return;
	}
	key = trim(key);
	value.p = equals + 1;
	value.len = (size_t)(line.p + line.len - value.p);
	option = find_key(reader, key);
	if (!key.len)
		refuse(reader, "no key in front of =");
	else if (!option)
		refuse(reader, "%s",
		       config_unknown_key(word_of(key).text, reader->bit).text);
	else if (reader->rank == RANK_NAMED && !strcmp(option->name, "name"))
		refuse(reader, "name: this section is already of the sensor of "
			       "one name");
	else
		store_key(reader, option, trim(value));
}

/* -------------------------------------------------------------- lines -- */

/* Whether the line can be looked at as text. */
static bool check_line(struct reader *reader, struct piece line)
{
	const char *nul = memchr(line.p, '\0', line.len);
	size_t text;

	if (line.len > CONFIG_MOST_LINE) {
		refuse(reader, "a line of %zu bytes: there may be %u", line.len,
		       CONFIG_MOST_LINE);
		return false;
	}
	if (nul) {
		refuse(reader, "a NUL byte in column %zu: is this a text file?",
		       (size_t)(nul - line.p) + 1);
		return false;
	}
	text = config_find_no_text(line.p, line.len);
	if (text < line.len) {
		refuse(reader, "no UTF-8 in column %zu: save the file as UTF-8",
		       text + 1);
		return false;
	}
	if (reader->line == 1 && line.len >= 3 &&
	    !memcmp(line.p, "\xef\xbb\xbf", 3)) {
		refuse(reader, "a byte order mark: save the file without");
		return false;
	}
	return true;
}

static void read_line(struct reader *reader, struct piece line)
{
	if (!check_line(reader, line))
		return;
	line = trim(line);
	if (!line.len || line.p[0] == '#' || line.p[0] == ';')
		return;
	if (line.p[0] == '[')
		read_section(reader, line);
	else if (reader->into)
		read_key(reader, line);
	else if (!reader->section_count && !reader->mistakes)
		refuse(reader, "'%.*s' stands in no section: begin with [live]",
		       shown(line), line.p);
}

/* The next line at *p, or false behind the last. */
static bool next_line(const struct config_file *file, const char **p,
		      struct piece *line)
{
	const char *end = file->text + file->len;
	const char *lf;

	if (*p == end)
		return false;
	lf = memchr(*p, '\n', (size_t)(end - *p));
	line->p = *p;
	line->len = (size_t)((lf ? lf : end) - *p);
	*p = lf ? lf + 1 : end;
	return true;
}

uint32_t config_file_read(const struct config_file *file, uint32_t command,
			  const char *name, struct settings *to)
{
	struct reader reader = { .file = file, .command = command };
	const char *p = file->text;
	struct piece line;

	reader.name = name;
	reader.to = to;
	while (next_line(file, &p, &line)) {
		reader.line++;
		read_line(&reader, line);
		if (reader.mistakes < MISTAKES_MOST)
			continue;
		complain("%.1000s: more mistakes may follow", file->name);
		break;
	}
	return reader.mistakes;
}

const char *config_file_sensor(const struct config_file *file, uint32_t command,
			       uint32_t number)
{
	const char *p = file->text;
	struct piece line, name;

	while (next_line(file, &p, &line)) {
		line = trim(line);
		if (line.len < 2 || line.p[0] != '[')
			continue;
		line = trim((struct piece){ line.p + 1, line.len - 2 });
		line = split_title(line, &name);
		if (config_section_command(line.p, line.len) == command &&
		    name.len && !number--)
			return config_keep(name.p, name.len);
	}
	return NULL;
}
