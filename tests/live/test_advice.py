#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""What a sensor sees at bridges, bonds, VLAN devices and at what they are made
of, how often, and what it says about that. Kinds that the kernel lacks are
skipped.
"""
import json
import os
import unittest

import lab as laboratory
from lab import SLOW, X0F, Lab, need_root, sh, wait_until

OURS, THEIRS = "192.0.2.1", "192.0.2.2"


class Places(unittest.TestCase):
    def setUp(self):
        self.lab = Lab(pairs=2)
        self.addCleanup(self.lab.close)

    def add(self, *device, there=False):
        space = self.lab.there if there else self.lab.here
        done = sh("ip", "-n", space, "link", "add", *device, check=False)
        if done.returncode:
            self.skipTest("this kernel has none: " + done.stderr.strip())

    def set(self, device, *what, there=False):
        space = self.lab.there if there else self.lab.here
        sh("ip", "-n", space, "link", "set", device, *what)

    def address(self, device, address, there=False):
        space = self.lab.there if there else self.lab.here
        sh("ip", "-n", space, "addr", "add", address + "/24", "dev", device)

    def serve(self):
        server = laboratory.serve(self.lab)
        self.addCleanup(server.communicate)
        self.addCleanup(server.kill)

    def connect(self):
        """One connection, from the peer."""
        self.assertEqual(laboratory.connect(self.lab, OURS, 1), 1)

    def watch(self, *devices, act, mode=()):
        """[(interface, kind, tags)] in order of names, and what is said."""
        sensor = self.lab.sensor(*devices, *mode)
        act()
        def wanted():
            return sum(i["outcomes"]["delivered"]
                       for i in sensor.status()["interfaces"])
        wait_until("packets", wanted)
        self.assertEqual(sensor.stop(), 0, sensor.errors())
        seen = sorted((e["interface"], e["kind"], tuple(e["vlan"]))
                      for e in sensor.events() if e["kind"] in
                      ("syn", "synack"))
        return seen, sensor.errors()

    def both(self, device, tags=()):
        return [(device, "syn", tags), (device, "synack", tags)]

    def test_loopback(self):
        def act():
            done = self.lab.run("/usr/bin/python3", "-c", laboratory.CONNECT,
                                "127.0.0.1", 8080, 1)
            self.assertEqual(done.stdout, "1\n", done.stderr)
        self.serve()
        seen, said = self.watch("lo", act=act)
        self.assertEqual(seen, sorted(self.both("lo") * 2))
        self.assertIn("lo: shows each packet twice", said)

    def test_bridge(self):
        """s1 leads to a third host, of its own namespace."""
        self.add("br0", "type", "bridge")
        for port in "s0", "s1":
            self.set(port, "master", "br0")
        self.set("br0", "up")
        self.address("br0", OURS)
        self.address("p0", THEIRS, there=True)
        self.serve()
        self.connect()  # neighbours know each other
        frames = os.path.join(self.lab.folder, "one.pcap")
        sh(X0F, "gen", "--mix", "flood", "--count", "1", "-o", frames)

        def act():
            self.connect()
            laboratory.send_capture(self.lab, frames)  # for nobody: forwarded
        seen, said = self.watch("br0", act=act)
        self.assertEqual(seen, self.both("br0"))
        self.assertIn("seen at its ports: s0 s1", said)
        seen, said = self.watch("s0", act=act)
        self.assertEqual(seen, [("s0", "syn", ())] + self.both("s0"))
        self.assertIn("s0: shows what passes this port of br0", said)
        seen, said = self.watch("s1", act=act)
        self.assertEqual(seen, [("s1", "syn", ())])
        seen, said = self.watch("br0", "s0", act=self.connect)
        self.assertEqual(seen, self.both("br0") + self.both("s0"))
        self.assertIn("s0 and br0: packets that pass both are seen twice",
                      said)
        refused = self.lab.sensor("s0", "--capture", "tap", wait=False)
        self.assertEqual(refused.process.wait(10 * SLOW), 69)
        self.assertIn("s0 belongs to bridge br0", refused.errors())

    def test_vlan(self):
        self.add("link", "s0", "name", "s0.10", "type", "vlan", "id", "10")
        self.add("link", "p0", "name", "p0.10", "type", "vlan", "id", "10",
                 there=True)
        self.set("s0.10", "up")
        self.set("p0.10", "up", there=True)
        self.address("s0.10", OURS)
        self.address("p0.10", THEIRS, there=True)
        self.serve()
        for device, tags in ("s0", (10,)), ("s0.10", ()):
            seen, said = self.watch(device, act=self.connect)
            self.assertEqual(seen, self.both(device, tags))
            self.assertNotIn("shows", said)
        seen, said = self.watch("s0", "s0.10", act=self.connect)
        self.assertEqual(seen, self.both("s0", (10,)) + self.both("s0.10"))
        self.assertIn("s0.10 and s0: packets that pass both", said)
        self.lab.ip("addr", "flush", "dev", "s0.10")
        seen, said = self.watch("s0.10", mode=("--capture", "tap"),
                                act=self.send_some("p0.10"))
        self.assertEqual(len(seen), 20)
        self.assertIn("s0.10: a VLAN device has no native XDP: s0 without it",
                      said)

    def send_some(self, device):
        return lambda: self.lab.generate("-i", device, "--mix", "popular",
                                         "--count", 20)

    def test_bond(self):
        for space, there, ends in ((self.lab.here, False, ("s0", "s1")),
                                   (self.lab.there, True, ("p0", "p1"))):
            self.add("bond9", "type", "bond", "mode", "active-backup",
                     "miimon", "50", there=there)
            for end in ends:
                self.set(end, "down", there=there)
                self.set(end, "master", "bond9", there=there)
            self.set("bond9", "up", there=there)
        self.address("bond9", OURS)
        self.address("bond9", THEIRS, there=True)
        self.serve()
        wait_until("the bond is up", lambda: "LOWER_UP" in self.lab.ip(
            "link", "show", "bond9").stdout)
        self.connect()
        active = json.loads(self.lab.ip("-d", "-j", "link", "show", "bond9")
                            .stdout)[0]["linkinfo"]["info_data"][
                                "active_slave"]
        for device in "bond9", active:
            seen, said = self.watch(device, act=self.connect)
            self.assertEqual(seen, self.both(device))
        self.assertIn(f"{active}: shows what bond9 sends and receives by this "
                      "way", said)
        seen, said = self.watch("bond9", active, act=self.connect)
        self.assertEqual(seen, self.both("bond9") + self.both(active))
        self.assertIn(f"{active} and bond9: packets that pass both", said)
        self.lab.ip("addr", "flush", "dev", "bond9")
        seen, said = self.watch("bond9", mode=("--capture", "tap"),
                                act=self.send_some("bond9"))
        self.assertEqual(len(seen), 20, said)
        self.assertIn("bond9: a bond, so generic mode", said)
        refused = self.lab.sensor("bond9", "--capture", "tap", "--bind",
                                  "copy", wait=False)
        self.assertEqual(refused.process.wait(10 * SLOW), 69)
        self.assertIn("bond9: the sockets of a bond get no packet",
                      refused.errors())


if __name__ == "__main__":
    need_root()
    unittest.main(verbosity=2, warnings="ignore")
