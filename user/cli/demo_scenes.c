/* SPDX-License-Identifier: MIT */
/*
 * What `x0f demo` plays on its stage. Each scene starts a sensor by the
 * command line that it shows, gives it something to see, shows what it
 * publishes, stops it, and writes a row or more of the table. One that cannot
 * be says why, and the others go on. Called in the stage's first process.
 */
#include "demo.h"
#include "demo_connect.h"
#include "demo_reader.h"
#include "demo_stage.h"
#include "message.h"

#include "../capture/clock.h"
#include "../capture/mirror.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Connections per IP version: to be read, and to be counted */
enum { SHOWN_CONNECTIONS = 2, ALL_CONNECTIONS = 100, PAUSE_MS = 100 };

/* A generator that takes longer hangs */
enum { GENERATOR_MS = 20000 };

/* At counters that still move */
enum { MOST_LOOKS = 5 };

/* A tap's rings hold a burst that the worker works off meanwhile. */
#define TAP_OPTIONS "--quiet --capture tap --frames 16384"

struct scene {
	struct demo *demo;
	struct stage *stage;
	struct program sensor;
	struct reader reader;
};

/* -------------------------------------------------------------- sensor -- */

/* What the sensor said itself is better than anything else. */
static void say_failure(struct scene *scene, int error)
{
	const char *line = program_last_line(&scene->sensor);

	demo_say(scene->demo, "   not here: %s\n",
		 line[0] ? line : error_text(error));
}

/* It is quiet but for what this kernel cannot do as well as others. */
static void say_warning(struct scene *scene)
{
	if (program_runs(&scene->sensor) && scene->sensor.len)
		demo_say(scene->demo, "   %s\n",
			 program_last_line(&scene->sensor));
}

/* False: has said why. */
static bool start_sensor(struct scene *scene, const char *words,
			 const char *name)
{
	char path[64];
	int ret;

	demo_say(scene->demo, "   $ %s\n", words);
	snprintf(path, sizeof(path), STAGE_RUN_DIR "/%s", name);
	ret = program_start(&scene->sensor, scene->stage->server, words);
	if (!ret)
		ret = reader_open(&scene->reader, path, &scene->sensor);
	if (!ret) {
		say_warning(scene);
		return true;
	}
	program_stop(&scene->sensor);
	say_failure(scene, ret);
	return false;
}

/* The last row is filled when all is over, from the sensor's last word. */
static void stop_sensor(struct scene *scene, struct book *book)
{
	int status = program_stop(&scene->sensor);

	reader_book(&scene->reader, scene->demo, book);
	reader_close(&scene->reader);
	if (status)
		demo_say(scene->demo, "   the sensor ended with %d: %s\n",
			 status, program_last_line(&scene->sensor));
}

/* ----------------------------------------------------------- generator -- */

/* "x0f: 573 frames, 39910 bytes in …" */
static uint64_t read_frames(struct program *generator)
{
	return strtoull(program_last_line(generator), NULL, 10);
}

/*
 * Shows findings while it runs, or not: a flood would keep the reader busy.
 * Returns the frames that it says it has sent.
 */
static uint64_t generate(struct scene *scene, int network, const char *words,
			 bool is_shown)
{
	uint64_t end = clock_ns() + GENERATOR_MS * NS_PER_MS;
	struct program generator;

	demo_say(scene->demo, "   $ %s\n", words);
	if (program_start(&generator, network, words))
		return 0;
	while (program_runs(&generator) && clock_ns() < end &&
	       !demo_is_over(scene->demo)) {
		if (is_shown)
			reader_show(&scene->reader, scene->demo, 10);
		else
			poll(NULL, 0, 10);
	}
	if (program_wait(&generator, 0))
		demo_say(scene->demo, "   not here: %s\n",
			 program_last_line(&generator));
	else if (!is_shown)
		demo_say(scene->demo, "   %s\n", program_last_line(&generator));
	return read_frames(&generator);
}

/* ---------------------------------------------------------- connections -- */

