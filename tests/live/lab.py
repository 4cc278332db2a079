# SPDX-License-Identifier: MIT
"""A laboratory for live tests: two network namespaces joined by a veth pair,
and a sensor in the first. Everything carries the process id in its name and is
taken away at the end, whatever way that comes.

    with Lab() as lab:
        sensor = lab.sensor("s0")          # x0f live s0, JSON to a file
        ...
        sensor.stop()
"""
import atexit
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time

X0F = os.environ.get("X0F", "build/release/x0f")
BUILD = os.environ.get("X0F_BUILD", "build/release")
SOURCE = os.environ.get("X0F_SOURCE", ".")
SHARED = os.environ.get("X0F_SHARED", "")
SANITIZED = "/asan/" in X0F or "/tsan/" in X0F
SLOW = 5 if SANITIZED else 1  # for every deadline

SENSOR_V4, PEER_V4 = "198.51.100.1", "198.51.100.2"
SENSOR_V6, PEER_V6 = "2001:db8:f::1", "2001:db8:f::2"


def need_root():
    """Ends the test as skipped, with the reason, where it cannot run."""
    if os.geteuid():
        print("skipped: needs root for namespaces and bpf")
        sys.exit(77)
    probe = subprocess.run(["unshare", "-n", "true"], capture_output=True)
    if probe.returncode:
        print("skipped: no network namespaces here:",
              probe.stderr.decode().strip())
        sys.exit(77)


def sh(*command, check=True, **more):
    return subprocess.run([str(c) for c in command], check=check,
                          capture_output=True, text=True, **more)


def wait_until(what, condition, seconds=5):
    """Returns what condition() gave once it is true, and after how long."""
    begin = time.monotonic()
    while True:
        result = condition()
        took = time.monotonic() - begin
        if result:
            return result, took
        if took > seconds * SLOW:
            raise AssertionError(f"{what}: not after {took:.1f} s")
        time.sleep(0.01)


class Lab:
    number = 0

    def __init__(self, addresses=False, pairs=1, queues=1):
        Lab.number += 1
        self.here = f"x0f{os.getpid()}a{Lab.number}"
        self.there = f"x0f{os.getpid()}b{Lab.number}"
        self.folder = tempfile.mkdtemp(prefix="x0f-lab-")
        os.chmod(self.folder, 0o755)  # the sensor's user has to get in
        self.run_dir = os.path.join(self.folder, "run")
        self.sensors = []
        self.closed = False
        self.strangers = self.all_programs()
        atexit.register(self.close)
        signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
        for name in (self.here, self.there):
            sh("ip", "netns", "add", name)
            # the kernel's own neighbour discovery would be counted, too
            self.sysctl(name, "net.ipv6.conf.default.disable_ipv6=%d"
                        % (0 if addresses else 1))
            sh("ip", "-n", name, "link", "set", "lo", "up")
        for i in range(pairs):
            self.add_pair(i, queues)
        if addresses:
            self.add_addresses()

    def sysctl(self, namespace, setting):
        sh("ip", "netns", "exec", namespace, "sysctl", "-q", "-w", setting)

    def add_pair(self, i=0, queues=1):
        """s0 here, p0 there, both up; XDP at both ends keeps frames native."""
        sh("ip", "-n", self.here, "link", "add", f"s{i}", "numrxqueues",
           queues, "numtxqueues", queues, "type", "veth", "peer", "name",
           f"p{i}", "netns", self.there, "numrxqueues", queues,
           "numtxqueues", queues)
        sh("ip", "-n", self.here, "link", "set", f"s{i}", "up")
        sh("ip", "-n", self.there, "link", "set", f"p{i}", "up")

    def add_addresses(self):
        for space, device, v4, v6 in (
                (self.here, "s0", SENSOR_V4, SENSOR_V6),
                (self.there, "p0", PEER_V4, PEER_V6)):
            sh("ip", "-n", space, "addr", "add", v4 + "/24", "dev", device)
            sh("ip", "-n", space, "addr", "add", v6 + "/64", "dev", device,
               "nodad")

    def ip(self, *command, **more):
        return sh("ip", "-n", self.here, *command, **more)

    def command(self, *command, there=False):
        space = self.there if there else self.here
        return ["ip", "netns", "exec", space, *[str(c) for c in command]]

    def run(self, *command, there=False, **more):
        more.setdefault("timeout", 120 * SLOW)
        return subprocess.run(self.command(*command, there=there),
                              capture_output=True, text=True, **more)

    def compile(self, code):
        """For the kernel; returns the object's path."""
        source = os.path.join(self.folder, "program.c")
        with open(source, "w", encoding="ascii") as file:
            file.write(code + 'char l[] __attribute__((section("license"), '
                              'used)) = "GPL";\n')
        sh("clang-14", "-O2", "-target", "bpf", "-c", source, "-o",
           source + ".o")
        return source + ".o"

    def foreign_program(self):
        """Somebody else's, for XDP: passes all; in section xdp."""
        return self.compile('__attribute__((section("xdp"), used)) '
                            'int foreign(void *c) { return 2; }\n')

    def popen(self, *command, there=False, **more):
        return subprocess.Popen(self.command(*command, there=there), **more)

    def x0f(self, *arguments, **more):
        """A command that finds the sensors of this laboratory."""
        return self.run(X0F, *arguments, "--run-dir", self.run_dir, **more)

    def sensor(self, *arguments, **more):
        sensor = Sensor(self, *arguments, **more)
        self.sensors.append(sensor)
        return sensor

    def generate(self, *arguments, there=True):
        result = self.run(X0F, "gen", *arguments, there=there)
        assert result.returncode == 0, result.stderr
        return result

    @staticmethod
    def all_programs():
        text = sh("bpftool", "-j", "prog", "show", check=False).stdout
        return {p["id"]: p["name"] for p in json.loads(text or "[]")
                if p.get("name", "").startswith("x0f_")}

    def programs(self):
        """Names of a sensor's programs that the kernel has since."""
        return sorted(name for number, name in self.all_programs().items()
                      if number not in self.strangers)

    def expect_nothing_left(self):
        """The kernel frees what nobody holds a little later."""
        try:
            wait_until("no program", lambda: not self.programs(), 2)
        except AssertionError:
            raise AssertionError(f"left: {self.programs()}") from None

    def close(self):
        if self.closed:
            return
        self.closed = True
        for sensor in self.sensors:
            sensor.kill()
        for name in (self.here, self.there):
            for pid in sh("ip", "netns", "pids", name,
                          check=False).stdout.split():
                try:
                    os.kill(int(pid), signal.SIGKILL)
                except OSError:
                    pass
            sh("ip", "netns", "del", name, check=False)
        shutil.rmtree(self.folder, ignore_errors=True)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()


