/* SPDX-License-Identifier: MIT */
/*
 * The table of options and its parser: GNU manners (--name=VALUE, -fVALUE,
 * -qf VALUE, options and files in any order, -- ends the options), with
 * messages that say which option, which value and what would be right.
 */
#include "options.h"
#include "crew.h"
#include "message.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define COMMAND_ALL UINT32_MAX
#define AT(field) offsetof(struct settings, field)

/* In the order of printer_formats; main() holds both together. */
static const char *const format_words[] = { "text", "p0f", "json", "csv",
					    NULL };
static const char *const compat_words[] = { "p0f", NULL };
static const char *const policy_words[] = { "x0f", "p0f", NULL };
static const char *const link_words[] = { "ethernet", "raw", NULL };
static const char *const colour_words[] = { "auto", "always", "never", NULL };
static const char *const only_words[] = { "syn",    "synack",  "mtu",
					  "uptime", "unknown", NULL };

#define REFUSED_BY_P0F(l, n)                                                     \
	{                                                                        \
		.name = (n), .letter = (l), .commands = COMMAND_P0F,             \
		.type = OPTION_REFUSED,                                          \
		.help = "is for live capture, x0f p0f only reads files: record " \
			"one with tcpdump -w FILE, then give -r FILE"            \
	}

/* clang-format off: a row reads like the sentence it is */
const struct option option_table[] = {
	{ .name = "database",
	  .letter = 'f',
	  .argument = "FILE",
	  .commands = COMMAND_PCAP | COMMAND_DB_LIST | COMMAND_DB_TEST |
		      COMMAND_EXPLAIN,
	  .type = OPTION_LIST,
	  .offset = AT(databases),
	  .most = { MAX_LIST, 0 },
	  .help = "use this signature database instead of the built-in ones; "
		  "repeat for several, the first one wins" },
	{ .name = "add-database",
	  .letter = 'F',
	  .argument = "FILE",
	  .commands = COMMAND_PCAP | COMMAND_DB_LIST | COMMAND_DB_TEST |
		      COMMAND_EXPLAIN,
	  .type = OPTION_LIST,
	  .offset = AT(front_databases),
	  .most = { MAX_LIST, 0 },
	  .help = "put this signature database in front of the others; may "
		  "be repeated" },
	{ .name = "format",
	  .argument = "FORMAT",
	  .commands = COMMAND_PCAP,
	  .type = OPTION_WORD,
	  .offset = AT(format),
	  .words = format_words,
	  .help = "text: blocks for people (default); p0f: the lines of p0f's "
		  "log; json: one object per line; csv" },
	{ .name = "output",
	  .letter = 'o',
	  .argument = "FILE",
	  .commands = COMMAND_PCAP,
	  .type = OPTION_TEXT,
	  .offset = AT(output),
	  .help = "write to this file, which is overwritten, instead of "
		  "standard output" },
	{ .name = "only",
	  .argument = "LIST",
	  .commands = COMMAND_PCAP,
	  .type = OPTION_WORDS,
	  .offset = AT(only),
	  .words = only_words,
	  .help = "report only these, joined by commas: syn, synack, mtu, "
		  "uptime, unknown (SYN and SYN+ACK that no signature names)" },
	{ .name = "allow",
	  .argument = "RULE",
	  .commands = COMMAND_PCAP,
	  .type = OPTION_LIST,
	  .offset = AT(allow),
	  .most = { MAX_STRINGS, 0 },
	  .help = "look only at packets that match a rule: one or more of "
		  "'[src|dst] port 443,8000-8100', '[src|dst] net "
		  "10.0.0.0/8,2001:db8::/32', 'syn' and 'synack', joined by "
		  "'and'; repeat for more rules. With --compat p0f rules choose "
		  "from what it would report" },
	{ .name = "deny",
	  .argument = "RULE",
	  .commands = COMMAND_PCAP,
	  .type = OPTION_LIST,
	  .offset = AT(deny),
	  .most = { MAX_STRINGS, 0 },
	  .help = "leave out packets that match a rule, even when --allow lets "
		  "them pass; may be repeated" },
	{ .name = "filter",
	  .argument = "EXPR",
	  .commands = COMMAND_PCAP,
	  .type = OPTION_TEXT,
	  .offset = AT(expression),
	  .help = "look only at packets that this tcpdump expression selects; "
		  "one with a blank in it may also stand behind the files" },
	{ .name = "compat",
	  .argument = "p0f",
	  .commands = COMMAND_PCAP,
	  .type = OPTION_WORD,
	  .offset = AT(compat),
	  .words = compat_words,
	  .help = "follow flows and hosts by the rules of p0f 3.09b and report "
		  "what it would report" },
	{ .letter = 'm',
	  .name = "caches",
	  .argument = "CONNS,HOSTS",
	  .commands = COMMAND_PCAP,
	  .type = OPTION_PAIR,
	  .offset = AT(caches),
	  .most = { 100000, 500000 },
	  .help = "with --compat p0f: flows and hosts to remember (default "
		  "1000,10000)" },
	{ .letter = 't',
	  .name = "ages",
	  .argument = "CONN_S,HOST_MIN",
	  .commands = COMMAND_PCAP,
	  .type = OPTION_PAIR,
	  .offset = AT(ages),
	  .most = { 1000000, 1000000 },
	  .help = "with --compat p0f: seconds to remember a flow, minutes to "
		  "remember a host (default 30,120)" },
	{ .name = "workers",
	  .letter = 'w',
	  .argument = "N",
	  .commands = COMMAND_PCAP,
	  .type = OPTION_NUMBER,
	  .offset = AT(workers),
	  .most = { CREW_MOST, 0 },
	  .help = "threads that share the work, 1 to 64 (default 1); the "
		  "output is the same for any number" },
	{ .name = "policy",
	  .argument = "POLICY",
	  .commands = COMMAND_PCAP | COMMAND_DB_CHECK | COMMAND_DB_LIST |
		      COMMAND_DB_TEST | COMMAND_EXPLAIN,
	  .type = OPTION_WORD,
	  .offset = AT(policy),
	  .words = policy_words,
	  .help = "x0f: mend p0f's known slips (default); p0f: keep them" },
	{ .name = "color",
	  .argument = "WHEN",
	  .commands = COMMAND_PCAP,
	  .type = OPTION_WORD,
	  .offset = AT(colour),
	  .words = colour_words,
	  .help = "auto: on a terminal, unless NO_COLOR is set (default); "
		  "always; never" },
	{ .name = "quiet",
	  .letter = 'q',
	  .commands = COMMAND_PCAP,
	  .type = OPTION_FLAG,
	  .offset = AT(quiet),
	  .help = "no summary on standard error" },
	{ .name = "packet",
	  .letter = 'n',
	  .argument = "N",
	  .commands = COMMAND_EXPLAIN,
	  .type = OPTION_NUMBER,
	  .offset = AT(packet),
	  .most = { UINT32_MAX, 0 },
	  .help = "explain this packet of the capture file; the first one is "
		  "1, as in tshark" },
	{ .name = "hex",
	  .letter = 'x',
	  .commands = COMMAND_EXPLAIN,
	  .type = OPTION_FLAG,
	  .offset = AT(hex),
	  .help = "explain a frame given as hexadecimal bytes, with or "
		  "without blanks and colons; - reads them from standard "
		  "input" },
	{ .name = "link",
	  .argument = "TYPE",
	  .commands = COMMAND_EXPLAIN,
	  .type = OPTION_WORD,
	  .offset = AT(link),
	  .words = link_words,
	  .help = "what the bytes of --hex begin with: ethernet (default), or "
		  "raw for the IP header" },
	{ .name = "synack",
	  .commands = COMMAND_EXPLAIN,
	  .type = OPTION_FLAG,
	  .offset = AT(synack),
	  .help = "the signature is of a SYN+ACK, not of a SYN" },
	/* p0f's own, for files */
	{ .name = "read",
	  .letter = 'r',
	  .argument = "FILE",
	  .commands = COMMAND_P0F,
	  .type = OPTION_TEXT,
	  .offset = AT(capture),
	  .once = true,
	  .help = "the capture file to read" },
	{ .name = "database",
	  .letter = 'f',
	  .argument = "FILE",
	  .commands = COMMAND_P0F,
	  .type = OPTION_LIST,
	  .offset = AT(databases),
	  .most = { 1, 0 },
	  .once = true,
	  .help = "the signature database (default /etc/p0f/p0f.fp where there "
		  "is one, else the built-in one that p0f's users know)" },
	{ .name = "output",
	  .letter = 'o',
	  .argument = "FILE",
	  .commands = COMMAND_P0F,
	  .type = OPTION_TEXT,
	  .offset = AT(output),
	  .once = true,
	  .help = "append log lines to this file, too; it must be a regular "
		  "file, and no other process may be writing to it" },
	{ .name = "ages",
	  .letter = 't',
	  .argument = "CONN_S,HOST_MIN",
	  .commands = COMMAND_P0F,
	  .type = OPTION_PAIR,
	  .offset = AT(ages),
	  .most = { 1000000, 1000000 },
	  .once = true,
	  .help = "seconds to remember a connection, minutes to remember a "
		  "host (default 30,120)" },
	{ .name = "caches",
	  .letter = 'm',
	  .argument = "CONNS,HOSTS",
	  .commands = COMMAND_P0F,
	  .type = OPTION_PAIR,
	  .offset = AT(caches),
	  .most = { 100000, 500000 },
	  .once = true,
	  .help = "connections and hosts to remember (default 1000,10000)" },
	/* p0f's own, for live capture */
	REFUSED_BY_P0F('i', "interface"),
	REFUSED_BY_P0F('p', "promiscuous"),
	REFUSED_BY_P0F('L', "list-interfaces"),
	REFUSED_BY_P0F('s', "socket"),
	REFUSED_BY_P0F('S', "socket-limit"),
	REFUSED_BY_P0F('u', "user"),
	REFUSED_BY_P0F('d', "daemon"),
	{ .name = "help",
	  .letter = 'h',
	  .commands = COMMAND_ALL,
	  .type = OPTION_FLAG,
	  .offset = AT(help),
	  .help = "show this help" },
	{ .name = NULL },
};
/* clang-format on */

