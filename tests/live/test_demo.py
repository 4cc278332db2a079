#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""x0f demo: what it shows is true, its table adds up, and nothing of it is
left behind, whatever way and whenever it ends.
"""
import atexit
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import unittest

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import lab  # noqa: E402

KILLS = 13
COLUMNS = ("sent", "seen", "wanted", "lost", "left", "published",
           "labelled")
INTERFACES = {"server0", "client0", "tap0", "wire0", "span0", "mirror0"}
MARK = b"DEMO_TEST_MARK=%d." % os.getpid()


def start(*arguments, program=lab.X0F, prefix=(), number=[0], **more):
    """A demo whose processes, all of them, can be told by their environment."""
    number[0] += 1
    env = dict(os.environ, LANG="C.UTF-8",
               DEMO_TEST_MARK="%d.%d" % (os.getpid(), number[0]))
    more.setdefault("stdout", subprocess.PIPE)
    return subprocess.Popen([*prefix, program, "demo", *arguments], env=env,
                            stdin=subprocess.DEVNULL, stderr=subprocess.PIPE,
                            text=True, **more)


def run(*arguments, **more):
    begin = time.monotonic()
    demo = start(*arguments, **more)
    out, errors = demo.communicate(timeout=60 * lab.SLOW)
    return demo.returncode, out, errors, time.monotonic() - begin


def processes():
    """Pids of all processes of all our demos."""
    found = []
    for pid in filter(str.isdigit, os.listdir("/proc")):
        try:
            with open(f"/proc/{pid}/environ", "rb") as file:
                if MARK in file.read():
                    found.append(int(pid))
        except OSError:
            pass
    return found


def networks(pids):
    found = set()
    for pid in pids:
        try:
            found.add(os.readlink(f"/proc/{pid}/ns/net"))
        except OSError:
            pass
    return found


def names_of_interfaces():
    return set(os.listdir("/sys/class/net"))


def mounts():
    """Where a demo mounts something of its own."""
    with open("/proc/self/mountinfo") as file:
        points = [line.split()[4] for line in file]
    return [point for point in points if point in ("/proc", "/sys", "/run")]


def files():
    """Those that a demo could leave: files of other tests come and go."""
    words = ("demo", "stage", ".lock", *INTERFACES)
    return {os.path.join(folder, name)
            for folder in ("/run/x0f", "/run/netns", "/dev/shm", "/tmp", ".")
            if os.path.isdir(folder) for name in os.listdir(folder)
            if any(word in name for word in words)}


def table(out):
    """Rows by name: {"1 inline": {"sent": 1600, …}}"""
    rows = {}
    assert "published  labelled  per worker\n" in out, out
    for line in out.splitlines():
        match = re.match(r"(\d .{17,}?) ((?: *[\d,]+){7}) +(-|[\d.]+ [kM]/s)$",
                         line)
        if match:
            numbers = [int(n.replace(",", "")) for n in match[2].split()]
            rows[match[1].strip()] = dict(zip(COLUMNS, numbers),
                                          rate=match[3])
    return rows


class Snapshot:
    """What there was before; programs of others are not ours."""

    def __init__(self):
        self.programs = set(lab.Lab.all_programs())
        self.mounts = mounts()
        self.files = files()
        self.networks = set()
        self.seen = set()

    def look(self):
        """While a demo runs."""
        self.networks |= networks(processes()) - networks([os.getpid()])
        self.seen |= set(lab.Lab.all_programs()) - self.programs

    def left(self):
        everybody = [int(p) for p in filter(str.isdigit, os.listdir("/proc"))]
        return {
            "processes": processes(),
            "namespaces": self.networks & networks(everybody),
            "interfaces": names_of_interfaces() & INTERFACES,
            "programs": self.seen & set(lab.Lab.all_programs()),
            "mounts": mounts() if mounts() != self.mounts else [],
            "files": sorted(files() - self.files),
        }

    def expect_nothing_left(self, when):
        """The kernel takes namespaces and programs down a little later."""
        try:
            lab.wait_until("all is gone",
                           lambda: not any(self.left().values()), 5)
        except AssertionError:
            left = {k: v for k, v in self.left().items() if v}
            raise AssertionError(f"{when}: left: {left}") from None


class Adds(unittest.TestCase):
    def check(self, rows, count):
        """From the numbers, not from what the demo says of them."""
        self.assertEqual(len(rows), count, rows)
        for name, row in rows.items():
            self.assertGreater(row["sent"], 0, name)
            self.assertEqual(row["sent"], row["seen"], name)
            self.assertEqual(row["wanted"], row["lost"] + row["left"] +
                             row["published"], name)
            self.assertLessEqual(row["wanted"], row["seen"], name)
            self.assertLessEqual(row["labelled"], row["published"], name)
            self.assertGreater(row["labelled"], 0, name)


class Root(Adds):
    took = 8.0

    def test_a_whole(self):
        """All of it, and what it shows of the kernel's own connections."""
        before = Snapshot()
        code, out, errors, took = run()
        Root.took = took
        print("%.1f s" % took)
        self.assertEqual((code, errors), (0, ""), out)
        self.assertLess(took, 15 * lab.SLOW)
        if "not here" in out:
            print(out)
        else:
            self.check(table(out), 5)
            self.check_scenes(out)
        self.assertIn("\nIt adds up: ", out)
        self.assertNotIn("\x1b", out)
        self.assertLessEqual(max(map(len, out.splitlines())), 130)
        before.expect_nothing_left("at the end")

    def check_scenes(self, out):
        scenes = re.split(r"\n(?=[123]\. |What )", out)[1:]
        for scene, count in ((scenes[0], 100), (scenes[2], 50)):
            self.assertIn(f"{count} of {count} by IPv4, "
                          f"{count} of {count} by IPv6", scene)
            for flow in (r"198\.51\.100\.2:\d+ → 198\.51\.100\.1:443",
                         r"\[2001:db8:f::2\]:\d+ → \[2001:db8:f::1\]:443"):
                for kind, who in (("SYN", "client"), (r"SYN\+ACK", "server")):
                    self.assertRegex(scene, rf"(?m)^{kind} +{flow} +{who}  "
                                            r"Linux .* dist 0$")
        rows = table(out)
        # a SYN and a SYN+ACK each, all named
        self.assertEqual(rows["1 inline"]["labelled"], 4 * 100)
        self.assertEqual(rows["3 copied"]["labelled"], 4 * 50)
        self.assertGreater(len(re.findall(r"(?m)^SYN", scenes[1])), 10)
        self.assertGreater(rows["2 tap, all systems"]["labelled"], 1000)
        self.assertEqual(rows["2 flat out"]["sent"], 1000000)
        # of few packets no rate is told
        self.assertEqual([name for name, row in rows.items()
                          if row["rate"] != "-"],
                         ["2 500,000/s", "2 flat out"])
        self.assertIn("findings are read from their results", out)

    def kill(self, number, seconds, stage=False):
        snapshot = Snapshot()
        demo = start()
        time.sleep(max(0, seconds - 0.05))
        snapshot.look()
        time.sleep(0.05)
        if stage:
            with open(f"/proc/{demo.pid}/task/{demo.pid}/children") as file:
                os.kill(int(file.read()), number)
        else:
            demo.send_signal(number)
        begin = time.monotonic()
        errors = demo.communicate(timeout=20)[1]
        self.assertLess(time.monotonic() - begin, 2 * lab.SLOW)
        snapshot.expect_nothing_left(f"{number!r} after {seconds:.2f} s")
        return demo.returncode, errors, snapshot

    def test_killed(self):
        """At any second, by any signal."""
        expected = {signal.SIGKILL: -9, signal.SIGTERM: 130,
                    signal.SIGINT: 130, signal.SIGHUP: 130}
        killed = networks_seen = programs_seen = 0
        for i in range(KILLS):
            number = list(expected)[i % 4 if i < 12 else 0]
            code, errors, seen = self.kill(number,
                                           Root.took * (i + 0.5) / (KILLS + 1))
            # this run may have been quicker than the first one
            self.assertIn((code, errors), ((expected[number], ""), (0, "")))
            killed += code != 0
            networks_seen += len(seen.networks) > 0
            programs_seen += len(seen.seen) > 0
        # or else this test would see nothing
        self.assertGreaterEqual(killed, 12)
        self.assertGreater(networks_seen, KILLS - 3)
        self.assertGreater(programs_seen, KILLS / 2)

    def test_early(self):
        """While it sets up."""
        for ms in (1, 4, 10, 25):
            self.kill(signal.SIGKILL, ms / 1000)

    def test_stage_killed(self):
        code, errors, _ = self.kill(signal.SIGKILL, Root.took / 3, stage=True)
        self.assertEqual(code, 71)
        self.assertIn("killed", errors)

    def test_reader_goes(self):
        """x0f demo | head -4"""
        snapshot = Snapshot()
        demo = start()
        for _ in range(4):
            self.assertTrue(demo.stdout.readline())
        demo.stdout.close()
        begin = time.monotonic()
        self.assertEqual(demo.wait(20), 0)
        self.assertLess(time.monotonic() - begin, 1 * lab.SLOW)
        snapshot.expect_nothing_left("without a reader")

    def test_full_disk(self):
        with open("/dev/full", "w") as full:
            demo = start("--memory", stdout=full)
            errors = demo.communicate(timeout=30)[1]
        self.assertEqual(demo.returncode, 74)
        self.assertIn("no space left", errors)

    def test_memory(self):
        """--memory makes no namespace."""
        demo = start("--memory", "--color", "always")
        time.sleep(0.3)
        self.assertEqual(len(processes()), 2)
        self.assertEqual(networks(processes()), networks([os.getpid()]))
        out = demo.communicate(timeout=30)[0]
        self.assertEqual(demo.returncode, 0)
        self.assertIn("--memory was given", out)
        self.assertIn("\x1b[", out)
        self.check(table(out), 2)


class Nobody(Adds):
    def test_unprivileged(self):
        """From where nobody can read it; the same systems, from memory."""
        folder = tempfile.mkdtemp(prefix="x0f-lab-")
        atexit.register(shutil.rmtree, folder, True)
        os.chmod(folder, 0o755)
        program = os.path.join(folder, "x0f")
        shutil.copy(lab.X0F, program)
        os.chmod(program, 0o755)
        code, out, errors, _ = run(
            program=program, prefix=("setpriv", "--reuid", "65534", "--regid",
                                     "65534", "--clear-groups"))
        self.assertEqual((code, errors), (0, ""), out)
        self.assertIn("you are not root", out)
        self.assertGreater(len(re.findall(r"(?m)^SYN.* dist ", out)), 10)
        self.assertIn("   sudo " + program + " live", out)
        self.check(table(out), 2)


if __name__ == "__main__":
    lab.need_root()
    unittest.main(verbosity=1)
