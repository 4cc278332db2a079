#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""What a sensor tells a service manager: ready, reloading with its result,
stopping, and that it is alive; and what the journal gets with each line. This
test is the manager.
"""
import os
import select
import signal
import socket
import struct
import subprocess
import time
import unittest

from lab import SLOW, X0F, Lab, need_root, wait_until

NO_DATABASE = "this is no signature\n"


class Manager:
    """A notification socket, and who said what on it."""

    def __init__(self, address):
        self.socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_PASSCRED, 1)
        self.socket.bind(address)
        self.address = address.replace("\0", "@")
        self.speakers = set()
        self.heard = []  # (when, {"READY": "1", "STATUS": ...})

    def listen(self, seconds):
        until = time.monotonic() + seconds
        while True:
            left = max(0, until - time.monotonic())
            if not select.select([self.socket], [], [], left)[0]:
                return
            raw, more, _, _ = self.socket.recvmsg(4096, 64)
            pid, _, _ = struct.unpack("iii", more[0][2])
            self.speakers.add(pid)
            self.heard.append((time.monotonic(), dict(
                line.split("=", 1) for line in raw.decode().split("\n"))))

    def wait(self, what, condition, seconds=5):
        """The first message that is so; it and those before are taken."""
        until = time.monotonic() + seconds * SLOW
        while time.monotonic() < until:
            self.listen(0.02)
            for i, (_, message) in enumerate(self.heard):
                if condition(message):
                    del self.heard[:i + 1]
                    return message
        raise AssertionError(f"{what}: not among {self.heard}")

    def wait_for(self, name, **more):
        return self.wait(name, lambda m: name in m, **more)

    def pings(self, seconds):
        """When it said that it is alive."""
        self.heard.clear()
        self.listen(seconds)
        return [when for when, message in self.heard if "WATCHDOG" in message]


class Notify(unittest.TestCase):
    def setUp(self):
        self.lab = Lab()
        self.addCleanup(self.lab.close)

    def manager(self, address=None):
        manager = Manager(address or os.path.join(self.lab.folder, "notify"))
        self.addCleanup(manager.socket.close)
        return manager

    def start(self, manager, *arguments, watchdog_ms=0, **more):
        env = dict(os.environ, NOTIFY_SOCKET=manager.address)
        if watchdog_ms:
            env["WATCHDOG_USEC"] = str(watchdog_ms * 1000)
        return self.lab.sensor("s0", *arguments, env=env, **more)

    def database(self, text=None):
        path = os.path.join(self.lab.folder, "mine.fp")
        with open(path, "w") as file:
            file.write(text or "classes = unix\n[tcp:request]\n"
                       "label = s:unix:Ours:1\nsig = *:64:0:*:1,0:::0\n")
        return path

    def test_from_start_to_end(self):
        manager = self.manager()
        sensor = self.start(manager)
        ready = manager.wait_for("READY")
        self.assertEqual(ready["READY"], "1")
        self.assertRegex(ready["STATUS"], r"^s0: [\w ]+, up; \d+ workers? as ")
        self.assertEqual(sensor.stop(), 0)
        manager.wait_for("STOPPING")
        self.assertEqual(manager.speakers, {sensor.pid})

    def back_to_interfaces(self, manager):
        """The result of a reload must not hide that one is deaf."""
        manager.wait("the status is that of interfaces again",
                     lambda m: m.get("STATUS", "").startswith("s0: "))

    def test_reload(self):
        path = self.database()
        manager = self.manager()
        sensor = self.start(manager, "-f", path)
        manager.wait_for("READY")
        for reload in (lambda: os.kill(sensor.pid, signal.SIGHUP),
                       lambda: self.lab.x0f("reload", "s0")):
            self.database()
            reload()
            now_us = time.clock_gettime(time.CLOCK_MONOTONIC) * 1e6
            begun = manager.wait_for("RELOADING")
            self.assertLess(abs(now_us - int(begun["MONOTONIC_USEC"])), 30e6)
            done = manager.wait_for("READY")
            self.assertRegex(done["STATUS"], "^reloaded: generation ")
            self.back_to_interfaces(manager)
            self.database(NO_DATABASE)
            reload()
            manager.wait_for("RELOADING")
            done = manager.wait_for("READY")
            self.assertRegex(done["STATUS"], r"^reload failed.*mine\.fp:1:")
            self.back_to_interfaces(manager)
        os.unlink(path)  # fails before the workers are asked
        os.kill(sensor.pid, signal.SIGHUP)
        manager.wait_for("RELOADING")
        self.assertRegex(manager.wait_for("READY")["STATUS"], "no such file")
        self.back_to_interfaces(manager)

    def test_reload_is_for_log_rotation(self):
        """As SIGHUP is: the unit's ExecReload= is x0f reload."""
        sensor = self.start(self.manager())
        os.rename(sensor.path, sensor.path + ".1")
        self.assertEqual(self.lab.x0f("reload", "s0").returncode, 0)
        wait_until("the new file", lambda: os.path.exists(sensor.path), 2)

    def test_is_ready_when_it_waits(self):
        self.lab.ip("link", "del", "s0")
        manager = self.manager()
        self.start(manager, "--wait-interface", wait=False)
        self.assertRegex(manager.wait_for("READY")["STATUS"], "^s0: waiting")
        self.lab.add_pair()
        manager.wait("it is attached",
                     lambda m: ", up;" in m.get("STATUS", ""))

    def test_not_ready_when_it_fails(self):
        manager = self.manager()
        sensor = self.start(manager, "-f", self.database(NO_DATABASE),
                            wait=False)
        self.assertEqual(sensor.process.wait(10 * SLOW), 78)
        manager.listen(0.1)
        self.assertFalse([m for _, m in manager.heard if "READY" in m])

    def test_watchdog(self):
        manager = self.manager()
        sensor = self.start(manager, watchdog_ms=400 * SLOW)
        manager.wait_for("WATCHDOG")
        pings = manager.pings(2 * SLOW)
        self.assertGreaterEqual(len(pings), 6)
        self.assertLessEqual(len(pings), 12)  # not at each turn of the loop
        os.kill(sensor.pid, signal.SIGSTOP)
        manager.listen(0.1)
        self.assertEqual(manager.pings(SLOW), [])
        os.kill(sensor.pid, signal.SIGCONT)
        manager.wait_for("WATCHDOG")
        self.assertEqual(manager.speakers, {sensor.pid})

    def test_watchdog_of_others(self):
        manager = self.manager()
        env = dict(os.environ, NOTIFY_SOCKET=manager.address,
                   WATCHDOG_USEC="200000", WATCHDOG_PID="1")
        self.lab.sensor("s0", env=env)
        manager.wait_for("READY")
        self.assertEqual(manager.pings(1), [])

    def test_watchdog_bites_without_workers(self):
        manager = self.manager()
        sensor = self.start(manager, watchdog_ms=400)
        manager.wait_for("READY")

        def workers():
            names = subprocess.run(
                ["ps", "-o", "pid=,comm=", "--ppid", str(sensor.pid)],
                capture_output=True, text=True).stdout
            return [int(line.split()[0]) for line in names.splitlines()
                    if line.endswith("x0f workers")]
        for _ in range(4):  # each time, it waits twice as long
            os.kill(wait_until("workers", workers)[0][0], signal.SIGKILL)
            manager.wait("death is told", lambda m: "new workers" in m.get(
                "STATUS", ""))
        self.assertEqual(manager.pings(0.6), [])
        manager.wait("it says that it goes on",
                     lambda m: ", up;" in m.get("STATUS", ""))
        manager.wait_for("WATCHDOG")

    def test_abstract_and_another_namespace(self):
        """A socket without a file belongs to the namespace that it leaves."""
        manager = self.manager(f"\0x0f-notify-{os.getpid()}")
        sensor = subprocess.Popen(
            [X0F, "live", "s0", "--quiet", "--netns", self.lab.here,
             "--run-dir", self.lab.run_dir],
            env=dict(os.environ, NOTIFY_SOCKET=manager.address))
        self.addCleanup(sensor.wait)
        self.addCleanup(sensor.terminate)
        manager.wait_for("READY")

    def test_nobody_listens(self):
        deaf = self.manager()
        os.set_blocking(deaf.socket.fileno(), False)
        full = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self.addCleanup(full.close)
        full.setblocking(False)
        try:
            while True:
                full.sendto(b"x", deaf.address)
        except BlockingIOError:
            pass
        for address in ("/nonexistent/notify", "relative", "@", "", "vsock:2",
                        "/" + "x" * 200, deaf.address):
            env = dict(os.environ, NOTIFY_SOCKET=address,
                       WATCHDOG_USEC="100000")
            sensor = self.lab.sensor("s0", env=env)
            self.assertEqual(sensor.stop(), 0, address)


