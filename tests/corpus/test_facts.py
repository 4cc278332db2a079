#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""No label contradicts a fact of grade A (a controlled capture of the system
that is named): each such signature, made a packet, gets the name of its system
or none, and a version that does not exclude it. Contradictions of grade B
(another database's claim) are printed only: those claims contradict each other.
"""
import os
import re
import subprocess
import sys
import tempfile

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)),
                                "..", "oracle"))
import frames  # noqa: E402
import programs  # noqa: E402
import signatures  # noqa: E402

FACTS = os.path.join(os.environ.get("X0F_SHARED", ""), "data",
                     "modern_sigs.tsv")
FAMILIES = (  # what a fact says, what a label may say
    ("masscan", {"masscan", "Linux"}), ("zmap", {"ZMap"}),
    ("scapy", {"Scapy"}), ("linux|android", {"Linux"}),
    ("windows", {"Windows"}), ("freebsd", {"FreeBSD"}),
    ("macos|mac os|ios|iphone", {"Mac OS X", "MacOS X", "iOS"}),
    ("nintendo", {"Nintendo"}),
)


def family(system):
    for pattern, names in FAMILIES:
        if re.search(pattern, system, re.I):
            return names
    return set()


def excludes(flavor, system):
    """True when the flavor's range of versions leaves out the system's."""
    version = re.search(r"\b(\d+)\.(\d+)", system)
    bounds = re.match(r"(\d+)\.(\d+|x)(?:-(\d+)\.(\d+|x)| (or|and) newer)?",
                      flavor)
    if not version or not bounds:
        return False
    seen = tuple(map(int, version.groups()))
    low = (int(bounds[1]), 0 if bounds[2] == "x" else int(bounds[2]))
    if bounds[5]:
        return seen < low
    high = (int(bounds[3] or bounds[1]),
            bounds[4] if bounds[3] else bounds[2])
    high = (high[0], 999 if high[1] == "x" else int(high[1]))
    return not low <= seen <= high


def read_facts():
    for line in open(FACTS):
        if line.startswith("#"):
            continue
        direction, text, system, grade = line.split("\t")[:4]
        kind = "request" if direction == "S" else "response"
        yield signatures.parse(text, direction=kind), system, grade


def label_of(packet, folder):
    path = os.path.join(folder, "fact.pcap")
    packet.src = frames.client(packet.version, 1)
    packet.dst = frames.server(packet.version, 1)
    with frames.Capture(path) as capture:
        capture.add(1600000000000000, packet)
    out = programs.run([programs.X0F, "pcap", "-q", "--format", "p0f",
                        "--only", "syn,synack", path]).stdout.decode()
    found = re.search(r"\|(?:os|app)=([^|]*)\|.*params=([^|]*)", out)
    return found.groups() if found else ("", "")


def main():
    if not os.path.exists(FACTS):
        programs.skip("no facts: X0F_SHARED/data/modern_sigs.tsv is absent")
    counts, wrong = {}, 0
    with tempfile.TemporaryDirectory() as folder:
        for signature, system, grade in read_facts():
            version = 6 if signature.version == "6" else 4
            packet = signatures.packet(signature, version)
            if packet is None or grade == "C":
                continue
            label, params = label_of(packet, folder)
            names = family(system)
            name = next((n for n in names if label.startswith(n)), None)
            known = label not in ("", "???")
            counts.setdefault(grade, [0, 0])
            counts[grade][0] += 1
            counts[grade][1] += known
            flavor = label[len(name) + 1:] if name else ""
            if known and (not name or excludes(flavor, system)):
                wrong += grade == "A"
                print("%s: %s is %s, labelled %s (%s)" % (
                    grade, signature.text, system, label, params))
    for grade, (total, known) in sorted(counts.items()):
        print("grade %s: %d facts, %d labelled" % (grade, total, known))
    if wrong or not counts.get("A", [0])[0]:
        sys.exit("FAILED: %d labels contradict facts of grade A" % wrong)


main()
