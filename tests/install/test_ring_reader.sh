#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
#
# ring_reader.c, which uses the installed library and nothing of the tree, gets
# every record of a living sensor, and ends when the sensor ends or is killed.
# shellcheck source-path=SCRIPTDIR source=prefix.sh
. "$(dirname "$0")/prefix.sh"

# shellcheck disable=SC2046 # pkg-config answers with several words
"${CC:-cc}" -std=c11 -Wall -Wextra -Wpedantic -Werror "$here/ring_reader.c" \
	-o reader $(pkg-config --cflags --libs x0f)
[ "$(wc -l <"$here/ring_reader.c")" -le 40 ] || fail "that was to be short"

count=6000
seq -f "%.0f 192.0.2.1: Linux 3.11 and newer" 0 $((count - 1)) >expected
echo "missed 0" >>expected
for end in orderly killed; do
	echo "- a sensor that ends: $end"
	mkfifo hold
	"$X0F_BUILD/tests/segment_producer" "$tmp/run" wire $count \
		<hold >said &
	producer=$!
	exec 9>hold # it lives until this is closed
	rm hold
	until [ -s said ]; do sleep 0.02; done
	segment=$(head -n 1 said)
	LD_LIBRARY_PATH=$libdir timeout 60 ./reader "$segment" >printed 9>&- &
	reader=$!
	until grep -q "done" said; do sleep 0.02; done
	[ $end = orderly ] || kill -KILL $producer
	exec 9>&-
	wait $reader || fail "the reader exits with $?"
	wait $producer || [ $end = killed ] || fail "the sensor exits with $?"
	diff expected printed >difference || fail "$(head -n 5 difference)"
	: >said
done
[ -e "$segment" ] || fail "somebody unlinked a killed sensor's segment"
if LD_LIBRARY_PATH=$libdir ./reader "$segment"; then
	fail "a dead sensor's segment was opened"
fi
