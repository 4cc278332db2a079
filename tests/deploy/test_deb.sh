#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
#
# Debian packages on a Debian that has nothing: install, run, remove, purge, and
# nothing is left behind. Packed twice, they are the same bytes. Nothing is
# mounted and no service manager runs in there.
set -euo pipefail

fail()
{
	echo "FAILED: $*"
	exit 1
}

skip()
{
	echo "skipped: $*"
	exit 77
}

[ "$(id -u)" = 0 ] || skip "needs root for debootstrap and chroot"
for tool in debootstrap cpack dpkg-deb dpkg-shlibdeps file; do
	command -v "$tool" >/dev/null || skip "no $tool here"
done
# the packages are for the Debian that they were built on
# shellcheck source=/dev/null
suite=$(. /etc/os-release && echo "${VERSION_CODENAME-}")
[ "$suite" = bookworm ] || skip "this is '$suite', not Debian 12"

tmp=$(mktemp -d "${TMPDIR:-/tmp}/x0f-deb-XXXXXX")
trap 'rm -rf --one-file-system "$tmp"' EXIT
trap 'exit 143' TERM INT
root=$tmp/root

# --- packing -----------------------------------------------------------------

pack()
{
	SOURCE_DATE_EPOCH=1700000000 cpack -G DEB -B "$tmp/$1" \
		--config "$X0F_BUILD/CPackConfig.cmake" >"$tmp/cpack.log" 2>&1 ||
		fail "cpack: $(tail -n 20 "$tmp/cpack.log")"
	(cd "$tmp/$1" && sha256sum ./*.deb)
}

first=$(pack debs)
[ "$(wc -l <<<"$first")" = 3 ] || fail "not three packages: $first"
sleep 1 # another time of day
[ "$(pack again)" = "$first" ] || fail "packed again, other bytes"
deb=$(echo "$tmp"/debs/x0f_*.deb)
if command -v lintian >/dev/null; then
	lintian --allow-root --fail-on error "$tmp"/debs/*.deb || fail "lintian"
fi

# --- a Debian ----------------------------------------------------------------

mirror=$(sed -n 's/^URIs: *\(http[^ ]*\).*/\1/p; s/^deb .*\(http[^ ]*\).*/\1/p' \
	/etc/apt/sources.list /etc/apt/sources.list.d/* 2>/dev/null |
	head -n 1) || true
# takes half of the time; without a network, seconds
debootstrap --variant=minbase "$suite" "$root" \
	"${mirror:-http://deb.debian.org/debian}" >"$tmp/debootstrap.log" 2>&1 ||
	skip "debootstrap: $(tail -n 1 "$tmp/debootstrap.log")"
cp -L /etc/resolv.conf "$root/etc/"
# this root need not survive a power failure
echo force-unsafe-io >"$root/etc/dpkg/dpkg.cfg.d/unsafe"
echo 'Acquire::Languages "none";' >"$root/etc/apt/apt.conf.d/languages"

inside()
{
	chroot "$root" env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin LC_ALL=C.UTF-8 \
		DEBIAN_FRONTEND=noninteractive "$@"
}

apt()
{
	inside apt-get -y -q --no-install-recommends "$@" >"$tmp/apt.log" 2>&1 ||
		fail "apt-get $*: $(tail -n 20 "$tmp/apt.log")"
}

# what dpkg and apt keep about packages that were there, and backups of passwd
list()
{
	(cd "$root" && find . -xdev \
		-path ./proc -prune -o -path ./sys -prune -o \
		-path ./var/lib/dpkg -prune -o -path ./var/lib/apt -prune -o \
		-path ./var/log -prune -o -path ./var/cache -prune -o \
		-path ./root/debs -prune -o \
		-regex '\./etc/\(passwd\|group\|g?shadow\|sub[ug]id\)-' -o \
		-path ./etc/.pwd.lock -o -print) | sort
}

apt update
depends=$(dpkg-deb -f "$deb" Depends | tr ',' '\n' | sed 's/ *(.*//; s/^ //')
# shellcheck disable=SC2086 # words
apt install $depends
mkdir "$root/root/debs"
cp "$tmp"/debs/*.deb "$root/root/debs/"
list >"$tmp/before"

# --- x0f ---------------------------------------------------------------------

apt install "/root/debs/${deb##*/}"
version=$(inside x0f --version)
[ "$version" = "$("$X0F" --version)" ] || fail "version: $version"
cp "$X0F_SOURCE"/tests/data/*.pcap "$root/root/debs/"
for capture in "$root"/root/debs/*.pcap; do
	inside x0f pcap -q "/root/debs/${capture##*/}" >"$tmp/findings" ||
		fail "x0f pcap ${capture##*/}"
