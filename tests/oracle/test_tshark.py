#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""tshark and x0f read the same captures: our own, a mutated one, and a sample
of public ones where they are at hand. For each SYN and SYN+ACK both say the
same time, addresses, ports, TTL, MSS, window, scale and options in order.

Left out, because tshark means something else by the same field or says
nothing:
  - frames whose protocols are not link, VLAN or PPPoE tags, one IP and TCP:
    tunnels (x0f reads the outer packet) and what hides TCP from tshark;
  - fragments, which x0f leaves and tshark takes for whole;
  - frames that tshark calls malformed or cut, TCP headers below 20 bytes and
    packets whose IP length goes beyond the capture inside the headers;
  - options, not the rest, of packets whose quirks are `bad` or `opt+` in
    x0f's eyes: tshark gives up on broken options in its own ways and reads
    on behind EOL. What tshark finds sound x0f must not call `bad`.
Of a repeated option the last counts.
"""
import collections
import concurrent.futures
import datetime
import os
import random
import re
import shutil
import subprocess
import sys
import tempfile

import frames
import mutations
import programs
import rawsig
import signatures

SAMPLE = 60  # public captures
LARGEST = 2 << 20  # bytes of one
FIELDS = ("frame.time_epoch", "frame.protocols", "ip.src", "ip.dst",
          "ipv6.src", "ipv6.dst", "tcp.srcport", "tcp.dstport", "tcp.flags",
          "ip.ttl", "ipv6.hlim", "tcp.options.mss_val",
          "tcp.window_size_value", "tcp.options.wscale.shift",
          "tcp.option_kind", "tcp.option_len", "tcp.hdr_len", "ip.flags.mf", "ip.frag_offset",
          "ip.cur_rt", "_ws.malformed")
PLAIN = re.compile(
    r"(?:(?:sll|eth|raw|null|ppp|pppoes|vlan|ethertype):)*"
    r"(?:ip|ipv6(?::ipv6\.(?:hopopts|dstopts|routing))*):tcp(?::.*)?$")
LENGTHS = {2: 4, 3: 3, 4: 2, 8: 10}
WORDS = {"nop": 1, "mss": 2, "ws": 3, "sok": 4, "sack": 5, "ts": 8}

Packet = collections.namedtuple("Packet", "key ttl mss scale kinds window "
                                "header sound")


def last(text):
    return int(text.rsplit(",", 1)[-1], 0) if text else 0


def second(epoch):
    """Whole seconds; a fraction may be a second and more."""
    whole, _, fraction = epoch.partition(".")
    return int(whole) + int(fraction or 0) // 10**9


def endpoint(row, end, port):
    """With a source route ip.dst is the last hop's, ip.cur_rt the header's."""
    address = row["ip." + end] or row["ipv6." + end]
    if end == "dst":
        address = row["ip.cur_rt"] or address
    return rawsig.endpoint(address, row[port])


def numbers(text):
    return [int(part) for part in filter(None, text.split(","))]


def sound(kinds, lengths, room):
    """Options as RFC 9293 has them, that fill their room."""
    if len(kinds) > 24 or 0 in kinds[:-1]:
        return False
    used, lengths = 0, list(lengths)
    for kind in kinds:
        length = 1 if kind < 2 else lengths.pop(0) if lengths else 0
        if length != LENGTHS.get(kind, length) or length < (kind > 1) + 1:
            return False
        used += length
    return used == room or 0 in kinds and used < room


def tshark(path):
    """Plain packets, and the keys of those that are left out."""
    argv = ["tshark", "-n", "-r", path, "-o", "ip.defragment:FALSE", "-o",
            "ipv6.defragment:FALSE", "-T", "fields", "-E", "separator=/t",
            "-Y", "tcp.flags.syn==1 && tcp.flags.fin==0 && "
            "tcp.flags.reset==0"]
    for name in FIELDS:
        argv += ["-e", name]
    done = subprocess.run(argv, stdout=subprocess.PIPE,
                          stderr=subprocess.DEVNULL, timeout=120)
    packets, left_out = [], collections.Counter()
    for line in done.stdout.decode().splitlines():
        row = dict(zip(FIELDS, line.split("\t")))
        if not PLAIN.match(row["frame.protocols"]):
            left_out["protocols"] += 1
            continue
        flags = int(row["tcp.flags"], 16)
        key = (second(row["frame.time_epoch"]),
               endpoint(row, "src", "tcp.srcport"),
               endpoint(row, "dst", "tcp.dstport"), bool(flags & frames.ACK))
        if row["_ws.malformed"] or last(row["ip.flags.mf"]) or \
                last(row["ip.frag_offset"]) or last(row["tcp.hdr_len"]) < 20:
            left_out[key] += 1
            continue
        kinds = numbers(row["tcp.option_kind"])
        if 0 in kinds:
            del kinds[kinds.index(0) + 1:]
        well = sound(kinds, numbers(row["tcp.option_len"]),
                     last(row["tcp.hdr_len"]) - 20)
        packets.append(Packet(
            key, last(row["ip.ttl"] or row["ipv6.hlim"]),
            last(row["tcp.options.mss_val"]),
            last(row["tcp.options.wscale.shift"]), tuple(kinds),
            int(row["tcp.window_size_value"]),
            last(row["tcp.hdr_len"]) + (20 if row["ip.src"] else 40), well))
    return packets, left_out


def kinds_of(layout):
    out = []
    for word in filter(None, layout.split(",")):
        if word.startswith("eol"):
            out.append(0)
        else:
            out.append(WORDS[word] if word in WORDS else int(word[1:]))
    return tuple(out)


def x0f(path):
    """x0f's records by the same key."""
    done = programs.run([programs.X0F, "pcap", "--format", "p0f", path],
                        (0, 65))
    out = collections.defaultdict(list)
    for record in rawsig.records(done.stdout.decode(errors="replace")):
        when = datetime.datetime.strptime(record.time, "%Y/%m/%d %H:%M:%S")
        when = when.replace(tzinfo=datetime.timezone.utc)
        out[int(when.timestamp()), record.source, record.target,
            record.module == "syn+ack"].append(record)
    return out


