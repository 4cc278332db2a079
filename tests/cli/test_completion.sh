#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
#
# The completion for bash, as bash calls it: words of the line in COMP_WORDS,
# answers in COMPREPLY. Strict shells use it, too.
set -uo pipefail

tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
cd "$tmp" || exit 1
export LC_ALL=C
"$X0F" help completion >completion.bash || exit 1
bash -n completion.bash || exit 1
if command -v shellcheck >/dev/null; then
	shellcheck completion.bash || exit 1
fi
# shellcheck source=/dev/null
. ./completion.bash

complete -p x0f | grep -q -- '-F _x0f x0f' || {
	echo "FAILED: nothing is registered for x0f"
	exit 1
}

failed=0

# answers WORD…: what bash offers for the last word of the line "x0f WORD…"
answers()
{
	COMP_WORDS=(x0f "$@")
	COMP_CWORD=$#
	COMPREPLY=(left over)
	_x0f
	printf '%s\n' "${COMPREPLY[@]}" | sort -u | tr '\n' ' ' |
		sed 's/^ *//; s/ *$//'
}

# expect ANSWERS WORD…: exactly these, in the order of sort
expect()
{
	local wanted=$1 got

	shift
	got=$(answers "$@")
	[ "$got" = "$wanted" ] && return
	echo "FAILED: x0f $*: '$wanted' expected, got '$got'"
	failed=1
}

# offers ANSWER WORD…: this among others; refuses: not this
offers()
{
	local wanted=$1

	shift
	[[ " $(answers "$@") " == *" $wanted "* ]] && return
	echo "FAILED: x0f $*: no '$wanted' in '$(answers "$@")'"
	failed=1
}

refuses()
{
	local unwanted=$1

	shift
	[[ " $(answers "$@") " != *" $unwanted "* ]] && return
	echo "FAILED: x0f $*: '$unwanted' is offered"
	failed=1
}

touch -- capture.pcap mine.fp -dash.pcap
mkdir folder run
touch run/eth0 run/eth0.sock run/office run/office.sock

# commands, groups, help
while read -r first second; do
	offers "$first" ''
	offers "$first" help ''
	if [ -n "$second" ]; then
		offers "$second" "$first" ''
		offers "$second" help "$first" ''
		offers "$second" help man "$first" ''
	fi
done < <("$X0F" help commands)
expect pcap pc
expect completion help comp
expect '' help man comp
expect 'live' help li
expect 'live' help man li
expect '' help live ''

# each option that --help shows, and no others
while read -r -a words; do
	shown=$("$X0F" "${words[@]}" --help | sed -n '/^examples:/q
		s/^  \(-., \|    \)--\([a-z0-9-]*\).*/--\2/p' |
		sort -u | tr '\n' ' ' | sed 's/ $//')
	expect "$shown" "${words[@]}" --
done < <("$X0F" help commands)
expect --format pcap capture.pcap --for
offers -f pcap -
refuses --capture pcap --

# words: one, several, in three pieces
expect 'json' pcap --format j
expect 'json' pcap --format = j
expect 'csv json line p0f text' pcap --format =
expect 'mtu' pcap --only m
expect 'syn,mtu,unknown syn,mtu,uptime' pcap --only syn,mtu,u
expect 'inline tap' live -c ''

# files: of options, as operands, behind --
offers capture.pcap pcap ''
offers capture.pcap pcap -q ''
offers capture.pcap pcap --format json cap
offers mine.fp pcap -f ''
offers mine.fp pcap --database = ''
offers mine.fp db check m
offers mine.fp db test m
expect '-dash.pcap' pcap -- -d
expect '-dash.pcap' pcap -- capture.pcap -d
expect folder live --run-dir fo
expect '' gen ''

# interfaces, users, groups
if [ -d /sys/class/net/lo ]; then
	expect lo live lo
	expect lo live eth0 lo
	expect lo live --quiet -o capture.pcap lo
	expect lo gen -i lo
	expect lo detach lo
fi
expect root live --user root
expect root live --group root

# sensors, in the folder of --run-dir
expect 'eth0 office' status --run-dir run ''
expect 'office' status --run-dir = run o
expect 'office' stop --run-dir run --name o
expect 'eth0' reload --run-dir run e
expect '' live --run-dir run --name ''

# a value that looks like an option is one of the option before it
offers capture.pcap pcap -o -q cap
expect '' explain -n ''
expect '' nosuch ''
expect '' nosuch --

[ "$failed" -eq 0 ] || exit 1
echo "completion is as it should be"
