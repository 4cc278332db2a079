/* SPDX-License-Identifier: MIT */
/*
 * The producer's side of the results segment: its file, and who may replace
 * it. What is in it: test_segment_content.c.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include <cmocka.h>

#include "segments.h"

static int create(struct segment *segment, const char *folder,
		  struct problem *problem)
{
	struct segment_options options = small_options(64);

	options.directory = folder;
	return segment_create(segment, &options, problem);
}

static void create_well(struct segment *segment, const char *folder)
{
	struct problem problem;

	if (create(segment, folder, &problem))
		fail_msg("%s", problem.text);
}

static bool exists(const char *path)
{
	return !access(path, F_OK);
}

static void file_is_what_the_header_says(void **state)
{
	const char *folder = make_folder();
	struct segment segment;
	struct stat status;
	mode_t mask = umask(077);
	char nested[96];

	(void)state;
	snprintf(nested, sizeof(nested), "%s/run", folder);
	create_well(&segment, nested);
	umask(mask);
	assert_int_equal(stat(nested, &status), 0);
	assert_int_equal(status.st_mode & 07777, 0755);
	assert_int_equal(stat(segment.path, &status), 0);
	assert_int_equal(status.st_mode & 07777, 0640);
	assert_int_equal(status.st_size, segment.header->segment_size);
	/* allocated at once: a full disk cannot show later */
	assert_true(status.st_blocks * 512 >= status.st_size);
	assert_int_equal(fcntl(segment.fd, F_GETFD) & FD_CLOEXEC, FD_CLOEXEC);
	assert_int_equal(segment.header->supervisor_pid, getpid());
	assert_string_equal(segment.header->name, "test");
	segment_close(&segment);
	assert_false(exists(segment.path));
	rmdir(nested);
	assert_int_equal(rmdir(folder), 0);
}

static void group_is_given(void **state)
{
	struct segment_options options = small_options(64);
	struct problem problem;
	struct segment segment;
	struct stat status;

	(void)state;
	if (getuid())
		skip();
	options.directory = make_folder();
	options.group = 65534;
	assert_int_equal(segment_create(&segment, &options, &problem), 0);
	assert_int_equal(stat(segment.path, &status), 0);
	assert_int_equal(status.st_gid, 65534);
	segment_close(&segment);
	assert_int_equal(rmdir(options.directory), 0);
}

static void living_sensor_is_not_replaced(void **state)
{
	const char *folder = make_folder();
	struct segment first, second;
	struct problem problem;
	char pid[32];

	(void)state;
	create_well(&first, folder);
	snprintf(pid, sizeof(pid), "pid %d", getpid());
	assert_int_equal(create(&second, folder, &problem), -EEXIST);
	assert_non_null(strstr(problem.text, pid));
	/* and the failed start took nothing away */
	assert_true(exists(first.path));
	segment_close(&second);
	segment_close(&first);
	assert_int_equal(rmdir(folder), 0);
}

/* The lock goes with the last descriptor, and the child has none. */
static void dead_sensor_is_replaced(void **state)
{
	const char *folder = make_folder();
	struct segment dead, next;
	uint64_t instance;
	int status;
	pid_t child;

	(void)state;
	child = fork();
	if (!child) {
		create_well(&dead, folder);
		raise(SIGKILL);
	}
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_int_equal(WTERMSIG(status), SIGKILL);
	create_well(&next, folder);
	instance = next.header->instance;
	assert_int_equal(next.header->supervisor_pid, getpid());
	assert_int_not_equal(instance, 0);
	segment_close(&next);
	assert_int_equal(rmdir(folder), 0);
}

/* Its workers wrote over everything before they died. */
static void dead_sensor_without_magic_is_replaced(void **state)
{
	const char *folder = make_folder();
	struct segment dead, next, living;
	struct problem problem;
	pid_t child;

	(void)state;
	child = fork();
	if (!child) {
		create_well(&dead, folder);
		memset(dead.header, 0xa5, dead.size);
		raise(SIGKILL);
	}
	waitpid(child, NULL, 0);
	create_well(&next, folder);
	/* but a living one is not, whatever is in it */
	next.header->magic = 0;
	assert_int_equal(create(&living, folder, &problem), -EEXIST);
	assert_non_null(strstr(problem.text, "runs already"));
	segment_close(&next);
	assert_int_equal(rmdir(folder), 0);
}

