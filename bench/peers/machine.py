# SPDX-License-Identifier: MIT
"""What a figure was measured on, and whether others were at work there."""
import os
import platform
import re
import shutil
import subprocess
import time

BUSY_CORES = 0.1  # of other programs: from there on figures are worth little
TICKS = os.sysconf("SC_CLK_TCK")


def first_line(*command):
    if not shutil.which(command[0]):
        return None
    done = subprocess.run(command, stdout=subprocess.PIPE,
                          stderr=subprocess.DEVNULL, text=True)
    lines = [line for line in done.stdout.splitlines() if line.strip()]
    return lines[0].strip() if lines else None


def grep(path, pattern):
    try:
        with open(path) as file:
            found = re.search(pattern, file.read(), re.MULTILINE)
    except OSError:
        return None
    return found[1].strip() if found else None


def cpu_seconds():
    """All that this machine's cores worked so far, and what the host took."""
    with open("/proc/stat") as file:
        user, nice, system, _, _, irq, soft, steal = map(
            int, file.readline().split()[1:9])
    return (user + nice + system + irq + soft) / TICKS, steal / TICKS


class Others:
    """Cores that programs other than this one and its children use."""

    def __init__(self):
        self.start()

    def start(self):
        self.before = time.monotonic(), *cpu_seconds(), sum(os.times()[:4])

    def cores(self):
        """Since start(): (cores of other programs, cores that the host took
        away from this virtual machine)."""
        then, busy, steal, own = self.before
        span = time.monotonic() - then
        now_busy, now_steal = cpu_seconds()
        mine = sum(os.times()[:4]) - own
        return (max(0, (now_busy - busy - mine) / span),
                max(0, (now_steal - steal) / span))


def idle_check(seconds=2):
    others = Others()
    time.sleep(seconds)
    return sum(others.cores())


def commit(source):
    if not os.path.exists(os.path.join(source, ".git")):
        return None
    git = "git", "-C", source
    name = first_line(*git, "rev-parse", "--short=12", "HEAD")
    changed = first_line(*git, "status", "--porcelain", "-uno")
    return f"{name}, changed" if name and changed else name


def build_of(program):
    """How a program in a build folder of CMake was built."""
    cache = os.path.join(os.path.dirname(os.path.abspath(program)),
                         "CMakeCache.txt")
    kind = grep(cache, r"^CMAKE_BUILD_TYPE:\w+=(.*)$")
    if not kind:
        return None
    flags = grep(cache, rf"^CMAKE_C_FLAGS_{kind.upper()}:\w+=(.*)$")
    compiler = grep(cache, r"^CMAKE_C_COMPILER:\w+=(.*)$") or "cc"
    sanitizers = grep(cache, r"^X0F_SANITIZE:\w+=(.+)$")
    told = f"{first_line(compiler, '--version')}, {kind} ({flags})"
    return told + (f", sanitizers: {sanitizers}" if sanitizers else "")


def facts(x0f, source, ram):
    return {
        "time": time.strftime("%Y-%m-%d %H:%M UTC", time.gmtime()),
        "cpu": grep("/proc/cpuinfo", r"^model name\s*:(.*)$"),
        "cores": len(os.sched_getaffinity(0)),
        "virtual": bool(grep("/proc/cpuinfo", r"^flags.*\b(hypervisor)\b")),
        "memory_mib": os.sysconf("SC_PAGE_SIZE") *
                      os.sysconf("SC_PHYS_PAGES") >> 20,
        "kernel": platform.release(),
        "system": grep("/etc/os-release", r'^PRETTY_NAME="?([^"\n]*)'),
        "x0f": first_line(x0f, "--version"),
        "x0f_build": build_of(x0f),
        "commit": commit(source),
        "rustc": first_line("rustc", "--version"),
        "load": [round(n, 2) for n in os.getloadavg()],
        "other_cores_at_start": round(idle_check(), 3),
        "files_in_ram": ram,
    }
