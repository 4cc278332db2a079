/* SPDX-License-Identifier: MIT */
/*
 * The packets that a command is asked to look at. See selection.h.
 */
#include "selection.h"
#include "message.h"

#include <x0f/x0f.h>

#include <errno.h>
#include <string.h>
#include <unistd.h>

static int add_rules(struct selection *selection,
		     const struct settings *settings, enum filter_action action,
		     const char *option, const struct strings *rules)
{
	struct spelling as;
	struct filter_error error;
	int ret;

	for (uint32_t i = 0; i < rules->count; i++) {
		ret = filter_add(selection->filter, action, rules->items[i],
				 &error);
		if (!ret)
			continue;
		as = option_given_item(settings, option, rules, i);
		if (error.column)
			complain("%s '%s': column %u, %s", as.text,
				 rules->items[i], error.column, error.message);
		else
			complain("%s '%s': %s", as.text, rules->items[i],
				 error.message);
		return ret == -ENOMEM ? EXIT_SYSTEM :
					option_mistake(settings, option);
	}
	return EXIT_OK;
}

static int open_filter(struct selection *selection,
		       const struct settings *settings)
{
	int ret;

	if (!settings->allow.count && !settings->deny.count)
		return EXIT_OK;
	selection->filter = filter_new();
	if (!selection->filter) {
		complain("out of memory");
		return EXIT_SYSTEM;
	}
	ret = add_rules(selection, settings, FILTER_ALLOW, "allow",
			&settings->allow);
	if (!ret)
		ret = add_rules(selection, settings, FILTER_DENY, "deny",
				&settings->deny);
	if (!ret && filter_compile(selection->filter)) {
		complain("out of memory");
		ret = EXIT_SYSTEM;
	}
	return ret;
}

static bool is_missing(const char *operand)
{
	return strcmp(operand, "-") && access(operand, F_OK) && errno == ENOENT;
}

static bool is_expression(const char *operand)
{
	return strchr(operand, ' ') && is_missing(operand);
}

/*
 * The first word of an expression that the shell has taken apart, or NULL. A
 * missing file that looks like a path is for the command to complain of.
 */
static const char *find_loose_word(int argc, char **argv)
{
	bool behind_file = false;

	for (int i = 0; i < argc; i++) {
		if (!is_missing(argv[i]))
			behind_file = true;
		else if (behind_file && !strpbrk(argv[i], "./"))
			return argv[i];
	}
	return NULL;
}

int selection_open(struct selection *selection, const struct settings *settings,
		   int *argc, char **argv)
{
	const char *word;

	memset(selection, 0, sizeof(*selection));
	selection->expression = settings->expression;
	if (*argc > 1 && is_expression(argv[*argc - 1])) {
		if (selection->expression) {
			complain("--filter and '%s': no such file, and one "
				 "expression is enough",
				 argv[*argc - 1]);
			return EXIT_USAGE;
		}
		selection->expression = argv[--*argc];
		selection->is_operand = true;
	}
	word = find_loose_word(*argc, argv);
	if (word) {
		complain("'%s': no such file; if it is part of a tcpdump "
			 "expression, put the expression into quotes or use "
			 "--filter",
			 word);
		return EXIT_USAGE;
	}
	return open_filter(selection, settings);
}

/* The place of this link type; its expression may have to be compiled. */
static struct selection_link *find_link(struct selection *selection,
					uint32_t dlt)
{
	struct selection_link *link;

	for (uint32_t i = 0; i < selection->link_count; i++)
		if (selection->links[i].dlt == dlt)
			return &selection->links[i];
	if (selection->link_count < SELECTION_LINKS)
		selection->link_count++;
	link = &selection->links[selection->link_count - 1];
	expression_close(link->compiled);
	link->compiled = NULL;
	link->dlt = dlt;
	return link;
}

int selection_has(struct selection *selection,
		  const struct capture_packet *packet)
{
	struct selection_link *link;
	int ret;

	if (!selection->expression ||
	    x0f_link_from_dlt(packet->dlt) == X0F_LINK_UNKNOWN)
		return 1;
	link = find_link(selection, packet->dlt);
	if (!link->compiled) {
		ret = expression_open(&link->compiled, packet->dlt,
				      selection->expression, selection->message,
				      sizeof(selection->message));
		if (ret)
			return ret;
	}
	return expression_matches(link->compiled, packet);
}

void selection_complain(const struct selection *selection, const char *text)
{
	if (selection->is_operand)
		complain("'%s': no such file, and no tcpdump expression: %s",
			 selection->expression, text);
	else
		complain("--filter '%s': %s", selection->expression, text);
}

void selection_close(struct selection *selection)
{
	for (uint32_t i = 0; i < selection->link_count; i++)
		expression_close(selection->links[i].compiled);
	selection->link_count = 0;
	filter_free(selection->filter);
	selection->filter = NULL;
}
