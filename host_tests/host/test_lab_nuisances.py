# SPDX-License-Identifier: MIT
"""The lab as a test server for others: nuisances at random and again the same, a verdict at the end. Host
only."""

import json
import os
import signal
import subprocess
import sys
from collections import Counter

import pytest

from host_tests.host.lab_client import exchange
from tools import ROOT
from tools.lab import running
from tools.lab.nuisances import TROUBLE, Nuisances

UPDATES = 120


def served(seed):
    """(the faults of every update, the bodies) of a lab with these nuisances; addresses alternate, so that
    each is a change."""
    with running() as lab:
        lab.annoy(Nuisances(seed))
        bodies = [
            exchange(
                lab,
                "/nic/update?hostname=demo.dyndns.org&myip=45.33.7.%d" % (number % 2 + 1),
                user="demo",
                password="demo-key",
            ).text
            for number in range(UPDATES)
        ]
        return [entry["faults"] for entry in lab.updates], bodies


@pytest.mark.timeout(120)
def test_a_seed_gives_the_same_nuisances_again_and_a_911_stores_nothing(monkeypatch):
    monkeypatch.setattr("tools.lab.nuisances.DELAY", 0.1)
    faults, bodies = served(7)
    assert served(7)[0] == faults
    count = Counter(name for names in faults for name in names)
    assert set(count) == {"911", "title-case", "chunked", "slow"}
    assert 1 <= count["911"] <= UPDATES * TROUBLE * 3, "rare"
    for names, body, number in zip(faults, bodies, range(UPDATES), strict=True):
        assert body.lower().startswith(
            "911"
            if "911" in names
            else ("good 45.33.7.%d" % (number % 2 + 1), "nochg 45.33.7.%d" % (number % 2 + 1))
        )


def test_a_fault_that_was_asked_for_comes_without_nuisances():
    with running() as lab:
        lab.annoy(Nuisances(1))
        for _ in range(20):
            lab.answer("badauth\n", times=1)
            assert (
                exchange(
                    lab,
                    "/nic/update?hostname=demo.dyndns.org&myip=45.33.7.9",
                    user="demo",
                    password="demo-key",
                ).text
                == "badauth\n"
            )


@pytest.mark.parametrize(("agent", "status"), [("Testers Ltd - Good Client - 1.0", 0), ("curl/8.0", 1)])
def test_strict_ends_with_a_verdict(tmp_path, agent, status):
    args = [sys.executable, "-m", "tools", "lab", "--strict", "--no-nuisances", "--dir", str(tmp_path)]
    with subprocess.Popen(
        args, cwd=ROOT, text=True, stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=dict(os.environ)
    ) as process:
        try:
            assert process.stdout.readline().endswith("; no nuisances\n")
            made = json.loads((tmp_path / "lab.json").read_text())

            class Remote:
                ports, ca_pem = made["ports"], made["ca_pem"]

            exchange(
                Remote,
                "/nic/update?hostname=demo.dyndns.org&myip=45.33.7.9",
                user="demo",
                password="demo-key",
                agent=agent,
            )
        finally:
            process.send_signal(signal.SIGTERM)
        out, err = process.communicate(timeout=15)
    assert process.returncode == status, err
    assert ("generic User-Agent, 1 times" in out) == bool(status)
