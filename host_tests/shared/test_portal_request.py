# SPDX-License-Identifier: MIT
"""Requests of the portal's browsers: what is read, what is refused before it is read, who gets a turn."""

import asyncio
import errno

from portal_kit import Counter, Kept
from wanbeacon.net import waits
from wanbeacon.portal import request
from wanbeacon.portal.guard import Guard
from wanbeacon.portal.guest import Guest, make_place


class Door:
    address = "192.168.4.1"

    def inside(self, ip):
        return ip.startswith("192.168.4.")


class Device:
    """As much of app/board_main.Device as a request asks for."""

    cfg = {"device": {"hostname": "Beacon"}}
    door = None

    def __init__(self):
        self.board = self

    def own_name(self):
        return "Wanbeacon-7F3A"

    def lan_address(self):
        return "192.168.1.50"


class Server(Kept):
    def __init__(self):
        super().__init__()
        self.device = Device()


class Wire:
    """A connection whose peer sends `data` in pieces; the time of one that is quiet goes by at once."""

    def __init__(self, data, size=100):
        self.data, self.size, self.out = data, size, b""

    def recv(self, size):
        piece, self.data = self.data[: min(size, self.size)], self.data[min(size, self.size) :]
        if not piece:
            raise OSError(errno.ECONNRESET)
        return piece

    def send(self, data):
        self.out += bytes(data)
        return len(data)


def read(data, ip="192.168.1.9", server=None, size=100):
    """(status or None, the Guest) of a request; OSError stands for "cut off"."""

    async def ready(sock, ms=None, write=False):
        return True

    guest, usual = Guest(Wire(data, size), ip), waits.ready
    waits.ready = ready
    try:
        return asyncio.run(request.read(server or Server(), guest)), guest
    except OSError:
        return "cut off", guest
    finally:
        waits.ready = usual


GET = b"GET / HTTP/1.1\r\nHost: 192.168.1.50\r\n"
FORM = b"Content-Type: application/x-www-form-urlencoded\r\n"


def test_only_the_headers_that_count_are_kept():
    for size in (1, 7, 256):
        status, guest = read(
            GET + b"Cookie: a=b; wb=" + b"0" * 32 + b"\r\nUser-Agent: x\r\nOrigin: http://x\r\n\r\n",
            size=size,
        )
        assert (
            status is None and guest.method == "GET" and guest.path == "/" and guest.host == b"192.168.1.50"
        )
        assert guest.session is None and not guest.home and guest.args == {}


def test_heads_without_end_are_cut_off():
    for data in (
        GET + b"a:b\r\n" * 650 + b"\r\n",
        GET + b"X-%s: 1\r\n" % (b"a" * 60) * 47,
        GET + b"X: " + b"a" * 100000,
        b"G" * 100000,
        b"\r\n" * 1000,
        b"\xff\xfe / x\r\n\r\n",
        b"GET /\r\n\r\n",
        b"GET / HTTP/1.1 x\r\n\r\n",
        b"",
    ):
        status, guest = read(data)
        assert status in (400, "cut off"), (data[:30], status)
        assert len(guest.conn.data) > len(data) - 6000, "what is too much is not read"


def test_what_is_no_page_request_is_refused_before_its_body_is_read():
    post = b"POST /do HTTP/1.1\r\nHost: 192.168.1.50\r\n"
    for data, right in (
        (b"PUT / HTTP/1.1\r\nHost: 192.168.1.50\r\n\r\n", 405),
        (b"GET / HTTP/1.1\r\nHost: evil.example\r\n\r\n", 421),
        (b"GET / HTTP/1.1\r\n\r\n", 421),
        (post + FORM + b"Origin: http://evil.example\r\nContent-Length: 100\r\n\r\n", 403),
        (post + FORM + b"Origin: null\r\nContent-Length: 100\r\n\r\n", 403),
        (post + FORM + b"Origin: https://192.168.1.50\r\nContent-Length: 100\r\n\r\n", 403),
        (post + b"Content-Type: text/plain\r\nContent-Length: 100\r\n\r\n", 403),
        (post + b"Content-Length: 100\r\n\r\n", 403),
        (post + FORM + b"Content-Length: 4000\r\n\r\n", 413),
        (post + FORM + b"Content-Length: -5\r\n\r\n", 413),
        (post + FORM + b"Content-Length: zz\r\n\r\n", 400),
        (post + FORM + b"Content-Length: 3\r\n\r\nabcd", 413),
    ):
        status, guest = read(data + b"x" * 5000 if right != 413 else data)
        assert status == right, (data, status)
        assert len(guest.conn.data) > 4000 or right == 413


def test_a_long_form_is_for_who_is_logged_in():
    server = Server()
    row = Guard(server, Counter()).open(0)
    post = (
        b"POST /account HTTP/1.1\r\nHost: 192.168.1.50\r\n"
        + FORM
        + b"Content-Length: 4000\r\nCookie: wb=%s\r\n\r\n"
        + b"x" * 3000
        + b"="
        + b"y" * 999
    )
    status, guest = read(post % row[0], server=server)
    assert status is None and len(guest.form) == 1 and guest.session is row
    assert read(post % (b"f" * 32), server=server)[0] == 413
    assert read(post % b"", server=server)[0] == 413
    assert read((post % row[0])[:-10], server=server)[0] == "cut off"


