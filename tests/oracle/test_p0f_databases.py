#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Databases, damaged at random: `x0f db check` accepts what p0f accepts, and
refuses the rest in the same line. X0F_SEED repeats a run, X0F_DATABASES asks
for more (or fewer) databases. [http:…] sections are left out: x0f skips
their grammar.
"""
import concurrent.futures
import os
import random
import re
import subprocess
import sys
import tempfile
import time

import databases
import frames
import programs

REFUSED = 78


def p0f_says(path, empty):
    """Line that p0f refuses, None when it accepts, 0 when it names none."""
    done = subprocess.run([programs.P0F, "-f", path, "-r", empty],
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    text = done.stdout.decode(errors="replace")
    reason = re.search(r"PROGRAM ABORT : (.*)", text)
    if done.returncode == 0:
        return None, ""
    reason = reason.group(1) if reason else text
    line = re.search(r"in line (\d+)", reason)
    return int(line.group(1)) if line else 0, reason


def x0f_says(path):
    done = programs.run([programs.X0F, "db", "check", path], (0, REFUSED))
    if done.returncode == 0:
        return None, ""
    text = (done.stderr + done.stdout).decode(errors="replace")
    line = re.search(re.escape(path) + r":(\d+):\d+: ", text)
    return int(line.group(1)) if line else 0, text.strip()


def sources(rng):
    """Line lists of the valid databases that damage is done to."""
    out = []
    for path in (programs.STOCK, os.path.join(programs.SOURCE, "db", "x0f.fp"),
                 os.path.join(programs.SOURCE, "db", "legacy.fp")):
        with open(path) as file:
            out.append(databases.without_http(file.read()))
    return out + [databases.generate(rng, 4) for _ in range(6)]


def excused(text):
    """The field behind a random TTL, which x0f reads whole (`64-:12:`) and
    p0f without its first character: `64-:256:` is 56 to p0f, `64-:4:` is 0
    and covers other signatures."""
    return re.search(r"^\s*sig\s*=\s*[46*]:\d*-:(?!0:)", text, re.M)


def compare(job):
    number, text, folder, empty = job
    path = os.path.join(folder, "%d.fp" % number)
    with open(path, "w", newline="", encoding="latin-1") as file:
        file.write(text)
    want, reason = p0f_says(path, empty)
    got, message = x0f_says(path)
    if want == got or (want == 0 and got is not None) or excused(text):
        os.unlink(path)
        return want is not None, None
    line = text.split("\n")[max(want or got, 1) - 1]
    return want is not None, "p0f: %s (%s)\nx0f: %s (%s)\n%r" % (
        want, reason, got, message, line)


def main():
    programs.need_p0f()
    seed = int(os.environ.get("X0F_SEED", time.time_ns() & 0x7fffffff))
    count = int(os.environ.get("X0F_DATABASES", 1200))
    print("X0F_SEED=%d" % seed, flush=True)
    rng = random.Random(seed)
    known = sources(rng)
    with tempfile.TemporaryDirectory() as folder:
        empty = os.path.join(folder, "empty.pcap")
        with frames.Capture(empty):
            pass
        jobs = [(number, "\n".join(databases.damage(rng, rng.choice(known))) +
                 "\n", folder, empty) for number in range(count)]
        with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
            results = list(pool.map(compare, jobs))
    wrong = [text for _, text in results if text]
    for text in wrong[:20]:
        print(text)
    print("%d databases, p0f refuses %d, %d differences, X0F_SEED=%d" % (
        count, sum(refused for refused, _ in results), len(wrong), seed))
    sys.exit(1 if wrong else 0)


main()
