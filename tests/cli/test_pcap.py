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


def wait_for_read(process):
    """Until it waits for input, so that its signals are watched; where the
    kernel does not tell, 3 s have to do."""
    path = "/proc/%d/wchan" % process.pid
    deadline = time.time() + 3
    while time.time() < deadline:
        with open(path) as file:
            if "pipe" in file.read():
                return
        time.sleep(0.02)


def feed(pipe, data):
    """Into a pipe that does not block, until nobody takes more for 2 s."""
    deadline = time.time() + 2
    while data and time.time() < deadline:
        try:
            data = data[os.write(pipe, data):]
            deadline = time.time() + 2
        except BlockingIOError:
            time.sleep(0.02)


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
        whole = run("-q", "--format", "csv", "-", input=data).stdout
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

    def test_reader_goes_away_early(self):
        """The summary does not pass for one of the whole file."""
        data = content()
        with tempfile.NamedTemporaryFile() as file:
            file.write(data[:24] + data[24:] * 3000)
            file.flush()
            done = subprocess.run(["bash", "-o", "pipefail", "-c",
                                   "'%s' pcap '%s' | head -n 1" %
                                   (X0F, file.name)],
                                  stdout=subprocess.PIPE,
                                  stderr=subprocess.PIPE)
        self.assertEqual(done.returncode, 0)
        self.assertRegex(done.stderr, rb"\Ax0f: stopped early: \d+ packets")
        self.assertEqual(done.stderr.count(b"\n"), 1)

    def test_nothing_read_overwrites_nothing(self):
        with tempfile.TemporaryDirectory() as folder:
            kept = os.path.join(folder, "keep.txt")
            new = os.path.join(folder, "new.txt")
            missing = os.path.join(folder, "nofile.pcap")
            with open(kept, "w") as file:
                file.write("keep" * 10000)
            for form in FORMATS:
                for path in kept, new:
                    self.check(NO_INPUT, "nofile.pcap", "-o", path,
                               "--format", form, missing)
                self.check(DATA, __file__, "-o", kept, __file__)
            self.assertEqual(os.path.getsize(kept), 40000)
            self.assertEqual(os.path.getsize(new), 0)
            whole = run("-q", "--format", "csv", FIRST).stdout
            self.check(NO_INPUT, "nofile.pcap", "-o", kept, "--format", "csv",
                       missing, FIRST)
            with open(kept, "rb") as file:
                self.assertEqual(file.read(), whole)

    def test_expression_without_quotes(self):
        for words in (["tcp"], ["tcp", "port", "22"], [FIRST, "host", "::1"]):
            out = self.check(USAGE, "put the expression into quotes or use "
                             "--filter", FIRST, *words)
            self.assertEqual(out, b"")
        done = run("-q", FIRST, "tcp", "port", "22")
        self.assertIn(b"'tcp'", done.stderr)
        # these look like paths, and may be missing for other reasons
        for path in ("missing.pcap", "./missing"):
            self.assertEqual(self.check(NO_INPUT, path, FIRST, path),
                             run("-q", FIRST).stdout)
        self.check(NO_INPUT, "missing", "missing")

    def test_file_that_begins_with_a_dash(self):
        advice = "a file name that begins with - is written ./%s"
        with tempfile.TemporaryDirectory() as folder:
            for name in ("-x.pcap", "-qx.pcap", "--x.pcap"):
                def ask():
                    return subprocess.run(
                        [os.path.abspath(X0F), "pcap", name], cwd=folder,
                        stdout=subprocess.PIPE, stderr=subprocess.PIPE)
                self.assertNotIn(b"./", ask().stderr)
                open(os.path.join(folder, name), "w").close()
                done = ask()
                self.assertEqual(done.returncode, USAGE)
                self.assertIn((advice % name).encode(), done.stderr)
                self.assertEqual(done.stderr.count(b"\n"), 1)

    def test_no_signatures(self):
        with tempfile.NamedTemporaryFile(suffix=".fp") as empty:
            done = run("-f", empty.name, FIRST)
            whole = run("-q", "-f", empty.name, "-F",
                        os.path.join(SOURCE, "db", "x0f.fp"), FIRST)
        lines = done.stderr.decode().splitlines()
        self.assertEqual(done.returncode, 0)
        self.assertEqual(len(lines), 2, lines)
        self.assertEqual(lines[0], "x0f: %s: warning: no tcp signatures, "
                         "nothing can be named" % empty.name)
        self.assertIn("15 syn (0 labelled)", lines[1])
        self.assertEqual(whole.stderr, b"")

    def test_one_packet(self):
        data = content()
        end = 24 + 16 + struct.unpack_from("<I", data, 32)[0]
        self.assertIn(b"x0f: 1 packet: ", run("-", input=data[:end]).stderr)
        self.assertIn(b"x0f: 0 packets: ", run("-", input=data[:24]).stderr)


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
        self.assertIn(b"x0f: interrupted: 42 packets: ", errors)

    def test_interrupt_before_any_packet(self):
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            with tempfile.NamedTemporaryFile() as kept:
                kept.write(b"keep")
                kept.flush()
                process = subprocess.Popen([X0F, "pcap", "-o", kept.name, "-"],
                                           stdin=subprocess.PIPE,
                                           stderr=subprocess.PIPE)
                wait_for_read(process)
                process.send_signal(number)
                process.wait(timeout=60)
                errors = process.stderr.read()
                process.stdin.close()
                process.stderr.close()
                self.assertEqual(process.returncode, 0, errors)
                self.assertIn(b"x0f: interrupted: 0 packets: ", errors)
                with open(kept.name, "rb") as file:
                    self.assertEqual(file.read(), b"keep")

    def test_second_interrupt(self):
        """Ends at once, even where the output cannot be written."""
        process = subprocess.Popen([X0F, "pcap", "-"], stdin=subprocess.PIPE,
                                   stdout=subprocess.PIPE,
                                   stderr=subprocess.PIPE)
        data = content()
        os.set_blocking(process.stdin.fileno(), False)
        feed(process.stdin.fileno(), data[:24] + data[24:] * 500)
        process.send_signal(signal.SIGINT)
        time.sleep(0.2)
        process.send_signal(signal.SIGINT)
        self.assertEqual(process.wait(timeout=60), 130)
        for stream in (process.stdin, process.stdout, process.stderr):
            stream.close()

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
