/* SPDX-License-Identifier: MIT */
/*
 * The books of a sensor: every packet that came by, and what became of it.
 * They must balance:
 *
 *     wanted = published + lost + dropped
 *
 * For the summary of `x0f live` and for `x0f status`. One thread.
 */
#ifndef X0F_CLI_ACCOUNTS_H
#define X0F_CLI_ACCOUNTS_H

#include <x0f/ring.h>

/* The first outcomes are of wanted packets, and the very first is no loss. */
#define ACCOUNTS_LAST_WANTED X0F_OUTCOME_NOT_COPIED

struct accounts {
	uint64_t outcomes[X0F_OUTCOME_ROOM];
	uint64_t losses[X0F_LOSS_ROOM];
	uint64_t dropped[X0F_DROP_ROOM];
	uint64_t published;
	uint64_t died;
	uint64_t labelled;
};

/* Adds one interface or one worker. */
void accounts_add_interface(struct accounts *accounts,
			    const struct x0f_segment_interface *interface);
void accounts_add_worker(struct accounts *accounts,
			 const struct x0f_segment_worker *worker);

uint64_t accounts_seen(const struct accounts *accounts);
uint64_t accounts_wanted(const struct accounts *accounts);

/* Wanted, and lost on the way to a worker or with a worker's death. */
uint64_t accounts_lost(const struct accounts *accounts);

/* Looked at by a worker and left: cannot be decoded, or --filter. */
uint64_t accounts_dropped(const struct accounts *accounts);

/* 0 when the books balance; below 0: more was published than wanted. */
int64_t accounts_residual(const struct accounts *accounts);

/*
 * While packets flow: workers count at once, interfaces are asked ten times a
 * second. What the workers already had was delivered, so it is added there,
 * for people: then nothing is more than what it is a part of.
 */
void accounts_settle(struct accounts *accounts);

/*
 * Calls put() for each reason that is not 0, by its name: why packets were
 * not wanted, were lost, were dropped.
 */
typedef void (*accounts_put)(void *ctx, uint64_t count, const char *name);

void accounts_name_unwanted(const struct accounts *accounts, accounts_put put,
			    void *ctx);
void accounts_name_lost(const struct accounts *accounts, accounts_put put,
			void *ctx);
void accounts_name_dropped(const struct accounts *accounts, accounts_put put,
			   void *ctx);

#endif
