# SPDX-License-Identifier: MIT
"""stun, whoami and command: packets by the RFCs, the ones that must not count, and small servers on lo."""

import asyncio
import os
import time

from loopback import free_udp_port
from wanbeacon.board import linux
from wanbeacon.core import address
from wanbeacon.net import asking, udp, waits
from wanbeacon.observe import command, stun, whoami
from wanbeacon.observe.base import FOUND, NONE, UNKNOWN

ID = bytes(range(12))
IP, IP6 = "45.33.7.7", "2a02:8010:1::7"
PACKED, PACKED6 = address.parse(IP), address.parse(IP6)


def stun_answer(text, id_=ID, kind=0x20, before=b""):
    packed = address.parse(text)
    mask = b"\x21\x12\xa4\x42" + id_ if kind == 0x20 else bytes(16)
    value = bytes(packed[i] ^ mask[i] for i in range(len(packed)))
    value = bytes((0, 1 if len(packed) == 4 else 2, 0x12, 0x34)) + value
    body = before + bytes((0, kind, 0, len(value))) + value
    return b"\1\1" + len(body).to_bytes(2, "big") + b"\x21\x12\xa4\x42" + id_ + body


def test_stun_reads_both_families_and_the_old_attribute():
    assert stun.parse(stun_answer(IP), ID, 4) == address.parse(IP)
    assert stun.parse(stun_answer(IP6), ID, 6) == address.parse(IP6)
    assert stun.parse(stun_answer(IP, kind=1), ID, 4) == address.parse(IP)
    software = b"\x80\x22\0\5hello\0\0\0"
    assert stun.parse(stun_answer(IP, before=software), ID, 4) == address.parse(IP)
    old = stun_answer("10.0.0.1", kind=1)[20:]  # an old NAT rewrote the plain one
    assert stun.parse(stun_answer(IP, before=old), ID, 4) == address.parse(IP)


def test_stun_takes_nothing_else():
    good = stun_answer(IP)
    assert stun.parse(good, bytes(12), 4) is None, "another id"
    assert stun.parse(good, ID, 6) is None, "wrong family"
    for at in (0, 1, 2, 3, 4, 7, 8, 19, 25):
        bad = bytearray(good)
        bad[at] ^= 0x81
        assert stun.parse(bytes(bad), ID, 4) is None, at
    for cut in range(len(good)):
        assert stun.parse(good[:cut], ID, 4) is None
    assert stun.parse(b"\1\x11" + good[2:], ID, 4) is None, "an error response"
    assert stun.parse(good + b"\0", ID, 4) is None


def dns_answer(query, *records, flags=0x8180):
    """`records`: (type, rdata), each with a compressed name."""
    out = (
        query[:2]
        + flags.to_bytes(2, "big")
        + b"\0\1"
        + len(records).to_bytes(2, "big")
        + bytes(4)
        + query[12:]
    )
    for kind, data in records:
        out += b"\xc0\x0c" + kind.to_bytes(2, "big") + b"\0\1\0\0\0\0" + len(data).to_bytes(2, "big") + data
    return out


def test_dns_question_and_answers():
    asked = whoami.query(b"\x12\x34", "myip.opendns.com", 1)
    assert asked == b"\x12\x34\1\0\0\1\0\0\0\0\0\0\4myip\7opendns\3com\0\0\1\0\1"
    assert whoami.query(b"ab", "xip.", 1)[12:] == b"\3xip\0\0\1\0\1"
    ip = address.parse(IP)
    assert whoami.parse(dns_answer(asked, (1, ip)), asked) == [ip]
    assert whoami.parse(dns_answer(asked, (5, b"\1x\xc0\x0c"), (1, ip)), asked) == [ip]
    assert whoami.parse(dns_answer(asked), asked) == []
    assert whoami.parse(dns_answer(asked, (1, ip), flags=0x8183), asked) == []
    text = whoami.query(b"ab", "o.example", 16)
    assert whoami.parse(dns_answer(text, (16, b"\x09" + IP.encode())), text) == [ip]
    assert whoami.parse(dns_answer(text, (16, b"\x05hello")), text) == []
    six = whoami.query(b"ab", "o.example", 28)
    assert whoami.parse(dns_answer(six, (28, address.parse(IP6))), six) == [address.parse(IP6)]


