# SPDX-License-Identifier: MIT
"""One lab per file and the agent under MicroPython against it, with time two hundred times as fast on
both sides. What the five test_services files share.

Both clocks run fast, so that a minimum interval of a minute is a wait of 0.3 s, and the lab judges it as the
minute it is. What concerns half an hour or a month runs the agent faster still and moves the lab's clock by
hand.
"""

import contextlib
import time
from urllib.parse import parse_qsl

import pytest

from tools.lab import running
from tools.netlab.agent_process import Agent, account

SPEED = 200
#: For waits of half an hour, and of a month.
HOURS, MONTHS = 3000, 3000000
A, B, C = "45.33.7.9", "45.33.7.10", "45.33.7.11"
A6, B6 = "2a00:1450:4001::9", "2a00:1450:4001::10"


def lab_of(provider):
    """A module-wide fixture `lab`, as new for each test; at the end nothing may be held against the agent."""

    @pytest.fixture(scope="module", name="one_lab")
    def one_lab():
        with running(provider, speed=SPEED) as lab:
            yield lab

    @pytest.fixture
    def lab(one_lab):
        one_lab.allowed = set()
        one_lab.reset()
        yield one_lab
        assert set(one_lab.findings()) <= one_lab.allowed, one_lab.verdicts()

    return one_lab, lab


@contextlib.contextmanager
def service(lab, *hosts, addresses=(A,), speed=SPEED, accounts=None, top=None, **more):
    """A running agent; hosts and more: its one account, or accounts: all of them."""
    config = {
        "accounts": accounts or [account(lab, *hosts, **more)],
        "device": {"contact": "dev@wanbeacon.example"},
        **(top or {}),
    }
    with Agent("micropython-wheel", config, speed=speed, check=1) as agent:
        agent.set_address(*addresses)
        agent.lab, agent.speed = lab, speed
        agent.start()
        yield agent


def until(agent, condition, timeout=40):
    """agent.wait(condition), while the agent is made to look again several times a second: its loop sleeps
    real seconds."""
    last = time.monotonic()

    def poked(document):
        nonlocal last
        if condition(document):
            return True
        if time.monotonic() - last > 0.15:
            agent.command("check")
            last = time.monotonic()
        return False

    return agent.wait(poked, timeout)


def settled(agent, count=None, timeout=40):
    """Wait until every host has its result and nothing is due; returns {name: entry}. count: updates the lab
    saw."""

    def done(document):
        entries = document["hosts"]
        quiet = all(
            h["state"] in ("ok", "stopped", "paused") or (h["class"] in ("LATER", "ODD") and h["next_in"])
            for h in entries
        )
        return entries and quiet and (count is None or len(agent.lab.updates) >= count)

    document = until(agent, done, timeout)
    if count is not None:
        assert len(agent.lab.updates) == count, [u["target"] for u in agent.lab.updates]
    return {h["name"]: h for h in document["hosts"]}


def move(agent, *addresses, count, published=None):
    """A change of the line: wait for update number `count` and until each host named in `published` answers
    so."""
    agent.set_address(*addresses)
    agent.command("check")
    entries = until(
        agent,
        lambda s: (
            len(agent.lab.updates) >= count and all(h["state"] in ("ok", "stopped") for h in s["hosts"])
        ),
    )
    for name, records in (published or {}).items():
        assert agent.lab.published(name) == records, name
    assert len(agent.lab.updates) == count
    return {h["name"]: h for h in entries["hosts"]}


def say(agent, line, condition):
    """A user's command; tried again while the answer is "too early". Then wait until the status says so."""
    agent.wait(lambda _: agent.command(line)["ok"])
    return until(agent, condition)


def outlasts(agent, name, seconds):
    """The provider's trouble, met by the first request, is over: the second comes, but not before `seconds`
    have passed."""
    entry = settled(agent, 1)[name]
    assert entry["class"] == "LATER" and entry["state"] == "waiting", entry
    agent.lab.world.advance(seconds)  # the lab's clock is the slower one
    until(agent, lambda s: s["hosts"][0]["state"] == "ok")
    first, second = agent.lab.updates
    assert (second["at"] - first["at"]) * agent.speed >= seconds
    return entry["result"]


def refreshed(agent, name, days=28):
    """The name is sent again, unchanged, in the last sixteenth of `days`; returns the entry of the host
    then."""
    next_in = settled(agent, 1)[name]["next_in"]
    gone = (time.monotonic() - agent.lab.updates[0]["at"]) * agent.speed
    assert next_in <= days * 86400 and next_in + gone > days * 86400 * 0.92
    agent.lab.world.advance((days - 1) * 86400)
    return until(agent, lambda s: len(agent.lab.updates) >= 2 and s["hosts"][0]["class"] == "SAME")["hosts"][
        0
    ]


def rounds(agent, count=3):
    """Let the agent walk through the house `count` times more: it looks once a second, and once per check."""
    for _ in range(count):
        agent.command("check")
        before = agent.now()["uptime"]
        agent.wait(lambda s, before=before: s["uptime"] > before)


def dns(four=None, six=None):
    return {"A": four, "AAAA": six}


def params(update):
    """The parameters of an update in the ledger, out of its query or its form."""
    query = update["target"].partition("?")[2] or update["body"]
    return dict(parse_qsl(query, keep_blank_values=True, strict_parsing=True))
