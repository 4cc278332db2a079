/* SPDX-License-Identifier: MIT */
/*
 * Every limit of the engine, with its reason and what it costs.
 */
#ifndef X0F_ENGINE_LIMITS_H
#define X0F_ENGINE_LIMITS_H

/* libx0f reads no larger database either */
#define DATABASE_MOST_BYTES (16 << 20)

/*
 * Flow memory: connections that wait for their SYN+ACK; a busy server opens
 * 10,000 a second. Clock memory: pairs of addresses. 16 bytes each, 8 MiB.
 */
#define ENGINE_FLOWS (1u << 18)
#define ENGINE_CLOCKS (1u << 18)
#define ENGINE_TRACKER_BYTES (16 * (ENGINE_FLOWS + ENGINE_CLOCKS))

/*
 * Packets of a tap carry the time of their batch, so a short interval says
 * little about the peer's clock.
 */
#define BATCH_CLOCK_MS 1000

/*
 * Labels of a segment, for its life: the built-in databases have 300, and each
 * reload adds only what is new. Ids of links must fit 16 bits. 20 bytes each.
 */
#define SEGMENT_LABELS 16384
/* Their strings: 64 bytes for each label; the built-in ones take 10 KiB */
#define SEGMENT_TEXT_BYTES (1u << 20)
/* One string with its NUL; the longest in use is a tool's list of systems */
#define SEGMENT_STRING 1024

/* Workers: one per CPU of the largest machines; 50 KiB and a ring each */
#define SEGMENT_MOST_WORKERS 1024
/* Records of one ring: 768 MiB. Positions would carry more, memory not */
#define SEGMENT_MOST_RECORDS (1u << 22)
/* struct x0f_record.interface has eight bits */
#define SEGMENT_MOST_INTERFACES 255

#endif
