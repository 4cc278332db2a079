# SPDX-License-Identifier: MIT
#
# Manual pages and the completion for bash: printed by the program that was
# just built, so that they cannot tell of other options; pages about files and
# the library lie in user/man. Included by CMakeLists.txt, and run as a script
# (cmake -P) by the build and by tests:
#
#     cmake -DX0F=PROGRAM -DOUT=FOLDER -P manual.cmake
#
# fills FOLDER/man/man1, man3, man5 and FOLDER/completions/x0f.
if(CMAKE_SCRIPT_MODE_FILE)
	cmake_path(GET CMAKE_SCRIPT_MODE_FILE PARENT_PATH source)
	cmake_path(SET source NORMALIZE "${source}/../../user/man")

	# What the program prints, in a variable; it must print something.
	function(x0f_ask out)
		execute_process(COMMAND "${X0F}" help ${ARGN}
			OUTPUT_VARIABLE text COMMAND_ERROR_IS_FATAL ANY)
		if(text STREQUAL "")
			message(FATAL_ERROR "x0f help ${ARGN}: nothing printed")
		endif()
		set(${out} "${text}" PARENT_SCOPE)
	endfunction()

	file(REMOVE_RECURSE "${OUT}/man" "${OUT}/completions")
	x0f_ask(text completion)
	file(WRITE "${OUT}/completions/x0f" "${text}")
	x0f_ask(text man)
	file(WRITE "${OUT}/man/man1/x0f.1" "${text}")
	x0f_ask(commands commands)
	string(REGEX MATCHALL "[^\n]+" commands "${commands}")
	foreach(command IN LISTS commands)
		separate_arguments(words UNIX_COMMAND "${command}")
		list(JOIN words "-" name)
		x0f_ask(text man ${words})
		file(WRITE "${OUT}/man/man1/x0f-${name}.1" "${text}")
	endforeach()

	# The version at the foot of a page, and a line @keys COMMAND@, become
	# what the program says.
	file(STRINGS "${OUT}/man/man1/x0f.1" os REGEX "^\\.Os ")
	file(GLOB pages "${source}/*.[0-9]")
	foreach(page IN LISTS pages)
		cmake_path(GET page EXTENSION LAST_ONLY section)
		string(SUBSTRING "${section}" 1 1 section)
		cmake_path(GET page FILENAME name)
		file(READ "${page}" text)
		string(REPLACE "\n.Os x0f\n" "\n${os}\n" text "${text}")
		string(REGEX MATCHALL "@keys [a-z]+@" marks "${text}")
		foreach(mark IN LISTS marks)
			string(REGEX REPLACE "@keys ([a-z]+)@" "\\1" command
				"${mark}")
			x0f_ask(keys keys ${command})
			string(REPLACE "${mark}\n" "${keys}" text "${text}")
		endforeach()
		file(WRITE "${OUT}/man/man${section}/${name}" "${text}")
	endforeach()
	return()
endif()

# A program with sanitizers, or for another machine, may not run here.
if(X0F_SANITIZE OR CMAKE_CROSSCOMPILING)
	return()
endif()

file(GLOB manual_sources CONFIGURE_DEPENDS user/man/*.[0-9])
add_custom_command(OUTPUT "${PROJECT_BINARY_DIR}/manual.stamp"
	COMMAND "${CMAKE_COMMAND}" "-DX0F=$<TARGET_FILE:x0f>"
		"-DOUT=${PROJECT_BINARY_DIR}" -P "${CMAKE_CURRENT_LIST_FILE}"
	COMMAND "${CMAKE_COMMAND}" -E touch "${PROJECT_BINARY_DIR}/manual.stamp"
	DEPENDS x0f ${manual_sources} "${CMAKE_CURRENT_LIST_FILE}"
	COMMENT "Writing the manual" VERBATIM)
add_custom_target(manual ALL DEPENDS "${PROJECT_BINARY_DIR}/manual.stamp")
install(DIRECTORY "${PROJECT_BINARY_DIR}/man/"
	DESTINATION "${CMAKE_INSTALL_MANDIR}")
install(FILES "${PROJECT_BINARY_DIR}/completions/x0f"
	DESTINATION "${CMAKE_INSTALL_DATADIR}/bash-completion/completions")