def test_dns_takes_no_other_answer():
    asked = whoami.query(b"\x12\x34", "myip.opendns.com", 1)
    good = dns_answer(asked, (1, address.parse(IP)))
    for bad in (
        b"\x12\x35" + good[2:],
        asked,
        good[:11],
        b"",
        whoami.query(b"\x12\x34", "myip.opendns.org", 1) + b"x" * 20,
    ):
        assert whoami.parse(bad, asked) is None, bad
    other = dns_answer(whoami.query(b"\x12\x34", "evil.example", 1), (1, address.parse(IP)))
    assert whoami.parse(other, asked) is None
    for cut in range(12, len(good)):
        assert whoami.parse(good[:cut], asked) in (None, []), cut
    loop = good[: len(asked)] + b"\xc0\x0c" * 60
    assert whoami.parse(loop, asked) == []


async def server(port, answer, host="127.0.0.1"):
    sock = udp.open_udp(_Board, local=(host, port))
    try:
        while True:
            await waits.ready(sock)
            data, source = udp.receive_from(sock)
            if data:
                for one in answer(data):
                    sock.sendto(one, source)
    finally:
        sock.close()


class _Board:
    @staticmethod
    def sockaddr(host, port):
        return linux.Board.sockaddr(None, host, port)


def live(observer, servers, family=4):
    """Run read() while `servers` {port: answer(data) -> datagrams} answer."""

    async def go():
        tasks = [asyncio.create_task(server(port, servers[port])) for port in servers]
        await asyncio.sleep(0.01)
        try:
            return await observer.read(family)
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.sleep(0)

    return asyncio.run(go())


def says(text):
    return lambda data: [stun_answer(text, data[8:20])]


def test_two_stun_servers_must_agree():
    stun._WAITS = (100, 100)
    a, b = free_udp_port(), free_udp_port()
    first, second = "127.0.0.1:%d" % a, "127.0.0.1:%d" % b
    one = stun.Observer({"servers": [first, second]}, None)
    assert live(one, {a: says(IP), b: says(IP)}) == (FOUND, PACKED, ("stun.both", first, second))
    other = bytes([45, 33, 7, 8])
    answer = live(one, {a: says(IP), b: says("45.33.7.8")})
    assert answer == (UNKNOWN, None, ("stun.disagree", first, PACKED, second, other))
    assert live(one, {b: says(IP)}) == (FOUND, PACKED, ("stun.alone", second))
    assert live(one, {})[0] == UNKNOWN and one.asked


def test_stun_ignores_forged_packets_before_the_right_one():
    stun._WAITS = (200,)
    forged = [b"", b"x", stun_answer("6.6.6.6"), stun_answer("6.6.6.6", bytes(12))]
    port = free_udp_port()
    one = stun.Observer({"servers": ["127.0.0.1:%d" % port]}, None)
    assert live(one, {port: lambda data: forged + says(IP)(data)})[:2] == (FOUND, PACKED)


def fails(host, port, family):
    raise OSError(-2)


def test_a_failed_look_up_does_not_count_as_asked():
    kept, asking.resolve = asking.resolve, fails
    try:
        for one in (
            stun.Observer({"servers": ["x.example:1"]}, None),
            whoami.Observer({"form": "opendns"}, None),
        ):
            one.asked = True
            assert asyncio.run(one.read(4))[0] == UNKNOWN and not one.asked
    finally:
        asking.resolve = kept


