#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""bench/peers/run without huginn-net-tcp and with few packets: its tables have
rows of numbers, x0f answers as p0f does, and sees every form of a packet.
"""
import json
import os
import re
import subprocess
import sys
import tempfile

HERE = os.path.dirname(os.path.abspath(__file__))
SOURCE = os.environ.get("X0F_SOURCE", os.path.dirname(os.path.dirname(HERE)))
RUN = os.path.join(SOURCE, "bench", "peers", "run")
SPEED = re.compile(r"^\| [^|]+ \| (?:file|/dev/null) \| [\d,]+ \|", re.M)
ROWS = 30  # of p0f and x0f, both captures

for needed in ("/usr/sbin/p0f", "/etc/p0f/p0f.fp"):
    if not os.path.exists(needed):
        print(f"skipped: there is no {needed}")
        sys.exit(77)


def expect(what, good):
    if not good:
        sys.exit(f"FAILED: {what}")
    print(f"ok: {what}")


def run(folder, *arguments):
    return subprocess.run([sys.executable, RUN, "--quick", "--out", folder,
                           *arguments], stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT, text=True)


def check(data, text):
    expect(f"at least {ROWS} rows of speed", len(SPEED.findall(text)) >= ROWS)
    expect("no number is missing", "nan" not in text and "None" not in text)
    for name, row in data["agreement"]["x0f --compat p0f"]["groups"].items():
        expect(f"{name}: {row['same']} of {row['of']} as p0f",
               row["same"] == row["of"] > 0)
    for name, capture in data["captures"].items():
        expect(f"{name}: the log of x0f p0f is p0f's",
               capture["log"]["lines"] > 0 == capture["log"]["different"])
    for form, row in data["forms"].items():
        expect(f"{form} is seen", row["x0f"]["seen"] == row["x0f"]["of"] > 0)


with tempfile.TemporaryDirectory() as folder:
    done = run(folder, "--runs", "1")
    if done.returncode:
        sys.exit(f"FAILED: exit {done.returncode}\n{done.stdout}")
    with open(f"{folder}/peers.json") as file, \
            open(f"{folder}/peers.md") as text:
        check(json.load(file), text.read())
    expect("--runs 0 is refused", run(folder, "--runs", "0").returncode == 2)
