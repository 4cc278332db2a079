#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""`x0f p0f` in the place of p0f: the same options, the same records on the
screen and in the log, in the same order, the same exit codes. Records of
HTTP, host change and ip sharing, which x0f does not make, are left out of the
comparison, and so are the lines before the first record.
"""
import fcntl
import os
import re
import shutil
import stat
import struct
import subprocess
import sys
import tempfile

import frames
import programs

MODULES = ("syn", "syn+ack", "mtu", "uptime", "sendsyn probe",
           "sendsyn response")
BEGIN = b"[+] Processing capture data.\n\n"
END = b"\nAll done. Processed "
HEADING = re.compile(rb"\.-\[ \S+ -> \S+ \(([^)]*)\) \]-\n")
CAPTURE = re.compile(r"\.(pcap|pcapng|cap|dmp)$")
EVERY = 4  # of the large captures
WAYS = (
    ["-m", "1,1"],
    ["-m", "3,5", "-t", "1,1"],
    ["-t", "1000000,1000000", "-m", "100000,500000"],
    ["port 80 or port 443"],
    ["ip6"],
    ["-t2,3", "tcp[tcpflags] & tcp-syn != 0"],
    ["vlan"],
    ["--", "not src net 10.0.0.0/8"],
)

failures = 0


def check(good, text):
    global failures
    if not good:
        failures += 1
        if failures <= 30:
            print("FAILED: " + text)


def call(argv, **more):
    more.setdefault("stdin", subprocess.DEVNULL)
    env = dict(os.environ, TZ=more.pop("zone", "UTC"))
    return subprocess.run(argv, stdout=subprocess.PIPE, env=env, timeout=120,
                          stderr=subprocess.PIPE, **more)


def ours(*arguments, **more):
    return call([programs.X0F, "p0f", *arguments], **more)


def theirs(*arguments, **more):
    return call([programs.P0F, *arguments], **more)


def blocks(screen):
    """Blocks of our modules, and everything behind the last block."""
    at = screen.find(BEGIN)
    if at < 0:
        return None
    body, end, rest = screen[at + len(BEGIN):].rpartition(END)
    kept = []
    for block in body.split(b"`----\n\n"):
        module = HEADING.match(block)
        if not module:
            kept.append(block)
        elif module.group(1).decode() in MODULES:
            kept.append(block + b"`----\n\n")
    return kept, end + rest


def log_lines(path):
    """Log lines of our modules, in their order."""
    if not os.path.exists(path):
        return None
    with open(path, "rb") as file:
        return [line for line in file.read().splitlines(True)
                if re.search(rb"\] mod=([^|]*)\|", line).group(1).decode()
                in MODULES]


def first_difference(want, got):
    for a, b in zip(want, got):
        if a != b:
            return "\n-%s\n+%s" % (a, b)
    return " %d and %d of them" % (len(want), len(got))


def compare(folder, capture, database, way, zone):
    """Both programs on one capture. Returns how many records there were."""
    log = os.path.join(folder, "log")
    result = []
    for program in theirs, ours:
        if os.path.exists(log):
            os.unlink(log)
        done = program("-r", capture, "-f", database, "-o", log, *way,
                       zone=zone)
        result.append((done.returncode, blocks(done.stdout), log_lines(log)))
    want, got = result
    name = "%s %s: " % (os.path.basename(capture), " ".join(way))
    check(want[0] == got[0], "%sexit %d and %d" % (name, want[0], got[0]))
    check((want[1] is None) == (got[1] is None), name + "one is fatal")
    if want[1] is None or got[1] is None:
        return 0
    check(want[1][0] == got[1][0],
          name + "screen" + first_difference(want[1][0], got[1][0]))
    check(want[1][1] == got[1][1], "%s%s and %s" % (name, want[1][1],
                                                    got[1][1]))
    check(want[2] == got[2], name + "log" + first_difference(want[2], got[2]))
    return len(want[2])


def captures():
    found = [os.path.join(programs.SOURCE, "tests", "data", "first.pcap")]
    for name, step in (("edge", 1), ("full", EVERY)):
        folder = os.path.join(os.environ.get("X0F_SHARED", ""), "corpus", name)
        if not os.path.isdir(folder):
            print("not compared: %s is not here" % folder)
            continue
        names = sorted(filter(CAPTURE.search, os.listdir(folder)))
        found += [os.path.join(folder, n) for n in names[::step]]
    return found


def caches(path):
    """More flows at once than p0f remembers by default, and a clock that is
    only seen when the host is remembered for more than a minute."""
    layout = frames.options((frames.MSS, frames.TS), mss=1460, ts=(100000, 0))
    later = frames.options((frames.MSS, frames.TS), mss=1460, ts=(109500, 0))
    start = 1700000000 * 1000000
    requests = [frames.Packet(src=frames.client(4, n), dst=frames.server(4, 1),
                              sport=1024 + n, options=layout)
                for n in range(1300)]
    with frames.Capture(path) as capture:
        for n, request in enumerate(requests):
            capture.add(start + n * 1000, request)
        for n, request in enumerate(requests):
            capture.add(start + 5000000 + n * 1000,
                        frames.answer(request, options=layout))
        for n in range(200):
            capture.add(start + 85000000 + n * 40000,
                        frames.Packet(src=frames.client(4, 5000 + n % 4),
                                      dst=frames.server(4, 2)))
        capture.add(start + 95000000, frames.Packet(
            src=frames.client(4, 7), dst=frames.server(4, 3), options=later))


def wire_length(path):
    """The file says that more was captured than was on the wire, which
    libpcap does not believe."""
    packet = frames.Packet(src=frames.client(4, 1), dst=frames.server(4, 1))
    other = frames.Packet(src=frames.client(4, 2), dst=frames.server(4, 1))
    frame = other.frame()
    with frames.Capture(path) as capture:
        capture.add(1700000000 * 1000000, packet)
        capture.file.write(struct.pack("<IIII", 1700000001, 0, len(frame),
                                       len(frame) - 4) + frame)


def sendsyn(path):
    """p0f-sendsyn's probe, and a SYN+ACK that comes late."""
    start = 1700000000 * 1000000
    probe = frames.Packet(src=frames.client(4, 1), dst=frames.server(4, 1),
                          window=1337,
                          options=frames.options((frames.MSS,), mss=1331))
    late = frames.Packet(src=frames.client(4, 2), dst=frames.server(4, 1))
    with frames.Capture(path) as capture:
        capture.add(start, probe)
        capture.add(start + 1000, frames.answer(probe))
        capture.add(start + 2000, late)
        for n in range(60):
            capture.add(start + 45000000 + n * 20000, frames.Packet(
                src=frames.client(4, 3), dst=frames.server(4, 2)))
        capture.add(start + 50000000, frames.answer(late))


