/* SPDX-License-Identifier: MIT */
/*
 * Crew: one lock, two conditions. What the caller wrote before crew_do() the
 * helpers see, and what they wrote the caller sees after it: both sides pass
 * through the lock.
 */
#include "crew.h"

#include <signal.h>

static void *help(void *arg)
{
	struct crew *crew = arg;
	uint64_t turn = 0;
	uint32_t number;

	pthread_mutex_lock(&crew->lock);
	number = crew->next++;
	for (;;) {
		while (crew->turn == turn)
			pthread_cond_wait(&crew->work, &crew->lock);
		turn = crew->turn;
		if (!crew->job)
			break;
		pthread_mutex_unlock(&crew->lock);
		crew->job(crew->ctx, number, crew->size);
		pthread_mutex_lock(&crew->lock);
		if (!--crew->busy)
			pthread_cond_signal(&crew->done);
	}
	pthread_mutex_unlock(&crew->lock);
	return NULL;
}

/* Signals are the caller's business: helpers are born with all blocked. */
static int start_helper(struct crew *crew, pthread_t *thread)
{
	sigset_t all, before;
	int ret;

	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &before);
	ret = pthread_create(thread, NULL, help, crew);
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	return -ret;
}

int crew_open(struct crew *crew, uint32_t size)
{
	int ret = 0;

	*crew = (struct crew){
		.lock = PTHREAD_MUTEX_INITIALIZER,
		.work = PTHREAD_COND_INITIALIZER,
		.done = PTHREAD_COND_INITIALIZER,
		.size = 1,
		.next = 1,
	};
	while (crew->size < size && !ret) {
		ret = start_helper(crew, &crew->threads[crew->size]);
		if (!ret)
			crew->size++;
	}
	if (ret)
		crew_close(crew);
	return ret;
}

static void announce(struct crew *crew, crew_job job, void *ctx)
{
	pthread_mutex_lock(&crew->lock);
	crew->job = job;
	crew->ctx = ctx;
	crew->busy = crew->size - 1;
	crew->turn++;
	pthread_cond_broadcast(&crew->work);
	pthread_mutex_unlock(&crew->lock);
}

void crew_do(struct crew *crew, crew_job job, void *ctx)
{
	if (crew->size > 1)
		announce(crew, job, ctx);
	job(ctx, 0, crew->size);
	if (crew->size == 1)
		return;
	pthread_mutex_lock(&crew->lock);
	while (crew->busy)
		pthread_cond_wait(&crew->done, &crew->lock);
	pthread_mutex_unlock(&crew->lock);
}

void crew_close(struct crew *crew)
{
	uint32_t helper;

	if (crew->size < 2)
		return;
	announce(crew, NULL, NULL);
	for (helper = 1; helper < crew->size; helper++)
		pthread_join(crew->threads[helper], NULL);
	crew->size = 1;
}
