# SPDX-License-Identifier: MIT
"""The look at what is published: real BIND as the zone's server; wrong, missing and stale answers told
apart, and what it costs in bytes. When it is made: in virtual time."""

import asyncio
import json
import socket
import subprocess
import sys
import threading

import pytest

from host_tests.needs import program
from tools import ROOT
from tools.netlab.lab import wait_for

sys.path += [str(ROOT / "host_tests/shared"), str(ROOT / "tools/simulate")]
import virtual
from loopback import Board as Lo
from wanbeacon.app import visible, words
from wanbeacon.core import address, dnswire
from wanbeacon.net.clock import Clock

OURS4, OURS6 = address.parse("45.33.7.7"), address.parse("2600:77:2::5")
ZONE = """$TTL 300
@ SOA ns.example.net. x.example.net. 1 3600 600 86400 60
@ NS ns
@ NS ns2
ns A 127.0.0.1
ns2 A 127.0.0.1
right A 45.33.7.7
right AAAA 2600:77:2::5
other A 45.33.9.9
both A 45.33.7.7
both A 45.33.9.9
alias CNAME right
sub NS ns
half A 45.33.7.7
"""
SUB = ZONE.partition("@ NS")[0] + "@ NS ns.example.net.\nhost A 45.33.7.7\n"
CONF = """options { directory "%(folder)s"; listen-on port %(port)d { 127.0.0.1; }; listen-on-v6 { none; };
  recursion no; pid-file none; session-keyfile "%(folder)s/key"; dnssec-validation no; };
controls { };
zone "example.net" { type primary; file "zone"; };
zone "sub.example.net" { type primary; file "sub"; };
"""


class Wire(threading.Thread):
    """Between the agent and BIND: counts bytes, and can answer as a server that is not the zone's own."""

    def __init__(self, port):
        super().__init__(daemon=True)
        self.to, self.bytes, self.count, self.strip = port, 0, 0, False
        self.sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.sock.bind(("127.0.0.1", 0))
        self.port = self.sock.getsockname()[1]
        self.start()

    def run(self):
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as out:
            out.connect(("127.0.0.1", self.to))
            out.settimeout(2)
            while True:
                try:
                    data, who = self.sock.recvfrom(600)
                    out.send(data)
                    answer = out.recv(1500)
                except OSError:
                    return
                self.bytes += len(data) + len(answer) + 2 * 28
                self.count += 1
                if self.strip and data[2] & 1 == 0:
                    answer = answer[:2] + bytes((answer[2] & ~4, answer[3] | 128)) + answer[4:]
                self.sock.sendto(answer, who)


@pytest.fixture(scope="module")
def bind(tmp_path_factory):
    folder = tmp_path_factory.mktemp("bind")
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
        sock.bind(("127.0.0.1", 0))
        port = sock.getsockname()[1]
    for name, text in (("zone", ZONE), ("sub", SUB), ("named.conf", CONF % {"folder": folder, "port": port})):
        (folder / name).write_text(text)
    with (folder / "log").open("wb") as log:
        server = subprocess.Popen(
            [program("named"), "-g", "-4", "-n", "1", "-c", folder / "named.conf"], stdout=log, stderr=log
        )
    asked = dnswire.query(b"ab", "right.example.net", dnswire.A, False)

    def answers():
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
            sock.settimeout(0.3)
            sock.connect(("127.0.0.1", port))
            try:
                sock.send(asked)
                return sock.recv(600)
            except OSError:
                return None

    try:
        wait_for(answers, "BIND does not answer")
        yield port
    finally:
        server.terminate()
        server.wait()


class Board(virtual.Board, Lo):
    def sources(self):
        return ()


def device(server, *names, **more):
    """An agent that has these names published at ours."""
    host = [{"name": name, "ipv6": name.startswith("right")} for name in names]
    doc = {
        "accounts": [{"provider": "dyn", "user": "ann", "password": "secret", "hosts": host}],
        "look": {"server": server},
        **more,
    }
    world = virtual.World(json.dumps(doc))
    agent = virtual.agent.Agent(world.cfg, Board(world), Clock(), transport=world.exchange)
    for h in agent.hosts():
        h.rec.v4, h.rec.v6 = OURS4, OURS6 if h.families[1] else None
    return agent


def seen(agent):
    async def go():
        for h in agent.hosts():
            h.looks += 1
            await visible.look(agent, h)

    asyncio.run(go())
    return [h.looked[0] for h in agent.hosts()]


