# SPDX-License-Identifier: MIT
"""What test_tap.py and test_tap_life.py share: veth pairs in a network
namespace that ends with this process, a sender of frames, and tap_probe.c,
the sensor, with what it says.
"""
import ctypes
import errno
import fcntl
import json
import mmap
import os
import queue
import signal
import socket
import struct
import subprocess
import sys
import threading
import time

PROBE = os.path.join(os.environ["X0F_BUILD"], "tests", "tap_probe")
TAP, PEER = "xh2a", "xh2b"
SYN, SYNACK, ACK = 0x02, 0x12, 0x10
UP, DOWN, DEAF = range(3)
COPY, GENERIC = 4, 5
OUTCOMES = ("delivered", "no_socket", "ring_full", "not_copied", "filtered",
            "other_tcp", "not_tcp", "not_ip", "too_short", "fragment",
            "tags", "extensions", "bad_ip", "bad_flags")
DROPPED, RING_FULL, INVALID, CLOSED = range(4)
CLONE_NEWNET = 0x40000000


def skip(why):
    print(why)
    sys.exit(77)


def ip(*arguments, check=True):
    return subprocess.run(["ip", *arguments], check=check, text=True,
                          capture_output=True).stdout


def enter_namespace():
    if os.geteuid() != 0:
        skip("needs root")
    if ctypes.CDLL(None, use_errno=True).unshare(CLONE_NEWNET):
        skip("no network namespaces: " + os.strerror(ctypes.get_errno()))
    for which in ("all", "default"):
        path = f"/proc/sys/net/ipv6/conf/{which}/disable_ipv6"
        if os.path.exists(path):
            with open(path, "w", encoding="ascii") as file:
                file.write("1")


class Pair:
    """A veth pair for one test; the tap's end and the sender's."""

    def __init__(self, queues=1, mtu=1500, tap=TAP, peer=PEER):
        self.peer = peer
        ip("link", "add", tap, "mtu", str(mtu), "numrxqueues", str(queues),
           "numtxqueues", str(queues), "type", "veth", "peer", "name", peer,
           "mtu", str(mtu), "numrxqueues", str(queues),
           "numtxqueues", str(queues))
        ip("link", "set", peer, "up")

    def __enter__(self):
        return self

    def __exit__(self, *_):
        ip("link", "del", self.peer, check=False)


class Failed(Exception):
    """The probe did not start; the text says why."""

    def __init__(self, error, text):
        super().__init__(text)
        self.error = error


class Probe:
    def __init__(self, *arguments, wait=True):
        self.process = subprocess.Popen(
            [PROBE, *arguments], stdin=subprocess.PIPE,
            stdout=subprocess.PIPE, text=True)
        self.lines = queue.Queue()
        self.said = []
        threading.Thread(target=self.listen, daemon=True).start()
        if wait:
            try:
                self.expect("event", "started", 10)
            except BaseException:
                self.kill()
                raise

    def listen(self):
        for line in self.process.stdout:
            self.lines.put(json.loads(line))
        self.lines.put(None)

    def take(self, timeout):
        try:
            line = self.lines.get(timeout=timeout)
        except queue.Empty:
            return None
        if line is None:
            errors = [s["errno"] for s in self.said if "errno" in s]
            texts = [s["error"] for s in self.said if "error" in s]
            raise Failed(errors[0] if errors else 0,
                         texts[0] if texts else "the probe ended")
        self.said.append(line)
        return line

    def expect(self, key, text, timeout):
        """Waits for a line; returns it, and how long it took."""
        begin = time.monotonic()
        while True:
            left = timeout - (time.monotonic() - begin)
            line = self.take(max(left, 0))
            if line is None:
                raise AssertionError(
                    f"no {key} \"{text}\" within {timeout} s; {self.said}")
            if text in str(line.get(key, "")):
                return line[key], time.monotonic() - begin

    def ask(self, command):
        self.process.stdin.write(command + "\n")
        self.process.stdin.flush()
        while True:
            line = self.take(10)
            assert line is not None, f"no answer to {command}"
            if "facts" in line:
                facts = line["facts"]
                facts.update(facts["interfaces"][0])
                facts["counts"] = dict(zip(OUTCOMES, facts["outcomes"]))
                return facts

    def settle(self, wanted, timeout=5):
        """Until so many packets were fetched."""
        end = time.monotonic() + timeout
        while True:
            facts = self.ask("read")
            if facts["received"] >= wanted:
                return facts
            assert time.monotonic() < end, \
                f"{facts['received']} packets fetched, not {wanted}: {facts}"
            time.sleep(0.02)

    def warnings(self):
        return [s["warn"] for s in self.said if "warn" in s]

    def kill(self):
        self.process.kill()
        self.process.wait()

    def __enter__(self):
        return self

    def __exit__(self, kind, *_):
        status = self.process.poll()
        if status is None:
            try:
                self.process.stdin.write("quit\n")
                self.process.stdin.flush()
                status = self.process.wait(10)
            except (BrokenPipeError, subprocess.TimeoutExpired):
                status = "none"
        self.kill()
        if kind is None:
            equal(status, 0, "exit status of the probe")


