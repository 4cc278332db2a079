#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""`x0f gen` into interfaces: what a socket sends arrives as it was made; live
frames pass the sensor's own XDP program, each exactly once, which is alone
again afterwards, however the generator ends. In a network namespace of its
own, which goes with this process. Needs root.
"""
import ctypes
import os
import select
import shutil
import signal
import socket
import struct
import subprocess
import sys
import tempfile
import time
import unittest

X0F = os.environ.get("X0F", "build/release/x0f")
INGRESS = os.path.join(os.environ.get("X0F_BUILD", "build/release"), "bpf",
                       "ingress.bpf.o")
SANITIZED = "/asan/" in X0F or "/tsan/" in X0F
USAGE, NO_INPUT, UNAVAILABLE, NO_RIGHTS, INTERRUPTED = 64, 66, 69, 77, 130

NEAR, FAR = "xh7a", "xh7b"
CLONE_NEWNET = 0x40000000
BPF_XDP = 37
ALL = "systems,popular,flood,malformed,vlan,ipv6,data,unknown"
OUTCOMES = 14
SKIP = 77


def shell(command):
    subprocess.run(command.split(), check=True)


def skip(reason):
    print("skipped:", reason)
    sys.exit(SKIP)


def enter_namespace():
    if os.geteuid():
        skip("needs root")
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.unshare(CLONE_NEWNET):
        skip("no network namespace: " + os.strerror(ctypes.get_errno()))
    for name in ("all", "default"):
        try:
            path = "/proc/sys/net/ipv6/conf/%s/disable_ipv6" % name
            with open(path, "w") as file:
                file.write("1")  # the kernel's own packets would be counted
        except OSError:
            pass


def make_pair():
    shell("ip link add %s numtxqueues 1 numrxqueues 1 type veth peer name %s "
          "numtxqueues 1 numrxqueues 1" % (NEAR, FAR))
    shell("ip link set %s up" % NEAR)
    shell("ip link set %s up" % FAR)


def gen(*arguments, **more):
    return subprocess.run([X0F, "gen", *arguments], stderr=subprocess.PIPE,
                          text=True, timeout=300, **more)


def records(path):
    with open(path, "rb") as file:
        data = file.read()[24:]
    while data:
        length = struct.unpack("<I", data[8:12])[0]
        yield data[16:16 + length]
        data = data[16 + length:]


def xdp_program():
    """Number of the program at NEAR, or None."""
    words = subprocess.run(["ip", "-d", "link", "show", NEAR], text=True,
                           stdout=subprocess.PIPE).stdout.split()
    return int(words[words.index("prog/xdp") + 2]) \
        if "prog/xdp" in words else None


class Sensor:
    """What a sensor in mode tap attaches, without a sensor: by a link."""

    def __init__(self, program=b"x0f_ingress"):
        self.bpf = ctypes.CDLL("libbpf.so.1", use_errno=True)
        for name in ("bpf_object__open_file", "bpf_object__find_map_by_name",
                     "bpf_object__find_program_by_name"):
            getattr(self.bpf, name).restype = ctypes.c_void_p
        self.object = ctypes.c_void_p(
            self.bpf.bpf_object__open_file(INGRESS.encode(), None))
        self.counters = self.find("map", b"x0f_counters")
        self.cpus = self.bpf.libbpf_num_possible_cpus()
        self.bpf.bpf_map__set_max_entries(self.counters, self.cpus)
        self.program = self.find("program", program)
        if self.bpf.bpf_object__load(self.object):
            skip("cannot load a bpf object")
        self.fd = self.bpf.bpf_program__fd(self.program)
        self.link = self.bpf.bpf_link_create(
            self.fd, socket.if_nametoindex(NEAR), BPF_XDP, None)
        assert self.link >= 0, os.strerror(ctypes.get_errno())

    def find(self, kind, name):
        find = getattr(self.bpf, "bpf_object__find_%s_by_name" % kind)
        return ctypes.c_void_p(find(self.object, name))

    def outcomes(self):
        fd = self.bpf.bpf_map__fd(self.counters)
        sums = [0] * 16
        for cpu in range(self.cpus):
            value = (ctypes.c_uint64 * 16)()
            assert not self.bpf.bpf_map_lookup_elem(
                fd, ctypes.byref(ctypes.c_uint32(cpu)), ctypes.byref(value))
            sums = [a + b for a, b in zip(sums, value)]
        return sums

    def close(self):
        os.close(self.link)
        self.bpf.bpf_object__close(self.object)


class Socket(unittest.TestCase):
    def setUp(self):
        make_pair()

    def tearDown(self):
        shell("ip link del " + NEAR)

    def receive(self, count, send):
        with socket.socket(socket.AF_PACKET, socket.SOCK_RAW,
                           socket.htons(3)) as peer:
            peer.setsockopt(socket.SOL_SOCKET, 33, 1 << 26)  # RCVBUFFORCE
            peer.bind((FAR, 0))
            send()
            got = []
            while len(got) < count and select.select([peer], [], [], 2)[0]:
                got.append(peer.recv(2048))
        return got

    def test_what_is_sent_arrives(self):
        """The same as in the file, byte by byte. Not behind tags: the kernel
        takes the first one out of the frame."""
        with tempfile.NamedTemporaryFile() as file:
            mix = ("--mix", "systems,ipv6,data,unknown", "--seed", "3")
            self.assertEqual(gen("-o", file.name, *mix).returncode, 0)
            wanted = list(records(file.name))
            done = []
            got = self.receive(len(wanted), lambda: done.append(
                gen("-i", NEAR, *mix)))
        self.assertEqual(done[0].returncode, 0, done[0].stderr)
        self.assertIn("x0f: %d frames" % len(wanted), done[0].stderr)
        self.assertEqual(got, wanted)

    def test_malformed_and_tagged_frames_are_sent(self):
        done = gen("-i", NEAR, "--mix", ALL)
        self.assertEqual(done.returncode, 0, done.stderr)
        before = time.time()
        done = gen("-i", NEAR, "-n", "400", "--rate", "1000")
        self.assertGreater(time.time() - before, 0.38)
        self.assertEqual(done.returncode, 0, done.stderr)

    def test_link_down(self):
        shell("ip link set %s down" % NEAR)
        for way in ("-i", "--live-frames"):
            done = gen(way, NEAR)
            self.assertEqual(done.returncode, UNAVAILABLE)
            self.assertIn("is down: ip link set %s up" % NEAR, done.stderr)

    def test_link_goes_down(self):
        process = subprocess.Popen([X0F, "gen", "-i", NEAR, "-n", "1000000",
                                    "--rate", "1000"],
                                   stderr=subprocess.PIPE, text=True)
        time.sleep(0.5)
        shell("ip link set %s down" % NEAR)
        text = process.communicate(timeout=10)[1]
        self.assertEqual(process.returncode, UNAVAILABLE, text)
        self.assertIn("cannot send", text)

    def test_no_rights(self):
        # from where nobody can read it; capabilities are gone with the user
        with tempfile.TemporaryDirectory(prefix="x0f-gen-") as folder:
            os.chmod(folder, 0o755)
            program = shutil.copy(X0F, folder)
            for way in ("-i", "--live-frames"):
                done = subprocess.run(
                    [program, "gen", way, NEAR], stderr=subprocess.PIPE,
                    text=True, timeout=300, user=65534, group=65534)
                self.assertEqual(done.returncode, NO_RIGHTS, done.stderr)


class LiveFrames(unittest.TestCase):
    def setUp(self):
        make_pair()
        self.sensor = None

    def tearDown(self):
        if self.sensor:
            self.sensor.close()
        shell("ip link del " + NEAR)

    def start(self, *arguments):
        return subprocess.Popen([X0F, "gen", "--live-frames", NEAR,
                                 *arguments], stderr=subprocess.PIPE,
                                text=True)

    def wait_for_generator(self):
        deadline = time.time() + 20
        before = sum(self.sensor.outcomes())
        while sum(self.sensor.outcomes()) == before:
            self.assertLess(time.time(), deadline, "no frames come")
            time.sleep(0.01)

    def wait_for_sensor(self, program):
        deadline = time.time() + 5
        while xdp_program() != program and time.time() < deadline:
            time.sleep(0.01)
        self.assertEqual(xdp_program(), program)

    def test_alone(self):
        """No sensor: our program drops them, and is gone afterwards."""
        done = gen("--live-frames", NEAR, "-n", "100000")
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertIn("no sensor", done.stderr)
        self.assertIn("x0f: 100000 frames", done.stderr)
        self.assertIsNone(xdp_program())

    def test_each_frame_once(self):
        """Exactly as many as were sent, and each as what it is."""
        self.sensor = Sensor()
        program = xdp_program()
        sent = 0
        for count in (1, 63, 64, 65, 4095, 4096, 4097, 200001):
            done = gen("--live-frames", NEAR, "-n", str(count), "--mix", ALL,
                       "--seed", "9")
            self.assertEqual(done.returncode, 0, done.stderr)
            sent += count
            self.assertEqual(sum(self.sensor.outcomes()), sent)
            self.assertEqual(xdp_program(), program)
        used = [n for n in self.sensor.outcomes() if n]
        self.assertGreaterEqual(len(used), 9)

    def test_outcomes_are_those_of_the_frames(self):
        """One round of the data part: 14 of 25 are TCP segments, 7 other IP,
        4 something else."""
        self.sensor = Sensor()
        done = gen("--live-frames", NEAR, "-n", "25000", "--mix", "data")
        self.assertEqual(done.returncode, 0, done.stderr)
        outcomes = [n for n in self.sensor.outcomes() if n]
        # 4096 frames are cycled, which is no multiple of 25
        self.assertEqual(sum(outcomes), 25000)
        for found, wanted in zip(sorted(outcomes), (4000, 7000, 14000)):
            self.assertLess(abs(found - wanted), 50)

    def test_real_packets_pass_by(self):
        """While frames are generated, others reach the sensor as before."""
        self.sensor = Sensor()
        process = self.start("-n", "2000", "--rate", "1000", "--mix", "data")
        self.wait_for_generator()
        done = gen("-i", FAR, "-n", "500", "--mix", "systems")
        process.communicate(timeout=30)
        self.assertEqual((process.returncode, done.returncode), (0, 0))
        self.assertEqual(sum(self.sensor.outcomes()), 2500)
        # no socket of AF_XDP is there, so this is what a SYN comes to
        self.assertEqual(self.sensor.outcomes()[1], 500)

    def test_interrupted(self):
        for number in (signal.SIGINT, signal.SIGTERM):
            self.sensor = Sensor()
            program = xdp_program()
            process = self.start("-n", "4000000000", "--mix", "data")
            self.wait_for_generator()
            self.assertNotEqual(xdp_program(), program)
            process.send_signal(number)
            text = process.communicate(timeout=20)[1]
            self.assertEqual(process.returncode, INTERRUPTED, text)
            self.assertEqual(xdp_program(), program)
            self.assertIn("x0f: %d frames" % sum(self.sensor.outcomes()),
                          text)
            self.sensor.close()
            self.sensor = None

    def test_killed(self):
        """SIGKILL leaves nobody deaf: the keeper puts the program back."""
        self.sensor = Sensor()
        program = xdp_program()
        process = self.start("-n", "4000000000", "--mix", "data")
        self.wait_for_generator()
        process.kill()
        process.communicate(timeout=20)
        self.wait_for_sensor(program)
        before = sum(self.sensor.outcomes())
        done = gen("-i", FAR, "-n", "10")
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertEqual(sum(self.sensor.outcomes()), before + 10)
        done = gen("--live-frames", NEAR, "-n", "10")
        self.assertEqual(done.returncode, 0, done.stderr)

    def test_sensor_goes(self):
        """Its link lives on until the generator ends, then all is gone."""
        self.sensor = Sensor()
        process = self.start("-n", "4000000000", "--mix", "data")
        self.wait_for_generator()
        self.sensor.close()
        self.sensor = None
        process.send_signal(signal.SIGINT)
        process.communicate(timeout=20)
        self.assertEqual(process.returncode, INTERRUPTED)
        self.wait_for_sensor(None)

    def test_sensor_opens_anew(self):
        """The link that the generator is in is none any more: it says so."""
        self.sensor = Sensor()
        process = self.start("-n", "4000000000", "--mix", "data")
        self.wait_for_generator()
        self.assertEqual(self.sensor.bpf.bpf_link_detach(self.sensor.link), 0)
        try:
            text = process.communicate(timeout=20)[1]
        finally:
            process.kill()
        self.assertEqual(process.returncode, UNAVAILABLE, text)
        self.assertIn("somebody detached its XDP program", text)

    def test_one_generator_only(self):
        """The second one is refused before it does anything."""
        self.sensor = Sensor()
        process = self.start("-n", "3000", "--rate", "1000", "--mix", "data")
        self.wait_for_generator()
        done = gen("--live-frames", NEAR)
        process.communicate(timeout=30)
        self.assertEqual(done.returncode, UNAVAILABLE)
        self.assertIn("another generator", done.stderr)
        self.assertEqual(process.returncode, 0)
        self.assertEqual(sum(self.sensor.outcomes()), 3000)

    def test_foreign_program(self):
        """By netlink, where no link is, a program of the right name is not
        a sensor's either."""
        shell("ip link set %s xdp obj %s sec xdp" % (NEAR, INGRESS))
        program = xdp_program()
        done = gen("--live-frames", NEAR)
        self.assertEqual(done.returncode, UNAVAILABLE)
        self.assertEqual(xdp_program(), program)
        self.assertIn("XDP program", done.stderr)

    def test_not_veth(self):
        shell("ip link set lo up")
        done = gen("--live-frames", "lo")
        self.assertEqual(done.returncode, UNAVAILABLE)
        self.assertIn("veth", done.stderr)
        done = gen("--live-frames", "no-such")
        self.assertEqual(done.returncode, NO_INPUT)


if __name__ == "__main__":
    enter_namespace()
    unittest.main(verbosity=2)