static void child_keeps_mapping_not_lock(void **state)
{
	const char *folder = make_folder();
	struct segment segment, next;
	int go[2];
	pid_t child;

	(void)state;
	create_well(&segment, folder);
	assert_int_equal(pipe(go), 0);
	child = fork();
	if (!child) {
		char byte;

		segment_forget(&segment);
		publish(&segment, 0, 3);
		close(go[1]);
		if (read(go[0], &byte, 1))
			_exit(1);
		/* says nothing, unlinks nothing */
		segment_close(&segment);
		_exit(0);
	}
	close(go[0]);
	while (!__atomic_load_n(&segment_worker(&segment, 0)->commit,
				__ATOMIC_ACQUIRE))
		usleep(1000);
	/* as if the supervisor was killed: the child alone holds no lock */
	close(segment.fd);
	create_well(&next, folder);
	close(go[1]);
	waitpid(child, NULL, 0);
	assert_true(exists(next.path));
	assert_int_equal(segment.header->state, X0F_SENSOR_STARTING);
	segment.fd = -1;
	segment_close(&segment);
	segment_close(&next);
	assert_int_equal(rmdir(folder), 0);
}

static void close_leaves_a_successors_file(void **state)
{
	const char *folder = make_folder();
	struct segment first, second;

	(void)state;
	create_well(&first, folder);
	assert_int_equal(unlink(first.path), 0);
	create_well(&second, folder);
	segment_close(&first);
	assert_true(exists(second.path));
	segment_close(&second);
	assert_false(exists(second.path));
	assert_int_equal(rmdir(folder), 0);
}

static void foreign_file_is_left_alone(void **state)
{
	const char *folder = make_folder();
	struct segment segment;
	struct problem problem;
	char path[96];
	int fd;

	(void)state;
	snprintf(path, sizeof(path), "%s/test", folder);
	fd = open(path, O_CREAT | O_WRONLY, 0600);
	assert_int_equal(write(fd, "mine", 4), 4);
	close(fd);
	assert_int_equal(create(&segment, folder, &problem), -EEXIST);
	assert_non_null(strstr(problem.text, path));
	assert_true(exists(path));
	unlink(path);
	assert_int_equal(symlink("/dev/null", path), 0);
	assert_true(create(&segment, folder, &problem) < 0);
	unlink(path);
	assert_int_equal(mkfifo(path, 0600), 0);
	assert_int_equal(create(&segment, folder, &problem), -EEXIST);
	unlink(path);
	assert_int_equal(rmdir(folder), 0);
}

static void options_are_checked(void **state)
{
	static const char *const names[] = { "",
					     ".",
					     "..",
					     "a/b",
					     "../x",
					     ".hidden",
					     "a b",
					     "a\nb",
					     "\xc3\xa4",
					     "n123456789012345678901234567890"
					     "123456789012345678901234567890"
					     "123" };
	struct segment_options options;
	struct problem problem;
	struct segment segment;
	uint32_t i;

	(void)state;
	for (i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		options = small_options(64);
		options.directory = "/nonexistent/x0f";
		options.name = names[i];
		assert_int_equal(segment_create(&segment, &options, &problem),
				 -EINVAL);
	}
	options = small_options(0);
	assert_int_equal(segment_create_anonymous(&segment, &options, &problem),
			 -EINVAL);
	options = small_options(96);
	assert_int_equal(segment_create_anonymous(&segment, &options, &problem),
			 -EINVAL);
	options = small_options(64);
	options.workers = SEGMENT_MOST_WORKERS + 1;
	assert_int_equal(segment_create_anonymous(&segment, &options, &problem),
			 -EINVAL);
	options.workers = 1;
	options.interfaces = SEGMENT_MOST_INTERFACES + 1;
	assert_int_equal(segment_create_anonymous(&segment, &options, &problem),
			 -EINVAL);
	options.interfaces = 1;
	options.directory = "/nonexistent/x0f";
	assert_int_equal(segment_create(&segment, &options, &problem), -ENOENT);
	assert_non_null(strstr(problem.text, "/nonexistent/x0f"));
}

/* In a process of its own, whose mounts nobody else sees. */
static int fill_a_small_disk(const char *folder)
{
	struct segment segment;
	struct problem problem;
	char path[96];

	if (unshare(CLONE_NEWNS) || mount("", "/", "", MS_REC | MS_PRIVATE, 0))
		return 77;
	if (mount("x0ftest", folder, "tmpfs", 0, "size=256k"))
		return 77;
	if (create(&segment, folder, &problem) != -ENOSPC)
		return 1;
	snprintf(path, sizeof(path), "%s/.test.new", folder);
	if (exists(path) || !strstr(problem.text, "no space left"))
		return 2;
	return 0;
}

