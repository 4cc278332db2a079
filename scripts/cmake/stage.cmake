# SPDX-License-Identifier: MIT
#
# What Debian wants in its own way, done by CPack to each package's tree before
# it is packed: notices, a change log, compressed manual pages.
set(source "${CMAKE_CURRENT_LIST_DIR}/../..")
set(top "${CPACK_TEMPORARY_DIRECTORY}")
set(version "${CPACK_PACKAGE_VERSION}")

# libx0f's pages are for those who write programs.
file(GLOB pages "${top}/program/usr/share/man/man3/*")
foreach(page IN LISTS pages)
	file(COPY "${page}" DESTINATION "${top}/development/usr/share/man/man3")
endforeach()
file(REMOVE_RECURSE "${top}/program/usr/share/man/man3")
# its text is in the copyright file
file(REMOVE "${top}/program/usr/share/doc/x0f/LICENSE")

# The day comes from SOURCE_DATE_EPOCH, where there is one.
string(TIMESTAMP day "%a, %d %b %Y %H:%M:%S +0000" UTC)
file(WRITE "${top}/changelog" "x0f (${version}) unstable; urgency=medium

  * Packaged from the source of this version.

 -- ${CPACK_PACKAGE_CONTACT}  ${day}
")

function(compress)
	execute_process(COMMAND gzip -9n ${ARGN} COMMAND_ERROR_IS_FATAL ANY)
endfunction()

foreach(component IN LISTS CPACK_COMPONENTS_ALL)
	string(TOUPPER "${component}" upper)
	set(doc "${top}/${component}/usr/share/doc/${CPACK_DEBIAN_${upper}_PACKAGE_NAME}")
	file(MAKE_DIRECTORY "${doc}")
	configure_file("${source}/scripts/deploy/copyright" "${doc}/copyright"
		COPYONLY)
	configure_file("${top}/changelog" "${doc}/changelog" COPYONLY)
	file(GLOB pages "${top}/${component}/usr/share/man/man*/*")
	compress("${doc}/changelog" ${pages})
endforeach()
file(REMOVE "${top}/changelog")
