#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""scapy builds a packet of each signature of our databases, over IPv4 and
IPv6; x0f reads back what scapy was told: TTL, MSS, window, scale, options in
order with their padding, quirks, payload.
"""
import os
import sys
import tempfile

import frames
import programs
import rawsig
import signatures

try:
    import logging
    logging.getLogger("scapy").setLevel(logging.ERROR)
    from scapy.layers.inet import IP, TCP
    from scapy.layers.inet6 import IPv6
    from scapy.layers.l2 import Ether
    from scapy.utils import PcapWriter
except ImportError:
    programs.skip("scapy is not installed (Debian: python3-scapy)")

NAMES = {frames.NOP: "NOP", frames.MSS: "MSS", frames.WS: "WScale",
         frames.SOK: "SAckOK", frames.TS: "Timestamp"}


SIZES = {frames.EOL: 1, frames.NOP: 1, frames.MSS: 4, frames.WS: 3,
         frames.SOK: 2, frames.TS: 10}


def filling(signature):
    """Data for an unknown option, so that scapy has nothing to pad with."""
    size = signature.padding + sum(SIZES.get(k, 2) for k in signature.layout)
    return bytes(-size % 4)


def scapy_options(signature, mss, scale):
    values = {frames.NOP: None, frames.MSS: mss, frames.WS: scale,
              frames.SOK: b"", frames.TS: (
                  0 if "ts1-" in signature.quirks else 123456,
                  9 if "ts2+" in signature.quirks else 0)}
    out = []
    for kind in signature.layout:
        if kind == frames.EOL:
            out += [("EOL", None)] * (1 + signature.padding)
        elif kind in NAMES:
            out.append((NAMES[kind], values[kind]))
        else:
            out.append((kind, filling(signature)))
    return out


def build(signature, version, number):
    """The packet, what x0f must say of it, and its window."""
    plain = signatures.packet(signature, version)
    quirks, mss = signature.quirks, signatures.mss_of(signature, version, 1452)
    scale = 6 if signature.scale is None else signature.scale
    if frames.WS not in signature.layout:
        scale = 0
    window = signatures.window_of(signature, mss)
    flags = "SA" if signature.direction == "response" else "S"
    flags += "EC" if "ecn" in quirks else ""
    if version == 4:
        ip = IP(src="10.1.%d.%d" % divmod(number, 256), dst="10.2.0.1",
                ttl=plain.ttl, id=plain.ip_id,
                flags=("DF" if "df" in quirks else 0))
    else:
        ip = IPv6(src="fd00:0:0:1:0:0:1:%x" % number, dst="fd00:0:0:2:0:0:1:1",
                  hlim=plain.ttl, fl=77 if "flow" in quirks else 0)
    tcp = TCP(sport=4000, dport=80, flags=flags, window=window,
              seq=0 if "seq-" in quirks else 5, ack=plain.ack,
              urgptr=1 if "uptr+" in quirks else 0,
              options=scapy_options(signature, mss, scale))
    shown = quirks - (signatures.NOT_OVER_6 if version == 6 else {"flow"})
    expected = dict(version=version, ttl=plain.ttl, olen=0,
                    mss=str(mss), scale=scale,
                    layout=signature.text.split(":")[5],
                    quirks=shown, payload="+" if plain.payload else "0")
    link = Ether(src="02:00:00:00:00:01", dst="02:00:00:00:00:02")
    return link / ip / tcp / plain.payload, expected, window


def check(record, expected, window, header):
    """What x0f got wrong about one packet."""
    wrong = []
    for name, value in expected.items():
        got = getattr(record, name)
        if name == "quirks":
            got = set(filter(None, got.split(",")))
        if name == "mss" and got == "*":  # p0f's print of 1331 in a SYN+ACK
            got = "1331"
        if got != value:
            wrong.append("%s %s, not %s" % (name, got, value))
    if not rawsig.window_fits(record.window, window, record, header):
        wrong.append("window %s, not %d" % (record.window, window))
    return wrong


def compare(database, folder):
    """Returns how many packets x0f read, and how many it read wrongly."""
    path, told = os.path.join(folder, "scapy.pcap"), {}
    with PcapWriter(path) as writer:
        for number, signature in enumerate(signatures.read(database)):
            # what neither an options list nor whole words can say
            if signature.quirks & {"bad", "opt+"} or signature.ip_options or \
                    signatures.packet(signature, 4) is None:
                print("left out, line %d: %s" % (signature.line,
                                                 signature.text))
                continue
            for version in (4, 6):
                packet, expected, window = build(signature, version, number)
                writer.write(packet)
                network = packet[1]
                told[rawsig.endpoint(network.src, 4000)] = (
                    signature, expected, window,
                    len(network) - len(packet[TCP].payload))
    done = programs.run([programs.X0F, "pcap", "--format", "p0f", "-f",
                         database, path])
    seen, bad = 0, 0
    for record in rawsig.records(done.stdout.decode()):
        signature, expected, window, header = told.pop(record.source)
        wrong = check(record, expected, window, header)
        seen += 1
        if wrong:
            bad += 1
            print("line %d %s: %s" % (signature.line, signature.text,
                                      "; ".join(wrong)))
    for source, (signature, *_) in told.items():
        bad += 1
        print("nothing said of %s, line %d" % (source, signature.line))
    print("%s: %d packets, %d wrong" % (database, seen, bad))
    return seen, bad


def main():
    seen = bad = 0
    with tempfile.TemporaryDirectory() as folder:
        for name in ("x0f.fp", "legacy.fp"):
            counts = compare(os.path.join(programs.SOURCE, "db", name), folder)
            seen, bad = seen + counts[0], bad + counts[1]
    sys.exit(1 if bad or seen < 500 else 0)


main()