def frame(flags, number, port=None, size=0, protocol=6):
    """Ethernet, IPv4, TCP; its number is the sequence number."""
    payload = bytes(size)
    tcp = struct.pack("!HHIIBBHHH", port or 1024 + number % 30000, 80, number,
                      0, 0x60, flags, 64240, 0, 0) + b"\2\4\5\xb4" + payload
    head = struct.pack("!BBHHHBBH4s4s", 0x45, 0, 20 + len(tcp), 1, 0x4000, 64,
                       protocol, 0, bytes((192, 0, 2, 1)),
                       bytes((198, 51, 100, number & 127)))
    return b"\2\0\0\0\0\1" + b"\2\0\0\0\0\2" + b"\x08\0" + head + tcp


class Sender:
    def __init__(self, interface=PEER):
        self.socket = socket.socket(socket.AF_PACKET, socket.SOCK_RAW)
        self.socket.bind((interface, 0))
        self.number = 0

    def send(self, flags, count=1, **more):
        for _ in range(count):
            self.number += 1
            data = frame(flags, self.number, **more)
            while True:
                try:
                    self.socket.send(data)
                    break
                except OSError as error:
                    if error.errno != errno.ENOBUFS:
                        raise

    def send_raw(self, data):
        self.socket.send(data)


class Elsewhere:
    """Another network namespace, which interfaces may be moved into."""

    def __enter__(self):
        self.process = subprocess.Popen(
            ["unshare", "-n", "sh", "-c",
             "echo 1 >/proc/sys/net/ipv6/conf/default/disable_ipv6; "
             "echo; exec sleep 60"], stdout=subprocess.PIPE)
        self.process.stdout.readline()
        return self

    def __exit__(self, *_):
        self.process.kill()
        self.process.wait()

    def take(self, interface):
        """Moves it there, and up."""
        pid = str(self.process.pid)
        ip("link", "set", interface, "netns", pid)
        subprocess.run(["nsenter", "-t", pid, "-n", "ip", "link", "set",
                        interface, "up"], check=True)
        # the kernel may put off the queue of the peer, which throws away
        wait_until(lambda: json.loads(ip("-j", "link", "show", PEER))[0]
                   ["operstate"] == "UP", 3, "peer up")


class Tun:
    """A link without Ethernet headers; what is written arrives there."""

    def __init__(self, name=TAP, kind=0xfffe):
        self.fd = os.open("/dev/net/tun", os.O_RDWR)
        fcntl.ioctl(self.fd, 0x400454ca,  # TUNSETIFF: IFF_TUN | IFF_NO_PI
                    struct.pack("16sH22x", name.encode(), 0x1001))
        fcntl.ioctl(self.fd, 0x400454cd, kind)  # TUNSETLINK
        ip("link", "set", name, "up")

    def __enter__(self):
        return self

    def __exit__(self, *_):
        os.close(self.fd)

    def send(self, number):
        os.write(self.fd, frame(SYN, number)[14:])


class Queue:
    """An AF_XDP socket of somebody else at the first queue, no program."""

    def __init__(self, interface):
        self.memory = mmap.mmap(-1, 64 * 4096)
        address = ctypes.addressof(ctypes.c_char.from_buffer(self.memory))
        self.socket = socket.socket(44, socket.SOCK_RAW)
        self.socket.setsockopt(283, 4, struct.pack(  # XDP_UMEM_REG
            "QQIIII", address, 64 * 4096, 4096, 0, 0, 0))
        for ring in 2, 5, 6:  # RX, fill, completion
            self.socket.setsockopt(283, ring, struct.pack("I", 64))
        name = struct.pack("HHIII", 44, 2,  # XDP_COPY
                           socket.if_nametoindex(interface), 0, 0)
        if ctypes.CDLL(None, use_errno=True).bind(self.socket.fileno(), name,
                                                  len(name)):
            raise OSError(ctypes.get_errno(), "bind of an AF_XDP socket")

    def close(self):
        self.socket.close()


def xdp(interface=TAP):
    return json.loads(ip("-d", "-j", "link", "show",
                         interface))[0].get("xdp", {})


def attached(interface=TAP):
    """Id of the XDP program at the tap's end; 0: none."""
    return xdp(interface).get("prog", {}).get("id", 0)


def wait_until(condition, timeout, what):
    begin = time.monotonic()
    while not condition():
        assert time.monotonic() - begin < timeout, \
            f"not within {timeout} s: {what}"
        time.sleep(0.005)
    return time.monotonic() - begin


def equal(have, want, what):
    assert have == want, f"{what}: {have}, not {want}"


def contains(text, part):
    assert part in text, f"'{part}' is not in: {text}"


def refused(*arguments):
    """Starts a probe that must not start; its errno and line."""
    try:
        with Probe(*arguments):
            pass
    except Failed as failed:
        return failed.error, str(failed)
    raise AssertionError(f"{arguments} started")


def check_sums(facts, sent):
    equal(sum(facts["outcomes"]), sent, "outcomes of all packets")
    equal(facts["received"] + sum(facts["losses"]),
          facts["counts"]["delivered"],
          f"received and lost (losses {facts['losses']})")


def run_tests(tests):
    """Runs what is called test_ in a module's globals(), or as told."""
    signal.alarm(300)
    enter_namespace()
    wanted = sys.argv[1:]
    failures = 0
    for name, test in list(tests.items()):
        if not name.startswith("test_") or (wanted and name not in wanted):
            continue
        begin = time.monotonic()
        try:
            test()
            result = "ok"
        except (AssertionError, Failed, subprocess.CalledProcessError) as bad:
            result = f"FAILED: {bad}"
            failures += 1
        print(f"{name}: {result} ({time.monotonic() - begin:.2f} s)",
              flush=True)
    sys.exit(1 if failures else 0)
