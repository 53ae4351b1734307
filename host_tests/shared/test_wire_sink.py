# SPDX-License-Identifier: MIT
"""A Wire that hands the body on in pieces (net/wire.py, `sink`): the same bounds and the same troubles as
with a body that is kept."""

import time

from wanbeacon.net import Trouble, wire


class Stream:
    """A server's bytes, `step` at a time."""

    def __init__(self, data, step):
        self.data, self.step = data, step

    def read(self, n):
        n = min(n, self.step)
        part, self.data = self.data[:n], self.data[n:]
        return part


class Sink:
    def __init__(self):
        self.parts = []

    def feed(self, data):
        self.parts.append(bytes(data))


def read(data, cap=1000, step=7):
    """(body, truncated) or the Trouble's word."""
    sink = Sink()
    link = wire.Wire(None, None, "server", time.ticks_add(time.ticks_ms(), 5000), cap, sink=sink)
    link.stream = Stream(data, step)
    try:
        while link.readline() not in (b"\r\n", b""):
            pass
        assert link.read() == b""
    except Trouble as e:
        return e.word
    return b"".join(sink.parts), link.truncated


def test_a_body_of_stated_length():
    head = b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n"
    for step in (1, 7, 512):
        assert read(head % 5 + b"helloMORE", step=step) == (b"hello", False)
        assert read(head % 0, step=step) == (b"", False)
        assert read(head % 9 + b"hello", step=step) == "cut"
        assert read(head % 9 + b"hellohell", 4, step) == (b"hell", True)
        assert read(head % 4 + b"hell", 4, step) == (b"hell", False)


def test_a_body_until_the_end():
    head = b"HTTP/1.0 200 OK\r\n\r\n"
    assert read(head + b"hello") == (b"hello", False)
    assert read(head) == (b"", False)
    assert read(head + b"hello", 3) == (b"hel", True)


def test_a_body_in_chunks():
    head = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
    for step in (1, 7, 512):
        assert read(head + b"5\r\nhello\r\n1;x=y\r\n!\r\n0\r\n\r\n", step=step) == (b"hello!", False)
        assert read(head + b"5\r\nhello\r\n5\r\nhello\r\n0\r\n\r\n", 7, step) == (b"hellohe", True)
        assert read(head + b"5\r\nhel", step=step) == "cut"
        assert read(head + b"zz\r\nhello", step=step) == "cut"


def test_an_answer_without_a_body():
    assert read(b"HTTP/1.1 204 No Content\r\n\r\n") == (b"", False)
