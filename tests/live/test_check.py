#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""x0f check names what an interface is and what to do there, and what it says
is true: where it calls a mode possible, x0f live starts by the very command
that check gives, and where it does not, x0f live refuses. What it offers to
mend a thing mends it. Nothing is left and nothing is changed by looking.
"""
import json
import os
import shlex
import shutil
import subprocess
import sys
import unittest

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from lab import Lab, SLOW, X0F, need_root, sh, wait_until  # noqa: E402

OK, WARN, FAIL = 0, 1, 69
os.environ.pop("SUDO_UID", None)  # whoever runs this

# Holds an XDP program at an interface by a link, which ip(8) cannot make.
HOLD = """
import ctypes, platform, socket, struct, sys
libc = ctypes.CDLL(None, use_errno=True)
number = {"x86_64": 321, "aarch64": 280}[platform.machine()]
def bpf(command, attr):
    return libc.syscall(number, command, attr, len(attr))
code = ctypes.create_string_buffer(bytes.fromhex(
    "b700000002000000" "9500000000000000"))  # return XDP_PASS
licence = ctypes.create_string_buffer(b"GPL")
program = bpf(5, struct.pack(  # BPF_PROG_LOAD, of type XDP
    "IIQQIIQII16s", 6, 2, ctypes.addressof(code), ctypes.addressof(licence),
    0, 0, 0, 0, 0, b"somebody"))
link = bpf(28, struct.pack(  # BPF_LINK_CREATE
    "IIII48x", program, socket.if_nametoindex(sys.argv[1]), 37, 0))
