/* SPDX-License-Identifier: MIT */
/*
 * Which process holds a BPF program: whoever does may attach it again. For
 * clear.c; one thread. Reads all of /proc, so not for what must be quick.
 */
#ifndef X0F_CAPTURE_HOLDER_H
#define X0F_CAPTURE_HOLDER_H

#include <stdint.h>
#include <sys/types.h>

#define HOLDER_NAME 16

/*
 * The first process, but this one, with a descriptor of the program; 0: none
 * that can be seen from here. Containers see themselves only.
 */
pid_t holder_find(uint32_t program_id, char name[HOLDER_NAME]);

#endif
