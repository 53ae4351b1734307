# SPDX-License-Identifier: MIT
# How the Wire reads a reply: status line, header lines, 1xx, chunks; whatever a server sends, only a Trouble
# comes out, in bounded memory. The bytes come from a stream that is handed in; the same over TLS is
# host/test_agent_exchanges.py.
import os
import time

from wanbeacon.core import httpdate
from wanbeacon.net import Trouble, talk, wire

# A night's run tries more.
COUNT = 200000 if os.getenv("WANBEACON_NIGHTLY") else 1000


class Stream:
    """A connected stream that brings `data` in pieces of `size` bytes, then its end."""

    def __init__(self, data, size=512):
        self.data = data
        self.size = size

    def read(self, n):
        n = min(n, self.size)
        part, self.data = self.data[:n], self.data[n:]
        return part

    def write(self, data):
        return len(data)

    def close(self):
        pass


def reply(data, cap=200, size=512):
    """(status, body, Wire) of the reply `data`, or the Trouble's word."""
    link = wire.Wire(None, None, "server", time.ticks_add(time.ticks_ms(), 5000), cap)
    link.stream = Stream(data, size)
    try:
        line = link.readline()
        assert line == b"HTTP/1.0 %d\r\n" % link.status and link.readline() == b"\r\n"
        body = link.read()
        assert len(body) <= cap
        return link.status, body, link
    except Trouble as e:
        assert e.sent, e.word  # a reply came, so the request had left
        return e.word


def ok(data, body, **more):
    for size in (512, 1, 7):
        got = reply(data, size=size, **more)
        assert got[:2] == (200, body), (data, size, got)
    return got[2]


def test_lines_that_are_no_header_are_passed_over():
    head = b"HTTP/1.1 200 OK\r\n"
    ok(head + b"no colon here\r\n" * 170 + b"Content-Length: 4\r\n\r\ngoodXXXX", b"good")
    ok(head + b"\x00\xff\x80\r\n: value\r\n:\r\n \r\n\t: 3\r\nContent-Length : 4\r\n\r\ngoodXXXX", b"good")
    ok(head + b"Content-Length: 4\n\ngoodXXXX", b"good")  # bare line feeds


def test_a_folded_line_goes_on_with_the_one_before_it():
    link = ok(
        (
            b"HTTP/1.1 200 OK\r\nX: 1\r\n Content-Length: 2\r\nRetry-After:\r\n\t120\r\n"
            b"Content-Length: 4\r\n\r\ngoodXXXX"
        ),
        b"good",
    )
    assert link.field(b"retry-after") == "120"
    assert ok(b"HTTP/1.1 200 OK\r\n Retry-After: 7\r\n\r\ngood", b"good").field(b"retry-after") is None


def test_the_number_and_the_size_of_header_lines_are_bounded():
    head = b"HTTP/1.1 200 OK\r\n"
    assert reply(head + b"a\r\n" * 700 + b"\r\n") == "header"
    assert reply(head + (b"X: " + b"y" * 900 + b"\r\n") * 40 + b"\r\n") == "header"
    assert reply(head + b"X" * 40000) == "header"
    link = ok(head + b"Retry-After: " + b"9" * 2000 + b"\r\n\r\n", b"")
    assert len(link.field(b"retry-after")) == 100


def test_interim_replies_are_passed_over_and_are_no_answer():
    final = b"HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\ngoodXXXX"
    ok(
        b"HTTP/1.1 103 Early Hints\r\nContent-Length: 99\r\nDate: x\r\n\r\n"
        + b"HTTP/1.1 100 Continue\r\n\r\n"
        + final,
        b"good",
    )
    assert reply(b"HTTP/1.1 100 Continue\r\n\r\n" * 20 + final) == "odd"
    assert reply(b"HTTP/1.1 101 Switching Protocols\r\n\r\n" + final) == "odd"
    assert reply(b"HTTP/1.1 100 Continue\r\n\r\ngood 1.2.3.4\n") == "odd"
    assert reply(b"HTTP/1.1 100 Continue\r\n\r\n") == "cut"


