/* SPDX-License-Identifier: MIT */
/*
 * What manual pages say beyond the tables of commands and options, as mdoc:
 * see manual.h. No state.
 */
#include "manual.h"

struct manual_part {
	uint32_t command; /* enum command_bit; 0: x0f(1) */
	enum manual_section section;
	const char *text;
};

static const struct manual_part manual_parts[] = {
	{ 0, MANUAL_DESCRIPTION,
	  ".Nm\n"
	  "names the operating system, or the tool, behind a TCP connection\n"
	  "from the segments that open it, SYN and SYN+ACK, and says how far\n"
	  "away it is, over which kind of link, how long it has been up, how\n"
	  "sure the answer is and why.\n"
	  "It only listens: it sends nothing.\n"
	  ".Pp\n"
	  "Signatures have the format of p0f 3, see\n"
	  ".Xr x0f-signatures 5 .\n"
	  "Two databases are built in.\n"
	  "Findings are printed in one of the formats of\n"
	  ".Xr x0f-events 5 .\n"
	  "Live sensors publish them in shared memory as well, see\n"
	  ".Xr x0f-ring 5 .\n"
	  ".Pp\n"
	  ".Nm Cm help Ar command\n"
	  "and\n"
	  ".Nm Ar command Fl Fl help\n"
	  "show the options of a command.\n"
	  ".Nm Cm help man Op Ar command\n"
	  "prints its manual page, and\n"
	  ".Nm Cm help completion\n"
	  "a completion for\n"
	  ".Xr bash 1 :\n"
	  ".Bd -literal -offset indent\n"
	  "x0f help man live | man -l -\n"
	  "source <(x0f help completion)\n"
	  ".Ed\n"
	  ".Pp\n"
	  "Options and operands may come in any order.\n"
	  "The value of a long option stands behind a blank or\n"
	  ".Sq = ,\n"
	  "that of a short one may follow at once.\n"
	  ".Ql \\-\\-\n"
	  "ends the options.\n"
	  "Called by the name p0f, by a link say, the program is\n"
	  ".Xr x0f-p0f 1 .\n"
	  ".Pp\n"
	  "The commands are:\n" },
	{ 0, MANUAL_ENVIRONMENT,
	  ".Bl -tag -width Ds\n"
	  ".It Ev X0F_ Ns Ar OPTION\n"
	  "Long options of\n"
	  ".Xr x0f-live 1\n"
	  "and\n"
	  ".Xr x0f-exporter 1 ,\n"
	  "in capitals and with\n"
	  ".Sq _\n"
	  "for\n"
	  ".Sq - ,\n"
	  "see\n"
	  ".Xr x0f.conf 5 .\n"
	  ".It Ev NO_COLOR\n"
	  "If set and not empty, no colours unless\n"
	  ".Fl Fl color Cm always\n"
	  "asks for them.\n"
	  ".It Ev TZ\n"
	  "The time zone of p0f's log lines.\n"
	  "All other times are in UTC.\n"
	  ".El\n" },
	{ 0, MANUAL_FILES,
	  ".Bl -tag -width Ds\n"
	  ".It Pa /etc/x0f/x0f.conf\n"
	  "Configuration of the services, see\n"
	  ".Xr x0f.conf 5 .\n"
	  ".It Pa /run/x0f\n"
	  "Results and control sockets of running sensors, see\n"
	  ".Xr x0f-ring 5 .\n"
	  ".It Pa share/x0f/x0f.fp , share/x0f/legacy.fp\n"
	  "Copies of the built-in databases, below the prefix that x0f was\n"
	  "installed to.\n"
	  ".It Pa share/x0f/event.schema.json\n"
	  "The JSON schema of findings.\n"
	  ".El\n" },
	{ 0, MANUAL_EXIT,
	  "Those of\n"
	  ".In sysexits.h ,\n"
	  "but for\n"
	  ".Xr x0f-p0f 1 ,\n"
	  ".Xr x0f-status 1\n"
	  "and where a page says otherwise:\n"
	  ".Pp\n"
	  ".Bl -tag -width 4n -compact\n"
	  ".It 0\n"
	  "Done; reading that Ctrl-C ended as well.\n"
	  ".It 64\n"
	  "Wrong option or operand.\n"
	  ".It 65\n"
	  "Not a capture file, or a damaged one; what comes before the damage\n"
	  "is processed.\n"
	  ".It 66\n"
	  "No such file or interface.\n"
	  ".It 69\n"
	  "Not possible here: the kernel or the interface cannot do it,\n"
	  "another program has it, or the sensor that was asked does not run.\n"
	  ".It 70\n"
	  "What\n"
	  ".Xr x0f-demo 1\n"
	  "counted does not add up.\n"
	  ".It 71\n"
	  "Out of memory, or another failure of the system.\n"
	  ".It 74\n"
	  "Reading or writing failed.\n"
	  ".It 75\n"
	  "Not now: an interface of a tap became the host's own, or the network\n"
	  "namespace is gone.\n"
	  ".It 77\n"
	  "No permission; the message names what is missing.\n"
	  ".It 78\n"
	  "A signature file or the configuration is refused, with its line.\n"
	  ".It 130\n"
	  "A second Ctrl-C.\n"
	  ".El\n" },
	{ 0, MANUAL_SEE_ALSO,
	  ".Xr libx0f 3 ,\n"
	  ".Xr x0f-events 5 ,\n"
	  ".Xr x0f-ring 5 ,\n"
	  ".Xr x0f-signatures 5 ,\n"
	  ".Xr x0f.conf 5\n" },
	{ 0, MANUAL_CAVEATS,
	  "A label says which stack sent the packet.\n"
	  "A proxy, a VPN or a load balancer sends its own, and a tool can\n"
	  "imitate any of them.\n" },

	{ COMMAND_LIVE, MANUAL_DESCRIPTION,
	  ".Ss Signals\n"
	  ".Bl -tag -width Ds\n"
	  ".It Dv SIGHUP\n"
	  "Read the databases anew, and open the file of\n"
	  ".Fl o\n"
	  "anew.\n"
	  "If a database is refused, the one in force stays.\n"
	  ".It Dv SIGINT , SIGTERM\n"
	  "Detach, work off what was received, print the summary and end.\n"
	  ".El\n"
	  ".Ss Processes\n"
	  "A supervisor keeps the rights and looks at no packet.\n"
	  "Workers and a printer have none, run as\n"
	  ".Fl Fl user ,\n"
	  "and are replaced when they die or hang, but for the printer.\n"
	  "Killed, a sensor leaves nothing attached, but for the filters of\n"
	  ".Fl Fl hook Cm clsact ,\n"
	  "which it also chooses by itself where the kernel has no TCX, before\n"
	  "6.6: they stay until the next start or\n"
	  ".Xr x0f-detach 1 .\n" },
	{ COMMAND_LIVE, MANUAL_ENVIRONMENT,
	  ".Ev X0F_ Ns Ar OPTION\n"
	  "gives an option a value where the command line does not, see\n"
	  ".Xr x0f.conf 5 .\n" },
	{ COMMAND_LIVE, MANUAL_FILES,
	  ".Bl -tag -width Ds\n"
	  ".It Pa /etc/x0f/x0f.conf\n"
	  "What the services read with\n"
	  ".Fl Fl config .\n"
	  ".It Pa /run/x0f/ Ns Ar NAME\n"
	  "Results and counters of the sensor.\n"
	  ".It Pa /run/x0f/ Ns Ar NAME Ns Pa .sock\n"
	  "Its control socket, for root.\n"
	  ".El\n" },
	{ COMMAND_LIVE, MANUAL_EXIT,
	  "0 when the sensor was stopped.\n"
	  "69: another program has the interface, the kernel cannot do it, or\n"
	  "a tap was refused because the host uses the interface.\n"
	  "75: an interface of a tap became the host's own and was left alone,\n"
	  "or the network namespace that was entered is gone.\n"
	  "Others as\n"
	  ".Xr x0f 1\n"
	  "lists.\n" },
	{ COMMAND_LIVE, MANUAL_SEE_ALSO,
	  ".Xr x0f 1 ,\n"
	  ".Xr x0f-detach 1 ,\n"
	  ".Xr x0f-reload 1 ,\n"
	  ".Xr x0f-status 1 ,\n"
	  ".Xr x0f-stop 1 ,\n"
	  ".Xr x0f-events 5 ,\n"
	  ".Xr x0f-ring 5 ,\n"
	  ".Xr x0f.conf 5 ,\n"
	  ".Xr pcap-filter 7\n" },
	{ COMMAND_LIVE, MANUAL_CAVEATS,
	  "Lines of several CPUs or queues are nearly, not strictly, in the\n"
	  "order of time.\n"
	  "Inline capture does not see what XDP programs send or swallow.\n" },

	{ COMMAND_PCAP, MANUAL_ENVIRONMENT,
	  ".Bl -tag -width Ds\n"
	  ".It Ev NO_COLOR\n"
	  "If set and not empty, no colours.\n"
	  ".It Ev TZ\n"
	  "The time zone of\n"
	  ".Fl Fl format Cm p0f .\n"
	  ".El\n" },
	{ COMMAND_PCAP, MANUAL_EXIT,
	  "0 when all files were read.\n"
	  "65: a file is damaged or no capture; what comes before the damage\n"
	  "was processed.\n"
	  "Others as\n"
	  ".Xr x0f 1\n"
	  "lists.\n" },
	{ COMMAND_PCAP, MANUAL_SEE_ALSO,
	  ".Xr x0f 1 ,\n"
	  ".Xr x0f-explain 1 ,\n"
	  ".Xr x0f-p0f 1 ,\n"
	  ".Xr x0f-events 5 ,\n"
	  ".Xr x0f-signatures 5 ,\n"
	  ".Xr pcap-filter 7\n" },

	{ COMMAND_P0F, MANUAL_EXIT,
	  "Those of p0f: 1 for all that is fatal, else 0.\n" },
	{ COMMAND_P0F, MANUAL_SEE_ALSO,
	  ".Xr x0f 1 ,\n"
	  ".Xr x0f-pcap 1 ,\n"
	  ".Xr x0f-events 5 ,\n"
	  ".Xr x0f-signatures 5 ,\n"
	  ".Xr pcap-filter 7\n" },

	{ COMMAND_STATUS, MANUAL_FILES,
	  ".Bl -tag -width Ds\n"
	  ".It Pa /run/x0f/ Ns Ar NAME\n"
	  "Results and counters of a sensor; who may read it may ask.\n"
	  ".El\n" },
	{ COMMAND_STATUS, MANUAL_EXIT,
	  "Those of monitoring plug-ins; of several sensors the worst:\n"
	  ".Pp\n"
	  ".Bl -tag -width 4n -compact\n"
	  ".It 0\n"
	  "OK.\n"
	  ".It 1\n"
	  "WARNING.\n"
	  ".It 2\n"
	  "CRITICAL.\n"
	  ".It 3\n"
	  "UNKNOWN.\n"
	  ".El\n" },
	{ COMMAND_STATUS, MANUAL_SEE_ALSO,
	  ".Xr x0f 1 ,\n.Xr x0f-live 1 ,\n.Xr x0f-ring 5\n" },
	{ COMMAND_DEMO, MANUAL_EXIT,
	  "0 when all that was sent is in the table, 70 when it does not add\n"
	  "up, or when connections did not succeed.\n"
	  "Others as\n"
	  ".Xr x0f 1\n"
	  "lists.\n" },
	{ COMMAND_DEMO, MANUAL_SEE_ALSO,
	  ".Xr x0f 1 ,\n"
	  ".Xr x0f-check 1 ,\n"
	  ".Xr x0f-gen 1 ,\n"
	  ".Xr x0f-live 1\n" },
	{ COMMAND_CHECK, MANUAL_EXIT,
	  ".Bl -tag -width 4n -compact\n"
	  ".It 0\n"
	  "All is well.\n"
	  ".It 1\n"
	  "It works, with warnings.\n"
	  ".It 69\n"
	  "It cannot capture there.\n"
	  ".El\n"
	  ".Pp\n"
	  "Others as\n"
	  ".Xr x0f 1\n"
	  "lists.\n" },
	{ COMMAND_CHECK, MANUAL_SEE_ALSO,
	  ".Xr x0f 1 ,\n.Xr x0f-live 1 ,\n.Xr ethtool 8 ,\n.Xr ip 8\n" },
	{ COMMAND_EXPORTER, MANUAL_ENVIRONMENT,
	  ".Ev X0F_ Ns Ar OPTION\n"
	  "gives an option a value where the command line does not, see\n"
	  ".Xr x0f.conf 5 .\n" },
	{ COMMAND_EXPORTER, MANUAL_EXIT,
	  "0 when it was stopped, 69 when it cannot listen there, 75 when the\n"
	  "port is in use.\n"
	  "Others as\n"
	  ".Xr x0f 1\n"
	  "lists.\n" },
	{ COMMAND_EXPORTER, MANUAL_SEE_ALSO,
	  ".Xr x0f 1 ,\n"
	  ".Xr x0f-live 1 ,\n"
	  ".Xr x0f-status 1 ,\n"
	  ".Xr x0f-ring 5 ,\n"
	  ".Xr x0f.conf 5\n" },
	{ COMMAND_RELOAD, MANUAL_EXIT,
	  "0 when the databases are in force, 78 when one was refused, 69\n"
	  "when no such sensor runs.\n"
	  "Others as\n"
	  ".Xr x0f 1\n"
	  "lists.\n" },
	{ COMMAND_RELOAD, MANUAL_SEE_ALSO,
	  ".Xr x0f 1 ,\n.Xr x0f-db-check 1 ,\n.Xr x0f-live 1\n" },
	{ COMMAND_STOP, MANUAL_SEE_ALSO, ".Xr x0f 1 ,\n.Xr x0f-live 1\n" },
	{ COMMAND_DETACH, MANUAL_SEE_ALSO,
	  ".Xr x0f 1 ,\n.Xr x0f-live 1 ,\n.Xr x0f-stop 1\n" },
	{ COMMAND_EXPLAIN, MANUAL_SEE_ALSO,
	  ".Xr x0f 1 ,\n.Xr x0f-pcap 1 ,\n.Xr x0f-signatures 5\n" },
	{ COMMAND_GEN, MANUAL_SEE_ALSO,
	  ".Xr x0f 1 ,\n.Xr x0f-db-test 1 ,\n.Xr x0f-signatures 5\n" },
	{ COMMAND_DB_CHECK, MANUAL_EXIT,
	  "0 when all files are in order, 78 when one is refused, 66 when one\n"
	  "cannot be opened.\n"
	  "Warnings change nothing.\n" },
	{ COMMAND_DB_CHECK, MANUAL_SEE_ALSO,
	  ".Xr x0f 1 ,\n.Xr x0f-db-test 1 ,\n.Xr x0f-signatures 5\n" },
	{ COMMAND_DB_LIST, MANUAL_SEE_ALSO,
	  ".Xr x0f 1 ,\n.Xr x0f-signatures 5\n" },
	{ COMMAND_DB_TEST, MANUAL_SEE_ALSO,
	  ".Xr x0f 1 ,\n.Xr x0f-db-check 1 ,\n.Xr x0f-signatures 5\n" },
};

const char *manual_text(uint32_t command_bit, enum manual_section section)
{
	size_t count = sizeof(manual_parts) / sizeof(manual_parts[0]);

	for (size_t i = 0; i < count; i++) {
		if (manual_parts[i].command == command_bit &&
		    manual_parts[i].section == section)
			return manual_parts[i].text;
	}
	return NULL;
}
