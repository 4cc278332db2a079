# SPDX-License-Identifier: MIT
"""Mode tap, its life cycle: nobody's program is replaced, nothing is left
behind, no interface goes deaf unnoticed, and the host's own is let go of.
"""
import errno
import json
import signal
import subprocess
import time

from taps import (CLOSED, DEAF, DOWN, Elsewhere, GENERIC, PEER, Pair,
                  Probe, Queue, SYN, Sender, TAP, Tun, UP, attached,
                  check_sums, contains, equal, ip, refused, run_tests,
                  wait_until)

RESTARTS = 20


def test_replaces_no_foreign_program():
    with Pair(), Probe("--foreign", TAP, wait=False) as foreign:
        foreign.expect("event", "attached", 5)
        program = attached()
        error, text = refused(TAP)
        equal(error, errno.EBUSY, "error")
        contains(text, f"{TAP}: XDP program {program}, \"somebody_else\"")
        contains(text, "inline")
        equal(attached(), program, "XDP program afterwards")


def test_refuses_a_second_instance():
    with Pair(), Probe(TAP) as probe:
        program = attached()
        error, text = refused(TAP)
        equal(error, errno.EBUSY, "error")
        contains(text, f"another x0f taps it (XDP program {program}, "
                       "\"x0f_ingress\")")
        Sender().send(SYN, 50)
        equal(probe.settle(50)["received"], 50, "the first still fetches")


def test_refuses_what_it_cannot_do():
    with Pair():
        for arguments, error, part in (
                (("--frames", "100", TAP), errno.EINVAL, "power of two"),
                (("--zero-copy", TAP), errno.EOPNOTSUPP, "zero-copy"),
                ((TAP, TAP), errno.EEXIST, "given twice"),
                (("xh2none",), errno.ENODEV, "no such network interface")):
            have, text = refused(*arguments)
            equal(have, error, f"error of {arguments}: {text}")
            contains(text, part)
            equal(attached(), 0, "XDP program")
        ip("address", "add", "192.0.2.9/24", "dev", TAP)
        equal(refused(TAP)[0], errno.EADDRINUSE, "error with an address")


def test_restarts_at_once_after_kill():
    with Pair():
        sender = Sender()
        slowest = 0
        for i in range(RESTARTS):
            begin = time.monotonic()
            probe = Probe(TAP)
            slowest = max(slowest, time.monotonic() - begin)
            try:
                sender.send(SYN, 10)
                equal(probe.settle(10)["received"], 10, f"start {i}: fetched")
            finally:
                probe.kill()
        wait_until(lambda: not attached(), 1, "program gone after SIGKILL")
        print(f"  slowest of {RESTARTS} starts: {slowest * 1000:.0f} ms")


def test_restores_the_interface():
    with Pair():
        def flags():
            return json.loads(ip("-d", "-j", "link", "show", TAP))[0]
        equal("UP" in flags()["flags"], False, "up before")
        with Probe(TAP):
            equal("UP" in flags()["flags"], True, "up")
            equal(flags()["promiscuity"], 1, "promiscuous")
        equal("UP" in flags()["flags"], False, "up afterwards")
        equal(flags()["promiscuity"], 0, "promiscuous afterwards")
        equal(attached(), 0, "XDP program afterwards")


def test_notices_a_deleted_interface_and_its_return():
    with Pair(), Probe(TAP) as probe:
        first = Sender()
        first.send(SYN, 100)
        probe.settle(100)
        ip("link", "del", PEER)
        line, seconds = probe.expect("warn", "deaf", 1)
        contains(line, TAP)
        equal(probe.ask("read")["state"], DEAF, "state")
        time.sleep(0.3)
        with Pair():
            line, _ = probe.expect("warn", "hears again", 3)
            probe.expect("event", "reopened", 1)
            second = Sender()
            second.number = first.number
            second.send(SYN, 100)
            facts = probe.settle(200)
            equal(facts["received"], 200, "packets fetched")
            equal((facts["state"], facts["reattached"]), (UP, 1), "state")
            assert facts["deaf_ns"] >= 300e6, f"{facts['deaf_ns']} ns deaf"
            check_sums(facts, 200)
        print(f"  deaf after {seconds * 1000:.0f} ms; \"{line}\"")


