/* SPDX-License-Identifier: MIT */
/*
 * The unprivileged process: one thread per worker, and the first thread as
 * the loader of databases. It does what the supervisor says over a socket and
 * dies with it. It has no capability, no descriptor of a BPF object, and
 * writes nowhere but into the segment.
 */
#define _GNU_SOURCE /* pthread_setname_np() */
#include "child.h"
#include "limits.h"
#include "passing.h"
#include "worker.h"

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

_Static_assert(SENSOR_MOST_FILES <= PASSING_MOST, "all at once");

struct crew {
	const struct child *child;
	struct engine engine;
	uint32_t count;
	uint32_t running;
	struct worker *workers;
	pthread_t *threads;
	struct source **sources; /* of all workers */
};

/* What came with a LOAD: one text per file, and the built-in ones. */
struct texts {
	struct x0f_source sources[SENSOR_MOST_FILES + 2];
	char *owned[SENSOR_MOST_FILES];
	uint32_t count;
	uint32_t file_count;
};

static int read_whole(int fd, const char *name, char **text, size_t *len,
		      struct problem *problem)
{
	struct stat st;
	ssize_t n;

	*len = 0;
	if (fstat(fd, &st))
		return problem_set(problem, -errno, "%s: %s", name,
				   problem_errno(errno));
	*text = malloc((size_t)st.st_size + 1);
	if (!*text)
		return problem_set(problem, -ENOMEM, "%s: out of memory", name);
	while (*len < (size_t)st.st_size) {
		/* a successor will read it, too: no common position */
		n = pread(fd, *text + *len, (size_t)st.st_size - *len,
			  (off_t)*len);
		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return problem_set(problem, n ? -errno : -EIO,
					   "%s: read failed: %s", name,
					   problem_errno(n ? errno : EIO));
		*len += (size_t)n;
	}
	return 0;
}

static int read_texts(struct texts *texts, const struct sensor_options *options,
		      const int *fds, struct problem *problem)
{
	int ret;

	memset(texts, 0, sizeof(*texts));
	for (uint32_t i = 0; i < options->file_count; i++) {
		struct x0f_source *source = &texts->sources[texts->count++];

		source->name = options->files[i];
		ret = read_whole(fds[i], source->name, &texts->owned[i],
				 &source->len, problem);
		source->text = texts->owned[i];
		if (ret)
			return ret;
	}
	if (options->with_builtin)
		texts->count += (uint32_t)x0f_db_builtin(texts->sources +
								 texts->count,
							 2);
	return 0;
}

static int explain(int ret, const struct x0f_error *error,
		   struct problem *problem)
{
	if (error->line)
		return problem_set(problem, ret, "%s:%u:%u: %s", error->source,
				   error->line, error->column, error->message);
	return problem_set(problem, ret, "%s%s%s", error->source,
			   error->source[0] ? ": " : "",
			   error->message[0] ? error->message :
					       problem_errno(ret));
}

static void tell(const struct x0f_segment_header *header,
		 struct problem *problem)
{
	bool is_empty = !header->syn_sigs && !header->synack_sigs;

	problem_set(problem, 0,
		    "generation %u: %u signatures of syn, %u of syn+ack%s",
		    header->generation, header->syn_sigs, header->synack_sigs,
		    is_empty ? "; warning: nothing can be named" : "");
}

static int load(struct crew *crew, const int *fds, struct problem *problem)
{
	struct generation *generation;
	struct x0f_error error = { .line = 0 };
	struct texts texts;
	int ret;

	ret = read_texts(&texts, crew->child->options, fds, problem);
	if (!ret) {
		ret = generation_build(&generation, texts.sources, texts.count,
				       crew->engine.policy, &error);
		if (ret)
			explain(ret, &error, problem);
	}
	for (uint32_t i = 0; i < SENSOR_MOST_FILES; i++)
		free(texts.owned[i]);
	if (ret) {
		/* the supervisor counts those that it could not open */
		segment_reload_failed(crew->engine.segment);
		return ret;
	}
	generation_install(generation, crew->engine.segment,
			   &crew->engine.generation);
	tell(crew->engine.segment->header, problem);
	return 0;
}

