/* SPDX-License-Identifier: MIT */
/*
 * A worker does to packets what libx0f does, and loses count of none: records
 * of whole captures are held against observation, tracker and match called by
 * hand; each sleeps, wakes and ends as it should.
 */
#include <errno.h>
#include <glob.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <cmocka.h>

#include "../../user/capture/source_file.h"
#include "engine_room.h"

/* What should have come out, one packet after the other. */
struct expected {
	struct capture_file *file;
	struct x0f_tracker *tracker;
	struct room *room;
};

/* The next packet that has a record. */
static bool expect_next(struct expected *e, struct x0f_record *record)
{
	const struct generation *generation = e->room->engine.generation.value;
	uint32_t policy = e->room->engine.policy;
	struct capture_packet c;
	struct capture_error error;

	while (capture_file_next(e->file, &c, &error) == 1) {
		struct packet packet = {
			.data = c.data,
			.caplen = c.caplen,
			.wirelen = c.wirelen,
			.link = (uint8_t)x0f_link_from_dlt(c.dlt),
		};
		struct x0f_verdict verdict;
		struct x0f_track track;
		struct x0f_obs obs;

		if (x0f_observe(c.data, c.caplen, c.wirelen, packet.link,
				policy, &obs))
			continue;
		x0f_tracker_see(e->tracker, &obs, c.time_ns, &track);
		x0f_match_linear(generation->db, &obs, policy, &verdict);
		record_fill(record, &packet, c.time_ns, &obs, &verdict, &track,
			    generation);
		return true;
	}
	return false;
}

static void compare_new_records(struct expected *e, uint64_t from,
				const char *path)
{
	const struct x0f_record *ring = segment_ring(&e->room->segment, 0);
	uint64_t commit = segment_worker(&e->room->segment, 0)->commit;
	struct x0f_record record;

	for (; from < commit; from++) {
		assert_true(expect_next(e, &record));
		if (memcmp(&ring[from % ROOM_RECORDS], &record, sizeof(record)))
			fail_msg("%s: record %llu is another one", path,
				 (unsigned long long)from);
	}
}

/*
 * Where a capture goes back in time, what is forgotten depends on the key; so
 * both get the same one.
 */
static void set_key(struct engine *engine)
{
	const struct x0f_tracker_options options = {
		.sz = sizeof(options),
		.flows = ROOM_FLOWS,
		.clocks = ROOM_FLOWS,
	};

	assert_int_equal(x0f_tracker_init(&engine->tracker, engine->tracker,
					  engine->tracker_bytes, &options),
			 0);
}

/* A room in which files are looked at by a worker, and by hand. */
struct hall {
	struct room room;
	struct engine other; /* for its tracker */
};

static void hall_open(struct hall *hall)
{
	room_open(&hall->room, 1, X0F_POLICY_X0F);
	room_load(&hall->room, hall->room.builtin, 2);
	hall->other = (struct engine){ .segment = NULL };
	assert_int_equal(engine_open_tracker(&hall->other, ROOM_FLOWS,
					     ROOM_FLOWS, 0),
			 0);
}

static void hall_close(struct hall *hall)
{
	assert_accounts(segment_worker(&hall->room.segment, 0));
	engine_close_tracker(&hall->other);
	room_close(&hall->room);
}

static void run_file(struct hall *hall, struct source *source,
		     struct expected *e, const char *path)
{
	struct worker *worker = calloc(1, sizeof(*worker));
	struct x0f_record record;
	uint64_t before;

	worker->engine = &hall->room.engine;
	worker->sources = &source;
	worker->source_count = 1;
	worker_begin(worker);
	rcu_begin_thread();
	do {
		before = worker->stats->commit;
		worker_step(worker);
		compare_new_records(e, before, path);
	} while (!source->is_at_end);
	rcu_end_thread();
	assert_false(expect_next(e, &record));
	free(worker);
}

/* Returns how many records there were. */
static uint64_t worker_agrees_on(struct hall *hall, const char *path)
{
	const struct x0f_segment_worker *stats =
		segment_worker(&hall->room.segment, 0);
	struct expected e = { .room = &hall->room };
	uint64_t before = stats->published;
	struct capture_error error;
	struct source *source;

	if (source_file_open(&source, path, 0, &error))
		return 0;
	set_key(&hall->room.engine);
	set_key(&hall->other);
	e.tracker = hall->other.tracker;
	assert_int_equal(capture_file_open(&e.file, path, &error), 0);
	run_file(hall, source, &e, path);
	assert_int_equal(source_file_result(source, NULL),
			 capture_file_next(e.file,
					   &(struct capture_packet){ 0 },
					   &error));
	capture_file_close(e.file);
	source_file_close(source);
	return stats->published - before;
}

