/* SPDX-License-Identifier: MIT */
/*
 * A PPPoE session: its packets come by the interface, and a tap would take the
 * SYNs among them; yet ppp0 is no upper device of it, and it needs no address.
 * See guard.h.
 */
#include "guard.h"

#include <net/if.h>
#include <stdio.h>
#include <string.h>

/* "0000002A 52:54:00:12:34:56     eth1", below a line of titles */
void guard_look_at_pppoe(struct guard *guard, const char *name,
			 const char *path)
{
	FILE *file = fopen(path, "re");
	char device[IF_NAMESIZE];
	unsigned int session;
	char line[128];

	while (file && !guard->reason[0] && fgets(line, sizeof(line), file))
		if (sscanf(line, "%x %*s %15s", &session, device) == 2 &&
		    !strcmp(device, name))
			snprintf(guard->reason, sizeof(guard->reason),
				 "carries PPPoE session %u", session);
	if (file)
		fclose(file);
}
