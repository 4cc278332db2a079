/* SPDX-License-Identifier: MIT */
/*
 * Where generated frames go: a file, a socket, or live frames.
 */
#include "destination.h"
#include "gen.h"
#include "interrupt.h"
#include "message.h"

#include "../capture/clock.h"
#include "../capture/live_frames.h"
#include "../capture/pcap_write.h"
#include "../capture/send.h"

#include <errno.h>
#include <stdlib.h>
#include <time.h>

_Static_assert(GENERATOR_BYTES <= FRAME_BYTES,
	       "what is generated fits the kernel's map");

/* Of files: 2020-01-01, so that a seed gives the same file again */
#define FILE_TIME_NS (UINT64_C(1577836800) * NS_PER_S)
#define FILE_RATE 1000

/* Live frames are sent by the call: so many at full speed, or this often */
#define CALL_FRAMES (1u << 22)
#define CALLS_PER_SECOND 100

/* The exit code of something that the kernel refused. */
static int refuse(int error, const struct problem *problem)
{
	if (error == -EINTR)
		return EXIT_INTERRUPTED;
	complain("%s", problem->text);
	switch (error) {
	case -ENODEV:
		return EXIT_NO_INPUT;
	case -EPERM:
	case -EACCES:
		return EXIT_NO_RIGHTS;
	case -ENOMEM:
		return EXIT_SYSTEM;
	case -EBUSY:
	case -ENETDOWN:
	case -ENOLINK:
	case -ENXIO:
	case -EOPNOTSUPP:
		return EXIT_UNAVAILABLE;
	default:
		return EXIT_IO;
	}
}

static int end_code(void)
{
	return interrupted() ? EXIT_INTERRUPTED : EXIT_OK;
}

/* When frame `number` is due, in ns from the first one. */
static uint64_t due_ns(uint64_t number, uint32_t rate)
{
	return number / rate * NS_PER_S + number % rate * NS_PER_S / rate;
}

/* Ends early when a signal comes. */
static void sleep_until(uint64_t time_ns)
{
	struct timespec time = { .tv_sec = (time_t)(time_ns / NS_PER_S),
				 .tv_nsec = (long)(time_ns % NS_PER_S) };

	clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &time, NULL);
}

/* ---------------------------------------------------------------- file -- */

static int write_frames(struct gen *gen, struct pcap_writer *writer)
{
	uint32_t rate = gen->settings->rate ? gen->settings->rate : FILE_RATE;
	uint8_t frame[GENERATOR_BYTES];
	uint64_t start = clock_ns();
	/* microseconds, which every program reads, where they are enough */
	int ret = pcap_write_begin(writer, writer->fd, 1000000 % rate);

	while (!ret && gen->frames < gen->count && !interrupted()) {
		size_t len = generator_next(gen->generator, frame, NULL);

		ret = pcap_write_frame(writer,
				       FILE_TIME_NS + due_ns(gen->frames, rate),
				       frame, len);
		gen->frames++;
		gen->bytes += len;
	}
	if (!ret)
		ret = pcap_write_end(writer);
	gen->took_ns = clock_ns() - start;
	return ret;
}

/* Databases must not be overwritten by what is made of them. */
static int open_file(const struct settings *settings,
		     struct destination *destination)
{
	char *inputs[2 * MAX_LIST];
	int count = 0;

	for (uint32_t i = 0; i < settings->databases.count; i++)
		inputs[count++] = (char *)(uintptr_t)
					  settings->databases.items[i];
	for (uint32_t i = 0; i < settings->front_databases.count; i++)
		inputs[count++] = (char *)(uintptr_t)
					  settings->front_databases.items[i];
	return destination_open(destination, settings->output, count, inputs);
}

int gen_to_file(struct gen *gen)
{
	static struct destination destination;
	static struct pcap_writer writer;
	int closed;
	int ret = open_file(gen->settings, &destination);

	if (ret)
		return ret;
	destination_begin(&destination);
	writer.fd = destination.out.fd;
	ret = write_frames(gen, &writer);
	if (ret && ret != -EINTR && !destination.out.error)
		destination.out.error = ret;
	closed = destination_close(&destination);
	return closed ? closed : ret == -EINTR ? EXIT_INTERRUPTED : end_code();
}

/* ----------------------------------------------------------- interface -- */

/* So many at once, where frames are to go at a rate: at most a millisecond's */
static uint32_t burst_of(uint32_t rate)
{
	return rate < 1000 ? 1 : rate / 1000;
}

