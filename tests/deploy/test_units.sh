#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
#
# What is installed for systemd: units that it accepts, that expose little, and
# that the program can live in; the user, the folder, the configuration.
set -euo pipefail

fail()
{
	echo "FAILED: $*"
	exit 1
}

if ! command -v systemd-analyze >/dev/null; then
	echo "skipped: no systemd-analyze here"
	exit 77
fi

tmp=$(mktemp -d)
space=x0fdp$$
clean()
{
	ip netns del "$space" 2>/dev/null || true
	rm -rf "$tmp"
}
trap clean EXIT
trap 'exit 143' TERM INT
chmod 755 "$tmp"
prefix=$tmp/prefix
units=$prefix/lib/systemd/system

install_tree()
{
	cmake --install "$X0F_BUILD" --prefix "$prefix" --component program \
		>"$tmp/install.log" || fail "$(tail -n 3 "$tmp/install.log")"
}

# --- installing twice keeps what the administrator wrote ---------------------

install_tree
config=$prefix/etc/x0f/x0f.conf
cmp "$X0F_SOURCE/scripts/deploy/x0f.conf" "$config" || fail "x0f.conf"
echo "# mine" >>"$config"
install_tree
[ "$(tail -n 1 "$config")" = "# mine" ] || fail "x0f.conf was overwritten"

# --- what systemd says of the units ------------------------------------------

judge()
{
	local unit=$1 most=$2 said

	said=$(systemd-analyze verify --man=no --recursive-errors=no \
		"$units/$unit" 2>&1) || fail "verify $unit: $said"
	[ -z "$said" ] || fail "verify $unit: $said"
	said=$(systemd-analyze security --offline=true --threshold="$most" \
		"$units/$unit" 2>&1) || fail "security $unit: $said"
	tail -n 1 <<<"$said"
}

judge x0f@.service 35
judge x0f-exporter.service 15

# the program accepts the command lines that the units have
exec_line()
{
	sed -n "s/^$1=//p" "$units/$2" | sed 's/%i/nothere/g'
}

for unit in x0f@.service x0f-exporter.service; do
	line=$(exec_line ExecStart "$unit")
	[[ $line == "$prefix/bin/x0f "*"$config"* ]] || fail "$unit: $line"
	# shellcheck disable=SC2086 # words of a command
	$line --check-config >"$tmp/said" 2>&1 ||
		fail "$line --check-config: $(cat "$tmp/said")"
done
for key in ExecStart ExecReload; do
	[[ $(exec_line "$key" x0f@.service) == *" --run-dir /run/x0f"* ]] ||
		fail "$key does not say where the sensor is"
done
gives_up_at()
{
	grep -q "^RestartPreventExitStatus=.*\\b$1\\b" "$units/x0f@.service" ||
		fail "exit code $1 would be tried again: $2"
}
echo 'nonsense = 1' >>"$config"
line=$(exec_line ExecStart x0f@.service)
ret=0
$line >"$tmp/said" 2>&1 || ret=$?
gives_up_at "$ret" "bad configuration"
grep -q "x0f.conf:[0-9]*: .*nonsense" "$tmp/said" || fail "$(cat "$tmp/said")"
sed -i '/^nonsense/d' "$config"

