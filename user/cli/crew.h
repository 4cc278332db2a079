/* SPDX-License-Identifier: MIT */
/*
 * A crew: the calling thread and some helpers that do one job together, each
 * with its own number, and meet again when it is done. Between jobs the
 * helpers sleep. crew_do() is called by the thread that opened the crew.
 */
#ifndef X0F_CLI_CREW_H
#define X0F_CLI_CREW_H

#include <pthread.h>
#include <stdint.h>

enum { CREW_MOST = 64 };

typedef void (*crew_job)(void *ctx, uint32_t number, uint32_t size);

struct crew {
	pthread_mutex_t lock;
	pthread_cond_t work; /* there is a job, or the end */
	pthread_cond_t done; /* nobody is busy any more */
	pthread_t threads[CREW_MOST];
	crew_job job; /* NULL: go home */
	void *ctx;
	uint64_t turn; /* counts jobs */
	uint32_t size; /* the caller included */
	uint32_t busy;
	uint32_t next; /* number for the helper that starts next */
};

/* size: 1 to CREW_MOST. Returns 0 or a negative errno. */
int crew_open(struct crew *crew, uint32_t size);

/* Everybody runs job(ctx, number, size), number 0 the caller; then returns. */
void crew_do(struct crew *crew, crew_job job, void *ctx);

void crew_close(struct crew *crew);

#endif
