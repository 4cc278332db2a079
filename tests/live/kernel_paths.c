/* SPDX-License-Identifier: MIT */
/*
 * What test runs cannot show of the host's programs: VLAN tags that the
 * kernel moved out of the bytes, packets whose headers are not in the linear
 * part, and that a sleeping reader is woken, once. Real frames over a veth
 * pair in a network namespace that dies with this process. Needs root.
 */
#define _GNU_SOURCE /* unshare() */
#include "../random_frames.h"
#include "die.h"

#include "../../user/capture/object.h"

#include <bpf/bpf.h>
#include <errno.h>
#include <linux/if_packet.h>
#include <linux/virtio_net.h>
#include <net/if.h>
#include <pthread.h>
#include <sched.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#define RING_BYTES (1u << 16)
#define INTERFACE 9
#define PAGED_BYTES 4400 /* below a page the kernel makes all of it linear */
#define MOST_BYTES 4600

static struct bpf_object *host;
static struct ring_buffer *rings;
static struct wake *wakes;
static int cpus;

/* What is expected to be seen of the last frame. */
static const uint8_t *expected;
static uint32_t expected_len;
static uint32_t seen[2]; /* by direction */

static void sh(const char *command)
{
	if (system(command))
		die("failed: %s", command);
}

/* ------------------------------------------------------------- set-up -- */

static int take_event(void *ctx, void *data, size_t size)
{
	const struct header_event *event = data;
	uint32_t len = expected_len < HEADER_BYTES ? expected_len :
						     HEADER_BYTES;

	(void)ctx;
	if (size != sizeof(*event) || event->direction > DIRECTION_EGRESS)
		die("not an event, %zu bytes", size);
	seen[event->direction]++;
	if (event->wire_len != expected_len || event->len != len ||
	    event->interface != INTERFACE ||
	    memcmp(event->data, expected, len) != 0)
		die("direction %u: %u bytes of %u, expected %u of %u, or they "
		    "differ",
		    event->direction, event->len, event->wire_len, len,
		    expected_len);
	return 0;
}

static void open_rings(void)
{
	int map = object_map(host, "x0f_rings");

	cpus = libbpf_num_possible_cpus();
	for (int cpu = 0; cpu < cpus; cpu++) {
		int ring = bpf_map_create(BPF_MAP_TYPE_RINGBUF, "test", 0, 0,
					  RING_BYTES, NULL);

		if (ring < 0 || bpf_map_update_elem(map, &cpu, &ring, BPF_ANY))
			die("no header ring: %s", strerror(errno));
		if (!cpu)
			rings = ring_buffer__new(ring, take_event, NULL, NULL);
		else if (rings)
			ring_buffer__add(rings, ring, take_event, NULL);
	}
	wakes = mmap(NULL, (size_t)cpus * sizeof(*wakes),
		     PROT_READ | PROT_WRITE, MAP_SHARED,
		     object_map(host, "x0f_wake"), 0);
	if (!rings || wakes == MAP_FAILED)
		die("cannot read the header rings");
}

static void attach(const char *interface, const char *program,
		   enum bpf_tc_attach_point point)
{
	LIBBPF_OPTS(bpf_tc_hook, hook, .attach_point = point,
		    .ifindex = (int)if_nametoindex(interface));
	LIBBPF_OPTS(bpf_tc_opts, options,
		    .prog_fd = object_program(host, program));

	if (bpf_tc_hook_create(&hook) || bpf_tc_attach(&hook, &options))
		die("cannot attach %s to %s", program, interface);
}

static void open_all(void)
{
	struct prefilter_config config = { .interface = INTERFACE };
	struct problem problem;

	if (unshare(CLONE_NEWNET)) {
		printf("skipped: no network namespace: %s\n", strerror(errno));
		exit(77);
	}
	sh("echo 1 >/proc/sys/net/ipv6/conf/default/disable_ipv6");
	sh("ip link add x0fa mtu 9000 type veth peer name x0fb mtu 9000");
	sh("ip link set x0fa up && ip link set x0fb up");
	if (object_open(&host, OBJECT_HOST, &config, &problem) ||
	    object_load(host, &problem))
		die("%s", problem.text);
	open_rings();
	attach("x0fa", "x0f_out", BPF_TC_EGRESS);
	attach("x0fb", "x0f_in", BPF_TC_INGRESS);
}

/* ------------------------------------------------------------ sending -- */

/* linear: bytes that are to lie in the linear part, if the frame is long. */
static void send_frame(const char *interface, const uint8_t *frame,
		       uint32_t len, uint16_t linear)
{
	uint8_t buffer[sizeof(struct virtio_net_hdr) + MOST_BYTES];
	struct virtio_net_hdr header = { .hdr_len = linear };
	struct sockaddr_ll to = { .sll_family = AF_PACKET, .sll_halen = 6 };
	int on = 1;
	int fd = socket(AF_PACKET, SOCK_RAW, 0);

	to.sll_ifindex = (int)if_nametoindex(interface);
	memcpy(buffer, &header, sizeof(header));
	memcpy(buffer + sizeof(header), frame, len);
	if (fd < 0 ||
	    setsockopt(fd, SOL_PACKET, PACKET_VNET_HDR, &on, sizeof(on)) ||
	    sendto(fd, buffer, sizeof(header) + len, 0, (struct sockaddr *)&to,
		   sizeof(to)) < 0)
		die("cannot send on %s: %s", interface, strerror(errno));
	close(fd);
}

