/* SPDX-License-Identifier: MIT */
/*
 * What a sensor publishes: one shared-memory segment per sensor, a file in its
 * run directory. Its layout is this header's first half, for programs in any
 * language; its second half is the reader that libx0f brings.
 *
 *     header        one page: geometry, never changed; state, generation
 *     interfaces    what the sensor listens to, and the kernel's counters
 *     labels        append-only; an id means the same for the segment's life
 *     texts         the strings of the labels, NUL-terminated, append-only
 *     workers       for each: positions, statistics, a ring of records
 *
 * All numbers have the byte order of the machine. 64-bit words that change are
 * read and written whole. Readers map the file read-only, and nothing that a
 * reader does or leaves undone reaches the sensor.
 *
 * A ring is a broadcast ring with one writer that never waits: the oldest
 * record gives way. Record r lies in slot r & (ring_records - 1). Positions
 * count records and never wrap. To write the records p to q - 1 the worker
 * stores reserve = q, then the records, then commit = q. A reader that copied
 * record r (below commit) reads reserve afterwards: its copy is whole if
 * reserve - r <= ring_records; if not, it was overtaken, and knows by how
 * much. (Unsigned: a reserve that is not beyond r says so, too. A commit below
 * what was read before means that the worker's numbers began anew, because
 * what a dead one left made no sense: go on at 0.)
 *
 * What orders these, without any fence: records move as 64-bit words, each
 * stored with release and loaded with acquire. A reader that got a word of a
 * later record therefore also sees the reserve that was stored before it, and
 * one that got commit sees the records below it. On x86 all of this is plain
 * loads and stores.
 *
 * While a sensor lives it holds an exclusive open-file-description lock on the
 * file (fcntl F_OFD_SETLK, byte 0). F_OFD_GETLK on a read-only descriptor
 * tells at once whether it does. A sensor that ends in order sets state ENDED
 * and unlinks the file; the mapping stays readable.
 *
 * Growth within a major version: structs grow at their ends and into what is
 * reserved, enums grow at theirs. Sizes are in the header, so that readers and
 * sensors of different minor versions understand each other: what a sensor
 * does not have reads as 0, and values that a reader has no name for may come.
 */
#ifndef X0F_RING_H
#define X0F_RING_H

#include "db.h"
#include "match.h"
#include "tracker.h"