def agrees(packet, record, peers):
    """None, "options" when x0f calls these broken, else False or True."""
    if record.ttl != packet.ttl:
        return False
    quirks = record.quirks.split(",")
    if "bad" in quirks or "opt+" in quirks:
        return False if "bad" in quirks and packet.sound else "options"
    window = rawsig.window_fits(record.window, packet.window, record,
                                packet.header)
    if not window and "*" in record.window:  # a multiple of the SYN's MSS
        multiple = int(record.window.split("*")[1])
        window = any((mss - off) * multiple == packet.window
                     for mss in peers for off in (0, 12))
    mss = "1331" if record.mss == "*" else record.mss
    return window and (int(mss), record.scale) == \
        (packet.mss, packet.scale) and kinds_of(record.layout) == packet.kinds


def compare(path):
    """(packets that agree, agree but for options, left out), problems."""
    packets, left_out = tshark(path)
    records = x0f(path)
    peers = collections.defaultdict(set)
    for packet in packets:
        _, source, target, answer = packet.key
        if not answer:
            peers[target, source].add(packet.mss)
    counts, problems = [0, 0, 0], []
    for packet in packets:
        found = None
        known = peers[packet.key[1], packet.key[2]]
        for record in records[packet.key]:
            verdict = agrees(packet, record, known)
            if verdict:
                found = record
                counts[verdict == "options"] += 1
                break
        if found:
            records[packet.key].remove(found)
        elif left_out[packet.key]:
            left_out[packet.key] -= 1
        else:
            problems.append("%s: tshark %s\n   x0f %s" % (
                path, packet, records[packet.key]))
    for key, rest in records.items():
        for record in rest[left_out[key]:]:
            problems.append("%s: only x0f: %s" % (path, record))
    counts[2] = sum(left_out.values())
    return counts, problems


def mutated(path):
    """A capture that tshark has something to chew on; always the same."""
    rng = random.Random(20240501)
    known = signatures.read(os.path.join(programs.SOURCE, "db", "x0f.fp"))
    with frames.Capture(path) as capture:
        for number in range(1500):
            packet = signatures.packet(rng.choice(known), rng.choice((4, 6)),
                                       rng)
            packet.src = frames.client(packet.version, number)
            packet.dst = frames.server(packet.version, number)
            for _ in range(rng.randint(0, 2)):
                rng.choice(mutations.COMMON + (mutations.vlan,))(rng, packet,
                                                                 0)
            capture.add(1600000000000000 + number, packet)
    return path


def captures():
    data = os.path.join(programs.SOURCE, "tests", "data")
    found = [os.path.join(data, n) for n in sorted(os.listdir(data))
             if n.endswith(".pcap")]
    public = os.path.join(os.environ.get("X0F_SHARED", ""), "corpus", "public")
    if not os.path.isdir(public):
        print("no public captures at hand, ours only")
        return found
    names = sorted(n for n in os.listdir(public)
                   if re.search(r"\.(pcap|pcapng|cap)$", n) and
                   os.path.getsize(os.path.join(public, n)) < LARGEST)
    # small ones are many and alike, so half of the sample is large
    names.sort(key=lambda n: os.path.getsize(os.path.join(public, n)))
    large = names[-len(names) // 8:]
    rng = random.Random(7)
    names = rng.sample(large, SAMPLE // 2) + rng.sample(names, SAMPLE // 2)
    return found + [os.path.join(public, n) for n in sorted(set(names))]


def main():
    if not shutil.which("tshark"):
        programs.skip("tshark is not installed")
    with tempfile.TemporaryDirectory() as folder:
        paths = captures() + [mutated(os.path.join(folder, "mutated.pcap"))]
        with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
            results = list(pool.map(compare, paths))
    problems = [text for _, found in results for text in found]
    for text in problems[:20]:
        print(text)
    same, but_options, left_out = (sum(c[i] for c, _ in results)
                                   for i in range(3))
    print("%d captures: %d packets agree, %d but for broken options, %d left "
          "out, %d problems" % (len(paths), same, but_options, left_out,
                                len(problems)))
    sys.exit(1 if problems or same < 1000 else 0)


main()