class Sensor:
    """x0f live in the laboratory; its findings go to a file as JSON."""

    def __init__(self, lab, *arguments, name=None, wait=True, output=True,
                 prefix=(), env=None, errors=None):
        self.lab = lab
        self.name = name or next(a for a in arguments
                                 if not str(a).startswith("-"))
        stem = f"{self.name}.{len(lab.sensors)}"
        self.path = os.path.join(lab.folder, stem + ".json")
        self.errors_path = os.path.join(lab.folder, stem + ".err")
        command = [X0F, "live", *arguments, "--run-dir", lab.run_dir]
        if name:
            command += ["--name", name]
        if output:
            command += ["--format", "json", "--rate-limit", "0",
                        "-o", self.path]
        # not through `ip netns exec` alone: the pid has to be x0f's
        file = open(self.errors_path, "w")
        self.process = subprocess.Popen(
            ["nsenter", "--net=/run/netns/" + lab.here, *prefix,
             *map(str, command)],
            stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
            stderr=errors or file, env=env)
        file.close()
        if wait:
            self.wait()

    @property
    def pid(self):
        return self.process.pid

    @property
    def segment(self):
        return os.path.join(self.lab.run_dir, self.name)

    def wait(self):
        """Until packets come in."""
        def runs():
            if self.process.poll() is not None:
                raise AssertionError(f"x0f live ended with "
                                     f"{self.process.returncode}: "
                                     f"{self.errors()}")
            return self.status().get("state") == "running"
        wait_until("the sensor runs", runs, 10)

    def status(self):
        """Every counter, or {} where there is no answer."""
        result = sh(X0F, "status", self.name, "--json", "--run-dir",
                    self.lab.run_dir, check=False)
        try:
            return json.loads(result.stdout)
        except ValueError:
            return {}

    def errors(self):
        with open(self.errors_path) as file:
            return file.read()

    def events(self, kind=None):
        """What was printed so far."""
        if not os.path.exists(self.path):
            return []
        with open(self.path) as file:
            found = [json.loads(line) for line in file if line.endswith("\n")]
        return [e for e in found if kind is None or e["kind"] == kind]

    def children(self):
        with open(f"/proc/{self.pid}/task/{self.pid}/children") as file:
            return [int(p) for p in file.read().split()]

    def stop(self, number=signal.SIGTERM):
        """An orderly end; returns the exit code."""
        if self.process.poll() is None:
            self.process.send_signal(number)
        return self.process.wait(15 * SLOW)

    def kill(self):
        if self.process.poll() is None:
            self.process.kill()
            self.process.wait()


