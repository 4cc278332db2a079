# SPDX-License-Identifier: MIT
# shellcheck shell=bash
#
# What the scripts here share. Sourced, with the repository as the directory.

say()
{
	printf '\n== %s\n' "$*"
}

# need_room: makes sure that there can be builds here.
need_room()
{
	if ! mkdir -p build 2>/dev/null || [ ! -w build ]; then
		echo "$PWD: cannot write here: copy the tree to a folder of yours" >&2
		exit 1
	fi
}

# same_place FOLDER…: removes builds that were copied here with the tree: CMake
# takes a folder for that of its own place only.
same_place()
{
	local folder home

	for folder; do
		[ -e "$folder/CMakeCache.txt" ] || continue
		home=$(sed -n 's/^CMAKE_HOME_DIRECTORY:INTERNAL=//p' \
			"$folder/CMakeCache.txt")
		[ "$home" -ef "$PWD" ] || {
			say "removing $folder, a build of $home"
			rm -rf "$folder"
		}
	done
}

# need PACKAGE…: makes sure that these Debian packages are installed. Ends the
# script where it cannot.
need()
{
	local package state missing=()
	local install=(apt-get install -y --no-install-recommends)

	if ! command -v dpkg-query >/dev/null; then
		echo "not Debian: these have to be there by other means: $*"
		return
	fi
	for package; do
		state=$(dpkg-query -W -f '${db:Status-Abbrev}' "$package" \
			2>/dev/null) || state=
		[[ $state == ?i* ]] || missing+=("$package")
	done
	[ "${#missing[@]}" -gt 0 ] || return 0
	if [ "$(id -u)" != 0 ]; then
		echo "missing packages: ${missing[*]}"
		echo "install them with:"
		echo "    sudo ${install[*]} ${missing[*]}"
		exit 1
	fi
	say "installing ${missing[*]}"
	# tshark's package would ask who may capture
	export DEBIAN_FRONTEND=noninteractive
	# another apt may be at work; a stale index is worth a try
	apt-get -q -o DPkg::Lock::Timeout=300 update ||
		echo "apt-get update failed; trying what is known"
	if ! "${install[@]}" -q -o DPkg::Lock::Timeout=300 "${missing[@]}"; then
		echo "cannot install: ${missing[*]}" >&2
		exit 1
	fi
}

# fetch_tools PACKAGE…: puts the programs of Debian packages into build/tools and
# in the PATH, without installing them: what is installed starts as a service,
# and does so again with every boot. A test that misses one says so.
fetch_tools()
{
	local package tools=$PWD/build/tools

	PATH=$tools/usr/bin:$PATH
	for package; do
		[ -e "$tools/$package.fetched" ] && continue
		say "fetching programs of $package"
		rm -rf "$tools/new"
		mkdir -p "$tools/new"
		# apt's own user cannot write here, and need not
		if (cd "$tools/new" &&
			apt-get -q download -o APT::Sandbox::User=root "$package" &&
			dpkg-deb --fsys-tarfile ./*.deb |
			tar -x -C "$tools" ./usr/bin); then
			touch "$tools/$package.fetched"
		else
			echo "cannot fetch $package; some tests will be skipped"
		fi
		rm -rf "$tools/new"
	done
}
