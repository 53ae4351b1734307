# SPDX-License-Identifier: MIT
# heap: 400k
"""Real packets, pages and documents, damaged in every way, for each parser of outside bytes: nothing is
believed that was not said, only the announced exceptions come out, the heap stays. 1,000 each; nightly
(WANBEACON_NIGHTLY) many more.

Every input is a valid one, then: bits flipped, cut, lengthened, pieces doubled or swapped, numbers made
extreme, or pure noise. In between come undamaged ones: a parser that refuses everything, or takes everything,
is found out.
"""

import asyncio
import gc
import json
import os
import struct

from loopback import free_udp_port
from noise import COUNT, SLACK, Noise, flood
from wanbeacon.board import linux
from wanbeacon.board.esp32 import ntp
from wanbeacon.core import address
from wanbeacon.net import bus, kernel, lan, reason, udp
from wanbeacon.observe import (
    announce,
    command,
    gena,
    igd,
    natpmp,
    netlink,
    pcp,
    scan,
    stun,
    ubus,
    whoami,
    xml,
)

IP = address.parse("45.33.7.7")
CGNAT = address.parse("100.64.1.2")


def test_natpmp():
    def take(data):
        got = natpmp.parse(data)
        # the protocol has no id: an answer is either refused or exactly what the packet says
        assert (
            got is None
            or got[2] is None
            or (data[:2] == b"\0\x80" and data[2:4] == b"\0\0" and got[2] == data[8:])
        )

    def good(data):
        assert natpmp.parse(data) == (0, 9, CGNAT)

    flood(b"\0\x80\0\0\0\0\0\x09" + CGNAT, take, good)


def test_pcp():
    body = bytes(range(100, 112)) + b"\x11\0\0\0\xc3\x50\0\0" + pcp._MAPPED + bytes(4)
    answer = b"\2\x81\0\0\0\0\0\x78\0\0\0\x05" + bytes(12) + body[:20] + pcp._MAPPED + IP

    def take(data):
        got = pcp.parse(data, 1, body)
        assert got is None or got[2] is None or data[24:42] == body[:18]
        got = pcp.parse(data, 0)
        assert got is None or got[2] is None

    def good(data):
        assert pcp.parse(data, 1, body) == (0, 5, IP)

    flood(answer, take, good)


def test_announcements():
    """By an oracle of its own: RFC 6886 3.2.1, RFC 6887 14.1, and the epoch's rule of 6886 3.6."""
    epoch = announce.Epoch()
    state = [None, 0]

    def take(data):
        natpmp_like = len(data) == 12 and data[:2] == b"\0\x80"
        pcp_like = 24 <= len(data) <= 1100 and data[:2] == b"\2\x80"
        assert announce.is_announcement(data) == (natpmp_like or pcp_like), data
        value, state[1] = int.from_bytes(data[4:8], "big"), state[1] + len(data)
        fell = state[0] is not None and value < state[0][0] + (state[1] - state[0][1]) * 7 // 8 - 2
        assert epoch.back(value, state[1]) == fell, (value, state)
        state[0] = value, state[1]

    flood([b"\0\x80\0\0\0\0\0\x09" + IP, b"\2\x80\0\0" + bytes(4) + b"\0\0\0\x07" + bytes(12)], take, take)


def test_stun():
    id_ = bytes(range(50, 62))
    mask = b"\x21\x12\xa4\x42" + id_
    value = b"\0\1\x12\x34" + bytes(IP[i] ^ mask[i] for i in range(4))
    answer = b"\1\1\0\x0c" + mask + b"\0\x20\0\x08" + value

    def take(data):
        for family in (4, 6):
            got = stun.parse(data, id_, family)
            assert got is None or (data[8:20] == id_ and len(got) == (4 if family == 4 else 16))

    def good(data):
        assert stun.parse(data, id_, 4) == IP

    flood(answer, take, good)
    other = stun.parse(b"\1\1\0\x0c\x21\x12\xa4\x42" + bytes(12) + answer[20:], id_, 4)
    assert other is None