static const char *path_from(const char *variable, const char *path, char *buf,
			     size_t size)
{
	const char *root = getenv(variable);

	snprintf(buf, size, "%s%s", root ? root : "", path);
	return buf;
}

static void our_capture_is_seen_alike(void **state)
{
	struct hall hall;
	char path[512];

	(void)state;
	path_from("X0F_SOURCE", "/tests/data/first.pcap", path, sizeof(path));
	if (access(path, R_OK))
		skip();
	hall_open(&hall);
	assert_true(worker_agrees_on(&hall, path) > 10);
	hall_close(&hall);
}

static void the_corpus_is_seen_alike(void **state)
{
	uint64_t published = 0;
	char pattern[512];
	struct hall hall;
	glob_t found;
	size_t i;

	(void)state;
	path_from("X0F_SHARED", "/corpus/*/*.pcap*", pattern, sizeof(pattern));
	if (!getenv("X0F_SHARED") || glob(pattern, 0, NULL, &found))
		skip();
	hall_open(&hall);
	for (i = 0; i < found.gl_pathc; i++) {
		const char *path = found.gl_pathv[i];

		/* the same, and more data: too much for a sanitizer */
		if (!IS_SLOW || !strstr(path, "/full/"))
			published += worker_agrees_on(&hall, path);
	}
	hall_close(&hall);
	print_message("%zu files, %llu records\n", found.gl_pathc,
		      (unsigned long long)published);
	assert_true(published > 1000);
	globfree(&found);
}

static bool selects_none_of_ipv6(void *ctx, const struct packet *packet)
{
	(*(uint32_t *)ctx)++;
	return packet->data[12] == 0x08;
}

static void every_packet_is_counted(void **state)
{
	struct worker *worker = calloc(1, sizeof(*worker));
	struct memory_source memory;
	struct source *source = &memory.source;
	struct frame_store store;
	struct room room;
	uint32_t asked = 0;

	(void)state;
	room_open(&room, 1, X0F_POLICY_X0F);
	room_load(&room, room.builtin, 2);
	fill_store(&store, &room, 2048);
	/* neither IP nor long enough; cut; another segment */
	store.lens[0] = 20;
	store.lens[1] = 13;
	store.bytes[2 * ROOM_STRIDE + 14 + 20 + 13] = 0x10;
	room.engine.selects = selects_none_of_ipv6;
	room.engine.selects_ctx = &asked;
	memory_open(&memory, &store, 10 * 2048);
	worker->engine = &room.engine;
	worker->sources = &source;
	worker->source_count = 1;
	assert_null(worker_run(worker));
	assert_accounts(worker->stats);
	assert_int_equal(worker->stats->received, 10 * 2048);
	assert_int_equal(worker->stats->dropped[X0F_TOO_SHORT], 20);
	assert_true(worker->stats->dropped[X0F_DROP_EXPRESSION] > 2000);
	assert_int_equal(asked, worker->stats->received - 20 -
					worker->stats->dropped[X0F_SEGMENT]);
	assert_int_equal(worker->stats->batch_fill[7], 10 * 2048 / 64);
	assert_true(room.segment.header->doorbell > 0);
	assert_false(worker->has_to_ring);
	free(worker);
	store_close(&store);
	room_close(&room);
}

/* A source that says what it is told to say, and counts. */
struct puppet {
	struct source source; /* first */
	const struct frame_store *store;
	uint32_t ready;	  /* atomic: packets that are there */
	bool is_in_error; /* readable for ever */
	bool always_arms; /* "there is something", and there is nothing */
	int deaf;	  /* what fetch returns then */
	uint32_t fetched, armed, disarmed, released;
};

static int puppet_fetch(struct source *source, struct source_batch *batch)
{
	struct puppet *p = (struct puppet *)source;
	uint32_t ready;
	uint64_t count;

	p->fetched++;
	batch->count = 0;
	if (p->deaf)
		return p->deaf;
	/* read first: what is made ready from here on is readable again */
	if (!p->is_in_error && read(source->fd, &count, 8) != 8)
		errno = 0;
	ready = __atomic_exchange_n(&p->ready, 0, __ATOMIC_ACQUIRE);
	for (; batch->count < ready; batch->count++)
		batch->packets[batch->count] = packet_of(p->store, 0);
	return 0;
}

static void puppet_release(struct source *source, struct source_batch *batch)
{
	(void)batch;
	((struct puppet *)source)->released++;
}

