#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""What happens to interfaces, programs, processes and disks while a sensor
runs: each ends within 2 s in the documented state, with one clear line, never
silently deaf, and nothing is left behind.
"""
import os
import re
import resource
import signal
import subprocess
import time
import unittest

import lab as laboratory
from lab import SANITIZED, SLOW, X0F, Lab, need_root, sh, wait_until

TIMES = int(os.environ.get("X0F_TIMES", "10" if SANITIZED else "25"))


def lines_about(sensor, pattern):
    return [line for line in sensor.errors().splitlines()
            if re.search(pattern, line)]


class Both:
    """For either mode."""
    mode = ()

    def setUp(self):
        self.lab = Lab()
        self.addCleanup(self.lab.close)
        self.number = 0

    def start(self, *arguments, **more):
        return self.lab.sensor("s0", *self.mode, *arguments, **more)

    def sees(self, sensor, seconds=2):
        """A SYN that is sent now becomes a finding."""
        self.number += 1
        before = len(sensor.events("syn"))
        path = os.path.join(self.lab.folder, "one.pcap")
        done = subprocess.run(
            [X0F, "gen", "--mix", "flood", "--count", "1", "--seed",
             str(self.number), "-o", path], capture_output=True)
        self.assertEqual(done.returncode, 0, done.stderr)
        laboratory.send_capture(self.lab, path)
        wait_until("the finding",
                   lambda: len(sensor.events("syn")) > before, seconds)

    def state(self, sensor, wanted, seconds=2):
        _, took = wait_until(
            f"state {wanted}",
            lambda: sensor.status().get("state") == wanted, seconds)
        return took

    def end(self, sensor, code=0):
        self.assertEqual(sensor.stop(), code, sensor.errors())
        self.lab.expect_nothing_left()
        self.assertEqual(os.listdir(self.lab.run_dir), [])

    def test_deleted_and_created_again(self):
        sensor = self.start()
        self.sees(sensor)
        self.lab.ip("link", "del", "s0")
        self.state(sensor, "deaf")
        self.assertEqual(self.lab.x0f("status", "s0").returncode, 2)
        self.assertEqual(len(lines_about(sensor, "s0.*(gone|deaf)")), 1,
                         sensor.errors())
        time.sleep(0.5)
        self.lab.add_pair()
        self.state(sensor, "running", 3)
        self.sees(sensor)
        self.assertEqual(len(lines_about(sensor, "s0.*hears again")), 1,
                         sensor.errors())
        self.end(sensor)

    def test_moved_to_another_namespace(self):
        sensor = self.start()
        self.lab.ip("link", "set", "s0", "netns", self.lab.there)
        self.state(sensor, "deaf")
        sh("ip", "-n", self.lab.there, "link", "set", "s0", "netns",
           self.lab.here)
        self.lab.ip("link", "set", "s0", "up")
        sh("ip", "-n", self.lab.there, "link", "set", "p0", "up")
        self.state(sensor, "running", 3)
        self.sees(sensor)
        self.end(sensor)

    def test_down_and_up(self):
        sensor = self.start()
        for _ in range(TIMES):
            self.lab.ip("link", "set", "s0", "down")
            self.lab.ip("link", "set", "s0", "up")
        self.lab.ip("link", "set", "s0", "down")
        wait_until("down is said", lambda: sensor.status()["interfaces"][0][
            "state"] == "down", 2)
        self.lab.ip("link", "set", "s0", "up")
        wait_until("up is said", lambda: sensor.status()["interfaces"][0][
            "state"] == "up", 2)
        self.sees(sensor)
        self.assertEqual(sensor.status()["restarts"], 0)
        self.end(sensor)

    def detach_all(self):
        """As somebody else would: our links, by bpftool."""
        import json
        links = json.loads(sh("bpftool", "-j", "link", "show").stdout)
        mine = {p["id"] for p in json.loads(sh(
            "bpftool", "-j", "prog", "show").stdout)
            if p.get("name", "").startswith("x0f_") and
            p["id"] not in self.lab.strangers}
        found = [link["id"] for link in links if link.get("prog_id") in mine]
        for link in found:
            sh("bpftool", "link", "detach", "id", link)
        return len(found)

    def test_link_detached(self):
        sensor = self.start()
        self.assertGreater(self.detach_all(), 0)
        wait_until("it is said", lambda: lines_about(
            sensor, "s0.*(detached|removed)"), 2)
        self.state(sensor, "running", 3)
        wait_until("attached again",
                   lambda: sensor.status()["interfaces"][0]["reattached"], 3)
        self.sees(sensor)
        self.end(sensor)

    def test_second_instance(self):
        sensor = self.start()
        for more in ({}, {"name": "other"}):
            second = self.start(wait=False, output=False, **more)
            if self.mode or not more:
                self.assertEqual(second.process.wait(10 * SLOW), 69,
                                 second.errors())
                self.assertEqual(len(second.errors().splitlines()), 1)
            else:  # inline, under another name: why not
                second.wait()
                self.assertEqual(second.stop(), 0)
        self.sees(sensor)
        self.end(sensor)

    def test_restart_after_sigkill(self):
        for _ in range(TIMES):
            sensor = self.start(output=False)
            os.kill(sensor.pid, signal.SIGKILL)
            sensor.process.wait()
        sensor = self.start()
        self.sees(sensor)
        self.end(sensor)

    def test_log_rotation(self):
        """The printer has no rights, and the folder is root's alone."""
        sensor = self.start()
        self.sees(sensor)
        os.rename(sensor.path, sensor.path + ".1")
        sensor.process.send_signal(signal.SIGHUP)
        wait_until("a new file", lambda: os.path.exists(sensor.path))
        self.sees(sensor)
        self.assertEqual(len(sensor.events("syn")), 1)
        self.end(sensor)

    def refused(self, prefix, code, pattern):
        sensor = self.start(wait=False, output=False, prefix=prefix)
        self.assertEqual(sensor.process.wait(10 * SLOW), code,
                         sensor.errors())
        complaint = lines_about(sensor, pattern)
        self.assertTrue(complaint, sensor.errors())
        self.lab.expect_nothing_left()

    def test_without_capabilities(self):
        self.refused(["setpriv", "--bounding-set", "-bpf,-sys_admin",
                      "--inh-caps", "-bpf,-sys_admin"], 77, "CAP_BPF")
        for names in ("perfmon,-sys_admin", "setuid", "setgid"):
            self.refused(["setpriv", "--bounding-set", "-" + names,
                          "--inh-caps", "-" + names], 77,
                         "CAP_" + names.split(",")[0].upper())

    def test_disk_full(self):
        small = os.path.join(self.lab.folder, "small")
        os.mkdir(small)
        sh("mount", "-t", "tmpfs", "-o", "size=64k,mode=755", "none", small)
        try:
            sensor = self.start("--ring", 1 << 12, output=False, wait=False)
            sensor.wait()
            self.assertEqual(sensor.stop(), 0)
            full = subprocess.run(
                ["nsenter", "--net=/run/netns/" + self.lab.here, X0F, "live",
                 "s0", *self.mode, "--run-dir", small], capture_output=True,
                text=True, timeout=60)
            self.assertEqual(full.returncode, 74, full.stderr)
            self.assertIn("small", full.stderr)
            self.assertEqual(os.listdir(small), [])
            sensor = self.start("-o", os.path.join(small, "out"), "--format",
                                "p0f", output=False)
            path = os.path.join(self.lab.folder, "many.pcap")
            sh(X0F, "gen", "--mix", "flood", "--count", "2000", "-o", path)
            laboratory.send_capture(self.lab, path)
            wait_until("it is said", lambda: lines_about(
                sensor, "no space|disk"), 5)
            self.assertEqual(sensor.status()["state"], "running")
            sensor.stop()
        finally:
            sh("umount", "-l", small)
        self.lab.expect_nothing_left()