if [ -d "$prefix/share/man" ]; then # sanitized builds print none
	while read -r page; do
		name=${page#man:}
		file=${name%(*}.${name: -2:1}
		[ -e "$prefix/share/man/man${file##*.}/$file" ] ||
			fail "$page is not installed"
	done < <(sed -n 's/^Documentation=//p' "$units"/*.service | tr ' ' '\n')
fi

# --- the user and the folder -------------------------------------------------

mkdir -p "$tmp/root/etc"
if [ "$(id -u)" != 0 ]; then
	echo "not root: no user, folder and capabilities were tried"
	exit 0
fi
systemd-sysusers --root="$tmp/root" "$prefix/lib/sysusers.d/x0f.conf" \
	>"$tmp/said" 2>&1 || fail "sysusers: $(cat "$tmp/said")"
grep -q '^x0f:.*nologin' "$tmp/root/etc/passwd" || fail "no user x0f"
grep -q '^x0f:' "$tmp/root/etc/group" || fail "no group x0f"
systemd-tmpfiles --root="$tmp/root" --create \
	"$prefix/lib/tmpfiles.d/x0f.conf" >"$tmp/said" 2>&1 ||
	fail "tmpfiles: $(cat "$tmp/said")"
gid=$(sed -n 's/^x0f:[^:]*:\([0-9]*\):.*/\1/p' "$tmp/root/etc/group")
[ "$(stat -c '%a %u %g' "$tmp/root/run/x0f")" = "755 0 $gid" ] ||
	fail "/run/x0f: $(stat -c '%a %u %g' "$tmp/root/run/x0f")"

# an instance without a section of its own is an interface
ret=0
"$prefix/bin/x0f" live --config "$config" --name nothere >"$tmp/said" 2>&1 ||
	ret=$?
{ [ "$ret" = 66 ] && grep -q "nothere: no such" "$tmp/said"; } ||
	fail "x0f@nothere: $ret, $(cat "$tmp/said")"

# --- the capabilities are enough, and each is needed -------------------------

if ! command -v setpriv >/dev/null || ! ip netns add "$space"; then
	echo "no network namespaces here: capabilities were not tried"
	exit 0
fi
ip -n "$space" link add s0 type veth peer name p0
ip -n "$space" link set s0 up
ip -n "$space" link set p0 up
caps=$(sed -n 's/^CapabilityBoundingSet=//p' "$units/x0f@.service" |
	sed 's/CAP_//g' | tr 'A-Z ' 'a-z,')

# runs CAPABILITIES MODE [GROUP]: whether a sensor comes up with these, and ends
runs()
{
	local pid ret=1 group=${3-nogroup}

	rm -rf "$tmp/run"
	install -d -m 755 -g nogroup "$tmp/run"
	ip netns exec "$space" setpriv --no-new-privs --regid nogroup \
		--clear-groups --inh-caps=-all \
		--bounding-set "-all,+${1//,/,+}" "$X0F" live s0 \
		--capture "$2" --run-dir "$tmp/run" --quiet \
		${3+--group "$3"} 2>"$tmp/said" &
	pid=$!
	while kill -0 "$pid" 2>/dev/null; do
		if "$X0F" status s0 --run-dir "$tmp/run" >/dev/null 2>&1; then
			# its user's readers get in, and nobody else
			[ "$(stat -c '%a %U %G' "$tmp/run/s0")" = \
				"640 root $group" ] || fail "mode of the results"
			pgrep -P "$pid" -u root >/dev/null &&
				fail "a child of the sensor has stayed root"
			kill "$pid"
			ret=0
			break
		fi
		sleep 0.05
	done
	wait "$pid" || ret=$?
	return "$ret"
}

for mode in inline tap; do
	runs "$caps" "$mode" || fail "$mode with $caps: $(cat "$tmp/said")"
done
# the example of x0f.conf(5): a group that the unit does not have
runs "$caps" inline adm || fail "--group adm with $caps: $(cat "$tmp/said")"
for cap in ${caps//,/ }; do
	[ "$cap" != kill ] || continue # for children that hang, see family.c
	less=$(tr ',' '\n' <<<"$caps" | grep -vx "$cap" | paste -sd,)
	! runs "$less" tap || fail "tap does not need $cap"
done

# --- a tap that the host's use ended is not tried again ----------------------

ret=0
ip netns exec "$space" "$X0F" live s0 --capture tap --run-dir "$tmp/run" \
	--quiet 2>"$tmp/said" &
pid=$!
for _ in {1..100}; do
	"$X0F" status s0 --run-dir "$tmp/run" >/dev/null 2>&1 && break
	sleep 0.05
done
ip -n "$space" address add 192.0.2.1/24 dev s0
wait "$pid" || ret=$?
grep -q 192.0.2.1 "$tmp/said" || fail "not the guard: $(cat "$tmp/said")"
gives_up_at "$ret" "the guard detached it"
ret=0
ip netns exec "$space" "$X0F" live s0 --capture tap --run-dir "$tmp/run" \
	--quiet 2>"$tmp/said" || ret=$?
grep -q 192.0.2.1 "$tmp/said" || fail "not the guard: $(cat "$tmp/said")"
gives_up_at "$ret" "the guard refuses it"
