/* SPDX-License-Identifier: MIT */
/* See problem.h. Any thread. */
#include "problem.h"

#include <ctype.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

int problem_set(struct problem *problem, int error, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	vsnprintf(problem->text, sizeof(problem->text), format, args);
	va_end(args);
	return error;
}

const char *problem_errno(int error)
{
	static _Thread_local char text[96];

	snprintf(text, sizeof(text), "%s",
		 strerror(error < 0 ? -error : error));
	if (text[0] && islower((unsigned char)text[1]))
		text[0] = (char)tolower((unsigned char)text[0]);
	return text;
}
