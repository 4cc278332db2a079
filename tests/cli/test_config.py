#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""The configuration of services: each mistake in a file is told with its line
and what would be right, all of them at once; what --dump-config prints reads
back as the same; the packaged file has every key. With --write the packaged
file is made anew.
"""
import os
import re
import subprocess
import sys
import tempfile
import unittest

X0F = os.path.abspath(os.environ.get("X0F", "build/release/x0f"))
SOURCE = os.environ.get("X0F_SOURCE", os.path.dirname(os.path.dirname(
    os.path.dirname(os.path.abspath(__file__)))))
PACKAGED = os.path.join(SOURCE, "scripts", "deploy", "x0f.conf")
USAGE, NO_INPUT, NO_RIGHTS, CONFIG = 64, 66, 77, 78
SERVICES = ("live", "exporter")

HEAD = """\
# /etc/x0f/x0f.conf: the services of x0f, see x0f.conf(5).
#
# [live] is for all sensors, a section such as [live eth0] for the sensor of
# that name, over it. A comment begins a line. Flags are yes or no; what may be
# repeated is written in several lines. The environment (X0F_RATE_LIMIT for
# rate-limit) is stronger than this file, the command line strongest. What
# stands here behind # is the default, or, in capitals, what would be named.
#
#     x0f live --config /etc/x0f/x0f.conf --check-config    after each change
#     x0f live --config /etc/x0f/x0f.conf --dump-config     what holds, and why
#
# It is read when a service starts: restart it after a change. The units say
# themselves where results are kept, run-dir is for other starts.

