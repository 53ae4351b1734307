# SPDX-License-Identifier: MIT
"""The portal under attack on a small heap on the 32-bit MicroPython, two strangers at
once, each kind of load for some seconds. Meanwhile changes are published and the owner logs in.
WANBEACON_NIGHTLY: each kind for longer.

Strangers and owner come from addresses of their own (127.0.0.2, .3 and .1)."""

import contextlib
import http.client
import os
import re
import socket
import threading
import time
from urllib.parse import urlencode

import pytest

from host_tests.board import small_board
from host_tests.board.web import Browser

#: Above small_board.HEAP: there all is published too, but not without words of short memory.
HEAP = os.environ.get("WANBEACON_HEAP", "112k")
STRANGERS = ("127.0.0.2", "127.0.0.3")
NIGHTLY = bool(os.environ.get("WANBEACON_NIGHTLY"))
#: Changes of the address that are published under each kind of load; the acceptance says ten of ten.
CHANGES = 10 if NIGHTLY else 2
CHANGE_S = 30  # for one of them
LOGIN_S = 60


class House(small_board.SmallBoard):
    """A board's life on the small heap with lab and router."""

    def __init__(self, folder, lab, elf32):
        self.router, self.n = small_board.Router(), 0
        source = {"source": "natpmp", "gateway": self.router.host}
        super().__init__(folder, lab, elf32, HEAP, "poke", hosts=["demo.dyndns.org"], address=[source])
        lab.wait_for(1, 20, "update")
        assert lab.updates, self.text()

    def close(self):
        super().close()
        self.router.close()

    def change(self):
        """A new address at the router; the board is told at its next look. Returns the seconds until it is
        published."""
        self.n += 1
        self.router.address = "81.2.70.%d" % (self.n % 250 + 1)
        count, start = len(self.lab.updates), time.monotonic()
        while len(self.lab.updates) == count:
            assert time.monotonic() - start < CHANGE_S, self.text()[-2000:]
            assert self.process.poll() is None, self.text()[-2000:]
            time.sleep(0.1)
        return time.monotonic() - start


@pytest.fixture
def house(tmp_path, lab, elf32):
    one = House(tmp_path, lab, elf32)
    yield one
    one.close()


# ---- what strangers do, for as long as go() is true


def connect(port, source):
    sock = socket.socket()
    sock.settimeout(2)
    sock.bind((source, 0))
    sock.connect(("127.0.0.1", port))
    return sock


def raw(port, source, pieces, pause=0.0, answer=True):
    with contextlib.suppress(OSError), connect(port, source) as sock:
        for piece in pieces:
            sock.sendall(piece)
            if pause:
                time.sleep(pause)
        if answer:
            while sock.recv(4096):
                pass


def endless_heads(port, source, go):
    def lines():
        yield b"GET / HTTP/1.1\r\nHost: 127.0.0.1\r\n"
        n = 0
        while go():
            n += 1
            yield b"X-%d: y\r\n" % n

    raw(port, source, lines(), 0.05)


def tiny_headers(port, source, go):
    raw(port, source, [b"GET / HTTP/1.1\r\nHost: 127.0.0.1\r\n" + b"a:b\r\n" * 650 + b"\r\n"])


def slow_bodies(port, source, go):
    raw(
        port,
        source,
        [
            b"POST /login HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/x-www-form-urlencoded\r\n"
            b"Content-Length: 500\r\n\r\n"
        ]
        + [b"a"] * 40,
        0.2,
    )


def cross_site(port, source, go):
    body = b"action=pause&x=" + b"y" * 4000
    raw(
        port,
        source,
        [
            b"POST /do HTTP/1.1\r\nHost: 127.0.0.1:%d\r\nOrigin: http://evil.example\r\n"
            b"Content-Type: text/plain\r\nContent-Length: %d\r\n\r\n" % (port, len(body)) + body
        ],
    )


def login_storm(port, source, go):
    form = None
    with contextlib.suppress(OSError, http.client.HTTPException):
        conn = http.client.HTTPConnection("127.0.0.1", port, timeout=5, source_address=(source, 0))
        conn.request("GET", "/login", headers={"Host": "127.0.0.1"})
        found = re.search(r'name="csrf" value="([0-9a-f.]+)"', conn.getresponse().read().decode())
        conn.close()
        form = found and found.group(1)
    if form:
        body = urlencode({"csrf": form, "password": "guess"}).encode()
        raw(
            port,
            source,
            [
                b"POST /login HTTP/1.1\r\nHost: 127.0.0.1\r\n"
                b"Content-Type: application/x-www-form-urlencoded\r\nContent-Length: %d\r\n\r\n"
                % len(body)
                + body
            ],
        )


def ten_a_second(port, source, go):
    threading.Thread(
        target=raw, args=(port, source, [b"GET / HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n"]), daemon=True
    ).start()
    time.sleep(0.1)


def slow_readers(port, source, go):
    with contextlib.suppress(OSError), connect(port, source) as sock:
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1024)
        sock.sendall(b"GET / HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n")
        time.sleep(4)


KINDS = (endless_heads, tiny_headers, slow_bodies, cross_site, login_storm, ten_a_second, slow_readers)


class Load:
    """One kind of load by both strangers, three connections of each at once."""

    def __init__(self, house, kind):
        self.on, self.done = True, 0
        self.threads = [
            threading.Thread(target=self._run, args=(house.port, source, kind), daemon=True)
            for source in STRANGERS
            for _ in range(3)
        ]

    def _run(self, port, source, kind):
        while self.on:
            kind(port, source, lambda: self.on)
            self.done += 1
            time.sleep(0.01)

    def __enter__(self):
        for thread in self.threads:
            thread.start()
        return self

    def __exit__(self, *_):
        self.on = False
        for thread in self.threads:
            thread.join(10)


def log_in(house):
    """The owner logs in as a person does: what is busy is tried again. Returns (Browser, seconds)."""
    web, start = Browser(house.port, "127.0.0.1"), time.monotonic()
    while True:
        assert time.monotonic() - start < LOGIN_S, house.text()[-2000:]
        with contextlib.suppress(OSError, http.client.HTTPException):
            web.csrf = None
            if (
                web.ask("/login").status == 200
                and web.csrf
                and web.ask("/login", {"password": "kept-label-1"}).status == 303
            ):
                return web, time.monotonic() - start
        time.sleep(0.3)


def test_strangers_neither_stop_the_agent_nor_lock_the_owner_out(house):
    told = []
    log_in(house)  # what is loaded for the first time leaves its names for good: that is no growth
    house.change()
    settled = house.weights()[-1]
    for kind in KINDS:
        with Load(house, kind) as load:
            time.sleep(0.5)
            changes = [house.change() for _ in range(CHANGES)]
            _, took = log_in(house)
        told.append(
            "%s: changes after %s s, log-in after %.1f s, %d requests, heap %d"
            % (kind.__name__, " ".join("%.1f" % one for one in changes), took, load.done, house.weights()[-1])
        )
    print("\n".join(told))
    text = house.text()
    assert house.process.poll() is None and "Traceback" not in text, text[-2000:]
    assert "MemoryError" not in text, text[-2000:]
    end = time.monotonic() + 10  # the last stranger's connection has its 4 s
    house.change()
    while house.weights()[-1] >= settled + 8000 and time.monotonic() < end:
        house.change()
    print("heap after a round: %d before, %d after all" % (settled, house.weights()[-1]))
    assert house.weights()[-1] < settled + 8000, (
        "it must not grow, but by the history of changes and the counted addresses"
    )
