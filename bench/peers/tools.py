# SPDX-License-Identifier: MIT
"""The programs that are held side by side: how each is called for what, and
what its output says of each packet. run asks for commands, agreement.py for
findings.
"""
import ipaddress
import os
import re
import shutil
import subprocess

import measure

P0F = "p0f"
STOCK = "/etc/p0f/p0f.fp"
CACHES = "100000,500000"  # connections and hosts: nothing is forgotten
NOT_MADE = ("host change", "ip sharing", "http request", "http response")
BUILD_TIMEOUT_S = 900


class Run:
    """One command over one capture, timed again and again."""

    def __init__(self, tool, work, command, out=None, log=None):
        self.tool, self.work = tool, work  # who, what
        self.command, self.out, self.log = command, out, log
        self.name = f"{tool}, {work}"
        self.written = [path for path in (out, log) if path]
        self.runs = []

    @property
    def sink(self):
        return "file" if self.written else "/dev/null"

    def prepare(self):
        for path in self.written:
            if os.path.exists(path):
                os.unlink(path)

    clean = prepare


def find_p0f():
    """(program, None) or (None, why not)."""
    path = shutil.which(P0F, path=os.environ.get("PATH", "") + ":/usr/sbin")
    if not path:
        return None, "p0f is not installed: apt-get install p0f"
    if not os.path.exists(STOCK):
        return None, f"there is no {STOCK}"
    return path, None


def build_huginn(source, build):
    """({version: program}, None) or ({}, why not)."""
    if not shutil.which("cargo"):
        return {}, "cargo is not installed: https://rustup.rs"
    crate = os.path.join(source, "bench", "peers", "huginn")
    environment = dict(os.environ, CARGO_TARGET_DIR=build)
    environment.pop("RUSTFLAGS", None)  # the default target CPU
    print("building huginn-net-tcp (cargo, a minute at most)", flush=True)
    try:
        done = subprocess.run(
            ["cargo", "build", "--release", "--locked", "--quiet",
             "--manifest-path", os.path.join(crate, "Cargo.toml")],
            env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
            text=True, errors="replace", timeout=BUILD_TIMEOUT_S)
    except subprocess.TimeoutExpired:
        return {}, f"cargo took longer than {BUILD_TIMEOUT_S} s"
    if done.returncode:
        said = [line for line in done.stdout.splitlines() if line.strip()]
        errors = [line for line in said if line.startswith("error")]
        return {}, "cargo: " + " ".join((errors or said or ["failed"])[:1])
    lock = os.path.join(crate, "Cargo.lock")
    with open(lock) as file:
        versions = re.findall(r'name = "huginn-net-tcp"\nversion = "([^"]+)"',
                              file.read())
    return {version: os.path.join(build, "release",
                                  f"huginn-{version.split('.')[0]}")
            for version in sorted(versions, reverse=True)}, None


def huginn_name(version):
    return f"huginn-net-tcp {version}"


def p0f_runs(p0f, capture, folder):
    """p0f writes its screen in any case; its log only to a regular file."""
    screen, log = f"{folder}/screen", f"{folder}/log"
    read = [p0f, "-r", capture]
    yield Run("p0f", "screen", read)
    yield Run("p0f", "screen", read, out=screen)
    yield Run("p0f", "screen and log", read + ["-o", log], log=log)


def x0f_runs(x0f, capture, folder, stock):
    screen, log = f"{folder}/screen", f"{folder}/log"
    pcap = [x0f, "pcap", "-q"]
    # without a database where there is no p0f.fp: x0f has p0f's built in
    compat = ["--compat", "p0f", "--format", "p0f", *stock]
    stand_in = [x0f, "p0f", "-r", capture]
    yield Run("x0f p0f", "screen", stand_in)
    yield Run("x0f p0f", "screen", stand_in, out=screen)
    yield Run("x0f p0f", "screen and log", stand_in + ["-o", log], log=log)
    for sink in (None, screen):
        yield Run("x0f", "p0f's log", pcap + compat + [capture], out=sink)
    yield Run("x0f", "count", [x0f, "pcap", "--only", "uptime", capture])
    for sink in (None, screen):
        yield Run("x0f", "text", pcap + [capture], out=sink)
        yield Run("x0f", "JSON", pcap + ["--format", "json", capture],
                  out=sink)
    # one line has it all, MTU and link, too
    yield Run("x0f", "JSON, SYN and SYN+ACK",
              [*pcap, "--format", "json", "--only", "syn,synack", capture])
    # with the summary, which says how many packets there were
    yield Run("x0f, 2 workers", "text", [x0f, "pcap", "-w", "2", capture])


