#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""All formats say the same of the same findings, parse back, and cannot be
forged. JSON is held against its schema, community_id against a computation of
our own, lines of JSON against jq.
"""
import base64
import csv
import glob
import hashlib
import io
import ipaddress
import json
import os
import re
import struct
import subprocess
import sys
import tempfile
import unittest

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)),
                                "..", "oracle"))
import frames  # noqa: E402

try:
    import jsonschema
except ImportError:
    print("skipped: no jsonschema (Debian: python3-jsonschema)")
    sys.exit(77)

X0F = os.environ.get("X0F", "build/release/x0f")
SOURCE = os.environ.get("X0F_SOURCE", ".")
SHARED = os.environ.get("X0F_SHARED", "")
STEP = 60 if "/asan/" in X0F or "/tsan/" in X0F else 6
FORMATS = ("json", "csv", "p0f", "text", "line")
CONTROL = re.compile("[\0-\x1f\x7f]")
EVIL = 'a"b\\c|d,e\x1b[31m\x07=1+1 \x7f\u2028\xff'

with open(os.path.join(SOURCE, "user", "readers",
                       "event.schema.json")) as schema_file:
    SCHEMA = json.load(schema_file)
VALIDATOR = jsonschema.Draft202012Validator(SCHEMA)


def run(form, path, *more):
    return subprocess.run([X0F, "pcap", "-q", "--format", form, *more, path],
                          stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                          env=dict(os.environ, TZ="UTC")).stdout


def community_id(event):
    ends = sorted((ipaddress.ip_address(event[side + "_ip"]).packed,
                   struct.pack("!H", event[side + "_port"]))
                  for side in ("client", "server"))
    data = b"\0\0" + ends[0][0] + ends[1][0] + b"\6\0" + ends[0][1] + ends[1][1]
    return "1:" + base64.b64encode(hashlib.sha1(data).digest()).decode()


def end(event, side):
    address = event[side + "_ip"]
    return "%s:%d" % ("[%s]" % address if ":" in address else address,
                      event[side + "_port"])


def captures():
    yield os.path.join(SOURCE, "tests", "data", "first.pcap")
    for folder in ("edge", "public", "full", "derived"):
        paths = glob.glob(os.path.join(SHARED, "corpus", folder, "*.pcap*"))
        yield from [p for p in sorted(paths)
                    if p.endswith((".pcap", ".pcapng"))][::STEP]


class Formats(unittest.TestCase):
    def agree_in_line(self, event, line):
        """One line per finding, client first, and about whom it is."""
        flow = end(event, "client") + " \u2192 " + end(event, "server")
        self.assertEqual(line.split("  ")[0].strip(),
                         {"syn": "SYN", "synack": "SYN+ACK", "mtu": "MTU",
                          "uptime": "uptime", "sendsyn_probe": "probe",
                          "sendsyn_response": "answer"}[event["kind"]], line)
        self.assertIn("  " + flow + "  ", line)
        self.assertIn("  " + event["subject"] + "  ", line)
        self.assertIsNone(CONTROL.search(line), line)
        if event["kind"] == "mtu":
            self.assertIn("  %s  " % (event["link"] or "???"), line)
            self.assertIn("  MTU %d" % event["mtu"], line)
        elif event["kind"] == "uptime":
            self.assertIn("  %.2f Hz" % event["uptime"]["raw_hz"], line)
        else:
            label = event["label"]
            name = " ".join(filter(None, (label["name"], label["flavor"]))) \
                if label else "???"
            self.assertIn("  %s  " % name, line)
            self.assertIn("  %d.%02d %s  " % (*divmod(
                int(event["quality"] * 1000 + 0.5) // 10, 100),
                event["match"]), line)
            self.assertRegex(line, r"  dist (<=)?%d\b" % event["distance"])
            for reason in event["reasons"] if event["match"] == "fuzzy" else ():
                self.assertIn(reason, line)

    def agree(self, event, row, line, block):
        where = line + block
        self.assertFalse(None in row or None in row.values(), where)
        self.assertEqual(community_id(event), event["community_id"], where)
        for name in ("community_id", "raw_sig", "kind", "time"):
            self.assertEqual(event[name], row[name], where)
        self.assertEqual(str(event["packet"]), row["packet"], where)
        if event["kind"] in ("syn", "synack"):
            self.assertIn("raw_sig=" + event["raw_sig"], line)
            self.assertIn(event["raw_sig"], block)
            name = event["label"] and event["label"]["name"]
            self.assertEqual(row["name"], name or "", where)
            self.assertIn("=" + (name or "???"), line)
        if event["kind"] == "mtu":
            self.assertIn("raw_mtu=%d" % event["mtu"], line)
            self.assertEqual(row["mtu"], str(event["mtu"]))
            self.assertEqual(row["link"], event["link"] or "")
        if event["kind"] == "uptime":
            self.assertIn("raw_freq=%.2f" % event["uptime"]["raw_hz"], line)
            self.assertEqual(row["uptime_minutes"],
                             str(event["uptime"]["minutes"]))

    def check(self, path, *more):
        out = {form: run(form, path, *more).decode() for form in FORMATS}
        lines = out["json"].split("\n")[:-1]
        rows = list(csv.DictReader(io.StringIO(out["csv"], newline="")))
        logged = out["p0f"].split("\n")[:-1]
        blocks = out["text"].split("\n\n")[:-1]
        short = out["line"].split("\n")[:-1]
        self.assertEqual(len(lines), len(rows), path)
        self.assertEqual(len(lines), len(logged), path)
        self.assertEqual(len(lines), len(blocks), path)
        self.assertEqual(len(lines), len(short), path)
        for number, line in enumerate(lines):
            event = json.loads(line)
            if number % 7 == 0 or event["kind"] == "uptime":
                VALIDATOR.validate(event)
            self.agree(event, rows[number], logged[number], blocks[number])
            self.agree_in_line(event, short[number])
        return len(lines)

    def test_formats_agree(self):
        VALIDATOR.check_schema(SCHEMA)
        count = 0
        for path in captures():
            count += self.check(path)
            count += self.check(path, "--compat", "p0f")
        print("%d findings in %d formats" % (count, len(FORMATS)))
        self.assertGreater(count, 50)

    def test_file(self):
        """Which file each finding is of, as it was named."""
        first = next(captures())
        path = os.path.join(os.path.dirname(first), ".", "first.pcap")
        for more in ((), ("--workers", "3"), ("--compat", "p0f")):
            with open(first, "rb") as file:
                data = file.read()
            both = [subprocess.run([X0F, "pcap", "-q", "--format", form, *more,
                                    path, "-"], input=data,
                                   stdout=subprocess.PIPE).stdout.decode()
                    for form in ("json", "csv")]
            events = [json.loads(line) for line in both[0].splitlines()]
            rows = list(csv.DictReader(io.StringIO(both[1], newline="")))
            half = len(events) // 2
            named = [path] * half + ["-"] * half
            self.assertGreater(half, 10)
            self.assertEqual([event["file"] for event in events], named)
            self.assertEqual([row["file"] for row in rows], named)
            VALIDATOR.validate(events[0])

    def test_columns(self):
        """Of a line, for addresses of common length; colour moves nothing."""
        first = next(captures())
        plain = run("line", first).decode().splitlines()
        colour = run("line", first, "--color", "always").decode()
        self.assertIn("\x1b[", colour)
        self.assertEqual(re.sub("\x1b\\[[0-9;]*m", "", colour).splitlines(),
                         plain)
        for line in plain:
            self.assertLessEqual(len(line), 120)
            if "[" not in line:
                self.assertIn(line[52:58], ("client", "server"))
                self.assertNotEqual(line[60], " ")

    def test_jq(self):
        first = next(captures())
        try:
            done = subprocess.run(["jq", "-r", ".raw_sig"],
                                  input=run("json", first),
                                  stdout=subprocess.PIPE, check=True)
        except FileNotFoundError:
            self.skipTest("jq is not installed")
        signatures = [json.loads(line)["raw_sig"]
                      for line in run("json", first).splitlines()]
        self.assertEqual(done.stdout.decode().splitlines(), signatures)

    def test_community_id_vector(self):
        """From the specification: 128.232.110.120:34855, 66.35.250.204:80."""
        self.assertEqual(community_id({
            "client_ip": "128.232.110.120", "client_port": 34855,
            "server_ip": "66.35.250.204", "server_port": 80}),
            "1:LQU9qZlK+B5F3KDmev6m5PMibrg=")


class Forging(unittest.TestCase):
    """Names from a database and from a capture file may be anything but a
    line feed; in no format do they make a line, a field or an ESC."""

    def setUp(self):
        self.folder = tempfile.TemporaryDirectory()
        self.addCleanup(self.folder.cleanup)
        self.database = os.path.join(self.folder.name, "evil.fp")
        with open(self.database, "w") as file:
            file.write("classes = unix\n[mtu]\nlabel = %s\nsig = 1500\n"
                       "[tcp:request]\nlabel = s:unix:Evil:%s\n"
                       "sig = *:64:0:*:*,*:mss:df,id+:*\n" % (EVIL, EVIL))
        self.capture = os.path.join(self.folder.name, "evil.pcapng")
        self.write_pcapng()

    def write_pcapng(self):
        packet = frames.Packet(
            src=frames.client(4, 1), dst=frames.server(4, 1), ip_id=5,
            ip_flags=frames.DF, window=5000,
            options=frames.options([frames.MSS], mss=1460)).frame()
        name = b"eth\n[TCP SYN]\x1b\"\\,|\xff"

        def block(kind, body):
            body += bytes(-len(body) % 4)
            size = struct.pack("<I", len(body) + 12)
            return struct.pack("<I", kind) + size + body + size

        option = struct.pack("<HH", 2, len(name)) + name + bytes(-len(name) % 4)
        with open(self.capture, "wb") as file:
            file.write(block(0x0a0d0d0a, struct.pack("<IHHq", 0x1a2b3c4d, 1,
                                                     0, -1)))
            file.write(block(1, struct.pack("<HHI", 1, 0, 0) + option))
            file.write(block(6, struct.pack("<IIIII", 0, 0, 0, len(packet),
                                            len(packet)) + packet))

    def show(self, form):
        out = run(form, self.capture, "-f", self.database)
        for byte in range(32):
            if byte != 10:
                self.assertNotIn(bytes([byte]), out, form)
        return out

    def test_text(self):
        out = self.show("text")
        self.assertEqual(out.count(b"[TCP "), 2)
        self.assertEqual(out.count(b"\n"), 11)

    def test_line(self):
        out = self.show("line")
        self.assertEqual(out.count(b"\n"), 2)
        self.assertTrue(out.startswith(b"SYN "))

    def test_p0f(self):
        self.assertEqual(self.show("p0f").count(b"\n"), 2)

    def test_json(self):
        lines = self.show("json").decode().splitlines()
        self.assertEqual(len(lines), 2)
        for line in lines:
            VALIDATOR.validate(json.loads(line))
        self.assertEqual(json.loads(lines[0])["label"]["name"], "Evil")

    def test_csv(self):
        text = self.show("csv").decode()
        rows = list(csv.DictReader(io.StringIO(text, newline="")))
        self.assertEqual(len(rows), 2)
        self.assertEqual([row["name"] for row in rows], ["Evil", "Evil"])
        for row in rows:
            self.assertFalse(None in row or None in row.values())


if __name__ == "__main__":
    unittest.main(verbosity=1)
