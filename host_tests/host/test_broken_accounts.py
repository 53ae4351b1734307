# SPDX-License-Identifier: MIT
"""One login in two entries of "accounts", as two lines need it: at the provider it is one account, and one
name may stand in both."""

import time

import pytest

from tools.lab import running
from tools.netlab.agent_process import CPYTHON, MICROPYTHONS, Agent, account, host

A, A6 = "45.33.7.9", "2a00:1450:4001::9"
SOME = (CPYTHON, MICROPYTHONS[1])


def other_line(address):
    return [{"source": "command", "command": "echo " + address}]


@pytest.mark.parametrize("interpreter", SOME)
def test_a_refused_login_is_not_tried_by_the_other_entry(interpreter):
    with running("dyn", bind="127.0.0.1") as lab:
        config = {
            "accounts": [
                account(lab, name, password="not-the-key") for name in ("demo.dyndns.org", "test.dyndns.org")
            ]
        }
        with Agent(interpreter, config) as agent:
            agent.set_address(A)
            agent.start()
            agent.wait(lambda s: all(h["state"] == "stopped" for h in s["hosts"]))
            agent.kill()
            agent.start()
            agent.wait(lambda s: all(h["state"] == "stopped" for h in s["hosts"]))
            assert len(lab.updates) == 1 and lab.findings() == []


@pytest.mark.parametrize("interpreter", SOME)
def test_911_holds_the_other_entry_too(interpreter):
    with running("dyn", bind="127.0.0.1") as lab:
        lab.answer("911")
        config = {"accounts": [account(lab, "demo.dyndns.org"), account(lab, "test.dyndns.org")]}
        with Agent(interpreter, config) as agent:
            agent.set_address(A)
            agent.start()
            document = agent.wait(lambda s: all(h["next_in"] and h["next_in"] >= 1790 for h in s["hosts"]))
            assert len(lab.updates) == 1, document


@pytest.mark.parametrize("interpreter", SOME)
def test_another_login_goes_on(interpreter):
    with running("dyn", bind="127.0.0.1") as lab:
        config = {
            "accounts": [
                account(lab, "test.dyndns.org", user="other", password="not-the-key"),
                account(lab, "demo.dyndns.org"),
            ]
        }
        with Agent(interpreter, config) as agent:
            agent.set_address(A)
            agent.start()
            agent.wait(
                lambda s: (
                    host(s, "demo.dyndns.org")["state"] == "ok"
                    and host(s, "test.dyndns.org")["state"] == "stopped"
                )
            )


@pytest.mark.parametrize("interpreter", SOME)
def test_a_name_with_its_ipv4_from_one_line_and_its_ipv6_from_another_outlives_a_restart(interpreter):
    with running("dyn", bind="127.0.0.1") as lab:
        config = {
            "accounts": [
                account(lab, {"name": "demo.dyndns.org", "ipv6": False}),
                account(lab, {"name": "demo.dyndns.org", "ipv4": False}, address=other_line(A6)),
            ]
        }
        with Agent(interpreter, config) as agent:
            agent.set_address(A)
            for _ in range(3):
                agent.start()
                document = agent.wait(
                    lambda s: (
                        all(h["state"] != "new" for h in s["hosts"])
                        and s["counters"]["journal_writes"] in (0, 4)
                    )
                )
                time.sleep(0.2)
                assert [(h["state"], h["ipv4"], h["ipv6"]) for h in document["hosts"]] == [
                    ("ok", A, None),
                    ("ok", None, A6),
                ]
                agent.kill()
            assert len(lab.updates) == 2
