#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Writes first.pcap, the capture that scripts/run shows and tests read: what
well-known systems send, in the order of the table below. The signatures are
spelled out here, so the file stays the same when a database changes.

    tests/data/make_first.py [FILE]
"""
import ipaddress
import os
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
sys.dont_write_bytecode = True
sys.path.insert(0, os.path.join(os.path.dirname(HERE), "oracle"))

import frames  # noqa: E402
import mutations  # noqa: E402
import signatures  # noqa: E402

ONLY_TS = [frames.NOP, frames.NOP, frames.TS]
START_US = 1714550400 * 1000000  # 2024-05-01 08:00:00 UTC

LINUX = "*:64:0:*:mss*44,7:mss,sok,ts,nop,ws:df,id+:0"
LINUX_ANSWER = "*:64:0:*:mss*45,7:mss,sok,ts,nop,ws:df:0"
LINUX_ANSWER_XP = "*:64:0:*:mss*44,0:mss,nop,nop,sok:df:0"
LINUX_ANSWER_NO_TS = "*:64:0:*:mss*44,7:mss,nop,nop,sok,nop,ws:df:0"
LINUX_2_6 = "*:64:0:*:mss*4,7:mss,sok,ts,nop,ws:df,id+:0"
LINUX_3 = "*:64:0:*:mss*20,7:mss,sok,ts,nop,ws:df,id+:0"
LINUX_3_ANSWER = "*:64:0:*:mss*20,7:mss,sok,ts,nop,ws:df:0"
ANDROID = "*:64:0:*:65535,9:mss,sok,ts,nop,ws:df,id+:0"
WINDOWS = "*:128:0:*:mss*44,8:mss,nop,ws,nop,nop,sok:df,id+:0"
WINDOWS_ANSWER = "*:128:0:*:65535,8:mss,nop,ws,nop,nop,sok:df,id+:0"
WINDOWS_7 = "*:128:0:*:8192,8:mss,nop,ws,nop,nop,sok:df,id+:0"
WINDOWS_XP = "*:128:0:*:65535,0:mss,nop,nop,sok:df,id+:0"
APPLE = "*:64:0:*:65535,6:mss,nop,ws,nop,nop,ts,sok,eol+1:df:0"
FREEBSD = "4:64:0:*:65535,6:mss,nop,ws,sok,ts:df:0"
OPENBSD = "*:64:0:*:16384,6:mss,nop,nop,sok,nop,ws,nop,nop,ts:df,id+:0"
MASSCAN = "*:255:0:0:1024,0:::0"

# client, its signature, its MSS and hops; server, its signature and hops
HANDSHAKES = (
    ("192.0.2.10", LINUX, 1460, 0, "198.51.100.80", LINUX_ANSWER, 12),
    ("192.0.2.11", WINDOWS, 1460, 1,
     "198.51.100.80", LINUX_ANSWER_NO_TS, 12),
    ("192.0.2.12", APPLE, 1460, 1, "198.51.100.81", FREEBSD, 9),
    ("192.0.2.13", ANDROID, 1440, 7, "198.51.100.80", LINUX_ANSWER, 12),
    ("203.0.113.5", WINDOWS_7, 1452, 14, "192.0.2.20", WINDOWS_ANSWER, 0),
    ("203.0.113.6", WINDOWS_XP, 1452, 17, "192.0.2.21", LINUX_ANSWER_XP, 0),
    ("203.0.113.7", FREEBSD, 1460, 11, "192.0.2.21", LINUX_3_ANSWER, 0),
    ("203.0.113.8", OPENBSD, 1460, 8, "192.0.2.21", LINUX_3_ANSWER, 0),
    ("2001:db8:1::10", LINUX, 1440, 0, "2001:db8:2::80", LINUX_ANSWER, 10),
    ("2001:db8:1::11", WINDOWS, 1440, 1,
     "2001:db8:2::80", LINUX_ANSWER_NO_TS, 10),
    ("2001:db8:1::12", APPLE, 1440, 1, "2001:db8:2::81", LINUX_ANSWER, 6),
    ("203.0.113.9", LINUX_2_6, 1380, 13, "192.0.2.21", LINUX_3_ANSWER, 0),
)


def say(text, src, dst, mss, hops, **fields):
    """A packet that fits a signature, from one address to another."""
    signature = signatures.parse(text)
    signature.mss = mss if signature.mss is None else signature.mss
    src, dst = ipaddress.ip_address(src), ipaddress.ip_address(dst)
    packet = signatures.packet(signature, src.version)
    packet.src, packet.dst = src.packed, dst.packed
    packet.ttl = signature.ttl - hops
    if src.version == 6:  # today's systems all label their flows
        packet.flow = 0x5c0de
    for name, value in fields.items():
        setattr(packet, name, value)
    return packet


def stamp(packet, value, echo):
    """Fills the timestamp option, if there is one."""
    mutations.put(packet, frames.TS, 2, value.to_bytes(4, "big"))
    mutations.put(packet, frames.TS, 6, echo.to_bytes(4, "big"))


def clock(packet):
    """Where the sender's timestamps begin; Linux hides it since 4.10."""
    return int.from_bytes(packet.src, "big") * 2654435761 & 0xffffffff


