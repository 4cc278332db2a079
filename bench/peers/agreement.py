# SPDX-License-Identifier: MIT
"""Who says the same as p0f of one packet of each of its signatures, who names
how many packets, and who sees a packet at all in which form.
"""
import collections
import os
import re
import subprocess

import captures
import measure
import tools

GROUPS = ("SYN, IPv4", "SYN, IPv6", "SYN+ACK, IPv4", "SYN+ACK, IPv6")
KINDS = ("same", "only_p0f", "only_here", "another", "silent")
SAMPLES = 12  # differences that are shown


def ask(function, *arguments):
    """(findings, None) or ({}, why not)."""
    try:
        return function(*arguments), None
    except (measure.Failed, subprocess.TimeoutExpired) as error:
        return {}, str(error)


def subjects(x0f, p0f, huginn, stock):
    """{name: function(capture)} of all with p0f's database."""
    f = ["-f", stock] if stock else []
    known = {}
    if p0f:
        known["p0f"] = lambda c: tools.read_log(
            tools.p0f_log(p0f, c, "-m", tools.CACHES))
    known["x0f --compat p0f"] = lambda c: tools.read_log(
        tools.x0f_log(x0f, c, "--compat", "p0f", "-m", tools.CACHES, *f))
    known["x0f"] = lambda c: tools.read_log(tools.x0f_log(x0f, c, *f))
    for version, program in huginn.items():
        known[tools.huginn_name(version)] = lambda c, p=program: \
            tools.read_lines(tools.huginn_lines(p, c, *f))
    return known


def with_own_database(x0f, p0f, huginn):
    """The same, each with the database that it comes with."""
    known = subjects(x0f, p0f, huginn, None)
    del known["x0f --compat p0f"]
    return known


def group(ends):
    return f"{ends.kind.upper()}, IPv{ends.version}"


def label_key(ends):
    return ends[1:]


def mtu_key(ends):
    return ("mtu", *ends[2:])


def judge(theirs, ours):
    """Which kind of answer this is beside p0f's."""
    if ours is None:
        return "silent"
    if theirs == ours:
        return "same"
    if theirs == "???":
        return "only_here"
    return "only_p0f" if ours == "???" else "another"


def compare(reference, findings, frames):
    """{group: {of, and how many of each kind of answer}} over the frames that
    p0f speaks of, and the differences that are most frequent."""
    result = {name: dict.fromkeys(("of", *KINDS), 0)
              for name in (*GROUPS, "MTU")}
    different = []
    for frame in frames:
        for name, key in ((group(frame), label_key(frame)),
                          ("MTU", mtu_key(frame))):
            if key not in reference:
                continue
            theirs, ours = reference[key], findings.get(key)
            result[name]["of"] += 1
            result[name][judge(theirs, ours)] += 1
            if theirs != ours and name != "MTU":
                different.append((name, theirs, ours))
    kinds = collections.Counter(different)
    return result, [dict(group=g, p0f=a, here=b, packets=n)
                    for (g, a, b), n in kinds.most_common(SAMPLES)]


def with_p0f(known, capture, frames):
    """Agreement of all subjects with the first one, which is p0f."""
    table, reference = {}, None
    for name, function in known.items():
        findings, problem = ask(function, capture)
        if reference is None:
            reference = findings
        counts, different = compare(reference, findings, frames)
        table[name] = dict(groups=counts, different=different, problem=problem)
    return table


def seen(known, files):
    """{form: {name: "n of m"}} in captures of the same SYNs."""
    table = {}
    for form, (path, frames) in files.items():
        wanted = set(map(label_key, frames))
        row = {}
        for name, function in known.items():
            findings, problem = ask(function, path)
            found = {("syn", *key[1:]) if key[0] == tools.PROBE else key
                     for key in findings}
            row[name] = dict(seen=len(wanted & found), of=len(wanted),
                             problem=problem)
        table[form] = row
    return table


def look(known, capture):
    """What each says of every SYN and SYN+ACK in a small capture."""
    every = {name: ask(function, capture)[0]
             for name, function in known.items()}
    keys = [key for key in every["x0f"] if key[0] != "mtu"]
    return [dict(kind=key[0], source=str(key[1]), port=key[2],
                 answers={name: found.get(key)
                          for name, found in every.items()})
            for key in keys]


def tally(text):
    """{syn, syn_named, synack, synack_named} of lines of p0f's log."""
    counts = dict(syn=0, syn_named=0, synack=0, synack_named=0)
    for kind, name in (("syn", "syn"), ("synack", "syn+ack")):
        told = re.findall(rf"\] mod={re.escape(name)}\|.*?\|(?:os|app)=(...)",
                          text)
        counts[kind] = len(told)
        counts[kind + "_named"] = len(told) - told.count("???")
    return counts


def x0f_tally(told):
    """The same of x0f's summary."""
    match = re.search(r"(\d+) syn \((\d+) labelled\), (\d+) syn\+ack "
                      r"\((\d+) labelled\)", told)
    return dict(zip(("syn", "syn_named", "synack", "synack_named"),
                    map(int, match.groups()))) if match else None


def names(runs, p0f_text):
    """How many packets each tool names, of what the runs told."""
    counts = {"p0f": tally(p0f_text)} if p0f_text else {}
    for run in runs:
        if run.work == "count" and "," not in run.tool:
            counts[run.tool] = (x0f_tally(run.weight["told"])
                                or tools.words(run.weight["told"]))
    return counts


def log_lines(text):
    return collections.Counter(
        line for line in text.splitlines()
        if not any(f"] mod={name}|" in line for name in tools.NOT_MADE))


def same_log(x0f, capture, p0f_text):
    """Lines of p0f's log, and how many x0f's differs in."""
    log = capture + ".x0f.log"
    tools.output([x0f, "p0f", "-r", capture, "-o", log], log)
    with open(log, errors="replace") as file:
        ours = log_lines(file.read())
    os.unlink(log)
    theirs = log_lines(p0f_text)
    wrong = (theirs - ours) + (ours - theirs)
    return dict(lines=sum(theirs.values()), different=sum(wrong.values()))
