/* SPDX-License-Identifier: MIT */
/* How a test program of its own, without cmocka, ends when something is wrong. */
#ifndef X0F_TESTS_LIVE_DIE_H
#define X0F_TESTS_LIVE_DIE_H

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

__attribute__((format(printf, 1, 2), noreturn)) static inline void
die(const char *format, ...)
{
	va_list args;

	va_start(args, format);
	vfprintf(stderr, format, args);
	va_end(args);
	fputc('\n', stderr);
	exit(1);
}

#endif
