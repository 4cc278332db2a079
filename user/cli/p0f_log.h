/* SPDX-License-Identifier: MIT */
/*
 * The log file of `x0f p0f -o`, opened with p0f's care.
 */
#ifndef X0F_CLI_P0F_LOG_H
#define X0F_CLI_P0F_LOG_H

/*
 * Opens path for appending and locks it. capture: the file that is being
 * read, which it must not be. Returns a file descriptor, or -1: complained.
 */
int p0f_log_open(const char *path, const char *capture);

#endif
