/* SPDX-License-Identifier: MIT */
/*
 * The completion for bash: tables out of the tables of commands and options,
 * and in front of them a few functions that are the same for every program.
 * See manual.h. One thread.
 */
#include "manual.h"

#include <stdio.h>
#include <string.h>

/* Needs no package bash-completion; COMP_WORDS are bash's own. */
static const char functions[] =
	"# bash completion of x0f, printed by: x0f help completion\n"
	"# shellcheck shell=bash\n"
	"\n"
	"# Answers of _x0f_NAME are in REPLY.\n"
	"\n"
	"_x0f_offer() # WORDS\n"
	"{\n"
	"	mapfile -t COMPREPLY < <(compgen -W \"$1\" -- \"$cur\")\n"
	"}\n"
	"\n"
	"# The last of several words that commas join.\n"
	"_x0f_offer_list() # WORDS\n"
	"{\n"
	"	local done=\n"
	"\n"
	"	[[ $cur == *,* ]] && done=${cur%,*},\n"
	"	compopt -o nospace 2>/dev/null\n"
	"	mapfile -t COMPREPLY < <(compgen -P \"$done\" -W \"$1\" \\\n"
	"		-- \"${cur##*,}\")\n"
	"}\n"
	"\n"
	"# Names of files, without the folder and an ending.\n"
	"_x0f_offer_names() # ENDING PATH...\n"
	"{\n"
	"	local end=$1 path names=()\n"
	"\n"
	"	shift\n"
	"	for path; do\n"
	"		[[ -e ${path%/} ]] || continue\n"
	"		path=${path%/}\n"
	"		path=${path##*/}\n"
	"		names+=(\"${path%\"$end\"}\")\n"
	"	done\n"
	"	_x0f_offer \"${names[*]}\"\n"
	"}\n"
	"\n"
	"_x0f_offer_kind() # KIND [WORD...]\n"
	"{\n"
	"	local kind=${1-}\n"
	"\n"
	"	shift || return\n"
	"	case $kind in\n"
	"	word) _x0f_offer \"$*\" ;;\n"
	"	list) _x0f_offer_list \"$*\" ;;\n"
	"	interface) _x0f_offer_names '' /sys/class/net/*/ ;;\n"
	"	netns) _x0f_offer_names '' /run/netns/* ;;\n"
	"	sensor) _x0f_offer_names .sock \"$run_dir\"/*.sock ;;\n"
	"	user) mapfile -t COMPREPLY < <(compgen -u -- \"$cur\") ;;\n"
	"	group) mapfile -t COMPREPLY < <(compgen -g -- \"$cur\") ;;\n"
	"	folder)\n"
	"		compopt -o filenames 2>/dev/null\n"
	"		mapfile -t COMPREPLY < <(compgen -d -- \"$cur\")\n"
	"		;;\n"
	"	file)\n"
	"		compopt -o filenames 2>/dev/null\n"
	"		mapfile -t COMPREPLY < <(compgen -f -- \"$cur\")\n"
	"		;;\n"
	"	esac\n"
	"}\n"
	"\n"
	"# What stands at the cursor, behind the words of a command.\n"
	"_x0f_argument() # COMMAND FIRST_WORD\n"
	"{\n"
	"	local i word option='' value='' ended='' run_dir=/run/x0f\n"
	"\n"
	"	for ((i = $2; i < COMP_CWORD; i++)); do\n"
	"		word=${COMP_WORDS[i]}\n"
	"		if [[ $value ]]; then\n"
	"			# bash parts --format=json into three words\n"
	"			[[ $word == = ]] && continue\n"
	"			[[ $option == --run-dir ]] && run_dir=$word\n"
	"			value=\n"
	"		elif [[ $word == -- ]]; then\n"
	"			ended=1\n"
	"		elif [[ ! $ended && $word == -?* ]]; then\n"
	"			option=$word\n"
	"			_x0f_value \"$1\" \"$word\"\n"
	"			value=$REPLY\n"
	"		fi\n"
	"	done\n"
	"	if [[ ! $value && ! $ended && $cur == -* ]]; then\n"
	"		_x0f_options \"$1\"\n"
	"		_x0f_offer \"$REPLY\"\n"
	"		return\n"
	"	fi\n"
	"	[[ $value ]] || {\n"
	"		_x0f_operand \"$1\"\n"
	"		value=$REPLY\n"
	"	}\n"
	"	[[ $cur == = ]] && cur=\n"
	"	# shellcheck disable=SC2086 # a kind, and its words\n"
	"	_x0f_offer_kind $value\n"
	"}\n"
	"\n"
	"# x0f COMMAND, x0f help [man] COMMAND; FIRST is where it may stand.\n"
	"_x0f_command() # FIRST MORE_WORDS\n"
	"{\n"
	"	local first=$1 group=\n"
	"\n"
	"	if ((COMP_CWORD > first)); then\n"
	"		group=${COMP_WORDS[first]}\n"
	"		((COMP_CWORD == first + 1)) || return\n"
	"		_x0f_group \"$group\"\n"
	"		_x0f_offer \"$REPLY\"\n"
	"		return\n"
	"	fi\n"
	"	_x0f_group ''\n"
	"	_x0f_offer \"$REPLY $2\"\n"
	"}\n"
	"\n"
	"_x0f()\n"
	"{\n"
	"	local cur=${COMP_WORDS[COMP_CWORD]} REPLY=\n"
	"	local command=${COMP_WORDS[1]-}\n"
	"\n"
	"	COMPREPLY=()\n"
	"	if ((COMP_CWORD == 1)); then\n"
	"		_x0f_command 1 'help --help --version'\n"
	"	elif [[ $command == help && ${COMP_WORDS[2]-} == man &&\n"
	"		$COMP_CWORD -gt 2 ]]; then\n"
	"		_x0f_command 3 ''\n"
	"	elif [[ $command == help ]]; then\n"
	"		_x0f_command 2 'man completion'\n"
	"	elif _x0f_group \"$command\" && [[ $REPLY ]]; then\n"
	"		if ((COMP_CWORD == 2)); then\n"
	"			_x0f_offer \"$REPLY --help\"\n"
	"		else\n"
	"			_x0f_argument \"$command ${COMP_WORDS[2]}\" 3\n"
	"		fi\n"
	"	else\n"
	"		_x0f_argument \"$command\" 2\n"
	"	fi\n"
	"}\n"
	"\n";

