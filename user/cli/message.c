/* SPDX-License-Identifier: MIT */
/*
 * Messages on standard error, exit codes, and "did you mean".
 */
#include "message.h"

#include <ctype.h>
#include <errno.h>
#include <poll.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* A path of PATH_MAX is cut; what is wrong with it comes last, but such a
 * path has shown enough of itself. */
#define MESSAGE_BYTES 2048

/* Words that are longer are nobody's typing error. */
#define LONGEST_WORD 32

/* File names and databases must not be able to forge a line. */
static void disarm(char *text)
{
	for (; *text; text++) {
		uint8_t c = (uint8_t)*text;

		if (c < 0x20 || c == 0x7f)
			*text = '?';
	}
}

static uint32_t complaints;

uint32_t message_complaints(void)
{
	return __atomic_load_n(&complaints, __ATOMIC_RELAXED);
}

static bool never_waits;
static uint32_t lost_messages;

void message_never_wait(void)
{
	never_waits = true;
}

/* A pipe has room for a line then, and a terminal is not stopped. */
static bool would_wait(void)
{
	struct pollfd fd = { .fd = STDERR_FILENO, .events = POLLOUT };

	return never_waits && (poll(&fd, 1, 0) <= 0 || !(fd.revents & POLLOUT));
}

/* $JOURNAL_STREAM names the stream's file, which may have been redirected. */
static bool is_read_by_journal(void)
{
	const char *stream = getenv("JOURNAL_STREAM");
	unsigned long long device, inode;
	struct stat st;

	return stream && sscanf(stream, "%llu:%llu", &device, &inode) == 2 &&
	       !fstat(STDERR_FILENO, &st) && st.st_dev == device &&
	       st.st_ino == inode;
}

__attribute__((format(printf, 2, 0))) static void
put_line(enum message_weight weight, const char *format, va_list args)
{
	char line[MESSAGE_BYTES];
	size_t len;
	ssize_t n;

	len = (size_t)snprintf(line, sizeof(line),
			       is_read_by_journal() ? "<%d>x0f: " : "x0f: ",
			       weight);
	vsnprintf(line + len, sizeof(line) - len - 1, format, args);
	disarm(line);
	len = strlen(line);
	line[len++] = '\n';
	n = write(STDERR_FILENO, line, len);
	(void)n; /* nobody left to tell */
}

__attribute__((format(printf, 2, 3))) static void
write_line(enum message_weight weight, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	put_line(weight, format, args);
	va_end(args);
}

__attribute__((format(printf, 2, 0))) static void
speak(enum message_weight weight, const char *format, va_list args)
{
	uint32_t lost;

	if (weight == MESSAGE_ERROR)
		__atomic_fetch_add(&complaints, 1, __ATOMIC_RELAXED);
	if (would_wait()) {
		__atomic_fetch_add(&lost_messages, 1, __ATOMIC_RELAXED);
		return;
	}
	lost = __atomic_exchange_n(&lost_messages, 0, __ATOMIC_RELAXED);
	if (lost)
		write_line(MESSAGE_WARNING,
			   "%u messages lost, nobody read them", lost);
	put_line(weight, format, args);
}

void message(enum message_weight weight, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	speak(weight, format, args);
	va_end(args);
}

void complain(const char *format, ...)
{
	static const char warning[] = "warning: ";
	bool is_warning = !strncmp(format, warning, sizeof(warning) - 1);
	va_list args;

	va_start(args, format);
	speak(is_warning ? MESSAGE_WARNING : MESSAGE_ERROR, format, args);
	va_end(args);
}

void inform(const char *format, ...)
{
	va_list args;

	va_start(args, format);
	speak(MESSAGE_NOTE, format, args);
	va_end(args);
}

const char *error_text(int error)
{
	static _Thread_local char text[128];

	snprintf(text, sizeof(text), "%s",
		 strerror(error < 0 ? -error : error));
	/* "I/O" would stay as it is */
	if (text[0] && islower((unsigned char)text[1]))
		text[0] = (char)tolower((unsigned char)text[0]);
	return text;
}

enum exit_code exit_code_of(int error)
{
	switch (error < 0 ? -error : error) {
	case ENOENT:
	case ENOTDIR:
	case EISDIR:
	case ELOOP:
	case ENAMETOOLONG:
	case ENXIO:
		return EXIT_NO_INPUT;
	case EACCES:
	case EPERM:
		return EXIT_NO_RIGHTS;
	case EINVAL:
	case EBADMSG:
	case EFBIG:
		return EXIT_DATA;
	case ENOMEM:
		return EXIT_SYSTEM;
	default:
		return EXIT_IO;
	}
}

static size_t smallest(size_t a, size_t b, size_t c)
{
	size_t ab = a < b ? a : b;

	return ab < c ? ab : c;
}

static bool is_transposed(const char *a, size_t i, const char *b, size_t j)
{
	return i && j && a[i] == b[j - 1] && a[i - 1] == b[j];
}

/*
 * Damerau's distance between words of at most LONGEST_WORD bytes: letters
 * that changed places count as one error, too.
 */
static size_t edit_distance(const char *a, const char *b)
{
	/* rows[i + 1][j + 1]: of the first i + 1 and j + 1 letters */
	size_t rows[LONGEST_WORD + 1][LONGEST_WORD + 1];
	size_t i, j;

	for (j = 0; j <= strlen(b); j++)
		rows[0][j] = j;
	for (i = 0; a[i]; i++) {
		rows[i + 1][0] = i + 1;
		for (j = 0; b[j]; j++) {
			size_t best = smallest(rows[i][j + 1] + 1,
					       rows[i + 1][j] + 1,
					       rows[i][j] + (a[i] != b[j]));

			if (is_transposed(a, i, b, j) &&
			    rows[i - 1][j - 1] + 1 < best)
				best = rows[i - 1][j - 1] + 1;
			rows[i + 1][j + 1] = best;
		}
	}
	return rows[i][strlen(b)];
}

void suggest(struct suggestion *suggestion, const char *candidate)
{
	size_t len = strlen(candidate);
	size_t distance;

	if (len > LONGEST_WORD || strlen(suggestion->wrong) > LONGEST_WORD)
		return;
	distance = edit_distance(suggestion->wrong, candidate);
	/* more than a third wrong is another word */
	if (distance > len / 3 + 1 || distance >= len)
		return;
	if (suggestion->best && distance >= suggestion->distance)
		return;
	suggestion->best = candidate;
	suggestion->distance = distance;
}
