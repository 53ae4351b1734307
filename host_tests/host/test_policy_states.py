# SPDX-License-Identifier: MIT
"""The core, exhaustively: every state of small worlds, and broken cores that each rule convicts
(policy_states.py)."""

import os
import time

import pytest
from wanbeacon.core import byhand, journal, outcome, policy, reasons, record

from host_tests.host import policy_states

NIGHTLY = bool(os.environ.get("WANBEACON_NIGHTLY"))
# world -> (hosts, moves, states, seconds of work: others may use the machine too); the night ends after them,
# whatever was found
WORLDS = {
    "one host": (1, None, 1_000_000 if NIGHTLY else 80_000, 360),
    "one host, deep": (1, policy_states.deep, 300_000 if NIGHTLY else 30_000, 100),
    "two hosts": (2, None, 300_000 if NIGHTLY else 20_000, 140),
}


@pytest.mark.timeout(3600 if NIGHTLY else 900)
@pytest.mark.parametrize("world", WORLDS)
def test_every_state_of_a_small_world_keeps_every_rule(world, capsys):
    hosts, only, most, box = WORLDS[world]
    end = time.process_time() + box
    found = policy_states.explore(hosts, most, NIGHTLY, lambda: time.process_time() > end, only)
    with capsys.disabled():
        print("\npolicy, %s: %s" % (world, found))
    assert found.depth >= 2
    assert found.states >= most // (4 if NIGHTLY else 1)


# ---- rules that never convict are worthless


def _deaf_to_stops(patch):
    patch.setattr(record.Record, "stopped", lambda self: False)


def _never_tires(patch):
    patch.setattr(record, "ODD_TRIES", 200)


def _stops_in_one_slot(patch):
    patch.setattr(journal, "_lasting", lambda records, paused: ([], False))


def _forgets_the_class(patch):
    real = journal._row

    def row(*args):
        rec = real(*args)
        rec.cls = ""
        return rec

    patch.setattr(journal, "_row", row)


def _forgets_waits(patch):
    real = journal._row

    def row(*args):
        rec = real(*args)
        rec.hold_for = rec.hold_wall = 0
        return rec

    patch.setattr(journal, "_row", row)


def _believes_every_clock(patch):
    patch.setattr(journal, "believed", lambda wall, newest: wall is not None)


def _hasty(kind):
    def sabotage(patch):
        patch.setitem(policy.SCHEDULE, kind, (7, 0, 20))

    return sabotage


def _ends_every_wait(patch):
    patch.setattr(policy, "_from_network", lambda rec: rec.cls == outcome.LATER)
    patch.setattr(policy, "_least", lambda rec, now, limits: 0)


def _sends_nothing_at_all(patch):
    real = policy.step

    def step(rec, want, now):
        verdict = real(rec, want, now)
        return (policy.SEND, now, (("due.new",),)) if verdict[2] == (("wait.address",),) else verdict

    patch.setattr(policy, "step", step)


def _always_changed(patch):
    patch.setattr(policy, "due", lambda rec, want, now: "due.changed")


def _forgets_what_is_stored(patch):
    real = policy._success

    def success(rec, *rest):
        said = real(rec, *rest)
        rec.v4 = None
        return said

    patch.setattr(policy, "_success", success)


def _keeps_the_first(patch):
    patch.setattr(policy, "changed", lambda rec, want: not rec.v4)


def _never_retries(patch):
    patch.setattr(byhand, "retry", lambda rec, now, wall: ("no.retry-soon", 60))


def _speechless(patch):
    patch.setattr(reasons, "hold", lambda rec: ("hold.hush",))


def _by_hand_at_once(patch):
    """As it was: the home's kind stayed with a request that may have arrived."""
    real = policy.start

    def start(rec, *rest):
        kind = rec.kind
        real(rec, *rest)
        rec.kind = kind

    patch.setattr(policy, "start", start)


MUTANTS = (
    ("stopped", _deaf_to_stops, 500), ("stopped", _never_tires, 15000), ("stopped", _forgets_the_class, 3000),
    ("kept", _stops_in_one_slot, 500), ("hold", _forgets_waits, 3000), ("hold", _believes_every_clock, 3000),
    ("hold", _ends_every_wait, 5000), ("hold", _by_hand_at_once, 100000),
    ("least", _hasty(outcome.TROUBLE), 500), ("least", _hasty(outcome.SERVER), 500),
    ("least", _hasty(outcome.ODD), 500), ("address", _sends_nothing_at_all, 500),
    ("once", _always_changed, 3000), ("once", _forgets_what_is_stored, 3000),
    ("lost", _keeps_the_first, 3000), ("lost", _never_retries, 3000), ("reason", _speechless, 500),
)  # fmt: skip


def test_every_rule_has_a_mutant_that_it_convicts():
    assert {one[0] for one in MUTANTS} == set(policy_states.RULES)


@pytest.mark.parametrize(("rule", "sabotage", "most"), MUTANTS)
def test_a_broken_core_is_convicted(rule, sabotage, most, monkeypatch):
    sabotage(monkeypatch)
    with pytest.raises(policy_states.Broken) as broken:
        only = policy_states.deep if sabotage is _never_tires else None
        policy_states.explore(1, most, only=only, live=rule == "lost")
    assert broken.value.args[0] == rule, broken.value
