/* SPDX-License-Identifier: MIT */
/*
 * The databases that the library carries: db/x0f.fp and db/legacy.fp, taken
 * in whole by the assembler. Read-only data; any thread.
 */
#include <x0f/db.h>

#ifndef X0F_DB_DIR
#error "X0F_DB_DIR must name the folder of the databases"
#endif

#define CARRY(name, file)                               \
	__asm__(".pushsection .rodata\n"                \
		".balign 16\n"                          \
		".hidden x0f_builtin_" name "\n"        \
		".global x0f_builtin_" name "\n"        \
		"x0f_builtin_" name ":\n"               \
		".incbin \"" X0F_DB_DIR "/" file "\"\n" \
		".hidden x0f_builtin_" name "_end\n"    \
		".global x0f_builtin_" name "_end\n"    \
		"x0f_builtin_" name "_end:\n"           \
		".byte 0\n"                             \
		".popsection\n")

CARRY("own", "x0f.fp");
CARRY("legacy", "legacy.fp");

#define HIDDEN __attribute__((visibility("hidden")))

HIDDEN extern const char x0f_builtin_own[], x0f_builtin_own_end[];
HIDDEN extern const char x0f_builtin_legacy[], x0f_builtin_legacy_end[];

size_t x0f_db_builtin(struct x0f_source *sources, size_t room)
{
	const struct x0f_source all[] = {
		{ .name = "builtin:x0f.fp",
		  .text = x0f_builtin_own,
		  .len = (size_t)(x0f_builtin_own_end - x0f_builtin_own) },
		{ .name = "builtin:legacy.fp",
		  .text = x0f_builtin_legacy,
		  .len = (size_t)(x0f_builtin_legacy_end - x0f_builtin_legacy) },
	};
	const size_t count = sizeof(all) / sizeof(all[0]);
	size_t i;

	for (i = 0; i < count && i < room; i++)
		sources[i] = all[i];
	return count;
}
