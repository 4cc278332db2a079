#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""HTTP lines, damaged at random, one to a file: `x0f db check` takes the ones
that p0f takes. p0f's search for HTTP duplicates is not done by x0f, which uses
none of these lines. X0F_SEED repeats a run.
"""
import concurrent.futures
import os
import random
import subprocess
import sys
import tempfile

import frames
import programs

COUNT = 800
REFUSED = 78
SIGS = ("1:Host,User-Agent,Accept=[,*/*;q=],?Accept-Language=[;q=],"
        "?Referer:Accept-Charset,Keep-Alive:Firefox/", "*:?Host:X,Y:",
        "0:Host,Via=[a:b]:-,_:x y", "1:::")
SYSTEMS = ("Linux,Windows,iOS=[iPad],iOS=[iPhone],Mac OS X", "a=[b]", "")
PIECES = list(":,?=[]*01-_ ;.xA|") + ["=[x]", "Host", ",,", "?A", "",
                                      ",".join("H%d" % i for i in range(33))]


def damage(rng, text):
    for _ in range(rng.choice((0, 1, 1, 2, 3))):
        at = rng.randint(0, len(text))
        text = text[:at] + rng.choice(PIECES) + \
            text[at + rng.choice((0, 0, 1, 1, 4)):]
    return text


def database(rng):
    if rng.random() < 0.3:
        return "[http:request]\nua_os = %s\n" % damage(rng,
                                                       rng.choice(SYSTEMS))
    return "classes = unix\n[http:%s]\nlabel = s:unix:L:\nsig = %s\n" % (
        rng.choice(("request", "response")), damage(rng, rng.choice(SIGS)))


def compare(path, empty):
    p0f = subprocess.run([programs.P0F, "-f", path, "-r", empty],
                         stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    x0f = programs.run([programs.X0F, "db", "check", path], (0, REFUSED))
    return p0f.returncode == 0, x0f.returncode == 0


def main():
    programs.need_p0f()
    seed = int(os.environ.get("X0F_SEED", random.SystemRandom().getrandbits(31)))
    print("X0F_SEED=%d" % seed)
    rng = random.Random(seed)
    with tempfile.TemporaryDirectory() as folder:
        empty = os.path.join(folder, "empty.pcap")
        frames.Capture(empty).file.close()
        paths = []
        for number in range(COUNT):
            paths.append(os.path.join(folder, "%d.fp" % number))
            with open(paths[-1], "w") as file:
                file.write(database(rng))
        with concurrent.futures.ThreadPoolExecutor(4) as pool:
            answers = list(pool.map(lambda p: compare(p, empty), paths))
        bad = 0
        for path, (p0f, x0f) in zip(paths, answers):
            if p0f != x0f:
                bad += 1
                print("p0f %s, x0f %s: %r" % (p0f, x0f, open(path).read()))
    refused = sum(not p0f for p0f, _ in answers)
    print("%d files, p0f refuses %d, %d differences" % (COUNT, refused, bad))
    sys.exit(1 if bad or not COUNT // 5 < refused < COUNT else 0)


main()
