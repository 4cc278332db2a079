/* SPDX-License-Identifier: MIT */
/*
 * The producer's side of the results segment: its file, who may replace it,
 * its labels, and what is left after a producer died.
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

static struct x0f_label plain_label(const char *name, const char *flavor)
{
	return (struct x0f_label){ .class_name = "unix",
				   .name = name,
				   .flavor = flavor };
}

static void labels_are_interned(void **state)
{
	static const char *const systems[] = { "Linux", "@unix" };
	struct segment_options options = small_options(64);
	struct x0f_label linux_3 = plain_label("Linux", "3.x");
	struct x0f_label linux_4 = plain_label("Linux", "4.x");
	struct x0f_label tool = { .class_name = "",
				  .name = "NMap",
				  .flavor = "",
				  .systems = systems,
				  .system_count = 2,
				  .application = 1 };
	const struct x0f_label *read;
	struct segment segment;
	struct x0f_ring *ring;

	(void)state;
	make_anonymous(&segment, &options);
	ring = open_anonymous(&segment);
	assert_null(x0f_ring_label(ring, 0));
	assert_int_equal(segment_add_label(&segment, &linux_3), 0);
	assert_int_equal(segment_add_label(&segment, &linux_4), 1);
	assert_int_equal(segment_add_link(&segment, "Ethernet"), 2);
	assert_int_equal(segment_add_label(&segment, &tool), 3);
	assert_int_equal(segment_add_label(&segment, &linux_3), 0);
	assert_int_equal(segment_add_link(&segment, "Ethernet"), 2);
	linux_3.generic = 1;
	assert_int_equal(segment_add_label(&segment, &linux_3), 4);
	tool.system_count = 1;
	assert_int_equal(segment_add_label(&segment, &tool), 5);

	read = x0f_ring_label(ring, 3);
	assert_non_null(read);
	assert_string_equal(read->name, "NMap");
	assert_string_equal(read->class_name, "");
	assert_int_equal(read->system_count, 1);
	assert_string_equal(read->systems[0], "Linux,@unix");
	assert_true(read->application && !read->generic && read->id == 3);
	assert_int_equal(x0f_ring_label_kind(ring, 3), X0F_LABEL_TOOL);
	assert_int_equal(x0f_ring_label_kind(ring, 2), X0F_LABEL_LINK);
	assert_int_equal(x0f_ring_label_kind(ring, 4), X0F_LABEL_SYSTEM);
	assert_int_equal(x0f_ring_label_kind(ring, 6), 0);
	assert_string_equal(x0f_ring_label(ring, 2)->name, "Ethernet");
	assert_true(x0f_ring_label(ring, 4)->generic);
	assert_int_equal(x0f_ring_label(ring, 0)->name_id,
			 x0f_ring_label(ring, 1)->name_id);
	assert_int_not_equal(x0f_ring_label(ring, 0)->name_id, read->name_id);
	assert_ptr_equal(read, x0f_ring_label(ring, 3));
	x0f_ring_close(ring);
	segment_close(&segment);
}

/* A loader in a new process has nothing but the segment. */
static void next_loader_knows_the_labels(void **state)
{
	struct segment_options options = small_options(64);
	struct x0f_label label = plain_label("Linux", "3.x");
	struct segment segment;
	uint32_t index_less;

	(void)state;
	make_anonymous(&segment, &options);
	if (!fork()) {
		segment_add_link(&segment, "DSL");
		segment_add_label(&segment, &label);
		_exit(0);
	}
	wait(NULL);
	assert_null(segment.index);
	index_less = segment_add_label(&segment, &label);
	assert_int_equal(index_less, 1);
	assert_int_equal(segment_add_link(&segment, "DSL"), 0);
	assert_int_equal(segment_add_link(&segment, "Linux"), 2);
	segment_close(&segment);
}

static void labels_end_where_the_room_ends(void **state)
{
	struct segment_options options = small_options(64);
	struct segment segment;
	struct x0f_label label;
	char flavor[32];
	uint32_t i;

	(void)state;
	make_anonymous(&segment, &options);
	label = plain_label("n", flavor);
	for (i = 0; i < SEGMENT_LABELS; i++) {
		snprintf(flavor, sizeof(flavor), "%u", i);
		assert_int_equal(segment_add_label(&segment, &label), i);
	}
	strcpy(flavor, "one more");
	assert_int_equal(segment_add_label(&segment, &label), X0F_NONE);
	assert_int_equal(segment.header->labels_lost, 1);
	/* those that are there are still found */
	strcpy(flavor, "77");
	assert_int_equal(segment_add_label(&segment, &label), 77);
	segment_close(&segment);
}

