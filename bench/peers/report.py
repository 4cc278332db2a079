# SPDX-License-Identifier: MIT
"""The tables of peers.md, out of the data that peers.json holds."""
import statistics

import agreement
import tools

PAIRS = (  # the same work by two tools
    ("p0f", "screen and log", "x0f p0f", "screen and log", "file"),
    ("p0f", "screen", "x0f p0f", "screen", "/dev/null"),
    ("huginn-net-tcp", "count", "x0f", "count", "/dev/null"),
    ("huginn-net-tcp", "text", "x0f", "text", "/dev/null"),
    ("huginn-net-tcp", "JSON", "x0f", "JSON, SYN and SYN+ACK", "/dev/null"),
)


def table(head, rows, align="---:"):
    """A Markdown table; numbers stand at the right."""
    yield "| " + " | ".join(head) + " |"
    yield "| --- |" + f" {align} |" * (len(head) - 1)
    for row in rows:
        yield "| " + " | ".join(str(cell) for cell in row) + " |"
    yield ""


def rate(n):
    return f"{n:,.0f}"


def walls(run):
    return [r["wall"] for r in run["runs"]]


def speed_row(run, packets):
    wall, cpu = walls(run), [r["cpu"] for r in run["runs"]]
    middle = statistics.median(wall)
    return (f"{run['tool']}: {run['work']}", run["sink"],
            rate(packets / middle),
            f"{rate(packets / max(wall))} – {rate(packets / min(wall))}",
            rate(statistics.median(cpu) / packets * 1e9),
            f"{statistics.median(cpu) / middle:.1f}",
            f"{run['memory_kib'] / 1024:.1f}", run["threads"],
            f"{run['bytes'] / packets:.0f}" if run["bytes"] else "")


def lossy(run):
    return "dropped=" in run["told"]


def speed(capture):
    packets = capture["packets"]
    yield from table(
        ("what", "to", "packets/s", "min – max", "CPU ns/packet", "cores",
         "MiB", "threads", "bytes/packet"),
        (speed_row(run, packets) for run in capture["runs"]
         if not lossy(run)))


def find(capture, tool, work, sink):
    return [run for run in capture["runs"]
            if (run["tool"] == tool or tool == "huginn-net-tcp"
                and run["tool"].startswith(tool))
            and run["work"] == work and run["sink"] == sink
            and not lossy(run)]


def ratios(capture):
    """Per pair: (work, ratio of wall clock, min, max, ratio of CPU time)."""
    for peer, their_work, x0f, our_work, sink in PAIRS:
        for theirs in find(capture, peer, their_work, sink):
            for ours in find(capture, x0f, our_work, sink):
                pairs = list(zip(theirs["runs"], ours["runs"]))
                wall = [a["wall"] / b["wall"] for a, b in pairs]
                cpu = [a["cpu"] / b["cpu"] for a, b in pairs]
                yield (f"{theirs['tool']}: {their_work}, to {sink}",
                       f"{statistics.median(wall):.1f}",
                       f"{min(wall):.1f} – {max(wall):.1f}",
                       f"{statistics.median(cpu):.1f}")


def ratio_table(data):
    rows = []
    for name, capture in data["captures"].items():
        rows += [(f"{what} ({name})", *numbers)
                 for what, *numbers in ratios(capture)]
    if not rows:
        return
    yield "How many times as fast x0f does the same work, round by round:"
    yield ""
    yield from table(("peer and work", "time", "min – max", "CPU time"), rows)


def loss_row(run, name, given):
    told = [tools.words(r["told"]) or {"results": tools.packets(r["told"])}
            for r in run["runs"]]
    lost = [100 * (1 - t["results"] / given) for t in told]
    dropped = [t["dropped"] for t in told if "dropped" in t]
    return (f"{run['tool']} ({name})", rate(given),
            rate(statistics.median(dropped)) if dropped else "–",
            rate(statistics.median(t["results"] for t in told)),
            f"{statistics.median(lost):.1f} %",
            f"{min(lost):.1f} – {max(lost):.1f} %")


def loss(data):
    yield "## Several workers"
    yield ""
    yield ("Packets with a result. huginn-net-tcp's worker pool is fed with "
           "the same captures, as its own benchmark feeds it; its "
           "documentation recommends it for live traffic only.")
    yield ""
    yield from table(("tool", "packets given", "dropped, it says", "results",
                      "lost", "min – max"), (
        loss_row(run, name, capture["packets"])
        for name, capture in data["captures"].items()
        for run in capture["runs"] if "2 workers" in run["tool"]))


def share(count):
    return f"{count['same']} of {count['of']}" if count["of"] else "–"


def label_row(name, row, width):
    if row["problem"]:
        return (name, row["problem"]) + ("",) * (width - 2)
    groups = row["groups"]
    total = {key: sum(groups[g][key] for g in agreement.GROUPS)
             for key in ("of", *agreement.KINDS)}
    percent = f" ({100 * total['same'] / total['of']:.0f} %)" \
        if total["of"] else ""
    return (name, share(total) + percent,
            *(total[kind] for kind in agreement.KINDS[1:]),
            *(share(groups[g]) for g in (*agreement.GROUPS, "MTU")))


