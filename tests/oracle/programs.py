# SPDX-License-Identifier: MIT
"""Runs p0f and x0f on the same file and holds their lines together."""
import collections
import os
import re
import subprocess
import sys

X0F = os.environ.get("X0F", "build/release/x0f")
SOURCE = os.environ.get("X0F_SOURCE", os.path.dirname(os.path.dirname(
    os.path.dirname(os.path.abspath(__file__)))))
P0F = "/usr/sbin/p0f"
STOCK = "/etc/p0f/p0f.fp"
MODULES = ("syn", "syn+ack", "mtu", "uptime", "sendsyn probe",
           "sendsyn response")
CAPS = "100000,500000"  # connections and hosts: no limit in these captures
SKIP = 77


if not os.path.exists(X0F):
    sys.exit("FAILED: there is no %s; X0F names the program" % X0F)


def skip(reason):
    print("skipped: " + reason)
    sys.exit(SKIP)


def need_p0f():
    for path in (P0F, STOCK):
        if not os.path.exists(path):
            skip("p0f is not installed (%s)" % path)


def run(argv, expect=(0,)):
    """Output of a program that has to end with one of these codes."""
    done = subprocess.run(argv, stdout=subprocess.PIPE,
                          stderr=subprocess.PIPE, timeout=120,
                          env=dict(os.environ, TZ="UTC"))
    if done.returncode not in expect:
        sys.exit("FAILED: exit %d of %s\n%s" % (
            done.returncode, " ".join(argv),
            done.stderr.decode(errors="replace")[-2000:]))
    return done


def lines(text, modules=MODULES):
    """Log lines of these modules, as a multiset."""
    kept = collections.Counter()
    for line in text.decode(errors="replace").splitlines():
        module = re.search(r"\] mod=([^|]*)\|", line)
        if module and module.group(1) in modules:
            kept[line] += 1
    return kept


def p0f(capture, database):
    log = capture + ".log"
    if os.path.exists(log):
        os.unlink(log)
    run([P0F, "-f", database, "-r", capture, "-o", log, "-m", CAPS])
    with open(log, "rb") as file:
        return lines(file.read())


def x0f(capture, database):
    return lines(run([X0F, "pcap", "--compat", "p0f", "--format", "p0f",
                      "-m", CAPS, "-f", database, capture]).stdout)


def differences(want, got, limit=20):
    """Prints what only one side has; returns how many lines that is."""
    missing, extra = want - got, got - want
    for sign, side in (("-", missing), ("+", extra)):
        for line in sorted(side)[:limit // 2]:
            print(sign, line)
    return sum(missing.values()) + sum(extra.values())
