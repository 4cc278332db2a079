/* SPDX-License-Identifier: MIT */
/*
 * The options of all commands: one table, from which the parser and the help
 * texts come. Called by main() once, before anything else happens.
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
};

/* -f and -F may be given so often each; each database is a file to read. */
#define MAX_LIST 30

/* --allow and --deny: as many as there may be rules */
#define MAX_STRINGS 64

struct strings {
	const char *items[MAX_STRINGS];
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

/* Sets of words are bits in the order of the words. */
enum only_bit {
	ONLY_SYN = 1u << 0,
	ONLY_SYNACK = 1u << 1,
	ONLY_MTU = 1u << 2,
	ONLY_UPTIME = 1u << 3,
	ONLY_UNKNOWN = 1u << 4,
};

/* Everything that options can say; all 0 when none was given. */
struct settings {
	struct strings databases;	/* -f */
	struct strings front_databases; /* -F */
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
	bool hex;
	bool synack;
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
	struct pair most; /* largest numbers */
	bool once;	  /* giving it twice is an error, as in p0f */
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

#endif
