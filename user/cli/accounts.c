/* SPDX-License-Identifier: MIT */
/* See accounts.h. */
#include "accounts.h"

void accounts_add_interface(struct accounts *accounts,
			    const struct x0f_segment_interface *interface)
{
	for (int i = 0; i < X0F_OUTCOME_ROOM; i++)
		accounts->outcomes[i] += interface->outcomes[i];
	for (int i = 0; i < X0F_LOSS_ROOM; i++)
		accounts->losses[i] += interface->losses[i];
}

void accounts_add_worker(struct accounts *accounts,
			 const struct x0f_segment_worker *worker)
{
	for (int i = 0; i < X0F_DROP_ROOM; i++)
		accounts->dropped[i] += worker->dropped[i];
	accounts->published += worker->published;
	accounts->died += worker->died;
	for (int kind = 0; kind < 2; kind++)
		accounts->labelled += worker->kinds[kind][0] +
				      worker->kinds[kind][1] -
				      worker->unmatched[kind];
}

static uint64_t sum(const uint64_t *counts, int first, int end)
{
	uint64_t total = 0;

	for (int i = first; i < end; i++)
		total += counts[i];
	return total;
}

uint64_t accounts_seen(const struct accounts *accounts)
{
	return sum(accounts->outcomes, 0, X0F_OUTCOME_ROOM);
}

uint64_t accounts_wanted(const struct accounts *accounts)
{
	return sum(accounts->outcomes, 0, ACCOUNTS_LAST_WANTED + 1);
}

uint64_t accounts_lost(const struct accounts *accounts)
{
	return sum(accounts->outcomes, X0F_OUTCOME_DELIVERED + 1,
		   ACCOUNTS_LAST_WANTED + 1) +
	       sum(accounts->losses, 0, X0F_LOSS_ROOM) + accounts->died;
}

uint64_t accounts_dropped(const struct accounts *accounts)
{
	return sum(accounts->dropped, 0, X0F_DROP_ROOM);
}

int64_t accounts_residual(const struct accounts *accounts)
{
	return (int64_t)(accounts_wanted(accounts) - accounts->published -
			 accounts_lost(accounts) - accounts_dropped(accounts));
}

void accounts_settle(struct accounts *accounts)
{
	int64_t residual = accounts_residual(accounts);

	if (residual < 0)
		accounts->outcomes[X0F_OUTCOME_DELIVERED] -= (uint64_t)residual;
}

void accounts_name_unwanted(const struct accounts *accounts, accounts_put put,
			    void *ctx)
{
	for (int i = ACCOUNTS_LAST_WANTED + 1; i < X0F_OUTCOME_ROOM; i++)
		if (accounts->outcomes[i])
			put(ctx, accounts->outcomes[i],
			    x0f_outcome_name((enum x0f_outcome)i));
}

void accounts_name_lost(const struct accounts *accounts, accounts_put put,
			void *ctx)
{
	for (int i = 1; i <= ACCOUNTS_LAST_WANTED; i++)
		if (accounts->outcomes[i])
			put(ctx, accounts->outcomes[i],
			    x0f_outcome_name((enum x0f_outcome)i));
	for (int i = 0; i < X0F_LOSS_ROOM; i++)
		if (accounts->losses[i])
			put(ctx, accounts->losses[i],
			    x0f_loss_name((enum x0f_loss)i));
	if (accounts->died)
		put(ctx, accounts->died, "died with a worker");
}

void accounts_name_dropped(const struct accounts *accounts, accounts_put put,
			   void *ctx)
{
	for (int i = 0; i < X0F_DROP_ROOM; i++)
		if (accounts->dropped[i])
			put(ctx, accounts->dropped[i],
			    x0f_drop_name((enum x0f_drop)i));
}
