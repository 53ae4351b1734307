# SPDX-License-Identifier: MIT
"""The agent sends the requests of an account over one connection, and nothing more on it once an answer said
stop. How the wire does it is test_agent_exchanges.py."""

import pytest

from tools.lab import running
from tools.netlab.agent_process import Agent, account

COUNT = 6
NAMES = ["h%d.dyndns.org" % number for number in range(COUNT)]
ACCOUNTS = {"zones": ["dyndns.org"], "accounts": [{"user": "demo", "password": "demo-key", "hosts": NAMES}]}
INTERPRETERS = ("cpython", "micropython-amd64")


@pytest.fixture
def lab():
    with running("dyn", bind="127.0.0.1", accounts=ACCOUNTS) as made:
        yield made


def agent(interpreter, lab):
    """Six hosts with an address each."""
    hosts = [{"name": name, "suffix": "::1:%d" % (n + 1), "ipv4": False} for n, name in enumerate(NAMES)]
    one = Agent(interpreter, {"accounts": [account(lab, *hosts)], "intervals": {"minimum": 1}})
    one.set_address("2600:3c00:77::1")
    return one


def settled(status):
    return all(one["state"] in ("ok", "stopped") for one in status["hosts"])


@pytest.mark.parametrize("interpreter", INTERPRETERS)
def test_the_requests_of_an_account_share_a_connection(lab, interpreter):
    with agent(interpreter, lab) as one:
        one.start()
        one.wait(settled)
        assert [lab.published(name)["AAAA"][-3:] for name in NAMES] == [
            "1:%d" % (n + 1) for n in range(COUNT)
        ]
        assert lab.wait_quiet()  # closed when all were sent
        assert [row["served"] for row in lab.connections] == [COUNT] and lab.findings() == []


@pytest.mark.parametrize("interpreter", INTERPRETERS)
@pytest.mark.parametrize("word, status", [("badauth", 200), ("badauth", 401), ("abuse", 200)])
def test_nothing_more_leaves_on_it_after_a_refusal_that_stops_the_account(lab, interpreter, word, status):
    lab.answer(word + "\n", status, host=NAMES[2])
    with agent(interpreter, lab) as one:
        one.start()
        one.wait(lambda s: s["hosts"][2]["state"] == "stopped")
        if word == "badauth":
            one.wait(lambda s: all(host["state"] == "stopped" for host in s["hosts"]))
            assert [row["hosts"] for row in lab.updates] == [[name] for name in NAMES[:3]]
        else:  # of this host alone: the others go on
            one.wait(settled)
            assert len(lab.updates) == COUNT
        assert lab.wait_quiet() and lab.findings() == []


@pytest.mark.parametrize("interpreter", INTERPRETERS)
def test_what_was_sent_on_a_connection_that_then_ends_is_not_sent_again(lab, interpreter):
    """Whether the third request was dealt with nobody knows: it waits, and so do those behind it."""
    lab.fault("hang-up", after=2, answer="no")
    with agent(interpreter, lab) as one:
        one.start()
        one.wait(lambda s: all(host["state"] == "waiting" for host in s["hosts"][2:]))
        assert [host["state"] for host in one.now()["hosts"][:2]] == ["ok"] * 2
        assert lab.wait_quiet() and [row["served"] for row in lab.connections] == [3]
        assert [row["hosts"] for row in lab.updates] == [[name] for name in NAMES[:3]]
        assert lab.findings() == []