static bool puppet_arm(struct source *source)
{
	struct puppet *p = (struct puppet *)source;

	p->armed++;
	return p->always_arms || __atomic_load_n(&p->ready, __ATOMIC_RELAXED);
}

static void puppet_disarm(struct source *source)
{
	((struct puppet *)source)->disarmed++;
}

static const struct source_ops puppet_ops = { puppet_fetch, puppet_release,
					      puppet_arm, puppet_disarm };

struct show {
	struct room room;
	struct frame_store store;
	struct puppet puppet;
	struct source *source;
	struct worker worker;
	pthread_t thread;
};

static struct show *show_begin(void)
{
	struct show *show = calloc(1, sizeof(*show));

	room_open(&show->room, 1, X0F_POLICY_X0F);
	room_load(&show->room, show->room.builtin, 2);
	fill_store(&show->store, &show->room, 4);
	show->puppet.source.ops = &puppet_ops;
	show->puppet.source.fd = eventfd(0, EFD_NONBLOCK);
	show->puppet.store = &show->store;
	show->source = &show->puppet.source;
	show->worker.engine = &show->room.engine;
	show->worker.sources = &show->source;
	show->worker.source_count = 1;
	return show;
}

static void show_run(struct show *show)
{
	assert_int_equal(pthread_create(&show->thread, NULL, worker_run,
					&show->worker),
			 0);
}

static void show_stop(struct show *show)
{
	__atomic_store_n(&show->room.engine.stop, 1, __ATOMIC_RELEASE);
	pthread_join(show->thread, NULL);
}

static void show_end(struct show *show)
{
	close(show->puppet.source.fd);
	store_close(&show->store);
	room_close(&show->room);
	free(show);
}

static uint64_t thread_cpu_ns(pthread_t thread)
{
	clockid_t clock;

	assert_int_equal(pthread_getcpuclockid(thread, &clock), 0);
	return clock_now(clock);
}

/* Thousandths of a processor that the thread takes for half a second. */
static uint64_t load_of(const struct show *show)
{
	uint64_t cpu, begin;

	usleep(50000);
	begin = clock_now(CLOCK_MONOTONIC);
	cpu = thread_cpu_ns(show->thread);
	usleep(500000);
	cpu = thread_cpu_ns(show->thread) - cpu;
	return cpu * 1000 / (clock_now(CLOCK_MONOTONIC) - begin);
}

/* Half a percent is what an idle worker may cost; sanitizers take more. */
enum { IDLE_PERMILLE = IS_SLOW ? 50 : 5 };

static void an_idle_worker_sleeps(void **state)
{
	struct show *show = show_begin();
	uint64_t permille;

	(void)state;
	show_run(show);
	permille = load_of(show);
	show_stop(show);
	print_message("idle: %llu permille of a processor\n",
		      (unsigned long long)permille);
	assert_true(permille < IDLE_PERMILLE);
	assert_in_range(show->worker.stats->sleeps, 4, 12);
	assert_int_equal(show->puppet.armed, show->puppet.disarmed);
	assert_int_equal(show->puppet.armed, show->worker.stats->sleeps);
	show_end(show);
}

static void a_deaf_source_does_not_spin(void **state)
{
	struct show *show = show_begin();
	uint64_t permille, one = 1;

	(void)state;
	show->puppet.deaf = -ENXIO;
	assert_int_equal(write(show->puppet.source.fd, &one, 8), 8);
	show_run(show);
	permille = load_of(show);
	show_stop(show);
	assert_true(permille < IDLE_PERMILLE);
	assert_int_equal(show->puppet.armed, 0);
	assert_in_range(show->puppet.fetched, 4, 80);
	show_end(show);
}

/* Readable for ever, as a socket in error is; or never to be armed. */
static void a_lying_source_does_not_spin(void **state)
{
	(void)state;
	for (int always_arms = 0; always_arms < 2; always_arms++) {
		struct show *show = show_begin();
		uint64_t permille, one = 1;

		show->puppet.always_arms = always_arms;
		show->puppet.is_in_error = true;
		assert_int_equal(write(show->puppet.source.fd, &one, 8), 8);
		show_run(show);
		permille = load_of(show);
		show_stop(show);
		print_message("lying: %llu permille\n",
			      (unsigned long long)permille);
		assert_true(permille < 4 * IDLE_PERMILLE);
		assert_int_equal(show->puppet.armed, show->puppet.disarmed);
		show_end(show);
	}
}

