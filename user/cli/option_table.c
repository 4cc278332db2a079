/* SPDX-License-Identifier: MIT */
/*
 * The one table of options: parsing, help texts, and whatever else lists
 * options, come from here. In the order in which help shows them.
 */
#include "crew.h"
#include "options.h"

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
