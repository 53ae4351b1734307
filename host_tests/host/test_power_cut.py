# SPDX-License-Identifier: MIT
"""The journal on the real LittleFS and FAT over a flash chip in RAM that loses power before, during and after
every single program and erase; and what it costs such a chip."""

import subprocess

import pytest

from host_tests.needs import usable
from tools import ROOT, interpreters
from tools.bench import flash_wear


def power_cut(interpreter, *args):
    """(exit status, what it printed) of the script."""
    command = interpreter.command(ROOT / "host_tests/flash/power_cut.py", *args)
    env = interpreters.environment("firmware", "tools/bench/flash")
    done = subprocess.run(command, cwd=ROOT, env=env, capture_output=True, text=True, timeout=100)
    return done.returncode, done.stdout + done.stderr


@pytest.mark.parametrize("system", ["lfs", "fat"])
def test_after_every_cut_the_journal_is_the_state_before_or_the_state_after(each_micropython, system):
    status, said = power_cut(each_micropython, system, 30)
    print(said)
    assert status == 0, said
    writes, cuts = int(said.split()[1]), int(said.split("days, ")[1].split()[0])
    assert writes >= 120
    assert cuts >= 1400  # each write is a few programs and now and then an erase, each cut in three ways


@pytest.mark.parametrize("system", ["lfs", "fat"])
def test_a_careless_journal_is_found_out(system):
    status, said = power_cut(usable("micropython-amd64"), system, 5, "careless")
    assert status == 1
    assert "neither the state before nor the one after" in said


@pytest.mark.parametrize(("hosts", "most"), [(1, 60), (4, 900)])
def test_a_year_of_daily_changes_wears_the_flash_little(hosts, most, elf):
    cost = flash_wear.year(hosts, interpreter=elf)
    print(cost)
    assert cost["writes"] == 2 * 365
    assert 0 < cost["erases"] < most < flash_wear.BUDGET
    assert cost["week"] == 0  # no write at all in a week without a change