/* How an option is named in a message: "-f" or "--format". */
struct spelling {
	char text[40];
};

static struct spelling spell(const struct option *option, bool letter)
{
	struct spelling s;

	if (letter)
		snprintf(s.text, sizeof(s.text), "-%c", option->letter);
	else
		snprintf(s.text, sizeof(s.text), "--%s", option->name);
	return s;
}

/* Position of the word [text, text + len), or -1. */
static int find_word(const char *const *words, const char *text, size_t len)
{
	for (int i = 0; words[i]; i++) {
		if (strlen(words[i]) == len && !memcmp(words[i], text, len))
			return i;
	}
	return -1;
}

static int refuse_word(const struct option *option, const char *as,
		       const char *text, size_t len)
{
	char list[128] = "";
	size_t used = 0;

	for (int i = 0; option->words[i] && used < sizeof(list); i++)
		used += (size_t)snprintf(list + used, sizeof(list) - used,
					 "%s%s", i ? ", " : "",
					 option->words[i]);
	complain("%s: '%.*s' is not one of: %s", as, (int)len, text, list);
	return -1;
}

static int store_word(const struct option *option, const char *as,
		      const char *value, uint32_t *to)
{
	int at = find_word(option->words, value, strlen(value));

	if (at < 0)
		return refuse_word(option, as, value, strlen(value));
	*to = (uint32_t)at + 1;
	return 0;
}

