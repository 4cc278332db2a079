# SPDX-License-Identifier: MIT
"""The captures of the comparison, all made of frames of `x0f gen`: exchanges,
in which every SYN+ACK answers a SYN (p0f looks at no other), and one file per
form that a capture can have. Called by run, before anything is timed.
"""
import collections
import ipaddress
import itertools
import struct
import subprocess

Ends = collections.namedtuple("Ends", "version kind source sport target tport")

ETHERNET, RAW, COOKED, COOKED2 = 1, 101, 113, 276
IPV4, IPV6, TCP, DESTINATION_OPTIONS = 0x0800, 0x86DD, 6, 60
EXTENSIONS = (0, 43, 60)
SYN, ACK = 2, 16
STEP_US = 1000  # between two packets, as x0f gen has it
START = 1577836800  # 2020-01-01

# What an everyday Linux sends: the SYN that a lone SYN+ACK gets to answer
LINUX_OPTIONS = bytes.fromhex("020405b4 0402 080a 00b1c2d3 00000000 01 030307")


def read(path):
    """The frames of a little-endian pcap file, as bytes."""
    with open(path, "rb") as file:
        data = file.read()
    frames, at = [], 24
    while at < len(data):
        length, = struct.unpack_from("<I", data, at + 8)
        frames.append(data[at + 16:at + 16 + length])
        at += 16 + length
    return frames


def write(path, frames, link=ETHERNET):
    with open(path, "wb") as file:
        file.write(struct.pack("<IHHiIII", 0xa1b2c3d4, 2, 4, 0, 0, 65535, link))
        for number, frame in enumerate(frames):
            second, part = divmod(number * STEP_US, 10**6)
            file.write(struct.pack("<4I", START + second, part, len(frame),
                                   len(frame)) + frame)


def block(kind, body):
    """A block of a pcapng file."""
    body += bytes(-len(body) % 4)
    length = struct.pack("<I", len(body) + 12)
    return struct.pack("<I", kind) + length + body + length


def write_pcapng(path, frames):
    with open(path, "wb") as file:
        file.write(block(0x0A0D0D0A, struct.pack("<IHHq", 0x1A2B3C4D, 1, 0, -1)))
        file.write(block(1, struct.pack("<HHI", ETHERNET, 0, 65535)))
        for number, frame in enumerate(frames):
            time_us = START * 10**6 + number * STEP_US
            head = struct.pack("<5I", 0, time_us >> 32, time_us & 0xffffffff,
                               len(frame), len(frame))
            file.write(block(6, head + frame))


def network(frame):
    """(version, where TCP begins) of a plain Ethernet frame."""
    if frame[12:14] == b"\x08\x00":
        return 4, 14 + (frame[14] & 15) * 4
    return 6, 54


def without_extensions(frame):
    """IPv6 extension headers are a form of their own, see forms()."""
    if frame[12:14] != b"\x86\xdd" or frame[20] == TCP:
        return frame
    at, following = 54, frame[20]
    while following in EXTENSIONS:
        following, at = frame[at], at + 8 + frame[at + 1] * 8
    head = bytearray(frame[:54])
    head[18:20] = struct.pack("!H", len(frame) - at)
    head[20] = following
    return bytes(head) + frame[at:]


def ends(frame):
    version, tcp = network(frame)
    size = 4 if version == 4 else 16
    at = 26 if version == 4 else 22
    source, target = (ipaddress.ip_address(frame[i:i + size])
                      for i in (at, at + size))
    sport, tport = struct.unpack_from("!HH", frame, tcp)
    kind = "syn+ack" if frame[tcp + 13] & ACK else "syn"
    return Ends(version, kind, source, sport, target, tport)