#ifdef __cplusplus
extern "C" {
#define X0F_CACHE_LINE alignas(64)
#else
#define X0F_CACHE_LINE _Alignas(64)
#endif

/* ------------------------------------------------------------- layout -- */

#define X0F_SEGMENT_MAGIC UINT64_C(0x474e4952463058ff) /* ff "X0FRING" */
#define X0F_SEGMENT_MAJOR 1 /* readers refuse another one */
#define X0F_SEGMENT_MINOR 0 /* grows when something is added */

enum x0f_record_flag {
	X0F_RECORD_INGRESS = 1u << 0, /* inline: came in; neither: a tap */
	X0F_RECORD_EGRESS = 1u << 1,  /* inline: went out */
	/* IPv6 extension headers did not fit and were left out of `header` */
	X0F_RECORD_SHORTENED = 1u << 2,
	X0F_RECORD_UPTIME_SERVER = 1u << 3,	/* the clock is the server's */
	X0F_RECORD_UPTIME_UNRELIABLE = 1u << 4, /* and contradicted itself */
	/* a worker died here; no packet, readers count it as missed */
	X0F_RECORD_VOID = 1u << 5,
};

#define X0F_RECORD_HEADER 128
#define X0F_RECORD_VLANS 2

/* One SYN or SYN+ACK. 192 bytes, no padding, no pointers. */
struct x0f_record {
	uint64_t time_ns;    /* since 1970 */
	uint32_t generation; /* of the database that it was matched with */
	uint32_t label;	     /* position in the segment's labels, or X0F_NONE */
	uint32_t quirks_missing;
	uint32_t quirks_added;
	uint32_t uptime_minutes; /* these five only with X0F_TRACK_UPTIME */
	uint32_t uptime_ticks;
	uint32_t uptime_interval_ms;
	uint16_t uptime_modulo_days;
	uint16_t uptime_hz;
	uint16_t quality; /* thousandths */
	uint16_t ttl_hops;
	uint16_t wire_len; /* from the IP header to the frame's end */
	uint16_t peer_mss; /* SYN+ACK: of its SYN, 0 unknown */
	uint16_t link;	   /* position in the labels, or UINT16_MAX */
	uint16_t vlan[X0F_RECORD_VLANS]; /* outermost first, TCI as sent */
	uint8_t interface;		 /* position in the interfaces */
	uint8_t match;			 /* enum x0f_match */
	uint8_t reasons;		 /* enum x0f_reason */
	uint8_t verdict_flags;		 /* enum x0f_verdict_flag */
	uint8_t distance;
	uint8_t initial_ttl;
	uint8_t track; /* enum x0f_track_flag */
	uint8_t flags; /* enum x0f_record_flag */
	uint8_t header_len;
	uint8_t vlan_count;
	uint8_t header[X0F_RECORD_HEADER]; /* IP and TCP header, as captured */
};

enum x0f_sensor_state {
	X0F_SENSOR_STARTING,
	X0F_SENSOR_RUNNING,
	X0F_SENSOR_DEAF, /* an interface gives nothing, or all are waited for */
	X0F_SENSOR_RESTARTING, /* the workers died; new ones are on their way */
	X0F_SENSOR_STOPPING,
	X0F_SENSOR_ENDED,
};

#define X0F_SENSOR_NAME 64
#define X0F_VERSION_TEXT 32
#define X0F_PROBLEM_TEXT 160

/* Begins the segment. Offsets are from its first byte. */
struct x0f_segment_header {
	uint64_t magic;
	uint16_t major;
	uint16_t minor;
	uint32_t header_size; /* bytes of this struct */
	uint64_t segment_size;
	uint64_t interfaces_offset; /* struct x0f_segment_interface each */
	uint64_t labels_offset;	    /* struct x0f_segment_label each */
	uint64_t texts_offset;
	uint64_t workers_offset; /* worker i: + i * worker_stride */
	uint64_t worker_stride;	 /* struct x0f_segment_worker, then the ring */
	uint64_t ring_offset;	 /* of the first record in a worker */
	uint64_t instance;	 /* random: tells one sensor from the next */
	uint64_t started_ns;	 /* since 1970 */
	uint32_t interface_size; /* bytes of one */
	uint32_t interface_count;
	uint32_t label_size; /* bytes of one */
	uint32_t label_capacity;
	uint32_t text_size;
	uint32_t worker_count;
	uint32_t ring_records; /* a power of two */
	uint32_t record_size;
	uint32_t stats_labels; /* labels from here on are counted as `other` */
	uint32_t policy;       /* enum x0f_mend */
	uint32_t supervisor_pid;
	uint32_t worker_size; /* bytes of a struct x0f_segment_worker */
	char name[X0F_SENSOR_NAME];
	char version[X0F_VERSION_TEXT];
	uint64_t reserved_fixed[3];

	/* written by the supervisor */
	X0F_CACHE_LINE uint64_t heartbeat_ns; /* monotonic clock */
	uint32_t state;			      /* enum x0f_sensor_state */
	uint32_t worker_pid;		      /* the unprivileged process */
	uint32_t restarts;		      /* of that process */
	uint32_t reserved_supervisor[11];

	/* written by the loader of databases; counts are read with acquire */
	X0F_CACHE_LINE uint32_t label_count;
	uint32_t text_used;
	uint32_t generation; /* in force; the first is 1 */
	uint32_t syn_sigs;   /* of it */
	uint32_t synack_sigs;
	uint32_t labels_lost; /* for which the table had no room */
	uint64_t reloads;
	uint64_t reload_failures;
	uint64_t reloaded_ns;	   /* since 1970: the last swap */
	uint64_t reload_failed_ns; /* since 1970: the last failure */
	uint64_t reserved_loader[1];

	/* futex word: changes after records were published, and when the
	 * sensor ends */
	X0F_CACHE_LINE uint32_t doorbell;
	uint32_t reserved_doorbell[15];

	/* written by the supervisor: one line for people, "" for none yet; a
	 * copy may be half of it and half of the one before */
	X0F_CACHE_LINE uint64_t last_problem_ns; /* since 1970 */
	char last_problem[X0F_PROBLEM_TEXT];
	uint64_t reserved_problem[3];
};

/*
 * What the kernel side did with a packet: one of these for each that came by,
 * so their sum is the number of packets seen. Those up to NOT_COPIED were
 * wanted, and handed on or lost; whatever comes behind it was not wanted.
 */
enum x0f_outcome {
	X0F_OUTCOME_DELIVERED,	/* to an AF_XDP socket or a header ring */
	X0F_OUTCOME_NO_SOCKET,	/* wanted, but nobody serves this queue */
	X0F_OUTCOME_RING_FULL,	/* wanted, but the header ring was full */
	X0F_OUTCOME_NOT_COPIED, /* wanted, but its bytes could not be read */
	X0F_OUTCOME_FILTERED,	/* SYN or SYN+ACK that --allow, --deny leave */
	X0F_OUTCOME_OTHER_TCP,	/* neither SYN nor SYN+ACK */
	X0F_OUTCOME_NOT_TCP,	/* IP carries another protocol */
	X0F_OUTCOME_NOT_IP,	/* the link layer carries another protocol */
	X0F_OUTCOME_TOO_SHORT,	/* ends inside a header */
	X0F_OUTCOME_FRAGMENT,	/* IP fragment */
	X0F_OUTCOME_TAGS,	/* more than two VLAN tags */
	X0F_OUTCOME_EXTENSIONS, /* too many IPv6 extension headers */
	X0F_OUTCOME_BAD_IP,	/* IP header contradicts itself */
	X0F_OUTCOME_BAD_FLAGS,	/* SYN with FIN or RST, no flag at all */
	X0F_OUTCOME_COUNT	/* as of this header; there is room for more */
};

#define X0F_OUTCOME_ROOM 32

/* Wanted packets that were lost between the kernel side and a worker. */
enum x0f_loss {
	X0F_LOSS_RX_DROPPED,   /* XDP_STATISTICS: no frame, or one too large */
	X0F_LOSS_RX_RING_FULL, /* XDP_STATISTICS: the worker was too slow */
	X0F_LOSS_INVALID,      /* XDP_STATISTICS: bad descriptors */
	X0F_LOSS_CLOSED,       /* left in a ring when it was closed */
	X0F_LOSS_COUNT
};

#define X0F_LOSS_ROOM 16

enum x0f_interface_state {
	X0F_INTERFACE_UP,
	X0F_INTERFACE_DOWN, /* link down: nothing comes, nothing is wrong */
	X0F_INTERFACE_DEAF, /* gone, moved away, or our program was removed */
	X0F_INTERFACE_WAITING, /* was never there yet, and is waited for */
};

enum x0f_capture_mode {
	X0F_MODE_NONE, /* not known yet */
	X0F_MODE_INLINE_TCX,
	X0F_MODE_INLINE_CLSACT,
	X0F_MODE_TAP_ZERO_COPY,
	X0F_MODE_TAP_COPY,
	X0F_MODE_TAP_GENERIC,
};

/* Written by the supervisor, about ten times a second. */
struct x0f_segment_interface {
	char name[16];
	uint32_t ifindex; /* 0 while there is none */
	uint32_t state;	  /* enum x0f_interface_state */
	uint32_t mode;	  /* enum x0f_capture_mode */
	uint32_t queues;
	uint32_t reattached; /* times */
	uint32_t reserved;
	uint64_t deaf_ns;		     /* in all, without waiting */
	uint64_t outcomes[X0F_OUTCOME_ROOM]; /* enum x0f_outcome */
	uint64_t losses[X0F_LOSS_ROOM];	     /* enum x0f_loss */
	uint64_t fill_ring_empty; /* XDP_STATISTICS; no loss by itself */
};

/*
 * The table only grows. Once it is full (16,384 labels, or 1 MiB of strings),
 * labels that a reload brings are counted in labels_lost; packets that match
 * them are published with label X0F_NONE and their `match` as it is, and are
 * counted in `other`. Only a new start of the sensor makes room.
 */
enum x0f_label_kind { X0F_LABEL_SYSTEM = 1, X0F_LABEL_TOOL, X0F_LABEL_LINK };

/* Places of strings are from texts_offset. A link has only a name. */
struct x0f_segment_label {
	uint32_t class_name;
	uint32_t name;
	uint32_t flavor;
	uint32_t systems; /* of a tool: joined by commas */
	uint8_t kind;	  /* enum x0f_label_kind */
	uint8_t generic;
	uint8_t reserved[2];
};

/* Reasons why a worker did not publish a packet that it got. */
enum x0f_drop {
	/* 0 … X0F_STATUS_COUNT - 1: enum x0f_status, never X0F_OK */
	X0F_DROP_EXPRESSION = 32, /* --filter left it out */
	X0F_DROP_COUNT
};

#define X0F_DROP_ROOM 64

/*
 * Labels with numbers of their own; what has an id from here on, or none for
 * want of room in the table, is counted in `other`.
 */
#define X0F_STATS_LABELS 1024
#define X0F_BATCH_BUCKETS 8	/* 0, 1, 2–3, 4–7, … 64 packets */
#define X0F_DURATION_BUCKETS 16 /* below 2^(i+4) ns: 16, 32 … ; last: more */

/* kinds: 0 SYN, 1 SYN+ACK; matches: enum x0f_match - 1 */
typedef uint64_t x0f_label_counts[2][3];

/*
 * One worker. received = published + all of dropped + died, at any time that
 * the worker is idle.
 */
struct x0f_segment_worker {
	uint64_t reserve;
	uint64_t reserved_position[7];
	X0F_CACHE_LINE uint64_t commit;
	uint64_t reserved_commit[7];

	X0F_CACHE_LINE uint64_t received; /* packets */
	uint64_t published;		  /* records, void ones aside */
	uint64_t voided;  /* records that a dead worker left half written */
	uint64_t died;	  /* packets received by a worker that then died */
	uint64_t batches; /* that were not empty */
	uint64_t sleeps;
	uint64_t busy_ns;      /* time spent on batches */
	uint64_t heartbeat_ns; /* monotonic clock: last time it was awake */
	uint64_t repeated;     /* X0F_TRACK_REPEATED */
	uint64_t lone;	       /* X0F_TRACK_LONE */
	uint64_t paired;       /* X0F_TRACK_PEER */
	uint64_t uptimes;      /* X0F_TRACK_UPTIME */
	uint64_t kinds[2][2];  /* SYN, SYN+ACK by IPv4, IPv6 */
	uint64_t unmatched[2]; /* SYN, SYN+ACK without a label */
	uint64_t dropped[X0F_DROP_ROOM]; /* enum x0f_drop */
	uint64_t batch_fill[X0F_BATCH_BUCKETS];
	/*
	 * Packets by the time that one took. No packet is timed by itself: it
	 * is the mean over its batch of everything from the fetch to the
	 * record, so what a single slow one took does not show.
	 */
	uint64_t match_duration[X0F_DURATION_BUCKETS];
	uint64_t match_duration_sum_ns;
	x0f_label_counts other; /* labels from stats_labels on, and lost ones */
	uint64_t reserved_counts[15];
	x0f_label_counts labels[X0F_STATS_LABELS];
};

/* ------------------------------------------------------------- reader -- */

struct x0f_ring;

struct x0f_ring_options {
	size_t sz;	  /* sizeof(struct x0f_ring_options) */
	bool from_oldest; /* begin with what is still there, not with now */
};

/*
 * Opens the segment of a running sensor. One thread per reader; any number of
 * readers. options may be NULL. Returns 0, or: -ENOENT, -EACCES … from the
 * system; -ESHUTDOWN: its sensor is dead; -EPROTO: not a segment, or damaged;
 * -EPROTONOSUPPORT: of another major version; -ENOMEM; -EINVAL: options.
 */
X0F_API int x0f_ring_open(struct x0f_ring **ring, const char *path,
			  const struct x0f_ring_options *options);

/*
 * The same over memory, for tests: no lock is asked for, the sensor counts as
 * alive until its state says otherwise. mem stays the caller's, is aligned to
 * 64 bytes (else -EINVAL), and cannot be re-attached to (-EINVAL).
 */
X0F_API int x0f_ring_open_memory(struct x0f_ring **ring, const void *mem,
				 size_t len,
				 const struct x0f_ring_options *options);

/* NULL is fine. */
X0F_API void x0f_ring_close(struct x0f_ring *ring);

/*
 * Copies up to count records, oldest first within a worker; the order between
 * workers is not defined. Returns how many. Never waits. Also after the
 * sensor's death, until everything is read.
 */
X0F_API size_t x0f_ring_read(struct x0f_ring *ring, struct x0f_record *records,
			     size_t count);

/*
 * Records that this reader will never get, exactly, since it was opened, as
 * far as it has read. Void ones are among them.
 */
X0F_API uint64_t x0f_ring_missed(const struct x0f_ring *ring);

/*
 * How far this reader is behind: records that were committed and that it has
 * neither read nor counted as missed. What is beyond a ring's records will be
 * missed.
 */
X0F_API uint64_t x0f_ring_unread(const struct x0f_ring *ring);

/*
 * Waits until there is something to read. timeout_ms -1: for ever. Returns 1:
 * there is; 0: time is over; -EINTR: a signal; -ESHUTDOWN: everything was
 * read, and the sensor is dead or ended. A death shows within 100 ms.
 */
X0F_API int x0f_ring_wait(struct x0f_ring *ring, int timeout_ms);

/*
 * After -ESHUTDOWN: attaches to the sensor that now has the same path, and
 * begins with its oldest record. Labels and interfaces are that sensor's.
 * missed goes on counting: what was left unread, and what the new sensor wrote
 * over before. Errors as of x0f_ring_open(), -ESHUTDOWN too while nobody took
 * the place of the dead one: try again later. -EALREADY: this sensor lives.
 */
X0F_API int x0f_ring_reattach(struct x0f_ring *ring);

/* What the header says now. */
struct x0f_ring_info {
	size_t sz; /* set by the caller, and to what was filled */
	uint64_t instance;
	uint64_t started_ns;
	uint64_t reloads;
	uint64_t reload_failures;
	uint64_t reloaded_ns;
	uint64_t reload_failed_ns; /* behind reloaded_ns: the last one failed */
	uint64_t heartbeat_ns;
	uint64_t last_problem_ns;
	uint32_t state; /* enum x0f_sensor_state */
	uint32_t generation;
	uint32_t syn_sigs;
	uint32_t synack_sigs;
	uint32_t label_count;
	uint32_t labels_lost;
	uint32_t worker_count;
	uint32_t interface_count;
	uint32_t ring_records;
	uint32_t policy;
	uint32_t supervisor_pid;
	uint32_t worker_pid;
	uint32_t restarts;
	bool alive; /* its lock is held */
	char name[X0F_SENSOR_NAME];
	char version[X0F_VERSION_TEXT];
	char last_problem[X0F_PROBLEM_TEXT]; /* any bytes, NUL at the end */
};

X0F_API void x0f_ring_info(const struct x0f_ring *ring,
			   struct x0f_ring_info *info);

/*
 * A label by the id of a record, NULL where there is none (or no memory). For
 * a link the name is the link. systems has at most one entry, their list.
 * name_id is this reader's own. Belongs to the reader; valid until it is
 * closed or re-attached.
 */
X0F_API const struct x0f_label *x0f_ring_label(struct x0f_ring *ring,
					       uint32_t id);

/* enum x0f_label_kind, or 0 where there is no such label. */
X0F_API uint32_t x0f_ring_label_kind(struct x0f_ring *ring, uint32_t id);

/*
 * Copies; 0, or -ENOENT where there is no such interface or worker. size: of
 * the caller's struct; what the sensor does not have is 0.
 */
X0F_API int x0f_ring_interface(const struct x0f_ring *ring, uint32_t position,
			       struct x0f_segment_interface *interface,
			       size_t size);
X0F_API int x0f_ring_worker(const struct x0f_ring *ring, uint32_t position,
			    struct x0f_segment_worker *worker, size_t size);

/*
 * A record as observation, verdict and track. policy: the segment's. The
 * verdict's label and link are the segment's ids, its signature is X0F_NONE;
 * with X0F_RECORD_SHORTENED the observation knows of no extension headers.
 * Returns what x0f_observe() says of the header; anything but X0F_OK is a
 * damaged record, and what was to be filled is undefined. Any bytes are safe,
 * and what is filled stays within its enums; label, link and interface may
 * still be such that nothing has them. Any thread.
 */
X0F_API enum x0f_status x0f_record_read(const struct x0f_record *record,
					uint32_t policy, struct x0f_obs *obs,
					struct x0f_verdict *verdict,
					struct x0f_track *track);

/* One lower-case phrase each, never NULL. */
X0F_API const char *x0f_outcome_name(enum x0f_outcome outcome);
X0F_API const char *x0f_loss_name(enum x0f_loss loss);
X0F_API const char *x0f_drop_name(enum x0f_drop drop);
X0F_API const char *x0f_sensor_state_name(enum x0f_sensor_state state);
X0F_API const char *x0f_mode_name(enum x0f_capture_mode mode);
X0F_API const char *x0f_interface_state_name(enum x0f_interface_state state);

#ifdef __cplusplus
}
#endif
#endif
