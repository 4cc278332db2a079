/* SPDX-License-Identifier: MIT */
/* Reading database text; see scan.h. One thread per scan. */
#include "scan.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>

int32_t scan_number(struct scan *s)
{
	int64_t n = 0;

	for (; scan_is_digit(scan_peek(s)); s->p++) {
		int digit = *s->p - '0';

		if (n > (INT64_MAX - digit) / 10)
			n = INT64_MAX; /* strtol() stays there, so do we */
		else
			n = n * 10 + digit;
	}
	return (int32_t)n;
}

int scan_refuse(const struct scan *s, const char *format, ...)
{
	va_list args;

	if (!s->error)
		return -EINVAL;
	s->error->column = (uint32_t)(s->p - s->line) + 1;
	va_start(args, format);
	vsnprintf(s->error->message, sizeof(s->error->message), format, args);
	va_end(args);
	return -EINVAL;
}