class Inline(Both, unittest.TestCase):
    def test_first_process(self):
        """Of a process namespace, as a container's entry point."""
        sensor = self.start(prefix=("unshare", "--pid", "--fork",
                                    "--kill-child", "--mount-proc"))
        self.sees(sensor)
        result = self.lab.x0f("stop", "s0")
        self.assertEqual(result.returncode, 0, result.stderr)
        self.assertEqual(sensor.process.wait(10 * SLOW), 0)
        self.end(sensor)


class InlineClsact(Both, unittest.TestCase):
    mode = ("--hook", "clsact")

    def end(self, sensor, code=0):
        super().end(sensor, code)
        self.assertNotIn("clsact", self.lab.ip("link", "show").stdout)

    def test_restart_after_sigkill(self):
        for _ in range(TIMES):
            sensor = self.start(output=False)
            os.kill(sensor.pid, signal.SIGKILL)
            sensor.process.wait()
        # clsact outlives its owner, and says so; the next start takes over
        sensor = self.start()
        self.sees(sensor)
        self.assertEqual(len(sensor.events("syn")), 1)
        self.end(sensor)

    def test_link_detached(self):
        sensor = self.start()
        self.lab.run("tc", "qdisc", "del", "dev", "s0", "clsact")
        wait_until("it is said", lambda: lines_about(
            sensor, "s0.*(detached|removed)"), 2)
        self.state(sensor, "running", 3)
        self.sees(sensor)
        self.end(sensor)


