#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""`x0f db check` and `x0f db test`: what is refused and where, what to do
about it, which lines can never match, and packets for all signatures.
"""
import os
import re
import subprocess
import sys
import tempfile
import time
import unittest

X0F = os.environ.get("X0F", "build/release/x0f")
SOURCE = os.environ.get("X0F_SOURCE", ".")
DATABASES = [os.path.join(SOURCE, "db", name)
             for name in ("x0f.fp", "legacy.fp")]
USAGE, NO_INPUT, CONFIG = 64, 66, 78
SANITIZED = "/asan/" in X0F or "/tsan/" in X0F

HEAD = "classes = unix\n[tcp:request]\n"
LINUX = "label = s:unix:Linux:1\n"
GENERIC = "label = g:unix:Any:\n"
LAYOUT = "mss,sok,ts,nop,ws"


def run(*arguments, **more):
    return subprocess.run([X0F, "db", *arguments], stdout=subprocess.PIPE,
                          stderr=subprocess.PIPE, timeout=120,
                          universal_newlines=True, **more)


class Files(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.TemporaryDirectory()

    def tearDown(self):
        self.folder.cleanup()

    def write(self, text, name="test.fp"):
        path = os.path.join(self.folder.name, name)
        with open(path, "w", newline="") as file:
            file.write(text)
        return path

    def check(self, text, *options):
        """Exit code and messages, without the path."""
        path = self.write(text)
        done = run("check", *options, path)
        return done.returncode, done.stdout.replace(path, "FILE"), [
            line.replace(path, "FILE") for line in done.stderr.splitlines()]


def warnings(messages):
    """{line: text} of the warnings."""
    found = {}
    for message in messages:
        match = re.match(r"x0f: FILE:(\d+):(\d+): warning: (.*)$", message)
        assert match, message
        found[int(match[1])] = match[3]
    return found


class Errors(Files):
    def refused(self, text, place, message, hint=None):
        code, out, messages = self.check(text)
        self.assertEqual(code, CONFIG)
        self.assertEqual(out, "")
        self.assertIn("x0f: FILE:%s: %s" % (place, message), messages[0])
        if hint is None:
            self.assertEqual(len(messages), 1, messages)
        else:
            self.assertEqual(len(messages), 2, messages)
            self.assertIn("x0f: FILE:%s: hint: " % place, messages[1])
            self.assertIn(hint, messages[1])

    def test_words(self):
        sig = "sig = *:64:0:*:mss*20,7:%s:%s:0\n"
        self.refused(HEAD + LINUX + sig % ("mss,sock,ts,nop,ws", "df"),
                     "4:29", "unknown tcp option", "did you mean 'sok'?")
        self.refused(HEAD + LINUX + sig % ("mss,sok,ts,nop,wsx", "df"),
                     "4:42", "malformed tcp options")
        self.refused(HEAD + LINUX + sig % (LAYOUT, "df,pusf+"),
                     "4:46", "unknown quirk", "did you mean 'pushf+'?")
        self.refused(HEAD + "lable = s:unix:Linux:\n", "3:1", "unknown key",
                     "did you mean 'label'?")
        self.refused(HEAD + LINUX + "sgi = *\n", "4:1", "unknown key",
                     "did you mean 'sig'?")
        self.refused("classes = unix\n[tpc:request]\n", "2:2",
                     "unknown module", "did you mean 'tcp'?")
        self.refused("classes = unix\n[tcp:requst]\n", "2:6",
                     "unknown direction", "did you mean")

    def test_habits(self):
        good = "sig = *:64:0:*:mss*20,7:%s:df:0" % LAYOUT
        self.refused(HEAD + LINUX + good + "\r\n", "4:46",
                     "payload class", "CR LF")
        self.refused(HEAD + LINUX + good + " \n", "4:46", "payload class",
                     "blanks at the end")
        self.refused(HEAD + LINUX + good.replace("64", "52+?") + "\n", "4:12",
                     "malformed signature", "initial TTL")
        self.refused(HEAD + "label = s:linux:Linux:\n", "3:11",
                     "unknown class 'linux'", "classes = ")
        self.refused(HEAD + LINUX + good.replace("*:64", "4:64") + "\n" +
                     good.replace("*:64", "4:64") + "\n", "5:7",
                     "signature is already covered by line 4",
                     "in front of it")

    def test_files(self):
        missing = os.path.join(self.folder.name, "missing.fp")
        for command in ("check", "test"):
            done = run(command, missing)
            self.assertEqual(done.returncode, NO_INPUT)
            self.assertEqual(len(done.stderr.splitlines()), 1, done.stderr)
            self.assertIn(missing, done.stderr)
            self.assertEqual(run(command, self.folder.name).returncode,
                             NO_INPUT)
        self.assertEqual(run("check").returncode, USAGE)
        self.assertEqual(run("test", self.write("nonsense\n")).returncode,
                         CONFIG)
        # the good one of two is checked all the same
        done = run("check", missing, DATABASES[0])
        self.assertEqual(done.returncode, NO_INPUT)
        self.assertIn(": ok, ", done.stdout)
        code, out, _ = self.check("")
        self.assertEqual(code, 0)
        self.assertIn("FILE: ok, 0 labels", out)


class Empty(Files):
    def test_no_signatures(self):
        for text in ("", "classes = unix\n", "[mtu]\nlabel = x\nsig = 9\n"):
            code, out, messages = self.check(text)
            self.assertEqual(code, 0)
            self.assertIn("warnings: 1\n", out)
            self.assertEqual(messages, ["x0f: FILE: warning: no tcp "
                                        "signatures, nothing can be named"])


class Shadows(Files):
    """Rows of (label or None, signature, the warning that it must get)."""

    def expect(self, rows, *options):
        text, number, wanted = HEAD, 2, {}
        for label, signature, warning in rows:
            if label:
                text += label
                number += 1
            text += "sig = %s\n" % signature
            number += 1
            if warning:
                wanted[number] = warning
        code, out, messages = self.check(text, *options)
        self.assertEqual(code, 0, messages)
        self.assertEqual(warnings(messages), wanted)
        if wanted:
            self.assertIn("; warnings: %d\n" % len(wanted), out)
        else:
            self.assertNotIn("warnings", out)

    def test_duplicates(self):
        same = "*:64:0:*:mss*20,7:%s:df,id+:0" % LAYOUT
        covered = "never matches: covered by line %d (%s)"
        self.expect([
            (LINUX, same, None),
            (None, same, covered % (4, "Linux 1")),
            (GENERIC, same, covered % (4, "Linux 1")),
            (None, same.replace("mss*20", "mss*10"), None),
            (None, same.replace("mss*20", "mss*10"), covered % (8, "Any")),
        ])

    def test_covered(self):
        wide = "*:64:0:*:*,*:%s:df,id+:*" % LAYOUT
        covered = "never matches: covered by line 4 (Linux 1)"
        self.expect([
            (LINUX, wide, None),
            (None, wide.replace("*,*", "8192,7"), covered),
            (None, wide.replace("*,*", "mss*20,*"), covered),
            (None, wide.replace("*,*", "%4096,*"), covered),
            (None, wide.replace("*:*,*", "1460:*,*"), covered),
            (None, wide[:-1] + "0", covered),
            # what is no part of it
            (None, wide.replace("64", "60"), None),
            (None, wide.replace("64", "128"), None),
            (None, wide.replace("id+", "id+,ecn"), None),
            (None, wide.replace("nop,ws", "ws,nop"), None),
            (None, wide.replace("64:0", "64:4"), None),
        ])

    def test_narrow_first(self):
        wide = "*:64:0:*:*,*:%s:df,id+:*" % LAYOUT
        self.expect([
            (LINUX, wide.replace("*:*,*", "1460:mss*20,7"), None),
            (None, wide.replace("*,*", "%1024,7")[:-1] + "0", None),
            (None, wide.replace("*,*", "%8192,7")[:-1] + "0",
             "never matches: covered by line 5 (Linux 1)"),
            (None, wide.replace("*,*", "mss*20,7"), None),
            (None, wide.replace("*,*", "29200,7"), None),
            (None, wide.replace("*:*,*", "1460:*,*"), None),
            (None, wide[:-1] + "+", None),
            (None, wide, None),
        ])

    def test_multiples(self):
        """20 * 1460 with this MSS is always mss*20, with another not."""
        self.expect([
            (LINUX, "*:64:0:*:mss*20,7:%s:df:0" % LAYOUT, None),
            (None, "*:64:0:1460:29200,7:%s:df:0" % LAYOUT,
             "never matches: covered by line 4 (Linux 1)"),
            (None, "*:64:0:*:29200,7:%s:df:0" % LAYOUT, None),
        ])

    def test_generic_before_specific(self):
        near = "never matches exactly: covered by line %d (Linux 1)"
        self.expect([
            (GENERIC, "*:64:0:1400:8192,0:mss:df:0", near % 6),
            (LINUX, "*:64:0:*:8192,0:mss:df:0", None),
            (GENERIC, "*:64:0:*:*,0:mss:df:0", None),
        ])

    def test_random_ttl(self):
        """A TTL above is refused by one and forgiven by the other."""
        near = "never matches exactly: covered by line 4 (Linux 1)"
        self.expect([
            (LINUX, "*:64-:0:*:8192,0:mss:df:0", None),
            (None, "*:64:0:*:8192,0:mss:df:0", near),
            (None, "*:60-:0:*:8192,0:mss:df:0",
             near.replace(" exactly", "")),
            (None, "*:65-:0:*:8192,0:mss:df:0", None),
        ])

    def test_versions(self):
        """Both sides must be covered; flow labels are a side of their own."""
        ipv4 = "4:64:0:*:8192,0:mss:df:0"
        ipv6 = "6:64:0:*:8192,0:mss::0"
        both = "*:64:0:*:8192,0:mss:df:0"
        self.expect([(GENERIC, ipv4, None), (None, both, None)])
        self.expect([(GENERIC, ipv4, None), (None, ipv6, None),
                     (None, both, None)])
        self.expect([(GENERIC, ipv4, None), (None, ipv6, None),
                     (None, both, "never matches: covered by line 4 (Any) "
                      "and, over ipv6, line 5 (Any)")], "--policy", "p0f")
        self.expect([(GENERIC, both, None),
                     (None, ipv4, "never matches: covered by line 4 (Any)"),
                     (None, ipv6, "never matches: covered by line 4 (Any)"),
                     (None, ipv6.replace("::0", ":flow:0"), None)],
                    "--policy", "p0f")

    def test_impossible(self):
        never = "never matches: "
        self.expect([
            (LINUX, "4:64:0:*:8192,0:mss:id+:0",
             never + "df, id+ and id- contradict each other"),
            (None, "*:64:0:*:8192,0:mss,ts,ts,ts,ts:df:0",
             never + "more than 40 bytes of tcp options"),
            (None, "*:64:0:*:8192,0:mss,nop:df:0",
             never + "tcp options do not fill words of four bytes"),
            (None, "6:64:0:99:mss*2,0:mss::0",
             never + "no window is this multiple of an mss or mtu"),
            # IPv4 alone can
            (None, "*:64:4:*:8192,0:mss:df:0", None),
        ])

    def test_mtu(self):
        code, _, messages = self.check(
            "[mtu]\nlabel = DSL\nsig = 1492\nsig   = 1500\n"
            "label = Ethernet\nsig = 1500\nsig = 1493\n")
        self.assertEqual(code, 0)
        self.assertEqual(messages[:-1], [
            "x0f: FILE:6:7: warning: never used: line 4 (DSL) has mtu 1500 "
            "already"])
        self.assertIn("no tcp signatures", messages[-1])

    def test_columns(self):
        text = HEAD + LINUX + "sig=4:64:0:*:1,0:mss:id+:0\n" \
            "  sig \t=  4:64:0:*:1,0:mss:id+:0\n"
        _, _, messages = self.check(text.replace("4:64:0:*:1", "4:60:0:*:2",
                                                 1))
        self.assertEqual([message.split(": ")[1] for message in messages],
                         ["FILE:4:5", "FILE:5:11"])

    def test_forged_name(self):
        path = self.write("nonsense\n", "a\nb.fp")
        self.assertEqual(len(run("check", path).stderr.splitlines()), 2)

    def test_many(self):
        text = HEAD + LINUX
        for number in range(5000):
            text += "sig = *:64:0:*:%d,*:%s:df:0\n" % (number * 13 + 1, LAYOUT)
        text += GENERIC + text[text.index("sig"):]
        begin = time.monotonic()
        code, _, messages = self.check(text)
        took = time.monotonic() - begin
        self.assertEqual(code, 0)
        found = warnings(messages)
        self.assertEqual(len(found), 5000)
        for line, warning in found.items():
            self.assertIn("line %d (" % (line - 5001), warning)
        if not SANITIZED:  # quadratic would be minutes
            self.assertLess(took, 10)


class Packets(Files):
    def test_builtin(self):
        for options in ((), ("--policy", "p0f"), DATABASES,
                        ("-f", DATABASES[1], "-f", DATABASES[0]),
                        ("-F", DATABASES[1])):
            done = run("test", *options)
            self.assertEqual((done.returncode, done.stderr), (0, ""), options)
            *shadows, counts = done.stdout.splitlines()
            match = re.match(r"(\d+) signatures: (\d+) match their packets, "
                             r"(\d+) shadowed, 0 failed$", counts)
            self.assertTrue(match, counts)
            total, good, shadowed = map(int, match.groups())
            self.assertEqual(total, good + shadowed)
            self.assertGreater(total, 500)
            self.assertLess(shadowed, total // 2)
            places = {line.split(": ")[0] for line in shadows}
            self.assertEqual(len(places), shadowed)
            for line in shadows:
                self.assertRegex(line, r"^\S+\.fp:\d+: shadowed (over ipv[46] "
                                       r")?by \S+\.fp:\d+ \(.+\)$")

    def test_one_by_itself(self):
        """Alone in a file, no signature is shadowed by another file's."""
        signatures = []
        for line in run("list").stdout.splitlines():
            kind, label, signature, *_ = line.split("\t")
            if kind in ("syn", "syn+ack") and ":!:" not in label:
                signatures.append((kind, signature))
        self.assertGreater(len(signatures), 400)
        for kind, signature in signatures[::25]:
            section = "request" if kind == "syn" else "response"
            path = self.write("classes = unix\n[tcp:%s]\n%ssig = %s\n" %
                              (section, LINUX, signature))
            done = run("test", path)
            self.assertEqual(done.returncode, 0, done.stderr)
            self.assertEqual(done.stdout, "1 signatures: 1 match their "
                             "packets, 0 shadowed, 0 failed\n", signature)

    def test_shadow(self):
        path = self.write(HEAD + GENERIC + "sig = *:64:0:*:*,*:%s:df:0\n"
                          "sig = *:64:0:*:mss*9,7:%s:df:0\n"
                          "sig = 6:64:0:*:512,0:mss::0\n"
                          "sig = *:64:0:*:512,0:mss:df:0\n" %
                          (LAYOUT, LAYOUT))
        done = run("test", path, "--policy", "p0f")
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertEqual(done.stdout.replace(path, "FILE"),
                         "FILE:5: shadowed by FILE:4 (Any)\n"
                         "FILE:7: shadowed over ipv6 by FILE:6 (Any)\n"
                         "4 signatures: 2 match their packets, 2 shadowed, "
                         "0 failed\n")
        # a flow label makes the difference, unless policy is p0f
        self.assertIn(" 3 match", run("test", path).stdout)

    def test_failure(self):
        path = self.write(HEAD + LINUX + "sig = 4:64:0:*:512,0:mss:id+:0\n"
                          "sig = 4:64:0:*:512,0:mss:df:0\n")
        done = run("test", path)
        self.assertEqual(done.returncode, CONFIG)
        self.assertEqual(done.stderr.replace(path, "FILE"),
                         "x0f: FILE:4: no packet can match it: df, id+ and "
                         "id- contradict each other\n")
        self.assertEqual(done.stdout, "2 signatures: 1 match their packets, "
                         "0 shadowed, 1 failed\n")

    def test_full_device(self):
        if not os.path.exists("/dev/full"):
            self.skipTest("no /dev/full")
        with open("/dev/full", "w") as full:
            done = subprocess.run([X0F, "db", "test"], stdout=full,
                                  stderr=subprocess.PIPE)
        self.assertEqual(done.returncode, 74)


if __name__ == "__main__":
    unittest.main(argv=[sys.argv[0]])
