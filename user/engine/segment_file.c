/* SPDX-License-Identifier: MIT */
/*
 * The file of a segment: made, locked, put into its place, taken away. Called
 * by the supervisor; one thread.
 *
 * Whoever looks at the path sees a whole segment with its lock held, or that
 * of a dead sensor: the file is made under another name, and renamed when it
 * is ready. Sensors that start at the same time take turns by a lock on the
 * directory.
 */
#define _GNU_SOURCE
#include "segment.h"
#include "segment_internal.h"

#include <ctype.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/fsuid.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

enum { DIRECTORY_MODE = 0755, FILE_MODE = 0640 };

/* Of the sensor's life; readers ask for it with F_OFD_GETLK. */
static struct flock life_lock(void)
{
	return (struct flock){ .l_type = F_WRLCK,
			       .l_whence = SEEK_SET,
			       .l_start = 0,
			       .l_len = 1 };
}

static bool is_name(const char *name)
{
	size_t i;

	for (i = 0; name[i]; i++)
		if (!isalnum((unsigned char)name[i]) && !strchr("._-", name[i]))
			return false;
	return i && i < X0F_SENSOR_NAME && name[0] != '.';
}

static int set_paths(struct segment *segment,
		     const struct segment_options *options,
		     struct problem *problem)
{
	if (!is_name(options->name))
		return problem_set(problem, -EINVAL,
				   "'%s' cannot name a sensor; use up to %d "
				   "letters, digits and ._-, no . first",
				   options->name, X0F_SENSOR_NAME - 1);
	if (strlen(options->directory) >= sizeof(segment->directory) ||
	    (size_t)snprintf(segment->path, sizeof(segment->path), "%s/%s",
			     options->directory,
			     options->name) >= sizeof(segment->path))
		return problem_set(problem, -ENAMETOOLONG,
				   "the run directory '%s' has too long a name",
				   options->directory);
	strcpy(segment->directory, options->directory);
	return 0;
}

static int make_directory(const char *path, struct problem *problem)
{
	if (mkdir(path, DIRECTORY_MODE))
		return errno == EEXIST ?
			       0 :
			       problem_set(problem, -errno,
					   "cannot create the run directory "
					   "%s: %s",
					   path, problem_errno(errno));
	/* whatever the umask is, readers must get at their file */
	if (chmod(path, DIRECTORY_MODE))
		return problem_set(problem, -errno,
				   "cannot set the mode of %s: %s", path,
				   problem_errno(errno));
	return 0;
}

/* -EAGAIN: whoever had the lock before has removed the file, to leave none. */
static int try_lock(const char *path)
{
	struct stat mine, there;
	int err = -EAGAIN;
	int fd = open(path, O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0600);

	if (fd < 0)
		return -errno;
	if (flock(fd, LOCK_EX))
		err = errno == EINTR ? -EAGAIN : -errno;
	else if (!fstat(fd, &mine) && !stat(path, &there) &&
		 mine.st_ino == there.st_ino)
		return fd;
	close(fd);
	return err;
}

/*
 * A file that only its owner can open: anybody may lock the directory itself.
 * Returns a descriptor for unlock_directory().
 */
static int lock_directory(const char *directory, struct problem *problem)
{
	char path[256];
	int fd = make_directory(directory, problem);

	if (fd)
		return fd;
	snprintf(path, sizeof(path), "%s/.lock", directory);
	do {
		fd = try_lock(path);
	} while (fd == -EAGAIN);
	if (fd < 0)
		return problem_set(problem, fd, "cannot lock %s: %s", path,
				   problem_errno(fd));
	return fd;
}

static void unlock_directory(const char *directory, int fd)
{
	char path[256];

	snprintf(path, sizeof(path), "%s/.lock", directory);
	unlink(path);
	close(fd);
}

/*
 * A sensor's, judged by what only a supervisor can give a file: the workers
 * of the one that died may have written over every byte. The magic number is
 * enough for files that were copied here.
 */
