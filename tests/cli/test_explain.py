#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""`x0f explain`: that it says of every packet what `x0f pcap` says of it,
that its arithmetic adds up, and that candidates fail by what they fail by.
"""
import json
import os
import re
import struct
import subprocess
import sys
import tempfile
import unittest

X0F = os.environ.get("X0F", "build/release/x0f")
SOURCE = os.environ.get("X0F_SOURCE", ".")
FIRST = os.path.join(SOURCE, "tests", "data", "first.pcap")
USAGE, DATA, NO_INPUT, CONFIG = 64, 65, 66, 78

XP = "4:120+8:0:1452:65535,0:mss,nop,nop,sok:df,id+:0"
LAYOUT = "mss,sok,ts,nop,ws"
DATABASE = """classes = unix
[mtu]
label = DSL
sig = 1492
[tcp:request]
label = s:!:Tool:
sys = Linux
sig = *:64:0:*:mss*20,7:mss,sok,ts,nop,ws:df:0
label = g:unix:Linux:any
sig = *:64:0:*:*,*:mss,sok,ts,nop,ws:df,id+:0
label = s:unix:Linux:20
sig = *:64:0:*:mss*20,7:mss,sok,ts,nop,ws:df,id+:0
sig = *:64:0:1400:mss*20,8:mss,sok,ts,nop,ws:df,id+:0
sig = *:64-:4:*:*,7:mss,sok,ts,nop,ws:df,id+:*
sig = *:60-:0:*:512,7:mss,sok,ts,nop,ws:df,id+:+
sig = *:64:0:*:%4096,7:mss,nop,eol+2:df,id+:0
label = s:unix:Behind:
sig = *:64:0:*:mss*20,*:mss,sok,ts,nop,ws:df,id+:0
[tcp:response]
label = s:unix:Linux:20
sig = *:64:0:*:mss*50,7:mss,sok,ts,nop,ws:df:0
"""


def run(*arguments, **more):
    return subprocess.run([X0F, "explain", *arguments],
                          stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                          timeout=120, universal_newlines=True, **more)


def values(text):
    """The lines of "  name  value", the last one of each name."""
    return dict(re.findall(r"^  (\S+(?: \S+)?)  +(\S.*)$", text, re.M))


def packets():
    """Number: bytes, of a pcap file in our byte order."""
    with open(FIRST, "rb") as file:
        data = file.read()
    at, number, found = 24, 0, {}
    while at < len(data):
        length = struct.unpack_from("<8xI", data, at)[0]
        number += 1
        found[number] = data[at + 16:at + 16 + length]
        at += 16 + length
    return found


def events(*options):
    """JSON of all SYN and SYN+ACK, with those that have an MTU beside."""
    done = subprocess.run([X0F, "pcap", "-q", "--format", "json", *options,
                           FIRST], stdout=subprocess.PIPE, timeout=120)
    return [json.loads(line) for line in done.stdout.splitlines()]


class Agreement(unittest.TestCase):
    def check(self, *options):
        links = {event["packet"]: event for event in events(*options)
                 if event["kind"] == "mtu"}
        count = 0
        for event in events(*options):
            if event["kind"] not in ("syn", "synack"):
                continue
            count += 1
            number = str(event["packet"])
            text = run("--packet", number, *options, FIRST).stdout
            said = values(text)
            self.agree(event, said, text)
            link = links.get(event["packet"])
            if link and link.get("link"):
                self.assertEqual(said["link"], link["link"])
        self.assertGreater(count, 20)

    def agree(self, event, said, text):
        label = event.get("label")
        self.assertEqual(said["signature"], event["raw_sig"])
        self.assertIn(" = ", said["quality"])
        self.assertEqual(float(said["quality"].split(" ")[0]),
                         event["quality"], text)
        self.assertIn("%d = " % event["distance"], said["distance"])
        if label:
            name = (label["name"] + " " + (label["flavor"] or "")).strip()
            self.assertEqual(said["winner"].split(", by ")[0], name)
            self.assertEqual(text.count("\n* "), 1)
        else:
            self.assertEqual(said["winner"], "none")
            self.assertNotIn("\n* ", text)

    def test_packets(self):
        self.check()

    def test_policy(self):
        self.check("--policy", "p0f")

    def test_hex(self):
        """The same frame gives the same page, but for what other packets
        told of it: repeats, and the SYN before a SYN+ACK."""
        for number, frame in packets().items():
            page = run("--packet", str(number), FIRST).stdout
            given = frame.hex()
            spaced = " ".join(given[i:i + 2] for i in range(0, len(given), 2))
            for arguments, text in (([given], None),
                                    ([spaced.replace(" ", ":")], None),
                                    (spaced.upper().split(), None),
                                    (["-"], spaced.replace(" 0", "\n0"))):
                done = run("--hex", *arguments, input=text)
                self.assertEqual(done.returncode, 0, done.stderr)
                title, rest = done.stdout.split("\n", 1)
                self.assertEqual(title, "frame of %d bytes" % len(frame))
                page = re.sub(", which came before|, its SYN is not in the "
                              "file", "", page)
                self.assertEqual(rest, page.split("\n", 1)[1])

    def test_signatures(self):
        """A raw signature leads where its packet led."""
        for event in events():
            if event["kind"] not in ("syn", "synack"):
                continue
            option = [] if event["kind"] == "syn" else ["--synack"]
            done = run(event["raw_sig"], *option)
            self.assertEqual(done.returncode, 0, done.stderr)
            self.agree(event, values(done.stdout), done.stdout)


class Pages(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.TemporaryDirectory()
        self.database = os.path.join(self.folder.name, "test.fp")
        with open(self.database, "w") as file:
            file.write(DATABASE)

    def tearDown(self):
        self.folder.cleanup()

    def explain(self, *arguments):
        done = run("-f", self.database, *arguments)
        self.assertEqual((done.returncode, done.stderr), (0, ""))
        return done.stdout.replace(self.database, "FILE")

    def candidates(self, text):
        """{line: what is said of it}, in order."""
        return {int(line): said for line, said in re.findall(
            r"^[ *] FILE:(\d+)  .*\n      (.*)$", text, re.M)}

    def test_readme(self):
        text = run(XP).stdout
        said = values(text)
        self.assertTrue(text.startswith("signature %s\n" % XP))
        self.assertEqual(said["winner"].split(",")[0], "Windows XP")
        self.assertEqual(said["why"], "the first exact specific one")
        self.assertEqual(said["quality"], "1.000 = 1.000 (exact)")
        self.assertEqual(said["distance"],
                         "8 = 128 (of the signature) - 120 (ttl)")
        self.assertEqual(said["mtu"],
                         "1492 = 1452 (mss) + 40 (ipv4 and tcp header)")
        self.assertEqual(said["link"], "DSL")
        self.assertEqual(said["direction"], "SYN")
        self.assertEqual(said["ttl"],
                         "120: 8 below 128, the next of 32, 64, 128 and 255")
        self.assertEqual(said["window"],
                         "65535, no multiple of an MSS or MTU")
        self.assertEqual(said["scale"], "0, no such option")

    def test_candidates(self):
        text = self.explain("4:64+0:0:1460:mss*20,7:%s:df,id+:0" % LAYOUT)
        self.assertEqual(self.candidates(text), {
            8: "quirks: id+ too many",
            10: "exact, generic",
            12: "exact",
        })
        self.assertIn("\n  4 more behind the winner, not looked at\n"
                      "  1 of the other direction\n"
                      "  1 with another option layout\n", text)
        self.assertIn("\n* FILE:12  Linux 20  *:64:0:*:mss*20,7:", text)

    def test_first_failures(self):
        text = self.explain("4:62+2:0:1460:mss*10,8:%s:df,id+:0" % LAYOUT)
        self.assertEqual(self.candidates(text), {
            8: "quirks: id+ too many",
            10: "exact, generic",
            12: "window scale: 7 wanted, 8 seen",
            13: "mss: 1400 wanted, 1460 seen",
            14: "ip option length: 4 wanted, 0 seen",
            15: "ttl: at most 60 wanted, 62 seen",
            18: "window: mss*20 wanted, mss*10 = 14600 seen",
        })
        said = values(text)
        self.assertEqual(said["why"], "no specific one is exact, the first "
                                      "exact generic one")
        self.assertEqual(said["quality"], "0.800 = 0.800 (exact, generic)")
        text = self.explain("4:52+12:0:1460:512,7:%s:df,id+:0" % LAYOUT)
        self.assertEqual(self.candidates(text)[15],
                         "payload class: + wanted, 0 seen")
        text = self.explain("4:64+0:0:1400:8192,0:mss,nop,eol+6:df,id+:0")
        self.assertEqual(self.candidates(text),
                         {16: "eol padding: 2 wanted, 6 seen"})
        text = self.explain("4:64+0:0:1400:8191,0:mss,nop,nop,sok:df:0")
        self.assertIn("\n  none has this option layout\n", text)

    def test_fuzzy(self):
        text = self.explain("4:164+91:0:1432:mss*20,7:%s:df,id+,ecn:0" %
                            LAYOUT)
        said = values(text)
        self.assertEqual(self.candidates(text)[10],
                         "nearly: ecn too many, ttl 164 is above 64")
        self.assertEqual(said["why"],
                         "none is exact, the first that is nearly right")
        self.assertEqual(
            said["quality"],
            "0.200 = 0.600 (nearly, generic) - 0.100 (1 quirk) - 0.300 (100 "
            "hops out of range, 0.100 and 0.005 each, at most 0.300)")
        self.assertEqual(said["distance"],
                         "91 = 255 (guess: the next of 32, 64, 128 and 255) "
                         "- 164 (ttl), unlikely: more than 35")
        text = self.explain("4:20+12:0:1432:mss*20,7:%s:df,id+:0" % LAYOUT)
        self.assertEqual(self.candidates(text)[12],
                         "nearly, ttl 20 is 44 below 64, more than 35")
        self.assertIn("(nearly, generic) - 0.300 (44 hops", text)

    def test_application(self):
        """A near miss of a tool is no evidence."""
        near = "4:64+0:0:1460:mss*20,7:%s:df,ecn:0" % LAYOUT
        text = self.explain(near)
        said = values(text)
        self.assertEqual(self.candidates(text)[8],
                         "nearly: ecn too many; of an application, so it is "
                         "no evidence")
        self.assertEqual(said["winner"], "Linux any, by FILE:10")
        said = values(self.explain("--policy", "p0f", near.replace("64+0",
                                                                   "63+1")))
        self.assertEqual(said["winner"], "none")
        self.assertEqual(said["why"], "an application's signature is nearly "
                                      "right, and that proves nothing")
        self.assertEqual(said["distance"], "0, which p0f leaves unset")

    def test_none(self):
        said = values(self.explain(XP))
        self.assertEqual(said["winner"], "none")
        self.assertEqual(said["why"], "no signature comes near")
        self.assertEqual(said["quality"], "0.000 = 0.000 (no match)")
        self.assertEqual(said["link"], "DSL")
        said = values(self.explain("4:64+0:0:0:512,0:::0"))
        self.assertEqual(said["mtu"], "unknown, there is no MSS")
        self.assertNotIn("link", said)

    def test_windows(self):
        for sig, kind, wanted in (
                ("4:64+0:0:1460:mss*20,7:%s:df:0", "",
                 "mss*20: 29200 = 20 * 1460 (the MSS)"),
                ("4:64+0:0:1460:mss*45,7:%s:df:0", "",
                 "mss*45: 65160 = 45 * 1448 (the MSS less 12 for "
                 "timestamps)"),
                ("4:64+0:0:8960:mss*44,7:%s:df:0", "",
                 "mss*44: 64240 = 44 * 1460 (Ethernet's MSS)"),
                ("6:64+0:0:8940:mss*45,7:%s::0", "",
                 "mss*45: 65160 = 45 * 1448 (Ethernet's MSS less 12 for "
                 "timestamps)"),
                ("4:64+0:0:1400:mtu*4,7:%s:df:0", "",
                 "mtu*4: 5760 = 4 * 1440 (the MTU: MSS + 40)"),
                ("4:64+0:0:1400:8192,7:%s:df:0", "",
                 "8192, no multiple of an MSS or MTU"),
                ("4:64+0:0:1400:mss*60,7:%s:df:0", "--synack",
                 "mss*60: 65520 = 60 * 1092 (the MSS of the SYN), which is "
                 "not in a signature: this is one that fits")):
            text = self.explain(*[a for a in (sig % LAYOUT, kind) if a])
            self.assertEqual(values(text)["window"], wanted)

    def test_sendsyn(self):
        """p0f prints no MSS where it was asked for by its own probe."""
        sig = "4:64+0:0:*:mss*10,0:mss:df:0"
        said = values(self.explain("--synack", sig))
        self.assertEqual(said["mss"], "1331")
        self.assertEqual(said["signature"], sig)

    def test_quirks(self):
        text = self.explain("4:64+0:0:1460:1,255:mss,nop,ws,eol+3:0+,seq-,"
                            "ack+,uptr+,pushf+,opt+,exws,bad:+")
        for quirk in ("0+", "seq-", "ack+", "uptr+", "pushf+", "opt+", "exws",
                      "bad"):
            self.assertRegex(text, r"\n  (quirks  )? +%s +\w" %
                             re.escape(quirk))
        self.assertEqual(values(text)["payload"], "yes")
        self.assertEqual(values(text)["scale"], "255")


class Stream(unittest.TestCase):
    """What the packets before it tell of a packet."""
    PORTS = b"\xc3\x50\x00\x50"

    def frame(self, source, flags, mss, window, acked):
        options = struct.pack(">HH", 0x0204, mss) + bytes.fromhex(
            "0402080a000000010000000001030307")
        ports = self.PORTS if source == 1 else self.PORTS[2:] + self.PORTS[:2]
        tcp = ports + struct.pack(">IIBBHHH", 1000, acked, 0xa0, flags,
                                  window, 0, 0) + options
        addresses = bytes((10, 0, 0, source)) + bytes((10, 0, 0, 3 - source))
        return struct.pack(">BBHHHBBH", 0x45, 0, 20 + len(tcp), 0, 0x4000, 64,
                           6, 0) + addresses + tcp

    def page(self, number, *frames):
        with tempfile.TemporaryDirectory() as folder:
            path = os.path.join(folder, "stream.pcap")
            database = os.path.join(folder, "test.fp")
            with open(database, "w") as file:
                file.write(DATABASE)
            with open(path, "wb") as file:
                file.write(struct.pack("<IHHIIII", 0xa1b2c3d4, 2, 4, 0, 0,
                                       65535, 101))
                for at, frame in enumerate(frames):
                    file.write(struct.pack("<IIII", 1700000000, at,
                                           len(frame), len(frame)) + frame)
            done = run("-f", database, "--packet", str(number), path)
            self.assertEqual((done.returncode, done.stderr), (0, ""))
            return values(done.stdout)

    def test_peer(self):
        syn = self.frame(1, 0x02, 1300, 5000, 0)
        answer = self.frame(2, 0x12, 1460, 65000, 1001)
        said = self.page(2, syn, answer)
        self.assertEqual(said["window"],
                         "mss*50: 65000 = 50 * 1300 (the MSS of the SYN)")
        self.assertEqual(said["winner"].split(",")[0], "Linux 20")
        self.assertEqual(said["direction"], "SYN+ACK")
        said = self.page(1, answer)
        self.assertEqual(said["window"],
                         "65000, no multiple of an MSS or MTU")
        self.assertEqual(said["winner"], "none")
        self.assertEqual(said["direction"],
                         "SYN+ACK, its SYN is not in the file")
        self.assertEqual(self.page(1, syn, syn)["direction"], "SYN")
        self.assertEqual(self.page(2, syn, syn)["direction"],
                         "SYN, which came before")


class Endings(unittest.TestCase):
    """Frames that give no observation: why, and at which byte."""
    SYN = bytes.fromhex("450000280007400040060000c000020ac6336450c3500050"
                        "00000001000000005002faf000000000")

    def ended(self, frame, *options):
        done = run("--hex", "--link", "raw", frame.hex(), *options)
        self.assertEqual((done.returncode, done.stderr), (0, ""))
        self.assertNotIn("verdict", done.stdout)
        said = values(done.stdout)
        at = re.match(r"at byte (\d+) of (\d+)", said["ended"])
        self.assertEqual(int(at[2]), len(frame))
        return said["status"].split(":")[0], int(at[1])

    def changed(self, at, *new):
        return self.SYN[:at] + bytes(new) + self.SYN[at + len(new):]

    def test_whole(self):
        done = run("--hex", "--link", "raw", self.SYN.hex())
        self.assertIn("verdict", done.stdout)
        self.assertNotIn("ended", done.stdout)

    def test_statuses(self):
        for length in range(1, len(self.SYN)):
            status, at = self.ended(self.SYN[:length])
            # from 20 on the IP length tells
            self.assertEqual((status, at), ("too short", length)
                             if length < 20 else ("cut off", 20))
        self.assertEqual(self.ended(self.changed(0, 0x75)),
                         ("bad ip header", 1))
        self.assertEqual(self.ended(self.changed(0, 0x44)),
                         ("bad ip header", 20))
        self.assertEqual(self.ended(self.changed(9, 17))[0], "not tcp")
        self.assertEqual(self.ended(self.changed(6, 0x20, 1))[0], "fragment")
        self.assertEqual(self.ended(self.changed(32, 0x40))[0],
                         "bad tcp header")
        self.assertEqual(self.ended(self.changed(33, 0x03))[0],
                         "bad tcp flags")

    def test_segment(self):
        done = run("--hex", "--link", "raw", self.changed(33, 0x10).hex())
        self.assertIn("other tcp segment: only SYN", done.stdout)
        self.assertIn("\n  direction   ACK\n", done.stdout)
        self.assertNotIn("verdict", done.stdout)

    def test_ethernet(self):
        frame = bytes(12) + b"\x08\x06" + bytes(28)
        said = values(run("--hex", frame.hex()).stdout)
        self.assertTrue(said["status"].startswith("not ip"))
        self.assertTrue(said["ended"].startswith("at byte 14 of 42, behind "
                                                 "0x06"))
        tagged = bytes(12) + b"\x81\x00\x00\x2a\x08\x00" + self.SYN
        self.assertEqual(values(run("--hex", tagged.hex()).stdout)["vlan"],
                         "42")
        said = values(run("--hex", "--policy", "p0f", tagged.hex()).stdout)
        self.assertTrue(said["status"].startswith("tagged"))


class Refusals(unittest.TestCase):
    def refused(self, code, *arguments, says=""):
        done = run(*arguments)
        self.assertEqual(done.returncode, code, arguments)
        self.assertEqual(done.stdout, "")
        self.assertEqual(len(done.stderr.splitlines()), 1, done.stderr)
        self.assertTrue(done.stderr.startswith("x0f: "))
        self.assertIn(says, done.stderr)

    def test_signatures(self):
        self.refused(USAGE)
        self.refused(USAGE, XP, XP, says="one signature, but got 2")
        # columns are those of the text that was given
        self.refused(USAGE, XP.replace("sok", "sik"),
                     says="column 36: unknown tcp option")
        self.refused(USAGE, XP.replace("+8", "+?").replace("sok", "sik"),
                     says="column 36: unknown tcp option")
        self.refused(USAGE, "5" + XP[1:], says="column 1: ")
        self.refused(USAGE, XP.replace("+8", "+x"), says="column 7: ")
        for change, field in ((("4:", "*:"), "ip version"),
                              (("120+8", "120-"), "ttl"),
                              (("1452", "*"), "mss"),
                              (("65535", "*"), "window must"),
                              (("65535", "%2"), "window must"),
                              (("535,0", "535,*"), "window scale"),
                              ((":df,id+:0", ":df,id+:*"), "payload class")):
            self.refused(USAGE, XP.replace(*change), says="the " + field)
        self.refused(USAGE, XP.replace("df,id+", "id+"),
                     says="no packet is like that")
        self.refused(USAGE, XP.replace("65535", "mss*900"),
                     says="no packet is like that")
        self.refused(USAGE, "4:" + "9" * 4000, says="too long")
        self.refused(USAGE, FIRST, says="--packet N")

    def test_hex(self):
        self.refused(USAGE, "--hex", "45 0x", says="character 5 is 'x'")
        self.refused(USAGE, "--hex", "450", says="only one digit")
        self.refused(USAGE, "--hex", " ", says="no bytes")
        self.refused(USAGE, "--hex", "--link", "tr", "45", says="ethernet")
        self.refused(USAGE, "--hex", "--synack", "45", says="--synack")
        self.refused(USAGE, "--hex", "--packet", "1", "45",
                     says="exclude each other")
        self.refused(USAGE, "--link", "raw", XP, says="--link is for --hex")

    def test_files(self):
        self.refused(USAGE, "--packet", "0", FIRST, says="--packet")
        self.refused(DATA, "--packet", "1000", FIRST,
                     says="has no packet 1000, the last one is %d" %
                     len(packets()))
        self.refused(NO_INPUT, "--packet", "1", "/nonexistent/file",
                     says="/nonexistent/file")
        self.refused(DATA, "--packet", "1", os.path.join(SOURCE, "README.md"))
        self.refused(NO_INPUT, "-f", "/nonexistent/file", XP,
                     says="/nonexistent/file")
        self.refused(CONFIG, "-f", os.path.join(SOURCE, "README.md"), XP)
        with tempfile.NamedTemporaryFile() as file:
            with open(FIRST, "rb") as first:
                file.write(first.read(200))
            file.flush()
            self.refused(DATA, "--packet", "2", file.name, says="packet 2")
            done = run("--packet", "1", file.name)
            self.assertEqual(done.returncode, 0)

    def test_standard_input(self):
        with open(FIRST, "rb") as file:
            done = run("--packet", "2", "-", stdin=file)
        self.assertEqual(done.returncode, 0)
        self.assertEqual(done.stdout.split("\n", 1)[1],
                         run("--packet", "2", FIRST).stdout.split("\n", 1)[1])


if __name__ == "__main__":
    unittest.main(argv=[sys.argv[0]])
