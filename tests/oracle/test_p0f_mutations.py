#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Packets of signatures, disturbed at random: p0f and x0f log the same lines.
X0F_SEED repeats a run, X0F_MUTATIONS asks for more (or fewer) packets.
"""
import dataclasses
import os
import random
import re
import subprocess
import sys
import tempfile
import time

import databases
import frames
import mutations
import programs
import signatures

START = 1600000000000000
TICKS_MS = (0.5, 0.69, 0.71, 1, 2, 10, 11, 45, 99, 100, 237, 250, 432, 512,
            560, 1000, 1499, 1501, 3000)
INTERVALS_MS = (1, 24, 25, 26, 50, 99, 100, 101, 1000, 5000, 60000, 599999,
                600000, 600001)


class Traffic:
    """Exchanges, each between two hosts that nobody else uses."""

    def __init__(self, rng, known):
        self.rng = rng
        self.requests = [s for s in known if s.direction == "request"]
        self.responses = [s for s in known if s.direction == "response"]
        self.events = []
        self.mutated = 0

    def packet(self, known):
        """An undisturbed packet of some signature."""
        while True:
            version = self.rng.choice((4, 4, 4, 6, 6))
            packet = signatures.packet(self.rng.choice(known), version,
                                       self.rng)
            if packet:
                return packet

    def mutate(self, packet, peer=0):
        self.mutated += 1
        return mutations.mutate(self.rng, packet, peer)

    def request(self, number, version=None):
        packet = self.packet(self.requests)
        while version and packet.version != version:
            packet = self.packet(self.requests)
        packet.src = frames.client(packet.version, number)
        packet.dst = frames.server(packet.version, number)
        return packet

    def reply(self, request):
        packet = self.packet(self.responses)
        while packet.version != request.version:
            packet = self.packet(self.responses)
        return dataclasses.replace(packet, src=request.dst, dst=request.src,
                                   sport=request.dport, dport=request.sport,
                                   seq=0x51515151)

    def add(self, time_us, packet):
        self.events.append((time_us, packet))

    def lone(self, number, now):
        self.add(now, self.mutate(self.request(number)))

    def stray(self, number, now):
        """A SYN+ACK that answers nothing."""
        self.add(now, self.mutate(self.reply(self.request(number))))

    def handshake(self, number, now):
        request = self.request(number)
        if self.rng.random() < 0.5:
            mutations.mss(self.rng, request, 0)
        reply = self.reply(request)
        if self.rng.random() < 0.4:
            mutations.multiple(self.rng, reply, mutations.mss_of(request))
        self.mutate(reply, mutations.mss_of(request))
        late = self.rng.choice((0, 1000, 100000, 29000000, 31000000, 33000000)
                               if self.rng.random() < 0.1 else (1000,))
        self.add(now, request)
        self.add(now + late, reply)
        if self.rng.random() < 0.1:  # again, from either side
            self.add(now + late + 500, self.rng.choice((request, reply)))

    def tick(self, packet, interval_us):
        """The timestamp that some clock shows so much later."""
        hz = self.rng.choice(TICKS_MS)
        at = mutations.find(packet.options, frames.TS)
        before = int.from_bytes(packet.options[at + 2:at + 6], "big")
        step = int(interval_us * hz / 1000000) + self.rng.choice((0, 0, 1, -1))
        later = dataclasses.replace(packet)
        mutations.put(later, frames.TS, 2,
                      ((before + step) & 0xffffffff).to_bytes(4, "big"))
        return later

    def clock(self, number, now):
        """Two SYNs of a host, or segments of a connection, with a clock."""
        request = self.request(number)
        if mutations.find(request.options, frames.TS) < 0:
            request.options = frames.options([frames.NOP, frames.NOP,
                                              frames.TS], ts=(90000, 0))
        self.mutated += 1
        self.add(now, request)
        interval = self.rng.choice(INTERVALS_MS) * 1000
        later = self.tick(request, interval)
        if self.rng.random() < 0.5:
            later.sport, later.seq = 40001, 77
        else:
            reply = self.reply(request)
            self.add(now + 300, reply)
            later.flags = self.rng.choice((
                frames.ACK, frames.ACK, frames.ACK | frames.PSH,
                frames.ACK | frames.FIN, frames.RST))
            later.seq = (request.seq + self.rng.choice((1, 1, 1, 2))) \
                & 0xffffffff
            later.ack = reply.seq + 1
        self.add(now + interval, later)

    def fill(self, count):
        ways = (self.lone, self.handshake, self.clock, self.stray)
        while self.mutated < count:
            way = self.rng.choices(ways, (50, 38, 10, 2))[0]
            number = self.mutated + 1
            way(number, START + number * 1500)
        self.events.sort(key=lambda event: event[0])

    def write(self, path):
        with frames.Capture(path) as capture:
            for time_us, packet in self.events:
                capture.add(time_us, packet)


def generated(rng, path):
    """A random database that p0f accepts."""
    text = databases.generate(rng, 120)
    with tempfile.NamedTemporaryFile(suffix=".pcap") as empty:
        with frames.Capture(empty.name):
            pass
        while True:
            with open(path, "w") as file:
                file.write("\n".join(text) + "\n")
            done = subprocess.run([programs.P0F, "-f", path, "-r", empty.name],
                                  stdout=subprocess.PIPE,
                                  stderr=subprocess.STDOUT)
            if done.returncode == 0:
                return path
            # the line is covered by another: an empty line in its place
            line = re.search(rb"Signature in line (\d+) is", done.stdout)
            if not line:
                sys.exit("FAILED: p0f refuses a generated database: %s" %
                         done.stdout.decode())
            text[int(line.group(1)) - 1] = ""


def keep(path):
    """A copy of what showed a difference, to be looked at."""
    with tempfile.NamedTemporaryFile(
            prefix="x0f-", suffix=os.path.basename(path), delete=False) as out:
        with open(path, "rb") as file:
            out.write(file.read())
    return out.name


def main():
    programs.need_p0f()
    seed = int(os.environ.get("X0F_SEED", time.time_ns() & 0x7fffffff))
    count = int(os.environ.get("X0F_MUTATIONS", 21000))
    print("X0F_SEED=%d" % seed, flush=True)
    rng = random.Random(seed)
    total = bad = 0
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, "mutations.pcap")
        for database in (programs.STOCK,
                         os.path.join(programs.SOURCE, "db", "x0f.fp"),
                         generated(rng, os.path.join(folder, "random.fp"))):
            traffic = Traffic(rng, signatures.read(database))
            traffic.fill(count // 3)
            traffic.write(path)
            want = programs.p0f(path, database)
            found = programs.differences(want, programs.x0f(path, database))
            print("%s: %d mutations, %d packets, %d lines, %d named, %d "
                  "differences" % (
                      os.path.basename(database), traffic.mutated,
                      len(traffic.events), sum(want.values()),
                      sum(n for line, n in want.items()
                          if "|raw_sig" in line and "=???|" not in line),
                      found), flush=True)
            if found:
                print("kept: %s %s" % (keep(path), keep(database)))
            total += traffic.mutated
            bad += found
    print("%d mutations, %d differences, X0F_SEED=%d" % (total, bad, seed))
    sys.exit(1 if bad else 0)


main()
