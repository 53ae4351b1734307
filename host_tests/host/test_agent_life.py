# SPDX-License-Identifier: MIT
"""What the agent keeps over restarts, quiet times, power cuts and servers that hang: no needless request, no
lost state."""

import contextlib
import itertools
import random
import socket
import threading
import time

import pytest
from wanbeacon.core import journal

from tools.lab import running
from tools.netlab.agent_process import (
    CPYTHON,
    EVERY,
    MICROPYTHONS,
    Agent,
    account,
    forms_of,
    host,
    one_account,
)

A, B = "45.33.7.9", "45.33.7.10"
MINIMUM = 60


def is_ok(document):
    return all(h["state"] == "ok" for h in document["hosts"])


def slots(agent):
    """{file name: (content, time of the last write)} of the journal."""
    return {path.name: (path.read_bytes(), path.stat().st_mtime_ns) for path in sorted(agent.state.iterdir())}


@pytest.mark.parametrize("interpreter", EVERY)
def test_a_restart_with_an_unchanged_address_sends_and_writes_nothing(interpreter):
    with (
        running("dyn", bind="127.0.0.1") as lab,
        Agent(interpreter, one_account(lab, "demo.dyndns.org")) as agent,
    ):
        agent.set_address(A)
        agent.start()
        agent.wait(is_ok)
        agent.stop()
        before = slots(agent)
        for end in (agent.kill, agent.stop, agent.kill):
            agent.start()
            agent.wait(lambda s: is_ok(s) and s["counters"]["requests"] == 0)
            end()
        assert len(lab.connections) == len(lab.updates) == 1 and slots(agent) == before
        assert lab.findings() == []


@pytest.mark.parametrize("interpreter", EVERY)
def test_ctrl_c_ends_it_also_in_the_middle_of_its_work_and_the_next_start_needs_no_help(interpreter):
    def ask_on():
        with contextlib.suppress(OSError, ValueError):  # until it is gone
            while True:
                agent.command("status", timeout=0.5)

    with (
        running("dyn", bind="127.0.0.1") as lab,
        Agent(interpreter, one_account(lab, "demo.dyndns.org")) as agent,
    ):
        agent.set_address(A)
        for _ in range(12):
            agent.start()
            agent.wait(is_ok)
            asking = threading.Thread(target=ask_on)
            asking.start()
            time.sleep(0.02 + random.random() * 0.1)
            agent.stop()
            asking.join()
        assert len(lab.updates) == 1 and "Traceback" not in agent.output


def test_ten_quiet_minutes_bring_no_packet_and_no_write():
    """Time-compressed: 120 of the agent's seconds in one, a look at the address each second. `make bench`
    waits in full."""
    with (
        running("dyn", bind="127.0.0.1") as lab,
        Agent(MICROPYTHONS[1], one_account(lab, "demo.dyndns.org"), speed=120, check=1) as agent,
    ):
        agent.set_address(A)
        agent.start()
        agent.wait(is_ok)
        before, sequence = slots(agent), agent.status()["journal"]["sequence"]
        agent.wait(lambda s: s["uptime"] >= 630, timeout=30)
        assert len(lab.connections) == 1 and slots(agent) == before
        assert agent.now()["journal"]["sequence"] == sequence and agent.now()["counters"]["requests"] == 1


def test_a_change_after_quiet_times_is_followed_once_and_only_once():
    with (
        running("dyn", bind="127.0.0.1") as lab,
        Agent(MICROPYTHONS[1], one_account(lab, "demo.dyndns.org"), speed=60, check=1) as agent,
    ):
        agent.set_address(A)
        agent.start()
        agent.wait(is_ok)
        for address in (B, A, B):
            agent.wait(lambda s: host(s)["next"] == "refresh")
            agent.set_address(address)
            agent.wait(lambda s, address=address: is_ok(s) and host(s)["ipv4"] == address)
        assert len(lab.updates) == 4 and lab.findings() == []


