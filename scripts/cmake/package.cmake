# SPDX-License-Identifier: MIT
#
# Debian packages by CPack: x0f, libx0f0.1 and libx0f-dev. scripts/package
# makes them; `cpack -G DEB` in a release build does, too.
set(deploy "${PROJECT_SOURCE_DIR}/scripts/deploy")
set(so_version "${PROJECT_VERSION_MAJOR}.${PROJECT_VERSION_MINOR}")

set(CPACK_PACKAGE_VENDOR "x0f")
set(CPACK_PACKAGE_CONTACT "the x0f authors <x0f@packages.invalid>")
set(CPACK_PACKAGE_HOMEPAGE_URL "")
set(CPACK_STRIP_FILES ON)
# units and configuration have to know where they will lie
set(CPACK_SET_DESTDIR ON)
set(CPACK_INSTALL_PREFIX /usr)
set(CPACK_INSTALL_DEFAULT_DIRECTORY_PERMISSIONS OWNER_READ OWNER_WRITE
	OWNER_EXECUTE GROUP_READ GROUP_EXECUTE WORLD_READ WORLD_EXECUTE)
set(CPACK_COMPONENTS_ALL program library development)
set(CPACK_PRE_BUILD_SCRIPTS "${CMAKE_CURRENT_LIST_DIR}/stage.cmake")

set(CPACK_DEB_COMPONENT_INSTALL ON)
set(CPACK_DEBIAN_FILE_NAME DEB-DEFAULT)
set(CPACK_DEBIAN_PACKAGE_SHLIBDEPS ON)
set(CPACK_DEBIAN_PACKAGE_GENERATE_SHLIBS ON)
set(CPACK_DEBIAN_PACKAGE_CONTROL_STRICT_PERMISSION ON)
set(CPACK_DEBIAN_PACKAGE_PRIORITY optional)

set(CPACK_DEBIAN_PROGRAM_PACKAGE_NAME x0f)
set(CPACK_DEBIAN_PROGRAM_PACKAGE_SECTION net)
set(CPACK_DEBIAN_PROGRAM_PACKAGE_DEPENDS passwd) # useradd, without systemd
# x0f exporter loads it, so that dpkg-shlibdeps does not see it
set(CPACK_DEBIAN_PROGRAM_PACKAGE_RECOMMENDS libmicrohttpd12)
set(CPACK_COMPONENT_PROGRAM_DESCRIPTION "x0f names the system behind a TCP connection from how it begins: operating
system, distance, MTU and link, uptime, how sure it is and why. It reads SYN
and SYN+ACK and sends nothing. It speaks p0f's language: signature files, log
lines and, where asked for, answers that equal those of p0f 3.09b.
.
A sensor picks SYN and SYN+ACK out in the kernel by an XDP or TC program and
publishes what it found in a ring in shared memory. Capture files go through
the same library.")
set(CPACK_DEBIAN_PROGRAM_PACKAGE_CONTROL_EXTRA
	"${deploy}/conffiles;${deploy}/postinst;${deploy}/prerm;${deploy}/postrm")

set(CPACK_DEBIAN_LIBRARY_PACKAGE_NAME "libx0f${so_version}")
set(CPACK_DEBIAN_LIBRARY_PACKAGE_SECTION libs)
set(CPACK_DEBIAN_LIBRARY_PACKAGE_CONTROL_EXTRA "${deploy}/triggers")
set(CPACK_COMPONENT_LIBRARY_DESCRIPTION "libx0f makes observations of TCP SYN and SYN+ACK packets and names the system
that sent them by a database of signatures. It has no threads, no globals and
needs libc only.")

set(CPACK_DEBIAN_DEVELOPMENT_PACKAGE_NAME libx0f-dev)
set(CPACK_DEBIAN_DEVELOPMENT_PACKAGE_SECTION libdevel)
set(CPACK_DEBIAN_DEVELOPMENT_PACKAGE_DEPENDS
	"libx0f${so_version} (= ${PROJECT_VERSION})")
set(CPACK_COMPONENT_DEVELOPMENT_DESCRIPTION "Headers, static library, and what pkg-config and CMake need for programs that
use libx0f.")

include(CPack)
