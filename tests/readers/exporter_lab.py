# SPDX-License-Identifier: MIT
"""For the tests of x0f exporter: the exporter itself, what it answers, and
sensors that count and have no packets."""
import contextlib
import http.client
import json
import os
import re
import shutil
import socket
import subprocess
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, "..", "live"))
from lab import SLOW, X0F, sh  # noqa: E402

PRODUCER = os.path.join(os.environ["X0F_BUILD"], "tests",
                        "statistics_producer")
TOOLS = os.path.join(os.environ["X0F_SOURCE"], "build", "tools", "usr", "bin")
PROMTOOL = shutil.which("promtool", path=f"{os.environ['PATH']}:{TOOLS}")
DEADLINE = 10  # seconds that a client has
SERIES = re.compile(r'([a-z0-9_]+)(?:\{(.*)\})? (\S+)')
LABEL = re.compile(r'([a-z_]+)="((?:[^"\\]|\\["\\n])*)"(?:,|$)')


class Exporter:
    """x0f exporter, on a port that is free."""

    def __init__(self, run_dir, *arguments, prefix=()):
        self.process = subprocess.Popen(
            [*prefix, X0F, "exporter", "--run-dir", run_dir, "--listen",
             "127.0.0.1:0", *arguments], stderr=subprocess.PIPE, text=True)
        line = self.process.stderr.readline()
        found = re.search(r"http://127\.0\.0\.1:(\d+)/metrics$", line)
        assert found, line + self.process.stderr.read()
        self.port = int(found[1])

    def ask(self, path="/metrics", method="GET", timeout=5 * SLOW, **more):
        """Status, headers and body."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port,
                                                timeout=timeout)
        with contextlib.closing(connection):
            connection.request(method, path, **more)
            answer = connection.getresponse()
            return (answer.status, answer.headers,
                    answer.read().decode("utf-8"))

    def metrics(self):
        status, headers, body = self.ask()
        assert status == 200, status
        assert headers["Content-Type"].startswith(
            "text/plain; version=0.0.4"), headers
        return Metrics(body)

    def ready(self):
        """Whether all are, and why not, by sensor."""
        status, headers, body = self.ask("/readyz")
        answer = json.loads(body)
        assert headers["Content-Type"] == "application/json"
        assert status == (200 if answer["ready"] else 503), (status, body)
        for sensor in answer["sensors"]:
            assert sensor["ready"] == (not sensor["reason"]), body
        assert answer["ready"] == (not answer["reason"]), body
        return answer["ready"], {s["sensor"]: s["reason"]
                                 for s in answer["sensors"]}

    def connect(self):
        return socket.create_connection(("127.0.0.1", self.port),
                                        timeout=2 * DEADLINE)

    def stop(self):
        if self.process.poll() is None:
            self.process.terminate()
        rest = self.process.stderr.read()
        assert self.process.wait(5 * SLOW) == 0, rest
        assert not rest, rest

    def __enter__(self):
        return self

    def __exit__(self, kind, *_):
        if kind:
            self.process.kill()
            self.process.wait()
        else:
            self.stop()


class Metrics:
    """Every sample by its name and labels; each may be there once."""

    def __init__(self, text):
        self.text = text
        self.samples = {}
        self.types = {}
        helped = set()
        for line in text.splitlines():
            words = line.split(" ", 3)
            if line.startswith("# HELP "):
                assert words[3].endswith("."), line
                helped.add(words[2])
            elif line.startswith("# TYPE "):
                assert words[2] in helped and words[2] not in self.types
                self.types[words[2]] = words[3]
            else:
                self.add(line)

    def add(self, line):
        name, labels, value = SERIES.fullmatch(line).groups()
        family = name
        if name not in self.types:
            family = re.sub("_(bucket|sum|count)$", "", name)
            assert self.types.get(family) == "histogram", line
        assert (self.types[family] == "counter") == \
            family.endswith("_total"), line
        pairs = LABEL.findall(labels or "")
        assert ",".join(f'{k}="{v}"' for k, v in pairs) == (labels or ""), line
        key = name, frozenset(pairs)
        assert key not in self.samples, line
        self.samples[key] = float(value)

    def get(self, name, **labels):
        return self.samples["x0f_" + name, frozenset(labels.items())]

    def all(self, name, **labels):
        """Values of all series that have these labels, among others."""
        return [value for (n, pairs), value in self.samples.items()
                if n == "x0f_" + name and set(labels.items()) <= pairs]

    def total(self, name, **labels):
        return sum(self.all(name, **labels))


def check_lint(text):
    if not PROMTOOL:
        return
    result = subprocess.run([PROMTOOL, "check", "metrics"], input=text,
                            capture_output=True, text=True)
    assert result.returncode == 0, result.stdout + result.stderr


@contextlib.contextmanager
def producer(folder, name, workers=1, interfaces=1, labels=3, *more):
    """A sensor that counts; gives a function that orders it about."""
    with subprocess.Popen(
            [PRODUCER, folder, name, str(workers), str(interfaces),
             str(labels), *more], text=True, stdin=subprocess.PIPE,
            stdout=subprocess.PIPE) as process:
        def order(word):
            process.stdin.write(word + "\n")
            process.stdin.flush()
            assert process.stdout.readline() == "done\n"
        assert process.stdout.readline().strip() == f"{folder}/{name}"
        order.process = process
        try:
            yield order
        finally:
            process.stdin.close()


def status_of(run_dir, name):
    result = sh(X0F, "status", name, "--json", "--run-dir", run_dir,
                check=False)
    return json.loads(result.stdout)
