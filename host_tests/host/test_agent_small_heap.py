# SPDX-License-Identifier: MIT
"""A hundred HTTPS updates of five hosts in 120 KB of heap, as of the command line: 32-bit objects, .mpy
files, real TLS."""

import pytest

from tools.lab import running
from tools.netlab import as_board
from tools.netlab.agent_process import Agent, host, one_account
from tools.netlab.line import Line, source

HEAP = "132k"
HOSTS = ["h%02d.dyndns.org" % number for number in range(1, 6)]
UPDATES = 100


@pytest.fixture(scope="module")
def compiled(tmp_path_factory):
    """The firmware as .mpy files, and fast_agent.py: its minimum interval, a second, is over before the next
    change."""
    return as_board.compile_all(tmp_path_factory.mktemp("mpy"), "fast_agent")


def everywhere(address):
    return lambda document: all(h["ipv4"] == address and h["state"] == "ok" for h in document["hosts"])


@pytest.mark.needs_root
def test_a_hundred_updates_of_five_hosts_as_the_kernel_tells_of_them(elf32, compiled):
    config = {"address": source(), "intervals": {"minimum": 1}}
    with (
        Line() as line,
        line.lab() as lab,
        Agent(
            elf32.name,
            one_account(lab, *HOSTS, top=config),
            firmware=compiled,
            heap=HEAP,
            before=line.before,
            module="fast_agent",
        ) as agent,
    ):
        line.change("45.33.7.1")
        agent.start()
        agent.wait(everywhere("45.33.7.1"))
        for number in range(1, UPDATES):
            address = "45.33.8.%d" % number
            line.change(address)
            agent.wait(everywhere(address))
        assert len(lab.updates) == UPDATES and lab.findings() == []
        assert {lab.published(name)["A"] for name in HOSTS} == {address}
        assert "fault" not in agent.output
        assert agent.command("status")["counters"]["requests"] == UPDATES
        assert agent.command("pause")["ok"] and agent.command("resume")["ok"]


def test_a_first_update_through_a_check_page_with_a_refusal_and_commands(elf32, compiled):
    """The other ways through the house in the same heap: web, a stop, every command."""
    with running("dyn", bind="127.0.0.1") as lab:
        lab.world.check_address = "45.33.7.9"
        page = [{"source": "web", "url": "https://localhost:%d/" % lab.https_port, "ca": str(lab.ca_der)}]
        lab.world.host(HOSTS[4]).state = "blocked"
        with Agent(
            elf32.name, one_account(lab, *HOSTS, top={"address": page}), firmware=compiled, heap=HEAP
        ) as agent:
            agent.start()
            document = agent.wait(lambda s: all(h["class"] for h in s["hosts"]))
            assert [h["class"] for h in document["hosts"]] == ["OK"] * 4 + ["BLOCK"]
            for line in (
                "check",
                "update",
                "update " + HOSTS[0],
                "retry " + HOSTS[4],
                "pause",
                "resume",
                "offline " + HOSTS[1],
                "nonsense",
            ):
                assert "ok" in agent.command(line)
            assert host(agent.now(), HOSTS[4])["state"] in ("stopped", "waiting")
            assert "fault" not in agent.output, agent.output
