# SPDX-License-Identifier: MIT
"""Frames and captures from nothing but struct: the sender's side of the
oracle tests, so that no decoder is tested with its own encoder. Every field
can be set to a lie, but for the checksums: neither p0f nor x0f looks.
"""
import dataclasses
import struct

FIN, SYN, RST, PSH, ACK, URG, ECE, CWR, NS = (1 << i for i in range(9))
MF, DF, EVIL = 1, 2, 4
EOL, NOP, MSS, WS, SOK, SACK, TS = 0, 1, 2, 3, 4, 5, 8
TCP = 6


def checksum(data):
    data += bytes(len(data) % 2)
    total = sum(struct.unpack("!%dH" % (len(data) // 2), data))
    while total >> 16:
        total = (total & 0xffff) + (total >> 16)
    return struct.pack("!H", total ^ 0xffff)


@dataclasses.dataclass
class Packet:
    version: int = 4
    src: bytes = bytes(4)
    dst: bytes = bytes(4)
    sport: int = 40000
    dport: int = 80
    ttl: int = 64
    tos: int = 0
    ip_id: int = 0
    ip_flags: int = 0
    fragment: int = 0
    ip_options: bytes = b""
    flow: int = 0
    extensions: tuple = ()  # of (protocol number, bytes), IPv6
    protocol: int = TCP
    seq: int = 0x12345678
    ack: int = 0
    flags: int = SYN
    reserved: int = 0  # the three bits in front of NS
    window: int = 0
    urgent: int = 0
    options: bytes = b""
    payload: bytes = b""
    header_words: int = None  # TCP header length, if not what it should be
    extra_length: int = 0  # how much the IP length lies
    trailer: bytes = b""  # behind what the IP length covers
    vlans: tuple = ()
    cut: int = None  # bytes that were captured

    def tcp(self):
        words = self.header_words
        if words is None:
            words = 5 + (len(self.options) + 3) // 4
        fill = bytes(-len(self.options) % 4)
        data = struct.pack(
            "!HHIIHHHH", self.sport, self.dport, self.seq, self.ack,
            words << 12 | self.reserved << 9 | self.flags, self.window, 0,
            self.urgent) + self.options + fill + self.payload
        pseudo = self.src + self.dst + struct.pack("!II", len(data), TCP)
        return data[:16] + checksum(pseudo + data) + data[18:]

    def ip(self):
        tcp = self.tcp()
        if self.version == 4:
            options = self.ip_options + bytes(-len(self.ip_options) % 4)
            total = 20 + len(options) + len(tcp) + self.extra_length
            head = struct.pack(
                "!BBHHHBBH4s4s", 0x45 + len(options) // 4, self.tos,
                total & 0xffff, self.ip_id,
                self.ip_flags << 13 | self.fragment, self.ttl, self.protocol,
                0, self.src, self.dst) + options
            return head[:10] + checksum(head) + head[12:] + tcp
        chain = b""
        following = [p for p, _ in self.extensions[1:]] + [self.protocol]
        for (_, body), after in zip(self.extensions, following):
            chain += bytes([after]) + body
        first = self.extensions[0][0] if self.extensions else self.protocol
        total = len(chain) + len(tcp) + self.extra_length
        return struct.pack(
            "!IHBB16s16s", 6 << 28 | self.tos << 20 | self.flow,
            total & 0xffff, first, self.ttl, self.src,
            self.dst) + chain + tcp

    def frame(self):
        tags = b"".join(struct.pack("!HH", 0x8100, v) for v in self.vlans)
        kind = 0x0800 if self.version == 4 else 0x86dd
        return (b"\x02\0\0\0\0\2\x02\0\0\0\0\1" + tags +
                struct.pack("!H", kind) + self.ip() + self.trailer)


def client(version, number):
    """An address that no other number has."""
    if version == 4:
        return struct.pack("!I", 10 << 24 | number)
    return bytes.fromhex("20010db8000100000000000a") + struct.pack("!I", number)


def server(version, number):
    if version == 4:
        return struct.pack("!I", 11 << 24 | number)
    return bytes.fromhex("20010db8000200000000000b") + struct.pack("!I", number)


def answer(request, **fields):
    """The SYN+ACK that answers request, its own values by name."""
    values = dict(version=request.version, src=request.dst, dst=request.src,
                  sport=request.dport, dport=request.sport, seq=0x51515151,
                  ack=(request.seq + 1) & 0xffffffff, flags=SYN | ACK)
    values.update(fields)
    return Packet(**values)


def options(layout, mss=0, scale=0, ts=(0, 0), padding=b"", sizes=None):
    """Bytes for a layout of option kinds; padding goes behind EOL, sizes
    gives unknown options (and SACK) a length other than 2 (10)."""
    out = b""
    for position, kind in enumerate(layout):
        if kind in (EOL, NOP):
            out += bytes([kind])
        elif kind == MSS:
            out += struct.pack("!BBH", kind, 4, mss)
        elif kind == WS:
            out += struct.pack("!BBB", kind, 3, scale)
        elif kind == SOK:
            out += struct.pack("!BB", kind, 2)
        elif kind == TS:
            out += struct.pack("!BBII", kind, 10, *ts)
        else:
            size = (sizes or {}).get(position, 10 if kind == SACK else 2)
            out += bytes([kind, size]) + bytes([0xa5]) * (size - 2)
    return out + padding


class Capture:
    """A pcap file, microseconds, Ethernet unless told otherwise."""

    def __init__(self, path, link=1):
        self.file = open(path, "wb")
        self.count = 0
        self.file.write(struct.pack("<IHHiIII", 0xa1b2c3d4, 2, 4, 0, 0,
                                    65535, link))

    def add(self, time_us, packet):
        frame = packet.frame()
        part = frame[:packet.cut]
        self.file.write(struct.pack("<IIII", time_us // 1000000,
                                    time_us % 1000000, len(part), len(frame)))
        self.file.write(part)
        self.count += 1

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.file.close()