# kill -9


def records(agent):
    """What the journal holds as the kill left it. Both slots damaged: fails."""
    images = [journal.decode(content) for content, _ in slots(agent).values()] if agent.state.exists() else []
    if images in ([], [None]):
        return []  # killed before its first write was complete
    assert any(images), "both slots are damaged: %r" % slots(agent)
    return max(filter(None, images), key=lambda image: image[0])[3]


def pass_the_wait(lab, agent):
    """Let the lab's time go to where the journal's longest hold is over; returns the seconds."""
    seconds = max([MINIMUM, *(record.hold_wall - int(lab.world.now()) for record in records(agent))]) + 3
    lab.world.advance(seconds)
    return seconds


def test_a_hundred_kills_around_updates_damage_no_journal_and_cause_no_needless_request():
    rng = random.Random(7)
    unknown = 0
    with (
        running("dyn", bind="127.0.0.1") as lab,
        Agent(MICROPYTHONS[1], one_account(lab, "demo.dyndns.org", "demo2.dyndns.org"), wall="wall") as agent,
    ):
        ahead = 0
        for number in range(100):
            limit = 0.25
            if rng.random() < 0.8:  # its wait goes by; else a restart within it must stay quiet
                limit = rng.choice((0.25, 2))  # a slow machine has not asked within the first
                ahead += pass_the_wait(lab, agent)
                agent.set_address("45.33.%d.%d" % (number + 1, rng.randrange(1, 250)))
            (agent.folder / "wall").write_text(str(ahead))
            connections, start = len(lab.connections), time.monotonic()
            agent.start()
            while len(lab.connections) == connections and time.monotonic() - start < limit:
                time.sleep(0.002)
            # before the request, in the middle of it, after the answer was stored
            time.sleep(rng.random() * 0.15)
            agent.kill()
            # what was on its way arrives in its own time
            while not all(c["closed"] for c in lab.connections[-2:]):
                time.sleep(0.002)
            unknown += any(record.attempt for record in records(agent))
        (agent.folder / "wall").write_text(str(ahead + pass_the_wait(lab, agent)))
        agent.start()
        document = agent.wait(is_ok)

        assert (
            host(document)["ipv4"]
            == lab.published("demo.dyndns.org")["A"]
            == agent.address_file.read_text().strip()
        )
        assert document["journal"]["lost"] in (None, "one journal slot was damaged; the other is used")
        assert "what was published is not known" not in agent.output and "fault" not in agent.output
        times = [entry["time"] for entry in lab.updates]
        assert len(times) >= 25, "the kills came too early to say anything: %d updates" % len(times)
        gaps = [late - early for early, late in itertools.pairwise(times)]
        assert min(gaps) >= MINIMUM - 1, "two requests within the minimum interval: %s" % sorted(gaps)[:3]
        # A request whose answer was never read is sent once more: the only needless ones there may be.
        needless = [row for verdict in lab.verdicts() for row in verdict["findings"]]
        assert {row["finding"] for row in needless} <= {"needless update"}
        assert sum(row["count"] for row in needless) <= unknown


# servers that hang