def test_the_host_header_must_name_this_device():
    server = Server()
    for good in (
        "192.168.1.50",
        "192.168.1.50:8080",
        "beacon",
        "BEACON.local",
        "wanbeacon-7f3a.fritz.box",
        "beacon.local.",
    ):
        assert request.known(server, good.encode()), good
    for bad in (
        "",
        "evil.example",
        "192.168.1.51",
        "beacon.evil.example",
        "xbeacon",
        "beacon:80:80",
        "a b",
        "beacon:x",
        "beacon.local.local",
        "[::1]",
        "192.168.1.50@evil",
        "None",
        "beacon/x",
    ):
        assert not request.known(server, bad.encode()), bad
    assert request.host_of(b"A.b:80") == "a.b"


def test_in_the_set_up_network_every_name_leads_to_the_device_and_no_other_form_counts():
    server = Server()
    server.device.door = Door()
    assert (
        read(b"GET /generate_204 HTTP/1.1\r\nHost: captive.apple.com\r\n\r\n", "192.168.4.2", server)[0]
        is None
    )
    assert read(b"GET / HTTP/1.1\r\nHost: captive.apple.com\r\n\r\n", "192.168.1.9", server)[0] == 421
    post = b"POST /settings HTTP/1.1\r\nHost: %s\r\n" + FORM + b"Content-Length: 3\r\n\r\na=b"
    assert read(post % b"192.168.1.50", "192.168.4.2", server)[0] == 421
    assert read(post % b"192.168.4.1", "192.168.4.2", server)[0] is None


class Task:
    def __init__(self):
        self.gone = False

    def cancel(self):
        self.gone = True


def place(guests, ip):
    """Index of the guest that goes for a newcomer from ip; None when the newcomer is refused."""
    rows = []
    for source, floor in guests:
        rows.append(Guest(None, source))
        rows[-1].floor, rows[-1].task = floor, Task()
    try:
        make_place(rows, ip)
    except OSError:
        return None
    return [row.task.gone for row in rows].index(True)


def test_places_at_the_door_go_to_who_has_few():
    reading, waiting, served = None, False, True
    assert place([("a", served), ("a", waiting), ("b", waiting)], "owner") == 1, (
        "the source with the most gives one up"
    )
    assert place([("a", served), ("b", waiting), ("owner", reading)], "b") is None, (
        "a stranger does not take the owner's"
    )
    assert place([("a", served), ("b", waiting), ("owner", waiting)], "a") is None
    assert place([("a", reading), ("a", reading), ("a", reading)], "a") == 0, (
        "a browser that opens connections in advance"
    )
    assert place([("a", served), ("a", waiting), ("a", waiting)], "a") is None
    assert place([("a", served), ("b", waiting), ("c", reading)], "owner") == 2, (
        "whoever has not said what he wants goes first"
    )


def test_forms_are_read_as_browsers_write_them():
    assert request.fields(b"a=1&b=x+y%26z&c=&a=2&=5&d=%C3%A9") == {
        "a": "2",
        "b": "x y&z",
        "c": "",
        "d": "\xe9",
    }
    assert request.fields(b"") == {}
    assert len(request.fields(b"&".join([b"k%d=1" % i for i in range(1000)]))) == 40
    for bad in (b"a=%zz", b"a=%", b"a=%ff", b"%80=a"):
        try:
            assert not request.fields(bad), bad
        except ValueError:
            pass


def mutated(base, seed):
    """`base` (bytes) with some bytes changed, gone, doubled or cut: the same for the same seed on every
    interpreter."""
    out = bytearray(base)
    for _ in range(1 + seed % 5):
        seed = (seed * 1103515245 + 12345) & 0x3FFFFFFF
        at, kind = (seed >> 8) % (len(out) or 1), (seed >> 4) % 6
        if kind == 0:
            out[at : at + 1] = bytes([seed >> 3 & 255])
        elif kind == 1:
            out[at : at + 1] = b""
        elif kind == 2:
            out[at:at] = out[at : at + 20]
        elif kind == 3:
            out = out[:at]
        elif kind == 4:
            out[at:at] = (b"\r\n", b": ", b"%", b"\0", b"\xff\xfe", b"&=")[seed >> 12 & 3]
        else:
            out[at : at + 1] = bytes(out[at : at + 1]) * 300
    return bytes(out)


def test_a_thousand_broken_requests_are_read_or_refused_and_nothing_else():
    server = Server()
    row = Guard(server, Counter()).open(0)
    post = (
        b"POST /account?n=0 HTTP/1.1\r\nHost: 192.168.1.50\r\n"
        + FORM
        + b"Origin: http://192.168.1.50\r\nCookie: wb="
        + row[0]
    )
    post += b"\r\nContent-Length: 40\r\n\r\ncsrf=0123&user=a%40b.c&hosts=a.b%0D%0Ac.d"
    get = GET + b"Cookie: wb=" + row[0] + b"; x=y\r\nUser-Agent: Mozilla\r\nAccept-Language: de\r\n\r\n"
    good = 0
    for seed in range(500):
        for base in (get, post):
            status, guest = read(mutated(base, seed), server=server, size=1 + seed % 300)
            assert status in (None, 400, 403, 405, 413, 421, "cut off"), (seed, status)
            if status is None:
                good += 1
                assert guest.args is not None and guest.form is not None and guest.path[:1] != ""
    assert good > 50
