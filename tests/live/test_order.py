#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""A SYN+ACK that is seen before its SYN, because another worker has that one
and stands still, is reported, marked and counted.
"""
import ctypes
import os
import subprocess
import unittest

import lab as laboratory
from lab import X0F, Lab, need_root, wait_until

SEIZE, INTERRUPT, DETACH = 0x4206, 0x4207, 17


class Stalled:
    """Stops one thread, not its process."""
    def __init__(self, tid):
        self.tid = tid
        self.libc = ctypes.CDLL(None, use_errno=True)
        self.libc.ptrace.argtypes = [ctypes.c_long, ctypes.c_int,
                                     ctypes.c_void_p, ctypes.c_void_p]

    def call(self, request):
        if self.libc.ptrace(request, self.tid, None, None):
            raise OSError(ctypes.get_errno(), "ptrace")

    def __enter__(self):
        self.call(SEIZE)
        self.call(INTERRUPT)
        os.waitpid(self.tid, 0x40000000)  # __WALL
        return self

    def __exit__(self, *_):
        self.call(DETACH)


def handshake(folder):
    """SYN and SYN+ACK of one connection."""
    path = os.path.join(folder, "handshake.pcap")
    code = (
        "from scapy.all import *\n"
        "e = Ether(src='02:00:00:00:00:01', dst='02:00:00:00:00:02')\n"
        "syn = e / IP(src='192.0.2.1', dst='192.0.2.2') / TCP(sport=40000, "
        "dport=443, seq=1000, flags='S', options=[('MSS', 1400)])\n"
        "ack = e / IP(src='192.0.2.2', dst='192.0.2.1') / TCP(sport=443, "
        "dport=40000, seq=5000, ack=1001, flags='SA', "
        "options=[('MSS', 1460)])\n"
        "for p in (syn, ack): print(bytes(p).hex())\n")
    text = subprocess.run(["/usr/bin/python3", "-c", code],
                          capture_output=True, text=True, check=True).stdout
    del path
    return [bytes.fromhex(line) for line in text.split()]


def thread_called(pid, name):
    for tid in os.listdir(f"/proc/{pid}/task"):
        with open(f"/proc/{pid}/task/{tid}/comm") as file:
            if file.read().strip() == name:
                return int(tid)
    raise AssertionError(f"no thread '{name}'")


def total(sensor, name):
    return sum(w[name] for w in sensor.status()["workers"])


class Order(unittest.TestCase):
    def test_synack_first(self):
        with Lab(pairs=2) as lab:
            syn, synack = handshake(lab.folder)
            sensor = lab.sensor("s0", "s1", "--capture", "tap", "--workers",
                                2, "--name", "s0")
            pid = sensor.status()["worker_pid"]
            with Stalled(thread_called(pid, "worker 0")):
                laboratory.send_frames(lab, [syn], "p0")
                laboratory.send_frames(lab, [synack], "p1")
                wait_until("the SYN+ACK", lambda: sensor.events("synack"))
                self.assertEqual(sensor.events("syn"), [])
                self.assertEqual(total(sensor, "lone"), 1)
            wait_until("the SYN", lambda: sensor.events("syn"))
            self.assertTrue(sensor.events("synack")[0]["lone"])
            laboratory.send_frames(lab, [synack], "p1")
            wait_until("the pair", lambda: total(sensor, "paired") == 1)
            self.assertEqual(total(sensor, "lone"), 1)
            self.assertEqual(sensor.stop(), 0)


if __name__ == "__main__":
    need_root()
    unittest.main(verbosity=2, warnings="ignore")
