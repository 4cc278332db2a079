/* SPDX-License-Identifier: MIT */
/*
 * Which packets of capture files are looked at: --allow, --deny, and a
 * tcpdump expression. One thread builds it and shows it packets; the filter
 * may be asked by any.
 */
#ifndef X0F_CLI_SELECTION_H
#define X0F_CLI_SELECTION_H

#include "options.h"

#include "../capture/expression.h"
#include "../capture/filter.h"

/* Link types in one run; of more, the last is compiled again and again. */
#define SELECTION_LINKS 8

struct selection_link {
	uint32_t dlt;
	struct expression *compiled;
};

struct selection {
	struct filter *filter;	/* NULL: no rules */
	const char *expression; /* NULL: none */
	bool is_operand;	/* the expression stood behind the files */
	struct selection_link links[SELECTION_LINKS];
	uint32_t link_count;
	char message[256]; /* libpcap's, on an expression */
};

/*
 * Reads the rules. An expression as the last operand is taken off *argc: an
 * operand with a blank in it that is no file, behind a file. An expression
 * that was not quoted is refused. Returns EXIT_OK or an exit code: complained.
 */
int selection_open(struct selection *selection, const struct settings *settings,
		   int *argc, char **argv);

/*
 * Whether the expression selects the packet, 0 or 1, or -ENOMEM, or -EINVAL:
 * it does not compile for this link type, see message. A link type that is
 * not decoded is for others to complain of: 1.
 */
int selection_has(struct selection *selection,
		  const struct capture_packet *packet);

/* Says that the expression did not compile, with libpcap's `text`. */
void selection_complain(const struct selection *selection, const char *text);

void selection_close(struct selection *selection);

#endif