def test_notices_an_interface_that_moves_away():
    sleeper = subprocess.Popen(["unshare", "-n", "sleep", "60"])
    try:
        time.sleep(0.2)
        with Pair(), Probe(TAP) as probe:
            ip("link", "set", TAP, "netns", str(sleeper.pid))
            probe.expect("warn", "deaf", 1)
            facts = probe.ask("read")
            equal(facts["state"], DEAF, "state")
    finally:
        sleeper.kill()
        sleeper.wait()


def test_attaches_again_when_somebody_detached_it():
    with Pair(), Probe(TAP) as probe:
        child = probe.ask("read")["child"]
        links = json.loads(subprocess.run(
            ["bpftool", "-j", "link"], capture_output=True, text=True,
            check=True).stdout)
        mine = [link["id"] for link in links
                if link.get("prog_id") == attached()]
        subprocess.run(["bpftool", "link", "detach", "id", str(mine[0])],
                       check=True)
        probe.expect("warn", "deaf", 1)
        probe.expect("warn", "hears again", 2)
        Sender().send(SYN, 50)
        facts = probe.settle(50)
        equal(facts["received"], 50, "packets fetched")
        equal(facts["child"], child, "child, which need not know")


def test_one_deaf_interface_does_not_disturb_another():
    """A foreign program on the one that came back: no use to start anew."""
    with Pair(tap="xh2c", peer="xh2d"), Pair(), \
            Probe(TAP, "xh2c") as probe:
        sender = Sender("xh2d")
        first = probe.ask("read")
        ip("link", "del", PEER)
        probe.expect("warn", "deaf", 1)
        # under another name until the program is there
        with Pair(tap="xh2e"), \
                Probe("--foreign", "xh2e", wait=False) as foreign:
            foreign.expect("event", "attached", 5)
            ip("link", "set", "xh2e", "name", TAP)
            sender.send(SYN, 50)
            facts = probe.settle(50)
            equal(facts["received"], 50, "packets of the other one")
            time.sleep(1.5)
            facts = probe.ask("read")
            equal(facts["child"], first["child"], "child")
            equal([i["state"] for i in facts["interfaces"]], [DEAF, UP],
                  "states")
            foreign.process.stdin.close()
            foreign.process.wait()
            probe.expect("warn", "hears again", 3)
            probe.expect("event", "reopened", 1)
            Sender().send(SYN, 30)
            sender.send(SYN, 20)
            facts = probe.settle(100)
            equal([sum(i["outcomes"]) for i in facts["interfaces"]], [30, 70],
                  "packets seen")
            equal([i["state"] for i in facts["interfaces"]], [UP, UP],
                  "states")


def other_goes_on(probe, reason):
    """While one interface is refused, the other loses nothing, and people
    are told why, once."""
    sender = Sender("xh2d")
    first, program = probe.ask("read"), attached("xh2c")
    assert program, "no program at the other one"
    probe.expect("warn", reason, 3)
    end = time.monotonic() + 2
    while time.monotonic() < end:
        sender.send(SYN, 10)
        equal(attached("xh2c"), program, "program of the other one")
        time.sleep(0.02)
    facts = probe.settle(first["received"] + sender.number)
    other = facts["interfaces"][1]
    equal(facts["child"], first["child"], "child")
    equal(sum(other["losses"]), 0, "losses of the other one")
    equal((other["deaf_ns"], other["reattached"]), (0, 0), "the other, deaf")
    assert facts["deaf_ns"] - first["deaf_ns"] > 1.9e9, "time that it was deaf"
    said = [w for w in probe.warnings() if reason in w]
    equal(len(said), 1, f"lines {said}")


def test_one_that_cannot_be_opened_takes_no_other_down():
    """It came back as another kind of interface."""
    with Pair(tap="xh2c", peer="xh2d"), Pair(), Probe(TAP, "xh2c") as probe:
        ip("link", "del", PEER)
        probe.expect("warn", "deaf, trying again: it is gone", 1)
        with Tun():
            other_goes_on(probe, "still deaf, trying again: not Ethernet")
        program = attached("xh2c")
        with Pair():
            probe.expect("warn", "hears again", 3)
            probe.expect("event", "reopened", 1)
            before = probe.ask("read")
            Sender().send(SYN, 30)
            facts = probe.settle(before["received"] + 30)
            equal([i["state"] for i in facts["interfaces"]], [UP, UP],
                  "states")
            equal(attached("xh2c"), program, "program of the other one")
            equal(facts["interfaces"][1]["deaf_ns"], 0, "the other, deaf")


