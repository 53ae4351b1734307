# SPDX-License-Identifier: MIT
"""A new address on a device of this machine, told by the kernel, is at the provider at once. Root: a network
namespace."""

import time

import pytest

from tools.netlab.agent_process import CPYTHON, MICROPYTHONS, Agent, host, one_account
from tools.netlab.line import Line, source

NAME = "demo.dyndns.org"
#: ms from the change to the request that nobody's machine exceeds; `make bench` measures what it really is.
AT_ONCE = 1000

pytestmark = pytest.mark.needs_root


@pytest.fixture
def line():
    with Line() as made:
        yield made


@pytest.fixture
def lab(line):
    with line.lab() as made:
        yield made


def agent_on(line, lab, interpreter, **switches):
    top = {"address": source(), "intervals": {"minimum": 1}}
    return Agent(interpreter, one_account(lab, NAME, top=top), before=line.before, **switches)


def at(address):
    return lambda document: host(document)["ipv4"] == address and host(document)["state"] == "ok"


@pytest.mark.parametrize("interpreter", [CPYTHON, *MICROPYTHONS])
def test_a_few_changes_reach_the_provider_at_once(line, lab, interpreter):
    with agent_on(line, lab, interpreter, speed=20) as agent:
        line.change("45.33.7.1")
        agent.start()
        agent.wait(at("45.33.7.1"))
        took = []
        for number in range(2, 6):
            time.sleep(0.3)  # the minimum interval, twenty times as fast
            before = line.change("45.33.7.%d" % number)
            agent.wait(at("45.33.7.%d" % number))
            took.append((lab.updates[-1]["at"] - before) * 1000)
        assert max(took) < AT_ONCE, took
        assert [entry["wanted"]["A"] for entry in lab.updates] == ["45.33.7.%d" % n for n in range(1, 6)]
        assert lab.findings() == []


def test_a_change_while_the_first_request_is_under_way_is_not_missed(line, lab):
    lab.fault("slow", seconds=1, times=1)
    with agent_on(line, lab, MICROPYTHONS[1], speed=20) as agent:
        line.change("45.33.7.1")
        agent.start()
        while not lab.connections:
            time.sleep(0.01)
        time.sleep(0.2)
        line.change("45.33.7.2")
        agent.wait(at("45.33.7.2"))
        assert len(lab.updates) == 2


def test_an_address_that_comes_and_goes_leaves_the_name_where_it_was(line, lab):
    with agent_on(line, lab, MICROPYTHONS[1]) as agent:
        line.change("45.33.7.1")
        agent.start()
        agent.wait(at("45.33.7.1"))
        for address in (None, "10.1.2.3", None, "45.33.7.1"):
            line.change(address)
            time.sleep(0.2)
        document = agent.wait(
            lambda s: s["lines"][0]["ipv4"]["address"] == "45.33.7.1" and host(s)["state"] == "ok"
        )
        assert len(lab.updates) == 1 and host(document)["ipv4"] == "45.33.7.1"


def test_the_old_address_that_the_kernel_still_lists_is_not_sent_again(line, lab):
    """DHCP clients often add the new address before they take the old one away."""
    with agent_on(line, lab, MICROPYTHONS[1], speed=20) as agent:
        line.change("45.33.7.1")
        agent.start()
        agent.wait(at("45.33.7.1"))
        line.address = None  # change() adds only
        line.change("45.33.7.2")
        time.sleep(0.5)
        line.address, after = "45.33.7.1", "45.33.7.2"
        line.change(None)
        agent.wait(at(after))
        assert [entry["wanted"]["A"] for entry in lab.updates] == ["45.33.7.1", "45.33.7.2"]