static bool is_ours(const struct stat *status,
		    const struct x0f_segment_header *header)
{
	if (!S_ISREG(status->st_mode))
		return false;
	if (header->magic == X0F_SEGMENT_MAGIC)
		return true;
	return status->st_uid == geteuid() && status->st_nlink == 1 &&
	       (status->st_mode & 07777) == FILE_MODE &&
	       status->st_size > (off_t)sizeof(*header) &&
	       status->st_size % sysconf(_SC_PAGESIZE) == 0;
}

/* 0: what lies at the path is a dead sensor's. */
static int check_dead(int fd, const char *path, struct problem *problem)
{
	struct flock lock = life_lock();
	struct x0f_segment_header header = { .magic = 0 };
	struct stat status;

	if (fstat(fd, &status) ||
	    (S_ISREG(status.st_mode) &&
	     pread(fd, &header, sizeof(header), 0) < 0) ||
	    !is_ours(&status, &header))
		return problem_set(problem, -EEXIST,
				   "%s is no sensor's segment; remove it, or "
				   "choose another name",
				   path);
	if (fcntl(fd, F_OFD_GETLK, &lock))
		return problem_set(problem, -errno,
				   "cannot ask for the lock of %s: %s", path,
				   problem_errno(errno));
	if (lock.l_type == F_UNLCK)
		return 0;
	return problem_set(problem, -EEXIST,
			   "sensor '%.63s' runs already, with pid %u; stop it, "
			   "or choose another name",
			   strrchr(path, '/') + 1, header.supervisor_pid);
}

static int check_place(const char *path, struct problem *problem)
{
	int fd, err;

	fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
	if (fd < 0 && errno == ENOENT)
		return 0;
	if (fd < 0)
		return problem_set(problem, -errno,
				   "cannot look at %s: %s; remove it, or "
				   "choose another name",
				   path, problem_errno(errno));
	err = check_dead(fd, path, problem);
	close(fd);
	return err;
}

static int allocate(int fd, const struct segment *segment,
		    struct problem *problem)
{
	const struct segment_layout *layout = &segment->layout;
	int err;

	do
		err = posix_fallocate(fd, 0, (off_t)layout->size);
	while (err == EINTR);
	if (!err)
		return 0;
	return problem_set(problem, -err,
			   "cannot get %llu KiB in %s for the results of %u "
			   "workers, %u records each: %s",
			   (unsigned long long)layout->size >> 10,
			   segment->directory, layout->worker_count,
			   layout->ring_records, problem_errno(err));
}

/*
 * An owner may give a file to a group that is its own: so CAP_SETGID does where
 * there is no CAP_CHOWN, which is the right to take any file of the host.
 */
static int give_to_group(int fd, gid_t group)
{
	int before;
	int ret = fchown(fd, (uid_t)-1, group) ? -errno : 0;

	if (ret != -EPERM)
		return ret;
	before = setfsgid(group);
	ret = fchown(fd, (uid_t)-1, group) ? -errno : 0;
	setfsgid((gid_t)before);
	return ret;
}

static int make_file(struct segment *segment, const char *path,
		     const struct segment_options *options,
		     struct problem *problem)
{
	struct flock lock = life_lock();
	int ret = 0;

	/* what a start that was killed left here */
	unlink(path);
	segment->fd = open(path,
			   O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW,
			   FILE_MODE);
	if (segment->fd < 0)
		return problem_set(problem, -errno, "cannot create %s: %s",
				   path, problem_errno(errno));
	if (options->group >= 0)
		ret = give_to_group(segment->fd, (gid_t)options->group);
	if (ret)
		return problem_set(problem, ret,
				   "cannot give %s to group %lld: %s", path,
				   (long long)options->group,
				   problem_errno(ret));
	if (fchmod(segment->fd, FILE_MODE) ||
	    fcntl(segment->fd, F_OFD_SETLK, &lock))
		return problem_set(problem, -errno,
				   "cannot set mode and lock of %s: %s", path,
				   problem_errno(errno));
	return allocate(segment->fd, segment, problem);
}

/*
 * By a descriptor of its own: a mapping keeps the open file description that
 * it was made of, lock and all. With the lock's, a child that outlives the
 * supervisor would keep the sensor alive in the eyes of its readers.
 */