def test_whoami():
    asked = whoami.query(b"\x12\x34", "myip.opendns.com", 1)
    answer = asked[:2] + b"\x81\x80\0\1\0\1\0\0\0\0" + asked[12:] + b"\xc0\x0c\0\1\0\1\0\0\0\0\0\4" + IP
    text = whoami.query(b"\x12\x34", "o.example", 16)
    answer16 = (
        text[:2] + b"\x81\x80\0\1\0\1\0\0\0\0" + text[12:] + b"\xc0\x0c\0\x10\0\1\0\0\0\0\0\x0a\x0945.33.7.7"
    )

    def take(data):
        for question in (asked, text):
            got = whoami.parse(data, question)
            assert got is None or data[:2] == b"\x12\x34"

    def good(data):
        assert whoami.parse(data, text if data == answer16 else asked) == [IP]

    flood([answer, answer16], take, good)


def test_time_servers():
    nonce = bytes(range(10, 18))
    stamp = struct.pack(">II", 1795291800 + 2208988800 & 0xFFFFFFFF, 5)
    answer = b"\x24\2\6\xec" + bytes(6) + b"\1\0" + b"GPS\0" + stamp + nonce + stamp + stamp

    def take(data):
        try:
            got = ntp.read(data, nonce)
            assert got is None or data[24:32] == nonce and any(data[40:48])
        except reason.Why:
            pass

    def good(data):
        assert ntp.read(data, nonce) == 1795291800

    flood(answer, take, good)


def test_search_answers():
    with open("host_tests/shared/data/ssdp-location-v6-loopback.http", "rb") as f:
        loopback = f.read()
    there = (
        b"HTTP/1.1 200 OK\r\nST: urn:schemas-upnp-org:device:InternetGatewayDevice:1\r\n"
        b"LOCATION: http://192.168.77.1:5000/rootDesc.xml\r\nUSN: uuid:x\r\n\r\n"
    )

    def take(data):
        got = igd.answer(data, "192.168.77.1", "192.168.77.1")
        assert (
            got is None
            or 0 < got[1] < 65536
            and got[2][:1] == "/"
            and not [c for c in got[2].encode() if not 32 < c < 127]
        )

    def good(data):
        want = (1900, "/rootDesc.xml") if data == loopback else (5000, "/rootDesc.xml")
        assert igd.answer(data, "192.168.77.1", "192.168.77.1")[1:3] == want

    flood([there, loopback], take, good)


def test_descriptions():
    page = (
        b'<?xml version="1.0"?><root xmlns="urn:schemas-upnp-org:device-1-0">'
        b"<URLBase>http://192.168.77.1:5000</URLBase><!-- c -->"
        b"<device><serviceList><service>"
        b"<serviceType>urn:schemas-upnp-org:service:WANIPConnection:1</serviceType><controlURL>"
        b"<![CDATA[/ctl]]></controlURL><eventSubURL>/evt?a=1&amp;b</eventSubURL></service></serviceList>"
        b"</device></root>"
    )

    def take(data):
        try:
            for kind, control, events in igd.services(data, 5000, "/rootDesc.xml"):
                for port, path in (control, events):
                    assert 0 < port < 65536 and not [c for c in path.encode() if not 32 < c < 127]
                assert "\r" not in kind and '"' not in kind
        except ValueError:
            pass

    def good(data):
        kind, control, events = igd.services(data, 1, "/rootDesc.xml")[0]
        assert (
            kind[-17:] == "WANIPConnection:1" and control == (5000, "/ctl") and events == (5000, "/evt?a=1&b")
        )

    flood(page, take, good)


def test_soap():
    with open("host_tests/shared/data/soap-garbage.xml", "rb") as f:
        garbage = f.read()
    fine = garbage.replace(b"\xe8\x03\x7f", b"45.33.7.7")
    assert fine != garbage

    def take(data):
        text = xml.text(data, b"NewExternalIPAddress")
        try:
            assert len(address.parse(text.decode())) in (4, 16)
        except ValueError:
            pass

    def good(data):
        assert xml.text(data, b"NewExternalIPAddress") == (b"45.33.7.7" if data == fine else b"\xe8\x03\x7f")

    flood([fine, garbage], take, good)