def test_one_whose_queue_is_taken_takes_no_other_down():
    with Pair(tap="xh2c", peer="xh2d"), Pair(), Probe(TAP, "xh2c") as probe:
        ip("link", "del", PEER)
        probe.expect("warn", "deaf", 1)
        with Pair(tap="xh2e"):
            ip("link", "set", "xh2e", "up")
            taken = Queue("xh2e")
            for step in ("down",), ("name", TAP):
                ip("link", "set", "xh2e", *step)
            begin = len(probe.warnings())
            other_goes_on(probe, "has this queue")
            flags = json.loads(ip("-d", "-j", "link", "show", TAP))[0]
            equal(flags["promiscuity"], 1, "promiscuous while it is refused")
            assert len(probe.warnings()) - begin <= 2, probe.warnings()
            taken.close()
            probe.expect("warn", "hears again", 10)


def test_says_so_when_it_comes_back_slower():
    with Pair(), Probe(TAP) as probe:
        ip("link", "del", PEER)
        probe.expect("warn", "deaf", 1)
        ip("link", "add", TAP, "type", "ifb")
        try:
            probe.expect("warn", "generic mode", 3)
            wait_until(lambda: probe.ask("read")["state"] == UP, 3, "up")
            equal(probe.ask("read")["mode"], GENERIC, "mode")
        finally:
            ip("link", "del", TAP)


def test_takes_nothing_from_a_new_owner():
    """And what it took before it knew is in an account."""
    with Elsewhere() as there, Pair(), Probe(TAP) as probe:
        sender = Sender()
        sender.send(SYN, 100)
        probe.settle(100)
        probe.process.send_signal(signal.SIGSTOP)
        there.take(TAP)
        sender.send(SYN, 70)
        probe.process.send_signal(signal.SIGCONT)
        probe.expect("warn", "deaf", 1)
        sender.send(SYN, 50)
        facts = probe.ask("read")
        equal(facts["counts"]["delivered"], 170, "packets taken")
        equal(facts["losses"][CLOSED], 70, "lost")
        check_sums(facts, 170)


def test_inline_takes_nothing_from_a_new_owner():
    for arguments in (), ("--clsact",):
        with Elsewhere() as there, Pair():
            ip("link", "set", TAP, "up")
            with Probe("--inline", *arguments, TAP) as probe:
                sender = Sender()
                sender.send(SYN, 100)
                before = probe.settle(100)
                there.take(TAP)
                probe.expect("warn", "deaf", 1)
                sender.send(SYN, 50)
                time.sleep(0.1)
                facts = probe.ask("read")
                equal(facts["received"], 100, f"received {arguments}")
                check_sums(facts, 100)
                equal(facts["mode"], before["mode"], "mode")


def test_inline_understands_another_kind():
    """Frames begin with Ethernet, then with IP, then with Ethernet."""
    with Pair():
        ip("link", "set", TAP, "up")
        probe = Probe("--inline", TAP)
        with probe:
            sender = Sender()
            sender.send(SYN, 20)
            probe.settle(20)
            ip("link", "del", PEER)
            probe.expect("warn", "deaf", 1)
            with Tun() as tun:
                probe.expect("warn", "hears again", 3)
                for i in range(30):
                    tun.send(1000 + i)
                facts = probe.settle(50)
                equal(facts["counts"]["delivered"], 50, "delivered")
                equal(facts["counts"]["not_ip"], 0, "not understood")
            probe.expect("warn", "deaf", 1)
            with Pair():
                ip("link", "set", TAP, "up")
                probe.expect("warn", "hears again", 3)
                sender = Sender()
                sender.number = 2000
                sender.send(SYN, 10)
                facts = probe.settle(60)
                check_sums(facts, 60)
                equal(facts["unique"], 60, "different headers")


