# SPDX-License-Identifier: MIT
#
# Installs what makes services of the program: units, user, folder, and a
# configuration that is never overwritten. Run by every installation, because
# only then it is certain what the prefix is, which the units have to name.
#
#     prefix /usr: /etc/x0f/x0f.conf; any other: PREFIX/etc/x0f/x0f.conf
set(prefix "${CMAKE_INSTALL_PREFIX}")
set(CMAKE_INSTALL_FULL_BINDIR "${prefix}/bin")
if(prefix STREQUAL "/usr")
	set(X0F_CONFIG_FILE "/etc/x0f/x0f.conf")
else()
	set(X0F_CONFIG_FILE "${prefix}/etc/x0f/x0f.conf")
endif()

foreach(unit x0f@.service x0f-exporter.service)
	set(path "$ENV{DESTDIR}${prefix}/lib/systemd/system/${unit}")
	message(STATUS "Installing: ${path}")
	configure_file("${CMAKE_CURRENT_LIST_DIR}/${unit}.in" "${path}" @ONLY
		FILE_PERMISSIONS OWNER_READ OWNER_WRITE GROUP_READ WORLD_READ)
	list(APPEND CMAKE_INSTALL_MANIFEST_FILES
		"${prefix}/lib/systemd/system/${unit}")
endforeach()
foreach(kind sysusers tmpfiles)
	file(INSTALL "${CMAKE_CURRENT_LIST_DIR}/x0f.${kind}"
		DESTINATION "${prefix}/lib/${kind}.d" RENAME x0f.conf)
endforeach()
if(NOT EXISTS "$ENV{DESTDIR}${X0F_CONFIG_FILE}")
	cmake_path(GET X0F_CONFIG_FILE PARENT_PATH folder)
	file(INSTALL "${CMAKE_CURRENT_LIST_DIR}/x0f.conf"
		DESTINATION "${folder}")
endif()