static int map_file(struct segment *segment, const char *path,
		    const struct segment_options *options,
		    struct problem *problem)
{
	int fd = open(path, O_RDWR | O_CLOEXEC | O_NOFOLLOW);
	int err;

	if (fd < 0)
		return problem_set(problem, -errno, "cannot open %s: %s", path,
				   problem_errno(errno));
	err = segment_map(segment, fd, options, problem);
	close(fd);
	return err;
}

static void give_up(struct segment *segment)
{
	if (segment->header)
		munmap(segment->header, segment->size);
	if (segment->fd >= 0)
		close(segment->fd);
	segment->header = NULL;
	segment->fd = -1;
}

static int put_in_place(struct segment *segment,
			const struct segment_options *options,
			struct problem *problem)
{
	char made[sizeof(segment->path) + 8];
	int err;

	err = check_place(segment->path, problem);
	if (err)
		return err;
	snprintf(made, sizeof(made), "%s/.%s.new", segment->directory,
		 options->name);
	err = make_file(segment, made, options, problem);
	if (!err)
		err = map_file(segment, made, options, problem);
	if (!err && rename(made, segment->path))
		err = problem_set(problem, -errno, "cannot rename %s to %s: %s",
				  made, segment->path, problem_errno(errno));
	if (err && segment->fd >= 0)
		unlink(made);
	if (err)
		give_up(segment);
	return err;
}

int segment_create(struct segment *segment,
		   const struct segment_options *options,
		   struct problem *problem)
{
	int directory, err;

	*segment = (struct segment){ .fd = -1 };
	err = segment_plan(&segment->layout, options, problem);
	if (!err)
		err = set_paths(segment, options, problem);
	if (err)
		return err;
	directory = lock_directory(segment->directory, problem);
	if (directory < 0)
		return directory;
	err = put_in_place(segment, options, problem);
	unlock_directory(segment->directory, directory);
	return err;
}

/* With the directory locked, so that no successor comes in between. */
static int remove_files(const char *path, struct problem *problem)
{
	char socket[sizeof(((struct segment *)NULL)->path) + 8];
	int err = check_place(path, problem);

	if (err)
		return err;
	snprintf(socket, sizeof(socket), "%s.sock", path);
	if ((unlink(socket) && errno != ENOENT) ||
	    (unlink(path) && errno != ENOENT))
		return problem_set(problem, -errno, "cannot remove %s: %s",
				   path, problem_errno(errno));
	return 0;
}

int segment_remove_dead(const char *directory, const char *name,
			struct problem *problem)
{
	const struct segment_options options = { .directory = directory,
						 .name = name };
	struct segment segment = { .fd = -1 };
	struct stat there;
	int lock;
	int err = set_paths(&segment, &options, problem);

	if (err)
		return err;
	if (lstat(segment.path, &there))
		return problem_set(problem, -errno, "%s: %s", segment.path,
				   problem_errno(errno));
	lock = lock_directory(directory, problem);
	if (lock < 0)
		return lock;
	err = remove_files(segment.path, problem);
	unlock_directory(directory, lock);
	return err;
}

void segment_forget(struct segment *segment)
{
	/* the lock stays with the parent's descriptor */
	if (segment->fd >= 0)
		close(segment->fd);
	segment->fd = -1;
}

/* Not what a successor put there. */
static void unlink_ours(const struct segment *segment)
{
	struct problem ignored;
	struct stat ours, there;
	int directory = lock_directory(segment->directory, &ignored);

	if (!fstat(segment->fd, &ours) && !lstat(segment->path, &there) &&
	    ours.st_dev == there.st_dev && ours.st_ino == there.st_ino)
		unlink(segment->path);
	if (directory >= 0)
		unlock_directory(segment->directory, directory);
}

void segment_close(struct segment *segment)
{
	if (!segment->header)
		return;
	if (segment->fd >= 0) {
		unlink_ours(segment);
		segment_set_state(segment, X0F_SENSOR_ENDED);
		segment_ring_doorbell(segment);
	}
	segment_free_index(segment->index);
	segment->index = NULL;
	give_up(segment);
}
