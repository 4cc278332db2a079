#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""New databases under full load: nothing is lost that is not counted, a bad
file changes nothing and is said with its place, whoever asks gets an answer.
"""
import os
import signal
import subprocess
import threading
import time
import unittest

import lab as laboratory
from lab import SANITIZED, SLOW, X0F, Lab, need_root, sh, wait_until

SECONDS = int(os.environ.get("X0F_SECONDS", "3"))
SIGNATURE = "4:64:0:1460:mss*44,7:mss,sok,ts,nop,ws:df,id+:0"


def database(name, extra=""):
    return (f"classes = unix\n[tcp:request]\nlabel = s:unix:{name}:1.0\n"
            f"sig = {SIGNATURE}\n{extra}")


class Reload(unittest.TestCase):
    def setUp(self):
        self.lab = Lab()
        self.addCleanup(self.lab.close)
        self.file = os.path.join(self.lab.folder, "local.fp")
        self.write(database("First"))

    def write(self, text):
        """At once, as editors do: nobody sees half a file."""
        with open(self.file + ".new", "w") as file:
            file.write(text)
        os.rename(self.file + ".new", self.file)

    def reload(self, code=0):
        done = self.lab.x0f("reload")
        self.assertEqual(done.returncode, code, done.stdout + done.stderr)
        return done.stdout + done.stderr

    def one(self, sensor):
        """The label of one SYN that is sent now."""
        before = len(sensor.events("syn"))
        path = os.path.join(self.lab.folder, "one.pcap")
        sh(X0F, "gen", "-s", SIGNATURE, "--count", "1", "--seed", before,
           "-o", path)
        laboratory.send_capture(self.lab, path)
        wait_until("the finding", lambda: len(sensor.events("syn")) > before)
        return sensor.events("syn")[-1]["label"]["name"]

    def test_answers(self):
        sensor = self.lab.sensor("s0", "-f", self.file)
        self.assertEqual(self.one(sensor), "First")
        self.write(database("Second"))
        self.assertEqual(self.one(sensor), "First")
        self.assertIn("generation 2", self.reload())
        self.assertEqual(self.one(sensor), "Second")
        self.write(database("Third", "sig = 4:64:nonsense\n"))
        text = self.reload(78)
        self.assertIn(f"{self.file}:5:", text)
        self.assertEqual(self.one(sensor), "Second")
        os.unlink(self.file)
        self.assertIn("no such file", self.reload(66))
        os.mkfifo(self.file)
        self.assertIn("not a regular file", self.reload(66))
        os.unlink(self.file)
        self.assertEqual(self.one(sensor), "Second")
        self.write(database("Fourth"))
        sensor.process.send_signal(signal.SIGHUP)
        wait_until("the fourth", lambda: sensor.status()["generation"] == 3)
        self.assertEqual(self.one(sensor), "Fourth")
        status = sensor.status()
        self.assertEqual((status["reloads"], status["reload_failures"]),
                         (2, 3))
        self.assertEqual(sensor.stop(), 0)

    def test_workers_die_over_a_bad_file(self):
        """New ones have what the dead ones had."""
        sensor = self.lab.sensor("s0", "-f", self.file)
        self.write("[tcp:request]\nsig = what\n")
        self.reload(78)
        os.kill(sensor.status()["worker_pid"], signal.SIGKILL)
        wait_until("new workers", lambda: sensor.status().get(
            "state") == "running" and sensor.status()["restarts"] == 1)
        self.assertEqual(self.one(sensor), "First")
        self.assertIn("accepted before", sensor.errors())
        self.assertEqual(sensor.stop(), 0)

    def test_two_at_once(self):
        """Each is told of a load that began behind its request."""
        sensor = self.lab.sensor("s0", "-F", self.file)
        for _ in range(20):
            self.write(database("Good"))
            sensor.process.send_signal(signal.SIGHUP)
            self.write("[tcp:request]\nsig = what\n")
            self.reload(78)
        self.assertEqual(sensor.stop(), 0)

    def test_under_load(self):
        sensor = self.lab.sensor("s0", "--capture", "tap", "--quiet", "-F",
                                 self.file, output=False)
        stop = threading.Event()
        sent = []

        def load():
            while not stop.is_set():
                done = self.lab.run(X0F, "gen", "--live-frames", "s0",
                                    "--count", 300000)
                if done.returncode:
                    sent.append(done.stderr)
                    return
                sent.append(300000)
        thread = threading.Thread(target=load)
        thread.start()
        end = time.monotonic() + SECONDS
        good = bad = 0
        seen = [1]
        while time.monotonic() < end:
            self.write(database(f"Name{good % 7}"))
            self.reload()
            good += 1
            seen.append(sensor.status()["generation"])
            self.write("[tcp:request]\nsig = what\n")
            self.reload(78)
            bad += 1
        stop.set()
        thread.join()
        self.assertTrue(all(isinstance(n, int) for n in sent), sent)
        self.assertEqual(seen, sorted(seen))

        def balanced():
            s = sensor.status()
            return s if s["seen"] == sum(sent) and s["wanted"] == \
                s["published"] + s["lost"] + s["left_out"] else None
        status, _ = wait_until("the books balance", balanced)
        self.assertEqual(status["generation"], good + 1)
        self.assertEqual(status["reload_failures"], bad)
        self.assertEqual(status["restarts"], 0)
        print(f"{good} reloads and {bad} refused ones under {sum(sent)} "
              f"packets, {status['published']} published")
        self.assertEqual(sensor.stop(), 0, sensor.errors())

    def test_storm(self):
        """A thousand SIGHUPs become a few reloads; the end is orderly."""
        sensor = self.lab.sensor("s0", "-F", self.file)
        for _ in range(1000):
            sensor.process.send_signal(signal.SIGHUP)
        wait_until("reloads", lambda: sensor.status()["reloads"] > 0)
        sensor.process.send_signal(signal.SIGHUP)
        self.assertEqual(sensor.stop(), 0, sensor.errors())

    def test_refused_at_start(self):
        self.write("[tcp:request]\nsig = what\n")
        sensor = self.lab.sensor("s0", "-f", self.file, wait=False,
                                 output=False)
        self.assertEqual(sensor.process.wait(10 * SLOW), 78)
        self.assertIn(f"{self.file}:2:", sensor.errors())
        self.assertEqual(len(sensor.errors().splitlines()), 1)
        self.assertEqual(os.listdir(self.lab.run_dir), [])


if __name__ == "__main__":
    need_root()
    unittest.main(verbosity=2, warnings="ignore")
