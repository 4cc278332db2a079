# SPDX-License-Identifier: MIT
"""Reads the TCP signatures of a p0f database and makes a packet of each.
Written from the description of the format, apart from x0f's own reader.
"""
import dataclasses
import random

from frames import (ACK, CWR, DF, ECE, EOL, EVIL, MSS, NOP, PSH, SACK, SOK,
                    SYN, TS, URG, WS, Packet, options)

KINDS = {"nop": NOP, "mss": MSS, "ws": WS, "sok": SOK, "sack": SACK, "ts": TS}
SECTIONS = {"[tcp:request]": "request", "[tcp:response]": "response"}
NOT_OVER_6 = {"df", "id+", "id-", "0+"}  # quirks that IPv6 cannot show


@dataclasses.dataclass
class Signature:
    line: int
    text: str
    label: str
    direction: str
    version: str
    ttl: int
    random_ttl: bool
    ip_options: int
    mss: int  # None: any
    window: str  # as written
    scale: int  # None: any
    layout: list
    padding: int
    quirks: set
    payload: str

    @property
    def application(self):
        return self.label[2:3] == "!"


def number(text):
    return None if text == "*" else int(text)


def layout_of(text):
    kinds, padding = [], 0
    for word in filter(None, text.split(",")):
        if word.startswith("eol+"):
            kinds.append(EOL)
            padding = int(word[4:])
        elif word.startswith("?"):
            kinds.append(int(word[1:]))
        else:
            kinds.append(KINDS[word])
    return kinds, padding


def parse(text, line=0, label="", direction="request"):
    version, ttl, olen, mss, rest, layout, quirks, payload = text.split(":")
    window, scale = rest.split(",")
    base, _, distance = ttl.rstrip("-").partition("+")
    kinds, padding = layout_of(layout)
    return Signature(line, text, label, direction, version,
                     int(base) + int(distance or 0), ttl.endswith("-"),
                     int(olen), number(mss), window, number(scale), kinds,
                     padding, set(filter(None, quirks.split(","))), payload)


def read(path):
    """All TCP signatures of a database file, in file order."""
    found, direction, label = [], None, None
    for line, text in enumerate(open(path), 1):
        text = text.strip()
        if text.startswith("["):
            direction = SECTIONS.get(text)
        elif direction and not text.startswith(";") and "=" in text:
            key, value = (part.strip() for part in text.split("=", 1))
            if key == "label":
                label = value
            elif key == "sig":
                found.append(parse(value, line, label, direction))
    return found


def window_of(signature, mss):
    """A window that the signature asks for, or None when there is none."""
    text = signature.window
    if text == "*":
        return 5840
    if text[0] == "%":
        return int(text[1:])
    if text.isdigit():
        return int(text)
    kind, multiple = text.split("*")
    units = [mss + 40] if kind == "mtu" else [mss]
    if kind == "mss" and TS in signature.layout:
        units.append(mss - 12)
    fit = [unit * int(multiple) for unit in units]
    return next((w for w in fit if w < 65536 and mss >= 100), None)


def mss_of(signature, version, wanted):
    """An MSS that is allowed and leaves room for the window's multiple."""
    if MSS not in signature.layout:
        return 0
    if signature.mss is not None:
        return signature.mss
    kind, _, multiple = signature.window.partition("*")
    if kind in ("mss", "mtu") and multiple:
        room = 65535 // int(multiple) - (40 if kind == "mtu" else 0)
        return min(wanted, room)
    return wanted


def option_bytes(signature, mss, scale):
    """Options with the layout, padding and option quirks asked for, or None
    when they cannot be had (a length that is no multiple of four)."""
    quirks = signature.quirks
    padding = bytearray(signature.padding)
    if "opt+" in quirks and len(padding) > 1:
        padding[0] = 1
    ts = (0 if "ts1-" in quirks else 0x00b1c2d3, 7 if "ts2+" in quirks else 0)
    sizes = {}
    data = options(signature.layout, mss, scale, ts, bytes(padding))
    odd = [p for p, k in enumerate(signature.layout)
           if k not in (EOL, NOP, MSS, WS, SOK, TS)]
    if len(data) % 4 and odd:
        kind = signature.layout[odd[0]]
        sizes[odd[0]] = (10 if kind == SACK else 2) + -len(data) % 4
        data = options(signature.layout, mss, scale, ts, bytes(padding), sizes)
    if "bad" in quirks:
        data = spoil(data, signature.layout)
    return data if data is not None and len(data) <= 40 and \
        len(data) % 4 == 0 else None


def spoil(data, layout):
    """A wrong length byte, in an option whose length does not matter."""
    at = 0
    sizes = {EOL: 1, NOP: 1, MSS: 4, WS: 3, SOK: 2, TS: 10}
    for kind in layout:
        if kind not in sizes:
            return None
        if kind > NOP:
            return data[:at + 1] + bytes([sizes[kind] + 1]) + data[at + 2:]
        at += sizes[kind]
    return None


def packet(signature, version, rng=None):
    """A Packet as the signature describes it, without addresses, or None.
    Quirks that the IP version cannot show are left out."""
    rng = rng or random.Random(signature.line)
    quirks = signature.quirks
    mss = mss_of(signature, version, rng.choice((1460, 1460, 1440, 1380)))
    scale = signature.scale
    if scale is None:
        scale = rng.choice((2, 7, 8))
    if "exws" in quirks:
        scale = max(scale, 15)
    data = option_bytes(signature, mss, scale)
    window = window_of(signature, mss)
    if data is None or window is None or (WS not in signature.layout and
                                          signature.scale):
        return None
    low = 1 if signature.random_ttl else max(1, signature.ttl - 30)
    out = Packet(version=version, ttl=rng.randint(low, signature.ttl),
                 window=window, options=data,
                 payload=b"x" if signature.payload == "+" else b"")
    if signature.direction == "response":
        out.flags, out.ack = SYN | ACK, 0 if "ack-" in quirks else 0x1000
    if version == 4:
        out.ip_options = b"\1" * signature.ip_options
        out.ip_flags = DF * ("df" in quirks) | EVIL * ("0+" in quirks)
        plain = "df" in quirks or "id-" in quirks
        out.ip_id = 0 if plain and "id+" not in quirks else 4711
    elif "flow" in quirks:
        out.flow = rng.randint(1, 0xfffff)
    if "ecn" in quirks:
        out.flags |= ECE | CWR
    if "seq-" in quirks:
        out.seq = 0
    if "ack+" in quirks:
        out.ack = 0x01000000
    out.urgent = 1 if quirks & {"uptr+", "urgf+"} else 0
    out.flags |= URG * ("urgf+" in quirks) | PSH * ("pushf+" in quirks)
    return out