def labels(data):
    found = data["agreement"]
    if not found:
        return
    reference = next(iter(found))
    yield "## The same answer as p0f?"
    yield ""
    yield (f"One packet of each signature of `{data['database']}` and IP "
           "version, all tools with that database, compared with what "
           f"{reference} says: the label of each SYN and SYN+ACK that it "
           "reports, and the MTU. x0f without `--compat` names what p0f's "
           "slips hide from it, IPv6 with a flow label above all.")
    yield ""
    head = ("tool", "same label", f"only {reference} has one",
            "only this has one", "another", "not reported",
            *agreement.GROUPS, "MTU")
    yield from table(head, (label_row(name, row, len(head))
                            for name, row in found.items()))


def same_logs(data):
    for name, capture in data["captures"].items():
        log = capture.get("log")
        if not log:
            continue
        if log["different"]:
            yield (f"Log of `x0f p0f` beside p0f's on capture {name}: "
                   f"{log['different']:,} of {log['lines']:,} lines differ.")
        else:
            yield (f"Log of `x0f p0f` beside p0f's on capture {name}: all "
                   f"{log['lines']:,} lines the same (records of changed and "
                   "shared hosts aside, which x0f leaves out).")
        yield ""


def names(data):
    yield "## Who names how many?"
    yield ""
    yield ("SYN and SYN+ACK that get a name, each tool with the database that "
           "it comes with, in percent of the packets in the capture. These "
           "are packets of *x0f's* signatures: other databases cannot know "
           "what is only in ours.")
    yield ""
    rows = []
    for name, capture in data["captures"].items():
        every = capture["names"].get("x0f") or {}
        for tool, count in capture["names"].items():
            rows.append((f"{tool} ({name})", *(
                f"{100 * count[kind + '_named'] / every[kind]:.1f}"
                if every.get(kind) else "–" for kind in ("syn", "synack"))))
    yield from table(("tool", "SYN", "SYN+ACK"), rows)


def form_cell(cell):
    if cell["problem"]:
        return "cannot be opened"
    if not cell["seen"]:
        return "no"
    return "yes" if cell["seen"] == cell["of"] else \
        f"{cell['seen']} of {cell['of']}"


def forms(data):
    if not data["forms"]:
        return
    yield "## Seen at all?"
    yield ""
    yield "The same SYNs, each form in a capture of its own."
    yield ""
    names = list(next(iter(data["forms"].values())))
    yield from table(("form", *names), (
        (form, *(form_cell(row[name]) for name in names))
        for form, row in data["forms"].items()), "---")


def look(data):
    if not data["look"]:
        return
    yield f"## `{data['look_file']}`"
    yield ""
    yield ("Each tool with its own database; – says that there was no answer "
           "at all.")
    yield ""
    names = list(data["look"][0]["answers"])
    yield from table(("packet", *names), (
        (f"{row['kind']} of {row['source']}:{row['port']}",
         *(row["answers"][name] or "–" for name in names))
        for row in data["look"]), "---")


def machine(data):
    facts = data["machine"]
    where = "virtual machine" if facts["virtual"] else "machine"
    yield f"* {facts['time']}, `{data['command']}`"
    yield (f"* {where}: {facts['cpu']}, {facts['cores']} cores, "
           f"{facts['memory_mib']:,} MiB, {facts['system']}, Linux "
           f"{facts['kernel']}, files "
           + ("in RAM" if facts["files_in_ram"] else "NOT in RAM"))
    revision = f" ({facts['commit']})" if facts["commit"] else ""
    yield f"* {facts['x0f']}{revision}, {facts['x0f_build'] or 'build unknown'}"
    if data["p0f"]:
        yield f"* {data['p0f']}"
    if data["huginn"]:
        yield (f"* huginn-net-tcp {', '.join(data['huginn'])}: "
               f"{facts['rustc']}, release, LTO, one codegen unit, default "
               "target CPU; all features, every result consumed; as "
               "documented for files, which is two threads and a channel; "
               "and called for each packet by one thread, which is faster")
    for note in data["notes"]:
        yield f"* left out: {note}"
    load = " ".join(map(str, facts["load"]))
    yield (f"* load at the start {load}; other programs and the host used "
           f"{facts['other_cores_at_start']:.2f} cores before, "
           f"{data['other_cores']:.2f} during the runs")
    if data["busy"]:
        yield "* **BUSY MACHINE: these figures are worth little**"
    yield ""


def commands(data):
    yield "## Commands"
    yield ""
    for name, capture in data["captures"].items():
        yield (f"Capture {name}: the frames of `{' '.join(capture['made_of'])}`"
               ", a SYN before each SYN+ACK that has none; SHA-256 "
               f"{capture['sha256']}.")
        yield ""
    done = set()
    for run in next(iter(data["captures"].values()))["runs"]:
        line = f"    {run['shell']}"
        if line not in done:
            yield line
        done.add(line)
    yield ""


def markdown(data):
    lines = ["# x0f beside p0f and huginn-net-tcp", ""]
    lines += machine(data)
    for name, capture in data["captures"].items():
        lines += [f"## Capture {name}: {capture['packets']:,} packets, "
                  f"{data['rounds']} interleaved runs", "",
                  capture["about"], ""]
        lines += speed(capture)
    for part in (ratio_table, loss, labels, same_logs, names, forms, look,
                 commands):
        lines += part(data)
    lines += [
        "## What this does not show", "",
        "Live capture, long files of other traffic than handshakes, and "
        "traffic of real networks: all frames are made. Wall clock is of "
        "whole commands, starting included; of huginn-net-tcp there is no "
        "command, so a small one of ours (`bench/peers/huginn`) stands for "
        "it.", ""]
    return "\n".join(lines)
