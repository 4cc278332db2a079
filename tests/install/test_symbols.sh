#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
#
# libx0f's binary interface: what the shared library exports is the committed
# list, and the static one and the public headers have all of it.
# shellcheck source-path=SCRIPTDIR source=prefix.sh
. "$(dirname "$0")/prefix.sh"
export LC_ALL=C

sort -u "$here/symbols.txt" >expected
nm -D --defined-only "$libdir/libx0f.so" |
	awk '$2 != "A" { sub(/@.*/, "", $3); print $3 }' | sort -u >exported
diff -u expected exported ||
	fail "libx0f.so does not export what symbols.txt says"

nm --defined-only "$libdir/libx0f.a" 2>/dev/null |
	awk '$2 ~ /^[TDRB]$/ { print $3 }' | sort -u >archive
missing=$(comm -23 expected archive)
[ -z "$missing" ] || fail "libx0f.a lacks: $missing"

cat "$prefix"/include/x0f/*.h | tr '\n\t' '  ' |
	grep -oE 'X0F_API [^;(]*\bx0f_[a-z0-9_]+\(' |
	sed 's/.*\(x0f_[a-z0-9_]*\)($/\1/' | sort -u >declared
diff -u expected declared ||
	fail "the public headers do not declare what symbols.txt says"

[[ $(readelf -d "$libdir/libx0f.so") == *SONAME*"[libx0f.so.0.1]"* ]] ||
	fail "the soname is not libx0f.so.0.1"
for file in bin/x0f share/x0f/legacy.fp share/doc/x0f/LICENSE; do
	[ -e "$prefix/$file" ] || fail "$file is not installed"
done
