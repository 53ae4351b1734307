# SPDX-License-Identifier: MIT
"""What the tests of an agent on a line share: its settings, how fast its time runs, when a request
arrived."""

import time

from tools.netlab.lab import PROVIDER

NAME = "demo.dyndns.org"
#: The agent's own time runs so many times as fast (its deadlines and its sleep do not).
SPEED = 20


def config(lab, *sources, **top):
    """One account at the lab on the internet."""
    account = {"provider": "dyn", "user": "demo", "password": "demo-key", "hosts": [NAME],
               "server": "%s:%d" % (PROVIDER, lab.https_port), "ca": str(lab.ca_der)}  # fmt: skip
    return {"accounts": [account], "address": list(sources), "intervals": {"minimum": 1}, **top}


def arrival(lab, address, timeout):
    """time.monotonic() when the request for `address` reached the provider, or None when there was none in
    time."""
    end = time.monotonic() + timeout
    while True:
        # not lab.updates: that copies the whole ledger, and takes its time from the agent
        for row in lab.ledger_book.requests("update", last=4):
            if row.get("wanted", {}).get("A") == address and "status" in row:
                return row["at"]
        left = end - time.monotonic()
        if left <= 0:
            return None
        time.sleep(min(left, 0.015))
