/* SPDX-License-Identifier: MIT */
/* Signature text; see sigtext.c. */
#ifndef X0F_LIB_SIGTEXT_H
#define X0F_LIB_SIGTEXT_H

#include "scan.h"

/*
 * Reads one signature that reaches to the end of s. Fills all of *sig but
 * label, line, source, kind, generic and application. 0 or -EINVAL.
 */
int sig_parse(struct scan *s, uint32_t policy, struct x0f_sig *sig);

#endif
