#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""--wait-interface: sensors that start before their interfaces exist. They say
so, take the interface when it comes, whatever it does meanwhile, and never one
that the host uses.
"""
import json
import os
import re
import threading
import time
import unittest

import lab as laboratory
from lab import SANITIZED, SLOW, X0F, Lab, need_root, sh, wait_until

TIMES = 10 if SANITIZED else 50


class Both:
    """For either mode."""
    mode = ()
    long_life = 0.3
    times = TIMES

    def setUp(self):
        self.lab = Lab(pairs=0)
        self.addCleanup(self.lab.close)
        self.number = 0

    def start(self, *interfaces, state="deaf", more=()):
        """Until it says that it waits."""
        sensor = self.lab.sensor(*interfaces, *self.mode, "--wait-interface",
                                 *more, wait=False)
        self.state(sensor, state, 10)
        return sensor

    def state(self, sensor, wanted, seconds=3):
        def agrees():
            self.assertIsNone(sensor.process.poll(), sensor.errors())
            return sensor.status().get("state") == wanted
        wait_until(f"state {wanted}", agrees, seconds)

    def interface(self, sensor, position=0):
        return sensor.status()["interfaces"][position]

    def sends(self, device="p0"):
        """One SYN, which no other call sends."""
        self.number += 1
        path = os.path.join(self.lab.folder, "one.pcap")
        done = sh(X0F, "gen", "--mix", "flood", "--count", "1", "--seed",
                  self.number, "-o", path, check=False)
        self.assertEqual(done.returncode, 0, done.stderr)
        laboratory.send_capture(self.lab, path, device)

    def sees(self, sensor, interface="s0", seconds=2):
        def found():
            return sum(e["interface"] == interface
                       for e in sensor.events("syn"))
        before = found()
        self.sends(interface.replace("s", "p"))
        wait_until("the finding", lambda: found() > before, seconds)

    def said(self, sensor, pattern, times=1):
        lines = [line for line in sensor.errors().splitlines()
                 if re.search(pattern, line)]
        self.assertEqual(len(lines), times, f"{pattern}: {sensor.errors()}")

    def attached(self, interface="s0"):
        """Anything of ours."""
        text = self.lab.run("bpftool", "net", "show", "dev", interface).stdout
        return "x0f_" in text or "xdp" in self.lab.ip("link", "show",
                                                      interface).stdout

    def end(self, sensor, code=0):
        """The accounts agree, and nothing is left."""
        self.assertEqual(sensor.stop(), code, sensor.errors())
        lines = [line for line in sensor.errors().splitlines()
                 if "packets seen" in line]
        self.assertEqual(len(lines), 1, sensor.errors())
        wanted, published, lost, out = [int(n) for n in re.search(
            r"seen, (\d+) wanted: (\d+) published \(\d+ labelled\), "
            r"(\d+) lost, (\d+) left out", lines[0]).groups()]
        self.assertEqual(wanted, published + lost + out, lines[0])
        self.lab.expect_nothing_left()
        self.assertEqual(os.listdir(self.lab.run_dir), [])
        return published

    def test_comes_later(self):
        sensor = self.start("s0")
        now = self.interface(sensor)
        self.assertEqual((now["state"], now["deaf_ns"]), ("waiting", 0))
        status = self.lab.x0f("status", "s0")
        self.assertEqual(status.returncode, 2, status.stdout)
        self.assertIn("CRITICAL - s0: it is deaf, s0 is waited for",
                      status.stdout)
        self.said(sensor, "warning: s0: is not there yet, waiting for it$")
        self.said(sensor, "x0f: s0: waited for$")
        self.lab.add_pair()
        self.state(sensor, "running")
        self.sees(sensor)
        now = sensor.status()
        self.assertEqual(now["health"], "OK")
        self.assertEqual(now["restarts"], 0)
        self.assertEqual((now["interfaces"][0]["reattached"],
                          now["interfaces"][0]["deaf_ns"]), (0, 0))
        self.said(sensor, r"s0: is there, after \d+\.\d s$")
        self.assertEqual(self.end(sensor), 1)

    def test_some_are_missing(self):
        self.lab.add_pair(1)
        sensor = self.start("s0", "s1", "s2", state="running")
        status = self.lab.x0f("status", "s0")
        self.assertEqual(status.returncode, 1, status.stdout)
        self.assertIn("WARNING - s0: s0 is waited for, s2 is waited for",
                      status.stdout)
        self.sees(sensor, "s1")
        self.lab.add_pair(2)
        wait_until("s2 is up",
                   lambda: self.interface(sensor, 2)["state"] == "up", 3)
        self.sees(sensor, "s2")
        self.sees(sensor, "s1")
        self.assertEqual(self.interface(sensor, 0)["state"], "waiting")
        self.assertEqual(self.end(sensor), 3)

    def test_vanishes_again(self):
        """Before and while it is opened, fifty times."""
        sensor = self.start("s0")
        for i in range(self.times):
            self.lab.add_pair()
            if i == 9:  # this one lives long enough
                time.sleep(self.long_life)
            self.sends()
            self.lab.ip("link", "del", "s0")
        self.assertIsNone(sensor.process.poll(), sensor.errors())
        self.lab.add_pair()
        last = json.loads(self.lab.ip("-j", "link", "show", "s0").stdout)

        def has_last():
            now = self.interface(sensor)
            return (now["ifindex"], now["state"]) == (last[0]["ifindex"], "up")
        wait_until("the last one is up", has_last, 4)
        self.sees(sensor)
        status = sensor.status()
        self.assertEqual(status["restarts"], 0)
        published = self.end(sensor)
        self.assertLessEqual(published, self.times + 1)
        self.assertEqual(published, len(sensor.events("syn")))

    def test_starts_while_it_comes_and_goes(self):
        def flap():
            while not stop.is_set():
                self.lab.add_pair()
                time.sleep(0.02)
                self.lab.ip("link", "del", "s0")
        stop = threading.Event()
        thread = threading.Thread(target=flap)
        thread.start()
        try:
            for _ in range(8):
                sensor = self.lab.sensor("s0", *self.mode, "--wait-interface",
                                         wait=False)
                wait_until("it runs", lambda: sensor.process.poll() is not None
                           or sensor.status().get("state") in
                           ("running", "deaf", "restarting"))
                self.assertEqual(sensor.stop(), 0, sensor.errors())
        finally:
            stop.set()
            thread.join()
        self.lab.expect_nothing_left()

    def test_is_renamed(self):
        """As udev does, while it is waited for by its last name."""
        sensor = self.start("s0")
        self.lab.ip("link", "add", "eth7", "type", "veth", "peer", "name",
                    "p0", "netns", self.lab.there)
        time.sleep(0.3)
        self.lab.ip("link", "set", "eth7", "name", "s0")
        self.lab.ip("link", "set", "s0", "up")
        self.state(sensor, "running")
        self.assertEqual(self.interface(sensor)["state"], "down")  # no carrier
        sh("ip", "-n", self.lab.there, "link", "set", "p0", "up")
        wait_until("the carrier is seen",
                   lambda: self.interface(sensor)["state"] == "up", 2)
        self.sees(sensor)
        self.end(sensor)

    def test_renamed_while_heard(self):
        """Its numbers go on, and show its new name."""
        self.lab.add_pair(1)
        sensor = self.start("s1", state="running")
        self.rename("s1", "other1")
        self.lab.ip("link", "set", "other1", "mtu", "1400")
        sh("ip", "-n", self.lab.there, "link", "set", "p1", "down")
        wait_until("the carrier is seen to go", lambda: (
            self.interface(sensor)["name"],
            self.interface(sensor)["state"]) == ("other1", "down"), 3)
        sh("ip", "-n", self.lab.there, "link", "set", "p1", "up")
        before = len(sensor.events("syn"))
        self.sends("p1")
        wait_until("the finding", lambda: len(sensor.events("syn")) > before)
        self.said(sensor, "s1: the interface is called other1 now")
        self.end(sensor)

    def rename(self, old, new):
        """Kernels before 6.2 want it down for that."""
        self.lab.ip("link", "set", old, "down")
        self.lab.ip("link", "set", old, "name", new)
        self.lab.ip("link", "set", new, "up")

    def test_renamed_to_another(self):
        """Both names are asked for: heard by one of them, once."""
        self.lab.add_pair(1)
        sensor = self.start("s0", "s1", state="running")
        self.rename("s1", "s0")
        time.sleep(1.2)
        before = len(sensor.events("syn"))
        self.sends("p1")
        wait_until("the finding", lambda: len(sensor.events("syn")) > before)
        time.sleep(0.3)
        self.assertEqual(len(sensor.events("syn")), before + 1)
        self.assertEqual(self.interface(sensor, 0)["state"], "deaf")
        self.said(sensor, "s0: deaf.* it is the interface of s1$")
        self.end(sensor)

    def test_name_passes_on(self):
        """What first had the name gets another, a second one gets that."""
        self.lab.add_pair()
        sensor = self.start("s0", state="running")
        self.rename("s0", "other0")
        self.lab.ip("link", "add", "s0", "type", "veth", "peer", "name", "p7",
                    "netns", self.lab.there)
        self.lab.ip("link", "set", "s0", "up")
        sh("ip", "-n", self.lab.there, "link", "set", "p7", "up")
        wanted = json.loads(self.lab.ip("-j", "link", "show",
                                        "s0").stdout)[0]["ifindex"]
        wait_until("the new one is up", lambda: (
            self.interface(sensor)["ifindex"],
            self.interface(sensor)["state"]) == (wanted, "up"), 5)
        self.assertFalse(self.attached("other0"))
        self.said(sensor, "s0: deaf.* the name is another interface's now")
        before = len(sensor.events("syn"))
        self.sends("p7")
        wait_until("the finding", lambda: len(sensor.events("syn")) > before)
        self.end(sensor)

    def test_end_while_waiting(self):
        sensor = self.start("s0", "s1")
        self.assertEqual(self.end(sensor), 0)

    def test_not_asked_for(self):
        sensor = self.lab.sensor("s0", *self.mode, wait=False)
        self.assertEqual(sensor.process.wait(10 * SLOW), 66)
        self.said(sensor, "s0: no such network interface .*"
                  "--wait-interface waits for one$")


class Inline(Both, unittest.TestCase):
    def test_what_is_to_be_said(self):
        """As at a start with the interface."""
        sensor = self.start("s0")
        self.lab.ip("link", "add", "s0", "up", "type", "bridge")
        self.state(sensor, "running")
        self.said(sensor, "s0: a bridge shows")
        self.lab.ip("link", "del", "s0")
        self.state(sensor, "deaf")
        self.lab.ip("link", "add", "s0", "up", "type", "bridge")
        self.state(sensor, "running")
        self.said(sensor, "s0: a bridge shows")
        self.end(sensor)


class InlineClsact(Both, unittest.TestCase):
    mode = ("--hook", "clsact")
    times = 15
    test_some_are_missing = test_is_renamed = None
    test_renamed_while_heard = test_renamed_to_another = None
    test_starts_while_it_comes_and_goes = None
    test_end_while_waiting = test_not_asked_for = None


class Tap(Both, unittest.TestCase):
    mode = ("--capture", "tap")
    long_life = 1.3

    def test_workers(self):
        """Of queues that nobody can count yet."""
        sensor = self.start("s0")
        self.assertEqual(len(sensor.status()["workers"]),
                         min(os.cpu_count(), 8))
        self.end(sensor)
        self.lab.add_pair(queues=2)
        self.lab.ip("link", "del", "s0")
        sensor = self.start("s0", more=("--workers", "3"))
        self.assertEqual(len(sensor.status()["workers"]), 3)
        self.lab.add_pair(queues=2)
        self.state(sensor, "running")
        self.assertEqual(self.interface(sensor)["queues"], 2)
        self.sees(sensor)
        self.end(sensor)

    def test_renamed_away(self):
        """What is called s0 for a moment only is left alone: down, untaken."""
        sensor = self.start("s0")
        self.lab.ip("link", "add", "s0", "type", "veth", "peer", "name", "p0",
                    "netns", self.lab.there)
        time.sleep(0.4)
        self.lab.ip("link", "set", "s0", "name", "other0")
        time.sleep(1.2)
        self.assertEqual(self.interface(sensor)["state"], "waiting")
        self.assertFalse(self.attached("other0"))
        self.assertIn("state DOWN", self.lab.ip("link", "show",
                                                "other0").stdout)
        self.end(sensor)

    def test_plugged_in_again(self):
        """Left alone at first, like one that comes for the first time."""
        self.lab.add_pair(1)
        self.lab.add_pair()
        sensor = self.start("s0", "s1", state="running")
        self.lab.ip("link", "del", "s0")
        self.lab.add_pair()
        time.sleep(0.4)
        self.assertFalse(self.attached())
        self.lab.ip("addr", "add", "192.0.2.1/24", "dev", "s0")
        wait_until("it is said",
                   lambda: "s0 carries the address" in sensor.errors(), 3)
        self.assertFalse(self.attached())
        self.assertEqual(self.interface(sensor)["state"], "deaf")
        self.sees(sensor, "s1")
        self.end(sensor)

    def test_waits_for_an_address(self):
        """By DHCP: a packet socket is there before the address is."""
        sensor = self.start("s0")
        self.lab.add_pair()
        client = self.lab.popen(
            "python3", "-c", "import socket, time\n"
            "s = socket.socket(socket.AF_PACKET, socket.SOCK_DGRAM, 0)\n"
            "s.bind(('s0', 0x0800))\n"
            "time.sleep(60)")
        self.addCleanup(client.wait)
        self.addCleanup(client.kill)
        wait_until("it is said", lambda: "s0 is listened to by another "
                   "program's packet socket" in sensor.errors(), 3)
        self.assertFalse(self.attached())
        client.kill()
        wait_until("it is taken", self.attached, 5)
        self.state(sensor, "running")
        self.sees(sensor)
        self.end(sensor)

    def test_the_host_uses_it(self):
        """It has an address soon after it came: never taken, and said."""
        self.lab.add_pair(1)
        sensor = self.start("s1", "s0", state="running")
        self.lab.add_pair()
        for space, device, address in (
                (self.lab.here, "s0", laboratory.SENSOR_V4),
                (self.lab.there, "p0", laboratory.PEER_V4)):
            sh("ip", "-n", space, "addr", "add", address + "/24", "dev",
               device)
        self.assertFalse(self.attached())
        wait_until("it is said",
                   lambda: "s0 carries the address" in sensor.errors(), 3)
        refused = time.monotonic()
        self.assertEqual(self.interface(sensor, 1)["state"], "deaf")
        self.assertFalse(self.attached())
        server = laboratory.serve(self.lab)
        self.addCleanup(server.communicate)
        self.addCleanup(server.kill)
        self.assertEqual(laboratory.connect(
            self.lab, laboratory.SENSOR_V4, 20), 20)
        self.sees(sensor, "s1")  # the others go on
        # tried again after 3.1 s and 6.3 s, but it is free in between
        time.sleep(max(0, refused + 3.8 - time.monotonic()))
        self.lab.ip("addr", "flush", "dev", "s0")
        wait_until("it is taken", self.attached, 1.5)
        self.state(sensor, "running")
        self.sees(sensor)
        self.lab.ip("addr", "add", "192.0.2.1/24", "dev", "s0")
        self.assertEqual(sensor.process.wait(10 * SLOW), 75)
        self.assertFalse(self.attached())
        self.end(sensor, 75)


if __name__ == "__main__":
    need_root()
    unittest.main(verbosity=2, warnings="ignore")
