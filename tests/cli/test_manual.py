#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Help, manual pages and their examples: they agree with each other and with
what the program does, mandoc finds nothing, and what they promise works."""
import glob
import json
import os
import re
import shlex
import shutil
import subprocess
import tempfile
import unittest

X0F = os.environ["X0F"]
SOURCE = os.environ["X0F_SOURCE"]
BUILD = os.environ["X0F_BUILD"]
CAPTURE = os.path.join(SOURCE, "tests/data/first.pcap")
COLUMNS, LINES = 80, 40

# What examples read; the frame is a SYN without options.
SIGNATURES = """classes = unix
[tcp:request]
label = s:unix:Mine:of the manual
sig = *:64:0:1234:%2,*:mss,nop,nop,ts:df,id+:0
"""
FRAME = ("02 00 00 00 00 02 02 00 00 00 00 01 08 00 45 00 00 28 00 01 40 00 40"
         " 06 00 00 c0 00 02 0a c6 33 64 50 c3 50 00 50 00 00 00 01 00 00 00"
         " 00 50 02 fa f0 00 00 00 00\n")


def x0f(*arguments):
    done = subprocess.run([X0F, *arguments], stdout=subprocess.PIPE,
                          stderr=subprocess.PIPE, timeout=60)
    if done.returncode:
        raise AssertionError(f"x0f {' '.join(arguments)}: exit code "
                             f"{done.returncode}: {done.stderr.decode()}")
    return done.stdout.decode()


def commands():
    """As [["pcap"], ["db", "check"], …]."""
    return [line.split() for line in x0f("help", "commands").splitlines()]


def options(command):
    """What --help lists: (letter or None, name, argument or None)."""
    row = re.compile(r"^  (?:-(\w), |    )--([a-z0-9-]+)(?: (\S+))?", re.M)
    text = x0f(*command, "--help").split("\nexamples:")[0]
    return [(m[1], m[2], m[3]) for m in row.finditer(text)]


def page_options(text):
    row = re.compile(r"^\.It (?:Fl (\w) , )?Fl Fl (\S+)(?: Ar (\S+))?$", re.M)
    return [(m[1], m[2], m[3]) for m in row.finditer(text)]


def roff(text):
    """Literal text of a page as a reader sees it."""
    for escape, char in (("\\(aq", "'"), ("\\(dq", '"'), ("\\(ga", "`"),
                         ("\\(ha", "^"), ("\\(ti", "~"), ("\\-", "-"),
                         ("\\&", ""), ("\\e", "\\")):
        text = text.replace(escape, char)
    return text


def literals(text, begin=""):
    """Literal blocks behind the line `begin`."""
    return [roff(m[1]) for m in
            re.finditer(r"^\.Bd -literal.*\n((?:.*\n)*?)\.Ed$",
                        text[text.index(begin):], re.M)]


def cached(name):
    with open(os.path.join(BUILD, "CMakeCache.txt")) as file:
        found = re.search(rf"^{name}:\w+=(.*)$", file.read(), re.M)
    return found[1] if found else ""


class Manual(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.folder = tempfile.TemporaryDirectory()
        cls.addClassCleanup(cls.folder.cleanup)
        script = os.path.join(SOURCE, "scripts/cmake/manual.cmake")
        subprocess.run(["cmake", f"-DX0F={X0F}", f"-DOUT={cls.folder.name}",
                        "-P", script], check=True)
        cls.pages = {}
        for path in glob.glob(os.path.join(cls.folder.name, "man/man*/*")):
            with open(path) as file:
                cls.pages[os.path.basename(path)] = file.read()

    def page(self, command):
        return self.pages[f"{'-'.join(['x0f', *command])}.1"]

    def test_all_are_there(self):
        made = {"-".join(["x0f", *c]) + ".1" for c in commands()}
        made |= {"x0f.1"} | set(os.listdir(os.path.join(SOURCE, "user/man")))
        self.assertEqual(set(self.pages), made)
        for need in ("x0f-signatures.5", "x0f-events.5", "x0f-ring.5",
                     "x0f.conf.5", "libx0f.3"):
            self.assertIn(need, made)

    def test_lint(self):
        if not shutil.which("mandoc"):
            self.skipTest("no mandoc")
        for path in glob.glob(os.path.join(self.folder.name, "man/man*/*")):
            done = subprocess.run(["mandoc", "-Tlint", "-W", "warning", path],
                                  stdout=subprocess.PIPE)
            self.assertEqual(done.stdout, b"", path)

    def test_references(self):
        for name, text in self.pages.items():
            for to, section in re.findall(r"Xr ((?:lib)?x0f\S*) (\d)", text):
                self.assertIn(f"{to}.{section}", set(self.pages), name)

    def test_options_agree(self):
        for command in commands():
            listed = options(command)
            self.assertIn(("h", "help", None), listed)
            self.assertEqual(listed, page_options(self.page(command)),
                             command)

    def test_build_is_this(self):
        """What will be installed was made of this program."""
        if cached("X0F_SANITIZE"):
            return
        for name, text in self.pages.items():
            with open(f"{BUILD}/man/man{name[-1]}/{name}") as file:
                self.assertEqual(file.read(), text, name)
        with open(f"{BUILD}/completions/x0f") as file:
            self.assertEqual(file.read(), x0f("help", "completion"))

    def test_configuration_keys(self):
        text = self.pages["x0f.conf.5"]
        self.assertNotIn("@keys", text)
        for command in ("live", "exporter"):
            if [command] not in commands():
                continue
            keys = re.findall(r"^\.It Cm (\S+)", x0f("help", "keys", command),
                              re.M)
            names = [name for _, name, _ in options([command])]
            typed = {"config", "check-config", "dump-config", "help"}
            self.assertEqual(keys, [n for n in names if n not in typed])
            self.assertIn(x0f("help", "keys", command), text)

    def test_configuration_example(self):
        if "config" not in [name for _, name, _ in options(["live"])]:
            self.skipTest("no --config")
        path = os.path.join(self.folder.name, "x0f.conf")
        with open(path, "w") as file:
            file.write(literals(self.pages["x0f.conf.5"],
                                ".Sh EXAMPLES")[0])
        x0f("live", "--config", path, "--name", "mirror", "--check-config")
        text = x0f("live", "--config", path, "--name", "mirror",
                   "--dump-config")
        for key in ("group = adm", "capture = tap", "quiet = yes"):
            self.assertRegex(text, rf"(?m)^{key}")

    def test_events(self):
        text = self.pages["x0f-events.5"]
        with open(os.path.join(SOURCE, "user/readers/event.schema.json")) \
                as file:
            schema = json.load(file)
        properties = []

        def collect(part):
            for name, value in part.get("properties", {}).items():
                properties.append(name)
                collect(value)

        collect(schema)
        self.assertGreater(len(properties), 50)
        body = text[text.index(".Ss json"):text.index(".Sh FILES")]
        named = " , ".join(re.findall(r"^\.It Cm (.*)$", body, re.M))
        self.assertEqual(sorted(named.split(" , ")), sorted(properties))
        kinds = schema["properties"]["kind"]["enum"]
        for word in kinds:
            self.assertRegex(text, rf"\.It Cm .*\b{word}\b")
        csv = x0f("pcap", "-q", "--format", "csv", CAPTURE).splitlines()[0]
        body = text[text.index(".Ss csv"):text.index(".Ss json")]
        for column in csv.split(","):
            self.assertRegex(body, rf"\.Cm .*\b{column}\b")

    def test_formats(self):
        done = subprocess.run([X0F, "pcap", "--format", "?", CAPTURE],
                              stderr=subprocess.PIPE)
        words = done.stderr.decode().strip().split("one of: ")[1]
        for word in words.split(", "):
            self.assertIn(f"\n.Ss {word}\n", self.pages["x0f-events.5"])

    def test_signatures(self):
        text = self.pages["x0f-signatures.5"]
        path = os.path.join(self.folder.name, "example.fp")
        with open(path, "w") as file:
            file.write(literals(text)[0])
        self.assertIn("4 signatures", x0f("db", "check", path)
                      .replace("1 mtu", "4 signatures"))
        with open(os.path.join(SOURCE, "include/x0f/observe.h")) as file:
            quirks = re.findall(r"X0F_QUIRK_\w+ = .*/\* (\S+):", file.read())
        self.assertEqual(len(quirks), 17)
        self.assertEqual(quirks, re.findall(
            r"^\.It Cm (\S+)$", text[text.index(".It Ar quirks"):
                                     text.index(".It Ar payload")], re.M))

    def test_library(self):
        text = self.pages["libx0f.3"]
        with open(os.path.join(SOURCE, "tests/install/symbols.txt")) as file:
            symbols = file.read().split()
        self.assertEqual(sorted(set(re.findall(r"^\.Fn (\S+)", text, re.M))),
                         sorted(symbols))

    def test_header_names(self):
        """Names of structs, members and constants are the headers'."""
        headers = ""
        for path in glob.glob(os.path.join(SOURCE, "include/x0f/*.h")):
            with open(path) as file:
                headers += file.read()
        for name in ("libx0f.3", "x0f-ring.5"):
            words = re.findall(r"^\.(?:Va|Dv|Vt) \"?(?:struct |enum )?(\w+)",
                               self.pages[name], re.M)
            for word in set(words) - {"p", "q", "r", "UINT16_MAX",
                                      "F_OFD_GETLK"}:
                self.assertRegex(headers, rf"\b{word}\b", name)

    def test_library_example(self):
        source = os.path.join(self.folder.name, "example.c")
        program = os.path.join(self.folder.name, "example")
        text = self.pages["libx0f.3"]
        with open(source, "w") as file:
            file.write(literals(text, ".Sh EXAMPLES")[0])
        flags = ["-Wall", "-Wextra", "-Werror", "-I" + SOURCE + "/include"]
        if cached("X0F_SANITIZE"):
            flags.append("-fsanitize=" + cached("X0F_SANITIZE"))
        subprocess.run([os.environ.get("CC", "cc"), *flags, source, "-o",
                        program, BUILD + "/libx0f.a"], check=True)
        done = subprocess.run([program], stdout=subprocess.PIPE, check=True)
        self.assertIn(done.stdout.decode().strip(), text)