def compare_crafted(folder):
    """What the captures that are there may not have."""
    for make in caches, wire_length, sendsyn:
        path = os.path.join(folder, make.__name__ + ".pcap")
        make(path)
        for way in ([], ["-t", "30,1"]) + WAYS:
            check(compare(folder, path, programs.STOCK, way, "UTC") or way,
                  "%s: no records" % path)
    # p0f reads the length of IP options here as 0
    dash = os.path.join(folder, "dash.fp")
    write(dash, b"classes = unix\n[tcp:request]\nlabel = s:unix:Dash:\n"
          b"sig = 4:64-:10:*:*,*:mss,sok,ts,nop,ws:df,id+:0\n")
    first = os.path.join(programs.SOURCE, "tests", "data", "first.pcap")
    check(compare(folder, first, dash, [], "UTC"), "no records with " + dash)


def compare_captures(folder, found):
    records = 0
    for i, capture in enumerate(found):
        database = os.path.splitext(capture)[0] + ".fp"
        if not os.path.exists(database):
            database = programs.STOCK
        zone = "Asia/Kathmandu" if i % 5 == 0 else "UTC"
        ways = WAYS if i == 0 else (WAYS[i % len(WAYS)],)
        for way in ([],) + tuple(ways):
            records += compare(folder, capture, database, way, zone)
    print("%d captures, %d records" % (len(found), records))
    check(records, "nothing was compared")


def write(path, data):
    with open(path, "wb") as file:
        file.write(data)


