/* SPDX-License-Identifier: MIT */
/*
 * Why something that touches the kernel did not work, in one line for people.
 * Functions that take one return 0 or a negative errno, and fill it with the
 * latter: lower case, the thing, the number, what to do.
 */
#ifndef X0F_CAPTURE_PROBLEM_H
#define X0F_CAPTURE_PROBLEM_H

#include <stddef.h>

struct problem {
	char text[400];
};

/* Fills *problem and returns error, for `return problem_set(…)`. */
__attribute__((format(printf, 3, 4))) int
problem_set(struct problem *problem, int error, const char *format, ...);

/* strerror() of a negative errno, as a sentence goes on: "no such device". */
const char *problem_errno(int error);

#endif
