# SPDX-License-Identifier: MIT
"""Journals that 0.1.0 wrote (host_tests/data/journal-0.1.0: every class of outcome, both slots): nothing is
sent, no stop is forgotten, no wait is shortened by the upgrade."""

import json
import shutil

import pytest
from wanbeacon.app import agent, config
from wanbeacon.board import linux
from wanbeacon.core import address, policy

from tools import ROOT

DATA = ROOT / "host_tests/data/journal-0.1.0"
CASES = sorted(path.name for path in DATA.iterdir())


class Clock:
    def __init__(self, wall):
        self.now = wall

    def mono(self):
        return 1000

    def mono_ms(self):
        return 1000000

    def wall(self):
        return self.now

    record = wall

    def stepped(self):
        return 0

    def ask_due(self):
        return False


def started(case, folder, wall):
    """An agent of this version with the settings and the journal of 0.1.0; nothing may be sent."""
    for name in ("journal.a", "journal.b"):
        shutil.copy(DATA / case / name, folder)
    board = linux.Board(str(folder))
    board.unique = b"recorded"

    def never(*_, **__):
        pytest.fail("a request after an upgrade")  # no Exception: the agent's walls would catch that

    cfg = config.load((DATA / case / "config.json").read_text(), config.ROUTER_MAX)
    return agent.Agent(cfg, board, Clock(wall), out=lambda line, level: None, transport=never)


@pytest.mark.parametrize("case", CASES)
def test_an_upgrade_keeps_every_record(case, tmp_path):
    expected = json.loads((DATA / case / "expected.json").read_text())
    one = started(case, tmp_path, expected["wall"])
    assert one.journal.paused == expected["paused"] and one.journal.lost is None
    for host, row in zip(one.hosts(), expected["hosts"], strict=True):
        rec = host.rec
        assert rec.stopped() == row["stopped"], row
        for name in ("v4", "v6", "try4", "try6"):
            assert getattr(rec, name) == (row[name] and address.parse(row[name])), (name, row)
        names = (
            "at",
            "attempt",
            "root",
            "same",
            "single",
            "hold_for",
            "hold_wall",
            "force_for",
            "force_wall",
            "offline",
        )
        for name in ("cls", "word", "kind", "fails", "nets", "odds") + names:
            assert getattr(rec, name) == row[name], (name, row)


@pytest.mark.parametrize("case", CASES)
def test_an_upgrade_sends_nothing_that_was_not_owed_before(case, tmp_path):
    expected = json.loads((DATA / case / "expected.json").read_text())
    one = started(case, tmp_path, expected["wall"])
    for host, row in zip(one.hosts(), expected["hosts"], strict=True):
        rec = host.rec
        what = policy.step(rec, (rec.v4, rec.v6), 1000)[0]
        owed = row["attempt"] or row["offline"] == 1
        assert what != policy.SEND or owed, row
        assert what == policy.STOPPED or not row["stopped"]
    one.save()
    again = started_from(tmp_path, one)
    assert [h.rec.stopped() for h in again.hosts()] == [h.rec.stopped() for h in one.hosts()]


def started_from(folder, before):
    """The next start of this version from the journal it has just written."""
    board = linux.Board(str(folder))
    board.unique = b"recorded"
    return agent.Agent(before.cfg, board, before.clock, out=lambda line, level: None)
