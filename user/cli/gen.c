/* SPDX-License-Identifier: MIT */
/*
 * The command "gen": frames for demonstrations, tests and benchmarks.
 */
#include "command.h"
#include "database.h"
#include "gen.h"
#include "interrupt.h"
#include "message.h"
#include "namespace.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define SAME(name)                                              \
	_Static_assert((int)MIX_##name == (int)GENERATE_##name, \
		       "words of --mix and parts disagree")
SAME(SYSTEMS);
SAME(POPULAR);
SAME(FLOOD);
SAME(MALFORMED);
SAME(VLAN);
SAME(IPV6);
SAME(DATA);
SAME(UNKNOWN);

/* Longer than any signature: p0f prints at most 24 options */
#define SIGNATURE_BYTES 512

/*
 * The TTL of raw_sig is that of a packet: TTL+DIST, or TTL+? where nobody
 * knows. A signature that says TTL+DIST means a packet like that, too.
 */
static uint8_t read_hops(char *text)
{
	char *ttl = strchr(text, ':');
	char *plus = ttl ? ttl + 1 + strspn(ttl + 1, "0123456789") : NULL;
	long hops;

	if (!plus || *plus != '+')
		return 0;
	if (plus[1] == '?') {
		memmove(plus, plus + 2, strlen(plus + 2) + 1);
		return 0;
	}
	hops = strtol(plus + 1, NULL, 10);
	return (uint8_t)(hops < 0 || hops > UINT8_MAX ? 0 : hops);
}

static int read_signature(const struct settings *settings, struct x0f_sig *sig,
			  uint8_t *hops)
{
	const char *given = settings->signature;
	char text[SIGNATURE_BYTES];
	struct x0f_error error;

	if (strlen(given) >= sizeof(text)) {
		complain("--signature: %.40s...: too long for a signature",
			 given);
		return EXIT_USAGE;
	}
	strcpy(text, given);
	*hops = read_hops(text);
	if (x0f_sig_parse(sig, text, strlen(text), X0F_POLICY_X0F, &error)) {
		complain("--signature: %s: column %u: %s", given, error.column,
			 error.message);
		return EXIT_USAGE;
	}
	sig->kind = settings->synack ? X0F_KIND_SYNACK : X0F_KIND_SYN;
	return EXIT_OK;
}

static int check_settings(const struct settings *settings)
{
	int ways = (settings->output != NULL) +
		   (settings->to_interface != NULL) +
		   (settings->live_frames != NULL);

	if (ways != 1) {
		complain("%s: give one of --output FILE, --interface IFACE "
			 "and --live-frames IFACE",
			 ways ? "gen has one destination" :
				"gen needs a destination");
		return EXIT_USAGE;
	}
	if (settings->synack && !settings->signature) {
		complain("--synack says what --signature is of, which was not "
			 "given");
		return EXIT_USAGE;
	}
	if (settings->output && !strcmp(settings->output, "-") &&
	    isatty(STDOUT_FILENO)) {
		complain("standard output is a terminal: give -o a file, or "
			 "send it to another program");
		return EXIT_USAGE;
	}
	return EXIT_OK;
}

static int open_generator(struct gen *gen, const struct x0f_db *db)
{
	const struct settings *settings = gen->settings;
	struct generator_options options = {
		.db = db,
		.mix = settings->mix,
		.seed = settings->seed ? settings->seed - 1 : 0,
	};
	struct problem problem;
	struct x0f_sig sig;
	int ret = EXIT_OK;

	if (settings->signature) {
		ret = read_signature(settings, &sig, &options.hops);
		options.signature = &sig;
	}
	if (ret)
		return ret;
	if (!generator_open(&gen->generator, &options, &problem))
		return EXIT_OK;
	if (!settings->signature) {
		complain("%s", problem.text);
		return EXIT_CONFIG;
	}
	complain("--signature: %s: %s", settings->signature, problem.text);
	return EXIT_USAGE;
}

static void print_summary(const struct gen *gen)
{
	uint32_t impossible = generator_impossible(gen->generator);
	double seconds = (double)gen->took_ns / 1e9;

	if (impossible)
		complain("warning: %u signature%s left out: no packet can be "
			 "like that, see x0f db test",
			 impossible, impossible == 1 ? "" : "s");
	complain("%llu frame%s, %llu bytes in %.3f s, %.0f frames/s",
		 (unsigned long long)gen->frames, gen->frames == 1 ? "" : "s",
		 (unsigned long long)gen->bytes, seconds,
		 seconds > 0 ? (double)gen->frames / seconds : 0.0);
}

static int run_ways(struct gen *gen)
{
	const struct settings *settings = gen->settings;
	int ret;

	gen->count = settings->count ? settings->count :
				       generator_once(gen->generator);
	interrupt_watch();
	if (settings->output)
		ret = gen_to_file(gen);
	else if (settings->to_interface)
		ret = gen_to_interface(gen);
	else
		ret = gen_to_live_frames(gen);
	if (gen->frames)
		print_summary(gen);
	return ret;
}

static int run_gen(const struct settings *settings, int argc, char **argv)
{
	struct gen gen = { .settings = settings };
	struct database database;
	int ret = check_settings(settings);

	(void)argc;
	(void)argv;
	if (!ret)
		ret = namespace_enter(settings);
	if (!ret)
		ret = database_open(&database, settings, X0F_POLICY_X0F);
	if (ret)
		return ret;
	ret = open_generator(&gen, database.db);
	if (!ret)
		ret = run_ways(&gen);
	generator_close(gen.generator);
	database_close(&database);
	return ret;
}

const struct command command_gen = {
	.name = "gen",
	.area = AREA_UNDERSTAND,
	.operands = "",
	.bit = COMMAND_GEN,
	.summary = "make packets, for demonstrations, tests and benchmarks",
	.description =
		"Makes Ethernet frames: of every system in the signature "
		"databases, of one signature, or a mix with floods, damaged "
		"headers and other traffic. Clients are in 10.0.0.0/8 and "
		"2001:db8:c::/64, servers in 198.18.0.0/24 and "
		"2001:db8:5::/64. The same seed gives the same bytes on every "
		"machine.",
	.examples = {
		{ "x0f gen --count 20 -o - | x0f pcap -",
		  "make packets, and name them" },
		{ "x0f gen --mix systems,malformed --count 10000 -o frames.pcap",
		  "a capture file to test with" },
		{ "sudo x0f gen --mix flood --rate 1000 --count 5000 -i veth0",
		  "out of an interface" },
		{ "sudo x0f gen --live-frames veth1 --count 10000000",
		  "millions per second, for a tap on veth1" },
	},
	.run = run_gen,
};
