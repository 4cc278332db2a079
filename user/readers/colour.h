/* SPDX-License-Identifier: MIT */
/*
 * The colours of everything that is printed for people, by what they mark.
 * They only mark what is already said in words.
 */
#ifndef X0F_READERS_COLOUR_H
#define X0F_READERS_COLOUR_H

#define COLOUR_OFF "\033[0m"

#define COLOUR_STRONG "\033[1m" /* headings; whom a finding is about */
#define COLOUR_FAINT "\033[2m"	/* notes */

/* of findings */
#define COLOUR_KIND "\033[36m"	   /* in a line */
#define COLOUR_TITLE "\033[1;36m"  /* of a block; what to do */
#define COLOUR_SYSTEM "\033[1;32m" /* an operating system */
#define COLOUR_TOOL "\033[1;35m"   /* a program that sends by itself */
#define COLOUR_UNKNOWN "\033[33m"

/* of verdicts */
#define COLOUR_GOOD "\033[32m"
#define COLOUR_WARN "\033[1;33m"
#define COLOUR_FAIL "\033[1;31m"

#endif
