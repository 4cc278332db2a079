#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""The books balance: what the generator made is what the kernel side saw, and
what was wanted is what was published and what was counted as lost or left,
with rings and buffers too small, workers and readers stopped, no socket.
X0F_PACKETS=1000000000 makes it the long run.
"""
import os
import signal
import subprocess
import threading
import time
import unittest

import lab as laboratory
from lab import SANITIZED, SLOW, X0F, Lab, need_root, wait_until

PACKETS = int(float(os.environ.get("X0F_PACKETS",
                                   "2e5" if SANITIZED else "2e6")))
MIX = "systems,malformed,vlan,ipv6,data,unknown"
UNAVAILABLE = 69


class Accounts(unittest.TestCase):
    def setUp(self):
        self.lab = Lab()
        self.addCleanup(self.lab.close)

    def generate(self, count=PACKETS):
        """Never two at once at one interface: the machine would hang."""
        result = self.lab.run(X0F, "gen", "--live-frames", "s0", "--mix", MIX,
                              "--count", count, timeout=900)
        self.assertEqual(result.returncode, 0, result.stderr)
        return result.stderr

    def balance(self, sensor, generated=None):
        """The books, once nothing moves any more. generated None: there were
        times in which nothing listened."""
        def settled():
            s = sensor.status()
            gone = s.get("published", 0) + s.get("lost", 0) + \
                s.get("left_out", 0)
            return s if s and s["wanted"] == gone and \
                s["seen"] >= (generated or 1) else None
        try:
            status, _ = wait_until("the books balance", settled, 5)
        except AssertionError:
            self.fail(f"they do not: {sensor.status()}")
        if generated:
            self.assertEqual(status["seen"], generated)
        self.assertEqual(sum(status["outcomes"].values()), status["seen"])
        self.assertEqual(
            status["wanted"],
            status["published"] + sum(status["losses"].values()) +
            sum(status["left_out_reasons"].values()) + status["died"] +
            sum(status["outcomes"][k] for k in status["outcomes"]
                if k in LOST_OUTCOMES))
        return status

    def finish(self, sensor):
        self.assertEqual(sensor.stop(), 0, sensor.errors())
        self.assertNotIn("unaccounted", sensor.errors())
        self.lab.expect_nothing_left()

    def start(self, *arguments, **more):
        more.setdefault("output", False)
        return self.lab.sensor("s0", "--capture", "tap", "--quiet",
                               *arguments, **more)

    def test_plain(self):
        sensor = self.start()
        print(self.generate(), end="")
        status = self.balance(sensor, PACKETS)
        self.assertGreater(status["published"],
                           0 if SANITIZED else PACKETS // 50)
        self.assertGreater(status["outcomes"]["filtered"] +
                           status["wanted"], PACKETS // 4)
        self.finish(sensor)

    def test_filtered(self):
        sensor = self.start("--allow", "synack", "--deny", "src port 443")
        self.generate()
        status = self.balance(sensor, PACKETS)
        self.assertGreater(status["outcomes"]["filtered"], 0)
        self.finish(sensor)

    def test_few_frames(self):
        sensor = self.start("--frames", 64)
        self.generate()
        status = self.balance(sensor, PACKETS)
        self.assertGreater(status["lost"], 0)
        self.finish(sensor)

    def test_stopped_worker(self):
        sensor = self.start()
        pid = sensor.status()["worker_pid"]
        stop = threading.Timer(0.05, os.kill, (pid, signal.SIGSTOP))
        go_on = threading.Timer(1.5, os.kill, (pid, signal.SIGCONT))
        stop.start()
        go_on.start()
        self.generate()
        go_on.join()
        status = self.balance(sensor, PACKETS)
        self.assertGreater(status["lost"], 0)
        self.assertEqual(status["restarts"], 0)
        self.finish(sensor)

    def test_stopped_reader(self):
        sensor = self.lab.sensor("s0", "--capture", "tap", "--ring", 64)
        printer = next(p for p in sensor.children()
                       if p != sensor.status()["worker_pid"])
        os.kill(printer, signal.SIGSTOP)
        self.generate()
        status = self.balance(sensor, PACKETS)
        os.kill(printer, signal.SIGCONT)
        self.finish(sensor)
        self.assertIn("missed", sensor.errors())
        self.assertGreater(status["published"], 64)

    def test_no_socket(self):
        sensor = self.start()
        laboratory.sh("bpftool", "map", "delete", "name", "x0f_sockets",
                      "key", 0, 0, 0, 0)
        self.generate(PACKETS // 10)
        status = self.balance(sensor, PACKETS // 10)
        self.assertEqual(status["published"], 0)
        self.assertEqual(status["outcomes"]["no_socket"], status["wanted"])
        self.finish(sensor)

    def test_killed_workers(self):
        """What a dead worker held is lost, and counted."""
        sensor = self.start()
        for times in range(1, 4):
            self.generate(PACKETS // 10)
            os.kill(sensor.status()["worker_pid"], signal.SIGKILL)
            wait_until("new workers", lambda: sensor.status().get(
                "state") == "running" and
                sensor.status()["restarts"] == times)
        self.generate(PACKETS // 10)
        self.balance(sensor, PACKETS // 10 * 4)
        self.finish(sensor)


    def kill_under_load(self, sensor, *generate):
        inline = "-i" in generate
        generator = None
        for times in range(1, 6):
            # live frames end with the sensor's link: opened anew, it is new
            if not generator or (not inline and generator.poll() is not None):
                generator = self.lab.popen(X0F, "gen", *generate, there=inline,
                                           stderr=subprocess.DEVNULL)
            wait_until("work", lambda: sensor.status().get("published"))
            os.kill(sensor.status()["worker_pid"], signal.SIGKILL)
            wait_until("new workers", lambda: sensor.status().get(
                "state") == "running" and
                sensor.status()["restarts"] == times)
        self.assertIn(generator.wait(), (0,) if inline else (0, UNAVAILABLE))
        time.sleep(0.3)  # the last counts are told ten times a second

    def test_killed_under_load_tap(self):
        sensor = self.start()
        self.kill_under_load(sensor, "--live-frames", "s0", "--count",
                             PACKETS * 5)
        self.balance(sensor)
        self.finish(sensor)

    def test_killed_under_load_inline(self):
        sensor = self.lab.sensor("s0", "--quiet", output=False)
        count = 20000 if SANITIZED else 200000
        self.kill_under_load(sensor, "-i", "p0", "--mix",
                             "systems,ipv6,unknown", "--count",
                             count, "--rate", count // 3)
        status = self.balance(sensor, count)
        print(f"{status['died']} died with five workers")
        self.finish(sensor)


LOST_OUTCOMES = ("no_socket", "header_ring_full", "not_copied")

if __name__ == "__main__":
    need_root()
    unittest.main(verbosity=2, warnings="ignore")
