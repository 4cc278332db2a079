# SPDX-License-Identifier: MIT
"""Mode tap over a veth pair: what is sent is fetched by a child without
rights, and every packet is accounted for, also what a reader loses.
"""
import errno
import socket
import time
import subprocess

from taps import (ACK, CLOSED, COPY, DROPPED, GENERIC, Pair, Probe, RING_FULL,
                  SYN, SYNACK, Sender, TAP, UP, attached, check_sums, contains,
                  equal, ip, refused, run_tests, xdp)


def deliver(mode, *arguments, queues=1):
    with Pair(queues), Probe(*arguments, TAP) as probe:
        sender = Sender()
        for _ in range(5):  # a ring takes 512 where there are four queues
            sender.send(SYN, 400)
            sender.send(SYNACK, 200)
            sender.send(ACK, 100)
            probe.settle(sender.number // 7 * 6)
        sender.send(SYN, 50, protocol=17)
        sender.send_raw(b"\xff" * 6 + b"\2\0\0\0\0\2" + b"\x08\x06" + bytes(46))
        facts = probe.settle(3000)
        check_sums(facts, 3551)
        equal(facts["received"], 3000, "packets fetched")
        equal(facts["unique"], 3000, "different packets fetched")
        equal(facts["counts"]["other_tcp"], 500, "acknowledgements")
        equal(facts["counts"]["not_tcp"], 50, "UDP")
        equal(facts["counts"]["not_ip"], 1, "ARP")
        equal(facts["uid"], 65534, "user of the child")
        equal(facts["bpf_descriptors"], 0, "BPF descriptors in the child")
        equal(facts["deaf"], 0, "fetches that failed")
        equal(facts["queues"], queues, "queues")
        equal((facts["mode"], facts["state"]), (mode, UP), "mode, state")
        equal(xdp()["mode"], 1 if mode == COPY else 2, "native or generic")
        return facts


def test_delivers_everything_to_a_child_without_rights():
    deliver(COPY)
    deliver(COPY, "--attach-first")


def test_delivers_from_several_queues():
    facts = deliver(COPY, "--workers", "2", queues=4)
    equal(facts["workers"], 2, "workers")
    used = [n for n in facts["by_source"] if n]
    assert len(used) > 1, f"one queue only: {facts['by_source']}"
    assert facts["memory"] < 50 << 20, f"{facts['memory']} bytes"


def test_delivers_in_generic_mode():
    deliver(GENERIC, "--generic")


def test_falls_back_to_generic_mode():
    """An ifb has no native XDP."""
    ip("link", "add", "xh2i", "type", "ifb")
    try:
        with Probe("xh2i") as probe:
            equal(probe.ask("read")["mode"], GENERIC, "mode")
            contains(" ".join(probe.warnings()), "generic mode")
        equal(refused("--copy", "xh2i")[0], errno.EOPNOTSUPP, "error of copy")
    finally:
        ip("link", "del", "xh2i")


def test_delivers_with_the_smallest_memory():
    """Chunks go round: 64 of them carry thousands of packets."""
    for arguments in (), ("--spin",):
        with Pair(), Probe("--frames", "64", *arguments, TAP) as probe:
            sender = Sender()
            for _ in range(150):
                sender.send(SYN, 20)
                probe.settle(sender.number)
            for _ in range(10):  # and none is given to two of a batch
                probe.ask("pause")
                sender.send(SYN, 30)
                probe.ask("go")
            facts = probe.settle(3300)
            check_sums(facts, 3300)
            equal(facts["unique"], 3300, "different packets fetched")


def test_accounts_for_what_a_stuck_reader_loses():
    with Pair(), Probe("--frames", "64", TAP) as probe:
        sender = Sender()
        probe.ask("pause")
        sender.send(SYN, 5000)
        facts = probe.ask("read")
        equal(facts["received"], 0, "packets fetched")
        equal(facts["counts"]["delivered"], 5000, "packets delivered")
        equal(facts["losses"][RING_FULL] + facts["losses"][DROPPED],
              5000 - 32, "lost, all but a full ring")
        probe.ask("go")
        facts = probe.settle(32)
        equal(facts["received"], 32, "packets fetched")
        check_sums(facts, 5000)
        sender.send(SYN, 20)
        facts = probe.settle(52)
        equal(facts["received"], 52, "packets fetched, after a full ring")
        check_sums(facts, 5020)


def test_accounts_for_what_is_left_at_the_end():
    with Pair(), Probe(TAP) as probe:
        sender = Sender()
        sender.send(SYN, 100)
        probe.settle(100)
        probe.ask("pause")
        sender.send(SYN, 70)
        facts = probe.ask("read")
        equal(facts["losses"][CLOSED], 0, "left in the ring, while open")
        facts = probe.ask("detach")
        equal(facts["losses"][CLOSED], 70, "left in the ring")
        check_sums(facts, 170)
        equal(attached(), 0, "XDP program")


def test_drains_what_came_before_the_end():
    with Pair(), Probe(TAP) as probe:
        sender = Sender()
        sender.send(SYN, 1500)
        facts = probe.ask("detach")
        check_sums(facts, 1500)
        equal(facts["received"], 1500, "packets fetched")


def test_nothing_is_lost_when_the_child_is_replaced():
    """The program stays, packets wait in the ring, chunks go on round."""
    with Pair(), Probe("--frames", "64", TAP) as probe:
        sender = Sender()
        program, child = attached(), probe.ask("read")["child"]
        for _ in range(10):
            sender.send(SYN, 20)
            probe.settle(sender.number)
            probe.ask("pause")
            sender.send(SYN, 25)
            facts = probe.ask("reopen")
            assert facts["child"] != child, "the child is the old one"
            child = facts["child"]
            probe.ask("go")
            facts = probe.settle(sender.number)
        equal(facts["unique"], sender.number, "different packets fetched")
        equal(sum(facts["losses"]), 0, "losses")
        check_sums(facts, sender.number)
        equal((facts["state"], facts["deaf_ns"], facts["reattached"]),
              (UP, 0, 0), "state, deaf, reattached")
        equal(attached(), program, "XDP program")
        probe.ask("pause")  # and no chunk was lost, or given twice
        sender.send(SYN, 100)
        probe.ask("go")
        facts = probe.settle(450 + 32)
        equal((facts["received"], facts["unique"]), (482, 482),
              "packets fetched, a full ring")
        check_sums(facts, 550)


def at_rest(probe):
    """What the probe says once nothing moves any more."""
    facts = probe.ask("read")
    while True:
        time.sleep(0.2)
        before, facts = facts, probe.ask("read")
        if facts["received"] == before["received"]:
            return facts


def test_survives_children_that_die_at_work():
    """Killed at any place in their loop, with chunks in their hands."""
    with Pair(), Probe("--frames", "64", TAP) as probe:
        sender = Sender()
        for _ in range(40):
            sender.send(SYN, 40)
            probe.ask("reopen")
        before = at_rest(probe)
        taken = sum(before["outcomes"])
        equal(taken, sender.number, "packets seen")
        for _ in range(5):  # and still all chunks are there
            probe.ask("pause")
            sender.send(SYN, 100)
            probe.ask("go")
            probe.settle(before["received"] + 32)
            after = probe.ask("read")
            equal(after["received"] - before["received"], 32, "a full ring")
            before = after


def test_counts_frames_that_are_too_large():
    with Pair(mtu=3000), Probe(TAP) as probe:
        equal([w for w in probe.warnings() if "MTU" in w], [],
              "warnings of what SYNs never are")
        sender = Sender()
        sender.send(SYN, 10, size=1792 - 14 - 20 - 24)
        sender.send(SYN, 7, size=1793 - 14 - 20 - 24)
        facts = probe.settle(10)
        equal(facts["received"], 10, "packets fetched")
        equal(facts["losses"][DROPPED], 7, "too large")
        check_sums(facts, 17)


def test_gives_the_rest_to_the_stack():
    """Wanted packets never come by; others do, with --pass-rest."""
    for arguments, passed in ((), 0), (("--pass-rest",), 30):
        with Pair(), Probe(*arguments, TAP) as probe:
            listener = socket.socket(socket.AF_PACKET, socket.SOCK_RAW,
                                     socket.htons(0x0003))
            listener.bind((TAP, 0x0003))
            listener.settimeout(0.1)
            sender = Sender()
            sender.send(SYN, 20)
            sender.send(ACK, 30)
            equal(probe.settle(20)["received"], 20, "packets fetched")
            count = 0
            try:
                while listener.recv(2048):
                    count += 1
            except TimeoutError:
                pass
            equal(count, passed, f"packets in the stack {arguments}")


def test_a_pair_strips_no_tags():
    """It says that it does, and a switch of that name does nothing."""
    with Pair(), Probe(TAP) as probe:
        equal([w for w in probe.warnings() if "rxvlan" in w], [], "warnings")


def test_inline_accounts_for_what_is_left():
    with Pair():
        ip("link", "set", TAP, "up")
        with Probe("--inline", TAP) as probe:
            probe.ask("pause")
            Sender().send(SYN, 40)
            facts = probe.ask("read")
            equal(facts["counts"]["delivered"], 40, "headers delivered")
            equal(facts["losses"][CLOSED], 0, "left, while open")
            facts = probe.ask("detach")
            equal(facts["losses"][CLOSED], 40, "left")
            check_sums(facts, 40)


if __name__ == "__main__":
    run_tests(globals())
