/* SPDX-License-Identifier: MIT */
/* See namespace.h. */
#include "namespace.h"
#include "message.h"

#include "../capture/netns.h"

#include <errno.h>

int namespace_enter(const struct settings *settings)
{
	struct problem problem;
	int ret = settings->netns ? netns_enter(settings->netns, &problem) : 0;

	if (!ret)
		return EXIT_OK;
	if (option_mistake(settings, "netns") == EXIT_CONFIG)
		complain("%s: %s", option_given(settings, "netns").text,
			 problem.text);
	else
		complain("%s", problem.text);
	if (ret == -EPERM)
		return EXIT_NO_RIGHTS;
	return ret == -ENOENT || ret == -EINVAL ? EXIT_NO_INPUT :
						  EXIT_UNAVAILABLE;
}
