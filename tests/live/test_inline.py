#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Mode inline without the rest of the sensor (inline_probe.c): a host with
programs on its interface goes on as before, its packets arrive in a child
without rights, byte for byte, counts add up, and every way of losing the
programs is noticed. Each test runs with TCX and with clsact.
"""
import ctypes
import os
import re
import signal
import struct
import subprocess
import sys
import threading
import time

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import lab as laboratory  # noqa: E402
from lab import Lab, connect, need_root, send_frames, serve, sh, wait_until  # noqa: E402,E501

PROBE = os.path.join(laboratory.BUILD, "tests", "inline_probe")
HOOKS = ("tcx", "clsact")
INGRESS, EGRESS = 1, 2  # enum x0f_record_flag
DELIVERED, RING_FULL = 0, 2  # enum x0f_outcome
ETHERNET = 1  # enum x0f_link
HEADER_BYTES = 192
SYN, SYNACK = 0x02, 0x12


class Packet:
    def __init__(self, words):
        self.time_ns, self.interface, self.flags, self.link, self.wirelen = \
            map(int, words[:5])
        self.data = bytes.fromhex(words[5])


class Probe:
    """inline_probe on s0 of a laboratory."""

    def __init__(self, lab, *options, child=True, attach=True):
        self.process = lab.popen(PROBE, "s0", *options, text=True, bufsize=1,
                                 stdin=subprocess.PIPE,
                                 stdout=subprocess.PIPE)
        lab.sensors.append(self)
        self.pid = self.process.pid
        self.packets, self.warnings, self.answers = [], [], []
        self.total = 0
        threading.Thread(target=self.listen, daemon=True).start()
        assert self.answer() == "open 0"
        if child:
            self.child()
        if attach:
            self.attached = self.ask("attach")

    def listen(self):
        for line in self.process.stdout:
            kind, _, rest = line.rstrip("\n").partition(" ")
            if kind == "packet":
                self.packets.append(Packet(rest.split(" ")))
            elif kind == "total":
                self.total = int(rest)
            elif kind == "warning":
                self.warnings.append(rest)
            else:
                self.answers.append(line.rstrip("\n"))

    def answer(self):
        wait_until("an answer", lambda: self.answers, 10)
        return self.answers.pop(0)

    def ask(self, command):
        self.process.stdin.write(command + "\n")
        return self.answer()

    def child(self):
        """A new reader; it may neither hold nor make anything of BPF."""
        pid, descriptors, bpf = re.fullmatch(
            r"child (\d+) descriptors (\d+) bpf (\d+)",
            self.ask("child")).groups()
        assert (descriptors, bpf) == ("0", "0"), (descriptors, bpf)
        self.child_pid = int(pid)

    def outcomes(self):
        return [int(n) for n in self.ask("read").split()[1:]]

    def wait(self, count):
        """Exactly so many packets came, and none behind them."""
        wait_until(f"{count} packets", lambda: len(self.packets) >= count, 10)
        time.sleep(0.05)
        assert len(self.packets) == count, (len(self.packets), count)

    def kill(self):
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait()

    def stop(self):
        self.process.stdin.close()
        assert self.process.wait(10 * laboratory.SLOW) == 0


def tc(lab, *arguments):
    return lab.run("tc", *arguments).stdout


def checksum(data):
    total = sum(struct.unpack(f"!{len(data) // 2}H", data))
    return 0xffff - (total % 0xffff)


def frame(number=1, version=4, tags=(), payload=b"", flags=SYN):
    """An Ethernet frame with a TCP header and a MSS option."""
    tcp = struct.pack("!HHIIBBHHHBBH", 1024 + number, 9, number, 0, 6 << 4,
                      flags, 64240, 0, 0, 2, 4, 1460) + payload
    if version == 4:
        address = bytes([198, 51, 100, 2, 198, 51, 100, 77])
        ip = struct.pack("!BBHHHBBH", 0x45, 0, 20 + len(tcp), number & 0xffff,
                         0x4000, 64, 6, 0) + address
        ip = ip[:10] + struct.pack("!H", checksum(ip)) + ip[12:]
        kind = 0x0800
    else:
        ip = struct.pack("!IHBB", 6 << 28, len(tcp), 6, 64) + \
            bytes.fromhex("20010db8000f00000000000000000002"
                          "20010db8000f00000000000000000077")
        kind = 0x86dd
    link = b"".join(struct.pack("!HH", *tag) for tag in tags)
    return (b"\x02\0\0\0\0\x01\x02\0\0\0\0\x02" + link +
            struct.pack("!H", kind) + ip + tcp)


def transport(packet):
    """(TCP flags, sequence number, acknowledgement) of an untagged frame."""
    at = 14 + (20 if packet.data[12:14] == b"\x08\0" else 40)
    seq, ack, _, flags = struct.unpack_from("!IIBB", packet.data, at + 4)
    return flags, seq, ack


def test_connects(hook):
    """Nobody is harmed, and both sides of every handshake are seen."""
    with Lab(addresses=True) as lab:
        server = serve(lab)
        probe = Probe(lab, "hook=" + hook, "workers=2")
        assert probe.attached == "attached inline " + hook, probe.attached
        before = time.monotonic_ns()
        for address in (laboratory.SENSOR_V4, laboratory.SENSOR_V6):
            assert connect(lab, address, 150) == 150
        probe.wait(600)
        syns = {transport(p)[1] for p in probe.packets
                if p.flags == INGRESS and transport(p)[0] & 0x3f == SYN}
        answers = {transport(p)[2] - 1 for p in probe.packets
                   if p.flags == EGRESS and transport(p)[0] & 0x3f == SYNACK}
        assert len(syns) == 300 and syns == answers
        for p in probe.packets:
            assert (p.interface, p.link) == (3, ETHERNET)
            assert before < p.time_ns < time.monotonic_ns()
            assert p.wirelen == len(p.data), (p.wirelen, p.data.hex())
        outcomes = probe.outcomes()
        assert outcomes[DELIVERED] == 600 and outcomes[RING_FULL] == 0
        assert probe.ask("left") == "left 0"
        assert probe.ask("well") == "well"
        probe.stop()
        assert connect(lab, laboratory.SENSOR_V4, 5) == 5
        server.kill()
        assert "clsact" not in tc(lab, "qdisc", "show", "dev", "s0")


def test_accounts(hook):
    """Wanted = delivered + ring full; what is left waits for a reader."""
    with Lab() as lab:
        probe = Probe(lab, "hook=" + hook, "ring=4096", child=False)
        send_frames(lab, [frame(i) for i in range(300)])
        outcomes = probe.outcomes()
        assert outcomes[DELIVERED] + outcomes[RING_FULL] == 300, outcomes
        assert outcomes[RING_FULL] > 200, outcomes
        left = outcomes[DELIVERED]
        assert probe.ask("left") == f"left {left}"
        probe.child()
        probe.wait(left)
        assert probe.ask("left") == "left 0"
        # a reader that dies; its successor goes on where it stopped
        assert probe.ask("kill") == "ended"
        send_frames(lab, [frame(i) for i in range(5)])
        assert probe.ask("left") == "left 5"
        probe.child()
        probe.wait(left + 5)
        send_frames(lab, [frame(i) for i in range(5)])
        probe.wait(left + 10)
        # nothing comes any more, and what came can still be counted
        assert probe.ask("kill") == "ended"
        send_frames(lab, [frame(i) for i in range(7)])
        assert probe.ask("detach") == "detached"
        send_frames(lab, [frame(i) for i in range(7)])
        assert probe.ask("left") == "left 7"
        assert sum(probe.outcomes()) == 317
        probe.stop()


def test_wakes(hook):
    """A reader asleep is woken for every single packet, and sleeps again."""
    with Lab() as lab:
        probe = Probe(lab, "hook=" + hook)
        sender = lab.popen(
            sys.executable, "-c",
            "import socket, sys\n"
            "s = socket.socket(socket.AF_PACKET, socket.SOCK_RAW)\n"
            "s.bind(('p0', 0))\n"
            "for line in sys.stdin: s.send(bytes.fromhex(line))\n",
            there=True, stdin=subprocess.PIPE, text=True, bufsize=1)
        for i in range(300):
            if i % 5 == 0:  # naps come first
                time.sleep(0.04)
            sender.stdin.write(frame(i).hex() + "\n")
            wait_until(f"packet {i}",
                       lambda n=i: len(probe.packets) > n, 2)
        sender.stdin.close()
        sender.wait()
        ticks = cpu_ticks(probe.child_pid)
        time.sleep(1)
        assert cpu_ticks(probe.child_pid) - ticks <= 1
        probe.stop()


def cpu_ticks(pid):
    with open(f"/proc/{pid}/stat") as file:
        return sum(map(int, file.read().rsplit(")", 1)[1].split()[11:13]))


def test_bytes(hook):
    """Tags that the kernel took out of the bytes are where they were."""
    tag, service = (0x8100, 0x2064), (0x88a8, 0xe0c8)
    with Lab() as lab:
        probe = Probe(lab, "hook=" + hook)
        frames = [frame(i, version, tags, payload, flags)
                  for i, (version, tags, payload, flags) in enumerate(
                      (v, t, p, f) for v in (4, 6)
                      for t in ((), (tag,), (service, tag))
                      for p in (b"", b"x" * 500) for f in (SYN, SYNACK))]
        for send in (send_frames, send_by_ring):
            probe.packets.clear()
            send(lab, frames)
            probe.wait(len(frames))
            for packet, sent in zip(probe.packets, frames):
                assert packet.data == sent[:HEADER_BYTES], (
                    send.__name__, packet.data.hex(), sent.hex())
                assert packet.wirelen == len(sent), (packet.wirelen, len(sent))
                assert packet.flags == INGRESS
        probe.stop()


def send_by_ring(lab, frames):
    """As send_frames(), but their bytes lie in pages, not in one piece."""
    code = (
        "import mmap, socket, struct, sys\n"
        "s = socket.socket(socket.AF_PACKET, socket.SOCK_RAW)\n"
        "frames = [bytes.fromhex(line) for line in sys.stdin]\n"
        # SOL_PACKET, PACKET_TX_RING: struct tpacket_req
        "s.setsockopt(263, 13, struct.pack('IIII', 4096, len(frames), 4096,"
        " len(frames)))\n"
        "s.bind(('p0', 0))\n"
        "m = mmap.mmap(s.fileno(), 4096 * len(frames))\n"
        "for i, f in enumerate(frames):\n"
        "    m[i * 4096 + 32:i * 4096 + 32 + len(f)] = f\n"
        "    m[i * 4096:i * 4096 + 16] = struct.pack('LII', 1, len(f), "
        "len(f))\n"
        "s.send(b'')\n")
    lines = "".join(f.hex() + "\n" for f in frames)
    result = lab.run(sys.executable, "-c", code, there=True, input=lines)
    assert result.returncode == 0, result.stderr


def add_foreign(lab, priority):
    """Somebody else's filter, that counts: mirrors to s1."""
    tc(lab, "qdisc", "add", "dev", "s0", "clsact")
    result = lab.run("tc", "filter", "add", "dev", "s0", "ingress", "pref",
                     priority, "protocol", "all", "u32", "match", "u32", 0, 0,
                     "action", "mirred", "egress", "mirror", "dev", "s1")
    assert result.returncode == 0, result.stderr


