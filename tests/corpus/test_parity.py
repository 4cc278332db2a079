#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""p0f's own answers to captures that are not part of this repository: every
syn, syn+ack and mtu line of the public and the crafted ones, every uptime
line of the crafted ones, every database taken or refused.
"""
import os
import subprocess
import sys

SKIP = 77
STOCK = "/etc/p0f/p0f.fp"
RUNS = (("syn,syn+ack,mtu", ("edge", "fpdb")), ("syn,syn+ack,mtu", ("public",)),
        ("uptime", ("edge",)))


def main():
    shared = os.environ.get("X0F_SHARED", "")
    tool = os.path.join(shared, "tools", "parity.py")
    for path in (tool, STOCK):
        if not os.path.exists(path):
            print("skipped: %s is not here" % path)
            sys.exit(SKIP)
    failed = 0
    for modules, names in RUNS:
        folders = [os.path.join(shared, "corpus", name) for name in names]
        done = subprocess.run(
            [sys.executable, tool, "--x0f", os.environ["X0F"], "--mods",
             modules, "-v"] + folders, stdout=subprocess.PIPE)
        text = done.stdout.decode(errors="replace").splitlines()
        print("%s of %s: %s" % (modules, ",".join(names),
                                "\n".join(text[:40] + text[-2:])), flush=True)
        failed |= done.returncode
    sys.exit(1 if failed else 0)


main()
