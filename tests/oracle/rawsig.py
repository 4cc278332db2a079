# SPDX-License-Identifier: MIT
"""Reads x0f's p0f-format lines back into what a packet said."""
import collections
import ipaddress
import re

Record = collections.namedtuple(
    "Record", "time module source target version ttl olen mss window scale "
    "layout quirks payload")


def endpoint(address, port):
    """One spelling for p0f's, scapy's and tshark's addresses."""
    return "%s/%s" % (ipaddress.ip_address(address), port)


def records(text):
    """One Record per syn and syn+ack line. window stays as printed."""
    out = []
    for line in text.splitlines():
        stamp = re.match(r"\[([^]]*)\] (.*)", line)
        field = dict(part.split("=", 1) for part in stamp.group(2).split("|")
                     if "=" in part)
        if field["mod"] not in ("syn", "syn+ack"):
            continue
        ends = [endpoint(*field[end].rsplit("/", 1))
                for end in ("cli", "srv")]
        if field["mod"] == "syn+ack":
            ends.reverse()
        (version, ttl, olen, mss, window, layout, quirks,
         payload) = field["raw_sig"].split(":")
        window, scale = window.split(",")
        out.append(Record(stamp.group(1), field["mod"], ends[0], ends[1],
                          int(version), int(ttl.split("+")[0]), int(olen),
                          mss, window, int(scale), layout, quirks, payload))
    return out


def window_fits(printed, window, record, header):
    """Whether a window was rightly printed as it was: literally, or as a
    multiple of one of the sizes that p0f tries. Not the order of trying."""
    if printed.isdigit():
        return int(printed) == window
    kind, multiple = printed.split("*")
    mss = int(record.mss) if record.mss.isdigit() else 1331
    units = (mss, mss - 12, 1460, 1448, 1440, 1428) if kind == "mss" else \
        (mss + 40, mss + header, mss + 60, 1500)
    return any(unit * int(multiple) == window for unit in units)