def make_files(capture):
    """In the working directory: all that can be wrong with a file."""
    with open(capture, "rb") as file:
        data = file.read()
    pcap = "<IHHiIII"
    write("good", data)
    write("cut", data[:300])
    write("header", data[:24])
    write("empty", b"")
    write("junk", b"this is no capture file, nor a database\n" * 9)
    write("can", struct.pack(pcap, 0xa1b2c3d4, 2, 4, 0, 0, 65535, 227))
    write("raw", struct.pack(pcap, 0xa1b2c3d4, 2, 4, 0, 0, 65535, 101))
    write("section", struct.pack("<IIIHHqI", 0x0a0d0d0a, 28, 0x1a2b3c4d, 1, 0,
                                 -1, 28))
    os.mkdir("folder")
    os.symlink("target", "link")
    os.mkfifo("fifo")


# Each of these must end with p0f's own exit code.
USAGES = [line.split() for line in """
    -r good
    -rgood
    -r good -f
    -r
    -r good -x
    -r nothing
    -r -
    -r folder
    -r empty
    -r junk
    -r header
    -r cut
    -r can
    -r raw
    -r section
    -r good -r good
    -r good -f junk
    -r good -f nothing
    -r good -f folder
    -r good -f empty
    -r good -f empty -f empty
    -r good -o log1
    -r good -o log1 -o log2
    -r good -o link
    -r good -o /dev/null
    -r good -o folder
    -r good -o nowhere/log
    -r good -m 1,1
    -r good -m 1,1 -m 1,1
    -r good -m 100000,500000
    -r good -m 100001,1
    -r good -m 1,500001
    -r good -m 0,1
    -r good -m 1,0
    -r good -m 5
    -r good -m 5,x
    -r good -m x
    -r good -m -5,4
    -r good -m 5,-4
    -r good -t 1,1
    -r good -t 1,1 -t 1,1
    -r good -t 1000000,1000000
    -r good -t 1000001,1
    -r good -t 1,1000001
    -r good -t 0,1
    -r good -t 5
    -r good -i lo
    -r good -p
    -r good -s socket
    -r good -S 3
    -r good -u no-such-user
    -r good -d
    -r good -d -o log3
    -r good tcp udp
    tcp -r good
    -r good -- tcp
    -r good -- -r
    -r good nonsense
    -r raw nonsense
    -r header nonsense
    -r can tcp
    -r good (
    -r good vlan
""".strip().splitlines()] + [
    ["-r", ""], ["-r", "good", ""], ["-r", "good", "-o", ""],
    ["-r", "good", "-f", ""], ["-r", "good", "port 80) or (port 443"],
    ["-r", "good", "-m", ""], ["-r", "good", " "],
]

# What p0f takes and x0f does not: numbers with something behind them, and
# what is live capture.
STRICTER = (["-r", "good", "-m", "5,6x"], ["-r", "good", "-t", "5,6,7"],
            ["-r", "good", "-m", " 5,6"], [], ["-L"], ["-i", "lo"],
            ["-dilo"], ["tcp"])


def check_failure(arguments, done):
    name = "p0f " + " ".join(arguments)
    lines = done.stderr.decode(errors="replace").splitlines()
    check(len(lines) == 1 and lines[0].startswith("x0f: "),
          "%s: said %r" % (name, done.stderr))
    check(b"All done" not in done.stdout, name + ": done after a failure")


def compare_usages():
    for arguments in USAGES:
        want = theirs(*arguments).returncode
        done = ours(*arguments)
        check(done.returncode == want, "p0f %s: exit %d and %d, %s" % (
            arguments, want, done.returncode, done.stderr))
        if want and done.returncode:
            check_failure(arguments, done)
        elif not want:
            check(b"All done" in done.stdout, "p0f %s: not done" % arguments)
    for arguments in STRICTER:
        done = ours(*arguments)
        check(done.returncode == 1, "p0f %s: exit %d" % (arguments,
                                                         done.returncode))
        check_failure(arguments, done)
    check(not os.path.exists("target"), "followed a symbolic link")


