/* SPDX-License-Identifier: MIT */
/*
 * Opens capture files and finds out what they are. The packets come from
 * pcap.c or pcapng.c, which file->next points at.
 */
#include "reader.h"

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* The header of pcap; pcapng's smallest is 28. */
#define FILE_HEADER_BYTES 24

static void vsay(const struct capture_file *file, struct capture_error *error,
		 const char *format, va_list args)
{
	error->packet = file->packets + 1;
	error->offset = file->record;
	vsnprintf(error->message, sizeof(error->message), format, args);
}

int capture_damaged(const struct capture_file *file,
		    struct capture_error *error, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	vsay(file, error, format, args);
	va_end(args);
	return -EBADMSG;
}

int capture_cut_off(const struct capture_file *file,
		    struct capture_error *error, uint64_t len)
{
	uint64_t there = file->stream.offset - file->stream.skip +
			 stream_buffered(&file->stream) - file->record;

	return capture_damaged(file, error,
			       "file is cut off: %llu of %llu bytes are there",
			       (unsigned long long)there,
			       (unsigned long long)len);
}

int capture_end(const struct capture_file *file, struct capture_error *error,
		uint64_t len)
{
	if (!stream_buffered(&file->stream))
		return 0;
	return capture_cut_off(file, error, len);
}

__attribute__((format(printf, 3, 4))) static int
refuse(const struct capture_file *file, struct capture_error *error,
       const char *format, ...)
{
	va_list args;

	va_start(args, format);
	vsay(file, error, format, args);
	va_end(args);
	return -EINVAL;
}

struct capture_interface *capture_add_interface(struct capture_file *file)
{
	struct capture_interface *interface;

	if (file->interface_count >= MAX_INTERFACES)
		return NULL;
	if (file->interface_count == file->interface_room) {
		uint32_t room = file->interface_room * 2 + 1;
		void *moved = realloc(file->interfaces,
				      room * sizeof(*interface));

		if (!moved)
			return NULL;
		file->interfaces = moved;
		file->interface_room = room;
	}
	interface = &file->interfaces[file->interface_count++];
	memset(interface, 0, sizeof(*interface));
	return interface;
}

/* What people hand over by mistake, and what helps. */
static const char *known_mistake(const uint8_t *p)
{
	if (!memcmp(p, "\x1f\x8b", 2))
		return "compressed with gzip: try zcat FILE | x0f pcap -";
	if (!memcmp(p, "\x28\xb5\x2f\xfd", 4))
		return "compressed with zstd: try zstdcat FILE | x0f pcap -";
	if (!memcmp(p, "\xfd\x37\x7a\x58\x5a", 5))
		return "compressed with xz: try xzcat FILE | x0f pcap -";
	if (!memcmp(p, "BZh", 3))
		return "compressed with bzip2: try bzcat FILE | x0f pcap -";
	if (!memcmp(p, "snoop", 6))
		return "a snoop file: try editcap -F pcap";
	return "not a capture file: neither pcap nor pcapng";
}

static int identify(struct capture_file *file, struct capture_error *error)
{
	const uint8_t *p;
	uint32_t magic;
	int ret = stream_need(&file->stream, FILE_HEADER_BYTES, &p);

	if (ret < 0)
		return ret;
	if (!stream_buffered(&file->stream))
		return refuse(file, error, "empty file");
	if (!ret)
		return refuse(file, error,
			      "not a capture file: only %zu bytes long",
			      stream_buffered(&file->stream));
	memcpy(&magic, p, sizeof(magic));
	if (magic == MAGIC_PCAPNG)
		return pcapng_begin(file, error);
	ret = pcap_begin(file, magic, error);
	if (ret == -ENOTSUP)
		ret = refuse(file, error, "%s", known_mistake(p));
	return ret;
}

static struct capture_file *new_file(int fd, size_t buffer_len)
{
	struct capture_file *file = calloc(1, sizeof(*file));

	if (!file)
		return NULL;
	file->stream.fd = fd;
	file->stream.buf = malloc(buffer_len);
	if (file->stream.buf)
		return file;
	free(file);
	return NULL;
}

/* Asks for the size; a directory can be opened, but not be read. */
static int examine(struct capture_file *file)
{
	struct stat st;

	if (fstat(file->stream.fd, &st))
		return -errno;
	if (S_ISDIR(st.st_mode))
		return -EISDIR;
	if (S_ISREG(st.st_mode))
		file->size = (uint64_t)st.st_size;
	return 0;
}

int capture_file_open(struct capture_file **out, const char *path,
		      struct capture_error *error)
{
	struct capture_file *file;
	int fd = STDIN_FILENO;
	int ret;

	*out = NULL;
	memset(error, 0, sizeof(*error));
	if (strcmp(path, "-"))
		fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
	if (fd < 0)
		return -errno;
	file = new_file(fd, STREAM_BUFFER_BYTES);
	if (!file) {
		if (fd != STDIN_FILENO)
			close(fd);
		return -ENOMEM;
	}
	ret = examine(file);
	if (!ret)
		ret = identify(file, error);
	if (ret) {
		capture_file_close(file);
		return ret;
	}
	*out = file;
	return 0;
}

int capture_file_open_memory(struct capture_file **out, const void *data,
			     size_t len, struct capture_error *error)
{
	struct capture_file *file;
	int ret;

	*out = NULL;
	memset(error, 0, sizeof(*error));
	/* One byte more, because an empty file needs a buffer, too. In front,
	 * so that reading behind the end is reading behind the buffer. */
	file = new_file(-1, len + 1);
	if (!file)
		return -ENOMEM;
	if (len)
		memcpy(file->stream.buf + 1, data, len);
	file->stream.start = 1;
	file->stream.end = len + 1;
	file->size = len;
	ret = identify(file, error);
	if (ret) {
		capture_file_close(file);
		return ret;
	}
	*out = file;
	return 0;
}

int capture_file_next(struct capture_file *file, struct capture_packet *packet,
		      struct capture_error *error)
{
	int ret = file->next(file, packet, error);

	if (ret > 0)
		packet->number = ++file->packets;
	return ret;
}

void capture_file_before_read(struct capture_file *file,
			      void (*call)(void *ctx), void *ctx)
{
	file->stream.before_read = call;
	file->stream.ctx = ctx;
}

void capture_file_imitate_p0f(struct capture_file *file)
{
	file->as_p0f = true;
}

bool capture_file_link_type(const struct capture_file *file, uint32_t *dlt)
{
	if (file->first.units)
		*dlt = file->first.dlt;
	else if (file->interface_count)
		*dlt = file->interfaces[0].dlt;
	else
		return false;
	return true;
}

const char *capture_file_interface(const struct capture_file *file,
				   uint32_t interface)
{
	if (interface >= file->interface_count ||
	    !file->interfaces[interface].name[0])
		return NULL;
	return file->interfaces[interface].name;
}

uint64_t capture_file_position(const struct capture_file *file)
{
	return file->stream.offset - file->stream.skip;
}

uint64_t capture_file_size(const struct capture_file *file)
{
	return file->size;
}

void capture_file_close(struct capture_file *file)
{
	if (!file)
		return;
	if (file->stream.fd > STDIN_FILENO)
		close(file->stream.fd);
	free(file->stream.buf);
	free(file->interfaces);
	free(file);
}
