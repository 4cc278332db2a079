#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
#
# Manual pages and the completion are where man and bash look for them, and
# there is a page for each command.
# shellcheck source-path=SCRIPTDIR source=prefix.sh
. "$(dirname "$0")/prefix.sh"

man=$prefix/share/man
for page in man1/x0f.1 man3/libx0f.3 man5/x0f.conf.5 man5/x0f-events.5 \
	man5/x0f-ring.5 man5/x0f-signatures.5; do
	[ -s "$man/$page" ] || fail "$page is not installed"
done
while read -r command; do
	[ -s "$man/man1/x0f-${command// /-}.1" ] ||
		fail "no page for x0f $command"
done < <("$prefix/bin/x0f" help commands)
for page in "$man"/man*/*; do
	head -n 5 "$page" | grep -q '^\.Dd ' || fail "$page is no page"
	! grep -q '@keys' "$page" || fail "$page: keys were not filled in"
done

bash -c '. "$1" && complete -p x0f' - \
	"$prefix/share/bash-completion/completions/x0f" >/dev/null ||
	fail "the completion does not load"
