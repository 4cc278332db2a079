# SPDX-License-Identifier: MIT
"""Ways to disturb a packet. Each takes (rng, packet, peer) and changes the
packet; peer is the MSS of the SYN that the packet answers, 0 for none.
"""
import frames
from frames import EOL, MSS, NOP, SACK, SOK, TS, WS

SIZES = {MSS: 4, WS: 3, SOK: 2, TS: 10}
MSS_VALUES = (0, 1, 12, 13, 52, 99, 100, 101, 111, 112, 113, 265, 536, 1200,
              1331, 1360, 1380, 1400, 1428, 1440, 1448, 1452, 1460, 1500, 8960,
              16396, 65495, 65535)
TTLS = (0, 1, 28, 29, 30, 31, 32, 33, 60, 63, 64, 65, 92, 93, 99, 127, 128,
        129, 200, 219, 220, 254, 255)


def find(data, kind):
    """Where the first option of this kind begins, -1 if there is none."""
    at = 0
    while at < len(data) and data[at] != EOL:
        if data[at] == kind:
            return at
        size = 1 if data[at] == NOP else \
            data[at + 1] if at + 1 < len(data) else 40
        at += max(size, 1)
    return -1


def put(packet, kind, offset, value):
    """Overwrites bytes inside the first option of a kind."""
    at = find(packet.options, kind)
    if at >= 0 and at + offset + len(value) <= len(packet.options):
        data = bytearray(packet.options)
        data[at + offset:at + offset + len(value)] = value
        packet.options = bytes(data)


def mss_of(packet):
    at = find(packet.options, MSS)
    return int.from_bytes(packet.options[at + 2:at + 4], "big") \
        if at >= 0 else 0


def ttl(rng, packet, _):
    packet.ttl = rng.choice(TTLS + (rng.randrange(256),))


def ip_flag(rng, packet, _):
    packet.ip_flags ^= rng.choice((frames.DF, frames.DF, frames.EVIL))


def ip_id(rng, packet, _):
    packet.ip_id = rng.choice((0, 1, 256, rng.randrange(65536)))


def tos(rng, packet, _):
    packet.tos = rng.choice((1, 2, 3, 4, 0x10, 0xb8, rng.randrange(256)))


def fragment(rng, packet, _):
    packet.ip_flags |= rng.choice((0, frames.MF))
    packet.fragment = rng.choice((0, 1, 185, 8191))


def flow_label(rng, packet, _):
    packet.flow = rng.choice((0, 1, 0x80000, rng.randrange(1 << 20)))


def ip_options(rng, packet, _):
    packet.ip_options = rng.choice((b"\x94\4\0\0", b"\1" * 4, b"\1" * 40,
                                    rng.randbytes(rng.randrange(41))))


def extension(rng, packet, _):
    """Hop-by-hop, destination options, routing, fragment headers."""
    packet.extensions = tuple(
        (rng.choice((0, 60, 43, 44)), b"\0\1\4\0\0\0\0")
        for _ in range(rng.randint(1, 3)))


def vlan(rng, packet, _):
    packet.vlans = tuple(rng.choice((1, 100, 0x2001, 0x4002, 0x6003, 0xe004,
                                     rng.randrange(65536)))
                         for _ in range(rng.randint(1, 3)))


def seq(rng, packet, _):
    packet.seq = rng.choice((0, 1, 0xffffffff))


def ack(rng, packet, _):
    packet.ack = rng.choice((0, 1, 0xff, 1 << 24, 2 << 24, 0xff000000,
                             rng.randrange(1 << 32)))


def tcp_flag(rng, packet, _):
    packet.flags ^= rng.choice((frames.PSH, frames.URG, frames.ECE,
                                frames.CWR, frames.NS))


def rare_flag(rng, packet, _):
    packet.flags ^= rng.choice((frames.FIN, frames.SYN, frames.RST,
                                frames.ACK))


def reserved(rng, packet, _):
    packet.reserved = rng.randrange(8)


def urgent(rng, packet, _):
    packet.urgent = rng.choice((0, 1, 0xff00))


def window(rng, packet, _):
    packet.window = rng.choice((0, 1, 512, 1024, 1337, 5840, 8192, 16384,
                                32768, 65535, rng.randrange(65536)))


