#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""The same answers: Ethernet captures sent over a veth pair, seen by XDP and
AF_XDP and by TC, give the findings that `x0f pcap` gives for the same frames,
but for times and what follows from them.
"""
import glob
import json
import os
import subprocess
import unittest

import lab as laboratory
from lab import SANITIZED, SHARED, SLOW, SOURCE, X0F, Lab, need_root

MTU = 65535
PART = 10000  # frames
# what depends on time, or on where a packet was found
LEFT_OUT = ("time", "packet", "file", "interface")


def own_frames():
    """All that the project's captures have, and the corpus where it is."""
    paths = sorted(glob.glob(os.path.join(SOURCE, "tests", "data", "*.pcap")))
    if SHARED and not SANITIZED:
        for folder in ("edge", "public"):
            paths += sorted(glob.glob(os.path.join(
                SHARED, "corpus", folder, "*")))
    frames = []
    for path in paths:
        for frame in as_ethernet(path):
            if 14 <= len(frame) <= MTU + 14 and tags_of(frame) <= 2:
                frames.append(frame)
    return frames


def as_ethernet(path):
    """Frames of any capture that tcpdump reads as Ethernet, else none."""
    copy = f"/tmp/x0f-same-{os.getpid()}.pcap"
    done = subprocess.run(["tcpdump", "-r", path, "-w", copy],
                          capture_output=True)
    frames = None
    if os.path.exists(copy):
        frames = laboratory.read_pcap(copy)
        os.unlink(copy)
    return frames or [] if done.returncode in (0, 1) else []


def tags_of(frame):
    count, at = 0, 12
    while frame[at:at + 2] in (b"\x81\x00", b"\x88\xa8", b"\x91\x00"):
        count, at = count + 1, at + 4
    return count


def plain(event):
    """Label ids are positions: in the database here, in the segment there."""
    kept = {k: v for k, v in event.items() if k not in LEFT_OUT}
    if kept.get("label"):
        kept["label"] = {**kept["label"], "id": None}
    return kept


class SameAnswers(unittest.TestCase):
    maxDiff = None

    @classmethod
    def setUpClass(cls):
        cls.frames = own_frames()

    def findings_of(self, capture):
        text = subprocess.run([X0F, "pcap", "--format", "json", "-q",
                               capture], capture_output=True, check=True)
        return [plain(e) for e in map(json.loads, text.stdout.splitlines())
                if e["kind"] != "uptime"]

    def compare(self, mtu, *arguments):
        """In parts: what is forgotten differs, so nothing has to be."""
        frames = [f for f in self.frames if len(f) <= mtu + 14]
        total = 0
        for begin in range(0, len(frames), PART):
            with Lab() as lab:
                for space, device in ((lab.here, "s0"), (lab.there, "p0")):
                    laboratory.sh("ip", "-n", space, "link", "set", device,
                                  "mtu", mtu)
                capture = os.path.join(lab.folder, "part.pcap")
                laboratory.write_pcap(capture, frames[begin:begin + PART])
                total += self.compare_part(lab, capture, arguments)
        print(f"{len(frames)} frames, {total} findings")
        self.assertGreater(total, 20)

    def compare_part(self, lab, capture, arguments):
        wanted = self.findings_of(capture)
        sensor = lab.sensor("s0", "--ring", 1 << 18, *arguments)
        laboratory.send_capture(lab, capture)
        found = self.wait_for(sensor, len(wanted))
        remembered = 0
        for number, (a, b) in enumerate(zip(found, wanted)):
            # a file's shards remember less than a sensor's one table
            if a["repeated"] and not b["repeated"]:
                b["repeated"] = True
                remembered += 1
            self.assertEqual(a, b, f"finding {number}")
        self.assertLessEqual(remembered, len(found) // 20)
        self.assertEqual(len(found), len(wanted))
        self.assertEqual(sensor.stop(), 0, sensor.errors())
        return len(found)

    def wait_for(self, sensor, count):
        def read():
            return [plain(e) for e in sensor.events() if e["kind"] != "uptime"]

        def all_there():
            found = read()
            return found if len(found) >= count else None
        try:
            return laboratory.wait_until("every finding", all_there, 10)[0]
        except AssertionError:
            return read()

    def test_tap(self):
        # more than the frames of the sockets hold is counted, not seen
        self.compare(1700, "--capture", "tap")

    def test_inline_tcx(self):
        self.compare(MTU, "--hook", "tcx")

    def test_inline_clsact(self):
        self.compare(MTU, "--hook", "clsact")


if __name__ == "__main__":
    need_root()
    unittest.main(verbosity=2, warnings="ignore")