class Help(unittest.TestCase):
    def test_first_screen(self):
        lines = x0f("--help").splitlines()
        self.assertLessEqual(len(lines), LINES)
        self.assertLess(max(map(len, lines)), COLUMNS)
        text = "\n".join(lines)
        for command in commands():
            self.assertRegex(text, rf"\n  {' '.join(command)} +\w")
        for word in ("exit codes", "man x0f", "--help", "--version"):
            self.assertIn(word, text)

    def test_words(self):
        """Each word that an option takes is in its help."""
        script = x0f("help", "completion")
        script = script[script.index("_x0f_value() #"):]
        found = 0
        for command in commands():
            cases = script.split(f"'{' '.join(command)}')\n")[1]
            text = " ".join(x0f(*command, "--help").split())
            for name, words in re.findall(
                    r"--(\S+)\) REPLY='(?:word|list) (.*?)'",
                    cases.split("\t\tesac")[0]):
                about = text[text.index(f" --{name} "):]
                about = re.split(r" --[a-z-]+ [A-Z]", about[3:])[0]
                for word in words.split():
                    self.assertIn(word, about, f"{command} --{name}")
                    found += 1
        self.assertGreater(found, 50)

    def test_nothing_to_print(self):
        for words in (["man", "db"], ["keys"]):
            done = subprocess.run([X0F, "help", *words],
                                  stderr=subprocess.PIPE)
            self.assertEqual(done.returncode, 64)
            self.assertIn(b"name a command", done.stderr)

    def test_mistakes(self):
        for words in (["man", "nosuch"], ["keys", "nosuch"], ["nosuch"]):
            done = subprocess.run([X0F, "help", *words],
                                  stderr=subprocess.PIPE)
            self.assertEqual(done.returncode, 64)
            self.assertIn(b"unknown command nosuch", done.stderr)

    def test_the_programs_own_page(self):
        self.assertEqual(x0f("help", "man", "x0f"), x0f("help", "man"))

    def test_other_shells(self):
        self.assertEqual(x0f("help", "completion", "bash"),
                         x0f("help", "completion"))
        done = subprocess.run([X0F, "help", "completion", "zsh"],
                              stderr=subprocess.PIPE, stdout=subprocess.PIPE)
        self.assertEqual((done.returncode, done.stdout), (64, b""))
        self.assertIn(b"for bash only", done.stderr)

    def test_exit_codes(self):
        """Those of the program are in its page."""
        page = x0f("help", "man")
        with open(os.path.join(SOURCE, "user/cli/message.h")) as file:
            codes = re.findall(r"EXIT_[A-Z_]+ = (\d+)", file.read())
        self.assertGreater(len(codes), 10)
        for code in codes:
            self.assertIn(f"\n.It {code}\n", page)

    def test_rights(self):
        """Whoever misses one is told by its name in the page."""
        page = x0f("help", "man", "live")
        for name in "NET_ADMIN BPF PERFMON NET_RAW SETUID SETGID".split():
            self.assertIn(f".Dv CAP_{name} ", page.replace("\n", " "))


