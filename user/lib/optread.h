/* SPDX-License-Identifier: MIT */
/*
 * Option structs that grow: the caller says by `sz` which version it knows.
 * Called where a public function takes such a struct.
 */
#ifndef X0F_LIB_OPTREAD_H
#define X0F_LIB_OPTREAD_H

#include <errno.h>
#include <stddef.h>
#include <string.h>

/*
 * Copies what the caller gave into the struct as this library knows it.
 * -EINVAL: smaller than the first version, or larger than ours with something
 * in the part that we do not know: it would be ignored.
 */
static inline int options_read(void *known, size_t known_sz, const void *given,
			       size_t given_sz)
{
	const unsigned char *bytes = given;
	size_t i;

	if (given_sz < known_sz) /* all structs are at their first version */
		return -EINVAL;
	for (i = known_sz; i < given_sz; i++)
		if (bytes[i])
			return -EINVAL;
	memcpy(known, given, known_sz);
	return 0;
}

#endif