class Tap(Both, unittest.TestCase):
    mode = ("--capture", "tap")

    def stuck_loader(self, sensor):
        """New workers that stand still before they have signatures."""
        def take(old):
            new = set(sensor.children()) - old
            for pid in new:
                os.kill(pid, signal.SIGSTOP)
            return new
        before = set(sensor.children())
        for pid in before:
            with open(f"/proc/{pid}/comm") as file:
                if file.read().startswith("x0f workers"):
                    os.kill(pid, signal.SIGKILL)
        limit = time.monotonic() + 5 * SLOW
        while time.monotonic() < limit:  # no pause: it loads in a moment
            if take(before):
                break
        time.sleep(0.3)
        self.assertEqual(lines_about(sensor, "new workers run"), [])

    def has_program(self):
        return "xdp" in self.lab.ip("link", "show", "s0").stdout

    def test_guard_while_loading(self):
        sensor = self.start()
        self.stuck_loader(sensor)
        self.assertTrue(self.has_program())
        self.lab.ip("addr", "add", "192.0.2.1/24", "dev", "s0")
        wait_until("it is let go", lambda: not self.has_program(), 1)
        self.assertEqual(sensor.process.wait(10 * SLOW), 75)
        self.assertIn("carries the address", sensor.errors())
        self.end(sensor, 75)

    def test_stopped_while_loading(self):
        sensor = self.start()
        self.stuck_loader(sensor)
        result = self.lab.x0f("stop", "s0")
        self.assertEqual(result.returncode, 0, result.stderr)
        self.assertEqual(sensor.process.wait(10 * SLOW), 0)
        self.end(sensor)

    def test_without_net_raw(self):
        self.refused(["setpriv", "--bounding-set", "-net_raw",
                      "--inh-caps", "-net_raw"], 77, "CAP_NET_RAW")

    def test_memlock_too_small(self):
        self.refused(["prlimit", "--memlock=65536", "setpriv",
                      "--bounding-set", "-ipc_lock", "--inh-caps",
                      "-ipc_lock"], 69, "LimitMEMLOCK")

    def test_foreign_program(self):
        program = self.lab.foreign_program()
        self.lab.ip("link", "set", "s0", "xdp", "obj", program, "sec", "xdp")
        sensor = self.start(wait=False, output=False)
        self.assertEqual(sensor.process.wait(10 * SLOW), 69)
        self.assertRegex(sensor.errors(), "foreign")
        self.assertRegex(sensor.errors(), r"id \d+|program \d+")
        self.assertIn("xdp", self.lab.ip("link", "show", "s0").stdout)


if __name__ == "__main__":
    need_root()
    unittest.main(verbosity=2, warnings="ignore")
