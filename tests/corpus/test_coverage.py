#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""The share of public SYNs and SYN+ACKs that the built-in databases name:
distinct signatures per capture, labelled at all and by a specific signature.
"""
import os
import re
import subprocess
import sys

SKIP = 77
WANTED = {  # per cent: labelled, by a specific signature
    ("syn", "4"): (80, 60), ("syn", "6"): (70, 50),
    ("syn+ack", "4"): (45, 35), ("syn+ack", "6"): (45, 35)}
ROW = re.compile(r"(\S+) +IPv(\d) +(\d+) distinct +labelled +([\d.]+) % +"
                 r"specific +([\d.]+) %")


def main():
    shared = os.environ.get("X0F_SHARED", "")
    tool = os.path.join(shared, "tools", "coverage.py")
    folder = os.path.join(shared, "corpus", "public")
    for path in (tool, folder):
        if not os.path.exists(path):
            print("skipped: %s is not here" % path)
            sys.exit(SKIP)
    done = subprocess.run(
        [sys.executable, tool, "-u", "20", "--run",
         "%s pcap --format p0f {}" % os.environ["X0F"], folder],
        stdout=subprocess.PIPE)
    text = done.stdout.decode(errors="replace")
    print(text)
    seen = {}
    for module, version, _, labelled, specific in ROW.findall(text):
        seen[module, version] = (float(labelled), float(specific))
    low = [key for key, wanted in WANTED.items()
           if any(got < want for got, want in
                  zip(seen.get(key, (0, 0)), wanted))]
    for module, version in low:
        print("too few: %s over IPv%s" % (module, version))
    sys.exit(1 if low or done.returncode else 0)


main()
