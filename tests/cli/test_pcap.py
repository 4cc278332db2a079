#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""`x0f pcap` as a user meets it: the same bytes for any number of workers,
files that are damaged, missing or none, outputs that go away, and memory that
does not grow.
"""
import glob
import os
import signal
import struct
import subprocess
import sys
import tempfile
import time
import unittest

X0F = os.environ.get("X0F", "build/release/x0f")
SOURCE = os.environ.get("X0F_SOURCE", ".")
SHARED = os.environ.get("X0F_SHARED", "")
FIRST = os.path.join(SOURCE, "tests", "data", "first.pcap")
FORMATS = ("text", "p0f", "json", "csv")
USAGE, DATA, NO_INPUT, IO, NO_RIGHTS, CONFIG = 64, 65, 66, 74, 77, 78
SANITIZED = "/asan/" in X0F or "/tsan/" in X0F


def run(*arguments, **more):
    return subprocess.run([X0F, "pcap", *arguments], stdout=subprocess.PIPE,
                          stderr=subprocess.PIPE, timeout=300, **more)


def content():
    with open(FIRST, "rb") as file:
        return file.read()


def captures():
    """Our own, and every ninth of the corpus where there is one."""
    corpus = sorted(glob.glob(os.path.join(SHARED, "corpus", "*", "*.pcap*")))
    corpus = [p for p in corpus if p.endswith((".pcap", ".pcapng"))]
    return [FIRST] + corpus[::90 if SANITIZED else 9]


class Workers(unittest.TestCase):
    def test_same_bytes(self):
        for path in captures():
            for form in FORMATS:
                one, *others = [run("-q", "--workers", n, "--format", form,
                                    path) for n in ("1", "2", "7")]
                for other in others:
                    self.assertEqual(one.returncode, other.returncode, path)
                    self.assertEqual(one.stdout, other.stdout,
                                     "%s as %s" % (path, form))

    def test_many_packets(self):
        """More than a batch, so that workers hand over in the middle."""
        data = content()
        data = data[:24] + data[24:] * 300
        one = run("-q", "-", input=data).stdout
        self.assertEqual(one, run("-q", "-w7", "-", input=data).stdout)
        self.assertGreater(len(one), 1000000)


class Failures(unittest.TestCase):
    def check(self, code, message, *arguments, **more):
        done = run("-q", *arguments, **more)
        text = done.stderr.decode()
        self.assertEqual(done.returncode, code, text)
        self.assertIn(message, text)
        self.assertEqual(text.count("\n"), 1, text)
        return done.stdout

    def test_usage(self):
        self.check(USAGE, "--formt", "--formt", "x", FIRST)
        self.check(USAGE, "yaml", "--format", "yaml", FIRST)
        self.check(USAGE, "65", "--workers", "65", FIRST)
        self.check(USAGE, "--compat", "--compat", "p0f", "-w2", FIRST)
        self.check(USAGE, "bogus", "--allow", "bogus 1", FIRST)

    def test_files(self):
        self.check(NO_INPUT, "/nonexistent", "/nonexistent")
        self.check(NO_INPUT, "directory", "/")
        self.check(DATA, __file__, __file__)
        self.check(DATA, "-", "-", input=b"")
        self.check(CONFIG, ":1:", "-f", __file__, FIRST)

    def test_missing_file_does_not_stop_the_next(self):
        whole = run("-q", FIRST).stdout
        self.assertEqual(whole, self.check(NO_INPUT, "/nonexistent",
                                           "/nonexistent", FIRST))

    def test_cut_file(self):
        """Everything before the damage is reported, and where it is said."""
        data = content()
        whole = run("-q", "--format", "csv", FIRST).stdout
        for cut in range(25, len(data), 97):
            done = run("-q", "--format", "csv", "-", input=data[:cut])
            self.assertTrue(whole.startswith(done.stdout))
            if done.returncode:
                self.assertEqual(done.returncode, DATA)
                self.assertRegex(done.stderr.decode(),
                                 r"packet \d+ at byte \d+: ")
                packet = int(done.stderr.split(b"packet ")[1].split()[0])
                self.assertEqual(self.packet_at(data, cut), packet)

    @staticmethod
    def packet_at(data, cut):
        """Number of the packet in which the file was cut."""
        at, number = 24, 1
        while True:
            end = at + 16 + struct.unpack_from("<I", data, at + 8)[0]
            if end > cut:
                return number
            at, number = end, number + 1

    def test_full_disk(self):
        with open("/dev/full", "wb") as full:
            done = subprocess.run([X0F, "pcap", "-q", FIRST], stdout=full,
                                  stderr=subprocess.PIPE)
        self.assertEqual(done.returncode, IO)
        self.assertIn(b"no space left", done.stderr)

    def test_reader_goes_away(self):
        command = "'%s' pcap -q - < '%s' | head -n 1" % (X0F, FIRST)
        done = subprocess.run(["bash", "-o", "pipefail", "-c", command],
                              stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        self.assertEqual(done.stderr, b"")
        self.assertEqual(done.stdout.count(b"\n"), 1)


class Streams(unittest.TestCase):
    def test_interrupt(self):
        """Ctrl-C ends the reading, not the reporting."""
        data = content()
        whole = run("-q", FIRST).stdout
        process = subprocess.Popen([X0F, "pcap", "-"], stdin=subprocess.PIPE,
                                   stdout=subprocess.PIPE,
                                   stderr=subprocess.PIPE)
        process.stdin.write(data)
        process.stdin.flush()
        got = os.read(process.stdout.fileno(), 1)  # the rest is buffered
        process.send_signal(signal.SIGINT)
        out, errors = process.communicate(timeout=60)
        self.assertEqual(whole, got + out)
        self.assertEqual(process.returncode, 0, errors)
        self.assertIn(b"42 packets", errors)

    def test_pipe_is_shown_as_it_comes(self):
        process = subprocess.Popen([X0F, "pcap", "-q", "-"],
                                   stdin=subprocess.PIPE,
                                   stdout=subprocess.PIPE)
        process.stdin.write(content())
        process.stdin.flush()
        os.set_blocking(process.stdout.fileno(), False)
        deadline, got = time.time() + 30, None
        while not got and time.time() < deadline:
            got = process.stdout.read()
            time.sleep(0.05)
        self.assertIn(b"[TCP SYN]", got)
        process.stdin.close()
        process.wait()

    def test_memory_is_constant(self):
        if SANITIZED:
            self.skipTest("sanitizers take memory of their own")
        data = content()
        body = data[24:] * 2500  # 105,000 packets
        process = subprocess.Popen([X0F, "pcap", "-q", "--format", "p0f",
                                    "-o", "/dev/null", "-"],
                                   stdin=subprocess.PIPE)
        process.stdin.write(data[:24])
        resident = []
        for _ in range(20):
            process.stdin.write(body)
            with open("/proc/%d/status" % process.pid) as status:
                resident += [int(line.split()[1]) for line in status
                             if line.startswith("VmRSS:")]
        process.stdin.close()
        self.assertEqual(process.wait(), 0)
        growth = max(resident) - resident[5]
        print("resident %d KiB, then %d KiB more" % (resident[5], growth))
        self.assertLess(growth, 1024)


if __name__ == "__main__":
    for need in (X0F, FIRST):
        if not os.path.exists(need):
            sys.exit("FAILED: there is no " + need)
    unittest.main(verbosity=1)