class Journal(unittest.TestCase):
    def setUp(self):
        self.lab = Lab()
        self.addCleanup(self.lab.close)
        self.path = os.path.join(self.lab.folder, "journal")
        self.journal = open(self.path, "w")
        self.addCleanup(self.journal.close)

    def start(self, *arguments, wait=True, inode=0):
        st = os.fstat(self.journal.fileno())
        env = dict(os.environ,
                   JOURNAL_STREAM=f"{st.st_dev}:{st.st_ino + inode}")
        return self.lab.sensor("s0", *arguments, env=env, wait=wait,
                               errors=self.journal)

    def lines(self):
        with open(self.path) as file:
            return file.read().splitlines()

    def test_weights(self):
        database = os.path.join(self.lab.folder, "mine.fp")
        with open(database, "w") as file:
            file.write("")
        # veth refuses native XDP then: that is a warning to a tap
        self.lab.run("ip", "link", "set", "p0", "mtu", "9000", there=True)
        sensor = self.start("-f", database, "--capture", "tap")
        with open(database, "w") as file:
            file.write(NO_DATABASE)
        os.kill(sensor.pid, signal.SIGHUP)
        wait_until("the reload fails", lambda: any(
            line.startswith("<4>x0f: reload failed") for line in self.lines()))
        self.assertEqual(sensor.stop(), 0)
        lines = self.lines()
        self.assertTrue(any(line.startswith("<6>x0f: sensor s0:")
                            for line in lines), lines)
        self.assertTrue(any(line.startswith("<4>x0f: warning:")
                            for line in lines), lines)
        self.assertRegex("\n".join(lines), r"(?m)^<6>x0f: \d+ packets seen")
        self.assertFalse([line for line in lines if line[:1] != "<"])

    def test_error(self):
        sensor = self.start("--group", "no-such-group", wait=False)
        self.assertNotEqual(sensor.process.wait(10 * SLOW), 0)
        self.assertTrue(self.lines()[-1].startswith("<3>x0f: "), self.lines())

    def test_not_the_journal(self):
        sensor = self.start(inode=1)
        self.assertEqual(sensor.stop(), 0)
        self.assertFalse([line for line in self.lines() if line[:1] == "<"])


if __name__ == "__main__":
    need_root()
    unittest.main()