def foreign_packets(lab):
    """How many the foreign filter saw."""
    text = tc(lab, "-s", "filter", "show", "dev", "s0", "ingress")
    return int(re.search(r"Sent \d+ bytes (\d+) pkt", text)[1])


def test_others(hook):
    """Filters behind ours go on, and are still there when we are gone."""
    with Lab(pairs=2) as lab:
        add_foreign(lab, 10)
        probe = Probe(lab, "hook=" + hook)
        second = Probe(lab, "hook=tcx")
        send_frames(lab, [frame(i) for i in range(50)])
        probe.wait(50)
        second.wait(50)
        assert foreign_packets(lab) == 50
        assert not probe.warnings, probe.warnings
        second.stop()
        send_frames(lab, [frame(i) for i in range(50)])
        probe.wait(100)
        probe.stop()
        send_frames(lab, [frame(i) for i in range(50)])
        assert foreign_packets(lab) == 150
        text = tc(lab, "filter", "show", "dev", "s0", "ingress")
        assert "u32" in text and "x0f_" not in text, text
        # somebody moves into a qdisc that we made
        tc(lab, "qdisc", "del", "dev", "s0", "clsact")
        probe = Probe(lab, "hook=" + hook)
        add_foreign(lab, 10)
        probe.stop()
        text = tc(lab, "filter", "show", "dev", "s0", "ingress")
        assert "u32" in text and "x0f_" not in text, text