def test_heads_of_events_and_subscriptions():
    answer = b"HTTP/1.1 200 OK\r\nTIMEOUT: Second-120\r\nSID: uuid:1-2\r\nServer: x\r\n\r\n"
    event = b"NOTIFY / HTTP/1.1\r\nHOST: 192.168.77.50:61234\r\nSID: uuid:1-2\r\nCONTENT-LENGTH: 600\r\n\r\n"

    def take(data):
        assert 5 <= gena.renew_s(data) <= 300
        assert isinstance(lan.header(data, b"sid"), str) and isinstance(
            lan.header(data, b"content-length"), str
        )

    def good(data):
        assert lan.header(data, b"sid") == "uuid:1-2" and gena.renew_s(data) == (
            60 if data == answer else 300
        )

    flood([answer, event], take, good)


def attr(kind, body):
    return struct.pack("HH", 4 + len(body), kind) + body + bytes(-len(body) % 4)


def test_netlink():
    packed = address.parse("2a02:8010:1::a")
    body = (
        struct.pack("BBBBI", 10, 64, 0x80, 0, 2)
        + attr(1, packed)
        + attr(6, struct.pack("IIII", 60, 90, 5, 9))
        + attr(8, struct.pack("I", 0x100))
    )
    option = struct.pack(">BBBBIII", 3, 4, 64, 0xC0, 90, 60, 0) + packed[:8] + bytes(8)
    heard = (
        struct.pack("BBHiBBHI", 10, 0, len(option), 2, 134, 0, 0, 0)
        + option
        + attr(1, b"\xfe\x80" + bytes(13) + b"\1")
    )
    address_event = struct.pack("IHHII", 16 + len(body), 20, 0, 0, 0) + body
    router_event = struct.pack("IHHII", 16 + len(heard), 68, 0, 0, 0) + heard
    one = netlink.Observer({}, Kit)

    def take(data):
        one.take(data)
        for kind, at, end in kernel.messages(data):
            row = kernel.address_row(data, at, end) if kind == 20 else None
            assert row is None or len(row[6]) in (4, 16)
            row = kernel.router_option(data, at, end)
            assert row is None or len(row[1]) == 16 and (row[2] is None or len(row[2]) == 16)
        assert len(one.states) <= 64 and len(one.heard.prefixes) <= 48 and len(one.heard.routers) <= 48

    def good(data):
        if data == address_event:
            assert kernel.address_row(data, 16, len(data)) == (6, 2, 0x100, 0, 60, 64, packed, 9)
        else:
            assert kernel.router_option(data, 16, len(data)) == (
                2,
                b"\xfe\x80" + bytes(13) + b"\1",
                packed[:8] + bytes(8),
                64,
                60,
            )

    for i in range(300):  # the tables are full before the heap is measured
        one.heard.feed(i * 600, os.urandom(16) if i & 1 else bytes(16), os.urandom(16), 64, 9)
        take(address_event[:28] + os.urandom(16) + address_event[44:])
    assert len(one.states) > 30 and len(one.heard.prefixes) > 20
    flood([address_event, router_event], take, good)


def blob(name, value):
    """One named value as netifd encodes it."""
    head = struct.pack(">H", len(name)) + name.encode() + b"\0"
    head += bytes(-len(head) % 4)
    if isinstance(value, int):
        kind, data = 5, struct.pack(">I", value)
    elif isinstance(value, str):
        kind, data = 3, value.encode() + b"\0"
    else:
        kind, data = 2, b"".join(blob(key, value[key]) for key in value)
    size = 4 + len(head) + len(data)
    return struct.pack(">I", 1 << 31 | kind << 24 | size) + head + data + bytes(-size % 4)


def test_ubus():
    """Undamaged messages are read to the last value, in between; of damaged ones either ValueError or a plain
    dict comes."""
    want = {"root": {"source": "45.33.7.7", "up": 1, "n": 258}}
    flat = blob("root", want["root"])
    refused = [0]

    def plain(value):
        if isinstance(value, dict):
            return all([isinstance(key, str) and plain(value[key]) for key in value])
        return (
            value is None
            or isinstance(value, (str, int))
            or isinstance(value, list)
            and all([plain(one) for one in value])
        )

    def take(data):
        try:
            assert plain(bus.decode(data, 0, len(data)))
        except ValueError:
            refused[0] += 1

    def good(data):
        assert bus.decode(data, 0, len(data)) == want
        fresh = {"root": {"source": "x" * (refused[0] % 9), "n": refused[0]}}
        whole = blob("root", fresh["root"])
        assert bus.decode(whole, 0, len(whole)) == fresh
        for cut in (3, 7, len(data) - 5, len(data) - 9):
            try:
                bus.decode(data[:cut], 0, cut)
                raise AssertionError("cut, and taken")
            except ValueError:
                pass

    flood(flat, take, good)
    assert refused[0] > COUNT // 5


