/* SPDX-License-Identifier: MIT */
/* All of libx0f. */
#ifndef X0F_H
#define X0F_H

#include "base.h"
#include "db.h"
#include "format.h"
#include "match.h"
#include "observe.h"
#include "tracker.h"
#include "ring.h"

#endif