def test_blocker():
    """A program that was there before, and drops all, hides nothing."""
    with Lab() as lab:
        foreign = Probe(lab, child=False, attach=False)
        assert foreign.ask("block") == "blocked 1"
        probe = Probe(lab, "hook=tcx")
        send_frames(lab, [frame(i) for i in range(20)])
        probe.wait(20)
        probe.stop()
        foreign.stop()


def test_first_place_taken(hook):
    """Another kind of filter has the first priority, and ends the packets'
    way: only TCX comes before it, clsact says that it does not."""
    with Lab(pairs=2) as lab:
        add_foreign(lab, 1)
        probe = Probe(lab, "hook=" + hook)
        send_frames(lab, [frame(i) for i in range(20)])
        probe.wait(20 if hook == "tcx" else 0)
        assert foreign_packets(lab) == 20
        said = [w for w in probe.warnings if "come before ours" in w]
        assert len(said) == (hook == "clsact"), probe.warnings
        probe.stop()
        assert "u32" in tc(lab, "filter", "show", "dev", "s0", "ingress")


def test_killed(hook):
    """kill -9: the host does not notice, and the next sensor starts."""
    with Lab(addresses=True) as lab:
        server = serve(lab)
        probe = Probe(lab, "hook=" + hook)
        assert connect(lab, laboratory.SENSOR_V4, 10) == 10
        if hook == "clsact":
            second = Probe(lab, "hook=clsact", child=False)
            assert second.attached.startswith("error 16 s0: another sensor"), \
                second.attached
            assert probe.ask("well") == "well"
            second.stop()
        probe.process.send_signal(signal.SIGKILL)
        probe.process.wait()
        left = tc(lab, "filter", "show", "dev", "s0", "ingress")
        assert ("x0f_in" in left) == (hook == "clsact"), left
        assert connect(lab, laboratory.SENSOR_V4, 10) == 10
        cleaner = Probe(lab, "hook=" + hook, child=False, attach=False)
        removed = cleaner.ask("clear")
        assert removed == f"cleared {2 if hook == 'clsact' else 0} ", removed
        assert "clsact" not in tc(lab, "qdisc", "show", "dev", "s0")
        cleaner.stop()
        for _ in range(3):  # straight after it, without clearing
            probe = Probe(lab, "hook=" + hook)
            assert probe.attached == "attached inline " + hook
            assert connect(lab, laboratory.SENSOR_V6, 10) == 10
            probe.wait(20)
            probe.kill()
        probe = Probe(lab, "hook=" + hook)
        assert probe.attached == "attached inline " + hook, probe.attached
        probe.stop()
        assert "clsact" not in tc(lab, "qdisc", "show", "dev", "s0")
        server.kill()


