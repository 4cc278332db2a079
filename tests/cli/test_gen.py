#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""`x0f gen` into files: `x0f pcap` names what it was made of, tshark and scapy
read it and find its checksums right, a seed means the same bytes, and what is
asked wrongly is said. Interfaces: see live/test_gen.py.
"""
import json
import os
import shutil
import signal
import struct
import subprocess
import sys
import tempfile
import time
import unittest

X0F = os.environ.get("X0F", "build/release/x0f")
USAGE, INTERRUPTED, IO, CONFIG = 64, 130, 74, 78
WHOLE = "systems,popular,flood,vlan,ipv6,data,unknown"
ALL = WHOLE + ",malformed"
RAW_SIG = "4:58+6:0:1460:mss*44,7:mss,sok,ts,nop,ws:df,id+:0"
PAIR = """classes = unix
[tcp:response]
label = s:unix:Pair:
sig = *:64:0:1460:mss*50,7:mss,sok,ts,nop,ws:df:0
"""


def gen(*arguments):
    return subprocess.run([X0F, "gen", *arguments], stdout=subprocess.PIPE,
                          stderr=subprocess.PIPE, timeout=300)


def capture(*arguments):
    done = gen("-o", "-", *arguments)
    assert not done.returncode, done.stderr
    return done.stdout


def read(data):
    """(nanoseconds, frame) of each record; little-endian everywhere."""
    magic, = struct.unpack("<I", data[:4])
    unit = {0xa1b2c3d4: 1000, 0xa1b23c4d: 1}[magic]
    at = 24
    while at < len(data):
        seconds, part, caplen, wirelen = struct.unpack_from("<4I", data, at)
        assert caplen == wirelen
        yield seconds * 10**9 + part * unit, data[at + 16:at + 16 + caplen]
        at += 16 + caplen


def findings(data, *arguments):
    done = subprocess.run([X0F, "pcap", "--format", "json", "--only",
                           "syn,synack", *arguments, "-"], input=data,
                          stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    assert not done.returncode, done.stderr
    return [json.loads(line) for line in done.stdout.splitlines()]


def count_signatures():
    text = subprocess.run([X0F, "db", "test"], stdout=subprocess.PIPE,
                          text=True).stdout
    return int(text.splitlines()[-1].split()[0])


class Files(unittest.TestCase):
    def test_every_signature_gets_its_name(self):
        data = capture()
        self.assertEqual(len(list(read(data))), count_signatures())
        named = findings(data)
        self.assertEqual(len(named), count_signatures())
        self.assertEqual([f for f in named if not f.get("label")], [])

    def test_a_pair_is_brought_together(self):
        """The window of this SYN+ACK means nothing without its SYN."""
        with tempfile.NamedTemporaryFile("w", suffix=".fp") as file:
            file.write(PAIR)
            file.flush()
            data = capture("-f", file.name, "--mix", "systems,ipv6")
            found = findings(data, "-f", file.name)
        self.assertEqual([bool(f.get("label")) for f in found],
                         [False, True] * 2)

    def test_raw_sig(self):
        for count in ("1", "50"):
            data = capture("-s", RAW_SIG, "-n", count)
            found = findings(data)
            self.assertEqual(len(found), int(count))
            self.assertEqual({f["raw_sig"] for f in found}, {RAW_SIG})
        # a distance that nobody knows: the TTL stays as it is
        data = capture("-s", RAW_SIG.replace("+6", "+?"))
        self.assertEqual(next(read(data))[1][22], 58)
        data = capture("-s", "*:64:0:*:%8192,*:mss,nop,ws::*", "--synack")
        self.assertEqual(findings(data)[0]["raw_sig"].split(":")[1], "64+0")

    def test_same_seed_same_bytes(self):
        mix = ("--mix", ALL, "-n", "5000", "--seed")
        self.assertEqual(capture(*mix, "7"), capture(*mix, "7"))
        self.assertNotEqual(capture(*mix, "7"), capture(*mix, "8"))
        self.assertEqual(capture("--seed", "0"), capture())
        # more frames begin with fewer
        more = capture("--mix", ALL, "-n", "9000", "--seed", "7")
        self.assertTrue(more.startswith(capture(*mix, "7")))

    def test_times(self):
        def distances(*arguments):
            times = [t for t, _ in read(capture("-n", "9", *arguments))]
            return {b - a for a, b in zip(times, times[1:])}
        self.assertEqual(distances(), {10**6})
        self.assertEqual(distances("--rate", "1"), {10**9})
        self.assertEqual(distances("--rate", "50000000"), {20})
        self.assertEqual(distances("--rate", "3"), {333333333, 333333334})
        self.assertEqual(capture()[:4], b"\xd4\xc3\xb2\xa1")
        self.assertEqual(capture("--rate", "3")[:4], b"\x4d\x3c\xb2\xa1")

    def test_lengths(self):
        lengths = [len(f) for _, f in read(capture("--mix", ALL, "-n",
                                                   "20000"))]
        self.assertEqual(min(lengths), 14)
        self.assertLessEqual(max(lengths), 252)

    def test_tshark_agrees(self):
        if not shutil.which("tshark"):
            self.skipTest("no tshark")
        with tempfile.NamedTemporaryFile(suffix=".pcap") as file:
            file.write(capture("--mix", WHOLE, "-n", "6000"))
            file.flush()
            checks = [f"{p}.check_checksum:TRUE" for p in ("ip", "tcp", "udp")]
            command = ["tshark", "-r", file.name, "-T", "fields"]
            for check in checks:
                command += ["-o", check]
            fields = ("ip.checksum.status", "tcp.checksum.status",
                      "udp.checksum.status", "icmp.checksum.status",
                      "icmpv6.checksum.status", "_ws.malformed")
            for field in fields:
                command += ["-e", field]
            text = subprocess.run(command, stdout=subprocess.PIPE,
                                  stderr=subprocess.DEVNULL, text=True,
                                  check=True).stdout
        rows = [line.split("\t") for line in text.splitlines()]
        self.assertEqual(len(rows), 6000)
        good = [0] * len(fields)
        for row in rows:
            for i, value in enumerate(row[:5]):
                self.assertIn(value, ("", "1"), row)
                good[i] += value == "1"
        self.assertTrue(all(good[:5]), good)

    def test_scapy_agrees(self):
        try:
            from scapy.layers.l2 import Ether
        except ImportError:
            self.skipTest("no scapy")
        for _, frame in read(capture("--mix", "systems,ipv6,data", "-n",
                                     "400")):
            packet = Ether(frame)
            for layer in ("IP", "TCP", "UDP", "ICMP"):
                if layer in packet and "GRE" not in packet:
                    del packet[layer].chksum
            self.assertEqual(bytes(packet).hex(), frame.hex())

    def test_many(self):
        """8 million frames a second, or so; and no memory per frame."""
        done = gen("-o", "/dev/null", "-n", "300000", "--mix", ALL)
        self.assertEqual(done.returncode, 0)
        self.assertIn(b"x0f: 300000 frames, ", done.stderr)


class Errors(unittest.TestCase):
    def check(self, code, text, *arguments):
        done = gen(*arguments)
        self.assertEqual((done.returncode, done.stdout), (code, b""),
                         done.stderr)
        self.assertIn(text, done.stderr.decode())
        self.assertEqual(done.stderr.count(b"\n"), 1)

    def test_destinations(self):
        self.check(USAGE, "--output FILE, --interface IFACE and "
                   "--live-frames IFACE")
        self.check(USAGE, "gen has one destination", "-o", "/dev/null", "-i",
                   "lo")
        self.check(USAGE, "takes no argument", "-o", "/dev/null", "word")

    def test_signatures(self):
        out = ("-o", "/dev/null")
        self.check(USAGE, "--synack says", *out, "--synack")
        self.check(USAGE, "column 1", *out, "-s", "hello")
        self.check(USAGE, "too long", *out, "-s", "4:" * 300)
        self.check(USAGE, "no packet is like that: an mss without", *out, "-s",
                   "4:64:0:1460:8192,0:nop::0")

    def test_database(self):
        with tempfile.NamedTemporaryFile("w", suffix=".fp") as file:
            file.write("classes = unix\n")
            file.flush()
            done = gen("-f", file.name, "-o", "/dev/null")
            self.assertEqual(done.returncode, CONFIG)
            self.assertIn(b"nothing to generate", done.stderr)
            done = gen("-f", file.name, "-o", "/dev/null", "--mix", "flood")
            self.assertEqual(done.returncode, 0)
            done = gen("-f", file.name, "-o", file.name, "--mix", "flood")
            self.assertEqual(done.returncode, USAGE)
            self.assertIn(b"is an input file", done.stderr)

    def test_full_disk(self):
        done = gen("-o", "/dev/full")
        self.assertEqual(done.returncode, IO)
        self.assertIn(b"no space left on device", done.stderr)

    def test_reader_goes(self):
        process = subprocess.Popen([X0F, "gen", "-o", "-", "-n", "100000"],
                                   stdout=subprocess.PIPE,
                                   stderr=subprocess.PIPE)
        process.stdout.read(100)
        process.stdout.close()
        process.stderr.read()
        self.assertEqual(process.wait(20), 0)
        process.stderr.close()

    def test_interrupted(self):
        """What is there by then is a whole capture."""
        with tempfile.NamedTemporaryFile() as file:
            process = subprocess.Popen([X0F, "gen", "-o", file.name, "-n",
                                        "100000000"], stderr=subprocess.PIPE)
            while os.path.getsize(file.name) < 1 << 20:
                time.sleep(0.01)
            process.send_signal(signal.SIGINT)
            text = process.communicate(timeout=20)[1].decode()
            self.assertEqual(process.returncode, INTERRUPTED)
            with open(file.name, "rb") as data:
                count = sum(1 for _ in read(data.read()))
        self.assertIn("x0f: %d frames, " % count, text)


if __name__ == "__main__":
    unittest.main(verbosity=2)
