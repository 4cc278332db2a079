#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""x0f exporter as a web server: right answers to wrong requests, no client can
keep another one waiting, and it starts and ends as a service should. Needs no
rights."""
import contextlib
import http.client
import os
import re
import subprocess
import tempfile
import threading
import time

from exporter_lab import DEADLINE, SLOW, X0F, Exporter, producer
from lab import wait_until


def expect_fast(exporter, what, seconds=2):
    """Others are served while somebody behaves badly."""
    begin = time.monotonic()
    assert exporter.ask()[0] == 200
    took = time.monotonic() - begin
    assert took < seconds * SLOW, f"{what}: {took:.1f} s"


def talk(exporter, request):
    """Sends these bytes; returns the first line of the answer, if any."""
    with exporter.connect() as client:
        client.settimeout(SLOW)
        with contextlib.suppress(OSError):
            client.sendall(request)
        with contextlib.suppress(ConnectionResetError, TimeoutError):
            return client.makefile("rb").readline().strip()
    return b""


def test_requests(exporter):
    for method in "POST", "PUT", "DELETE", "OPTIONS", "PATCH", "NONSENSE":
        status, headers, _ = exporter.ask(method=method)
        assert (status, headers["Allow"]) == (405, "GET, HEAD"), method
    assert exporter.ask(method="POST", body=b"x" * 100000)[0] == 405
    status, headers, body = exporter.ask(method="HEAD")
    assert status == 200 and not body and int(headers["Content-Length"]) > 1000
    assert exporter.ask("/metrics?name[]=x0f_up")[0] == 200
    for path in "/metric", "/metrics/", "/../etc/passwd", "//", "/%2e":
        assert exporter.ask(path)[0] == 404, path
    status, headers, body = exporter.ask("/")
    assert status == 200 and headers["Content-Type"].startswith("text/html")
    for link in "/metrics", "/readyz", "/healthz":
        assert f'href="{link}"' in body
        assert exporter.ask(link)[0] == 200
    for request in (b"GET /metrics HTTP/1.1\r\nHost: a\r\nX: " + b"y" * 100000 +
                    b"\r\n\r\n",
                    b"GET /" + b"z" * 100000 + b" HTTP/1.1\r\n\r\n",
                    b"\0\xff\r\n\r\n" * 100, b"GET\r\n\r\n",
                    b"GET /metrics HTTP/1.1\r\nContent-Length: -1\r\n\r\n"):
        line = talk(exporter, request)
        assert not line or re.match(rb"HTTP/1\.[01] (4\d\d|505) ", line), line
        expect_fast(exporter, request[:20])
    print("methods, paths and damaged requests")


def test_clients(exporter):
    """200 idle ones, and one that sends a byte at a time: it has 10 s."""
    slow = exporter.connect()
    begin = time.monotonic()

    def drip():
        with contextlib.suppress(OSError):
            for i in range(4 * DEADLINE):
                slow.send(b"GET /metrics HTTP/1.1\r\nX: aaaaaaaaaaaaaaaaaa"[
                    i:i + 1])
                time.sleep(0.5)
    dripping = threading.Thread(target=drip)
    dripping.start()
    time.sleep(0.1)
    deaf = exporter.connect()  # asks, and does not read
    deaf.sendall(b"GET /metrics HTTP/1.1\r\nHost: a\r\n\r\n")
    expect_fast(exporter, "a slow one")
    while time.monotonic() < begin + DEADLINE - 1.5:
        time.sleep(0.1)
    expect_fast(exporter, "a slow one, still")
    with contextlib.suppress(OSError):
        assert slow.recv(100) == b"", "a slow one was served"
    assert DEADLINE - 0.5 < time.monotonic() - begin < DEADLINE + 2 * SLOW
    dripping.join()
    slow.close()
    deaf.close()
    idle = [exporter.connect() for _ in range(200)]
    # others wait until the first are hung up
    begin = time.monotonic()
    while True:
        try:
            assert exporter.ask()[0] == 200
            break
        except (OSError, http.client.HTTPException):
            assert time.monotonic() - begin < 5 * SLOW, "idle clients stay"
            time.sleep(0.1)
    print(f"behind 200 idle clients: {time.monotonic() - begin:.1f} s")
    for client in idle:
        client.close()
    expect_fast(exporter, "200 that went")


def test_half_requests(exporter):
    """200 that never ask, and come back when they are hung up."""
    stop = threading.Event()

    def half():
        while not stop.is_set():
            with contextlib.suppress(OSError), exporter.connect() as client:
                client.settimeout(0.2)
                client.sendall(b"GET /metrics HTTP/1.1\r\nHost: a\r\n")
                while not stop.is_set():
                    with contextlib.suppress(TimeoutError):
                        if not client.recv(100):
                            break
    threads = [threading.Thread(target=half) for _ in range(200)]
    for thread in threads:
        thread.start()
    time.sleep(1)
    served = []
    for _ in range(20):
        begin = time.monotonic()
        with contextlib.suppress(OSError, http.client.HTTPException):
            if exporter.ask(timeout=2 * SLOW)[0] == 200:
                served.append(time.monotonic() - begin)
    stop.set()
    for thread in threads:
        thread.join()
    print(f"beside 200 half requests: {len(served)} of 20 scrapes, the slowest "
          f"{max(served, default=0):.2f} s")
    assert len(served) >= 18, served


def test_burst(exporter):
    """200 that ask at once; who is turned away may ask again."""
    answers = []
    begin = time.monotonic()

    def scrape():
        for _ in range(50):
            with contextlib.suppress(OSError, http.client.HTTPException):
                answers.append(exporter.ask(timeout=20)[0])
                return
            time.sleep(0.1)
    threads = [threading.Thread(target=scrape) for _ in range(200)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert answers == [200] * 200, answers
    with open(f"/proc/{exporter.process.pid}/status") as file:
        memory = int(re.search(r"VmHWM:\s+(\d+)", file.read())[1])

    def few_files():  # it learns a little later that they have gone
        count = len(os.listdir(f"/proc/{exporter.process.pid}/fd"))
        return count if count < 10 else None
    # at the latest when their time is over, see HTTP_DEADLINE_MS
    files, _ = wait_until("connections are closed", few_files, seconds=12)
    print(f"200 clients at once: {time.monotonic() - begin:.1f} s, "
          f"{memory >> 10} MiB, {files} files open")
    assert SLOW > 1 or memory < 100 << 10


def test_server(folder):
    with producer(folder, "big", 16, 8, 1000) as sensor:
        sensor.process.stdin.flush()
        with Exporter(folder) as exporter:
            test_requests(exporter)
            test_clients(exporter)
            test_half_requests(exporter)
            test_burst(exporter)


def test_start_and_end(folder):
    def start(*arguments):
        return subprocess.run([X0F, "exporter", "--run-dir", folder,
                               *arguments], capture_output=True, text=True,
                              timeout=20)
    with Exporter(folder) as exporter:
        result = start("--listen", f"127.0.0.1:{exporter.port}")
        assert result.returncode == 75 and "in use" in result.stderr and \
            result.stderr.count("\n") == 1, result
        with exporter.connect():  # a client does not keep it
            begin = time.monotonic()
            exporter.stop()
            assert time.monotonic() - begin < 1 * SLOW
    for wrong in ("", "19610", "127.0.0.1", "127.0.0.1:", ":19610", "a:1",
                  "127.0.0.1:65536", "127.0.0.1:1x", "[::1:1", "[]:1", "::1:1",
                  "127.0.0.1:-1", "[127.0.0.1]:1", "1.2.3.4.5:1"):
        result = start("--listen", wrong)
        assert result.returncode == 64 and "ADDRESS:PORT" in result.stderr, \
            (wrong, result)
    assert start("--name", "a/b").returncode == 64
    assert start("--listen", "192.0.2.1:1024").returncode == 69
    with subprocess.Popen([X0F, "exporter", "--run-dir", folder, "--listen",
                           "[::1]:0"], stderr=subprocess.PIPE,
                          text=True) as other:
        line = other.stderr.readline()
        other.send_signal(2)
        assert other.wait(5 * SLOW) == 0
        if os.path.exists("/proc/net/if_inet6"):
            assert re.search(r"http://\[::1\]:\d+/metrics$", line), line
    # to the journal a good start is a note
    reader, writer = os.pipe()
    stream = os.fstat(writer)
    with subprocess.Popen(
            [X0F, "exporter", "--run-dir", folder, "--listen", "127.0.0.1:0"],
            stderr=writer, env=dict(
                os.environ,
                JOURNAL_STREAM=f"{stream.st_dev}:{stream.st_ino}")) as other, \
            open(reader, encoding="utf-8") as journal:
        os.close(writer)
        line = journal.readline()
        other.terminate()
        assert line.startswith("<6>x0f: metrics of "), line
    print("starts and ends")


def main():
    for test in test_server, test_start_and_end:
        with tempfile.TemporaryDirectory() as folder:
            test(folder)


main()