def links(pid):
    """The BPF links that a process holds: (descriptor, id)."""
    found = []
    for name in sorted(os.listdir(f"/proc/{pid}/fdinfo"), key=int):
        with open(f"/proc/{pid}/fdinfo/{name}") as file:
            found += [(int(name), number) for number in re.findall(
                r"^link_id:\s*(\d+)", file.read(), re.M)]
    return found


def test_removed(hook):
    """Somebody takes our programs away, of one direction or of both."""
    with Lab() as lab:
        probe = Probe(lab, "hook=" + hook)
        for direction in ("ingress", "egress"):
            assert probe.ask("well") == "well"
            if hook == "tcx":
                ids = [number for _, number in links(probe.pid)]
                assert len(ids) == 2, ids
                sh("bpftool", "link", "detach", "id",
                   ids[direction == "egress"])
            else:
                tc(lab, "filter", "del", "dev", "s0", direction)
            said = probe.ask("well")
            assert said.startswith("deaf s0: somebody"), said
            assert probe.ask("attach") == "attached inline " + hook
        send_frames(lab, [frame(1)])
        probe.wait(1)
        other = Probe(lab, "hook=" + hook, child=False, attach=False)
        assert other.ask("clear") == "cleared 2 "
        assert probe.ask("well").startswith("deaf")
        # what took our place is not ours; a filter's we have till we let go
        if hook == "clsact":
            assert other.ask("attach").startswith("error 16 s0: another sen")
            assert probe.ask("detach") == "detached"
        assert other.ask("attach") == "attached inline " + hook
        assert probe.ask("well").startswith("deaf")
        assert probe.ask("detach") == "detached"
        assert other.ask("well") == "well"
        other.stop()
        probe.stop()