/* The first command of each group stands for it. */
static bool opens_group(const struct command *const *at)
{
	for (const struct command *const *c = command_table; c < at; c++) {
		if ((*c)->group && !strcmp((*c)->group, (*at)->group))
			return false;
	}
	return true;
}

static void put_group(const char *group)
{
	printf("	%s) REPLY='", group);
	for (const struct command *const *c = command_table; *c; c++) {
		if ((*c)->group && !strcmp((*c)->group, group))
			printf("%s ", (*c)->name);
	}
	printf("' ;;\n");
}

static void put_groups(void)
{
	printf("_x0f_group() # GROUP, or nothing\n{\n	REPLY=\n"
	       "	case $1 in\n	'') REPLY='");
	for (const struct command *const *c = command_table; *c; c++) {
		if (!(*c)->group)
			printf("%s ", (*c)->name);
		else if (opens_group(c))
			printf("%s ", (*c)->group);
	}
	printf("' ;;\n");
	for (const struct command *const *c = command_table; *c; c++) {
		if ((*c)->group && opens_group(c))
			put_group((*c)->group);
	}
	printf("	esac\n}\n\n");
}

static bool is_of(const struct option *option, const struct command *command)
{
	return option->commands & command->bit &&
	       option->type != OPTION_REFUSED;
}

static void put_options(const struct command *command)
{
	printf("	'%s') REPLY='", command_title(command).text);
	for (const struct option *o = option_table; o->name; o++) {
		if (!is_of(o, command))
			continue;
		if (o->letter)
			printf("-%c ", o->letter);
		printf("--%s ", o->name);
	}
	printf("' ;;\n");
}

/* What is offered for an argument, by how the help calls it. */
static const char *kind_of(const struct option *option,
			   const struct command *command)
{
	static const struct {
		const char *argument;
		const char *kind;
	} kinds[] = {
		{ "FILE", "file" },	  { "DIR", "folder" },
		{ "IFACE", "interface" }, { "USER", "user" },
		{ "GROUP", "group" },
	};

	if (!strcmp(option->name, "netns"))
		return "netns";
	if (!strcmp(option->name, "name"))
		return command->bit == COMMAND_LIVE ? "new" : "sensor";
	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
		if (!strcmp(option->argument, kinds[i].argument))
			return kinds[i].kind;
	}
	return "any";
}

static void put_value(const struct option *option,
		      const struct command *command)
{
	if (option->letter)
		printf("		-%c | --%s) REPLY='", option->letter,
		       option->name);
	else
		printf("		--%s) REPLY='", option->name);
	if (option->words) {
		printf("%s", option->type == OPTION_WORDS ? "list" : "word");
		for (const char *const *w = option->words; *w; w++)
			printf(" %s", *w);
	} else {
		printf("%s", kind_of(option, command));
	}
	printf("' ;;\n");
}

static void put_values(const struct command *command)
{
	printf("	'%s')\n		case $2 in\n",
	       command_title(command).text);
	for (const struct option *o = option_table; o->name; o++) {
		if (is_of(o, command) && o->argument)
			put_value(o, command);
	}
	printf("		esac\n		;;\n");
}

static void put_operand(const struct command *command)
{
	const char *operands = command->operands;
	const char *kind = NULL;

	if (strstr(operands, "FILE"))
		kind = "file";
	else if (strstr(operands, "IFACE"))
		kind = "interface";
	else if (strstr(operands, "NAME"))
		kind = "sensor";
	if (kind)
		printf("	'%s') REPLY='%s' ;;\n",
		       command_title(command).text, kind);
}

static void put_cases(const char *head, void (*put)(const struct command *))
{
	printf("%s\n{\n	REPLY=\n	case $1 in\n", head);
	for (const struct command *const *c = command_table; *c; c++)
		put(*c);
	printf("	esac\n}\n\n");
}

void completion_bash(void)
{
	printf("%s", functions);
	put_groups();
	put_cases("_x0f_options() # COMMAND", put_options);
	put_cases("# The kind, and words; nothing: the option takes no value.\n"
		  "_x0f_value() # COMMAND OPTION",
		  put_values);
	put_cases("_x0f_operand() # COMMAND", put_operand);
	printf("complete -F _x0f x0f\n");
}