"""

# What the file holds, what is said behind "FILE:", a word for each fix.
MISTAKES = [
    # sections
    ("[lvie]", ":1: unknown section [lvie], did you mean [live]?"),
    ("[sensor]", ":1: unknown section [sensor], there are [live], "),
    ("[]", ":1: unknown section [], there are [live], "),
    ("[live", ":1: no ] behind the name"),
    ("[live] # all", ":1: ' # all' behind the name of a section: put it on"),
    ("[live a/b]", ":1: [live a/b]: 'a/b' is no name of a sensor: up to 63 "),
    ("[live a b]", ":1: [live a b]: 'a b' is no name of a sensor"),
    ("[live .a]", ":1: [live .a]: '.a' is no name"),
    ("[live " + "a" * 64 + "]", " is no name of a sensor"),
    ("[live]\n[live a]\n[live]", ":3: section [live] again, it began in "
     "line 1"),
    ("[live a]\n\n[live a]", ":3: section [live a] again, it began in line 1"),
    ("[live  a]\n\n[ live\ta ]", ":3: section [live\ta] again, it began"),
    ("ring = 64\n[live]", ":1: 'ring = 64' stands in no section: begin with "
     "[live]"),
    # keys
    ("[live]\nformt = json", ":2: unknown key formt, did you mean format?"),
    ("[live]\nrate_limit = 0", ":2: unknown key rate_limit, did you mean "
     "rate-limit?"),
    ("[live]\nFormat = json", ":2: unknown key Format, did you mean format?"),
    ("[live]\nxyzzy = 1", ":2: unknown key xyzzy, see x0f live --help"),
    ("[live]\n--ring = 64", ":2: unknown key --ring: write ring"),
    ("[live]\nq = yes", ":2: unknown key q: write quiet"),
    ("[live]\nlisten = [::]:1", ":2: listen is a key of [exporter], not of "
     "[live]"),
    ("[exporter]\nring = 64", ":2: ring is a key of [live], not of "
     "[exporter]"),
    ("[live]\npacket = 1", ":2: packet is an option of other commands, not "
     "of x0f live"),
    ("[live]\nconfig = x", ":2: config can be given on the command line only"),
    ("[live]\nhelp = yes", ":2: help can be given on the command line only"),
    ("[live]\nring = 64\nring = 64", ":3: ring: given twice, first in line 2"),
    ("[live a]\nname = b", ":2: name: this section is already of the sensor"),
    ("[live]\n= json", ":2: no key in front of ="),
    # lines
    ("[live]\nquiet", ":2: no = in this line: write quiet = yes"),
    ("[live]\nformat json", ":2: no = in this line: write key = value, or #"),
    ("[live]\nformat: json", ":2: no = in this line"),
    ("[live]\noutput =", ":2: output: no value: write one, or leave the"),
    ("[live]\noutput = \"x\"", ":2: output: quotes are not taken off here"),
    ("[live]\nallow = 'syn'", ":2: allow: quotes are not taken off here"),
    ("[live]\noutput = x # y", ":2: output: a comment needs a line of its"),
    ("[live]\nformat = json ; y", ":2: format: a comment needs a line of its"),
    ("[live]\noutput = a\x01b", ":2: output: a control character"),
    ("[live]\noutput = a\0b", ":2: a NUL byte in column 11: is this a text"),
    (b"[live]\noutput = \xe4", ":2: no UTF-8 in column 10: save the file as"),
    (b"[live]\noutput = \xed\xa0\x80", ":2: no UTF-8 in column 10"),
    (b"\xef\xbb\xbf[live]", ":1: a byte order mark: save the file without"),
    ("[live]\noutput = " + "x" * 5000, ":2: a line of 5009 bytes: there may "
     "be 4096"),
    # values
    ("[live]\nformat = jsn", ":2: format: 'jsn' is not one of: text, p0f, "),
    ("[live]\nonly = syn,mut", ":2: only: 'mut' is not one of: syn, "),
    ("[live]\nquiet = true", ":2: quiet: 'true' is neither yes nor no"),
    ("[live]\nring = many", ":2: ring: 'many' is not a number from 1 to "),
    ("[live]\nring = 0", ":2: ring: '0' is not a number from 1 to "),
    ("[live]\nring = 100", ":2: ring 100: must be a power of two, 64 or "
     "more: try 64"),
    ("[live]\nrate-limit = -1", ":2: rate-limit: '-1' is not a number from 0"),
    ("[live]\nworkers = 65", ":2: workers: '65' is not a number from 1 to 64"),
    ("[live]\n" + "interface = a\n" * 65, ":66: interface: given more than 64 "
     "times"),
    # what only the sensor can see, in whose section ever
    ("[live]\nallow = syn\nallow = prt 80", ":3: allow 'prt 80': column 1, "),
    ("[live]\nfilter = tcp prt 80", ":2: filter 'tcp prt 80': "),
    ("[live]\nname = a b", ":2: name 'a b' is no name for a sensor: give "),
    ("[live]\ninterface = a\ninterface = a/b", ":3: interface 'a/b': no name "
     "of an interface"),
    ("[live]\ninterface = a\ninterface = a", ":3: interface a: given twice"),
    ("[live]\nframes = 64", ":2: frames needs --capture tap"),
    ("[live]\ncapture = tap\nhook = tcx", ":3: hook needs --capture inline"),
    ("[live]\nquiet = yes\nformat = json", ":2: quiet prints no findings, so "),
    ("[live]\nuser = x0f-nobody", ":2: user x0f-nobody: no such user"),
    ("[live]\ngroup = x0f-nobody", ":2: group x0f-nobody: no such group"),
    ("[live]\ndatabase = /nonexistent/x.fp", ":2: database "
     "/nonexistent/x.fp: cannot read signature database: no such file"),
    ("[live]\nrun-dir = /" + "x" * 120, ":2: run-dir /xxx"),
    ("[live b]\nallow = prt 80", ":2: allow 'prt 80': column 1, "),
    ("[live a]\n[live b]\npass-rest = yes", ":3: pass-rest needs --capture "),
    # of the other service
    ("[exporter]\nlisten = nonsense", ":2: listen: 'nonsense' is no ADDRESS:"),
    ("[exporter a]\nlisten = 1.2.3.4", ":2: listen: '1.2.3.4' is no "),
]


def run(*arguments, environment=None, text=None):
    clean = {key: value for key, value in os.environ.items()
             if not key.startswith("X0F_")}
    clean.update(environment or {})
    return subprocess.run([X0F, *arguments], stdout=subprocess.PIPE,
                          stderr=subprocess.PIPE, env=clean, timeout=60,
                          input=text or b"")


def dump(*arguments, environment=None, text=None):
    done = run(*arguments, "--dump-config", environment=environment, text=text)
    assert done.returncode == 0, done.stderr
    return done.stdout.decode()


def values(text):
    """What is in force: the lines that are no comments."""
    return [line for line in text.splitlines() if line and line[0] != "#"]


def keys(text):
    """All keys of a dump, with their defaults, in the order of the file."""
    return re.findall(r"^#?([a-z-]+ = .*|\[[a-z]+\])$", text, re.M)


class Config(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = folder.name
        self.path = os.path.join(folder.name, "x0f.conf")

    def write(self, text):
        with open(self.path, "wb") as file:
            file.write(text if isinstance(text, bytes) else text.encode())

    def test_mistakes(self):
        for text, message in MISTAKES:
            with self.subTest(text=text[:60]):
                self.write(text)
                for service in SERVICES:
                    self.check_mistake(service, message)

    def check_mistake(self, service, message):
        done = run(service, "--config", self.path, "--check-config")
        error = done.stderr.decode()
        self.assertEqual(done.returncode, CONFIG, error)
        self.assertEqual(done.stdout, b"")
        self.assertTrue(error.startswith(f"x0f: {self.path}:"), error)
        self.assertIn(message.replace("\t", "?"), error)
        self.assertEqual(error.count("\n"), 1, error)

    def test_mistakes_stop_the_sensor(self):
        self.write("[exporter]\nlisen = x\n")
        done = run("live", "--config", self.path, "x0f-nosuch")
        self.assertEqual(done.returncode, CONFIG)
        self.assertIn(b"did you mean listen", done.stderr)

    def test_all_are_told(self):
        self.write("[live]\nx1 = 1\nring = 64\nring = 65\n[exporter]\nx2 = 2\n"
                   "[live a]\nformat = x3\n")
        done = run("live", "--config", self.path, "--check-config")
        lines = [int(line.split(":")[2])
                 for line in done.stderr.decode().splitlines()]
        self.assertEqual(lines, [2, 4, 6, 8])

    def test_a_file_that_is_none(self):
        self.write(os.urandom(1 << 16).replace(b"\0", b"\n"))
        done = run("live", "--config", self.path)
        self.assertEqual(done.returncode, CONFIG)
        self.assertLess(done.stderr.count(b"\n"), 60)
        self.write("#\n" * (1 << 20))
        done = run("live", "--config", self.path)
        self.assertEqual(done.returncode, CONFIG)
        self.assertIn(b"larger than", done.stderr)

    def test_no_file(self):
        done = run("live", "--config", self.path)
        self.assertEqual(done.returncode, NO_INPUT)
        self.assertIn(f"{self.path}: cannot read", done.stderr.decode())
        done = run("live", "--config", self.folder)
        self.assertEqual(done.returncode, NO_INPUT)
        self.assertIn(b"is a directory", done.stderr)
        done = run("live", "--config", self.path, "--config", self.path)
        self.assertEqual(done.returncode, USAGE)

    def test_no_permission(self):
        if os.geteuid():
            self.skipTest("not root, who becomes somebody else")
        self.write("[live]\n")
        os.chmod(self.path, 0)
        os.chmod(self.folder, 0o755)
        program = os.path.join(self.folder, "x0f")
        subprocess.run(["install", "-m", "755", X0F, program], check=True)
        done = subprocess.run([program, "live", "--config", self.path],
                              stderr=subprocess.PIPE, user=65534)
        self.assertEqual(done.returncode, NO_RIGHTS, done.stderr)

    def test_environment(self):
        done = run("live", "x", "--check-config",
                   environment={"X0F_CAPTURE": "tpa"})
        self.assertEqual(done.returncode, CONFIG)
        self.assertEqual(done.stderr.decode(), "x0f: environment X0F_CAPTURE: "
                         "'tpa' is not one of: inline, tap\n")
        for name, value, words in (
                ("X0F_RING", "100", "environment X0F_RING 100: must be a pow"),
                ("X0F_ALLOW", "syn; prt 80", "environment X0F_ALLOW 'prt 80'"),
                ("X0F_FRAMES", "64", "environment X0F_FRAMES needs --capture"),
                ("X0F_CONFIG", self.path, "cannot read the configuration")):
            done = run("live", "x", "--check-config",
                       environment={name: value})
            self.assertEqual(done.returncode,
                             NO_INPUT if name == "X0F_CONFIG" else CONFIG)
            self.assertIn(words, done.stderr.decode())
        self.assertEqual(self.told({"X0F_FORMATT": "x"}),
                         "x0f: warning: environment X0F_FORMATT: no such "
                         "option, did you mean X0F_FORMAT?\n")
        self.assertIn("did you mean X0F_RATE_LIMIT?",
                      self.told({"X0F_RATELIMIT": "5"}))
        self.assertEqual(self.told({"X0F_RATELIMIT": "", "X0F_LISTEN": "x",
                                    "X0F_BUILD": "x", "X0F_PACKET": "1",
                                    "X0F_": "1", "X0F_SHARED": "x"}), "")
        # empty is not set; what we do not know is another's
        done = run("live", "x", "--check-config",
                   environment={"X0F_CAPTURE": "", "X0F_SOURCE": "."})
        self.assertEqual(done.returncode, 0, done.stderr)

    def told(self, environment):
        done = run("live", "x", "--check-config", environment=environment)
        self.assertEqual(done.returncode, 0, done.stderr)
        return done.stderr.decode()

    def test_no_section_of_this_name(self):
        """A note, no mistake: [live] may be all that it needs."""
        self.write("[live]\n[live a]\nring = 64\n")
        note = (f"x0f: {self.path}: no section [live b], so that [live] "
                "alone holds\n")
        for name, text in (("a", ""), ("b", note)):
            done = run("live", "--config", self.path, "--name", name,
                       "--check-config")
            self.assertEqual((done.returncode, done.stderr.decode()),
                             (0, text))
        # it is not the name that was typed, or there are no such sections
        done = run("live", "--config", self.path, "b", "--check-config")
        self.assertEqual((done.returncode, done.stderr), (0, b""))
        self.write("[live]\n")
        done = run("live", "--config", self.path, "--name", "b",
                   "--check-config")
        self.assertEqual((done.returncode, done.stderr), (0, b""))

    def test_only_services(self):
        self.write("[live]\nformat = json\n")
        capture = os.path.join(SOURCE, "tests", "data", "first.pcap")
        plain = run("pcap", capture)
        other = run("pcap", capture, environment={
            "X0F_FORMAT": "nonsense", "X0F_CONFIG": self.path})
        self.assertEqual(plain.returncode, 0)
        self.assertEqual(plain.stdout, other.stdout)
        self.assertEqual(run("pcap", "--config", self.path,
                             capture).returncode, USAGE)

    def test_good(self):
        self.write("[live]\r\n; x\r\nring = 64\r\ndatabase = "
                   + os.path.join(SOURCE, "db", "x0f.fp")
                   + "\r\n[live x0f-nosuch]\r\ncapture = tap\r\nframes=64")
        done = run("live", "x0f-nosuch", "--config", self.path,
                   "--check-config")
        self.assertEqual(done.stdout.decode(),
                         f"{self.path} is good, options set: [live] 2, "
                         "[live x0f-nosuch] 2\n")
        self.assertEqual((done.returncode, done.stderr), (0, b""))
        done = run("live", "--check-config", environment={"X0F_RING": "64"})
        self.assertEqual(done.stdout.decode(), "the configuration is good: "
                         "1 option, no interface yet\n")
        done = run("exporter", "--config", self.path, "--check-config")
        self.assertEqual(done.returncode, 0, done.stderr)
        done = run("live", "--config", "-", "--check-config",
                   text=b"[live]\nring = 1\n")
        self.assertIn(b"standard input:2: ring 1:", done.stderr)

    def test_all_mistakes(self):
        """What only --check-config finds is told at once, too."""
        self.write("[live]\ndeny = port 99999\nfilter = tcp and and\n"
                   "database = /x0f-nosuch\nuser = x0f-nosuch\n"
                   "frames = 64\n")
        done = run("live", "--config", self.path, "--check-config")
        self.assertEqual(done.returncode, CONFIG)
        for line in range(2, 7):
            self.assertIn(f"{self.path}:{line}: ", done.stderr.decode())

    def test_two_sensors(self):
        self.write("[live x0f-a]\nring = 64\n[live x0f-b]\nring = 64\n")
        done = run("live", "--config", self.path)
        self.assertEqual(done.returncode, CONFIG)
        self.assertIn("has sections for x0f-a, x0f-b: choose one by --name",
                      done.stderr.decode())
        done = run("live", "--config", self.path, "x0f-a", "x0f-b",
                   "--netns", "x0f-nosuch")
        self.assertIn("[live x0f-b] is not used, the sensor is called x0f-a",
                      done.stderr.decode())

    def test_bad_database(self):
        database = os.path.join(self.folder, "x.fp")
        with open(database, "w") as file:
            file.write("classes = win\n[tcp:requst]\n")
        self.write(f"[live]\ndatabase = {database}\n")
        done = run("live", "--config", self.path, "--check-config")
        self.assertEqual(done.returncode, CONFIG)
        self.assertIn(f"{database}:2:", done.stderr.decode())

    def test_no_interface(self):
        self.write("[live]\n")
        done = run("live", "--config", self.path)
        self.assertEqual(done.returncode, CONFIG)
        self.assertIn(f"interface = ... in {self.path}", done.stderr.decode())
        self.assertEqual(run("live").returncode, USAGE)
        # what x0f@x0f-nosuch.service says: the name is that of the interface
        done = run("live", "--config", self.path, "--name", "x0f-nosuch",
                   "--check-config")
        self.assertEqual(done.stdout.decode(),
                         f"{self.path} is good: 1 option\n")

    def test_flags_are_overruled(self):
        self.write("[live]\nquiet = yes\n")
        self.assertIn("quiet = no", values(dump(
            "live", "--quiet=no", "--config", self.path)))
        self.assertIn("quiet = yes", values(dump(
            "live", "-q", environment={"X0F_QUIET": "no"})))
        done = run("live", "--quiet=maybe", "x")
        self.assertEqual(done.returncode, USAGE)
        self.assertIn(b"--quiet: 'maybe' is neither yes nor no", done.stderr)

    def test_dump_says_where(self):
        self.write("[live]\nring = 64\nallow = syn\nallow = port 1\n"
                   "format = json\n[live a]\ncapture = tap\nring = 128\n")
        text = dump("live", "--config", self.path, "--name", "a", "eth0",
                    "tcp port 1", environment={"X0F_FORMAT": "csv"})
        for lines in (f"# from {self.path}:8\nring = 128\n",
                      f"# from {self.path}:3\nallow = syn\n"
                      f"# from {self.path}:4\nallow = port 1\n",
                      f"# from {self.path}:7\ncapture = tap\n",
                      "# from environment X0F_FORMAT\nformat = csv\n",
                      "# from the command line\nname = a\n",
                      "# from the command line\ninterface = eth0\n",
                      "# from the command line\nfilter = tcp port 1\n",
                      "\n#user = USER\n", "\n#hook = auto\n"):
            self.assertIn(lines, text)

    def test_dump_reads_back(self):
        arguments = ["-f", "a.fp", "-f", "b c.fp", "--format", "csv", "-o",
                     "/x=y", "--only", "mtu,syn", "--allow", "syn", "--deny",
                     "port 1", "--policy", "p0f", "-c", "tap", "--pass-rest",
                     "--bind", "copy", "--frames", "128", "--rate-limit", "0",
                     "--new=no", "--name", "a", "eth0", "ä", "ip and tcp"]
        once = dump("live", *arguments)
        self.assertEqual(len(values(once)), 19)
        self.write(once)
        again = dump("live", "--config", self.path)
        self.assertEqual(values(once), values(again))
        self.assertEqual(values(once), values(dump(
            "live", "--config", "-", text=again.encode())))

    def test_dump_cannot(self):
        """What no line can hold is told, not changed."""
        for value in ("a\nb", " a", "", "a # b", "'a'"):
            done = run("live", "-o", value, "--dump-config")
            self.assertEqual(done.returncode, USAGE, value)
            self.assertIn(b"cannot stand in a file", done.stderr)

    def test_defaults_are_values(self):
        """What stands behind # can be taken as it is."""
        for service in SERVICES:
            text = dump(service)
            text = re.sub(r"^#(?=[a-z-]+ = [^A-Z]+$)", "", text, flags=re.M)
            self.assertGreaterEqual(len(values(text)), 2)
            self.write(text)
            self.assertEqual(values(dump(service, "--config", self.path)),
                             values(text))

    def test_help_lists_the_keys(self):
        for service in SERVICES:
            text = run(service, "--help").stdout.decode()
            names = re.findall(r"^  (?:-., |    )--([a-z-]+)", text, re.M)
            for name in ("config", "check-config", "dump-config", "help"):
                names.remove(name)
            self.assertEqual([key.split(" = ")[0]
                              for key in keys(dump(service))[1:]], names)

    def test_packaged_file(self):
        with open(PACKAGED, encoding="utf-8") as file:
            text = file.read()
        wanted = [key for service in SERVICES for key in keys(dump(service))]
        self.assertEqual(keys(text), wanted, f"{PACKAGED} is not what "
                         "--dump-config prints: give this test --write")
        for service in SERVICES:
            done = run(service, "--config", PACKAGED, "--check-config")
            self.assertEqual(done.returncode, 0, done.stderr)
            self.assertIn(b" is good: 0 options", done.stdout)


if __name__ == "__main__":
    if sys.argv[1:] == ["--write"]:
        with open(PACKAGED, "w", encoding="utf-8") as packaged:
            packaged.write(HEAD + "\n".join(dump(s) for s in SERVICES))
        sys.exit()
    unittest.main(verbosity=1)
