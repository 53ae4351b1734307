# SPDX-License-Identifier: MIT
"""natpmp, pcp and announce: the packets as a real miniupnpd sends them, the ones that must not count, and
live on lo."""

import asyncio

from loopback import free_udp_port
from wanbeacon.board import linux
from wanbeacon.net import asking, udp, waits
from wanbeacon.observe import announce, natpmp, pcp
from wanbeacon.observe.base import FOUND, UNKNOWN

LO = "127.0.0.1"
IP = bytes([45, 33, 7, 7])
GOOD = b"\0\x80\0\0\0\0\0\x09" + IP
MAPPED = b"\0" * 10 + b"\xff\xff"


def test_natpmp_reads_the_answer_of_a_real_router():
    assert natpmp.parse(GOOD) == (0, 9, IP)
    assert natpmp.parse(b"\0\x80\0\x03\0\0\0\x09" + bytes(4)) == (3, 9, None)
    assert natpmp.parse(b"\0\x80\0\x02\0\0\0\x09") == (2, 9, None)
    assert natpmp.parse(b"\2\x80\0\x01\0\0\0\0\0\0\0\x09" + bytes(12)) == (1, 0, None), "only PCP there"


def test_natpmp_takes_nothing_else_for_an_answer():
    for bad in (
        b"", b"\0", GOOD[:11], GOOD[:8], GOOD + b"\0", b"\1" + GOOD[1:], b"\0\0" + GOOD[2:],
        b"\0\x81" + GOOD[2:], b"\0\x80\0\3", b"\xff" * 12, b"\2\x80\0\0" + GOOD[4:], GOOD * 90,
    ):  # fmt: skip
        assert natpmp.parse(bad) is None, bad


def test_pcp_map_must_repeat_our_nonce_protocol_and_port():
    body = bytes(range(12)) + b"\x11\0\0\0\xc3\x50\0\0" + MAPPED + bytes(4)
    answer = b"\2\x81\0\0\0\0\0\x78\0\0\0\x05" + bytes(12) + body[:18] + b"\x12\x34" + MAPPED + IP
    assert len(pcp.request(1, bytes([10, 0, 0, 2]), 120, body)) == 60
    assert pcp.parse(answer, 1, body) == (0, 5, IP)
    for at in (0, 1, 24, 35, 36, 40, 44, 55):
        forged = bytearray(answer)
        forged[at] ^= 1
        assert pcp.parse(bytes(forged), 1, body) is None, at
    assert pcp.parse(answer[:59], 1, body) is None
    assert pcp.parse(answer, 0, b"") is None, "MAP does not answer ANNOUNCE"
    refused = b"\2\x81\0\x08" + answer[4:]
    assert pcp.parse(refused, 1, body) == (8, 5, None)


def test_pcp_announce_gives_the_epoch_and_no_address():
    assert len(pcp.request(0, bytes([10, 0, 0, 2]))) == 24
    assert pcp.parse(b"\2\x80\0\0" + bytes(4) + b"\0\0\0\x07" + bytes(12), 0) == (0, 7, None)
    assert pcp.parse(b"\2\0\0\0" + bytes(20), 0) is None, "a request is no answer"
    assert pcp.parse(bytes(1101), 0) is None


def test_epoch_falls_back_when_the_router_restarts():
    epoch = announce.Epoch()
    assert not epoch.back(1000, 0)
    assert not epoch.back(1300, 300)
    assert not epoch.back(1561, 600), "a clock that is slow by an eighth, and 2 s"
    assert epoch.back(5, 900)
    assert not epoch.back(305, 1200)
    assert epoch.back(300, 1300)


def test_announcements_are_told_from_noise():
    assert announce.is_announcement(GOOD)
    assert announce.is_announcement(b"\2\x80" + bytes(22))
    for noise in (
        b"",
        GOOD[:11],
        GOOD + b"\0",
        b"\0\0" + GOOD[2:],
        b"\2\0" + bytes(22),
        b"\2\x80" + bytes(21),
        bytes(1200),
    ):
        assert not announce.is_announcement(noise), noise


class Clock:
    now = 100

    def mono(self):
        return self.now


