/* SPDX-License-Identifier: MIT */
/*
 * p0f's packet filter. It decides more than it seems to: every packet that
 * passes counts towards the moments at which old flows and hosts are expired.
 * Called by compat.c, for the first packet. One thread.
 */
#include "filter.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#define LINKTYPE_ETHERNET 1

/* What p0f asks for. Returns the length, as snprintf() does. */
static int write_expression(char *text, size_t size, bool ethernet,
			    const char *rule)
{
	if (!rule)
		return snprintf(text, size, "%s",
				ethernet ? "tcp or (vlan and tcp)" : "tcp");
	if (!ethernet)
		return snprintf(text, size, "tcp and (%s)", rule);
	return snprintf(text, size, "(tcp and (%s)) or (vlan and tcp and (%s))",
			rule, rule);
}

/* Returns as expression_open() does. */
static int compile(struct expression **filter, uint32_t dlt, bool ethernet,
		   const char *rule, char *message, size_t size)
{
	int len = write_expression(NULL, 0, ethernet, rule);
	char *text;
	int rc;

	if (len < 0)
		return -EINVAL;
	text = malloc((size_t)len + 1);
	if (!text)
		return -ENOMEM;
	write_expression(text, (size_t)len + 1, ethernet, rule);
	rc = expression_open(filter, dlt, text, message, size);
	free(text);
	return rc;
}

/* Whether there is TCP on this link type. */
static bool has_tcp(uint32_t dlt)
{
	struct expression *filter;
	char message[256];
	int rc = compile(&filter, dlt, false, NULL, message, sizeof(message));

	if (!rc)
		expression_close(filter);
	return !rc;
}

int compat_filter_open(struct expression **filter, uint32_t dlt,
		       const char *rule, bool *vlan, char *message, size_t size)
{
	int rc = -EINVAL;

	*filter = NULL;
	if (dlt == LINKTYPE_ETHERNET)
		rc = compile(filter, dlt, true, rule, message, size);
	*vlan = !rc;
	if (rc == -EINVAL)
		rc = compile(filter, dlt, false, rule, message, size);
	/* is it the rule or the link type? */
	if (rc == -EINVAL && !(rule && has_tcp(dlt)))
		rc = -EPROTONOSUPPORT;
	return rc;
}