def test_inline_refuses_what_it_cannot_read():
    """As of a wireless card that listens: a header of its own comes first."""
    with Tun(kind=803):
        error, text = refused("--inline", TAP)
        equal(error, errno.EOPNOTSUPP, "error")
        contains(text, f"{TAP}: packets of link type 803")


def test_opens_anew_when_queues_are_added():
    with Pair(queues=4) as _:
        for end in PEER, TAP:
            if subprocess.run(["ethtool", "-L", end, "rx", "1", "tx", "1"],
                              capture_output=True, check=False).returncode:
                print("  no ethtool -L here")
                return
        with Probe(TAP) as probe:
            equal(probe.ask("read")["queues"], 1, "queues")
            with subprocess.Popen(
                    ["ip", "-o", "monitor", "link", "dev", TAP],
                    stdout=subprocess.PIPE, text=True) as watcher:
                try:
                    time.sleep(0.2)
                    subprocess.run(["ethtool", "-L", TAP, "rx", "4"], check=True)
                    subprocess.run(["ethtool", "-L", PEER, "tx", "4"], check=True)
                    probe.expect("warn", "4 receive queues now, 1 of them read", 2)
                    probe.expect("event", "reopened", 3)
                    Sender().send(SYN, 400)
                    facts = probe.settle(400)
                    equal(facts["queues"], 4, "queues")
                    check_sums(facts, 400)
                    assert facts["deaf_ns"] > 0, "the time that it was closed"
                finally:
                    watcher.terminate()
                text = watcher.communicate()[0]
            contains(text, "UP")
            for line in text.splitlines():
                flags = line.partition("<")[2].partition(">")[0].split(",")
                assert "UP" in flags, f"it was taken down: {line}"


def test_survives_down_and_up():
    with Pair(), Probe(TAP) as probe:
        sender = Sender()
        for _ in range(20):
            ip("link", "set", TAP, "down")
            ip("link", "set", TAP, "up")
        ip("link", "set", TAP, "down")
        wait_until(lambda: probe.ask("read")["state"] == DOWN, 1, "down")
        wait_until(lambda: probe.ask("read")["deaf_error"] ==
                   errno.ENETDOWN, 2, "the child is told that it is down")
        ip("link", "set", TAP, "up")
        wait_until(lambda: probe.ask("read")["state"] == UP, 1, "up")
        # the kernel puts off the peer's queue after so many changes
        wait_until(lambda: json.loads(ip("-j", "link", "show", PEER))[0]
                   ["operstate"] == "UP", 3, "peer up")
        sender.send(SYN, 100)
        facts = probe.settle(100)
        equal(facts["received"], 100, "packets fetched")
        equal(facts["reattached"], 0, "reattached")
        equal([line for line in probe.warnings() if "deaf" in line], [],
              "deaf")


def test_guard_detaches_within_200_ms():
    for command in (("address", "add", "192.0.2.1/24", "dev", TAP),
                    ("route", "add", "203.0.113.0/24", "dev", TAP)):
        with Pair(), Probe(TAP) as probe:
            assert attached(), "not attached"
            ip(*command)
            begin = time.monotonic()
            wait_until(lambda: not attached(), 0.2, "detached")
            seconds = time.monotonic() - begin
            line, _ = probe.expect("guard", TAP, 1)
        print(f"  {command[0]}: {seconds * 1000:.0f} ms; \"{line}\"")


def test_inline_goes_on_in_place():
    """The same façade over TC: the child need not know of a new interface."""
    with Pair() as _:
        ip("link", "set", TAP, "up")
        probe = Probe("--inline", TAP)
        with probe:
            sender = Sender()
            sender.send(SYN, 200)
            before = probe.settle(200)
            equal(before["received"], 200, "headers fetched")
            ip("link", "del", PEER)
            probe.expect("warn", "deaf", 1)
            with Pair():
                ip("link", "set", TAP, "up")
                probe.expect("warn", "hears again", 3)
                second = Sender()
                second.number = sender.number
                second.send(SYN, 100)
                facts = probe.settle(300)
                equal(facts["received"], 300, "headers fetched")
                equal(facts["child"], before["child"], "child")
                equal(facts["reattached"], 1, "reattached")
                check_sums(facts, 300)


if __name__ == "__main__":
    run_tests(globals())
