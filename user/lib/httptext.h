/* SPDX-License-Identifier: MIT */
/* The HTTP lines of p0f's files: checked, not used; see httptext.c. */
#ifndef X0F_LIB_HTTPTEXT_H
#define X0F_LIB_HTTPTEXT_H

#include "scan.h"

/* A value of `sig =` in an [http:…] section. 0 or -EINVAL. */
int http_sig_check(struct scan *s);

/* A value of `ua_os =`. 0 or -EINVAL. */
int http_systems_check(struct scan *s);

#endif
