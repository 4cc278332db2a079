#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""An idle sensor is quiet, a packet is soon a line."""
import ctypes
import os
import select
import socket
import subprocess
import time
import unittest

import lab as laboratory
from lab import SANITIZED, X0F, Lab, need_root, wait_until

SECONDS = 5
PROBES = 100


def cpu_seconds(pids):
    total = 0
    for pid in pids:
        with open(f"/proc/{pid}/stat") as file:
            fields = file.read().rsplit(")", 1)[1].split()
        total += int(fields[11]) + int(fields[12])
    return total / os.sysconf("SC_CLK_TCK")


def socket_in(namespace, device):
    """A packet socket in another network namespace."""
    libc = ctypes.CDLL(None, use_errno=True)
    home = os.open("/proc/self/ns/net", os.O_RDONLY)
    away = os.open("/run/netns/" + namespace, os.O_RDONLY)
    assert libc.setns(away, 0x40000000) == 0
    found = socket.socket(socket.AF_PACKET, socket.SOCK_RAW)
    found.bind((device, 0))
    assert libc.setns(home, 0x40000000) == 0
    os.close(home)
    os.close(away)
    return found


def one_syn(lab, number):
    path = os.path.join(lab.folder, f"{number}.pcap")
    done = subprocess.run([X0F, "gen", "--mix", "flood", "--count", "1",
                           "--seed", str(number), "-o", path],
                          capture_output=True)
    assert done.returncode == 0, done.stderr
    return laboratory.read_pcap(path)[0]


class Quiet(unittest.TestCase):
    def look(self, *arguments):
        with Lab() as lab:
            process = subprocess.Popen(
                ["nsenter", "--net=/run/netns/" + lab.here, X0F, "live", "s0",
                 "--run-dir", lab.run_dir, "--format", "p0f", "--only",
                 "syn", *arguments], stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL)
            try:
                wait_until("the sensor runs", lambda: lab.x0f(
                    "status", "s0").returncode == 0, 10)
                time.sleep(0.5)
                self.idle(process)
                self.latency(lab, process)
            finally:
                process.terminate()
                process.wait()
                process.stdout.close()

    def idle(self, process):
        with open(f"/proc/{process.pid}/task/{process.pid}/children") as file:
            pids = [process.pid, *map(int, file.read().split())]
        self.assertEqual(len(pids), 3)
        before = cpu_seconds(pids)
        time.sleep(SECONDS)
        share = (cpu_seconds(pids) - before) / SECONDS
        print(f"idle: {100 * share:.2f} % of a core")
        self.assertLess(share, 0.05 if SANITIZED else 0.01)

    def latency(self, lab, process):
        sender = socket_in(lab.there, "p0")
        frames = [one_syn(lab, i) for i in range(10)]
        took = []
        for i in range(PROBES):
            time.sleep(0.02 if i % 2 else 0.12)  # asleep, and not quite
            begin = time.monotonic()
            sender.send(frames[i % len(frames)])
            ready, _, _ = select.select([process.stdout], [], [], 5)
            self.assertTrue(ready, "no line in 5 s")
            os.read(process.stdout.fileno(), 65536)
            took.append(time.monotonic() - begin)
        sender.close()
        took.sort()
        print(f"packet to line: median {1000 * took[PROBES // 2]:.2f} ms, "
              f"p99 {1000 * took[PROBES * 99 // 100]:.2f} ms")
        if not SANITIZED:
            self.assertLess(took[PROBES * 99 // 100], 0.05)

    def test_inline(self):
        self.look()

    def test_tap(self):
        self.look("--capture", "tap")


if __name__ == "__main__":
    need_root()
    unittest.main(verbosity=2, warnings="ignore")
