# SPDX-License-Identifier: MIT
"""Every JSON API of the lab on 32-bit MicroPython, as .mpy files in a board's heap: the whole agent through a
name's life, with real TLS. What each step must look like in detail: test_rest_lab.py, on CPython."""

import os
import shutil
from types import SimpleNamespace

import pytest

from host_tests.host.rest_home import (
    ALL,
    DAY,
    DEMO,
    HOUR,
    ONE_CHANGE,
    V4,
    V4B,
    V6,
    V6B,
    WORDS_ONLY,
    BoardHome,
    Labs,
    foreign,
    ours,
    renew,
)
from tools import ROOT
from tools.build import boards
from tools.lab.providers import json_zone

#: 16 KB above the least that the hungriest of them (Route 53, Alibaba) went through with: room for
#: another day's fragments. The whole agent is in it, with settings as text and the test's own loop.
HEAP = "144k"
#: The seven of issue 17, and one with signatures and XML; at night all.
NAMES = ALL if os.environ.get("WANBEACON_NIGHTLY") else [*ALL[:7], "route53"]
PAGE = "<!DOCTYPE html><html><title>Just a moment...</title>success unauthorized</html>"


@pytest.fixture(scope="module")
def compiled(tmp_path_factory):
    """A folder with the agent as a board has it, started by rest_agent.py."""
    folder = tmp_path_factory.mktemp("mpy") / "lib"
    script = ROOT / "host_tests/host/rest_agent.py"
    shutil.copytree(boards.compiled(others=True, scripts=[script]), folder)
    # without the pause between two calls (Porkbun): it is real, and has a test of its own
    rest = folder / "catalogue/rest.dat"
    rest.write_bytes(rest.read_bytes().replace(b'"gap":1200', b'"gap":   1'))
    return folder


@pytest.fixture(scope="module")
def labs():
    with Labs() as made:
        yield made.get


@pytest.fixture(params=NAMES)
def board(request, labs, elf32, compiled, tmp_path):
    """`lab`: one as new; `home(**more)`: a BoardHome with it."""
    lab = labs(request.param)
    renew(lab)
    made = []

    def home(**more):
        folder = tmp_path / str(len(made))
        folder.mkdir()
        argv = elf32.command(compiled / "main.py", heap=HEAP)
        environment = dict(os.environ, MICROPYPATH="%s:.frozen" % compiled)
        made.append(BoardHome(lab, folder, argv, environment, compiled / "catalogue/providers.dat", **more))
        return made[-1].start()

    yield SimpleNamespace(lab=lab, home=home)
    for one in made:
        one.end()


def test_a_life_in_a_boards_heap(board):
    lab, before = board.lab, foreign(board.lab, *DEMO)
    calls = ONE_CHANGE.get(lab.provider, 1)
    home = board.home()
    home.round()
    assert ours(home) == ([V4], [V6]) and home.host().state == "ok"
    assert home.round(120) == []
    home.line(V4B, V6)
    assert len(home.round(120)) == calls and ours(home) == ([V4B], [V6])
    home.restart()
    assert home.round(1) == [] and home.round(HOUR) == []
    home.line(V4B, V6B)
    assert len(home.round(120)) == calls and ours(home) == ([V4B], [V6B])
    # a proxy's page in place of an answer, trouble there, a rate limit: nobody stops, nothing is forgotten
    home.line(V4, V6)
    lab.answer(PAGE, status=200)
    home.round(120)
    assert (home.host().cls, home.host().stopped) == ("ODD", False), home.host()
    lab.switchboard.clear()
    lab.world.outage = "911"
    home.round(3 * HOUR)
    assert home.host().cls == "LATER" and home.round(60) == []
    lab.world.outage = ""
    home.round(3 * HOUR)
    assert ours(home) == ([V4], [V6])
    lab.rules.burst = (1, 2000)
    home.line(V4B, V6B)
    lab.world._ahead += 4000
    home.round(4000)
    assert home.host().cls == "LATER" and (lab.provider in WORDS_ONLY or home.host().hold_for >= 1990)
    lab.rules.burst = ()
    lab.world.advance(3 * HOUR)
    home.round(3 * HOUR)
    assert ours(home) == ([V4B], [V6B])
    # answers longer than the heap, and nothing remembered
    lab.world.noise = 100000
    json_zone.pad(lab.world, 200)
    (home.folder / "state" / "ids").unlink()
    home.line(V4, V6)
    home.round(120)
    assert ours(home) == ([V4], [V6]) and max(len(r["reply"]) for r in lab.ledger) > 100000
    lab.world.zone_records[:] = [r for r in lab.world.zone_records if not r["name"].startswith("h")]
    assert foreign(lab, *DEMO) == before and lab.findings() == []
    print("%s: %d bytes of heap between two updates" % (lab.provider, home.heap))


def test_refusals_in_a_boards_heap(board):
    lab, before = board.lab, json_zone.foreign(board.lab.world)
    home = board.home(password="wrong", token="wrong")
    assert len(home.round()) == 1 and home.host().cls == "AUTH"
    assert home.round(2 * DAY) == []
    hosts = ["new.example.net", {"name": "twin.example.net", "ipv6": False}, "demo.other.example"]
    home = board.home(hosts=hosts)
    home.round()
    home.round(HOUR)
    told = {one.name: (one.cls, one.word) for one in home.told}
    assert told == {
        "new.example.net": ("HOST", "no such record"),
        "twin.example.net": ("HOST", "several records"),
        "demo.other.example": ("HOST", "no such zone"),
    }
    assert home.round(2 * DAY) == [] and json_zone.foreign(lab.world) == before
    home = board.home()
    home.line(None, V6)
    home.round()
    assert home.content(kind="AAAA") == [V6] and home.content() == ["198.51.100.7"]
