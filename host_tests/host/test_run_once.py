# SPDX-License-Identifier: MIT
"""`wanbeacon run --once`, for cron and timers: one look, at most one update, and the exit status says what to
do. The journal keeps what a run learned for the next one."""

import time

import pytest

from tools.lab import running
from tools.netlab.agent_process import CPYTHON, MICROPYTHONS, Agent, one_account

A, B = "45.33.7.9", "45.33.7.10"
SOME = pytest.mark.parametrize("interpreter", [CPYTHON, MICROPYTHONS[0], MICROPYTHONS[2]])
QUICK = {"intervals": {"minimum": 1}}
OK, HELP, LATER = 0, 1, 3


@pytest.fixture
def pair(interpreter):
    """(lab, agent) with one host."""
    with (
        running("dyn", bind="127.0.0.1") as lab,
        Agent(interpreter, one_account(lab, "demo.dyndns.org", top=QUICK)) as agent,
    ):
        agent.set_address(A)
        yield lab, agent


def once(agent):
    """(exit status, what it printed) of one run; nothing is left behind that a second run would meet."""
    status, out, err = agent.run("run", "--once")
    assert "Traceback" not in out + err and not agent.control.exists(), out + err
    return status, out + err


@SOME
def test_each_change_is_one_update_and_a_run_without_a_change_sends_nothing(pair):
    lab, agent = pair
    status, said = once(agent)
    assert status == OK and len(lab.updates) == 1 and A in said and "demo.dyndns.org" in said, said
    for _ in range(3):
        assert once(agent) == (OK, ""), "cron sends a mail of whatever is printed"
    assert len(lab.updates) == 1, "what the journal knows is not sent again"
    agent.set_address(B)
    end = time.monotonic() + 60
    while (status := once(agent)[0]) == LATER and time.monotonic() < end:
        pass  # sooner than the settings allow: for the next run
    assert status == OK and len(lab.updates) == 2
    assert lab.published("demo.dyndns.org")["A"] == B


@SOME
def test_a_refusal_is_a_status_of_its_own_and_is_not_repeated(interpreter):
    with (
        running("dyn", bind="127.0.0.1") as lab,
        Agent(interpreter, one_account(lab, "demo.dyndns.org", password="wrong")) as agent,
    ):
        agent.set_address(A)
        for _ in range(3):
            status, said = once(agent)
            assert status == HELP and "stopped" in said, said
        assert len(lab.updates) == 1, "a stop outlives the run"


@SOME
def test_what_a_later_run_can_do_is_status_3(pair):
    lab, agent = pair
    agent.set_address()  # none yet
    status, said = once(agent)
    assert status == LATER and not lab.updates, said
    agent.set_address(A)
    assert once(agent)[0] == OK and len(lab.updates) == 1


@SOME
def test_beside_an_agent_that_runs_it_does_nothing(pair):
    lab, agent = pair
    agent.start()
    agent.wait(lambda s: s["hosts"][0]["state"] == "ok")
    status, _, err = agent.run("run", "--once")
    assert status == HELP and "another wanbeacon runs already" in err and len(lab.updates) == 1


def test_a_mistake_in_the_settings_is_said_as_by_run():
    with Agent(MICROPYTHONS[0], {"accounts": []}) as agent:
        status, _, err = agent.run("run", "--once")
        assert status == HELP and "accounts" in err and err.startswith("wanbeacon: ")