def multiple(rng, packet, peer):
    """A window that some divisor of p0f's list divides."""
    mss = mss_of(packet)
    header = 40 + len(packet.options) + len(packet.ip_options)
    unit = rng.choice((mss, mss - 12, 1460, 1448, 1440, 1428, mss + 40,
                       mss + header, mss + 60, 1500, peer, peer - 12))
    if unit > 0:
        packet.window = unit * rng.randint(1, max(1, min(65535 // unit, 50)))
        packet.window &= 0xffff


def mss(rng, packet, peer):
    value = rng.choice(MSS_VALUES + (rng.randrange(65536),))
    put(packet, MSS, 2, value.to_bytes(2, "big"))
    if rng.random() < 0.6:
        multiple(rng, packet, peer)


def scale(rng, packet, _):
    put(packet, WS, 2, bytes([rng.choice((0, 1, 7, 8, 13, 14, 15, 255))]))


def timestamps(rng, packet, _):
    at = rng.choice((2, 6))
    value = rng.choice((0, 0, 1, 0xffffffff, rng.randrange(1 << 32)))
    put(packet, TS, at, value.to_bytes(4, "big"))


def option_length(rng, packet, _):
    kind = rng.choice(tuple(SIZES))
    put(packet, kind, 1, bytes([rng.choice((0, 1, SIZES[kind] - 1,
                                            SIZES[kind] + 1, 40, 255))]))


def option_byte(rng, packet, _):
    data = bytearray(packet.options)
    for _ in range(rng.randint(1, 3) if data else 0):
        data[rng.randrange(len(data))] = rng.choice(
            (0, 1, 2, 3, 4, 5, 8, 10, 30, 34, 254, rng.randrange(256)))
    packet.options = bytes(data)


def option_cut(rng, packet, _):
    keep = 4 * rng.randrange(10)
    packet.options = packet.options[-keep:] if rng.random() < 0.3 else \
        packet.options[:keep]


def option_new(rng, packet, _):
    """Another option in front, behind or in the middle."""
    extra = rng.choice((b"\1", b"\1\1\1\1", b"\2\4\5\xb4", b"\3\3\7\1",
                        b"\4\2\1\1", b"\x22\2\1\1", b"\xfe\4\xf9\x89",
                        b"\x1e\x0c" + bytes(10), b"\5\x0a" + bytes(8) + b"\1\1",
                        b"\5\x0b" + bytes(9) + b"\1", b"\5\2\1\1",
                        b"\x08\x0a" + rng.randbytes(8) + b"\1\1", b"\1" * 25))
    at = rng.choice((0, len(packet.options), rng.randrange(41)))
    packet.options = (packet.options[:at] + extra + packet.options[at:])[:40]


def option_random(rng, packet, _):
    packet.options = rng.randbytes(4 * rng.randrange(11))


def option_layout(rng, packet, _):
    """A proper but unusual layout."""
    kinds = [rng.choice((NOP, NOP, MSS, WS, SOK, TS, SACK, 34, 30))
             for _ in range(rng.randint(0, 9))]
    data = frames.options(kinds, 1460, rng.randrange(16),
                          (rng.randrange(1 << 32), 0))
    packet.options = data[:40]


def option_end(rng, packet, _):
    """EOL with padding, which may not be zero."""
    room = min(40 - len(packet.options), 8)
    if room > 0:
        padding = bytearray(room - 1)
        if padding and rng.random() < 0.6:
            padding[rng.choice((0, -1, rng.randrange(len(padding))))] = 1
        packet.options += b"\0" + bytes(padding)


def payload(rng, packet, _):
    packet.payload = rng.randbytes(rng.choice((1, 2, 6, 100, 1000)))


def ip_length(rng, packet, _):
    packet.extra_length = rng.choice((-40, -20, -4, -2, -1, 1, 2, 6, 40,
                                      rng.randrange(65536)))


def trailer(rng, packet, _):
    packet.trailer = rng.randbytes(rng.randint(1, 18))


def header_words(rng, packet, _):
    packet.header_words = rng.randrange(16)


def protocol(rng, packet, _):
    packet.protocol = rng.choice((0, 4, 17, 41, 47, 50, 58, 59))


def cut(rng, packet, _):
    packet.cut = rng.randrange(14, 120)


COMMON = (ttl, ttl, ip_flag, ip_flag, ip_id, tos, flow_label, seq, ack, ack,
          tcp_flag, tcp_flag, urgent, reserved, window, multiple, multiple,
          mss, mss, scale, scale, timestamps, timestamps, option_length,
          option_byte, option_byte, option_cut, option_new, option_new,
          option_random, option_layout, option_end, option_end, payload,
          trailer)
RARE = (fragment, ip_options, extension, vlan, rare_flag, ip_length,
        header_words, protocol, cut)


def mutate(rng, packet, peer=0):
    """Disturbs a packet in one to four ways."""
    for _ in range(rng.choice((1, 1, 2, 3, 4))):
        change = rng.choice(RARE if rng.random() < 0.12 else COMMON)
        change(rng, packet, peer)
    return packet
