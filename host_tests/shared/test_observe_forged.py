# SPDX-License-Identifier: MIT
"""NAT-PMP answers forged in the router's name: nothing wrong is believed, an honest change is told within 100
ms."""

import asyncio
import time

from loopback import LO, Board, free_udp_port
from wanbeacon.net import udp, waits
from wanbeacon.observe import announce, natpmp
from wanbeacon.observe.base import FOUND, UNKNOWN

A, B, X = bytes([45, 33, 7, 7]), bytes([45, 33, 7, 8]), bytes([8, 8, 4, 4])


def answer(packed, result=0):
    return b"\0\x80\0" + bytes((result,)) + b"\0\0\0\x09" + packed


class Clock:
    now = 100

    def mono(self):
        return self.now


class Soap:
    """Stands in for the module upnp: what the router says over TCP, and how often it was asked."""

    def __init__(self, packed):
        self.packed, self.asked = packed, 0
        soap = self

        class Observer:
            services = host = None

            def __init__(self, options, kit):
                assert not options["events"]

            def close(self):
                pass

            async def read(self, family):
                soap.asked += 1
                self.services = soap.packed and ["x"]
                return (FOUND, soap.packed, ()) if soap.packed else (UNKNOWN, None, ("upnp.silent", LO))

        self.Observer = Observer


class Kit:
    brief = False

    def __init__(self, soap=None):
        self.clock, self.board, self.soap = Clock(), Board(), Soap(soap)

    def log(self, *why):
        pass

    def load(self, name):
        return self.soap

    def dismiss(self, name):
        pass


class Router:
    """Answers each question with `says` (a list of datagrams), or with the next list of `script`, after
    `late` ms."""

    def __init__(self, observer):
        self.one, self.says, self.script, self.late, self.heard, self.hit_silent = (
            observer,
            [answer(A)],
            [],
            0,
            0,
            0,
        )

    async def run(self):
        sock = udp.open_udp(Board(), local=(LO, self.one.PORT))
        try:
            while True:
                await waits.ready(sock)
                data, source = udp.receive_from(sock)
                if data is None:
                    continue
                self.heard += 1
                if self.late:
                    await asyncio.sleep(self.late / 1000)
                for one in self.script.pop(0) if self.script else self.says:
                    sock.sendto(one, source)
                if self.hit_silent:  # a forger that tries ports hits one that never asked
                    sock.sendto(answer(X), Board().sockaddr(LO, self.hit_silent))
        finally:
            sock.close()


def play(what, soap=None):
    """Run the coroutine what(observer, router, kit)."""
    kit = Kit(soap)

    class Near(natpmp.Observer):
        PORT = free_udp_port()

    async def go():
        one = Near({}, kit)
        router = Router(one)
        task = asyncio.create_task(router.run())
        await asyncio.sleep(0.01)
        try:
            return await what(one, router, kit)
        finally:
            task.cancel()
            one.close()
            await asyncio.sleep(0)

    return asyncio.run(go())


def ms_since(start):
    return time.ticks_diff(time.ticks_ms(), start)


async def settle(one):
    """The search for SOAP is over."""
    for _ in range(200):
        if not one.finding:
            return
        await asyncio.sleep(0.005)
    raise AssertionError


def test_an_honest_change_is_told_within_100_ms_with_and_without_upnp():
    for soap in (None, A):

        async def what(one, router, kit):
            assert (await one.read(4))[:2] == (FOUND, A)
            await settle(one)
            asked = kit.soap.asked
            for packed in (B, A, X):
                router.says = [answer(packed)]
                kit.soap.packed = soap and packed
                start = time.ticks_ms()
                assert (await one.read(4))[:2] == (FOUND, packed)
                took = ms_since(start)
                assert took < 100, took
                for _ in range(3):
                    assert (await one.read(4))[:2] == (FOUND, packed)
            assert kit.soap.asked - asked == (3 if soap else 0), "one check by TCP for each change"

        play(what, soap)


