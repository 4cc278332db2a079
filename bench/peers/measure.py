# SPDX-License-Identifier: MIT
"""Runs commands and times them: wall clock from before the start to the end,
CPU time of all threads from wait4(2). Peak memory and threads come from a run
of their own that is not timed, which also warms the caches.
"""
import os
import sys
import time

POLL_S = 0.001


class Failed(Exception):
    pass


def spawn(command, out, errors):
    """Starts a command, with its output into files; returns its process."""
    flags = os.O_WRONLY | os.O_CREAT | os.O_TRUNC
    actions = [(os.POSIX_SPAWN_OPEN, 0, "/dev/null", os.O_RDONLY, 0),
               (os.POSIX_SPAWN_OPEN, 1, out or "/dev/null", flags, 0o600),
               (os.POSIX_SPAWN_OPEN, 2, errors, flags, 0o600)]
    return os.posix_spawnp(command[0], command, dict(os.environ, TZ="UTC"),
                           file_actions=actions)


def last_line(path):
    with open(path, errors="replace") as file:
        return (file.read().strip().splitlines() or [""])[-1]


def check(command, status, errors):
    """Raises Failed, with the last that a failed command said."""
    code = os.waitstatus_to_exitcode(status)
    if code:
        raise Failed(f"exit {code} of {' '.join(command)}: "
                     f"{last_line(errors)}")


def timed(run, errors):
    """One run: {wall, cpu} in seconds, and the last line that it told."""
    run.prepare()
    begin = time.perf_counter()
    pid = spawn(run.command, run.out, errors)
    _, status, usage = os.wait4(pid, 0)
    wall = time.perf_counter() - begin
    check(run.command, status, errors)
    return {"wall": wall, "cpu": usage.ru_utime + usage.ru_stime,
            "told": last_line(errors)}


def peaks(pid):
    """(KiB, threads) right now; None when there is nothing left to ask."""
    try:
        with open(f"/proc/{pid}/status") as file:
            fields = dict(line.split(":", 1) for line in file)
        return (int(fields["VmHWM"].split()[0]), int(fields["Threads"]))
    except (OSError, KeyError, ValueError):
        return None


def weighed(run, errors):
    """One run that is watched: {memory_kib, threads, bytes, told}."""
    run.prepare()
    pid = spawn(run.command, run.out, errors)
    memory = threads = 0
    while True:
        now = peaks(pid)
        if now:
            memory, threads = max(memory, now[0]), max(threads, now[1])
        ended, status = os.waitpid(pid, os.WNOHANG)
        if ended:
            break
        time.sleep(POLL_S)
    check(run.command, status, errors)
    written = [os.path.getsize(p) for p in run.written if os.path.exists(p)]
    return {"memory_kib": memory, "threads": threads, "bytes": sum(written),
            "told": last_line(errors)}


def progress(text):
    if sys.stderr.isatty():
        print(f"\r\033[K{text}", end="", file=sys.stderr, flush=True)


def rounds(jobs, count, others, errors):
    """Each run once a round, every round beginning elsewhere. Adds `runs` to
    each job; returns the cores that others used, per round."""
    disturbed = []
    for number in range(count):
        others.start()
        first = number * 7 % len(jobs)
        for job in jobs[first:] + jobs[:first]:
            progress(f"round {number + 1} of {count}: {job.name}")
            result = timed(job, errors)
            job.clean()
            job.runs.append(result)
        disturbed.append(sum(others.cores()))
    progress("")
    return disturbed
