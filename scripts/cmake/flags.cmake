# SPDX-License-Identifier: MIT
#
# Warnings, and either hardening or sanitizers, for everything in the tree.
include(CheckCCompilerFlag)
include(CheckCSourceCompiles)
include(CheckPIESupported)

check_pie_supported(LANGUAGES C) # without it CMake links no -pie

add_compile_options(-Wall -Wextra -Wshadow -Wconversion -Wstrict-prototypes
	-Wvla -Wmissing-prototypes)
if(X0F_WERROR)
	add_compile_options(-Werror)
endif()

# Adds the first of the flags that the compiler takes. -Werror, because clang
# only warns of a flag that it ignores.
function(x0f_add_flag)
	set(CMAKE_REQUIRED_FLAGS -Werror)
	foreach(flag IN LISTS ARGN)
		string(MAKE_C_IDENTIFIER "HAVE${flag}" known)
		check_c_compiler_flag(${flag} ${known})
		if(${known})
			add_compile_options(${flag})
			return()
		endif()
	endforeach()
endfunction()

# glibc warns of a level that it cannot do with this compiler.
function(x0f_add_fortify)
	set(CMAKE_REQUIRED_FLAGS
		"-Werror -O2 -U_FORTIFY_SOURCE -D_FORTIFY_SOURCE=3")
	check_c_source_compiles(
		"#include <string.h>\nint main(void) { return 0; }"
		X0F_HAVE_FORTIFY_3)
	set(level 2)
	if(X0F_HAVE_FORTIFY_3)
		set(level 3)
	endif()
	# Needs an optimiser. Some distributions predefine another level.
	add_compile_options(
		"$<$<NOT:$<CONFIG:Debug>>:-U_FORTIFY_SOURCE>"
		"$<$<NOT:$<CONFIG:Debug>>:-D_FORTIFY_SOURCE=${level}>")
endfunction()

if(X0F_SANITIZE)
	# Sanitizers check more than the hardening does, and the two disagree
	# about memcpy() and friends.
	set(sanitize "-fsanitize=${X0F_SANITIZE}")
	add_compile_options(${sanitize} -fno-sanitize-recover=all
		-fno-omit-frame-pointer -O1)
	add_link_options(${sanitize})
else()
	x0f_add_flag(-fstack-protector-strong)
	x0f_add_flag(-fstack-clash-protection)
	x0f_add_flag(-fcf-protection -mbranch-protection=standard)
	x0f_add_fortify()
	add_link_options(LINKER:-z,relro,-z,now,-z,noexecstack)
endif()

if(X0F_FUZZ)
	# Coverage for all code; main() comes with -fsanitize=fuzzer, which
	# only the fuzz targets get.
	add_compile_options(-fsanitize=fuzzer-no-link)
	add_link_options(-fsanitize=fuzzer-no-link)
endif()