@pytest.fixture
def mute():
    """The port of a server that accepts connections and never says a word."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen(50)
        yield listener.getsockname()[1]


@pytest.mark.parametrize("interpreter", [CPYTHON, MICROPYTHONS[0], MICROPYTHONS[2]])
def test_an_account_at_a_mute_server_does_not_keep_the_other_from_being_served(interpreter, mute):
    with running("dyn", bind="127.0.0.1") as lab:
        config = {
            "accounts": [
                account(lab, "demo.dyndns.org", server="localhost:%d" % mute),
                account(lab, "other.dyndns.org", user="other", password="other-key"),
            ]
        }
        with Agent(interpreter, config, budget=700) as agent:
            agent.set_address(A)
            start = time.monotonic()
            agent.start()
            document = agent.wait(lambda s: host(s, "other.dyndns.org")["state"] == "ok")
            assert time.monotonic() - start < 6
            entry = host(document, "demo.dyndns.org")
            assert (entry["class"], entry["result"], entry["state"]) == ("LATER", "timeout", "waiting")
            assert "did not answer in time" in entry["text"]
            assert lab.published("other.dyndns.org")["A"] == A and lab.findings() == []


@pytest.mark.parametrize("interpreter", [CPYTHON, MICROPYTHONS[0], MICROPYTHONS[2]])
def test_a_command_is_answered_between_two_accounts_that_time_out(interpreter):
    names = ["h%d.dyndns.org" % number for number in range(6)]
    with (
        running("dyn", bind="127.0.0.1") as lab,
        Agent(
            interpreter,
            {"accounts": [account(lab, name, user="u%d" % number) for number, name in enumerate(names)]},
            budget=1000,
        ) as agent,
    ):
        lab.fault("mute", kind_of="any")
        agent.set_address(A)
        agent.start()
        while not lab.connections:
            assert agent.process.poll() is None, agent.output
            time.sleep(0.01)
        assert agent.command("pause")["ok"]
        agent.wait(lambda s: host(s, names[-1])["state"] == "paused")
        assert len(lab.connections) < 4, "six seconds for all of them"


HANGS = {
    "mute-after-tls": ({}, "timeout"),
    "dribble": ({"interval": 0.05}, "timeout"),
    "slow": ({"seconds": 30}, "timeout"),
    "endless-header": ({}, "header"),
    "endless-line": ({}, "header"),
    "endless-body": ({}, "too long"),
    "reset": ({}, ("reset", "cut")),
    "half": ({}, ("cut", "timeout")),  # the lab's close comes a second late
}


@pytest.mark.parametrize("interpreter", [CPYTHON, MICROPYTHONS[0], MICROPYTHONS[2]])
def test_each_hanging_exchange_ends_in_time_and_the_agent_lives_on_and_recovers(interpreter):
    """BUDGET is 700 ms here; the other half of a promise: when the server is well again, so is every host."""
    names = {fault: "h%d.dyndns.org" % number for number, fault in enumerate(HANGS)}
    with running(
        "dyn",
        bind="127.0.0.1",
        accounts={
            "accounts": [
                {"user": fault, "password": "key-of-" + fault, "hosts": [name]}
                for fault, name in names.items()
            ]
        },
    ) as lab:
        for fault, name in names.items():
            lab.fault(fault, host=name, **HANGS[fault][0])
        config = {
            "accounts": [
                account(lab, name, user=fault, password="key-of-" + fault) for fault, name in names.items()
            ]
        }
        with Agent(interpreter, config, budget=700, speed=2000) as agent:
            agent.set_address(A)
            agent.start()
            document = agent.wait(lambda s: all(h["class"] for h in s["hosts"]))
            for fault, name in names.items():
                assert host(document, name)["result"] in HANGS[fault][1], fault
            longest = max(c["closed"] - c["opened"] for c in lab.connections if c["closed"])
            assert longest < 0.7 + 1.5, "an exchange took %.1f s" % longest
            for fault in HANGS:
                assert not any(form in agent.everything() for form in forms_of("key-of-" + fault, fault))
            descriptors = agent.descriptors()
            lab.clear()
            end = time.monotonic() + 40
            while not is_ok(agent.now()) and time.monotonic() < end:
                agent.command("check")  # the agent's time runs 2000 times as fast, its sleep does not
                time.sleep(0.2)
            assert is_ok(agent.now()), agent.output
            assert {lab.published(name)["A"] for name in names.values()} == {A}
            # the last command's is just being closed
            while agent.descriptors() > descriptors and time.monotonic() < end:
                time.sleep(0.05)
            assert agent.descriptors() <= descriptors
