#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
#
# The library example in README.md compiles against an installed libx0f, runs,
# and says something.
readme=$X0F_SOURCE/README.md
marker='<!-- example:library -->'
if ! grep -qF "$marker" "$readme"; then
	echo "skipped: README.md has no '$marker'"
	exit 77
fi
# shellcheck source-path=SCRIPTDIR source=prefix.sh
. "$(dirname "$0")/prefix.sh"

# the first ```c block behind the marker
awk -v marker="$marker" '
	index($0, marker) { armed = 1 }
	inside && /^```/  { exit }
	inside            { print }
	armed && /^```c/  { inside = 1 }
' "$readme" >example.c
[ -s example.c ] || fail "no \`\`\`c block behind the marker"

# shellcheck disable=SC2046 # pkg-config answers with several words
"${CC:-cc}" -Wall -Wextra -Werror example.c -o example \
	$(pkg-config --cflags --libs x0f)
LD_LIBRARY_PATH=$libdir ./example >output || fail "the example exits with $?"
[ -s output ] || fail "the example prints nothing"
cat output