/* How long it took from the packets to the n-th doorbell. */
static uint64_t bring_packets(struct show *show, uint32_t n)
{
	uint64_t begin = clock_now(CLOCK_MONOTONIC), now, one = 1;

	__atomic_store_n(&show->puppet.ready, 3, __ATOMIC_RELEASE);
	assert_int_equal(write(show->puppet.source.fd, &one, 8), 8);
	do
		now = clock_now(CLOCK_MONOTONIC);
	while (__atomic_load_n(&show->room.segment.header->doorbell,
			       __ATOMIC_RELAXED) < n &&
	       now - begin < 1000000000u);
	return now - begin;
}

static void a_packet_wakes_the_worker(void **state)
{
	struct show *show = show_begin();
	const struct x0f_record *ring = segment_ring(&show->room.segment, 0);
	uint64_t offset, ns, worst = 0;
	uint32_t n, slow = 0;

	(void)state;
	show_run(show);
	for (n = 1; n <= 50; n++) {
		/* after some time, and close upon the bell before */
		usleep(n % 2 ? 2000 : 0);
		ns = bring_packets(show, n);
		worst = ns > worst ? ns : worst;
		slow += ns > 50000000;
	}
	/* packets that came do not keep it awake for long */
	assert_true(load_of(show) < IDLE_PERMILLE);
	show_stop(show);
	print_message("packet to doorbell: at most %llu us\n",
		      (unsigned long long)worst / 1000);
	assert_true(slow < 5);
	assert_int_equal(show->worker.stats->published, 150);
	assert_int_equal(show->puppet.released, show->worker.stats->batches);
	/* the wall clock, although packets have the other one */
	offset = clock_now(CLOCK_REALTIME) - clock_now(CLOCK_MONOTONIC);
	assert_true(llabs((long long)(ring[0].time_ns - offset - 1000000000)) <
		    1000000000ll);
	show_end(show);
}

/* No reload waits for a worker that sleeps. */
static void a_sleeping_worker_lets_reloads_pass(void **state)
{
	struct show *show = show_begin();
	uint64_t begin, best = UINT64_MAX;

	(void)state;
	show_run(show);
	usleep(30000);
	for (int i = 0; i < 5; i++) {
		begin = clock_now(CLOCK_MONOTONIC);
		room_load(&show->room, show->room.builtin, 2);
		begin = clock_now(CLOCK_MONOTONIC) - begin;
		best = begin < best ? begin : best;
	}
	show_stop(show);
	assert_true(best < (IS_SLOW ? 90 : 20) * 1000000u);
	show_end(show);
}

/* A source that never runs dry does not keep the worker from ending. */
static void a_worker_stops_under_load(void **state)
{
	struct show *show = show_begin();
	struct memory_source memory;
	uint64_t begin;

	(void)state;
	memory_open(&memory, &show->store, UINT64_MAX);
	show->source = &memory.source;
	show_run(show);
	usleep(20000);
	begin = clock_now(CLOCK_MONOTONIC);
	show_stop(show);
	assert_true(clock_now(CLOCK_MONOTONIC) - begin < 3000000000u);
	assert_int_equal(memory.delivered, show->worker.stats->received);
	assert_accounts(show->worker.stats);
	show_end(show);
}

/* Says how fast it is; judges only that it is not absurd. */
static void speed_is_told(void **state)
{
	const uint64_t packets = IS_SLOW ? 1 << 16 : 1 << 23;
	struct worker *worker = calloc(1, sizeof(*worker));
	struct memory_source memory;
	struct source *source = &memory.source;
	struct frame_store store;
	struct room room;
	double ns;

	(void)state;
	room_open(&room, 1, X0F_POLICY_X0F);
	room_load(&room, room.builtin, 2);
	fill_store(&store, &room, 4096);
	store_shuffle(&store);
	memory_open(&memory, &store, packets);
	worker->engine = &room.engine;
	worker->sources = &source;
	worker->source_count = 1;
	worker_run(worker);
	ns = (double)worker->stats->busy_ns / (double)packets;
	print_message("worker: %.1f ns per packet\n", ns);
	assert_accounts(worker->stats);
	assert_true(ns < 20000);
	free(worker);
	store_close(&store);
	room_close(&room);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(our_capture_is_seen_alike),
		cmocka_unit_test(the_corpus_is_seen_alike),
		cmocka_unit_test(every_packet_is_counted),
		cmocka_unit_test(an_idle_worker_sleeps),
		cmocka_unit_test(a_deaf_source_does_not_spin),
		cmocka_unit_test(a_lying_source_does_not_spin),
		cmocka_unit_test(a_packet_wakes_the_worker),
		cmocka_unit_test(a_sleeping_worker_lets_reloads_pass),
		cmocka_unit_test(a_worker_stops_under_load),
		cmocka_unit_test(speed_is_told),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
