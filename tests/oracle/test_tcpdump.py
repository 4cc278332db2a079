#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""tcpdump and x0f pick the same packets. Random rule sets, about what a
capture holds, are said twice: as --allow and --deny, and as a tcpdump
expression. What x0f reports of the capture with these rules is what it reports,
without rules, of the packets that tcpdump lets pass; the same for x0f's own
--filter. And each packet is counted once in the summary.

Rules are held against tcpdump on packets that it finds TCP in: no tags, no
IPv6 extension headers. --filter is held against it on the whole capture.

The seed is printed; X0F_SEED sets it.
"""
import collections
import concurrent.futures
import ipaddress
import os
import random
import re
import shutil
import subprocess
import sys
import tempfile

import frames
import programs
import rawsig

SAMPLE = 60  # public captures
LARGEST = 2 << 20  # bytes of one
OWN_ROUNDS, PUBLIC_ROUNDS = 120, 8
PLAIN = "ip proto 6 or ip6[6] == 6"
# libpcap's tcp[] does not know IPv6; SYN, ACK, FIN and RST are looked at
KIND = "((tcp[13] & 0x17) == {0} or (ip6[6] == 6 and (ip6[53] & 0x17) == {0}))"
KINDS = {"syn": KIND.format(frames.SYN),
         "synack": KIND.format(frames.SYN | frames.ACK)}
SUMMARY = re.compile(
    r"(\d+) packets?: (\d+) syn \(.*?\), (\d+) syn\+ack \(.*?\), (\d+) other "
    r"tcp, (\d+) skipped(?: \(.*?\))?(?:, (\d+) filtered)?$", re.M)


def tcpdump(source, target, expression):
    """Whether there is anything to select; None: tcpdump cannot read it."""
    argv = ["tcpdump", "-n", "-r", source, "-w", target]
    if os.geteuid() == 0:
        argv += ["-Z", "root"]  # else it may not write there
    done = subprocess.run(argv + [expression], stdout=subprocess.PIPE,
                          stderr=subprocess.PIPE, timeout=120)
    if done.returncode == 0:
        return True
    # libpcap sees that nothing can match, and calls that an error
    return False if b"rejects all packets" in done.stderr else None


def x0f(path, *options):
    """What is reported: (time, module, source, target), as a multiset."""
    done = programs.run([programs.X0F, "pcap", "--format", "p0f", *options,
                         path], (0, 65))
    counts = SUMMARY.search(done.stderr.decode(errors="replace"))
    if not counts:
        sys.exit("FAILED: no summary in %s" % done.stderr)
    packets, *parts = (int(number or 0) for number in counts.groups())
    if packets != sum(parts):
        sys.exit("FAILED: %s: counts do not add up: %s" % (path, counts[0]))
    return collections.Counter(
        (record.time, record.module, record.source, record.target)
        for record in rawsig.records(done.stdout.decode(errors="replace")))


class Rules:
    """Random rules, in both languages, about the ends of some packets."""

    def __init__(self, rng, seen):
        ends = sorted({end for key in seen for end in key[2:]})
        self.rng = rng
        self.addresses = [ipaddress.ip_address(end.rsplit("/", 1)[0])
                          for end in ends] or [ipaddress.ip_address("::1")]
        self.ports = [int(end.rsplit("/", 1)[1]) for end in ends] or [80]

    def port(self):
        port = self.rng.choice(self.ports)
        low, high = (self.rng.choice((0, 0, 1, 100, 65535)) for _ in "ab")
        low, high = max(port - low, 0), min(port + high, 65535)
        if low == high and self.rng.random() < 0.7:
            return str(port), "port %d" % port
        return "%d-%d" % (low, high), "portrange %d-%d" % (low, high)

    def net(self):
        address = self.rng.choice(self.addresses)
        most = address.max_prefixlen
        length = self.rng.choice((most, most, most - 1, most * 3 // 4,
                                  most // 2, self.rng.randint(0, most)))
        net = ipaddress.ip_network((address, length), strict=False)
        text = str(net if length < most else address)
        if length == 0:  # libpcap takes "net 0.0.0.0/0" for any family
            return text, "ip6" if address.version == 6 else "ip"
        return text, "net %s" % net

    def term(self, kind):
        if self.rng.random() < 0.15:
            return kind, KINDS[kind]
        word, item = self.rng.choice((("port", self.port), ("net", self.net)))
        side = self.rng.choice(("", "src ", "dst "))
        items = [item() for _ in range(self.rng.choice((1, 1, 2, 4)))]
        return "%s%s %s" % (side, word, ",".join(i[0] for i in items)), \
            "(%s)" % " or ".join(i[1] if i[1].startswith("ip") else side + i[1]
                                 for i in items)

    def rule(self):
        kind = self.rng.choice(sorted(KINDS))
        terms = [self.term(kind) for _ in range(self.rng.choice((1, 1, 2, 3)))]
        return " and ".join(t[0] for t in terms), \
            "(%s)" % " and ".join(t[1] for t in terms)

    def set(self):
        """Options for x0f, expression for tcpdump."""
        allow = [self.rule() for _ in range(self.rng.choice((0, 1, 1, 2, 4)))]
        deny = [self.rule() for _ in range(self.rng.choice((0, 0, 1, 2)))]
        options = [word for option, rules in (("--allow", allow),
                                              ("--deny", deny))
                   for rule in rules for word in (option, rule[0])]
        parts = ["(%s)" % " or ".join(r[1] for r in allow)] if allow else []
        parts += ["not %s" % r[1] for r in deny]
        return options, " and ".join(parts) or "tcp"


def differ(what, got, want):
    if got == want:
        return []
    return ["%s\n  only x0f: %s\n  only tcpdump: %s" % (
        what, sorted((got - want).elements())[:5],
        sorted((want - got).elements())[:5])]


def compare(path, rounds, seed):
    """(packets selected, packets there were), problems."""
    rng = random.Random("%s %s" % (seed, os.path.basename(path)))
    selected = there = 0
    problems = []
    with tempfile.TemporaryDirectory() as folder:
        plain, some = (os.path.join(folder, n) for n in ("plain", "some"))
        if not tcpdump(path, plain, PLAIN):
            return (0, 0), []  # damaged, or of several link types
        rules = Rules(rng, x0f(plain))
        for _ in range(rounds):
            options, expression = rules.set()
            for source, arguments in ((plain, options),
                                      (path, ["--filter", expression])):
                some_pass = tcpdump(source, some, expression)
                if some_pass is None:
                    sys.exit("FAILED: tcpdump refuses %s" % expression)
                if not some_pass and "--filter" in arguments:
                    programs.run([programs.X0F, "pcap", *arguments, source],
                                 (64,))
                    continue
                want = x0f(some) if some_pass else collections.Counter()
                problems += differ("%s: %s is %s" % (path, arguments,
                                                     expression),
                                   x0f(source, *arguments), want)
                selected += sum(want.values())
                there += sum(x0f(source).values())
    return (selected, there), problems


def captures():
    """(path, rounds)"""
    own = os.path.join(programs.SOURCE, "tests", "data", "first.pcap")
    found = [(own, OWN_ROUNDS)] if os.path.exists(own) else []
    public = os.path.join(os.environ.get("X0F_SHARED", ""), "corpus", "public")
    if not os.path.isdir(public):
        print("no public captures at hand, ours only")
        return found
    names = sorted(n for n in os.listdir(public)
                   if re.search(r"\.(pcap|pcapng|cap)$", n) and
                   os.path.getsize(os.path.join(public, n)) < LARGEST)
    random.Random(11).shuffle(names)
    return found + [(os.path.join(public, n), PUBLIC_ROUNDS)
                    for n in names[:SAMPLE]]


def main():
    if not shutil.which("tcpdump"):
        programs.skip("tcpdump is not installed")
    paths = captures()
    if not paths:
        programs.skip("no captures")
    seed = os.environ.get("X0F_SEED", str(random.randrange(1 << 32)))
    print("X0F_SEED=%s" % seed, flush=True)
    with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        results = list(pool.map(lambda p: compare(*p, seed), paths))
    problems = [text for _, found in results for text in found]
    for text in problems[:10]:
        print(text)
    selected, there = (sum(c[i] for c, _ in results) for i in range(2))
    read = sum(1 for c, _ in results if c[1])
    print("%d captures, %d with TCP that tcpdump reads: %d of %d SYN and "
          "SYN+ACK selected, %d problems" % (len(paths), read, selected, there,
                                             len(problems)))
    sys.exit(1 if problems or not 0 < selected < there else 0)


main()