def test_what_netifd_tells():
    """The dump as text, damaged before it is decoded: whatever comes out, the choice among it ends."""
    with open("host_tests/netlab/data/ubus-dump.json", "rb") as f:
        dump = f.read()

    def take(data):
        try:
            rows = json.loads(data)["interface"]
        except (ValueError, KeyError, TypeError):
            return
        one = ubus.Observer({}, Kit)
        for family in (4, 6):
            try:
                kind, packed, _ = one.pick(rows, family)
                assert (packed is None) == (kind != 1)
            except (AttributeError, TypeError, ValueError):  # read() takes these for "could not tell"
                pass

    def good(data):
        assert ubus.Observer({}, Kit).pick(json.loads(data)["interface"], 4)[1] == bytes([45, 33, 7, 52])

    flood(dump, take, good, COUNT // 4)


def test_check_pages():
    with open("host_tests/shared/data/check-cdn-cgi-trace.txt", "rb") as f:
        trace = f.read()

    def take(data):
        for family in (4, 6):
            packed, why = scan.single(data, family)
            assert (packed is None) == (why is not None) and (
                packed is None or len(packed) == (4 if family == 4 else 16)
            )
        part = scan.cut(data, '"ip":"*"')
        assert part is None or part in data

    def good(data):
        assert scan.single(data, 4)[0] == (address.parse("45.33.7.9") if data == trace else IP)

    flood([b'<html>{"ip":"45.33.7.7"} 2a02:8010:1::7</html>', trace], take, good)


def test_what_a_command_prints():
    mark = b"0123456789abcdef "

    def take(data):
        for family in (4, 6):
            got = command.verdict(data, mark, family)
            assert got is None or (got[1] is None) == (got[0] != 1)

    def good(data):
        assert command.verdict(data, mark, 4)[1] == IP

    flood(b"45.33.7.7\n " + mark + b"0\n", take, good)


def test_any_exception_becomes_a_reason():
    for error in (OSError(), OSError(111), OSError(-2), OSError("x"), ValueError(b"\xff"), UnicodeError(),
                  MemoryError(), KeyError(("a", 1)), RuntimeError("x" * 500),
                  reason.Why("a.b", 5)):  # fmt: skip
        got = reason.why(error)
        assert isinstance(got[0], str) and len(str(got)) < 150, got


class Board(linux.Board):
    def __init__(self):
        pass

    def gateway(self):
        return "127.0.0.1"


class Kit:
    board = Board()

    class clock:
        @staticmethod
        def mono_ms():
            return 1000


def test_forged_announcements_of_other_hosts_wake_nobody():
    """Live: packets from 127.0.0.2 (another host), damaged ones from the router, then one true
    announcement."""

    async def go():
        board, port = Kit.board, free_udp_port()
        listener = announce.Listener(board, board.gateway, ((4, "127.0.0.1", port),))
        task = asyncio.create_task(listener.changed())
        other = udp.open_udp(board, peer=("127.0.0.1", port), local=("127.0.0.2", 0))
        router = udp.open_udp(board, peer=("127.0.0.1", port))
        noise, before = Noise(1), None
        good = b"\0\x80\0\0\0\0\0\x09" + CGNAT
        await asyncio.sleep(0.01)
        try:
            for i in range(3000):
                if i == 500:
                    gc.collect()
                    before = gc.mem_alloc()
                if i & 1:
                    other.send(good)
                else:
                    bad = noise.spoil(good)
                    router.send(b"\1" + bad[1:] if len(bad) == 12 else bad)
                if i % 20 == 19:
                    await asyncio.sleep(0)
            await asyncio.sleep(0.05)
            assert not task.done()
            gc.collect()
            assert gc.mem_alloc() - before < SLACK
            router.send(good)
            await asyncio.wait_for(task, 1)
        finally:
            task.cancel()
            listener.close()
            other.close()
            router.close()

    asyncio.run(go())