static int store_words(const struct option *option, const char *as,
		       const char *value, uint32_t *to)
{
	for (;;) {
		size_t len = strcspn(value, ",");
		int at = find_word(option->words, value, len);

		if (at < 0)
			return refuse_word(option, as, value, len);
		*to |= 1u << at;
		if (!value[len])
			return 0;
		value += len + 1;
	}
}

static int store_list(const struct option *option, const char *as,
		      const char *value, struct strings *to)
{
	if (to->count == option->most.first) {
		complain("%s: given more than %u times", as,
			 option->most.first);
		return -1;
	}
	to->items[to->count++] = value;
	return 0;
}

/* A number from 1 to most that ends with `end`; 0: it is none. */
static uint32_t read_number(const char **text, uint32_t most, char end)
{
	const char *p = *text;
	uint64_t v = 0;

	for (; *p >= '0' && *p <= '9' && v <= most; p++)
		v = v * 10 + (uint64_t)(*p - '0');
	if (*p != end || v > most)
		return 0;
	*text = end ? p + 1 : p;
	return (uint32_t)v;
}

static int store_pair(const struct option *option, const char *as,
		      const char *value, struct pair *to)
{
	const char *p = value;

	to->first = read_number(&p, option->most.first, ',');
	to->second = to->first ? read_number(&p, option->most.second, '\0') : 0;
	if (to->second)
		return 0;
	complain("%s: '%s' is not %s: two numbers, 1 to %u and 1 to %u", as,
		 value, option->argument, option->most.first,
		 option->most.second);
	return -1;
}

static int store_number(const struct option *option, const char *as,
			const char *value, uint32_t *to)
{
	const char *p = value;

	*to = read_number(&p, option->most.first, '\0');
	if (*to)
		return 0;
	complain("%s: '%s' is not a number from 1 to %u", as, value,
		 option->most.first);
	return -1;
}

