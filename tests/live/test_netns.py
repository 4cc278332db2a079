#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""--netns: a sensor, generated frames and the emergency exit in a network
namespace that the caller is not in, as a container's. Files stay the caller's.
"""
import os
import signal
import unittest

import lab as laboratory
from lab import SLOW, X0F, Lab, need_root, sh, wait_until

OURS = ("nsenter", f"--net=/proc/{os.getpid()}/ns/net")


def x0f(*arguments):
    """From where this test runs."""
    return sh(X0F, *arguments, check=False, timeout=60 * SLOW)


class Both:
    """For either mode."""
    mode = ()

    def setUp(self):
        self.lab = Lab(queues=2)
        self.addCleanup(self.lab.close)

    def start(self, interface="s0", space=None, wait=True, more=(), **rest):
        """Out of our own namespace, the laboratory's sensors are in it."""
        return self.lab.sensor(interface, *self.mode, "--netns",
                               space or self.lab.here, *more, prefix=OURS,
                               wait=wait, **rest)

    def sends(self, count=50):
        result = x0f("gen", "--netns", self.lab.there, "-i", "p0",
                     "--mix", "popular", "--count", count)
        self.assertEqual(result.returncode, 0, result.stderr)

    def end(self, sensor):
        self.assertEqual(sensor.stop(), 0, sensor.errors())
        self.lab.expect_nothing_left()
        self.assertEqual(os.listdir(self.lab.run_dir), [])

    def test_from_outside(self):
        self.assertFalse(os.path.exists("/sys/class/net/s0"))
        sensor = self.start()
        self.sends()
        wait_until("the findings", lambda: sum(
            e["kind"] in ("syn", "synack") for e in sensor.events()) == 50)
        self.assertEqual({e["interface"] for e in sensor.events()}, {"s0"})
        wanted = os.stat("/run/netns/" + self.lab.here).st_ino
        for pid in (sensor.pid, *sensor.children()):
            self.assertEqual(os.stat(f"/proc/{pid}/ns/net").st_ino, wanted)
        interface = sensor.status()["interfaces"][0]
        self.assertEqual((interface["queues"], interface["state"]), (2, "up"))
        for command in ("status", "reload", "stop"):
            result = x0f(command, "--run-dir", self.lab.run_dir)
            self.assertEqual(result.returncode, 0, result.stderr)
        self.end(sensor)

    def test_by_process(self):
        """As a container's, whose interface comes later."""
        process = self.lab.popen("sleep", "60")
        self.addCleanup(process.wait)
        self.addCleanup(process.kill)
        wait_until("it is there", lambda: os.stat(
            f"/proc/{process.pid}/ns/net").st_ino ==
            os.stat("/run/netns/" + self.lab.here).st_ino)
        self.lab.ip("link", "del", "s0")
        sensor = self.start(space=f"/proc/{process.pid}/ns/net", wait=False,
                            more=("--wait-interface",))
        wait_until("it waits", lambda: sensor.status().get("state") == "deaf")
        self.lab.add_pair()
        sensor.wait()
        self.sends()
        wait_until("the findings", lambda: len(sensor.events("syn")) > 10)
        self.end(sensor)

    def test_same_name_elsewhere(self):
        """Of two sensors at an s0, detach stops the one that is meant."""
        sh("ip", "-n", self.lab.there, "link", "add", "s0", "type", "veth",
           "peer", "name", "s9")
        sh("ip", "-n", self.lab.there, "link", "set", "s0", "up")
        other = self.start(space=self.lab.there, name="other")
        sensor = self.start(name="one")
        result = x0f("detach", "--netns", self.lab.here, "s0", "--run-dir",
                     self.lab.run_dir)
        self.assertEqual(result.returncode, 0, result.stderr)
        self.assertIn("sensor one has stopped", result.stdout)
        self.assertEqual(sensor.process.wait(10 * SLOW), 0)
        self.assertEqual(other.status()["state"], "running")
        self.end(other)

    def test_namespace_is_deleted(self):
        """Under a running sensor, which would keep it alive."""
        space = self.lab.here + "x"
        sh("ip", "netns", "add", space)
        self.addCleanup(sh, "ip", "netns", "del", space, check=False)
        self.lab.ip("link", "set", "s0", "netns", space)
        sh("ip", "-n", space, "link", "set", "s0", "up")
        sensor = self.start(space=space)
        sh("ip", "netns", "del", space)
        sh("ip", "netns", "add", space)  # another of that name
        self.assertEqual(sensor.process.wait(4 * SLOW), 75)
        self.assertIn(f"network namespace {space} is gone", sensor.errors())
        wait_until("the pair is gone", lambda: "p0" not in sh(
            "ip", "-n", self.lab.there, "link").stdout)
        self.assertEqual(os.listdir(self.lab.run_dir), [])

    def refused(self, name, code, pattern, prefix=()):
        done = sh(*prefix, X0F, "live", *self.mode, "--netns", name, "s0",
                  "--run-dir", self.lab.run_dir, check=False)
        self.assertEqual(done.returncode, code, done.stderr)
        self.assertRegex(done.stderr, pattern)
        self.assertEqual(len(done.stderr.splitlines()), 1)


