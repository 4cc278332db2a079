#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
#
# Runs fuzz targets, one after the other, each until it found no new edge for
# a while. New inputs are kept in a folder of their own; merge what is worth
# keeping into tests/fuzz/corpus/TARGET afterwards.
#
#     tests/fuzz/until_quiet.sh FOLDER SECONDS TARGET...     (fuzz_decode ...)
set -euo pipefail
cd "$(dirname "$0")/../.."
[ $# -ge 3 ] || { sed -n '4,9s/^# \{0,1\}//p' "$0" >&2; exit 64; }
folder=$1 seconds=$2
shift 2
for target; do
	mkdir -p "$folder/$target"
	before=-1 edges=0
	while [ "$edges" != "$before" ]; do
		before=$edges
		log=$folder/$target.log
		if ! "build/fuzz/tests/$target" -max_total_time="$seconds" \
			-artifact_prefix="$folder/$target-" -max_len=4096 \
			"$folder/$target" "tests/fuzz/corpus/$target" 2>"$log"
		then
			tail -n 40 "$log"
			echo "$target: FINDING, see $folder"
			exit 1
		fi
		edges=$(sed -n 's/.* cov: \([0-9]*\) .*/\1/p' "$log" | tail -n 1)
		runs=$(sed -n 's/^Done \([0-9]*\) runs.*/\1/p' "$log" | tail -n 1)
		echo "$target: $edges edges (before: $before), $runs runs in $seconds s"
	done
done