def check_log():
    done = ours("-r", "good", "-o", "mine")
    check(done.returncode == 0, "-o: %s" % done.stderr)
    mode = stat.S_IMODE(os.stat("mine").st_mode)
    check(mode == 0o600, "log has mode %o" % mode)
    once = log_lines("mine")
    ours("-r", "good", "-o", "mine")
    check(once and log_lines("mine") == once * 2, "log is not appended to")
    with open("mine", "rb") as file:
        fcntl.flock(file, fcntl.LOCK_SH)
        done = ours("-r", "good", "-o", "mine")
    check(done.returncode == 1, "wrote to a locked log")
    check_failure(["(locked log)"], done)
    check(log_lines("mine") == once * 2, "locked log has grown")
    done = ours("-r", "good", "-o", "fifo")
    check(done.returncode == 1, "wrote to a FIFO")
    check_failure(["-o", "fifo"], done)
    with open("good", "rb") as file:
        before = file.read()
    os.link("good", "same")
    done = ours("-r", "good", "-o", "same")
    check_failure(["-r", "good", "-o", "same"], done)
    with open("good", "rb") as file:
        check(file.read() == before, "wrote into the capture")


def check_pipes():
    """A reader that leaves takes nothing from the log; full disks are told."""
    end, start = os.pipe()
    os.close(end)
    done = subprocess.run([programs.X0F, "p0f", "-r", "good", "-o", "piped"],
                          stdout=start, stderr=subprocess.PIPE, timeout=120,
                          env=dict(os.environ, TZ="UTC"))
    os.close(start)
    check(done.returncode == 0 and not done.stderr,
          "nobody reads: exit %d, %s" % (done.returncode, done.stderr))
    ours("-r", "good", "-o", "whole")
    check(log_lines("piped") == log_lines("whole"), "the log has lost lines")
    with open("/dev/full", "wb") as full:
        done = subprocess.run([programs.X0F, "p0f", "-r", "good"],
                              stdout=full, stderr=subprocess.PIPE)
    check(done.returncode == 1 and done.stderr.count(b"\n") == 1,
          "full disk: exit %d, %s" % (done.returncode, done.stderr))
    with open("good", "rb") as file:
        done = ours("-r", "-", stdin=file)
    check(done.returncode == 1, "-r - is standard input")
    with open("good", "rb") as file:
        piped = ours("-r", "/dev/stdin", stdin=file)
    check(blocks(piped.stdout) == blocks(ours("-r", "good").stdout),
          "standard input differs")


def check_names():
    """The program called as p0f; the banner; the help."""
    os.symlink(os.path.abspath(programs.X0F), "p0f")
    direct = ours("-r", "good")
    called = call(["./p0f", "-r", "good"])
    check(called.returncode == 0 and called.stdout == direct.stdout,
          "called as p0f: exit %d, %s" % (called.returncode, called.stderr))
    banner = direct.stdout.split(b"\n")[0]
    check(banner.startswith(b"--- x0f ") and banner.endswith(b" ---"),
          "banner %r" % banner)
    check(b"[+] Loaded 322 signatures from '/etc/p0f/p0f.fp'.\n" in
          direct.stdout, "database line")
    for argv in (["./p0f", "--help"], [programs.X0F, "p0f", "-h"]):
        done = call(argv)
        check(done.returncode == 0 and b"HTTP" in done.stdout,
              "%s: exit %d" % (argv, done.returncode))


def compare_status(capture):
    """Lines of status that are p0f's to the byte, too."""
    kinds = rb"\[\+\] (?:Loaded|Will|Default|Custom|Log|Processing).*\n"
    for way in [], ["port 443"], ["-o", "status"]:
        want = theirs("-r", capture, *way).stdout
        got = ours("-r", capture, *way).stdout
        want, got = re.findall(kinds, want), re.findall(kinds, got)
        check(want and want == got, "status: %s and %s" % (want, got))


def main():
    programs.need_p0f()
    programs.X0F = os.path.abspath(programs.X0F)
    found = captures()
    folder = tempfile.mkdtemp(prefix="x0f-screen-")
    try:
        compare_captures(folder, found)
        compare_crafted(folder)
        os.chdir(folder)
        make_files(found[0])
        compare_usages()
        check_log()
        check_pipes()
        check_names()
        compare_status(found[0])
        compare_status("raw")
    finally:
        os.chdir("/")
        shutil.rmtree(folder)
    print("%d failures" % failures)
    sys.exit(1 if failures else 0)


main()