def test_a_status_line_is_exact():
    for line in (b"HTTP/1.1 200", b"HTTP/1.0 200 ", b"HTTP/1.1 200 OK fine", b"HTTP/1.9 200 \xff\x00"):
        ok(line + b"\r\n\r\ngood", b"good")
    for line in (b"HTTP/1.1 20 OK", b"HTTP/1.1 2000 OK", b"HTTP/1.1 0200 OK", b"HTTP/1.1  200 OK",
                 b"HTTP/1.1\t200 OK", b"HTTP/1.1 099 x", b"HTTP/1.1 +20 OK", b"HTTP/1.1 2\xb20 OK",
                 b"http/1.1 200 OK", b"HTTP/2 200", b"HTTP/1.1", b"ICY 200 OK", b"good 1.2.3.4", b"",
                 b" HTTP/1.1 200 OK", b"SSH-2.0-x", b"HTTP/1.1 200OK",
                 b"\xef\xbb\xbfHTTP/1.1 200 OK"):  # fmt: skip
        assert reply(line + b"\r\n\r\ngood") == "odd", line
    assert reply(b"") == "cut" and reply(b"HTTP/1.1 200 OK\r\nX: y\r\n") == "cut"
    # what a status means is reply.py's business
    assert reply(b"HTTP/1.1 999 x\r\n\r\ngood")[:2] == (999, b"good")


def test_a_redirect_says_where_to_and_never_with_the_query():
    for status in (b"301", b"302", b"303", b"307", b"308", b"399"):
        link = wire.Wire(None, None, "server", time.ticks_add(time.ticks_ms(), 5000), 99)
        link.stream = Stream(
            b"HTTP/1.1 " + status + b" x\r\nLocation: https://other.example/moved?password=secret\r\n\r\n"
        )
        try:
            link.readline()
            assert False, status
        except Trouble as e:
            assert e.word == "redirect" and "https://other.example/moved" in e.text and "secret" not in e.text
    assert reply(b"HTTP/1.1 201 Created\r\nLocation: /x\r\n\r\ngood")[:2] == (201, b"good")
    assert reply(b"HTTP/1.1 302 x\r\n\r\ngood")[:2] == (302, b"good")


def test_chunks():
    head = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nContent-Length: 1\r\n\r\n"
    ok(
        head + b'4\r\ngood\r\n00b;x="1;2"\r\n 192.0.2.77\r\n0;end\r\nX: trailer\r\nContent-Length: 9\r\n\r\n',
        b"good 192.0.2.77",
    )
    ok(head + b"0\r\n\r\n", b"")
    for bad in (b"x\r\n", b"\r\n", b"-4\r\ngood\r\n", b"+4\r\ngood\r\n", b"0x4\r\ngood\r\n", b"1_0\r\n",
                b"4\r\ngoodX\r\n0\r\n", b"4\r\ngoo", b"123456789\r\n", b"4\r\ngood\r\n", b";4\r\n",
                b""):  # fmt: skip
        assert reply(head + bad) == "cut", bad
    got = reply(head + b"2\r\nab\r\n" * 200 + b"0\r\n\r\n", cap=99)
    assert len(got[1]) == 99 and got[2].truncated
    got = reply(head + b"ffffffff\r\n" + b"a" * 300, cap=99)
    assert len(got[1]) == 99 and got[2].truncated
    assert reply(head + b"4;" + b"x" * 40000) in ("header", "cut")


def test_content_length():
    head = b"HTTP/1.1 200 OK\r\nContent-Length: "
    ok(head + b"4\r\nContent-Length: 4\r\n\r\ngoodXXXX", b"good")
    # none that counts: until the end
    for odd in (b"4\r\nContent-Length: 5", b"x", b"-1", b"4, 4", b"99999999999"):
        ok(head + odd + b"\r\n\r\ngood", b"good")
    assert reply(head + b"5\r\n\r\ngood") == "cut"
    assert reply(b"HTTP/1.1 204 No Content\r\nContent-Length: 5\r\n\r\n")[:2] == (204, b"")


