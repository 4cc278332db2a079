#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Readers, well or not, do not reach the sensor: stopped, killed, asleep or
hostile ones leave its cost per packet as it was, and cannot write.
"""
import os
import signal
import subprocess
import sys
import time
import unittest

import lab as laboratory
from lab import SANITIZED, SOURCE, X0F, Lab, need_root, wait_until

ROUNDS = 5
PACKETS = 40000 if SANITIZED else 400000

HOSTILE = """
import fcntl, mmap, os, struct, sys
path = sys.argv[1]
os.setgid(65534)
os.setuid(65534)
for flags in (os.O_RDWR, os.O_RDONLY):
    try:
        os.open(path, flags)
        print("opened")
    except PermissionError:
        print("refused")
"""


class Readers(unittest.TestCase):
    def setUp(self):
        self.lab = Lab()
        self.addCleanup(self.lab.close)
        self.sensor = self.lab.sensor("s0", "--capture", "tap", "--quiet",
                                      output=False)
        self.readers = []
        self.addCleanup(self.kill_readers)

    def kill_readers(self):
        for reader in self.readers:
            reader.kill()
            reader.wait()
        self.readers.clear()

    def add_reader(self):
        reader = subprocess.Popen(
            [sys.executable, os.path.join(SOURCE, "tests", "readers",
                                          "ring_reader.py"),
             self.sensor.segment], stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL)
        self.readers.append(reader)
        return reader

    def cost(self):
        """ns of a worker per packet, over some hundred thousand."""
        def numbers():
            worker = self.sensor.status()["workers"][0]
            return worker["busy_ns"], worker["received"]
        before = numbers()
        done = self.lab.run(X0F, "gen", "--live-frames", "s0", "--count",
                            PACKETS)
        self.assertEqual(done.returncode, 0, done.stderr)
        time.sleep(0.2)
        after = numbers()
        self.assertGreater(after[1], before[1])
        return (after[0] - before[0]) / (after[1] - before[1])

    def test_cost_with_and_without(self):
        alone, beside = [], []
        self.cost()
        for _ in range(ROUNDS):
            alone.append(self.cost())
            for _ in range(3):
                reader = self.add_reader()
                time.sleep(0.1)
                reader.send_signal(signal.SIGSTOP)
            self.add_reader().kill()
            beside.append(self.cost())
            self.kill_readers()
        ratio = min(beside) / min(alone)  # the rest is the machine's noise
        print(f"ns per packet alone {sorted(map(round, alone))}, beside "
              f"stopped and killed readers {sorted(map(round, beside))}, "
              f"least to least {ratio:.2f}")
        if not SANITIZED:
            self.assertLess(ratio, 1.25)

    def test_killed_in_the_middle(self):
        generator = self.lab.popen(X0F, "gen", "--live-frames", "s0",
                                   "--count", 2 * PACKETS,
                                   stderr=subprocess.DEVNULL)
        for _ in range(10):
            reader = self.add_reader()
            time.sleep(0.05)
            reader.kill()
        self.assertEqual(generator.wait(), 0)
        status, _ = wait_until("the books balance", lambda: (
            lambda s: s if s["wanted"] == s["published"] + s["lost"] +
            s["left_out"] else None)(self.sensor.status()))
        self.assertEqual(status["seen"], 2 * PACKETS)
        self.assertEqual(status["restarts"], 0)
        self.assertEqual(self.sensor.stop(), 0)

    def test_strangers_may_not_read(self):
        done = subprocess.run([sys.executable, "-c", HOSTILE,
                               self.sensor.segment], capture_output=True,
                              text=True)
        self.assertEqual(done.stdout.split(), ["refused", "refused"],
                         done.stderr)


if __name__ == "__main__":
    need_root()
    unittest.main(verbosity=2, warnings="ignore")