def test_one_lucky_answer_is_not_believed():
    lucky = [[answer(X)]], [[answer(X)], [answer(X)]], [[answer(X)]] * 3, [[answer(X), answer(A)]] * 4
    for script in lucky:

        async def what(one, router, kit):
            one.known = A
            assert (await one.read(4))[:2] == (FOUND, A)
            await settle(one)
            router.script = list(script)
            kind, packed, why = await one.read(4)
            assert (kind, packed) == (UNKNOWN, None) and why[0] == "natpmp.forged", (script, why)
            router.says = [answer(B)]
            kind, packed, why = await one.read(4)
            assert (kind, packed) == (UNKNOWN, None), "it must be quiet first"
            kit.clock.now += 31
            assert (await one.read(4))[:2] == (FOUND, B)

        play(what)


def test_where_the_router_is_silent_flooding_ports_is_noticed():
    async def what(one, router, kit):
        one.known = A
        router.says, one.answered = [], False  # no long wait
        one.asker.turn_to(LO)
        router.hit_silent = one.asker.drawn
        assert (await one.read(4))[0] == UNKNOWN
        router.says = [answer(X)]  # the forger hits every question, and the silent port
        for _ in range(3):
            assert (await one.read(4))[2] == ("natpmp.forged", LO)
        router.hit_silent = 0
        assert (await one.read(4))[2] == ("natpmp.forged", LO)

    play(what)


def test_what_the_router_says_over_tcp_wins_and_is_asked_seldom():
    async def what(one, router, kit):
        assert (await one.read(4))[:2] == (FOUND, A)
        await settle(one)
        asked = kit.soap.asked
        router.says = [answer(X)]
        assert await one.read(4) == (FOUND, A, ("router.corrected", LO))
        assert kit.soap.asked == asked + 1
        for _ in range(20):
            assert (await one.read(4))[0] == UNKNOWN
        assert kit.soap.asked == asked + 1
        kit.clock.now += 11
        kit.soap.packed = B  # a true change in the middle of it
        assert await one.read(4) == (FOUND, B, ("router.corrected", LO))

    play(what, A)


def test_what_soap_cannot_tell_is_believed_after_the_looks_of_a_router_without_it():
    async def what(one, router, kit):
        one.asker.look_ms = 300
        assert (await one.read(4))[:2] == (FOUND, A)
        await settle(one)
        kit.soap.packed = None  # an error, garbage or silence: no word against NAT-PMP
        router.script = [[answer(X)], [answer(B)]]
        router.says = [answer(B)]
        assert (await one.read(4))[0] == UNKNOWN, "the two answers differ"
        kit.clock.now += 31
        assert (await one.read(4))[:2] == (FOUND, B)

    play(what, A)


def test_a_router_on_slow_wifi_is_believed_after_a_long_look():
    async def what(one, router, kit):
        one.asker.look_ms = 300
        one.known = A
        assert (await one.read(4))[:2] == (FOUND, A)
        await settle(one)
        router.says, router.late = [answer(B)], 40
        start = time.ticks_ms()
        assert (await one.read(4))[:2] == (FOUND, B)
        assert 300 <= ms_since(start) < 1500
        router.says = [answer(X), answer(X)]  # one too many
        assert (await one.read(4))[0] == UNKNOWN

    play(what)


def test_announcements_cause_few_questions():
    """Forged ones without end: no more hints than the limit, and a true one is not lost among them."""
    places = ((4, LO, free_udp_port()),)

    async def go():
        listener = announce.Listener(Board(), lambda: LO, places)
        sock = udp.open_udp(Board(), peer=(LO, places[0][2]))
        hints = []

        async def count():
            while True:
                await listener.changed()
                hints.append(1)

        task = asyncio.create_task(count())
        await asyncio.sleep(0.01)
        try:
            start = time.ticks_ms()
            while ms_since(start) < 1000:
                sock.send(answer(X))
                await asyncio.sleep(0.003)
            assert len(hints) == announce._HINTS, len(hints)
            # as if some seconds were over
            listener.hints = [time.ticks_add(one, -10000) for one in listener.hints]
            task.cancel()
            sock.send(answer(A))
            await asyncio.wait_for(listener.changed(), 1)
        finally:
            task.cancel()
            listener.close()
            sock.close()

    asyncio.run(go())
