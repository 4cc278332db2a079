#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
#
# x0f reload, stop and detach against sensors that run, and the guard of a tap
# that becomes the host's own. In a network namespace of its own; needs root.
set -u

if [ -z "${X0F_INSIDE:-}" ]; then
	if ! unshare -n true 2>/dev/null; then
		echo "skipped: no network namespace: needs root"
		exit 77
	fi
	X0F_INSIDE=1 exec unshare -n bash "$0"
fi

X0F=${X0F:?}
run=$(mktemp -d)
failures=0
sensors=()

cleanup() {
	for pid in "${sensors[@]}"; do
		kill -9 "$pid" 2>/dev/null
	done
	rm -rf "$run" "$run".*
}
trap cleanup EXIT

fail() {
	echo "FAILED: $*"
	failures=$((failures + 1))
}

# expect CODE TEXT COMMAND...: that exit code, and output that begins like this
expect() {
	local code=$1 text=$2 out ret
	shift 2
	out=$("$X0F" "$@" --run-dir "$run" 2>&1)
	ret=$?
	if [ $ret -ne "$code" ] || [[ $out != "$text"* ]]; then
		fail "x0f $*: exit code $ret, not $code, or not '$text': $out"
	fi
}

# start NAME OPTIONS...: returns when the sensor takes orders
start() {
	local name=$1
	shift
	"$X0F" live --run-dir "$run" --quiet --name "$name" "$@" \
		>"$run.log" 2>&1 &
	sensors+=($!)
	for _ in {1..200}; do
		"$X0F" status --run-dir "$run" --name "$name" \
			>/dev/null 2>&1 && return
		sleep 0.05
	done
	fail "sensor $name has not started: $(cat "$run.log")"
}

# ended CODE: the sensor that was started last has ended, with this exit code
ended() {
	wait "${sensors[-1]}"
	local ret=$?
	[ $ret -eq "$1" ] || fail "sensor ended with $ret, not $1"
}

has_xdp() {
	ip -o link show xh4a | grep -q xdp
}

ip link set lo up
ip link add xh4a type veth peer name xh4b
ip link set xh4a up
ip link set xh4b up

expect 69 "x0f: no sensor runs in $run" stop
expect 69 "x0f: no sensor runs in $run" reload
expect 69 "x0f: no sensor one runs in $run" reload one
expect 64 "x0f: 'a/b' is no name of a sensor" stop a/b

start one xh4a
start two xh4b
expect 64 "x0f: 2 sensors run in $run: say which of " reload
expect 0 "generation 2: " reload two
expect 0 "generation 2: " reload --name one
expect 64 "x0f: one sensor at a time" reload one --name two
expect 0 "sensor two has stopped" stop two
[ ! -e "$run/two.sock" ] || fail "stop came back before the sensor was gone"
ended 0
expect 0 "generation 3: " reload
expect 0 "xh4a: sensor one has stopped" detach xh4a
expect 0 "xh4a: no program of x0f is attached" detach xh4a

# killed: its socket may stay, and is no sensor
start one xh4a
kill -9 "${sensors[-1]}"
wait "${sensors[-1]}" 2>/dev/null
sleep 0.2
expect 69 "x0f: no sensor runs in $run" stop
expect 2 "CRITICAL - one: the sensor is dead, start it again, or x0f stop " \
	status one
expect 0 "sensor one was dead: its files are removed" stop one
[ -z "$(ls -A "$run")" ] || fail "files of a dead sensor: $(ls -A "$run")"
expect 69 "x0f: no sensor one runs in $run" stop one
expect 0 "xh4a: no program of x0f is attached" detach xh4a
echo "no segment" >"$run/one" # what is not a sensor's is left alone
expect 69 "x0f: no sensor one runs in $run" stop one
rm "$run/one" || fail "stop removed a file that is no sensor's"

# a sensor that detach does not know of comes back, and is named
"$X0F" live --run-dir "$run.2" --quiet --name far xh4a >"$run.log" 2>&1 &
sensors+=($!)
for _ in {1..200}; do
	"$X0F" status --run-dir "$run.2" --name far >/dev/null 2>&1 && break
	sleep 0.05
done
expect 69 "x0f: xh4a: was freed, but process ${sensors[-1]} (x0f) has " \
	detach xh4a
"$X0F" stop --run-dir "$run.2" far >/dev/null || fail "cannot stop far"
ended 0

# with clsact, a living sensor's filter is not taken away, seen in /proc or not
start one --hook clsact xh4a
out=$(unshare --pid --fork --mount-proc timeout 10 "$X0F" live \
	--run-dir "$run.2" --quiet --name far --hook clsact xh4a 2>&1)
[[ $out == *"another sensor's filter is there"* ]] ||
	fail "a second sensor with clsact: $out"
expect 0 "sensor one has stopped" stop one
ended 0
start one --hook clsact xh4a
kill -9 "${sensors[-1]}"
wait "${sensors[-1]}" 2>/dev/null
start two --hook clsact xh4a # its filters are a dead one's
expect 0 "sensor two has stopped" stop two
ended 0
expect 0 "xh4a: no program of x0f is attached" detach xh4a

# given an address, a tap is gone within 200 ms
start one --capture tap xh4a
has_xdp || fail "no XDP program is attached"
begun=$(date +%s%N)
ip address add 192.0.2.1/24 dev xh4a
while has_xdp && [ $(($(date +%s%N) - begun)) -lt 5000000000 ]; do
	sleep 0.01
done
ms=$((($(date +%s%N) - begun) / 1000000))
echo "detached $ms ms after the address came"
[ $ms -lt 200 ] || fail "the tap was gone after $ms ms only"
ended 75
"$X0F" live --run-dir "$run" --quiet --capture tap xh4a 2>&1 |
	grep -q "carries the address 192.0.2.1" ||
	fail "tap is not refused where there is an address"

[ $failures -eq 0 ]