def test_copied_link():
    """Detached is detached, even where somebody has a copy of the link."""
    with Lab() as lab:
        probe = Probe(lab, "hook=tcx")
        process = os.pidfd_open(probe.pid)
        copies = [pidfd_getfd(process, fd) for fd, _ in links(probe.pid)]
        assert len(copies) == 2 and min(copies) >= 0, copies
        send_frames(lab, [frame(1)])
        probe.wait(1)
        assert probe.ask("detach") == "detached"
        send_frames(lab, [frame(2)])
        assert sum(probe.outcomes()) == 1
        probe.stop()
        for fd in (*copies, process):
            os.close(fd)


def pidfd_getfd(process, fd):
    return ctypes.CDLL(None).syscall(438, process, fd, 0)


def test_interface(hook):
    """Deleted and made anew, set down, renamed, moved away."""
    with Lab() as lab:
        probe = Probe(lab, "hook=" + hook)
        for i in range(3):
            lab.ip("link", "del", "s0")
            assert probe.ask("well").startswith("deaf s0: the interface is")
            assert probe.ask("attach").startswith("error 19 s0: ")
            lab.add_pair()
            assert probe.ask("attach") == "attached inline " + hook
            assert probe.ask("well") == "well"
            send_frames(lab, [frame(i)])
            probe.wait(i + 1)
        for state in ("down", "up"):
            lab.ip("link", "set", "s0", state)
            assert probe.ask("well") == "well"
        lab.ip("link", "set", "s0", "name", "s9")
        assert probe.ask("well") == "well"
        send_frames(lab, [frame(5)])
        probe.wait(4)
        lab.ip("link", "set", "s9", "netns", lab.there)
        assert probe.ask("well").startswith("deaf s0: the interface is")
        probe.stop()


def test_fallback():
    """A kernel that has no TCX: said aloud, or refused when asked for."""
    with Lab() as lab:
        probe = Probe(lab, "kernel=old")
        assert probe.attached == "attached inline clsact", probe.attached
        assert probe.warnings == [
            "s0: kernel has no TCX, using clsact; a killed sensor leaves its "
            "filter behind: x0f detach s0 removes it"], probe.warnings
        send_frames(lab, [frame(1)])
        probe.wait(1)
        probe.stop()
        probe = Probe(lab, "kernel=old", "hook=tcx", child=False)
        assert probe.attached.startswith("error 95 s0: this kernel has no "
                                         "TCX"), probe.attached
        probe.stop()
        # an ingress qdisc has no way out
        tc(lab, "qdisc", "add", "dev", "s0", "ingress")
        probe = Probe(lab, "hook=clsact", child=False)
        assert probe.attached.startswith("error "), probe.attached
        assert "ingress qdisc" in probe.attached, probe.attached
        left = tc(lab, "filter", "show", "dev", "s0", "ingress")
        assert "x0f_" not in left, left
        assert "ingress" in tc(lab, "qdisc", "show", "dev", "s0")
        probe.stop()


def test_memory():
    """Said, and right: two rings of 1 MiB, and next to nothing else."""
    with Lab() as lab:
        probe = Probe(lab, child=False)
        rings, host = map(int, probe.ask("memory").split()[1:])
        cpus = os.sysconf("SC_NPROCESSORS_CONF")
        assert rings >= min(cpus << 20, 16 << 20), rings
        assert rings <= max(17 << 20, cpus << 17), rings
        assert 4096 < host < 16 << 20, host
        probe.stop()


def main():
    need_root()
    if not os.path.exists(PROBE):
        print("skipped: not built:", PROBE)
        return 77
    wanted = sys.argv[1:]
    for name, test in list(globals().items()):
        if not name.startswith("test_") or (wanted and name not in wanted):
            continue
        for hook in HOOKS if test.__code__.co_argcount else (None,):
            begin = time.monotonic()
            test(hook) if hook else test()
            print(f"{name} {hook or ''}: ok, "
                  f"{time.monotonic() - begin:.1f} s", flush=True)
    return 0


sys.exit(main())