def huginn_runs(programs, capture, folder):
    """The documented way for files, two threads; and, as that is not its
    fastest, one thread that reads the file and calls the library per packet.
    """
    screen = f"{folder}/screen"
    for version, program in programs.items():
        tool = huginn_name(version)
        alone = f"{tool}, called per packet"
        yield Run(tool, "count", [program, "count", capture])
        yield Run(alone, "count", [program, "-1", "count", capture])
        for sink in (None, screen):
            yield Run(tool, "text", [program, "text", capture], out=sink)
            yield Run(alone, "text", [program, "-1", "text", capture],
                      out=sink)
        for sink in (None, screen) if version.startswith("2.") else ():
            yield Run(alone, "JSON", [program, "-1", "json", capture],
                      out=sink)
        yield Run(f"{tool}, 2 workers", "count",
                  [program, "-w", "2", "count", capture])


def words(text):
    """{name: number} of a program's "name=number ..." line."""
    return {name: int(n) for name, n in re.findall(r"(\w+)=(\d+)", text)}


def packets(summary):
    """How many SYN, SYN+ACK and other segments x0f's summary speaks of."""
    told = re.search(r"(\d+) syn .*?(\d+) syn\+ack .*?(\d+) other tcp",
                     summary)
    return sum(map(int, told.groups())) if told else 0


def key(kind, *ends):
    """(kind, address, port, address, port), as captures.ends() has it."""
    a, b, c, d = ends
    return (kind, ipaddress.ip_address(a), int(b), ipaddress.ip_address(c),
            int(d))


PROBE = "sendsyn probe"  # p0f's own tool, in its words: a SYN, too
LOG = re.compile(r"\] mod=(syn|syn\+ack|mtu|sendsyn probe)\|cli=([^|]*)/(\d+)"
                 r"\|srv=([^|]*)/(\d+)\|subj=(cli|srv)\|(.*)")


def read_log(text):
    """{key: label or MTU} of lines of p0f's log."""
    found = {}
    for line in text.splitlines():
        match = LOG.search(line)
        if not match:
            continue
        kind, client, cport, server, sport, subject, rest = match.groups()
        ends = (client, cport, server, sport)
        if subject == "srv":
            ends = ends[2:] + ends[:2]
        fields = dict(f.split("=", 1) for f in rest.split("|") if "=" in f)
        value = (fields.get("raw_mtu") if kind == "mtu"
                 else fields.get("os") or fields.get("app"))
        found[key(kind, *ends)] = value
    return found


def read_lines(text):
    """The same of our huginn programs' lines."""
    found = {}
    for line in text.splitlines():
        kind, *ends, value = line.split("\t")
        found[key(kind, *ends)] = value
    return found


def output(command, log=None):
    """What a command wrote; raises measure.Failed."""
    if log and os.path.exists(log):
        os.unlink(log)
    done = subprocess.run(command, stdin=subprocess.DEVNULL,
                          stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                          timeout=300, env=dict(os.environ, TZ="UTC"))
    if done.returncode:
        said = done.stderr.decode(errors="replace").strip().splitlines()[-1:]
        raise measure.Failed(" ".join(said) or f"exit {done.returncode}")
    if not log:
        return done.stdout.decode(errors="replace")
    with open(log, errors="replace") as file:
        return file.read()


def p0f_log(p0f, capture, *options):
    log = capture + ".log"
    return output([p0f, "-r", capture, "-o", log, *options], log)


def x0f_log(x0f, capture, *options):
    return output([x0f, "pcap", "-q", "--format", "p0f", *options, capture])


def huginn_lines(program, capture, *options):
    return output([program, *options, "lines", capture])