done
grep -q 'OS: ' "$tmp/findings" || fail "x0f pcap found nothing"
inside x0f demo --memory >"$tmp/said" 2>&1 ||
	fail "x0f demo: $(tail -n 5 "$tmp/said")"
inside x0f live --config /etc/x0f/x0f.conf --check-config ||
	fail "the configuration that comes with it is not good"
inside x0f db check /usr/share/x0f/x0f.fp /usr/share/x0f/legacy.fp \
	>"$tmp/said" || fail "x0f db check: $(cat "$tmp/said")"
# what only the exporter needs is recommended
dpkg-deb -f "$deb" Recommends | grep -q libmicrohttpd12 || fail "Recommends"
ret=0
inside x0f exporter >"$tmp/said" 2>&1 || ret=$?
{ [ "$ret" = 69 ] && grep -q "install libmicrohttpd12" "$tmp/said"; } ||
	fail "exporter without libmicrohttpd: $ret, $(cat "$tmp/said")"
inside getent passwd x0f | grep -q nologin || fail "no user x0f"
[ "$(stat -c %a "$root/run/x0f")" = 755 ] || fail "no /run/x0f"
for file in usr/share/doc/x0f/copyright usr/lib/systemd/system/x0f@.service \
	usr/lib/systemd/system/x0f-exporter.service \
	usr/lib/tmpfiles.d/x0f.conf usr/lib/sysusers.d/x0f.conf \
	usr/share/man/man1/x0f.1.gz \
	usr/share/bash-completion/completions/x0f; do
	[ -e "$root/$file" ] || fail "$file is not there"
done
grep -q '^ExecStart=/usr/bin/x0f .*/etc/x0f/x0f.conf' \
	"$root/usr/lib/systemd/system/x0f@.service" || fail "paths in the unit"
grep -q common-licenses/LGPL-2.1 "$root/usr/share/doc/x0f/copyright" ||
	fail "no notice of the LGPL"

# an upgrade keeps what the administrator wrote; so does a removal
echo "# mine" >>"$root/etc/x0f/x0f.conf"
apt install --reinstall "/root/debs/${deb##*/}"
apt remove x0f
[ "$(tail -n 1 "$root/etc/x0f/x0f.conf")" = "# mine" ] ||
	fail "x0f.conf was changed"
[ ! -e "$root/usr/bin/x0f" ] || fail "x0f is still there"
apt install "/root/debs/${deb##*/}"

# --- the library -------------------------------------------------------------

apt install "/root/debs/$(basename "$tmp"/debs/libx0f0.1_*.deb)" \
	"/root/debs/$(basename "$tmp"/debs/libx0f-dev_*.deb)"
inside sh -c 'ldconfig -p | grep -q libx0f.so.0.1' || fail "no libx0f.so.0.1"
library=$(find "$root/usr/lib" -name libx0f.so)
[ -e "$library" ] || fail "libx0f.so leads nowhere"

# --- and away ----------------------------------------------------------------

apt purge x0f libx0f-dev libx0f0.1
list >"$tmp/after"
diff "$tmp/before" "$tmp/after" || fail "not as it was before"
echo "$(wc -l <"$tmp/after") files, as before"