REAL = (
    (
        b"HTTP/1.1 200 OK\r\nDate: Sun, 06 Nov 1994 08:49:37 GMT\r\nServer: Apache\r\nContent-Length: 15\r\n"
        b"Connection: close\r\n\r\ngood 192.0.2.77\n"
    ),
    (
        b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 429 Too Many\r\nRetry-After: 120\r\n"
        b"Transfer-Encoding: chunked\r\n\r\n5\r\nabuse\r\n0\r\n\r\n"
    ),
    b"HTTP/1.1 302 Found\r\nLocation: https://other.example/?a=b\r\n folded\r\n\r\n",
)
PIECES = (b"\r\n", b"\n", b"\r", b":", b" ", b"\0", b"\xff", b"HTTP/1.1 100 x\r\n\r\n",
          b"Content-Length: 3\r\n", b"\t", b"0", b"ffff\r\n", b"x" * 1100, b"Transfer-Encoding: chunked\r\n",
          b"Location: /\r\n", b"Date: \xff\r\n", b"a\r\n" * 200)  # fmt: skip


def test_a_thousand_damaged_replies_give_an_answer_or_a_trouble():
    seed, seen = 20261129, {}
    for i in range(COUNT):
        data = REAL[i % 3]
        for _ in range(1 + i % 4):
            seed = (seed * 1103515245 + 12345) & 0x3FFFFFFF
            at, piece = (seed >> 6) % len(data), PIECES[(seed >> 16) % len(PIECES)]
            data = data[:at] + piece + data[at + (seed >> 3) % 3 :]
        got = reply(data, size=1 + i % 61)
        if isinstance(got, tuple):
            date = talk._date(got[2])
            assert date is None or date >= 0
            got = "answer"
        seen[got] = seen.get(got, 0) + 1
    assert set(seen) <= {"answer", "odd", "cut", "header", "redirect"} and len(seen) >= 4, seen


def test_dates():
    assert httpdate.parse("Sun, 06 Nov 1994 08:49:37 GMT") == 784111777
    assert httpdate.parse(" Thu, 01 Jan 1970 00:00:00 GMT ") == 0
    for bad in ("", "Sunday, 06-Nov-94 08:49:37 GMT", "Sun Nov  6 08:49:37 1994", "Sun, 06 Nov 1994 08:49:37",
                "Sun, 06 Nov 1994 08:49:37 UTC", "Sun, 06 ovD 1994 08:49:37 GMT",
                "Sun, 6x Nov 1994 08:49:37 GMT", "Sun, 06 Nov 94 08:49:37 GMT",
                "Sun, 00 Nov 1994 08:49:37 GMT", "Sun, 06 Nov 1994 24:49:37 GMT",
                "Sun, 06 Nov 1994 08:60:37 GMT", "Sun, 06 Nov -994 08:49:37 GMT",
                "Sun, 06 Nov 1994 +8:49:37 GMT", "Sun, 06 Nov 1994 08:49:61 GMT",
                "Sun, 06 nov 1994 08:49:37 GMT", "Wed, 31 Dec 1969 23:59:59 GMT",
                "\u0661, 06 Nov 1994 08:49:37 GMT x"):  # fmt: skip
        assert httpdate.parse(bad) is None, bad


def test_the_date_of_an_answer_out_of_a_cache_is_no_time():
    head = b"HTTP/1.1 200 OK\r\nDate: Sun, 06 Nov 1994 08:49:37 GMT\r\n"
    for more, date in (
        (b"", 784111777),
        (b"Age: 0\r\n", 784111777),
        (b"Age: 600\r\n", None),
        (b"Age: soon\r\n", None),
    ):
        assert talk._date(ok(head + more + b"\r\ngood", b"good")) == date, more
    assert talk._date(ok(b"HTTP/1.1 200 OK\r\n\r\ngood", b"good")) is None
    assert talk._date(ok(b"HTTP/1.1 200 OK\r\nDate: today\r\n\r\ngood", b"good")) is None


def test_out_of_memory_is_known_by_its_codes():
    for args in (
        (12,),
        (105,),
        (-32512, "MBEDTLS_ERR_SSL_ALLOC_FAILED"),
        (-10368,),
        (-(0x2800 + 0x6A),),
        (-(0x3B00 + 0x10),),
        (-5, "X509 - ALLOC_FAILED"),
    ):
        assert wire.out_of_memory(OSError(*args)), args
    assert wire.out_of_memory(MemoryError())
    for args in (
        (104,),
        (),
        ("text",),
        (-9984, "MBEDTLS_ERR_X509_CERT_VERIFY_FAILED"),
        (-29312,),
        (-30592, "TLS: x"),
        (-202,),
    ):
        assert not wire.out_of_memory(OSError(*args)), args