def test_literals_resolve_to_what_connect_takes():
    for host, family in (("127.0.0.1", 4), ("::1", 6)):
        sock = udp.open_udp(None, family=family)
        try:
            sock.connect(asking.resolve(host, 9, family))
        finally:
            sock.close()
    try:
        asking.resolve("127.0.0.1", 9, 6)
        raise AssertionError("an IPv4 literal is no IPv6 address")
    except OSError:
        pass


def test_whoami_asks_a_server_of_your_own():
    whoami._WAITS = (200,)
    port = free_udp_port()
    one = whoami.Observer({"server": "127.0.0.1:%d" % port, "name": "me.example"}, None)
    ip = address.parse(IP)
    answer = live(
        one, {port: lambda q: [q, b"", dns_answer(b"zz" + q[2:], (1, bytes(4))), dns_answer(q, (1, ip))]}
    )
    assert answer == (FOUND, PACKED, ("outside.found", "127.0.0.1"))
    kind, text, why = live(one, {port: lambda q: [dns_answer(q, (1, ip), (1, bytes([45, 33, 7, 8])))]})
    assert (kind, why) == (UNKNOWN, ("whoami.several", "127.0.0.1"))
    assert live(one, {port: lambda q: [dns_answer(q)]})[0] == UNKNOWN
    assert live(one, {port: lambda q: []})[0] == UNKNOWN and one.asked


def test_the_three_forms_are_what_their_services_want():
    for form, server_, name, families in (
        ("opendns", "resolver1.opendns.com", "myip.opendns.com", (4, 6)),
        ("akamai", "ns1-1.akamaitech.net", "whoami.akamai.net", (4, 6)),
        ("noip", "ipcast1.dynupdate.no-ip.com:8253", "xip", (4,)),
    ):
        one = whoami.Observer({"form": form}, None)
        assert (one.server, one.name, one.FAMILIES) == (server_, name, families) and one.OUTSIDE


def run(text, family=4):
    return asyncio.run(command.Observer({"command": text}, None).read(family))


def left_over():
    return [name for name in os.listdir("/tmp") if name.startswith("wanbeacon-") and len(name) == 34]


def test_a_command_tells_the_address():
    before = len(left_over())
    assert run("echo 45.33.7.7") == (FOUND, PACKED, ("command.found",))
    assert run('echo "it\'s $WANBEACON_FAMILY: 2a02:8010:1::7"', 6)[:2] == (FOUND, PACKED6)
    assert run("echo none") == (NONE, None, ("command.none",))
    for bad, words in (
        ("echo 45.33.7.7; exit 3", ("command.status", 3)), ("true", ("page.no_address", 4)),
        ("echo 1.1.1.1 2.2.2.2", ("page.several", 4)), ("/nowhere/x", ("command.status", 127)),
        ("echo 45.33.7.7 >&2", ("page.no_address", 4)), ("yes", ("command.long",)),
        ("printf 45.33.7", ("page.no_address", 4)), ("syntax (", ("command.status", 2)),
    ):  # fmt: skip
        kind, text, why = run(bad)
        assert (kind, why) == (UNKNOWN, words), (bad, why)
    assert len(left_over()) <= before, "no file is left behind"


def test_a_child_that_keeps_the_output_open_delays_nobody():
    start = time.time()
    assert run("sleep 4 & echo 45.33.7.7") == (FOUND, PACKED, ("command.found",))
    assert time.time() - start < 3


def test_a_command_that_hangs_is_ended_and_holds_nobody():
    kept = command.LIMIT_S
    command.LIMIT_S = 1

    async def go():
        task = asyncio.create_task(command.Observer({"command": "sleep 30"}, None).read(4))
        beats = 0
        while not task.done():
            await asyncio.sleep(0.05)
            beats += 1
        return await task, beats

    try:
        (kind, text, why), beats = asyncio.run(go())
    finally:
        command.LIMIT_S = kept
    assert (kind, why) == (UNKNOWN, ("command.slow", 1)) and beats > 10