static void full_disk_is_said(void **state)
{
	const char *folder = make_folder();
	int status;
	pid_t child;

	(void)state;
	child = fork();
	if (!child)
		_exit(fill_a_small_disk(folder));
	waitpid(child, &status, 0);
	assert_int_equal(rmdir(folder), 0);
	assert_true(WIFEXITED(status));
	if (WEXITSTATUS(status) == 77)
		skip();
	assert_int_equal(WEXITSTATUS(status), 0);
}

static void parts_do_not_overlap(void **state)
{
	struct segment_options options = small_options(128);
	struct segment segment;
	const struct x0f_segment_header *h;
	uint32_t i;

	(void)state;
	options.workers = 3;
	options.interfaces = 7;
	make_anonymous(&segment, &options);
	h = segment.header;
	assert_true(h->interfaces_offset >= sizeof(*h));
	assert_true(h->labels_offset >=
		    h->interfaces_offset +
			    7 * sizeof(struct x0f_segment_interface));
	assert_true(h->texts_offset >=
		    h->labels_offset +
			    sizeof(struct x0f_segment_label) * SEGMENT_LABELS);
	assert_true(h->workers_offset >= h->texts_offset + SEGMENT_TEXT_BYTES);
	assert_int_equal(h->workers_offset + 3 * h->worker_stride,
			 h->segment_size);
	assert_int_equal(h->segment_size, segment.size);
	assert_int_equal(h->workers_offset % 4096, 0);
	assert_int_equal(h->worker_stride % 4096, 0);
	for (i = 0; i < 3; i++)
		assert_ptr_equal(segment_ring(&segment, i),
				 (char *)segment.header + h->workers_offset +
					 h->worker_stride * i + h->ring_offset);
	assert_null(segment_worker(&segment, 3));
	assert_null(segment_ring(&segment, 3));
	assert_null(segment_interface(&segment, 7));
	segment_close(&segment);
}

static void problem_is_published(void **state)
{
	struct segment_options options = small_options(64);
	struct x0f_ring_info info = { .sz = sizeof(info) };
	struct segment segment;
	struct x0f_ring *ring;
	char line[400];

	(void)state;
	make_anonymous(&segment, &options);
	ring = open_anonymous(&segment);
	x0f_ring_info(ring, &info);
	assert_string_equal(info.last_problem, "");
	memset(line, 'x', sizeof(line) - 1);
	line[sizeof(line) - 1] = '\0';
	segment_set_problem(&segment, line);
	x0f_ring_info(ring, &info);
	assert_int_equal(strlen(info.last_problem), X0F_PROBLEM_TEXT - 1);
	segment_set_problem(&segment, "no room");
	x0f_ring_info(ring, &info);
	assert_string_equal(info.last_problem, "no room");
	assert_true(info.last_problem_ns > 1500000000000000000u);
	assert_int_equal(info.reload_failed_ns, 0);
	segment_reload_failed(&segment);
	x0f_ring_info(ring, &info);
	assert_int_equal(info.reload_failures, 1);
	assert_true(info.reload_failed_ns >= info.last_problem_ns);
	memset(segment.header->last_problem, 'y', X0F_PROBLEM_TEXT);
	x0f_ring_info(ring, &info);
	assert_int_equal(strlen(info.last_problem), X0F_PROBLEM_TEXT - 1);
	x0f_ring_close(ring);
	segment_close(&segment);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(file_is_what_the_header_says),
		cmocka_unit_test(group_is_given),
		cmocka_unit_test(living_sensor_is_not_replaced),
		cmocka_unit_test(dead_sensor_is_replaced),
		cmocka_unit_test(dead_sensor_without_magic_is_replaced),
		cmocka_unit_test(child_keeps_mapping_not_lock),
		cmocka_unit_test(close_leaves_a_successors_file),
		cmocka_unit_test(foreign_file_is_left_alone),
		cmocka_unit_test(options_are_checked),
		cmocka_unit_test(full_disk_is_said),
		cmocka_unit_test(parts_do_not_overlap),
		cmocka_unit_test(problem_is_published),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