class Inline(Both, unittest.TestCase):
    def test_refusals(self):
        self.refused("x0f-none", 66, "x0f-none: no such network namespace .*"
                     r"/proc/PID/ns/net$")
        # the list may be cut, where there are many
        self.refused("x0f-none", 66, r"\(there (is|are) \S+")
        self.refused("..", 66, "no such network namespace")
        self.refused("/proc/999999999/ns/net", 66, "no such file or process")
        self.refused("/etc/passwd", 66, "no network namespace")
        self.refused(f"/proc/{os.getpid()}/ns/uts", 66, "no network namespace")
        self.refused(self.lab.here, 77, "CAP_SYS_ADMIN is missing: .*"
                     "NetworkNamespacePath=",
                     ["setpriv", "--bounding-set", "-sys_admin", "--inh-caps",
                      "-sys_admin"])
        for command in (("gen", "-i", "p0"), ("detach", "s0")):
            result = x0f(*command, "--netns", "x0f-none")
            self.assertEqual(result.returncode, 66, result.stderr)

    def test_left_by_a_killed_one(self):
        sensor = self.start(more=("--hook", "clsact"))
        os.kill(sensor.pid, signal.SIGKILL)
        sensor.process.wait()
        self.assertTrue(self.lab.programs())
        result = x0f("detach", "--netns", self.lab.here, "s0", "--run-dir",
                     self.lab.run_dir)
        self.assertEqual(result.returncode, 0, result.stderr)
        self.assertRegex(result.stdout, r"s0: \d programs of x0f removed")
        self.lab.expect_nothing_left()


class Tap(Both, unittest.TestCase):
    mode = ("--capture", "tap")

    def test_guard_sees_other_namespaces(self):
        """Of the namespace that was entered, not of the caller's."""
        self.lab.ip("link", "add", "link", "s0", "name", "mac0", "type",
                    "macvlan")
        self.lab.ip("link", "set", "mac0", "netns", self.lab.there)
        self.refused(self.lab.here, 69, "s0 carries macvlan mac0 of another "
                     "network namespace")
        sh("ip", "-n", self.lab.there, "link", "del", "mac0")
        self.lab.ip("addr", "add", laboratory.SENSOR_V4 + "/24", "dev", "s0")
        self.refused(self.lab.here, 69, "s0 carries the address")

    def test_live_frames(self):
        sensor = self.start()
        result = x0f("gen", "--netns", self.lab.here, "--live-frames", "s0",
                     "--mix", "flood", "--count", "1000")
        self.assertEqual(result.returncode, 0, result.stderr)
        wait_until("all are counted", lambda: sensor.status()[
            "interfaces"][0]["outcomes"]["delivered"] == 1000)
        self.end(sensor)


if __name__ == "__main__":
    need_root()
    unittest.main(verbosity=2, warnings="ignore")