/* For the types that options with `once` have. */
static bool is_given(const struct option *option, const void *at)
{
	switch (option->type) {
	case OPTION_TEXT:
		return *(const char *const *)at != NULL;
	case OPTION_LIST:
		return ((const struct strings *)at)->count != 0;
	case OPTION_PAIR:
		return ((const struct pair *)at)->first != 0;
	default:
		return false;
	}
}

static int store(struct settings *settings, const struct option *option,
		 const char *as, const char *value)
{
	void *to = (char *)settings + option->offset;

	if (option->once && is_given(option, to)) {
		complain("%s: given more than once", as);
		return -1;
	}
	switch (option->type) {
	case OPTION_FLAG:
		*(bool *)to = true;
		return 0;
	case OPTION_TEXT:
		*(const char **)to = value;
		return 0;
	case OPTION_LIST:
		return store_list(option, as, value, to);
	case OPTION_WORD:
		return store_word(option, as, value, to);
	case OPTION_WORDS:
		return store_words(option, as, value, to);
	case OPTION_NUMBER:
		return store_number(option, as, value, to);
	case OPTION_PAIR:
		return store_pair(option, as, value, to);
	case OPTION_REFUSED:
		complain("%s %s", as, option->help);
		return -1;
	}
	return -1;
}

static const struct option *find_long(const char *name, size_t len,
				      uint32_t command)
{
	for (const struct option *o = option_table; o->name; o++) {
		if (o->commands & command && strlen(o->name) == len &&
		    !memcmp(o->name, name, len))
			return o;
	}
	return NULL;
}

static const struct option *find_letter(char letter, uint32_t command)
{
	for (const struct option *o = option_table; o->name; o++) {
		if (o->commands & command && o->letter == letter)
			return o;
	}
	return NULL;
}

static int unknown_long(const char *name, size_t len, uint32_t command)
{
	char word[40];
	struct suggestion s = { .wrong = word };

	snprintf(word, sizeof(word), "%.*s", (int)len, name);
	for (const struct option *o = option_table; o->name; o++) {
		if (o->commands & command)
			suggest(&s, o->name);
	}
	if (s.best)
		complain("unknown option --%s, did you mean --%s?", word,
			 s.best);
	else
		complain("unknown option --%s, see --help", word);
	return -1;
}

/* The words of the command line that are still to be read. */
struct words {
	char **next;
	char **end;
};

static int take_value(struct settings *settings, const struct option *option,
		      bool letter, const char *value, struct words *words)
{
	struct spelling as = spell(option, letter);

	if (option->argument && !value) {
		if (words->next == words->end) {
			complain("%s needs %s", as.text, option->argument);
			return -1;
		}
		value = *words->next++;
	}
	return store(settings, option, as.text, value);
}

/* --name, --name=VALUE or --name VALUE */
static int take_long(struct settings *settings, uint32_t command,
		     const char *text, struct words *words)
{
	size_t len = strcspn(text, "=");
	const char *value = text[len] ? text + len + 1 : NULL;
	const struct option *option = find_long(text, len, command);

	if (!option)
		return unknown_long(text, len, command);
	if (value && !option->argument) {
		complain("--%s takes no value", option->name);
		return -1;
	}
	return take_value(settings, option, false, value, words);
}

/* -q, -qf VALUE or -qfVALUE */
static int take_letters(struct settings *settings, uint32_t command,
			const char *text, struct words *words)
{
	for (; *text; text++) {
		const struct option *option = find_letter(*text, command);
		const char *value = text[1] ? text + 1 : NULL;

		if (!option) {
			complain("unknown option -%c, see --help", *text);
			return -1;
		}
		if (option->argument)
			return take_value(settings, option, true, value, words);
		if (take_value(settings, option, true, NULL, words))
			return -1;
	}
	return 0;
}

int options_parse(struct settings *settings, uint32_t command, int *argc,
		  char **argv)
{
	struct words words = { argv, argv + *argc };
	char **keep = argv;
	bool options_end = false;

	while (words.next < words.end) {
		char *word = *words.next++;
		int ret = 0;

		if (options_end || word[0] != '-' || !word[1]) {
			*keep++ = word;
			/* p0f's options end where its filter begins */
			options_end |= command == COMMAND_P0F;
		} else if (!strcmp(word, "--"))
			options_end = true;
		else if (word[1] == '-')
			ret = take_long(settings, command, word + 2, &words);
		else
			ret = take_letters(settings, command, word + 1, &words);
		if (ret)
			return ret;
	}
	*argc = (int)(keep - argv);
	return 0;
}