/* A SYN under these bytes of tags; returns its length. */
static uint32_t make_syn(uint8_t *frame, int version, const void *tags,
			 uint32_t tag_bytes, uint32_t payload)
{
	uint8_t *p = frame + 12 + tag_bytes;
	uint32_t ip_len = version == 4 ? 20 : 40;
	uint32_t len = 20 + payload + (version == 4 ? ip_len : 8);

	memset(frame, 0xff, 12); /* broadcast: neither end minds */
	memcpy(frame + 12, tags, tag_bytes);
	memset(p, 0, 2 + ip_len + 28 + payload);
	p[0] = version == 4 ? 0x08 : 0x86;
	p[1] = version == 4 ? 0x00 : 0xdd;
	p += 2;
	p[0] = version == 4 ? 0x45 : 0x60;
	p[version == 4 ? 2 : 4] = (uint8_t)(len >> 8);
	p[version == 4 ? 3 : 5] = (uint8_t)len;
	p[version == 4 ? 9 : 6] = version == 4 ? 6 : 60;
	p += ip_len;
	if (version == 6) { /* one header of destination options */
		p[0] = 6;
		p += 8;
	}
	p[12] = 0x50;
	p[13] = 2;
	p += 20 + payload;
	return (uint32_t)(p - frame);
}

/* Sends it and looks for it in both directions. */
static void expect(const char *what, const char *interface,
		   const uint8_t *frame, uint32_t len, uint16_t linear,
		   const uint8_t *on_wire, uint32_t wire_len, uint32_t times)
{
	expected = on_wire;
	expected_len = wire_len;
	seen[0] = seen[1] = 0;
	send_frame(interface, frame, len, linear);
	for (int i = 0; i < 50 && (seen[0] < times || seen[1] < times); i++) {
		ring_buffer__consume(rings);
		usleep(2000);
	}
	ring_buffer__consume(rings);
	if (seen[0] != times || seen[1] != times)
		die("%s: seen %u times coming in and %u going out, not %u",
		    what, seen[0], seen[1], times);
	printf("%s: ok\n", what);
}

static const uint8_t tags[] = { 0x88, 0xa8, 0x60, 7,	0x81, 0,
				0x20, 9,    0x91, 0x00, 0,    1 };

static void check_tags(int version, uint32_t payload, uint16_t linear)
{
	uint8_t frame[MOST_BYTES];
	char what[80];

	for (uint32_t count = 0; count <= 3; count++) {
		uint32_t len = make_syn(frame, version, tags, 4 * count,
					payload);

		snprintf(what, sizeof(what), "IPv%d, %u tags, %s", version,
			 count, payload ? "paged" : "linear");
		expect(what, "x0fa", frame, len, linear, frame, len,
		       count <= 2);
	}
}

/* A tag that has never been in the bytes, alone and around another one. */
static void check_vlan_device(void)
{
	static const uint8_t outer[] = { 0x81, 0, 0, 5, 0x81, 0, 0, 6 };
	uint8_t frame[MOST_BYTES];
	uint8_t wire[MOST_BYTES];

	if (system("ip link add link x0fa name x0fv type vlan id 5 "
		   "2>/dev/null")) {
		printf("no VLAN devices here, not checked\n");
		return;
	}
	sh("ip link set x0fv up");
	for (uint32_t inner = 0; inner <= 4; inner += 4) {
		uint32_t len = make_syn(frame, 4, outer + 4, inner, 0);
		uint32_t wire_len = make_syn(wire, 4, outer, inner + 4, 0);

		expect(inner ? "VLAN device, two tags" : "VLAN device", "x0fv",
		       frame, len, 0, wire, wire_len, 1);
	}
}

/* --------------------------------------------------------------- wake -- */

static void *send_later(void *arg)
{
	usleep(200000);
	send_frame("x0fa", arg, expected_len, 0);
	return NULL;
}

/* Milliseconds until the rings woke us, or -1. */
static int64_t sleep_until_woken(uint8_t *frame, bool is_announced)
{
	struct timespec begin, end;
	pthread_t thread;
	int ret;

	for (int cpu = 0; cpu < cpus; cpu++)
		__atomic_store_n(&wakes[cpu].sleeping, is_announced,
				 __ATOMIC_SEQ_CST);
	clock_gettime(CLOCK_MONOTONIC, &begin);
	if (pthread_create(&thread, NULL, send_later, frame))
		die("no thread");
	ret = ring_buffer__poll(rings, 1000);
	clock_gettime(CLOCK_MONOTONIC, &end);
	pthread_join(thread, NULL);
	ring_buffer__consume(rings);
	return ret > 0 ? (end.tv_sec - begin.tv_sec) * 1000 +
				 (end.tv_nsec - begin.tv_nsec) / 1000000 :
			 -1;
}

static void check_wake(void)
{
	uint8_t frame[MOST_BYTES];
	int64_t took;
	int awake = 0;

	expected = frame;
	expected_len = make_syn(frame, 4, tags, 0, 0);
	took = sleep_until_woken(frame, false);
	if (took >= 0)
		die("woken after %lld ms without having asked",
		    (long long)took);
	took = sleep_until_woken(frame, true);
	if (took < 150 || took > 900)
		die("woken after %lld ms, expected 200", (long long)took);
	for (int cpu = 0; cpu < cpus; cpu++)
		awake += !__atomic_load_n(&wakes[cpu].sleeping,
					  __ATOMIC_SEQ_CST);
	if (!awake)
		die("the flag was not taken back");
	printf("wake after %lld ms: ok\n", (long long)took - 200);
}

int main(void)
{
	setvbuf(stdout, NULL, _IOLBF, 0);
	open_all();
	for (int version = 4; version <= 6; version += 2) {
		check_tags(version, 0, 0);
		check_tags(version, PAGED_BYTES, 14);
	}
	check_vlan_device();
	check_wake();
	ring_buffer__free(rings);
	munmap(wakes, (size_t)cpus * sizeof(*wakes));
	bpf_object__close(host);
	return 0;
}
