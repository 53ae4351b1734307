"""One lab per file and the agent under MicroPython against it, with time a hundred times as fast on both sides. What the
five test_services files share; it must not know a provider.

Both clocks run fast, so that a minimum interval of a minute is a wait of 0.6 s, and the lab judges it as the minute it is.
"""

import contextlib
from urllib.parse import parse_qsl

import pytest

from host_tests.host.agent_process import Agent, account, host
from tools.lab import running

SPEED = 100
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
    config = {"accounts": accounts or [account(lab, *hosts, **more)], **(top or {})}
    with Agent("micropython-wheel", config, speed=speed, check=1) as agent:
        agent.set_address(*addresses)
        agent.lab = lab
        agent.start()
        yield agent


def settled(agent, count=None, timeout=20):
    """Wait until every host has its result and nothing is due; returns {name: entry}. count: updates the lab saw."""
    def done(document):
        entries = document["hosts"]
        quiet = all(h["state"] in ("ok", "stopped", "paused") or (h["class"] in ("LATER", "ODD") and h["next_in"]) for h in entries)
        return entries and quiet and (count is None or len(agent.lab.updates) >= count)

    document = agent.wait(done, timeout)
    if count is not None:
        assert len(agent.lab.updates) == count, [u["target"] for u in agent.lab.updates]
    return {h["name"]: h for h in document["hosts"]}


def move(agent, *addresses, count, published=None):
    """A change of the line: wait for update number `count` and until each host named in `published` answers so."""
    agent.set_address(*addresses)
    agent.command("check")
    entries = agent.wait(lambda s: len(agent.lab.updates) >= count and all(h["state"] in ("ok", "stopped") for h in s["hosts"]))
    for name, records in (published or {}).items():
        assert agent.lab.published(name) == records, name
    assert len(agent.lab.updates) == count
    return {h["name"]: h for h in entries["hosts"]}


def say(agent, line, until):
    """A user's command; tried again while the answer is "too early". Then wait until the status says `until`."""
    agent.wait(lambda _: agent.command(line)["ok"])
    return agent.wait(until)


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


__all__ = ["A6", "B6", "SPEED", "A", "B", "C", "account", "dns", "host", "lab_of", "move", "params", "rounds", "say", "service", "settled"]