def checksum(data):
    data += bytes(len(data) % 2)
    total = sum(struct.unpack("!%dH" % (len(data) // 2), data))
    total = (total & 0xffff) + (total >> 16)
    return ~((total & 0xffff) + (total >> 16)) & 0xffff


def seal(frame):
    """The frame with its checksums set."""
    frame = bytearray(frame)
    version, tcp = network(frame)
    addresses = frame[26:34] if version == 4 else frame[22:54]
    frame[tcp + 16:tcp + 18] = b"\0\0"
    segment = bytes(frame[tcp:])
    pseudo = bytes(addresses) + struct.pack("!II", len(segment), TCP)
    frame[tcp + 16:tcp + 18] = struct.pack("!H", checksum(pseudo + segment))
    if version == 4:
        frame[24:26] = b"\0\0"
        frame[24:26] = struct.pack("!H", checksum(bytes(frame[14:tcp])))
    return bytes(frame)


def linux_syn(version):
    """A SYN without addresses and ports."""
    options = LINUX_OPTIONS
    tcp = struct.pack("!HHIIBBHHH", 0, 0, 0, 0, (20 + len(options)) << 2, SYN,
                      64240, 0, 0) + options
    if version == 4:
        ip = struct.pack("!BBHHHBBHII", 0x45, 0, 20 + len(tcp), 7, 0x4000, 64,
                         TCP, 0, 0, 0)
    else:
        ip = struct.pack("!IHBB", 6 << 28, len(tcp), TCP, 64) + bytes(32)
    kind = IPV4 if version == 4 else IPV6
    return bytes(12) + struct.pack("!H", kind) + ip + tcp


def asked_by(syn, reply):
    """`syn` as sent by the one whom `reply` answers."""
    version, tcp = network(syn)
    at, size = (26, 4) if version == 4 else (22, 16)
    theirs = network(reply)[1]
    syn = bytearray(syn)
    syn[:12] = reply[6:12] + reply[:6]
    syn[at:at + size] = reply[at + size:at + 2 * size]
    syn[at + size:at + 2 * size] = reply[at:at + size]
    syn[tcp:tcp + 4] = reply[theirs + 2:theirs + 4] + reply[theirs:theirs + 2]
    number, = struct.unpack_from("!I", reply, theirs + 8)
    syn[tcp + 4:tcp + 8] = struct.pack("!I", (number - 1) & 0xffffffff)
    return seal(syn)


def flow(frame):
    """Equal for a SYN and the SYN+ACK that answers it."""
    version, tcp = network(frame)
    addresses = frame[26:34] if version == 4 else frame[22:54]
    half = len(addresses) // 2
    a = addresses[:half] + frame[tcp:tcp + 2]
    b = addresses[half:] + frame[tcp + 2:tcp + 4]
    return (b, a) if frame[tcp + 13] & ACK else (a, b)


def exchanges(frames, only_linux):
    """Yields (frame, is it one of x0f gen's): a SYN goes before each SYN+ACK
    that has none. It is an everyday one, or in turns one of this capture's.
    """
    asked = set()
    known = {v: collections.deque([linux_syn(v)], 256) for v in (4, 6)}
    for frame in map(without_extensions, frames):
        version, tcp = network(frame)
        if frame[tcp + 13] & ACK and flow(frame) not in asked:
            yield asked_by(known[version][0], frame), False
            known[version].rotate()
        elif not frame[tcp + 13] & ACK:
            asked.add(flow(frame))
            if not only_linux:
                known[version].append(frame)
        yield frame, True


def gen(x0f, path, *arguments):
    """Runs x0f gen and returns the command."""
    command = [x0f, "gen", *arguments]
    subprocess.run([*command, "-o", path], check=True,
                   stderr=subprocess.DEVNULL)
    return command


def make_traffic(x0f, path, mix, packets):
    """`packets` of a mix, in exchanges."""
    command = gen(x0f, path, "--mix", mix, "--seed", "1", "-n", str(packets))
    made = (frame for frame, _ in exchanges(read(path), False))
    write(path, list(itertools.islice(made, packets)))
    return command


def make_signatures(x0f, path, database):
    """One packet per signature of a database and IP version, and the SYNs
    before; returns the ends of the former."""
    gen(x0f, path, "-f", database, "--mix", "systems,ipv6", "--seed", "1")
    made = list(exchanges(read(path), True))
    write(path, [frame for frame, _ in made])
    return [ends(frame) for frame, asked in made if asked]


def tagged(frame, *tags):
    return frame[:12] + b"".join(tags) + frame[12:]


def extended(frame):
    """With a destination options header before TCP: six bytes of padding."""
    head = bytearray(frame[:54])
    head[18:20] = struct.pack("!H", len(frame) - 54 + 8)
    head[20] = DESTINATION_OPTIONS
    return bytes(head) + bytes((TCP, 0, 1, 4, 0, 0, 0, 0)) + frame[54:]


def cooked(frame):
    return struct.pack("!HHH8s", 0, 1, 6, frame[6:12]) + frame[12:]


def cooked2(frame):
    return frame[12:14] + struct.pack("!HIHBB8s", 0, 2, 1, 0, 6,
                                      frame[6:12]) + frame[14:]


def forms(x0f, folder, packets):
    """Writes the same SYNs in every form; {name: (path, [ends])}."""
    path = f"{folder}/forms.pcap"
    gen(x0f, path, "--mix", "popular", "--seed", "2", "-n", str(packets))
    syns = [f for f in map(without_extensions, read(path))
            if not f[network(f)[1] + 13] & ACK]
    v4 = [f for f in syns if network(f)[0] == 4]
    v6 = [f for f in syns if network(f)[0] == 6]
    tag, outer = b"\x81\0\0\x07", b"\x88\xa8\0\x05"
    made = {
        "IPv4": (v4, v4, ETHERNET),
        "IPv6": (v6, v6, ETHERNET),
        "IPv6 with an extension header":
            (v6, list(map(extended, v6)), ETHERNET),
        "a VLAN tag": (syns, [tagged(f, tag) for f in syns], ETHERNET),
        "two VLAN tags":
            (syns, [tagged(f, outer, tag) for f in syns], ETHERNET),
        "raw IP (tunnels)": (syns, [f[14:] for f in syns], RAW),
        "Linux cooked": (syns, list(map(cooked, syns)), COOKED),
        "Linux cooked 2 (tcpdump -i any)":
            (syns, list(map(cooked2, syns)), COOKED2),
        "pcapng (Wireshark)": (syns, syns, None),
    }
    files = {}
    for number, (name, (plain, frames, link)) in enumerate(made.items()):
        path = f"{folder}/form{number}.pcap"
        if link is None:
            write_pcapng(path, frames)
        else:
            write(path, frames, link)
        files[name] = path, [ends(frame) for frame in plain]
    return files
