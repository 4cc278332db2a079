#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Does not harm: a server that is watched inline goes on serving, each of its
connections is seen from both sides, and whatever is killed, connects go on.
Mode tap refuses such an interface, and lets go of one that becomes such.
"""
import collections
import os
import signal
import time
import unittest

import lab as laboratory
from lab import (PEER_V4, PEER_V6, SANITIZED, SENSOR_V4, SENSOR_V6, SLOW, Lab,
                 connect, need_root, serve, sh, wait_until)

CONNECTS = int(os.environ.get("X0F_CONNECTS", "100" if SANITIZED else "1000"))


class Inline(unittest.TestCase):
    hook = "tcx"

    def setUp(self):
        self.lab = Lab(addresses=True)
        self.addCleanup(self.lab.close)
        self.server = serve(self.lab)
        self.addCleanup(self.server.stdout.close)

    def seen(self, sensor):
        """How often each side of the connections was seen, by version."""
        count = collections.Counter()
        for event in sensor.events():
            # a SYN that had to wait for its neighbour is sent again
            if event["kind"] not in ("syn", "synack") or event["repeated"]:
                continue
            peer = event["client_ip"]
            if event["server_port"] == 8080 and peer in (PEER_V4, PEER_V6):
                count[event["kind"], ":" in peer] += 1
        return count

    def test_every_connect_from_both_sides(self):
        sensor = self.lab.sensor("s0", "--hook", self.hook, "--ring", 1 << 16)
        for address in (SENSOR_V4, SENSOR_V6):
            self.assertEqual(connect(self.lab, address, CONNECTS), CONNECTS)
        self.assertEqual(sensor.stop(), 0, sensor.errors())
        wanted = {(kind, is_v6): CONNECTS for kind in ("syn", "synack")
                  for is_v6 in (False, True)}
        self.assertEqual(dict(self.seen(sensor)), wanted)
        self.lab.expect_nothing_left()

    def kill_while_connecting(self, choose):
        sensor = self.lab.sensor("s0", "--hook", self.hook)
        client = laboratory.begin_connecting(self.lab, SENSOR_V4,
                                             CONNECTS // 2)
        time.sleep(0.05)
        for pid in choose(sensor):
            os.kill(pid, signal.SIGKILL)
        self.assertEqual(int(client.communicate()[0]), CONNECTS // 2)
        self.assertEqual(connect(self.lab, SENSOR_V6, 50), 50)
        return sensor

    def test_workers_killed(self):
        sensor = self.kill_while_connecting(
            lambda s: [s.status()["worker_pid"]])
        wait_until("new workers",
                   lambda: sensor.status().get("state") == "running" and
                   sensor.status()["restarts"] == 1)
        before = len(sensor.events("syn"))
        self.assertEqual(connect(self.lab, SENSOR_V4, 20), 20)
        wait_until("findings again",
                   lambda: len(sensor.events("syn")) >= before + 20)
        self.assertEqual(sensor.stop(), 0)

    def test_supervisor_killed(self):
        sensor = self.kill_while_connecting(lambda s: [s.pid])
        wait_until("nothing is left",
                   lambda: self.hook == "clsact" or not self.lab.programs())
        if self.hook == "clsact":
            done = self.lab.x0f("detach", "s0")
            self.assertEqual(done.returncode, 0, done.stderr)
            wait_until(f"nothing is left: {done}",
                       lambda: not self.lab.programs())
        self.assertEqual(connect(self.lab, SENSOR_V4, 20), 20)
        sensor.process.wait()

    def test_all_killed(self):
        sensor = self.kill_while_connecting(
            lambda s: [s.pid, *s.children()])
        sensor.process.wait()
        again = self.lab.sensor("s0", "--hook", self.hook)
        self.assertEqual(connect(self.lab, SENSOR_V4, 20), 20)
        wait_until("findings", lambda: len(again.events("syn")) >= 20)
        self.assertEqual(again.stop(), 0)


class Rights(unittest.TestCase):
    """Who looks at packets can do nothing else."""
    def look(self, *arguments):
        with Lab() as lab:
            sensor = lab.sensor("s0", *arguments)
            children = sensor.children()
            self.assertEqual(len(children), 2)
            for pid in children:
                self.look_at(pid)
            self.assertEqual(sensor.stop(), 0)

    def look_at(self, pid):
        with open(f"/proc/{pid}/status") as file:
            status = dict(line.split(":", 1) for line in file)
        self.assertNotIn("0", status["Uid"].split())
        self.assertNotIn("0", status["Gid"].split())
        self.assertEqual(status["Groups"].split(), [])
        for name in ("CapInh", "CapPrm", "CapEff", "CapAmb"):
            self.assertEqual(int(status[name], 16), 0, name)
        self.assertEqual(status["NoNewPrivs"].strip(), "1")
        self.assertEqual(status["Seccomp"].strip(), "2")
        listening = set()
        for line in sh("ss", "-xlnH").stdout.splitlines():
            listening.add(line.split()[5])
        for name in os.listdir(f"/proc/{pid}/fd"):
            target = os.readlink(f"/proc/{pid}/fd/{name}")
            self.assertNotIn("bpf", target)
            self.assertNotIn("signalfd", target)
            self.assertNotIn(target.strip("socket:[]"), listening)

    def test_inline(self):
        self.look()

    def test_tap(self):
        self.look("--capture", "tap")


class InlineClsact(Inline):
    hook = "clsact"


class Tap(unittest.TestCase):
    def test_lets_go_while_nobody_reads_its_messages(self):
        with Lab() as lab:
            ours, theirs = os.pipe()
            sensor = lab.sensor("s0", "--capture", "tap", "--quiet",
                                output=False, errors=theirs)
            for _ in range(3000):  # each is answered by a line
                sensor.process.send_signal(signal.SIGHUP)
                time.sleep(0.0005)
            lab.ip("addr", "add", SENSOR_V4 + "/24", "dev", "s0")
            begin = time.monotonic()
            wait_until("detached", lambda: not lab.programs(), 2)
            self.assertLess(time.monotonic() - begin, 0.2 * SLOW + 0.05)
            self.assertEqual(sensor.process.wait(5 * SLOW), 75)
            os.close(ours)
            os.close(theirs)

    def test_refuses_the_hosts_own(self):
        with Lab(addresses=True) as lab:
            serve(lab).stdout.close()
            sensor = lab.sensor("s0", "--capture", "tap", wait=False)
            self.assertEqual(sensor.process.wait(10 * SLOW), 69)
            self.assertIn(SENSOR_V4, sensor.errors())
            self.assertIn("inline", sensor.errors())
            self.assertEqual(connect(lab, SENSOR_V4, 20), 20)

    def test_lets_go(self):
        with Lab() as lab:
            sensor = lab.sensor("s0", "--capture", "tap")
            self.assertEqual(lab.programs(), ["x0f_ingress"])
            begin = time.monotonic()
            lab.ip("addr", "add", SENSOR_V4 + "/24", "dev", "s0")
            wait_until("detached", lambda: not lab.programs(), 2)
            took = time.monotonic() - begin
            self.assertLess(took, 0.2 * SLOW + 0.05)
            self.assertEqual(sensor.process.wait(5 * SLOW), 75)
            self.assertIn(SENSOR_V4, sensor.errors())
            sh("ip", "-n", lab.there, "addr", "add", PEER_V4 + "/24", "dev",
               "p0")
            serve(lab).stdout.close()
            self.assertEqual(connect(lab, SENSOR_V4, 20), 20)


if __name__ == "__main__":
    need_root()
    unittest.main(verbosity=2, warnings="ignore")