static void texts_end_where_the_room_ends(void **state)
{
	struct segment_options options = small_options(64);
	static char flavor[2 * SEGMENT_STRING];
	struct segment segment;
	struct x0f_label label;
	uint32_t i, added = 0;

	(void)state;
	make_anonymous(&segment, &options);
	label = plain_label("n", flavor);
	memset(flavor, 'x', sizeof(flavor) - 1);
	for (i = 0; i < 1100; i++) {
		snprintf(flavor, 8, "%06u", i);
		flavor[6] = 'x';
		added += segment_add_label(&segment, &label) != X0F_NONE;
	}
	/* 1,024 + 2 + 5 bytes each, cut as promised */
	assert_int_equal(added,
			 (SEGMENT_TEXT_BYTES - 1) / (SEGMENT_STRING + 2 + 5));
	assert_int_equal(segment.header->label_count, added);
	assert_int_equal(segment.header->labels_lost, 1100 - added);
	assert_true(segment.header->text_used <= SEGMENT_TEXT_BYTES);
	segment_close(&segment);
}

/* A loader that cuts no string: readers do. */
static void long_texts_are_cut(void **state)
{
	struct segment_options options = small_options(64);
	struct segment segment;
	struct x0f_ring *ring;
	char *texts;

	(void)state;
	make_anonymous(&segment, &options);
	texts = (char *)segment.header + segment.layout.texts;
	assert_int_equal(segment_add_link(&segment, "DSL"), 0);
	memset(texts + 1, 'x', SEGMENT_TEXT_BYTES - 1);
	ring = open_anonymous(&segment);
	assert_int_equal(strlen(x0f_ring_label(ring, 0)->name), SEGMENT_STRING);
	x0f_ring_close(ring);
	segment_close(&segment);
}

static void recovery_voids_what_was_begun(void **state)
{
	struct segment_options options = small_options(64);
	struct x0f_record records[128];
	struct x0f_segment_worker *w;
	struct segment segment;
	struct x0f_ring *ring;

	(void)state;
	make_anonymous(&segment, &options);
	w = segment_worker(&segment, 0);
	ring = open_anonymous(&segment);
	publish(&segment, 0, 10);
	segment_recover(&segment, 0); /* nothing to do */
	assert_int_equal(w->voided, 0);
	assert_int_equal(w->commit, 10);
	w->reserve += 5;
	w->published -= 3; /* died before it counted */
	segment_recover(&segment, 0);
	assert_int_equal(w->commit, 15);
	assert_int_equal(w->voided, 5);
	assert_int_equal(w->published, 10);
	publish(&segment, 0, 2);
	assert_int_equal(x0f_ring_read(ring, records, 128), 12);
	assert_int_equal(records[9].time_ns, 9);
	assert_int_equal(records[10].time_ns, 15);
	assert_int_equal(x0f_ring_missed(ring), 5);

	/* positions that no producer leaves behind */
	w->reserve = 3;
	segment_recover(&segment, 0);
	assert_int_equal(w->reserve, 17);
	assert_int_equal(w->commit, 17);
	w->reserve = 17 + 1000;
	segment_recover(&segment, 0);
	assert_int_equal(w->commit, 1017);
	assert_int_equal(x0f_ring_read(ring, records, 128), 0);
	assert_int_equal(x0f_ring_missed(ring), 1005);
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
		cmocka_unit_test(child_keeps_mapping_not_lock),
		cmocka_unit_test(close_leaves_a_successors_file),
		cmocka_unit_test(foreign_file_is_left_alone),
		cmocka_unit_test(options_are_checked),
		cmocka_unit_test(full_disk_is_said),
		cmocka_unit_test(parts_do_not_overlap),
		cmocka_unit_test(labels_are_interned),
		cmocka_unit_test(next_loader_knows_the_labels),
		cmocka_unit_test(labels_end_where_the_room_ends),
		cmocka_unit_test(texts_end_where_the_room_ends),
		cmocka_unit_test(long_texts_are_cut),
		cmocka_unit_test(recovery_voids_what_was_begun),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