/* Workers begin once there is a database to match with. */
static int start_workers(struct crew *crew, struct problem *problem)
{
	char name[16];
	int ret;

	while (crew->running < crew->count) {
		snprintf(name, sizeof(name), "worker %hu",
			 (unsigned short)crew->running);
		ret = pthread_create(&crew->threads[crew->running], NULL,
				     worker_run, &crew->workers[crew->running]);
		if (ret)
			return problem_set(problem, -ret,
					   "cannot start worker %u of %u: %s",
					   crew->running + 1, crew->count,
					   problem_errno(ret));
		pthread_setname_np(crew->threads[crew->running], name);
		crew->running++;
	}
	return 0;
}

static void stop_workers(struct crew *crew)
{
	__atomic_store_n(&crew->engine.stop, 1, __ATOMIC_RELEASE);
	while (crew->running)
		pthread_join(crew->threads[--crew->running], NULL);
}

static int open_crew(struct crew *crew, const struct child *child)
{
	uint32_t used = 0;

	crew->child = child;
	crew->engine.segment = child->segment;
	crew->engine.policy = child->options->policy;
	crew->engine.selects = child->options->selects;
	crew->engine.selects_ctx = child->options->ctx;
	crew->count = capture_workers(child->capture);
	crew->workers = calloc(crew->count, sizeof(*crew->workers));
	crew->threads = calloc(crew->count, sizeof(*crew->threads));
	crew->sources = calloc(CAPTURE_MOST_SOURCES, sizeof(*crew->sources));
	if (!crew->workers || !crew->threads || !crew->sources)
		return -ENOMEM;
	for (uint32_t i = 0; i < crew->count; i++) {
		struct worker *worker = &crew->workers[i];

		worker->engine = &crew->engine;
		worker->number = i;
		worker->sources = crew->sources + used;
		worker->source_count = capture_sources(child->capture, i,
						       worker->sources,
						       CAPTURE_MOST_SOURCES -
							       used);
		used += worker->source_count;
		segment_recover(child->segment, i);
	}
	return engine_open_tracker(&crew->engine, ENGINE_FLOWS, ENGINE_CLOCKS,
				   child->options->capture.kind == CAPTURE_TAP ?
					   BATCH_CLOCK_MS :
					   0);
}

static void answer(int socket, int ret, const struct problem *problem)
{
	struct child_reply reply = { .error = ret };

	memcpy(reply.text, problem->text, sizeof(reply.text));
	send(socket, &reply, sizeof(reply), MSG_NOSIGNAL);
}

static void serve(struct crew *crew, int socket)
{
	struct problem problem;
	int fds[PASSING_MOST];
	uint32_t request;
	int count, ret;

	for (;;) {
		count = passing_receive(socket, 0, &request, fds);
		if (count < 0 || request == CHILD_STOP)
			return;
		problem.text[0] = '\0';
		ret = load(crew, fds, &problem);
		for (int i = 0; i < count; i++)
			close(fds[i]);
		if (!ret && !crew->running)
			ret = start_workers(crew, &problem);
		answer(socket, ret, &problem);
	}
}

/* Whatever has to be true before the first packet is looked at. */
static int confine(const struct child *child, struct problem *problem)
{
	prctl(PR_SET_NAME, "x0f workers");
	capture_forget(child->capture);
	segment_forget(child->segment);
	signal(SIGINT, SIG_IGN);
	signal(SIGTERM, SIG_IGN);
	signal(SIGHUP, SIG_IGN);
	/* changing the user clears it, so behind that */
	if (rights_drop(child->rights, problem))
		return -EPERM;
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	/* it died before that; its number may be 1, a container's first */
	return getppid() == child->supervisor ? 0 : -ESRCH;
}

int child_run(const struct child *child)
{
	static struct crew crew;
	struct problem problem = { "" };
	int ret;

	ret = confine(child, &problem);
	if (!ret) {
		ret = open_crew(&crew, child);
		if (ret)
			problem_set(&problem, ret, "out of memory");
	}
	if (ret) {
		answer(child->socket, ret, &problem);
		return 1;
	}
	serve(&crew, child->socket);
	stop_workers(&crew);
	return 0;
}
