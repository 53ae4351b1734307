# SPDX-License-Identifier: MIT
"""How soon: from the start, or from a new address, to the HTTPS request at the provider."""

import os
import time

from ..lab import running
from ..netlab.agent_process import Agent, host, one_account
from ..netlab.line import Line, source
from .measure import Missing, usable

NAME = "demo.dyndns.org"


def arrived(lab, count, timeout=10):
    """time.monotonic() when the update number `count` reached the lab; Missing when it did not."""
    if not lab.wait_for(count, timeout, "update"):
        raise Missing("no request came within %d s" % timeout)
    return lab.ledger_book.requests("update", last=1)[-1]["at"]


def start(bench, interpreter):
    """ms from the start of the process to the first request: imports, journal, address, TLS."""
    interpreter = usable(interpreter)
    took = []
    for _ in range(bench.starts):
        with (
            running("dyn", bind="127.0.0.1") as lab,
            Agent(interpreter, one_account(lab, NAME), firmware=bench.compiled) as agent,
        ):
            agent.set_address("45.33.7.1")
            before = time.monotonic()
            agent.start()
            took.append((arrived(lab, 1) - before) * 1000)
    return took


def change(bench, interpreter):
    """ms from the kernel's new address to the request: netlink wakes the agent; one change each 2.5 s, the
    minimum interval (1 s here) and the second look lie between."""
    interpreter = usable(interpreter)
    if os.getuid() != 0:
        raise Missing("needs root (a network namespace)")
    took = []
    top = {"address": source(), "intervals": {"minimum": 1}}
    with (
        Line() as line,
        line.lab() as lab,
        Agent(
            interpreter, one_account(lab, NAME, top=top), firmware=bench.compiled, before=line.before
        ) as agent,
    ):
        line.change("45.33.7.1")
        agent.start()
        agent.wait(lambda s: host(s)["state"] == "ok")
        for number in range(2, bench.changes + 2):
            time.sleep(2.5)
            before = line.change("45.33.7.%d" % number)
            took.append((arrived(lab, number) - before) * 1000)
        if lab.findings():
            raise Missing("the provider objects: %s" % ", ".join(lab.findings()))
    return took