static uint32_t connect_some(struct scene *scene, const char *address,
			     uint32_t count, int pause_ms)
{
	struct net_address server = net_address(address, 0);
	struct connector connector;
	uint32_t good = 0;

	if (connector_open(&connector, &server, 443, scene->stage->server,
			   scene->stage->client))
		return 0;
	for (uint32_t i = 0; i < count && !demo_is_over(scene->demo); i++) {
		good += !connector_try(&connector);
		if (pause_ms)
			reader_show(&scene->reader, scene->demo, pause_ms);
	}
	connector_close(&connector);
	return good;
}

/* A few at a time to read, then many. */
static void connect_all(struct scene *scene, uint32_t shown, uint32_t all)
{
	bool has_v6 = scene->stage->has_v6;
	uint32_t v4 = connect_some(scene, SERVER_V4, shown, PAUSE_MS);
	uint32_t v6 = 0;

	if (has_v6)
		v6 = connect_some(scene, SERVER_V6, shown, PAUSE_MS);
	v4 += connect_some(scene, SERVER_V4, all - shown, 0);
	if (has_v6)
		v6 += connect_some(scene, SERVER_V6, all - shown, 0);
	scene->demo->failed += all - v4 + (has_v6 ? all - v6 : 0);
	demo_say(scene->demo,
		 "   connections that succeeded meanwhile: %u of %u by IPv4, "
		 "%u of %u by IPv6%s\n",
		 v4, all, v6, has_v6 ? all : 0,
		 has_v6 ? "" : ", which this kernel has not");
}

/* Packets that went over the server's cable, either way. */
static uint64_t count_server(void)
{
	struct net_counts counts;
	struct problem ignored;

	net_count("server0", &counts, &ignored);
	/* what is dropped behind the egress hook has passed that */
	return counts.received + counts.sent + counts.dropped;
}

/* Copies that never reached the other end of their cable. */
static uint64_t count_uncopied(const struct mirror *mirror)
{
	struct mirror_counts copies;
	struct net_counts span;
	struct problem ignored;

	if (!mirror)
		return 0;
	mirror_count(mirror, &copies);
	net_count("span0", &span, &ignored);
	return copies.failed + span.dropped;
}

/* Until nothing moves any more: TCP may have had a last word. */
static void settle_server(struct scene *scene, const struct mirror *mirror,
			  uint64_t before, struct book *book)
{
	for (int i = 0; i < MOST_LOOKS; i++) {
		book->sent = count_server() - before;
		book->undelivered = count_uncopied(mirror);
		reader_settle(&scene->reader, scene->demo,
			      book->sent - book->undelivered);
		if (count_server() - before == book->sent)
			break;
	}
	demo_end(scene->demo);
}

/* --------------------------------------------------------------- scenes -- */

static void play_inline(struct scene *scene)
{
	struct demo *demo = scene->demo;
	struct book *book;
	uint64_t before;

	demo_head(demo, "1. Inline on a server: real connections, both "
			"directions, untouched");
	if (!start_sensor(scene, "x0f live --quiet server0", "server0"))
		return;
	before = count_server();
	demo_begin(demo, DEMO_LINES, true);
	connect_all(scene, SHOWN_CONNECTIONS, ALL_CONNECTIONS);
	book = books_add(&demo->books, "1 inline",
			 "the kernel: packets of server0, in and out");
	settle_server(scene, NULL, before, book);
	stop_sensor(scene, book);
}

static void count_wire(struct scene *scene, struct net_counts *counts)
{
	struct problem ignored;

	if (!stage_enter(scene->stage->client))
		return;
	net_count("wire0", counts, &ignored);
	stage_enter(scene->stage->server);
}

