/* SPDX-License-Identifier: MIT */
/*
 * Every limit of the capture file reader, with its reason and what it costs.
 */
#ifndef X0F_CAPTURE_LIMITS_H
#define X0F_CAPTURE_LIMITS_H

/* One read(2): large enough to hide the call, small enough for a L2 cache */
#define READ_BYTES (256u << 10)

/* tcpdump's and Wireshark's largest packet; more is damage */
#define MAX_PACKET_BYTES (256u << 10)

/*
 * A pcapng block that has to be looked into: the largest packet and twelve
 * comments of 64 KiB. Blocks that are skipped may be of any length. Costs one
 * buffer of that size per open file.
 */
#define MAX_BLOCK_BYTES (1u << 20)

/*
 * Interfaces of one pcapng section. `tcpdump -i any` on a busy host writes a
 * few hundred; 4096 cost 400 KiB.
 */
#define MAX_INTERFACES 4096

/* if_name, cut beyond; Linux allows 15 bytes, Windows writes a GUID */
#define MAX_INTERFACE_NAME 64

#endif
