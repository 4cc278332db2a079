/* SPDX-License-Identifier: MIT */
/*
 * The options of all commands: one table, from which the parser, the help
 * texts, and the keys of the configuration file (config.h) come. Called by
 * main() once, before anything else happens; one thread.
 */
#ifndef X0F_CLI_OPTIONS_H
#define X0F_CLI_OPTIONS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Each command is one bit, so that an option can belong to several. */
enum command_bit {
	COMMAND_PCAP = 1u << 0,
	COMMAND_DB_CHECK = 1u << 1,
	COMMAND_DB_LIST = 1u << 2,
	COMMAND_P0F = 1u << 3,
	COMMAND_DB_TEST = 1u << 4,
	COMMAND_EXPLAIN = 1u << 5,
	COMMAND_LIVE = 1u << 6,
	COMMAND_RELOAD = 1u << 7,
	COMMAND_STOP = 1u << 8,
	COMMAND_STATUS = 1u << 9,
	COMMAND_DETACH = 1u << 10,
	COMMAND_GEN = 1u << 11,
	COMMAND_DEMO = 1u << 12,
	COMMAND_CHECK = 1u << 13,
	COMMAND_EXPORTER = 1u << 14,
};

/* Those that run for long: they take a configuration file, see config.h. */
#define COMMAND_SERVICES (COMMAND_LIVE | COMMAND_EXPORTER)

/* -f and -F may be given so often each; each database is a file to read. */
#define MAX_LIST 30

/* --allow and --deny: as many as there may be rules */
#define MAX_STRINGS 64

struct strings {
	const char *items[MAX_STRINGS];
	uint32_t lines[MAX_STRINGS]; /* of the configuration file, or 0 */
	uint32_t count;
};

struct pair {
	uint32_t first;
	uint32_t second;
};

/* Words are stored by position, from 1; 0 means "not given". */
enum compat_word { COMPAT_P0F = 1 };
enum policy_word { POLICY_X0F = 1, POLICY_P0F };
enum link_word { LINK_ETHERNET = 1, LINK_RAW };
enum colour_word { COLOUR_AUTO = 1, COLOUR_ALWAYS, COLOUR_NEVER };
enum kind_word { KIND_INLINE = 1, KIND_TAP };
enum hook_word { HOOK_WORD_AUTO = 1, HOOK_WORD_TCX, HOOK_WORD_CLSACT };
enum bind_word {
	BIND_WORD_AUTO = 1,
	BIND_WORD_ZERO_COPY,
	BIND_WORD_COPY,
	BIND_WORD_GENERIC
};

/* What `x0f gen` mixes; bits in the order of the words. */
enum mix_bit {
	MIX_SYSTEMS = 1u << 0,	 /* every signature of the database */
	MIX_POPULAR = 1u << 1,	 /* 90 % of six everyday systems */
	MIX_FLOOD = 1u << 2,	 /* one SYN, random sources */
	MIX_MALFORMED = 1u << 3, /* damaged headers */
	MIX_VLAN = 1u << 4,	 /* one and two tags */
	MIX_IPV6 = 1u << 5,	 /* systems over IPv6, extension headers */
	MIX_DATA = 1u << 6,	 /* segments that are no handshake */
	MIX_UNKNOWN = 1u << 7,	 /* SYNs that no signature names */
};

/* Sets of words are bits in the order of the words. */
enum only_bit {
	ONLY_SYN = 1u << 0,
	ONLY_SYNACK = 1u << 1,
	ONLY_MTU = 1u << 2,
	ONLY_UPTIME = 1u << 3,
	ONLY_UNKNOWN = 1u << 4,
};

/* Who said it, the weakest first. */
enum rank {
	RANK_DEFAULT, /* nobody */
	RANK_SECTION, /* the file, for all sensors */
	RANK_NAMED,   /* the file, for the sensor of this name */
	RANK_ENVIRONMENT,
	RANK_TYPED, /* on the command line */
};

struct origin {
	enum rank rank;
	uint32_t line;	  /* 0: of no file */
	const char *file; /* NULL: of none */
};

/* Rows of the option table, and some to spare. */
#define OPTIONS_MOST 192