class Examples(unittest.TestCase):
    """Those that need neither root nor a network run; of the others, command
    and options exist."""

    def setUp(self):
        self.folder = tempfile.TemporaryDirectory()
        self.addCleanup(self.folder.cleanup)
        path = self.folder.name
        shutil.copy(CAPTURE, os.path.join(path, "capture.pcap"))
        for name, text in (("mine.fp", SIGNATURES), ("frame.txt", FRAME)):
            with open(os.path.join(path, name), "w") as file:
                file.write(text)
        os.symlink(X0F, os.path.join(path, "x0f"))
        self.options = {tuple(c): options(c) for c in commands()}

    def run_line(self, line):
        env = dict(os.environ, PATH=self.folder.name + ":" +
                   os.environ["PATH"])
        done = subprocess.run(["bash", "-o", "pipefail", "-c", line],
                              cwd=self.folder.name, env=env,
                              stdin=subprocess.DEVNULL,
                              stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                              timeout=120)
        self.assertEqual(done.returncode, 0,
                         f"{line}: {done.stderr.decode()}")

    def check_option(self, word, known, line):
        letters = {o[0] for o in known}
        names = {o[1] for o in known}
        if word.startswith("--"):
            self.assertIn(word[2:].split("=")[0], names, line)
        else:
            self.assertIn(word[1], letters, line)

    def check_call(self, words, line):
        """words: behind x0f, up to the end of the call."""
        if words[0] == "help":
            return
        command = tuple(words[:2]) if tuple(words[:2]) in self.options \
            else tuple(words[:1])
        self.assertIn(command, self.options, line)
        for word in words[len(command):]:
            if word.startswith("-") and word != "-":
                self.check_option(word, self.options[command], line)

    def check_line(self, line):
        lexer = shlex.shlex(line, posix=True, punctuation_chars="|&;<>()")
        lexer.whitespace_split = True
        words = list(lexer)
        starts = [i for i, word in enumerate(words) if word == "x0f"]
        self.assertTrue(starts, line)
        for start in starts:
            call = []
            for word in words[start + 1:]:
                if re.fullmatch(r"[|&;<>()]+", word):
                    break
                call.append(word)
            self.check_call(call, line)

    def needs_more(self, line):
        """Root, a network, a running sensor, or half a minute."""
        calls = re.findall(r"\bx0f (\w+)", line)
        return "sudo" in line or "man -l" in line or \
            not set(calls) <= {"pcap", "p0f", "explain", "gen", "db", "help"} \
            or (("jq" in line) and not shutil.which("jq"))

    def try_line(self, line):
        self.check_line(line)
        if not self.needs_more(line):
            self.run_line(line)

    def test_help(self):
        for command in commands():
            text = x0f(*command, "--help")
            self.assertIn("\nexamples:\n", text, command)
            rows = re.findall(r"^  (\S.*?)(?:  +.*)?$",
                              text.split("\nexamples:\n")[1], re.M)
            self.assertTrue(rows, command)
            for line in rows:
                self.assertIn(" ".join(command), line)
                self.try_line(line)

    def test_pages(self):
        count = 0
        for name in ["man", *(" ".join(["man", *c]) for c in commands())]:
            for block in literals(x0f("help", *name.split())):
                for line in block.splitlines():
                    self.check_line(line)
                    count += 1
        self.assertGreater(count, 2 * len(commands()))

    def test_files(self):
        """Those of the pages in user/man that are for the shell."""
        tried = 0
        for path in glob.glob(os.path.join(SOURCE, "user/man/*.5")):
            with open(path) as file:
                text = file.read()
            if ".Sh EXAMPLES" not in text:
                continue
            for block in literals(text, ".Sh EXAMPLES"):
                if "x0f " not in block or block.startswith("["):
                    continue
                for line in re.sub(r"\|\n *", "| ", block).splitlines():
                    self.try_line(line)
                    tried += 1
        self.assertGreaterEqual(tried, 4)


if __name__ == "__main__":
    unittest.main()