class NoUpnp:
    """Stands in for the module upnp: a router without it."""

    class Observer:
        services = None

        def __init__(self, options, kit):
            pass

        async def read(self, family):
            return UNKNOWN, None, ("upnp.silent", LO)


class Kit:
    brief = False

    def __init__(self, gateway=LO):
        self.clock = Clock()
        self.board = Board(gateway)
        self.said = []

    def log(self, *why):
        self.said.append(why)

    def load(self, name):
        return NoUpnp

    def dismiss(self, name):
        pass


class Board(linux.Board):
    """The real one, but its router is on this machine."""

    def __init__(self, at):
        self.at = at

    def gateway(self):
        return self.at

    def lan_address(self):
        return self.at


def near(observer, *args):
    """An observer whose router answers at a free port of this machine."""

    class Near(observer):
        PORT = free_udp_port()

    return Near(*args)


async def serve(port, replies, heard, host=LO):
    """A UDP server that answers the n-th datagram with replies[n] (a list of datagrams)."""
    sock = udp.open_udp(Board(LO), local=(host, port))
    try:
        for reply in replies:
            while True:
                await waits.ready(sock)
                data, source = udp.receive_from(sock)
                if data is not None:
                    break
            heard.append(data)
            for one in reply(data) if callable(reply) else reply:
                sock.sendto(one, source)
        await asyncio.sleep(5)
    finally:
        sock.close()


def live(observer, replies, family=4):
    """Run read() against a server that answers `replies`; returns its answer and the datagrams the server
    heard."""
    heard = []

    async def go():
        server = asyncio.create_task(serve(observer.PORT, replies, heard))
        await asyncio.sleep(0.01)
        try:
            return await observer.read(family)
        finally:
            server.cancel()
            observer.close()
            await asyncio.sleep(0)

    return asyncio.run(go()), heard


def test_natpmp_asks_the_router_and_again_when_the_first_packet_is_lost():
    one = near(natpmp.Observer, {}, Kit())
    told = FOUND, IP, ("router.told", LO)
    assert live(one, [[GOOD]] * 4) == (told, [b"\0\0"] * 4), (
        "a new address is asked for again, from three ports"
    )
    assert live(one, [[GOOD]]) == (told, [b"\0\0"]), "a known one once"
    answer, heard = live(one, [[], [GOOD]])
    assert answer[0] == FOUND and heard == [b"\0\0"] * 2
    two = near(natpmp.Observer, {}, Kit())
    two.known = IP
    assert live(two, [[GOOD]]) == (told, [b"\0\0"]), "nor is the published one a change"


def test_natpmp_waits_for_the_right_packet_among_wrong_ones():
    one = near(natpmp.Observer, {}, Kit())
    wrong = [b"", b"\0", GOOD + b"x", bytes(12), b"\xff" * 1400]
    one.known = IP
    assert live(one, [wrong + [GOOD]] * 2)[0][:2] == (FOUND, IP)


def test_natpmp_result_codes_in_words():
    for result, words in (
        (2, ("natpmp.result2", LO)),
        (3, ("natpmp.result3", LO)),
        (77, ("natpmp.refuses", LO, 77)),
    ):
        kind, text, why = live(
            near(natpmp.Observer, {}, Kit()), [[b"\0\x80\0" + bytes([result]) + bytes(8)]]
        )[0]
        assert (kind, text, why) == (UNKNOWN, None, words), why


def test_natpmp_notes_a_restarted_router():
    kit = Kit()
    one = near(natpmp.Observer, {}, kit)
    live(one, [[b"\0\x80\0\0\0\1\0\0" + IP]] * 4)
    live(one, [[GOOD]])
    assert kit.said == [("router.restarted", LO)]


def test_a_router_without_natpmp_costs_a_moment():
    one = near(natpmp.Observer, {}, Kit())
    kind, text, why = asyncio.run(one.read(4))
    assert (kind, why) == (UNKNOWN, ("natpmp.silent", LO))
    assert not one.answered
    assert asyncio.run(near(natpmp.Observer, {}, Kit(None)).read(4))[0] == UNKNOWN


