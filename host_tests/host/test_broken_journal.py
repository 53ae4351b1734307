# SPDX-License-Identifier: MIT
"""What the user asked for is not lost when the journal cannot be written just then."""

import pytest

from tools.lab import running
from tools.netlab.agent_process import CPYTHON, MICROPYTHONS, Agent, host, one_account

A, B = "45.33.7.9", "45.33.7.10"


def stop_the_host(lab, agent):
    """Started, updated and refused; the line has the address again that the provider stores: only a retry
    makes it send."""
    agent.set_address(A)
    agent.start()
    agent.wait(lambda s: host(s)["state"] == "ok")
    lab.answer("abuse", times=1)
    agent.set_address(B)
    agent.command("check")
    agent.wait(lambda s: host(s)["state"] == "stopped")
    agent.set_address(A)
    agent.command("check")
    agent.wait(lambda s: s["lines"][0]["ipv4"]["address"] == A)


@pytest.mark.parametrize("interpreter", (CPYTHON, MICROPYTHONS[1]))
def test_a_retry_outlives_a_journal_that_cannot_be_written(interpreter):
    with (
        running("dyn", bind="127.0.0.1") as lab,
        Agent(interpreter, one_account(lab, "demo.dyndns.org"), speed=30, check=1) as agent,
    ):
        stop_the_host(lab, agent)
        assert agent.command("retry demo.dyndns.org")["ok"]
        slots = [agent.state / name for name in ("journal.a", "journal.b")]
        for slot in slots:
            slot.unlink()
            slot.mkdir()
        agent.wait(lambda s: "cannot be written" in host(s)["why"])
        assert len(lab.updates) == 2
        for slot in slots:
            slot.rmdir()
        agent.wait(lambda s: len(lab.updates) == 3 and host(s)["state"] == "ok")


@pytest.mark.parametrize("interpreter", (CPYTHON, MICROPYTHONS[1]))
def test_a_retry_outlives_a_server_that_cannot_be_reached(interpreter):
    with (
        running("dyn", bind="127.0.0.1") as lab,
        Agent(interpreter, one_account(lab, "demo.dyndns.org"), speed=300, check=1, budget=500) as agent,
    ):
        stop_the_host(lab, agent)
        lab.fault("mute", times=1, kind_of="any")
        assert agent.command("retry demo.dyndns.org")["ok"]
        agent.wait(lambda s: host(s)["result"] == "timeout")
        agent.wait(lambda s: len(lab.updates) == 3 and host(s)["state"] == "ok")
