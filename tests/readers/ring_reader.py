#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Prints who connects, as a running sensor sees it: ring_reader.py SEGMENT.
Offsets follow from include/x0f/ring.h: members lie one behind the other, all
aligned by themselves (so `=` is right), and X0F_CACHE_LINE begins a new 64."""
import fcntl, mmap, struct, sys, time  # noqa: E401

file = open(sys.argv[1], "rb")
segment = mmap.mmap(file.fileno(), 0, prot=mmap.PROT_READ)
load = lambda form, at: struct.unpack_from("=" + form, segment, at)
header = load("QHHI9Q12I64s32s", 0)
labels, texts, workers, stride, ring = header[6:11]
label_size, worker_count, records, record_size = header[15], *header[18:21]
STATE, ENDED, COMMIT, VOID, NONE = 256 + 8, 5, 64, 1 << 5, 0xffffffff
assert header[:2] == (0x474e4952463058ff, 1), "not a segment that we know"
def is_alive():  # struct flock: F_OFD_GETLK says who holds byte 0, if anybody
    lock = struct.pack("hhqqi4x", fcntl.F_WRLCK, 0, 0, 1, 0)
    return fcntl.fcntl(file, fcntl.F_OFD_GETLK, lock)[:2] != struct.pack("h", fcntl.F_UNLCK)
def text(at):
    return segment[texts + at:segment.find(b"\0", texts + at)].decode()
def show(time_ns, label, packet):  # of IPv4
    strings = load("4I", labels + label * label_size) if label != NONE else (0,) * 4
    print(f"{time_ns} {'.'.join(map(str, packet[12:16]))}:", *map(text, strings[1:3]), flush=True)
following, missed, over = [0] * worker_count, 0, False
while not over:
    over = not is_alive() or load("I", STATE)[0] == ENDED  # first ask, then read
    for base in range(workers, workers + worker_count * stride, stride):
        number = (base - workers) // stride
        following[number] *= following[number] <= load("Q", base + COMMIT)[0]  # or anew
        while following[number] < load("Q", base + COMMIT)[0]:
            at = base + ring + following[number] % records * record_size
            record = struct.unpack("=Q7I9H10B128s", segment[at:at + 192])
            beyond = load("Q", base)[0] - following[number]  # after the copy
            lost = beyond - records if beyond > 0 else 1
            if lost <= 0 and not record[24] & VOID:
                show(record[0], record[2], record[-1])
            missed += max(lost, 1 if record[24] & VOID else 0)
            following[number] += max(lost, 1)
    time.sleep(0 if over else 0.02)
print("missed", missed)