def answer_map(data):
    if data[1] == 0:
        return [b"\2\x80\0\0" + bytes(4) + b"\0\0\0\x07" + bytes(12)]
    return [b"\2\x81\0\0" + data[4:8] + b"\0\0\0\x07" + bytes(12) + data[24:44] + MAPPED + IP]


def test_pcp_opens_a_port_only_when_told_and_closes_it():
    one = near(pcp.Observer, {}, Kit())
    answer, heard = live(one, [answer_map])
    assert answer == (UNKNOWN, None, ("pcp.map", LO)) and [len(d) for d in heard] == [24]
    one = near(pcp.Observer, {"map": True}, Kit())
    answer, heard = live(one, [answer_map, answer_map])
    assert answer[:2] == (FOUND, IP) and [len(d) for d in heard] == [60, 60]
    assert heard[0][4:8] == b"\0\0\0\x78" and heard[1][4:8] == bytes(4), "lifetime 120 s, then 0"
    assert heard[0][24:44] == heard[1][24:44], "the same nonce, protocol and port"


def test_a_port_that_pcp_gives_as_another_one_shows_a_shared_address():
    def other(data):
        return [bytes(answer_map(data)[0][:42]) + b"\x1d\x30" + MAPPED + IP]

    answer = live(near(pcp.Observer, {"map": True}, Kit()), [other, other])[0]
    assert answer[:2] == (FOUND, IP) and answer[2][:2] == ("pcp.other_port", LO) and answer[2][3] == 7472


def test_pcp_of_a_natpmp_router_is_said_in_words():
    answer = live(near(pcp.Observer, {}, Kit()), [[b"\0\x80\0\1" + bytes(20)]])[0]
    assert answer == (UNKNOWN, None, ("pcp.result1", LO))


def test_only_the_routers_announcements_wake():
    places = ((4, LO, free_udp_port()),)

    async def go():
        board = Board(LO)
        listener = announce.Listener(board, lambda: board.at, places)
        task = asyncio.create_task(listener.changed())
        sock = udp.open_udp(board, peer=(LO, places[0][2]))
        try:
            await asyncio.sleep(0.01)
            for noise in (b"", b"x" * 12, bytes(1400), GOOD[:11]):
                sock.send(noise)
            await asyncio.sleep(0.02)
            assert not task.done()
            board.at = "127.0.0.2"
            sock.send(GOOD)
            await asyncio.sleep(0.02)
            assert not task.done(), "another host's announcement"
            board.at = LO
            sock.send(GOOD)
            await asyncio.wait_for(task, 1)
            sock.send(GOOD)  # between two calls
            await asyncio.wait_for(listener.changed(), 1)
        finally:
            sock.close()
            listener.close()

    asyncio.run(go())


def test_the_groups_of_the_rfcs_can_be_listened_to():
    async def go():
        listener = announce.Listener(Board(LO), lambda: LO, announce.PLACES + announce.PLACES6)
        try:
            await asyncio.wait_for(listener.changed(), 0.02)
        except asyncio.TimeoutError:
            pass
        assert len(listener.socks) == 3
        again = announce.Listener(Board(LO), lambda: LO)  # shared with another program
        again._open()
        again.close()
        listener.close()

    asyncio.run(go())


def test_a_port_that_takes_no_group_address_is_bound_to_any():
    async def go():
        port = free_udp_port()
        listener = announce.Listener(Board(LO), lambda: LO, ((4, "192.0.2.1", port),))
        task = asyncio.create_task(listener.changed())
        await asyncio.sleep(0.01)
        sock = udp.open_udp(Board(LO), peer=(LO, port))
        sock.send(GOOD)
        await asyncio.wait_for(task, 1)
        sock.close()
        listener.close()

    asyncio.run(go())


def test_host_port():
    for text, want in (
        ("a.example", ("a.example", 53)), ("a.example:8253", ("a.example", 8253)),
        ("1.2.3.4:1", ("1.2.3.4", 1)), ("[2a02::1]:5", ("2a02::1", 5)), ("2a02::1", ("2a02::1", 53)),
        ("[2a02::1]", ("2a02::1", 53)),
    ):  # fmt: skip
        assert asking.host_port(text, 53) == want, text