def serve(lab, port=8080):
    """A TCP server where the sensor is, that accepts and closes."""
    code = (
        "import socket\n"
        "s = socket.socket(socket.AF_INET6)\n"
        "s.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 0)\n"
        "s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)\n"
        f"s.bind(('::', {port}))\n"
        "s.listen(1024)\n"
        "print('ready', flush=True)\n"
        "while True:\n"
        "    s.accept()[0].close()\n")
    server = lab.popen(sys.executable, "-c", code, stdout=subprocess.PIPE)
    assert server.stdout.readline()
    return server


CONNECT = """
import socket, struct, sys
address, port, count = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
family = socket.AF_INET6 if ":" in address else socket.AF_INET
failed = 0
for i in range(count):
    s = socket.socket(family)
    s.settimeout(3)
    # RST at the end: no port waits in TIME_WAIT
    s.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    try:
        s.connect((address, port))
    except OSError as error:
        failed += 1
        print(error, file=sys.stderr)
    s.close()
print(count - failed)
"""


def connect(lab, address, count, port=8080):
    """Connects from the peer, one after the other; returns how many did."""
    result = lab.run(sys.executable, "-c", CONNECT, address, port, count,
                     there=True, timeout=600)
    return int(result.stdout)


def begin_connecting(lab, address, count, port=8080):
    return lab.popen(sys.executable, "-c", CONNECT, address, port, count,
                     there=True, stdout=subprocess.PIPE, text=True)


def send_frames(lab, frames, device="p0"):
    """Raw frames out of the peer's end, by a socket."""
    lines = "".join(bytes(f).hex() + "\n" for f in frames)
    code = (
        "import socket, sys\n"
        "s = socket.socket(socket.AF_PACKET, socket.SOCK_RAW)\n"
        f"s.bind(('{device}', 0))\n"
        "for line in sys.stdin: s.send(bytes.fromhex(line))\n")
    result = lab.run(sys.executable, "-c", code, there=True, input=lines)
    assert result.returncode == 0, result.stderr


def read_pcap(path):
    """Frames of an Ethernet pcap file of this machine's byte order."""
    with open(path, "rb") as file:
        raw = file.read()
    if len(raw) < 24 or raw[:4] not in (b"\xd4\xc3\xb2\xa1",
                                        b"\x4d\x3c\xb2\xa1"):
        return None
    if int.from_bytes(raw[20:24], "little") != 1:
        return None
    frames, at = [], 24
    while at + 16 <= len(raw):
        caplen = int.from_bytes(raw[at + 8:at + 12], "little")
        frames.append(raw[at + 16:at + 16 + caplen])
        at += 16 + caplen
    return frames


def write_pcap(path, frames):
    """All at about the same time, as if sent at once."""
    with open(path, "wb") as file:
        file.write(bytes.fromhex("d4c3b2a1020004000000000000000000"
                                 "0000040001000000"))
        for i, frame in enumerate(frames):
            file.write((1700000000).to_bytes(4, "little") +
                       (i // 1000 % 1000000).to_bytes(4, "little") +
                       len(frame).to_bytes(4, "little") * 2 + frame)


SEND = """
import socket, sys, time
sys.path.insert(0, sys.argv[1])
import lab, os
# the order of frames that come in on several CPUs is not defined
os.sched_setaffinity(0, [min(os.sched_getaffinity(0))])
s = socket.socket(socket.AF_PACKET, socket.SOCK_RAW)
s.bind((sys.argv[3], 0))
for i, frame in enumerate(lab.read_pcap(sys.argv[2])):
    while True:
        try:
            s.send(frame)
            break
        except OSError as error:
            if error.errno != 105:  # ENOBUFS: the queue is full
                raise
            time.sleep(0.001)
    if i % 64 == 63:
        time.sleep(0.0005)
"""


def send_capture(lab, path, device="p0"):
    """The frames of a pcap file out of the peer's end, gently."""
    here = os.path.dirname(os.path.abspath(__file__))
    result = lab.run(sys.executable, "-c", SEND, here, path, device,
                     there=True, timeout=600)
    assert result.returncode == 0, result.stderr