CASES = (
    ("right.example.net", "look.visible"),
    ("other.example.net", "look.not_yet"),  # the old one, until the TTL is over
    ("both.example.net", "look.several"),
    ("alias.example.net", "look.alias"),
    ("missing.example.net", "look.not_yet"),
    ("host.sub.example.net", "look.visible"),
    ("host.elsewhere.org", "look.unknown"),
)


def test_right_wrong_missing_and_stale_are_told_apart_by_a_real_zone(bind):
    wire = Wire(bind)
    agent = device("127.0.0.1:%d" % wire.port, *[name for name, _ in CASES])
    found = seen(agent)
    assert [(name, code[0]) for (name, _), code in zip(CASES, found)] == list(CASES)
    assert words.say(*found[1]) == "not visible yet: the zone's servers show 45.33.9.9"
    later = [h.look_at is not None for h in agent.hosts()]
    assert later == [False, True, True, False, True, False, False], "what differed is looked at once more"
    assert [code[0] for code in seen(agent)][:2] == ["look.visible", "look.other"], "the TTL is over"
    assert words.say(*agent.hosts()[1].looked[0]).endswith("45.33.9.9: was it changed elsewhere?")
    assert not any(h.look_at for h in agent.hosts()), "and not again"


def test_a_look_costs_less_than_a_kilobyte(bind):
    wire = Wire(bind)
    assert seen(device("127.0.0.1:%d" % wire.port, "right.example.net"))[0] == ("look.visible",)
    print("%d datagrams there and back, %d bytes with their IP headers" % (wire.count, wire.bytes))
    assert wire.bytes < 1024
    one = Wire(bind)
    assert seen(device("127.0.0.1:%d" % one.port, "half.example.net"))[0] == ("look.visible",)
    print("one family: %d bytes" % one.bytes)


def test_an_answer_that_is_not_the_zones_own_proves_nothing(bind):
    """A router or provider that answers in the zone's place (AA is not set)."""
    wire = Wire(bind)
    wire.strip = True
    found = seen(device("127.0.0.1:%d" % wire.port, "other.example.net"))
    assert found[0] == ("look.unknown", ("look.lame",)), found


def test_an_address_of_another_line_beside_ours_is_as_it_should_be(bind):
    wire = Wire(bind)
    agent = device("127.0.0.1:%d" % wire.port, "both.example.net")
    for keep, code in ((False, "look.several"), (True, "look.visible")):
        host = agent.hosts()[0]
        host.doc["keep_others"], host.looks = keep, 2
        asyncio.run(visible.look(agent, host))
        assert host.looked[0][0] == code


def test_a_change_of_the_address_comes_first(bind):
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as mute:
        mute.bind(("127.0.0.1", 0))
        agent = device("127.0.0.1:%d" % mute.getsockname()[1], "right.example.net")

        async def go():
            task = asyncio.create_task(visible.look(agent, agent.hosts()[0]))
            await asyncio.sleep(0.3)
            agent.event.set()
            await asyncio.wait_for(task, 1)

        asyncio.run(go())
        assert agent.hosts()[0].looked is None and agent.hosts()[0].look_at


def test_damaged_messages_are_no_answer():
    asked = dnswire.query(b"ab", "right.example.net", dnswire.A, False)
    answer = (
        asked[:2] + b"\x84\0\0\1\0\1\0\0\0\0" + asked[12:] + b"\xc0\x0c\0\1\0\1\0\0\1\x2c\0\4\x2d\x21\7\7"
    )
    assert dnswire.read(answer, asked)["answer"] == [("right.example.net", 1, 300, OURS4)]
    for at in range(len(answer)):
        dnswire.read(answer[:at], asked)
        for value in (0, 0xC0, 0xFF):
            dnswire.read(answer[:at] + bytes((value,)) + answer[at + 1 :], asked)
    assert dnswire.read(b"xy" + answer[2:], asked) is None


def test_it_is_planned_60_to_120_s_after_an_update_and_only_then():
    text = json.dumps(
        {"accounts": [{"provider": "dyn", "user": "ann", "password": "secret", "hosts": ["a.example.org"]}]}
    )
    for chance in (0, 255):
        world = virtual.World(text, lambda chance=chance: chance)
        world.boot()
        host = world.agent.hosts()[0]
        host.account.look = True
        world.run(30)
        wait = host.look_at - world.agent.clock.mono()
        assert 30 <= wait <= 95, wait
        host.look_at = None
        world.run(86400)
        assert host.look_at is None, "nothing was sent, nothing is looked at"
    world.agent.command("verify")
    assert host.look_at is not None