print("attached" if link >= 0 else "no", flush=True)
sys.stdin.read()
"""


class Report:
    """What x0f check said of one interface, or of several."""

    def __init__(self, result):
        self.code = result.returncode
        self.errors = result.stderr
        self.all = json.loads(result.stdout)
        self.one = self.all["interfaces"][0]
        self.mode = self.one["recommended"]
        self.command = self.one["command"]

    def find(self, name, host=False):
        checks = (self.all["host"] if host else self.one)["checks"]
        return next((c for c in checks if c["name"] == name), None)

    def not_ok(self):
        """Names of what is yellow or red."""
        return sorted(c["name"]
                      for c in self.all["host"]["checks"] + self.one["checks"]
                      if c["state"] in ("warn", "fail"))


class Check(unittest.TestCase):
    def setUp(self):
        self.lab = Lab(pairs=0)
        self.addCleanup(self.lab.close)
        self.lab.ip("link", "set", "lo", "up")

    def pair(self, name="s0", *more):
        """Both ends here, both up."""
        self.lab.ip("link", "add", name, *more, "type", "veth", "peer", "name",
                    "peer" + name)
        self.up(name, "peer" + name)

    def up(self, *names):
        for name in names:
            self.lab.ip("link", "set", name, "up")

    def make(self, *words):
        """False: this kernel has no such kind of link."""
        return not self.lab.ip("link", "add", *words, check=False).returncode

    def check(self, *names, prefix=(), program=X0F):
        result = self.lab.run(*prefix, program, "check", "--json",
                              "--run-dir", self.lab.run_dir, *names)
        self.assertEqual(result.stderr, "")
        return Report(result)

    def starts(self, command, prefix=(), program=X0F):
        """Whether a command that check gave starts a sensor."""
        words = shlex.split(command)
        words = words[words.index("live") + 1:]
        # every option that check gives has a value
        name = words[words.index("--name") + 1] if "--name" in words else \
            next(w for before, w in zip([""] + words, words)
                 if not (before + w).startswith("--") and w[:2] != "--")
        process = subprocess.Popen(
            ["nsenter", "--net=/run/netns/" + self.lab.here, *prefix, program,
             "live", *words, "--quiet"],
            stdin=subprocess.DEVNULL, stderr=subprocess.DEVNULL)

        def runs():
            said = sh(X0F, "status", name, "--json", "--run-dir",
                      self.lab.run_dir, check=False).stdout
            status = json.loads(said or "{}")
            if status.get("state") == "running":
                self.live_mode = status["interfaces"][0]["mode"]
            return status.get("state") == "running"
        try:
            wait_until("it runs or refuses",
                       lambda: process.poll() is not None or runs(), 10)
            if process.poll() is None:
                process.terminate()
                self.assertEqual(process.wait(10 * SLOW), 0)
                return True
        finally:
            process.kill()
        # not possible, the host's own by now, no rights
        self.assertIn(process.returncode, (69, 75, 77))
        return False

    def hold_to(self, report, prefix=(), program=X0F):
        """The oracle: each mode starts or refuses as was said."""
        for mode, said in report.one["modes"].items():
            self.assertEqual(
                self.starts(said["command"], prefix, program),
                said["possible"], f"{mode} {said}")
            if said["possible"] and mode == "tap":
                kind = report.find("xdp")["text"].split(",")[0].split()[0]
                self.assertEqual(self.live_mode, {
                    "native": "tap copy", "generic": "tap generic"}[kind])
        if report.command and "live" in report.command:
            mode = report.one["modes"][report.mode]
            self.assertEqual(report.command, mode["command"])
            self.assertTrue(mode["possible"])

    def mend(self, finding):
        """Types what a finding offers."""
        result = self.lab.run("sh", "-c", finding["fix"] or finding["look"])
        self.assertEqual(result.returncode, 0, (finding, result.stderr))

    def type(self, command):
        """One of x0f's own."""
        words = shlex.split(command)
        self.assertEqual(words[0], X0F)  # as it was called
        result = self.lab.run(X0F, *words[1:])
        self.assertEqual(result.returncode, 0, result.stderr)

    def state(self, report, name):
        finding = report.find(name)
        self.assertIsNotNone(finding, (name, report.one))
        return finding["state"]

    # ------------------------------------------------------ kinds of link --

    def test_veth(self):
        self.pair()
        report = self.check("s0")
        self.assertIn("veth pair, its other end is peers0",
                      report.find("kind")["text"])
        self.assertIn("native, AF_XDP copies", report.find("xdp")["text"])
        self.assertEqual(report.mode, "tap")
        self.assertEqual((report.not_ok(), report.code), ([], OK))
        self.hold_to(report)

    def test_vlan_tags_of_a_veth(self):
        """Those in the bytes come in any case; what is mended is the rest."""
        self.pair()
        sensor = self.lab.sensor("s0", "--capture", "tap")
        self.assertNotIn("tags", sensor.errors())
        result = self.lab.run(X0F, "gen", "--mix", "vlan", "--count", "4",
                              "-i", "peers0")
        self.assertEqual(result.returncode, 0, result.stderr)
        wait_until("tags", lambda: any(e.get("vlan")
                                       for e in sensor.events("syn")))
        sensor.stop()
        # as a VLAN device on peers0 does it, which not every kernel has
        program = self.lab.compile(
            "static long (*push)(void *, unsigned short, unsigned short) = "
            "(void *)18;\n"
            '__attribute__((section("classifier"), used)) int tag(void *skb) '
            "{ push(skb, 0x0081, 7); return 0; }\n")
        self.lab.run("tc", "qdisc", "add", "dev", "peers0", "clsact")
        made = self.lab.run("tc", "filter", "add", "dev", "peers0", "egress",
                            "bpf", "da", "obj", program)
        self.assertEqual(made.returncode, 0, made.stderr)
        finding = self.check("s0").find("vlan tags")
        self.assertIn("VLANs that stand on peers0", finding["text"])
        for name, vlan in ("lost", []), ("kept", [7]):
            sensor = self.lab.sensor("s0", "--capture", "tap", name=name)
            self.lab.run(X0F, "gen", "--mix", "popular", "--count", "4", "-i",
                         "peers0")
            wait_until("a SYN", lambda s=sensor: s.events("syn"))
            sensor.stop()
            self.assertEqual(sensor.events("syn")[0].get("vlan"), vlan)
            if not vlan:
                self.mend(finding)
        self.assertIn("txvlan is off at peers0",
                      self.check("s0").find("vlan tags")["text"])

    def test_veth_of_a_container(self):
        self.lab.add_pair()
        report = self.check("s0")
        self.assertIn("another network namespace",
                      report.find("kind")["text"])
        self.assertEqual((report.mode, report.code), ("inline", OK))
        self.hold_to(report)

    def test_the_hosts_own(self):
        self.pair()
        self.lab.ip("addr", "add", "192.0.2.1/24", "dev", "s0")
        report = self.check("s0")
        self.assertEqual((report.mode, report.code), ("inline", OK))
        self.assertIn("carries the address 192.0.2.1", report.one["reason"])
        self.assertEqual(report.one["modes"]["tap"]["obstacle"], "use")
        self.hold_to(report)
        # what would help a tap only is no advice here
        self.assertEqual(report.find("vlan tags")["fix"], "")

    def test_loopback(self):
        report = self.check("lo")
        self.assertIn("loopback", report.find("kind")["text"])
        self.assertEqual((report.mode, report.code), ("inline", OK))
        self.hold_to(report)
        self.lab.ip("link", "set", "lo", "down")
        report = self.check("lo")
        self.assertFalse(report.one["modes"]["tap"]["possible"])
        self.assertEqual((report.not_ok(), report.code), (["link"], WARN))
        self.mend(report.find("link"))
        self.assertEqual(self.check("lo").code, OK)

    def test_loopback_sees_packets_twice(self):
        self.assertIn("twice", self.check("lo").find("kind")["text"])
        sensor = self.lab.sensor("lo")
        self.lab.run(sys.executable, "-c",
                     "import socket; socket.socket().connect_ex("
                     "('127.0.0.1', 9))")
        wait_until("both", lambda: len(sensor.events("syn")) == 2)
        sensor.stop()
        self.assertEqual(len(sensor.events("syn")), 2)

    def test_bridge_and_port(self):
        if not self.make("br0", "type", "bridge"):
            self.skipTest("no bridges in this kernel")
        self.pair()
        self.pair("s1")
        for port in "s0", "s1":
            self.lab.ip("link", "set", port, "master", "br0")
        self.up("br0")
        report = self.check("br0")
        self.assertEqual(report.not_ok(), ["kind"])
        self.assertIn("bridge with 2 ports, s0 s1",
                      report.find("kind")["text"])
        self.assertIn("generic only", report.find("xdp")["text"])
        self.assertEqual(report.mode, "inline")
        self.assertTrue(self.starts(report.find("kind")["fix"]))
        self.hold_to(report)
        self.lab.ip("addr", "add", "192.0.2.1/24", "dev", "br0")
        self.assertEqual(self.check("br0").code, OK)
        report = self.check("s0")
        self.assertIn("port of bridge br0", report.find("kind")["text"])
        self.assertEqual((report.mode, report.code), ("inline", OK))
        self.assertIn("belongs to bridge br0", report.one["reason"])
        self.hold_to(report)

    def test_bond_and_member(self):
        if not self.make("bnd0", "type", "bond"):
            self.skipTest("no bonds in this kernel")
        self.lab.ip("link", "add", "s0", "type", "veth", "peer", "name", "p0")
        self.lab.ip("link", "set", "s0", "master", "bnd0")
        self.up("bnd0", "s0", "p0")
        report = self.check("bnd0")
        self.assertIn("bond of s0", report.find("kind")["text"])
        self.assertEqual(report.mode, "inline")
        self.hold_to(report)
        report = self.check("s0")
        self.assertEqual(self.state(report, "kind"), "warn")
        self.assertIn("member of bond bnd0", report.find("kind")["text"])
        self.assertTrue(self.starts(report.find("kind")["fix"]))
        self.hold_to(report)

    def on_top(self, kind, *words):
        """An interface on another: (below, above)."""
        self.pair()
        if not self.make("link", "s0", "name", "up0", "type", kind, *words):
            self.skipTest(f"no {kind} in this kernel")
        self.up("up0")
        return self.check("s0"), self.check("up0")

    def hold_both(self, below, above, what):
        self.assertEqual((below.mode, below.code), ("inline", OK))
        self.assertIn("up0", below.find("carries")["text"])
        self.assertIn(what, below.one["reason"])
        self.assertEqual(above.mode, "inline")
        self.assertIn("on s0", above.find("kind")["text"])
        self.hold_to(below)
        self.hold_to(above)

    def test_vlan(self):
        below, above = self.on_top("vlan", "id", "7")
        self.hold_both(below, above, "carries vlan up0")
        self.assertIn("VLAN 7 on s0", above.find("kind")["text"])

    def test_macvlan(self):
        below, above = self.on_top("macvlan")
        self.hold_both(below, above, "carries macvlan up0")

    def test_tun(self):
        made = self.lab.ip("tuntap", "add", "t0", "mode", "tun", check=False)
        if made.returncode:
            self.skipTest("no tun devices: " + made.stderr)
        self.up("t0")
        report = self.check("t0")
        self.assertEqual((report.mode, report.not_ok()), ("inline", ["link"]))
        self.assertEqual(report.one["modes"]["tap"]["obstacle"], "frames")
        self.hold_to(report)

    def test_large_mtu(self):
        self.pair()
        for end in "s0", "peers0":
            self.lab.ip("link", "set", end, "mtu", "3000")
        report = self.check("s0")
        self.assertEqual(self.state(report, "mtu"), "info")
        self.hold_to(report)  # native
        for end in "s0", "peers0":
            self.lab.ip("link", "set", end, "mtu", "9000")
        self.assertEqual(self.state(self.check("s0"), "mtu"), "warn")
        self.mend(self.check("s0").find("mtu"))
        self.assertEqual(self.state(self.check("s0"), "mtu"), "info")

    def test_more_queues(self):
        self.pair("s0", "numrxqueues", "2", "numtxqueues", "2")
        self.lab.run("ethtool", "-L", "s0", "rx", "1", "tx", "1")
        self.lab.run("ethtool", "-L", "peers0", "rx", "1", "tx", "1")
        finding = self.check("s0").find("queues")
        self.assertIn("1 for receiving", finding["text"])
        if finding["fix"]:  # not on a machine with one CPU
            self.mend(finding)
            self.assertIn("2 for receiving",
                          self.check("s0").find("queues")["text"])
        self.hold_to(self.check("s0"))

    def test_down(self):
        self.lab.ip("link", "add", "s0", "type", "veth", "peer", "name", "p0")
        report = self.check("s0")
        # a tap would bring it up
        self.assertEqual(report.mode, "tap")
        self.assertEqual(self.state(report, "link"), "ok")
        self.lab.ip("addr", "add", "192.0.2.1/24", "dev", "s0")
        report = self.check("s0")
        self.assertEqual((report.mode, report.not_ok()), ("inline", ["link"]))
        self.mend(report.find("link"))
        report = self.check("s0")
        self.assertIn("without carrier", report.find("link")["text"])
        self.mend(report.find("link"))
        self.assertEqual(self.check("s0").code, OK)

    def test_missing(self):
        self.pair()
        report = self.check("s1")
        self.assertEqual(report.code, FAIL)
        self.assertIsNone(report.mode)
        finding = report.find("interface")
        self.assertEqual(finding["state"], "fail")
        self.assertIn("no such network interface", finding["text"])
        self.assertIn("s0", finding["text"])
        # a typing error is not waited for
        self.assertEqual(finding["fix"],
                         f"{X0F} check --run-dir {self.lab.run_dir} s0")
        self.assertEqual(self.check("wlan").find("interface")["fix"],
                         f"{X0F} live --wait-interface "
                         f"--run-dir {self.lab.run_dir} wlan")
        report = self.check("s0", "s1")
        self.assertEqual([i["name"] for i in report.all["interfaces"]],
                         ["s0", "s1"])
        self.assertEqual((report.code, report.all["result"]), (FAIL, "fail"))

    def test_odd_name(self):
        """What a shell would take apart is quoted."""
        name = "a;b$(x)'"
        self.pair()
        self.lab.ip("link", "set", "s0", "down")
        self.lab.ip("link", "set", "s0", "name", name)
        self.lab.ip("addr", "add", "192.0.2.1/24", "dev", name)
        report = self.check(name)
        self.mend(report.find("link"))
        self.lab.ip("link", "set", "peers0", "down")
        self.lab.ip("link", "set", "peers0", "name", "p'q;$(x)")
        report = self.check(name)
        self.assertIn("without carrier", report.find("link")["text"])
        self.mend(report.find("link"))
        report = self.check(name)
        self.assertEqual(report.code, OK)
        words = shlex.split(report.command)
        self.assertEqual(words[-1], name)
        self.assertIn("--name", words)

    # --------------------------------------------------- programs, sensors --

    def test_foreign_program_by_a_link(self):
        self.pair()
        holder = self.lab.popen(sys.executable, "-c", HOLD, "s0",
                                stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        self.addCleanup(holder.communicate)
        self.addCleanup(holder.kill)
        if holder.stdout.readline() != b"attached\n":
            self.skipTest("no bpf(2) from Python on this machine")
        report = self.check("s0")
        self.assertEqual((report.mode, report.code), ("inline", WARN))
        finding = report.find("xdp program")
        self.assertEqual(finding["state"], "warn")
        self.assertIn("(somebody)", finding["text"])
        self.assertIn("bpftool link detach", finding["fix"])
        self.assertIn("tap is not possible", report.one["reason"])
        self.hold_to(report)
        self.mend(finding)
        report = self.check("s0")
        self.assertIsNone(report.find("xdp program"))
        self.assertEqual(report.mode, "tap")

    def test_foreign_program_without_a_link(self):
        self.pair()
        program = self.lab.foreign_program()
        for mode in "xdpgeneric", "xdpdrv":
            self.lab.ip("link", "set", "s0", mode, "obj", program, "sec",
                        "xdp")
            report = self.check("s0")
            finding = report.find("xdp program")
            self.assertIn("(foreign)", finding["text"])
            self.assertEqual((report.mode, finding["state"]),
                             ("inline", "warn"))
            self.hold_to(report)
            self.mend(finding)
            self.assertIsNone(self.check("s0").find("xdp program"))

    def test_filters_of_others(self):
        self.pair()
        self.lab.run("tc", "qdisc", "add", "dev", "s0", "clsact")
        self.lab.run("tc", "filter", "add", "dev", "s0", "ingress",
                     "pref", "10", "protocol", "all", "u32", "match", "u32",
                     "0", "0", "flowid", "1:1")
        report = self.check("s0")
        self.assertIn("clsact in: a filter",
                      report.find("tc programs")["text"])
        self.assertEqual((report.mode, report.code), ("inline", OK))
        self.assertIn("TC programs", report.one["reason"])
        self.hold_to(report)

    def test_sensor_inline(self):
        self.pair()
        sensor = self.lab.sensor("s0")
        report = self.check("s0")
        self.assertEqual((report.mode, report.code), ("inline", OK))
        finding = report.find("sensor")
        self.assertIn(f"s0 listens here already (process {sensor.pid}",
                      finding["text"])
        self.assertEqual(shlex.split(report.command),
                         [X0F, "status", "--run-dir", self.lab.run_dir,
                          "s0"])
        self.hold_to(report)  # beside it, by another name
        self.type(finding["fix"])
        self.assertIsNone(self.check("s0").find("sensor"))

    def test_sensor_tap(self):
        self.pair()
        self.lab.sensor("s0", "--capture", "tap", name="other")
        report = self.check("s0")
        self.assertEqual((report.mode, report.code), ("tap", OK))
        self.assertIn("other listens here already",
                      report.find("sensor")["text"])
        self.assertEqual(self.state(report, "sensor"), "ok")
        for mode in report.one["modes"].values():
            self.assertEqual((mode["possible"], mode["obstacle"]),
                             (False, "sensor"))

    def test_tap_of_another_folder(self):
        """Inline would start, and see nothing."""
        self.pair()
        sensor = self.lab.sensor("s0", "--capture", "tap")
        self.lab.run_dir += "2"
        report = self.check("s0")
        self.assertEqual((report.code, report.command), (FAIL, ""))
        for mode in report.one["modes"].values():
            self.assertEqual(mode["obstacle"], "sensor")
        finding = report.find("sensor")
        self.assertIn("it takes the packets away", finding["text"])
        self.assertEqual(finding["fix"], f"kill {sensor.pid}")
        self.mend(finding)
        self.assertEqual(sensor.process.wait(10 * SLOW), 0)
        self.assertEqual(self.check("s0").code, OK)

    def test_sensor_of_another_folder(self):
        self.pair()
        sensor = self.lab.sensor("s0")
        self.lab.run_dir += "2"
        report = self.check("s0")
        self.assertIn(f"process {sensor.pid}", report.find("sensor")["text"])
        self.assertEqual(report.find("sensor")["fix"],
                         f"kill {sensor.pid}")
        self.assertEqual((report.mode, report.code), ("tap", WARN))
        self.hold_to(report)

    def test_filter_that_a_dead_sensor_left(self):
        self.pair()
        sensor = self.lab.sensor("s0", "--hook", "clsact")
        sensor.kill()
        wait_until("its children are gone", lambda: "dead, or in" in
                   self.check("s0").find("sensor")["text"])
        self.type(self.check("s0").find("sensor")["fix"])
        self.assertIsNone(self.check("s0").find("sensor"))

    # -------------------------------------------------------------- rights --

    def somebody(self, *rights):
        """A program for nobody, and what starts it with some rights."""
        program = os.path.join(self.lab.folder, "x0f")
        if not os.path.exists(program):
            shutil.copy(X0F, program)
            os.chmod(program, 0o755)
            os.makedirs(self.lab.run_dir)
            os.chmod(self.lab.run_dir, 0o777)
        names = ",".join(["-all"] + ["+" + r for r in rights])
        return program, ["setpriv", "--reuid", "nobody", "--clear-groups",
                         "--inh-caps", names, "--ambient-caps", names,
                         "--bounding-set", names]

    def test_no_rights(self):
        self.pair()
        program, prefix = self.somebody()
        report = self.check("s0", prefix=prefix, program=program)
        self.assertEqual((report.code, report.command), (FAIL, ""))
        finding = report.find("rights", host=True)
        self.assertEqual((finding["state"], finding["fix"]),
                         ("fail", f"sudo {program} check --run-dir "
                          f"{self.lab.run_dir} s0"))
        for name in "NET_ADMIN", "BPF", "PERFMON", "NET_RAW":
            self.assertIn("CAP_" + name, finding["text"])
        # what can be seen is said, and what cannot, too
        self.assertIn("sudo ethtool", report.find("vlan tags")["fix"])
        self.assertIn("cannot be listed", report.find("tc programs")["text"])
        self.hold_to(report, prefix, program)

    def test_some_rights(self):
        self.pair()
        for rights, mode, code in (
                (("net_admin", "bpf"), "tap", FAIL),
                (("net_admin", "bpf", "perfmon"), "inline", WARN),
                (("net_admin", "sys_admin"), "inline", WARN),
                (("net_admin", "bpf", "perfmon", "net_raw"), "tap", OK)):
            program, prefix = self.somebody(*rights)
            report = self.check("s0", prefix=prefix, program=program)
            self.assertEqual((report.mode, report.code), (mode, code), rights)
            self.hold_to(report, prefix, program)
            if report.command:  # it has what that takes
                self.assertTrue(report.command.startswith(program + " "))

    def test_root_with_some_rights(self):
        """Who is root becomes somebody else, and may not everywhere."""
        self.pair()
        for missing, code in (("setuid", FAIL), ("setgid", FAIL),
                              ("net_raw", WARN)):
            prefix = ["setpriv", "--bounding-set", "-" + missing,
                      "--inh-caps", "-" + missing]
            report = self.check("s0", prefix=prefix)
            self.assertEqual(report.code, code, missing)
            finding = report.find("rights", host=True)
            self.assertIn("CAP_" + missing.upper(), finding["text"])
            self.assertEqual(finding["fix"], "")
            for _ in range(3):
                self.hold_to(report, prefix)

    def test_little_memory_to_lock(self):
        self.pair()
        program, prefix = self.somebody("net_admin", "bpf", "perfmon",
                                        "net_raw")
        prefix = ["prlimit", "--memlock=65536", *prefix]
        report = self.check("s0", prefix=prefix, program=program)
        self.assertEqual((report.mode, report.code), ("inline", WARN))
        self.assertEqual(self.state(report, "memlock"), "warn")
        self.hold_to(report, prefix, program)

    def test_root_of_a_user_namespace(self):
        self.pair()
        prefix = ["unshare", "-U", "-r"]
        if self.lab.run(*prefix, "true").returncode:
            self.skipTest("no user namespaces here")
        report = self.check("s0", prefix=prefix)
        self.assertEqual((report.code, report.find("bpf", True)["state"]),
                         (FAIL, "fail"))
        self.hold_to(report, prefix)

    # ------------------------------------------------------------ the text --

    def text(self, *arguments, **more):
        result = self.lab.run(X0F, "check", *arguments, **more)
        self.assertEqual(result.stderr, "")
        return result.stdout

    def test_text(self):
        self.pair()
        text = self.text("s0", "none")
        for part in ("host: Linux ", "s0: tap, ", "  ok    vlan tags ",
                     "option: ethtool -K peers0 txvlan off\n",
                     "  ok    link ", f"  => {X0F} live --capture tap s0\n",
                     "none: there is no such interface\n",
                     "  FAIL  interface ", "  -     huge pages "):
            self.assertIn(part, text)
        self.assertNotIn("\033", text)
        self.assertLessEqual(max(map(len, text.split("\n"))), 100)

    def test_colours(self):
        self.pair()
        self.assertIn("\033[32mok", self.text("--color", "always", "s0"))
        code = ("import os, pty, sys\n"
                "sys.exit(os.waitstatus_to_exitcode(pty.spawn("
                "sys.argv[1:])))\n")
        for environment, has in (({}, True), ({"NO_COLOR": "1"}, False)):
            result = self.lab.run(
                sys.executable, "-c", code, X0F, "check", "s0",
                stdin=subprocess.DEVNULL,
                env={**os.environ, "TERM": "xterm", **environment})
            self.assertIn("s0: tap", result.stdout.replace("\033[0m", "")
                          .replace("\033[1m", ""))
            self.assertEqual("\033[" in result.stdout, has)
            self.assertEqual(result.returncode, OK)

    def test_namespace(self):
        """From outside; commands then say where they are for."""
        self.pair()
        self.lab.ip("addr", "add", "192.0.2.1/24", "dev", "s0")
        self.lab.ip("link", "set", "s0", "down")
        path = "/run/netns/" + self.lab.here
        for where in path, self.lab.here:
            result = sh(X0F, "check", "--json", "--netns", where, "s0",
                        check=False)
            report = Report(result)
            self.assertEqual(report.not_ok(), ["link"])
            self.assertIn("--netns " + where, report.command)
            sh("sh", "-c", report.find("link")["fix"])
            self.assertIn("UP", self.lab.ip("link", "show", "s0").stdout)
            self.lab.ip("link", "set", "s0", "down")

    def test_output_fails(self):
        with open("/dev/full", "w", encoding="ascii") as full:
            result = subprocess.run(self.lab.command(X0F, "check", "lo"),
                                    stdout=full, stderr=subprocess.PIPE,
                                    text=True, check=False)
        self.assertEqual(result.returncode, 74)
        self.assertIn("write failed", result.stderr)

    def test_changes_nothing(self):
        self.pair()

        def look():
            return (self.lab.ip("-d", "link", "show").stdout,
                    self.lab.run("tc", "filter", "show", "dev", "s0",
                                 "ingress").stdout)
        before = look()
        self.check("s0", "lo")
        self.assertEqual(look(), before)


if __name__ == "__main__":
    need_root()
    unittest.main(verbosity=2, warnings="ignore")
