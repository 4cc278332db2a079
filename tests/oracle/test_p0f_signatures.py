#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Every signature of p0f's stock database as packets over IPv4 and IPv6: p0f
and x0f log the same lines about them, with the stock database and with ours
of the same systems (db/legacy.fp).
"""
import os
import sys
import tempfile

import frames
import programs
import signatures


def exchange(capture, time_us, signature, packet, number):
    """One SYN, or a SYN and the SYN+ACK that the signature describes."""
    ends = dict(src=frames.client(packet.version, number),
                dst=frames.server(packet.version, number))
    if signature.direction == "request":
        packet.src, packet.dst = ends["src"], ends["dst"]
        capture.add(time_us, packet)
        return
    request = frames.Packet(
        version=packet.version, ttl=60, window=5840, ip_flags=frames.DF,
        options=frames.options([frames.MSS], mss=1200), **ends)
    reply = frames.answer(request, **{
        name: getattr(packet, name) for name in (
            "ttl", "ip_id", "ip_flags", "flow", "ip_options", "window",
            "options", "payload", "flags", "urgent", "seq", "ack")})
    capture.add(time_us, request)
    capture.add(time_us + 1000, reply)


def write(path, known):
    """Returns how many signatures became packets, by IP version."""
    made = {4: 0, 6: 0}
    with frames.Capture(path) as capture:
        for number, signature in enumerate(known):
            for version in made:
                packet = signatures.packet(signature, version)
                if packet is None:
                    print("no packet for line %d: %s" % (
                        signature.line, signature.text))
                    continue
                exchange(capture, 1600000000000000 + number * 20000,
                         signature, packet, number)
                made[version] += 1
    return made


def main():
    programs.need_p0f()
    known = signatures.read(programs.STOCK)
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, "signatures.pcap")
        made = write(path, known)
        want = programs.p0f(path, programs.STOCK)
        bad = 0
        for database in (programs.STOCK,
                         os.path.join(programs.SOURCE, "db", "legacy.fp")):
            got = programs.x0f(path, database)
            count = programs.differences(want, got)
            print("%s: %d signatures, %d packets' worth over IPv4, %d over "
                  "IPv6, %d lines, %d differences" % (
                      database, len(known), made[4], made[6],
                      sum(want.values()), count))
            bad += count
    named = sum(n for line, n in want.items()
                if "|raw_sig=" in line and "=???|" not in line)
    print("p0f named %d of %d" % (named, sum(made.values())))
    enough = made[4] == made[6] == len(known) and named > sum(made.values()) / 2
    sys.exit(1 if bad or not enough else 0)


main()
