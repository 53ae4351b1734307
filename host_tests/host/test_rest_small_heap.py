# SPDX-License-Identifier: MIT
"""JSON APIs in a board's heap: the exchange stage as .mpy files on 32-bit MicroPython, real TLS, answers
longer than the heap."""

import os
import subprocess

import pytest

from tools import ROOT
from tools.build import boards
from tools.lab import running
from tools.lab.providers import json_zone

#: rest_loop.py, with what stays of an agent around it (37 KB between two updates).
HEAP = "96k"
UPDATES = 6
#: By the shape of the API: ids and a list without a filter; set by name; a session and the whole zone in one
#: answer; old values; a signature and XML.
NAMES = ("cloudflare", "gandi", "netcup", "spaceship", "route53")


@pytest.fixture(scope="module")
def compiled():
    return boards.compiled(others=True, scripts=[ROOT / "host_tests/host/rest_loop.py"])


@pytest.mark.parametrize("name", NAMES)
def test_updates_with_answers_that_are_longer_than_the_heap(elf32, compiled, tmp_path, name):
    with running(name, bind="127.0.0.1") as lab:
        lab.world.noise = 100000
        lab.world.client_clock = 1800000000  # that of rest_loop.py
        json_zone.pad(lab.world, 300)
        ours = [(host, "A") for host in ("demo.example.net", "demo2.example.net")]
        before = [r for r in json_zone.foreign(lab.world, *ours) if r["content"]]
        argv = elf32.command(
            "main.py",
            name,
            lab.https_port,
            lab.ca_der,
            tmp_path,
            UPDATES,
            *[host for host, _ in ours],
            heap=HEAP,
        )
        done = subprocess.run(
            argv,
            cwd=compiled,
            env=dict(os.environ, MICROPYPATH=".:.frozen"),
            capture_output=True,
            text=True,
            timeout=120,
        )
        lines = done.stdout.splitlines()
        assert [line.split()[0] for line in lines] == ["ok"] * UPDATES, done.stdout + done.stderr
        assert int(lines[-1].split()[1]) - int(lines[1].split()[1]) < 512, lines  # nothing stays behind
        print("%s: %s bytes of heap between two updates" % (name, lines[-1].split()[1]))
        assert [r["content"] for r in lab.world.zone_records if (r["name"], r["type"]) in ours] == [
            "45.33.7.%d" % UPDATES
        ] * 2
        assert [r for r in json_zone.foreign(lab.world, *ours) if r["content"]] == before
        assert max(len(r["reply"]) for r in lab.ledger) > 100000 and lab.findings() == []
