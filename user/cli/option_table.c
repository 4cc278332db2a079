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
static const char *const format_words[] = { "text", "p0f",  "json",
					    "csv",  "line", NULL };
static const char *const compat_words[] = { "p0f", NULL };
static const char *const policy_words[] = { "x0f", "p0f", NULL };
static const char *const link_words[] = { "ethernet", "raw", NULL };
static const char *const colour_words[] = { "auto", "always", "never", NULL };
static const char *const kind_words[] = { "inline", "tap", NULL };
static const char *const hook_words[] = { "auto", "tcx", "clsact", NULL };
static const char *const bind_words[] = { "auto", "zero-copy", "copy",
					  "generic", NULL };
static const char *const mix_words[] = { "systems",   "popular", "flood",
					 "malformed", "vlan",	 "ipv6",
					 "data",      "unknown", NULL };
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
		      COMMAND_EXPLAIN | COMMAND_LIVE | COMMAND_GEN,
	  .type = OPTION_LIST,
	  .offset = AT(databases),
	  .most = { MAX_LIST, 0 },
	  .help = "use this signature database instead of the built-in ones; "
		  "repeat for several, the first one wins" },
	{ .name = "add-database",
	  .letter = 'F',
	  .argument = "FILE",
	  .commands = COMMAND_PCAP | COMMAND_DB_LIST | COMMAND_DB_TEST |
		      COMMAND_EXPLAIN | COMMAND_LIVE | COMMAND_GEN,
	  .type = OPTION_LIST,
	  .offset = AT(front_databases),
	  .most = { MAX_LIST, 0 },
	  .help = "put this signature database in front of the others; may "
		  "be repeated" },
	{ .name = "format",
	  .argument = "FORMAT",
	  .commands = COMMAND_PCAP | COMMAND_LIVE,
	  .type = OPTION_WORD,
	  .offset = AT(format),
	  .words = format_words,
	  .help = "text: blocks for people (default); p0f: the lines of p0f's "
		  "log; json: one object per line; csv; line: one line for "
		  "people" },
	{ .name = "output",
	  .letter = 'o',
	  .argument = "FILE",
	  .commands = COMMAND_PCAP,
	  .type = OPTION_TEXT,
	  .offset = AT(output),
	  .help = "write to this file, which is overwritten, instead of "
		  "standard output" },
	{ .name = "output",
	  .letter = 'o',
	  .argument = "FILE",
	  .commands = COMMAND_LIVE,
	  .type = OPTION_TEXT,
	  .offset = AT(output),
	  .help = "add to this file instead of writing to standard output; "
		  "SIGHUP opens it anew, for log rotation" },
	{ .name = "only",
	  .argument = "LIST",
	  .commands = COMMAND_PCAP | COMMAND_LIVE,
	  .type = OPTION_WORDS,
	  .offset = AT(only),
	  .words = only_words,
	  .help = "report only these, joined by commas: syn, synack, mtu, "
		  "uptime, unknown (SYN and SYN+ACK that no signature names)" },
	{ .name = "allow",
	  .argument = "RULE",
	  .commands = COMMAND_PCAP | COMMAND_LIVE,
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
	  .commands = COMMAND_PCAP | COMMAND_LIVE,
	  .type = OPTION_LIST,
	  .offset = AT(deny),
	  .most = { MAX_STRINGS, 0 },
	  .help = "leave out packets that match a rule, even when --allow lets "
		  "them pass; may be repeated" },
	{ .name = "filter",
	  .argument = "EXPR",
	  .commands = COMMAND_PCAP | COMMAND_LIVE,
	  .type = OPTION_TEXT,
	  .offset = AT(expression),
	  .help = "look only at packets that this tcpdump expression selects; "
		  "one with a blank in it may also stand behind the files or "
		  "interfaces" },
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
		      COMMAND_DB_TEST | COMMAND_EXPLAIN | COMMAND_LIVE,
	  .type = OPTION_WORD,
	  .offset = AT(policy),
	  .words = policy_words,
	  .help = "x0f: mend p0f's known slips (default); p0f: keep them" },
	{ .name = "color",
	  .argument = "WHEN",
	  .commands = COMMAND_PCAP | COMMAND_LIVE | COMMAND_DEMO |
		      COMMAND_CHECK,
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
	/* live capture */
	{ .name = "interface",
	  .letter = 'i',
	  .argument = "IFACE",
	  .commands = COMMAND_LIVE,
	  .type = OPTION_LIST,
	  .offset = AT(interfaces),
	  .most = { MAX_STRINGS, 0 },
	  .help = "listen to this interface, as if it stood behind the "
		  "options; may be repeated (default: the one that is called "
		  "like the sensor)" },
	{ .name = "capture",
	  .letter = 'c',
	  .argument = "MODE",
	  .commands = COMMAND_LIVE,
	  .type = OPTION_WORD,
	  .offset = AT(kind),
	  .words = kind_words,
	  .help = "inline: copy headers, touch nothing, for any interface the "
		  "host uses (default); tap: take SYN and SYN+ACK away and "
		  "drop the rest, for a mirror port that nobody else uses" },
	{ .name = "pass-rest",
	  .commands = COMMAND_LIVE,
	  .type = OPTION_FLAG,
	  .offset = AT(pass_rest),
	  .help = "with --capture tap: hand what is neither SYN nor SYN+ACK "
		  "to the host instead of dropping it" },
	{ .name = "hook",
	  .argument = "HOOK",
	  .commands = COMMAND_LIVE,
	  .type = OPTION_WORD,
	  .offset = AT(hook),
	  .words = hook_words,
	  .help = "with --capture inline: auto (default), tcx, or clsact for "
		  "kernels before 6.6" },
	{ .name = "bind",
	  .argument = "MODE",
	  .commands = COMMAND_LIVE,
	  .type = OPTION_WORD,
	  .offset = AT(bind),
	  .words = bind_words,
	  .help = "with --capture tap: how AF_XDP sockets get packets: auto "
		  "tries zero-copy, copy, generic in this order (default)" },
	{ .name = "workers",
	  .letter = 'w',
	  .argument = "N",
	  .commands = COMMAND_LIVE,
	  .type = OPTION_NUMBER,
	  .offset = AT(workers),
	  .most = { 64, 0 },
	  .help = "threads that share queues and CPUs (default: tap one per "
		  "queue, at most 8; inline 1)" },
	{ .name = "frames",
	  .argument = "N",
	  .commands = COMMAND_LIVE,
	  .type = OPTION_NUMBER,
	  .offset = AT(frames),
	  .most = { 65536, 0 },
	  .power_from = 64,
	  .help = "with --capture tap: frames of 2 KiB per queue, a power of "
		  "two from 64 (default: 4096, less with many queues)" },
	{ .name = "header-ring",
	  .argument = "KIB",
	  .commands = COMMAND_LIVE,
	  .type = OPTION_NUMBER,
	  .offset = AT(header_ring),
	  .most = { 65536, 0 },
	  .power_from = 4,
	  .help = "with --capture inline: KiB of header ring per CPU, a power "
		  "of two from 4 (default: 1024, less with many CPUs)" },
	{ .name = "ring",
	  .argument = "N",
	  .commands = COMMAND_LIVE,
	  .type = OPTION_NUMBER,
	  .offset = AT(ring_records),
	  .most = { 1u << 22, 0 },
	  .power_from = 64,
	  .standard = "8192",
	  .help = "results that each worker keeps for readers, 192 bytes "
		  "each, a power of two from 64 (default 8192)" },
	{ .name = "rate-limit",
	  .argument = "LINES",
	  .commands = COMMAND_LIVE,
	  .type = OPTION_AMOUNT,
	  .offset = AT(rate_limit),
	  .most = { 10000000, 0 },
	  .help = "print at most so many findings a second and count the "
		  "others; 0: all (default: 1000 to terminals and files, all "
		  "to pipes)" },
	{ .name = "new",
	  .commands = COMMAND_LIVE,
	  .type = OPTION_FLAG,
	  .offset = AT(first_only),
	  .help = "print only the first sight of a host and label" },
	{ .name = "name",
	  .argument = "NAME",
	  .commands = COMMAND_LIVE | COMMAND_RELOAD | COMMAND_STOP |
		      COMMAND_STATUS,
	  .type = OPTION_TEXT,
	  .offset = AT(name),
	  .help = "name of the sensor (default: its first interface; where "
		  "one sensor runs, that one)" },
	{ .name = "listen",
	  .argument = "ADDRESS:PORT",
	  .commands = COMMAND_EXPORTER,
	  .type = OPTION_TEXT,
	  .offset = AT(listen),
	  .standard = "127.0.0.1:19610",
	  .help = "where to serve; [::]:PORT is for all who can reach this "
		  "host (default 127.0.0.1:19610)" },
	{ .name = "name",
	  .argument = "NAME",
	  .commands = COMMAND_EXPORTER,
	  .type = OPTION_TEXT,
	  .offset = AT(name),
	  .help = "only this sensor, which then is missed while it does not "
		  "run (default: all that run)" },
	{ .name = "run-dir",
	  .argument = "DIR",
	  .commands = COMMAND_LIVE | COMMAND_RELOAD | COMMAND_STOP |
		      COMMAND_STATUS | COMMAND_DETACH | COMMAND_EXPORTER |
		      COMMAND_CHECK,
	  .type = OPTION_TEXT,
	  .offset = AT(run_dir),
	  .standard = "/run/x0f",
	  .help = "folder of sensors' results and control sockets (default "
		  "/run/x0f)" },
	{ .name = "user",
	  .argument = "USER",
	  .commands = COMMAND_LIVE,
	  .type = OPTION_TEXT,
	  .offset = AT(user),
	  .help = "who looks at packets, without any rights (default: x0f "
		  "where there is one, else nobody)" },
	{ .name = "group",
	  .argument = "GROUP",
	  .commands = COMMAND_LIVE,
	  .type = OPTION_TEXT,
	  .offset = AT(group),
	  .help = "who may read the results (default: root only)" },
	{ .name = "netns",
	  .argument = "NAME",
	  .commands = COMMAND_LIVE | COMMAND_GEN | COMMAND_CHECK |
		      COMMAND_DETACH,
	  .type = OPTION_TEXT,
	  .offset = AT(netns),
	  .help = "work in this network namespace: a name that ip netns list "
		  "shows, or a path such as /proc/1234/ns/net, for one of a "
		  "container" },
	{ .name = "wait-interface",
	  .commands = COMMAND_LIVE,
	  .type = OPTION_FLAG,
	  .offset = AT(wait_interface),
	  .help = "wait for interfaces that are not there yet, instead of "
		  "refusing to start" },
	{ .name = "quiet",
	  .letter = 'q',
	  .commands = COMMAND_LIVE,
	  .type = OPTION_FLAG,
	  .offset = AT(quiet),
	  .help = "only publish: no findings, no banner, no summary" },
	{ .name = "json",
	  .commands = COMMAND_STATUS,
	  .type = OPTION_FLAG,
	  .offset = AT(json),
	  .help = "one JSON object with every counter" },
	{ .name = "json",
	  .commands = COMMAND_CHECK,
	  .type = OPTION_FLAG,
	  .offset = AT(json),
	  .help = "one JSON object with every check, its result and its fix" },
	/* gen */
	{ .name = "mix",
	  .argument = "LIST",
	  .commands = COMMAND_GEN,
	  .type = OPTION_WORDS,
	  .offset = AT(mix),
	  .words = mix_words,
	  .help = "what to make, joined by commas: systems (every signature "
		  "of the databases, default), popular (nine of ten are of "
		  "six everyday systems), flood (one SYN, random sources), "
		  "malformed, vlan (systems behind one and two tags), ipv6 "
		  "(systems over it), data (segments that are no handshake, "
		  "UDP, ARP ...), unknown (SYNs that nobody has a name for)" },
	{ .name = "signature",
	  .letter = 's',
	  .argument = "SIG",
	  .commands = COMMAND_GEN,
	  .type = OPTION_TEXT,
	  .offset = AT(signature),
	  .help = "in place of the databases' signatures; as they and raw_sig "
		  "spell it: '4:64:0:1460:mss*44,7:mss,sok,ts,nop,ws:df,id+:0'" },
	{ .name = "synack",
	  .commands = COMMAND_GEN,
	  .type = OPTION_FLAG,
	  .offset = AT(synack),
	  .help = "the signature is of a SYN+ACK, not of a SYN" },
	{ .name = "count",
	  .letter = 'n',
	  .argument = "N",
	  .commands = COMMAND_GEN,
	  .type = OPTION_NUMBER,
	  .offset = AT(count),
	  .most = { UINT32_MAX - 1, 0 },
	  .help = "frames to make (default: each of the mix once); more go on "
		  "with other addresses and in another order" },
	{ .name = "seed",
	  .argument = "N",
	  .commands = COMMAND_GEN,
	  .type = OPTION_AMOUNT,
	  .offset = AT(seed),
	  .most = { UINT32_MAX - 2, 0 },
	  .help = "the same seed gives the same frames (default 0)" },
	{ .name = "output",
	  .letter = 'o',
	  .argument = "FILE",
	  .commands = COMMAND_GEN,
	  .type = OPTION_TEXT,
	  .offset = AT(output),
	  .help = "write a capture file (pcap), - is standard output" },
	{ .name = "interface",
	  .letter = 'i',
	  .argument = "IFACE",
	  .commands = COMMAND_GEN,
	  .type = OPTION_TEXT,
	  .offset = AT(to_interface),
	  .help = "send through a socket, out of this interface" },
	{ .name = "live-frames",
	  .argument = "IFACE",
	  .commands = COMMAND_GEN,
	  .type = OPTION_TEXT,
	  .offset = AT(live_frames),
	  .help = "let the kernel receive the first 4096 of them, again and "
		  "again, on this veth interface, at millions per second, "
		  "for a sensor in mode tap; needs root" },
	{ .name = "rate",
	  .argument = "PPS",
	  .commands = COMMAND_GEN,
	  .type = OPTION_NUMBER,
	  .offset = AT(rate),
	  .most = { 100000000, 0 },
	  .help = "frames per second (default: as fast as it goes; times in a "
		  "file: 1000)" },
	{ .name = "memory",
	  .commands = COMMAND_DEMO,
	  .type = OPTION_FLAG,
	  .offset = AT(memory),
	  .help = "do without root: no interfaces, the packets come from "
		  "memory" },
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
	{ .name = "config",
	  .argument = "FILE",
	  .commands = COMMAND_SERVICES,
	  .type = OPTION_TEXT,
	  .offset = AT(config),
	  .once = true,
	  .typed_only = true,
	  .help = "read options from this file, - is standard input; the "
		  "environment (X0F_RATE_LIMIT for --rate-limit) is stronger, "
		  "the command line strongest. Read when it starts and not "
		  "again, SIGHUP or not" },
	{ .name = "check-config",
	  .commands = COMMAND_SERVICES,
	  .type = OPTION_FLAG,
	  .offset = AT(check_config),
	  .typed_only = true,
	  .help = "say whether the configuration is good, databases and rules "
		  "included, and end; needs no rights and no interface" },
	{ .name = "dump-config",
	  .commands = COMMAND_SERVICES,
	  .type = OPTION_FLAG,
	  .offset = AT(dump_config),
	  .typed_only = true,
	  .help = "print the configuration in force as a file that --config "
		  "reads, with where each value comes from, and end" },
	{ .name = "help",
	  .letter = 'h',
	  .commands = COMMAND_ALL,
	  .type = OPTION_FLAG,
	  .offset = AT(help),
	  .typed_only = true,
	  .help = "show this help" },
	{ .name = NULL },
};

_Static_assert(sizeof(option_table) / sizeof(option_table[0]) <= OPTIONS_MOST,
	       "a place for the origin of each");
