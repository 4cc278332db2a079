#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
#
# Programs outside of the tree find an installed libx0f, shared and static, by
# pkg-config and by find_package(), also after the prefix was moved.
# shellcheck source-path=SCRIPTDIR source=prefix.sh
. "$(dirname "$0")/prefix.sh"

mv "$prefix" "$tmp/moved"
libdir=${libdir/#$prefix/$tmp/moved}
prefix=$tmp/moved
export PKG_CONFIG_PATH=$libdir/pkgconfig
version=$(pkg-config --modversion x0f)
strict=(-Wall -Wextra -Wpedantic -Werror "-DX0F_EXPECTED_VERSION=\"$version\"")

echo "- each public header compiles by itself"
for header in "$prefix"/include/x0f/*.h; do
	"${CC:-cc}" -std=c11 "${strict[@]}" -fsyntax-only -x c "$header"
	# an outside C++ program may include them too
	! command -v g++ >/dev/null ||
		g++ -std=c++17 "${strict[@]}" -fsyntax-only -x c++ "$header"
done

# shellcheck disable=SC2046 # pkg-config answers with several words
{
	echo "- pkg-config, shared"
	"${CC:-cc}" -std=c11 "${strict[@]}" "$here/outside.c" -o shared \
		$(pkg-config --cflags --libs x0f)
	LD_LIBRARY_PATH=$libdir ./shared
	[[ $(LD_LIBRARY_PATH=$libdir ldd ./shared) == *"$libdir/libx0f.so.0.1"* ]] ||
		fail "the program is not linked with libx0f.so.0.1"

	echo "- pkg-config, static"
	"${CC:-cc}" -std=c11 "${strict[@]}" "$here/outside.c" -o static \
		$(pkg-config --cflags x0f) -Wl,-Bstatic \
		$(pkg-config --static --libs x0f) -Wl,-Bdynamic
	./static
	[[ $(ldd ./static) != *libx0f* ]] || fail "the program wants libx0f.so"
}

echo "- find_package, shared and static"
cmake -S "$here/consumer" -B consumer -G Ninja -DCMAKE_PREFIX_PATH="$prefix" \
	-DCMAKE_C_COMPILER="${CC:-cc}" -DEXPECTED_VERSION="$version" >cmake.log
cmake --build consumer >cmake.log || fail "$(cat cmake.log)"
consumer/with_x0f
consumer/with_static