static int send_frames(struct gen *gen, struct sender *sender,
		       struct problem *problem)
{
	uint32_t rate = gen->settings->rate;
	uint64_t start = clock_ns();
	int ret = 0;

	for (uint64_t i = 0; !ret && i < gen->count && !interrupted(); i++) {
		if (rate && i % burst_of(rate) == 0) {
			ret = sender_flush(sender, problem);
			sleep_until(start + due_ns(i, rate));
		}
		if (!ret)
			ret = sender_add(sender,
					 generator_next(gen->generator,
							sender_slot(sender),
							NULL),
					 problem);
	}
	if (!ret)
		ret = sender_flush(sender, problem);
	gen->took_ns = clock_ns() - start;
	return ret;
}

int gen_to_interface(struct gen *gen)
{
	struct problem problem;
	struct sender *sender;
	int ret = sender_open(&sender, gen->settings->to_interface,
			      GENERATOR_BYTES, &problem);

	if (ret)
		return refuse(ret, &problem);
	ret = send_frames(gen, sender, &problem);
	gen->frames = sender_frames(sender);
	gen->bytes = sender_bytes(sender);
	sender_close(sender);
	return ret ? refuse(ret, &problem) : end_code();
}

/* --------------------------------------------------------- live frames -- */

/* What is sent again and again, and how long it is. */
struct loop {
	struct frame frames[FRAME_COUNT];
	uint32_t count;
	uint64_t bytes;
};

static void fill_loop(struct loop *loop, struct gen *gen)
{
	loop->count = FRAME_COUNT;
	if (gen->count < FRAME_COUNT)
		loop->count = (uint32_t)gen->count;
	for (uint32_t i = 0; i < loop->count; i++) {
		struct frame *frame = &loop->frames[i];

		frame->len = (uint32_t)generator_next(gen->generator,
						      frame->data, NULL);
		loop->bytes += frame->len;
	}
}

static uint64_t count_bytes(const struct loop *loop, uint64_t sent)
{
	uint64_t bytes = sent / loop->count * loop->bytes;

	for (uint64_t i = 0; i < sent % loop->count; i++)
		bytes += loop->frames[i].len;
	return bytes;
}

static uint32_t frames_of_call(uint64_t left, uint32_t rate)
{
	uint32_t most = CALL_FRAMES;

	if (rate)
		most = rate < CALLS_PER_SECOND ? 1 : rate / CALLS_PER_SECOND;
	return left < most ? (uint32_t)left : most;
}

static int run_live(struct gen *gen, struct live_frames *live,
		    struct problem *problem)
{
	uint32_t rate = gen->settings->rate;
	uint64_t start = clock_ns();
	uint64_t sent = 0;
	int ret = 0;

	while (!ret && sent < gen->count && !interrupted()) {
		if (rate)
			sleep_until(start + due_ns(sent, rate));
		if (interrupted())
			break;
		ret = live_frames_run(live,
				      frames_of_call(gen->count - sent, rate),
				      problem);
		sent = live_frames_sent(live);
	}
	gen->frames = sent;
	gen->took_ns = clock_ns() - start;
	return ret;
}

static int start_live(struct live_frames *live, const struct loop *loop,
		      struct problem *problem)
{
	int ret = live_frames_load(live, loop->frames, loop->count, problem);

	if (!ret)
		ret = live_frames_attach(live, problem);
	if (!ret && !live_frames_has_sensor(live))
		complain("warning: no sensor in mode tap listens there, all "
			 "frames are dropped");
	return ret;
}

int gen_to_live_frames(struct gen *gen)
{
	struct loop *loop = calloc(1, sizeof(*loop));
	struct problem problem;
	struct problem closing;
	struct live_frames *live;
	int closed;
	int ret;

	if (!loop) {
		complain("out of memory");
		return EXIT_SYSTEM;
	}
	fill_loop(loop, gen);
	ret = live_frames_open(&live, gen->settings->live_frames, &problem);
	if (!ret)
		ret = start_live(live, loop, &problem);
	if (!ret)
		ret = run_live(gen, live, &problem);
	gen->bytes = count_bytes(loop, gen->frames);
	free(loop);
	closed = live_frames_close(live, &closing);
	if (ret)
		return refuse(ret, &problem);
	return closed ? refuse(closed, &closing) : end_code();
}
