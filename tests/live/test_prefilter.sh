#!/bin/bash
# SPDX-License-Identifier: MIT
#
# The programs in the kernel against the same source in user space, see
# kernel_agrees.c: on our own captures, on the corpus where there is one
# beside the source, and on X0F_MUTATIONS random frames; then what test runs
# cannot show, see kernel_paths.c; and what is said where rights lack.
set -euo pipefail

if [ "$(id -u)" != 0 ]; then
	echo "skipped: needs root to load BPF programs"
	exit 77
fi
shopt -s nullglob
captures=("$X0F_SOURCE"/tests/data/*.pcap
	"${X0F_SHARED:-/nonexistent}"/corpus/*/*.{pcap,pcapng,cap,dmp})
"$X0F_BUILD/tests/kernel_agrees" "${captures[@]}"
"$X0F_BUILD/tests/kernel_paths"

# Any of these rights missing: one line that names them.
for missing in bpf perfmon net_admin; do
	code=0
	said=$(setpriv --bounding-set="-$missing,-sys_admin" \
		"$X0F_BUILD/tests/kernel_agrees" 2>&1) || code=$?
	if [ "$code" != 77 ] || [[ $said == *$'\n'* ]] ||
		[[ $said != *"needs root, or CAP_BPF, CAP_NET_ADMIN"* ]]; then
		echo "without CAP_${missing^^}: exit code $code, $said"
		exit 1
	fi
done
