# SPDX-License-Identifier: MIT
"""The whole agent against a FRITZ!Box's UPnP (shared/fritz.py) and its push, with real sockets, and a
provider in memory."""

import asyncio
import json
import os
import sys
import time

from wanbeacon.net import lan

from tools import ROOT

sys.path += [str(ROOT / "host_tests/shared"), str(ROOT / "tools/simulate")]
import virtual
from fritz import Box
from loopback import LO, free_port
from loopback import Board as Lo
from wanbeacon.net.clock import Clock

HOSTS = ["home.example.org", {"name": "nas.example.org", "suffix": "::1:2", "ipv4": False},
         {"name": "cam.example.org", "mac": "02:11:22:33:44:55", "subnet": 1, "ipv4": False}]  # fmt: skip


class Board(virtual.Board, Lo):
    """A board at 127.0.0.1, which is its router too; IPv4 alone."""

    def sources(self):
        return ["natpmp", "upnp"]


#: Seconds until a host may be sent again: the minimum interval of one second, rounded up, is over.
REST = 2.2


#: Seconds from a push to the provider; the clock of a busy machine may show more of them.
PUSH_S = 0.2


def busy():
    """How much slower than alone a program may be now."""
    return max(2.5, os.getloadavg()[0] / os.cpu_count())


class House:
    """A running agent. heard: (seconds, host, IPv4, IPv6) of what the provider was sent."""

    def __init__(self, *sources):
        self.world = virtual.World(self.document(sources))
        self.heard = []

    @staticmethod
    def document(sources):
        return json.dumps({"accounts": [{"provider": "dyn", "user": "ann", "password": "secret",
                                         "hosts": HOSTS}],
                           "address": list(sources), "intervals": {"check": 60, "minimum": 1}})  # fmt: skip

    def exchange(self, *args):
        before = len(self.world.provider.heard)
        answer = self.world.exchange(*args)
        self.heard += [
            (time.monotonic(), row[2], row[3], row[4]) for row in self.world.provider.heard[before:]
        ]
        return answer

    async def until(self, count):
        for _ in range(400):
            if len(self.heard) >= count:
                break
            await asyncio.sleep(0.01)
        rows, self.heard = self.heard, []
        return {row[1]: row[2:] for row in rows}, rows[-1][0] if rows else None

    async def run(self, what):
        self.agent = virtual.agent.Agent(self.world.cfg, Board(self.world), Clock(), transport=self.exchange)
        task = asyncio.create_task(self.agent.run())
        try:
            await what(self)
        finally:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)


def test_a_board_publishes_a_and_aaaa_by_its_fritzbox_and_follows_a_new_prefix():
    box, port = Box(), free_port()

    async def live(house):
        found, _ = await house.until(3)
        assert found == {"home.example.org": ("45.33.7.7", None),
                         "nas.example.org": (None, "2003:d6:abe2:1f00::1:2"),
                         "cam.example.org": (None, "2003:d6:abe2:1f01:11:22ff:fe33:4455")}, found  # fmt: skip
        await asyncio.sleep(REST)
        box.prefix, box.v6 = "2003:d6:abe3:4200::", "2003:d6:abbf:9999::1"
        house.agent.event.set()  # what an event of the router does
        start = time.monotonic()
        found, last = await house.until(2)
        assert found == {
            "nas.example.org": (None, "2003:d6:abe3:4200::1:2"),
            "cam.example.org": (None, "2003:d6:abe3:4201:11:22ff:fe33:4455"),
        }
        print("event to the last host: %.3f s" % (last - start))
        assert last - start < 1, last - start
        assert box.wrong == []

    async def go():
        server = await asyncio.start_server(box.client, LO, port)
        try:
            await House(
                {"source": "upnp", "events": False, "location": "http://%s:%d/igddesc.xml" % (LO, port)}
            ).run(live)
        finally:
            server.close()
            await server.wait_closed()

    asyncio.run(go())


def test_an_event_of_the_box_brings_a_new_prefix_at_once():
    """GENA tells of the box's own IPv6 address alone; the prefix, which changed with it, is asked for
    then."""
    box, port = Box(), free_port()

    async def live(house):
        await house.until(3)
        for _ in range(300):
            if box.subscriber:
                break
            await asyncio.sleep(0.01)
        await asyncio.sleep(1.6)  # the second look after the start
        asked = len(box.heard)
        await asyncio.sleep(0.5)
        assert len(box.heard) == asked, "nothing is polled now"
        box.prefix, box.v6 = "2003:d6:abe3:4200::", "2003:d6:abbf:9999::1"
        start = time.monotonic()
        assert b" 200 " in await box.notify()
        found, last = await house.until(2)
        assert found == {
            "nas.example.org": (None, "2003:d6:abe3:4200::1:2"),
            "cam.example.org": (None, "2003:d6:abe3:4201:11:22ff:fe33:4455"),
        }
        print("event of the box to the last host: %.3f s" % (last - start))
        assert last - start < 1, last - start
        assert box.wrong == [], box.wrong

    async def go():
        server = await asyncio.start_server(box.client, LO, port)
        try:
            await House({"source": "upnp", "location": "http://%s:%d/igddesc.xml" % (LO, port)}).run(live)
        finally:
            server.close()
            await server.wait_closed()

    asyncio.run(go())


def test_a_push_is_at_the_provider_in_a_fifth_of_a_second_and_what_is_hostile_never():
    port = free_port()
    login = "Authorization: Basic cm91dGVyOmxldC1tZS1pbg==\r\n"

    async def push(query, head=login):
        return (await lan.exchange(Lo(), LO, port, "GET", "/nic/update?hostname=home&" + query, head))[::2]

    async def live(house):
        await asyncio.sleep(0.3)
        assert house.heard == []
        start, work = time.monotonic(), time.process_time()
        assert (await push("myip=45.33.7.7&myipv6=2003:d6:abbf:2220::1&ip6lanprefix=2003:d6:abe2:1f00::/56"))[
            0
        ] == 200
        found, last = await house.until(3)
        assert found["home.example.org"] == ("45.33.7.7", None) and found["nas.example.org"] == (
            None,
            "2003:d6:abe2:1f00::1:2",
        )
        work = time.process_time() - work  # the same however busy the machine is
        print("push to provider: %.3f s, %.3f of a processor" % (last - start, work))
        assert work < PUSH_S and last - start < PUSH_S * busy(), last - start
        hostile = [("myip=45.33.6.6", ""), ("myip=45.33.6.6", login[:-6] + "\r\n"),
                   ("myip=45.33.6.6", login + "Origin: http://evil.example\r\n"), ("myip=10.0.0.1", login),
                   ("myip=fe80::1", login), ("myip=45.33.6.6&username=router&password=x", ""),
                   ("ip6lanprefix=fd00::/56", login), ("myip=&myipv6=", login),
                   ("myip=45.33.7.7", login)]  # fmt: skip
        for number in range(1000):
            await push(*hostile[number % len(hostile)])
        await asyncio.sleep(REST)
        assert house.heard == []
        start = time.monotonic()
        assert await push("myip=45.33.7.8") == (200, b"good 45.33.7.8\n"), "the router is not locked out"
        found, last = await house.until(1)
        assert found == {"home.example.org": ("45.33.7.8", None)} and last - start < PUSH_S * busy()

    asyncio.run(House({"source": "push", "user": "router", "password": "let-me-in", "port": port}).run(live))