/* Everything that options can say; all 0 when none was given. */
struct settings {
	struct origin origins[OPTIONS_MOST]; /* by row of the table */
	const char *config;		     /* --config */
	struct strings databases;	     /* -f */
	struct strings front_databases;	     /* -F */
	struct strings allow;
	struct strings deny;
	const char *expression; /* --filter */
	const char *output;	/* -o */
	const char *capture;	/* p0f -r */
	struct pair caches;	/* -m */
	struct pair ages;	/* -t */
	uint32_t format;	/* position in printer_formats, from 1 */
	uint32_t compat;
	uint32_t policy;
	uint32_t colour;
	uint32_t only;
	uint32_t workers; /* 0: not given */
	uint32_t packet;  /* 0: not given */
	uint32_t link;
	/* live capture */
	struct strings interfaces;
	const char *name; /* of the sensor; of its run files */
	const char *run_dir;
	const char *netns;
	const char *user;
	const char *group;
	uint32_t kind;	       /* enum kind_word */
	uint32_t hook;	       /* enum hook_word */
	uint32_t bind;	       /* enum bind_word */
	uint32_t frames;       /* per queue */
	uint32_t ring_records; /* per worker */
	uint32_t header_ring;  /* KiB per CPU */
	uint32_t rate_limit;   /* lines per second and one; 0: not given */
	bool pass_rest;
	const char *listen; /* ADDRESS:PORT */
	bool wait_interface;
	bool first_only; /* --new */
	bool json;
	/* gen */
	const char *signature;
	const char *to_interface;
	const char *live_frames;
	uint32_t mix;	/* enum mix_bit */
	uint32_t seed;	/* and one; 0: not given */
	uint32_t count; /* of frames */
	uint32_t rate;	/* frames per second */
	bool memory;	/* demo */
	bool hex;
	bool synack;
	bool check_config;
	bool dump_config;
	bool quiet;
	bool help;
};

enum option_type {
	OPTION_FLAG,	/* bool */
	OPTION_TEXT,	/* const char * */
	OPTION_LIST,	/* struct strings, most.first of them */
	OPTION_WORD,	/* uint32_t: which of the words, from 1 */
	OPTION_WORDS,	/* uint32_t: bits, words joined by commas */
	OPTION_NUMBER,	/* uint32_t: from 1 to most.first */
	OPTION_AMOUNT,	/* uint32_t: from 0 to most.first, stored as that + 1 */
	OPTION_PAIR,	/* struct pair: two numbers, each from 1 */
	OPTION_REFUSED, /* known, not taken; help says why, as an error */
};

struct option {
	const char *name;     /* without the dashes */
	char letter;	      /* 0: none */
	const char *argument; /* NULL for flags */
	uint32_t commands;    /* enum command_bit */
	enum option_type type;
	size_t offset; /* in struct settings */
	const char *const *words;
	struct pair most;     /* largest numbers */
	uint32_t power_from;  /* numbers: a power of two, from here; 0: any */
	bool once;	      /* giving it twice is an error, as in p0f */
	bool typed_only;      /* is no key of the configuration file */
	const char *standard; /* what holds where nobody says it, as a value;
			       * NULL: it depends, or there is none. Words: the
			       * first; flags: no */
	const char *help;
};

/* Ends with a row whose name is NULL. */
extern const struct option option_table[];

/*
 * Reads the options of one command. What is no option stays in argv, in
 * order, and is counted by *argc. Returns 0, or -1: complained.
 */
int options_parse(struct settings *settings, uint32_t command, int *argc,
		  char **argv);

/* Whether it can stand in the section of this command in a file. */
bool option_is_key(const struct option *option, uint32_t command);

/* The row of an option of a command, or NULL. */
const struct option *option_find(const char *name, uint32_t command);

static inline struct origin *option_origin(struct settings *settings,
					   const struct option *option)
{
	return &settings->origins[option - option_table];
}

/*
 * Stores one value that came from `origin`; the text must stay. as: how the
 * message begins. value NULL: a flag without one. Returns 0, or -1: complained.
 */
int option_store(struct settings *settings, const struct option *option,
		 const struct origin *origin, const char *as,
		 const char *value);

/* Takes over what nobody stronger has said. */
void options_fill(struct settings *settings, const struct settings *weaker,
		  uint32_t command);

/* How an option was given: "--ring", "/etc/x0f.conf:7: ring". */
struct spelling {
	char text[1100];
};

struct spelling option_spell(const struct option *option,
			     const struct origin *origin);

/* For messages about a value that is wrong. */
struct spelling option_given(const struct settings *settings, const char *name);

/* The same for one item of a list. */
struct spelling option_given_item(const struct settings *settings,
				  const char *name, const struct strings *list,
				  uint32_t item);

/* The exit code where the value of this option is wrong. */
int option_mistake(const struct settings *settings, const char *name);

#endif
