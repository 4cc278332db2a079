/* SPDX-License-Identifier: MIT */
/*
 * The life of a segment as its readers see it: sensors that die or end, their
 * successors, and calls that make no sense.
 */
#include <errno.h>
#include <pthread.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <sys/mman.h>
#include <sys/wait.h>

#include <cmocka.h>

#include "segments.h"

static void create_file(struct segment *segment, const char *folder)
{
	struct segment_options options = small_options(64);
	struct problem problem;

	options.directory = folder;
	if (segment_create(segment, &options, &problem))
		fail_msg("%s", problem.text);
}

/* A process with a segment, which dies ms after the reader said go. */
struct mortal {
	pid_t pid;
	int ready[2], go[2];
	uint64_t *died_ms; /* shared */
};

static void live_and_die(struct mortal *m, const char *folder, uint32_t records,
			 uint32_t ms)
{
	struct segment segment;
	char byte = 0;

	create_file(&segment, folder);
	publish(&segment, 0, records);
	segment_add_link(&segment, "first");
	if (write(m->ready[1], &byte, 1) != 1 || read(m->go[0], &byte, 1) != 1)
		_exit(1);
	usleep(ms * 1000);
	*m->died_ms = now_ms();
	kill(getpid(), SIGKILL);
}

static void start_mortal(struct mortal *m, const char *folder, uint32_t records,
			 uint32_t ms)
{
	char byte;

	m->died_ms = mmap(NULL, sizeof(*m->died_ms), PROT_READ | PROT_WRITE,
			  MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	assert_int_equal(pipe(m->ready), 0);
	assert_int_equal(pipe(m->go), 0);
	m->pid = fork();
	if (!m->pid)
		live_and_die(m, folder, records, ms);
	assert_int_equal(read(m->ready[0], &byte, 1), 1);
}

static void let_die(const struct mortal *m)
{
	assert_int_equal(write(m->go[1], "", 1), 1);
}

static void bury(struct mortal *m)
{
	waitpid(m->pid, NULL, 0);
	munmap(m->died_ms, sizeof(*m->died_ms));
	close(m->ready[0]);
	close(m->ready[1]);
	close(m->go[0]);
	close(m->go[1]);
}

static void death_and_successor(void **state)
{
	const struct x0f_ring_options oldest = { sizeof(oldest), true };
	const char *folder = make_folder();
	struct x0f_ring_info info = { .sz = sizeof(info) };
	struct x0f_record records[64];
	struct segment successor;
	struct x0f_ring *ring, *other;
	struct mortal mortal;
	char path[96];

	(void)state;
	snprintf(path, sizeof(path), "%s/test", folder);
	assert_int_equal(x0f_ring_open(&ring, path, NULL), -ENOENT);
	start_mortal(&mortal, folder, 40, 150);
	assert_int_equal(x0f_ring_open(&ring, path, &oldest), 0);
	x0f_ring_info(ring, &info);
	assert_true(info.alive);
	assert_int_equal(x0f_ring_reattach(ring), -EALREADY);
	assert_int_equal(info.supervisor_pid, mortal.pid);
	assert_string_equal(info.name, "test");
	assert_int_equal(x0f_ring_read(ring, records, 30), 30);
	assert_int_equal(x0f_ring_wait(ring, -1), 1);
	assert_int_equal(x0f_ring_read(ring, records, 4), 4);
	assert_string_equal(x0f_ring_label(ring, 0)->name, "first");

	/* alive, with nothing new: the time passes */
	assert_int_equal(x0f_ring_read(ring, records, 3), 3);
	assert_int_equal(x0f_ring_wait(ring, 0), 1);
	assert_int_equal(x0f_ring_read(ring, records, 2), 2);
	assert_int_equal(x0f_ring_read(ring, records, 1), 1);
	assert_int_equal(x0f_ring_wait(ring, 20), 0);
	let_die(&mortal);
	assert_int_equal(x0f_ring_wait(ring, -1), -ESHUTDOWN);
	assert_in_range(now_ms() - *mortal.died_ms, 0, 200);
	x0f_ring_info(ring, &info);
	assert_false(info.alive);
	assert_int_equal(x0f_ring_reattach(ring), -ESHUTDOWN);
	assert_int_equal(x0f_ring_open(&other, path, NULL), -ESHUTDOWN);
	assert_null(other);
	bury(&mortal);

	create_file(&successor, folder);
	segment_add_link(&successor, "second");
	publish(&successor, 0, 64);
	publish(&successor, 0, 6);
	assert_int_equal(x0f_ring_reattach(ring), 0);
	assert_string_equal(x0f_ring_label(ring, 0)->name, "second");
	assert_int_equal(x0f_ring_read(ring, records, 64), 64);
	assert_int_equal(records[0].time_ns, 6);
	assert_int_equal(x0f_ring_missed(ring), 6);
	segment_close(&successor);
	assert_int_equal(x0f_ring_wait(ring, -1), -ESHUTDOWN);
	assert_int_equal(x0f_ring_reattach(ring), -ENOENT);
	x0f_ring_close(ring);
	assert_int_equal(rmdir(folder), 0);
}

static void unread_records_outlive_the_sensor(void **state)
{
	const struct x0f_ring_options oldest = { sizeof(oldest), true };
	const char *folder = make_folder();
	struct x0f_record records[64];
	struct segment successor;
	struct mortal mortal;
	struct x0f_ring *ring;
	char path[96];

	(void)state;
	snprintf(path, sizeof(path), "%s/test", folder);
	start_mortal(&mortal, folder, 40, 0);
	assert_int_equal(x0f_ring_open(&ring, path, &oldest), 0);
	let_die(&mortal);
	bury(&mortal);
	assert_int_equal(x0f_ring_wait(ring, -1), 1);
	assert_int_equal(x0f_ring_read(ring, records, 10), 10);
	create_file(&successor, folder);
	assert_int_equal(x0f_ring_wait(ring, -1), 1);
	/* it could have read the rest, and chose not to */
	assert_int_equal(x0f_ring_reattach(ring), 0);
	assert_int_equal(x0f_ring_missed(ring), 30);
	assert_int_equal(x0f_ring_read(ring, records, 64), 0);
	publish(&successor, 0, 1);
	assert_int_equal(x0f_ring_read(ring, records, 64), 1);
	x0f_ring_close(ring);
	segment_close(&successor);
	assert_int_equal(rmdir(folder), 0);
}

static void *end_soon(void *arg)
{
	usleep(50000);
	segment_close(arg);
	return NULL;
}

static void orderly_end_wakes_at_once(void **state)
{
	const char *folder = make_folder();
	struct segment segment;
	struct x0f_ring *ring;
	pthread_t thread;
	uint64_t begin;

	(void)state;
	create_file(&segment, folder);
	assert_int_equal(x0f_ring_open(&ring, segment.path, NULL), 0);
	begin = now_ms();
	assert_int_equal(pthread_create(&thread, NULL, end_soon, &segment), 0);
	assert_int_equal(x0f_ring_wait(ring, 5000), -ESHUTDOWN);
	assert_in_range(now_ms() - begin, 0, 1000);
	pthread_join(thread, NULL);
	x0f_ring_close(ring);
	assert_int_equal(rmdir(folder), 0);
}

static void *ring_once(void *arg)
{
	usleep(8000);
	publish(arg, 0, 1);
	segment_ring_doorbell(arg);
	return NULL;
}

/* Not when a slice of the wait happens to be over. */
static void doorbell_wakes_at_once(void **state)
{
	struct segment_options options = small_options(64);
	struct x0f_record record;
	struct segment segment;
	struct x0f_ring *ring;
	pthread_t thread;
	uint64_t begin;
	int i, late = 0;

	(void)state;
	make_anonymous(&segment, &options);
	ring = open_anonymous(&segment);
	for (i = 0; i < 9; i++) {
		begin = now_ms();
		assert_int_equal(pthread_create(&thread, NULL, ring_once,
						&segment),
				 0);
		assert_int_equal(x0f_ring_wait(ring, -1), 1);
		late += now_ms() - begin > 35;
		assert_int_equal(x0f_ring_read(ring, &record, 1), 1);
		pthread_join(thread, NULL);
	}
	assert_in_range(late, 0, 4); /* the machine may be busy */
	x0f_ring_close(ring);
	segment_close(&segment);
}

static void on_alarm(int signal)
{
	(void)signal;
}

static void signal_ends_the_wait(void **state)
{
	const struct sigaction action = { .sa_handler = on_alarm };
	struct segment_options options = small_options(64);
	struct segment segment;
	struct x0f_ring *ring;
	int answer;

	(void)state;
	make_anonymous(&segment, &options);
	ring = open_anonymous(&segment);
	sigaction(SIGALRM, &action, NULL);
	ualarm(30000, 30000);
	/* a signal between two slices ends nothing; the next one does */
	answer = x0f_ring_wait(ring, 3000);
	ualarm(0, 0);
	assert_int_equal(answer, -EINTR);
	x0f_ring_close(ring);
	segment_close(&segment);
}

static void calls_are_checked(void **state)
{
	const struct x0f_ring_options old = { .sz = 1 };
	struct segment_options options = small_options(64);
	struct x0f_segment_interface interface;
	struct x0f_segment_worker worker;
	struct segment segment;
	struct x0f_ring *ring;
	struct {
		struct x0f_ring_info info;
		char beyond[8];
	} small = { .info.sz = 16, .beyond = "beyond" };

	(void)state;
	make_anonymous(&segment, &options);
	assert_int_equal(x0f_ring_open_memory(&ring, segment.header,
					      segment.size, &old),
			 -EINVAL);
	assert_int_equal(x0f_ring_open_memory(&ring, (char *)segment.header + 8,
					      segment.size - 8, NULL),
			 -EINVAL);
	assert_int_equal(x0f_ring_open(&ring, "/dev/zero", NULL), -EPROTO);
	assert_int_equal(x0f_ring_open(&ring, "/tmp", NULL), -EPROTO);
	assert_int_equal(x0f_ring_open(&ring, "/proc/version", NULL), -EPROTO);
	ring = open_anonymous(&segment);
	assert_int_equal(x0f_ring_reattach(ring), -EINVAL);
	segment.header->instance = 77;
	x0f_ring_info(ring, &small.info);
	assert_int_equal(small.info.sz, 16);
	assert_int_equal(small.info.started_ns, 0);
	strcpy(segment_interface(&segment, 0)->name, "xh5");
	segment_interface(&segment, 0)->losses[X0F_LOSS_CLOSED] = 9;
	assert_int_equal(x0f_ring_interface(ring, 0, &interface,
					    sizeof(interface)),
			 0);
	assert_string_equal(interface.name, "xh5");
	memset(segment_interface(&segment, 0)->name, 'x', 16);
	assert_int_equal(interface.losses[X0F_LOSS_CLOSED], 9);
	assert_int_equal(x0f_ring_interface(ring, 0, &interface,
					    sizeof(interface)),
			 0);
	assert_string_equal(interface.name, "xxxxxxxxxxxxxxx");
	assert_int_equal(x0f_ring_interface(ring, 1, &interface,
					    sizeof(interface)),
			 -ENOENT);
	segment_worker(&segment, 0)->labels[1023][1][2] = 5;
	assert_int_equal(x0f_ring_worker(ring, 0, &worker, sizeof(worker)), 0);
	assert_int_equal(worker.labels[1023][1][2], 5);
	assert_int_equal(x0f_ring_worker(ring, 1, &worker, sizeof(worker)),
			 -ENOENT);
	x0f_ring_close(ring);
	x0f_ring_close(NULL);
	segment_close(&segment);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(death_and_successor),
		cmocka_unit_test(unread_records_outlive_the_sensor),
		cmocka_unit_test(orderly_end_wakes_at_once),
		cmocka_unit_test(doorbell_wakes_at_once),
		cmocka_unit_test(signal_ends_the_wait),
		cmocka_unit_test(calls_are_checked),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
