# SPDX-License-Identifier: MIT
# shellcheck shell=bash disable=SC2034 # its users use them
#
# Sourced by the tests here: installs the build into a folder that goes away
# again, and points pkg-config and the loader at it.
set -euo pipefail

fail()
{
	echo "FAILED: $*"
	exit 1
}

here=$X0F_SOURCE/tests/install
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
prefix=$tmp/prefix
cmake --install "$X0F_BUILD" --prefix "$prefix" >"$tmp/install.log" ||
	fail "cmake --install: $(tail -n 3 "$tmp/install.log")"

libdir=$(dirname "$(find "$prefix" -name libx0f.so)")
export PKG_CONFIG_PATH=$libdir/pkgconfig
# the compiler gets no look at the tree, only at what was installed
cd "$tmp"
