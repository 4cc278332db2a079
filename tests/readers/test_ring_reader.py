#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""ring_reader.py, which has nothing of ours but the layout in ring.h, gets
every record of a living sensor, and ends when the sensor ends or is killed."""
import os
import subprocess
import sys
import tempfile

HERE = os.path.dirname(os.path.abspath(__file__))
PRODUCER = os.path.join(os.environ["X0F_BUILD"], "tests", "segment_producer")
READER = os.path.join(HERE, "ring_reader.py")
COUNT = 6000


def check(folder, end):
    with subprocess.Popen([PRODUCER, folder, "wire", str(COUNT)], text=True,
                          stdin=subprocess.PIPE,
                          stdout=subprocess.PIPE) as producer:
        path = producer.stdout.readline().strip()
        with subprocess.Popen([sys.executable, READER, path], text=True,
                              stdout=subprocess.PIPE) as reader:
            assert producer.stdout.readline() == "done\n"
            if end == "killed":
                producer.kill()
            producer.stdin.close()
            lines, _ = reader.communicate(timeout=60)
    expected = [f"{i} 192.0.2.1: Linux 3.11 and newer"
                for i in range(COUNT)] + ["missed 0"]
    assert reader.returncode == 0
    assert producer.returncode == (-9 if end == "killed" else 0)
    assert lines.splitlines() == expected, lines[-400:]
    print(f"{end}: {COUNT} records")


def main():
    with open(READER) as file:
        assert len(file.readlines()) <= 40, "that was to be short"
    with tempfile.TemporaryDirectory() as folder:
        check(folder, "orderly")
        assert not os.listdir(folder)
        check(folder, "killed")
        check(folder, "orderly")  # over what the dead one left
        assert not os.listdir(folder)


main()
