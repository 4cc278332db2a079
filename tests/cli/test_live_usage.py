#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""What `x0f live` and `x0f status` refuse before they touch anything: one line
that names the word and the cure, and the exit code. Needs no rights: as root
it gives them away.
"""
import os
import pwd
import shutil
import stat
import subprocess
import sys
import tempfile
import unittest

X0F = os.path.abspath(os.environ.get("X0F", "build/release/x0f"))
USAGE, NO_INPUT, UNAVAILABLE, IO, NO_RIGHTS, CONFIG = 64, 66, 69, 74, 77, 78

# A copy that everybody may run, wherever the build lies.
FOLDER = tempfile.TemporaryDirectory()
os.chmod(FOLDER.name, 0o755)
PROGRAM = os.path.join(FOLDER.name, "x0f")
shutil.copy(X0F, PROGRAM)
os.chmod(PROGRAM, 0o755)


def run(*arguments, command="live"):
    """As nobody."""
    nobody = {}
    if os.geteuid() == 0:
        entry = pwd.getpwnam("nobody")
        nobody = {"user": entry.pw_uid, "group": entry.pw_gid,
                  "extra_groups": []}
    return subprocess.run([PROGRAM, command, *arguments],
                          stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                          stdin=subprocess.DEVNULL, cwd="/", timeout=60,
                          **nobody)


class Usage(unittest.TestCase):
    def refuse(self, code, words, *arguments):
        done = run(*arguments)
        text = done.stderr.decode()
        self.assertEqual(done.returncode, code, text)
        self.assertEqual(text.count("\n"), 1, text)
        self.assertTrue(text.startswith("x0f: "), text)
        for word in words if isinstance(words, tuple) else (words,):
            self.assertIn(word, text)
        self.assertEqual(done.stdout, b"")

    def test_operands(self):
        self.refuse(USAGE, ("no interface", "interface = "))
        self.refuse(USAGE, ("lo", "given twice"), "lo", "x0", "lo")
        self.refuse(USAGE, "no name of an interface", "a234567890123456")
        self.refuse(USAGE, "no name of an interface", "a/b")
        self.refuse(USAGE, "no name of an interface", "")
        self.refuse(USAGE, "65 interfaces", *map(str, range(65)))

    def test_expressions(self):
        self.refuse(USAGE, ("'tcp'", "into quotes", "--filter"),
                    "lo", "tcp", "port", "80")
        self.refuse(USAGE, ("--filter 'tcp prt 80'", "syntax"),
                    "--filter", "tcp prt 80", "lo")
        self.refuse(USAGE, ("'tcp prt 80'", "syntax"), "lo", "tcp prt 80")
        self.refuse(USAGE, "one expression is enough", "--filter", "tcp",
                    "lo", "tcp port 80")

    def test_rules(self):
        self.refuse(USAGE, ("--allow 'prt 80'", "column 1"),
                    "--allow", "prt 80", "lo")
        self.refuse(USAGE, ("--deny 'net 1.2.3'", "column 5"),
                    "--deny", "net 1.2.3", "lo")

    def test_sizes(self):
        for option, mode, least, most in (("--frames", "tap", 64, 65536),
                                          ("--header-ring", "inline", 4,
                                           65536),
                                          ("--ring", "inline", 64, 1 << 22)):
            for size, advice in ((least - 1, least), (least + 1, least),
                                 (most - 1, most // 2)):
                self.refuse(USAGE, (f"{option} {size}: must be a power of two",
                                    f"try {advice}\n"),
                            "-c", mode, option, str(size), "lo")
            self.refuse(USAGE, option, "-c", mode, option, str(2 * most), "lo")
            self.refuse(USAGE, option, "-c", mode, option, "0", "lo")
            # a good one comes as far as the rights
            self.refuse(NO_RIGHTS, "sudo", "-c", mode, option, str(least),
                        "lo")
        self.refuse(USAGE, "--workers", "--workers", "65", "lo")
        self.refuse(USAGE, "--rate-limit", "--rate-limit", "-1", "lo")

    def test_modes(self):
        for option in (["--pass-rest"], ["--bind", "copy"],
                       ["--frames", "64"]):
            for mode in ([], ["-c", "inline"]):
                self.refuse(USAGE, f"{option[0]} needs --capture tap",
                            *mode, *option, "lo")
        for option in (["--hook", "tcx"], ["--header-ring", "64"]):
            self.refuse(USAGE, f"{option[0]} needs --capture inline",
                        "-c", "tap", *option, "lo")
        self.refuse(USAGE, "inline, tap", "-c", "both", "lo")

    def test_quiet(self):
        for option in (["--format", "json"], ["-o", "/tmp/x"], ["--new"],
                       ["--only", "syn"], ["--rate-limit", "0"]):
            self.refuse(USAGE, "--quiet prints no findings", "-q", *option,
                        "lo")

    def test_names(self):
        for name in ("", "a b", "../x", ".x", "x.sock", "ä", "x" * 64):
            self.refuse(USAGE, "no name for a sensor", "--name", name, "lo")
        self.refuse(USAGE, "give --name", "eth0:1")
        self.refuse(NO_RIGHTS, "sudo", "--name", "x" * 63, "lo")
        self.refuse(USAGE, ("--run-dir", "too long"),
                    "--run-dir", "/" + "x" * 104, "lo")

    def test_rights(self):
        self.refuse(NO_RIGHTS, ("CAP_NET_ADMIN", "sudo", "AmbientCap"), "lo")

    def test_help_teaches(self):
        text = " ".join(run("--help").stdout.decode().split())
        self.assertIn("tap consumes packets", text)
        self.assertIn("x0f detach IFACE", text)


class Output(unittest.TestCase):
    """Needs root, or it would not come so far."""

    def setUp(self):
        if os.geteuid():
            self.skipTest("not root")
        self.folder = tempfile.TemporaryDirectory()
        self.addCleanup(self.folder.cleanup)

    def live(self, *arguments):
        return subprocess.run([X0F, "live", "--run-dir", self.folder.name,
                               *arguments], stdout=subprocess.PIPE,
                              stderr=subprocess.PIPE, timeout=60)

    def test_interface(self):
        done = self.live("x0f-nosuch")
        self.assertEqual(done.returncode, NO_INPUT, done.stderr)
        self.assertIn(b"x0f-nosuch: no such", done.stderr)

    def test_output(self):
        done = self.live("-o", "/nonexistent/x", "x0f-nosuch")
        self.assertEqual(done.returncode, IO, done.stderr)
        self.assertIn(b"/nonexistent/x: cannot write", done.stderr)

    def test_nothing_is_erased(self):
        path = os.path.join(self.folder.name, "results.csv")
        with open(path, "w") as file:
            file.write("kept\n")
        self.live("-o", path, "--format", "csv", "x0f-nosuch")
        with open(path) as file:
            self.assertEqual(file.read(), "kept\n")

    def test_pipe_without_reader(self):
        """A named pipe must not keep the sensor from complaining."""
        path = os.path.join(self.folder.name, "pipe")
        os.mkfifo(path)
        self.assertTrue(stat.S_ISFIFO(os.stat(path).st_mode))
        done = self.live("-o", path, "x0f-nosuch")
        self.assertEqual(done.returncode, NO_INPUT, done.stderr)


class Status(unittest.TestCase):
    def test_nobody_may_ask(self):
        done = run("--run-dir", FOLDER.name, command="status")
        self.assertEqual(done.returncode, 3)
        self.assertTrue(done.stdout.startswith(b"UNKNOWN - "), done.stdout)

    def test_no_right(self):
        with tempfile.TemporaryDirectory() as folder:
            os.chmod(folder, 0o755)
            with open(os.path.join(folder, "s0"), "w"):
                os.chmod(os.path.join(folder, "s0"), 0)
            done = run("--run-dir", folder, command="status")
        self.assertEqual(done.returncode, 3)
        self.assertIn(b"UNKNOWN - s0: no right to read its results",
                      done.stdout)
        self.assertIn(b"--group", done.stdout)

    def test_broken_output(self):
        with open("/dev/full", "w") as full:
            done = subprocess.run([X0F, "status", "--run-dir", FOLDER.name],
                                  stdout=full, stderr=subprocess.PIPE)
        self.assertEqual(done.returncode, 3)
        self.assertIn(b"no space left", done.stderr)


if __name__ == "__main__":
    unittest.main(verbosity=1)