def handshake(number, row):
    """SYN, SYN+ACK, ACK; the fourth in a VLAN."""
    client, asks, mss, hops, server, says, back = row
    common = dict(sport=50000 + number, dport=443,
                  vlans=(42,) if number == 3 else ())
    request = say(asks, client, server, mss, hops, seq=1000 * number + 1,
                  **common)
    reply = reply_to(request, says, client, server, mss, back)
    last = say(asks, client, server, mss, hops, flags=frames.ACK, window=502,
               seq=request.seq + 1, ack=reply.seq + 1, **common)
    last.options = b""
    stamp(request, clock(request), 0)
    stamp(reply, clock(reply), clock(request))
    if mutations.find(reply.options, frames.TS) >= 0:
        last.options = frames.options(ONLY_TS)
        stamp(last, clock(request) + 18, clock(reply))
    return [(0, request), (18000, reply), (18100, last)]


def reply_to(request, text, client, server, mss, hops):
    return say(text, server, client, mss, hops, sport=request.dport,
               dport=request.sport, seq=0x51000000 + request.seq,
               ack=request.seq + 1, flags=frames.SYN | frames.ACK,
               vlans=request.vlans)


def uptime():
    """A Linux 3.x client, 250 Hz, up for 41 days; seen for two seconds."""
    ends = ("192.0.2.14", "198.51.100.82", 1460, 2)
    ticks = 41 * 86400 * 250
    ports = dict(sport=51000, dport=22)
    request = say(LINUX_3, *ends, seq=7000, **ports)
    stamp(request, ticks, 0)
    reply = reply_to(request, LINUX_3_ANSWER, *ends[:3], 12)
    stamp(reply, clock(reply), ticks)
    out = [(0, request), (20000, reply)]
    for after in (21000, 2000000):
        segment = say(LINUX_3, *ends, flags=frames.ACK, seq=7001,
                      ack=reply.seq + 1, window=229, **ports)
        segment.options = frames.options(ONLY_TS)
        stamp(segment, ticks + after // 4000, clock(reply))
        out.append((after, segment))
    return out


def oddities():
    """A scanner, and options that end in the middle of one."""
    scan = say(MASSCAN, "203.0.113.66", "192.0.2.20", 0, 15, sport=61000,
               dport=8080)
    broken = say(LINUX, "203.0.113.67", "192.0.2.20", 1460, 9, sport=61001)
    broken.options = broken.options[:8] + b"\1\1\3\x40"
    return [(0, scan), (1000, broken)]


def main():
    path = sys.argv[1] if len(sys.argv) > 1 else os.path.join(HERE,
                                                              "first.pcap")
    events = []
    for number, row in enumerate(HANDSHAKES):
        events += [(number * 250000 + after, packet)
                   for after, packet in handshake(number, row)]
    events += [(3100000 + after, packet) for after, packet in uptime()]
    events += [(4000000 + after, packet) for after, packet in oddities()]
    events.sort(key=lambda event: event[0])
    with frames.Capture(path) as capture:
        for after, packet in events:
            capture.add(START_US + after, packet)


main()