static void play_systems(struct scene *scene)
{
	struct demo *demo = scene->demo;
	int client = scene->stage->client;
	struct net_counts counts = { 0 };
	struct book *book;

	demo_begin(demo, DEMO_LINES, false);
	generate(scene, client, "x0f gen --count 16 --rate 12 -i wire0", true);
	generate(scene, client,
		 "x0f gen --mix systems,ipv6,vlan,malformed,data --seed 1 "
		 "--rate 5000 -i wire0",
		 true);
	count_wire(scene, &counts);
	book = books_add(&demo->books, "2 tap, all systems",
			 "the kernel: packets out of wire0");
	book->sent = counts.sent + counts.dropped;
	book->undelivered = counts.dropped;
	reader_settle(&scene->reader, demo, counts.sent);
	demo_end(demo);
	reader_book(&scene->reader, demo, book);
}

/* One generator at a time: two at one interface would hang the machine. */
static void play_flood(struct scene *scene, const char *name, const char *words)
{
	uint64_t sent = generate(scene, scene->stage->server, words, false);
	struct book *book;

	if (!sent)
		return;
	book = books_add(&scene->demo->books, name,
			 "the generator's program in the kernel");
	book->is_load = true;
	book->sent = sent;
	demo_begin(scene->demo, 0, false);
	reader_settle(&scene->reader, scene->demo, sent);
	reader_book(&scene->reader, scene->demo, book);
}

static void play_tap(struct scene *scene)
{
	struct demo *demo = scene->demo;
	struct book rest;

	demo_head(
		demo,
		"2. A tap at a mirror port: every system of the databases, by XDP and AF_XDP");
	if (!start_sensor(scene, "x0f live " TAP_OPTIONS " tap0", "tap0"))
		return;
	play_systems(scene);
	play_flood(scene, "2 500,000/s",
		   "x0f gen --mix popular --count 500000 --rate 500000 "
		   "--live-frames tap0");
	demo_say(demo,
		 "   more than one worker can take, to see that every lost "
		 "packet is counted:\n");
	play_flood(scene, "2 flat out",
		   "x0f gen --mix popular --count 1000000 --live-frames tap0");
	memset(&rest, 0, sizeof(rest));
	stop_sensor(scene, &rest);
	book_merge(&demo->books.rows[demo->books.count - 1], &rest);
}

static void play_copy(struct scene *scene, const struct mirror *mirror)
{
	struct demo *demo = scene->demo;
	uint64_t before = count_server();
	struct book *book;

	demo_begin(demo, DEMO_LINES / 2, false);
	connect_all(scene, SHOWN_CONNECTIONS, ALL_CONNECTIONS / 2);
	book = books_add(&demo->books, "3 copied",
			 "the kernel: packets of server0, in and out");
	settle_server(scene, mirror, before, book);
	stop_sensor(scene, book);
}

static void play_mirror(struct scene *scene)
{
	struct demo *demo = scene->demo;
	struct problem problem;
	struct mirror *mirror;

	demo_head(
		demo,
		"3. The server again, copied by TC to a second cable: a tap sees both directions");
	if (!start_sensor(scene, "x0f live " TAP_OPTIONS " mirror0", "mirror0"))
		return;
	if (mirror_open(&mirror, "server0", "span0", &problem)) {
		demo_say(demo, "   not here: %s\n", problem.text);
		program_stop(&scene->sensor);
		reader_close(&scene->reader);
		return;
	}
	play_copy(scene, mirror);
	mirror_close(mirror);
}

int demo_play(struct demo *demo)
{
	static struct scene scene;
	static struct stage stage;
	struct problem problem;

	if (stage_build(&stage, &problem))
		return demo_play_memory(demo, problem.text);
	scene.demo = demo;
	scene.stage = &stage;
	demo_say(demo, "Two machines, made of network namespaces that only "
		       "this demo has, and that end with it.\n"
		       "The sensors are quiet: findings are read from their "
		       "results, as any reader does.\n");
	play_inline(&scene);
	if (!demo_is_over(demo))
		play_tap(&scene);
	if (!demo_is_over(demo))
		play_mirror(&scene);
	if (!demo->books.count)
		return demo_play_memory(demo, "no sensor runs here");
	return demo_finish(demo);
}
