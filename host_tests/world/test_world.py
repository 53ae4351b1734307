# SPDX-License-Identifier: MIT
"""The whole agent in one deterministic world (world.py): its observers, wire, journal and clock on a seed, in
virtual time.

A seed that fails prints its story, shortened by leaving out what it does not need: put that into STORIES
below. What is not in this world: TLS (C code; host_tests/host/test_tls_chains.py), the kernel's addresses
(host_tests/netlab), and memory that runs out in earnest (host_tests/board).
"""

import os
import subprocess
import sys
import time
from collections import Counter

import pytest
from wanbeacon.app import agent
from wanbeacon.core import outcome, policy
from wanbeacon.net import clock, lan, wire
from wanbeacon.observe import choosing, natpmp, quiet

from host_tests.world import story, world
from host_tests.world.story import Story

NIGHTLY = bool(os.environ.get("WANBEACON_NIGHTLY"))
FIRST = int(os.environ.get("WANBEACON_SEED") or 0) * 100000 if NIGHTLY else 0
SEEDS, BOX_S = (10**6, 100 * 60) if NIGHTLY else (100, 400)
SHRINK_S = 60


def live(one):
    """Play a story; a broken rule fails the test with the shortest story that breaks it."""
    try:
        return world.Universe(one).play()
    except world.Broken as broken:
        short = shrink(one, broken.args[0])
        pytest.fail("%s\n%s\nseed %s; the shortest story like that:\n%s" % (*broken.args, one.seed, short))


def breaks(one):
    """The rule that a story breaks, or None."""
    try:
        world.Universe(one).play()
    except world.Broken as broken:
        return broken.args[0]


def shrink(one, rule):
    """The story without each row that it does not need to break the same rule, in a minute at most."""
    end = time.monotonic() + SHRINK_S
    size = len(one.rows) // 2
    while size:
        at = 0
        while at < len(one.rows) and time.monotonic() < end:
            fewer = Story(one.seed, one.rows[:at] + one.rows[at + size :], one.check, one.cross, one.days)
            if breaks(fewer) == rule:
                one = fewer
            else:
                at += size
        size //= 2
    return one


@pytest.mark.timeout(0)
def test_in_no_seed_is_a_rule_broken(capsys):
    # seconds of work: others may use the machine too
    began, days, faults, checks, seed = time.process_time(), 0, Counter(), Counter(), FIRST
    try:
        while seed < FIRST + SEEDS and time.process_time() < began + BOX_S:
            lived = live(story.draw(seed))
            days += lived.story.days
            faults += lived.faults
            checks += lived.checks
            seed += 1
    finally:  # a night that is over says what it has lived
        with capsys.disabled():
            kinds = ", ".join(["%d %s" % (count, what) for what, count in sorted(faults.items())])
            print("\nthe world: %d seeds, %.1f virtual years in %d s; %d faults: %s; invariant checks: %s" % (
                seed - FIRST, days / 365.25, time.process_time() - began, sum(faults.values()), kinds,
                ", ".join(["%d %s" % (count, what) for what, count in sorted(checks.items())])))  # fmt: skip
    assert NIGHTLY or seed == SEEDS, "too slow: %d seeds" % seed
    assert all(checks[rule] for rule in world.RULES)


# ---- the same seed, the same story


def told(one):
    """A story's every event and every line of the log, as bytes: when it happens, what, and for when it was
    set."""
    out, universe = [], world.Universe(one)
    net, device = universe.net, universe.device
    at, say = net.at, device._say

    def noted(ms, act, *args):
        out.append("%d %d %s" % (net.ms, ms, getattr(act, "__qualname__", "?")))
        at(ms, act, *args)

    def said(line, level):
        say(line, level)
        out.append(device.lines[-1])

    net.at, device._say = noted, said
    universe.play(last=False)
    out.append("%s %s %s" % (universe.faults, universe.checks, [bytes(slot.data) for slot in device.slots]))
    return "\n".join(out).encode()


def test_a_seed_tells_the_same_story_byte_for_byte():
    """Twice in this process with another seed between, and in one of its own, whose hashes are others."""
    first = told(story.draw(11))
    told(story.draw(12))
    assert told(story.draw(11)) == first and len(first) > 100000
    code = (
        "import sys, wanbeacon_cpython; from host_tests.world import story, test_world;"
        "sys.stdout.buffer.write(test_world.told(story.draw(11)))"
    )
    env = dict(os.environ, PYTHONHASHSEED="4711", PYTHONPATH=os.pathsep.join(sys.path))
    done = subprocess.run([sys.executable, "-c", code], env=env, capture_output=True, timeout=200)
    assert done.stdout == first, done.stderr


# ---- at boot


@pytest.mark.parametrize("part", range(4))
def test_a_resolver_that_is_late_at_boot_costs_eight_seconds_at_most(part):
    for seed in range(part, 200, 4):
        late = 1 + seed * 59 / 199
        one = world.Universe(Story(seed, [(0, late, "names", "missing")], 300, False, (late + 8) / 86400))
        one.play(last=False)
        assert [p.stored(name) for p, name in zip(one.providers, world.NAMES)] == ["45.33.1.1"] * 2, (
            seed,
            late,
            one.device.lines,
        )


def test_a_connection_that_is_refused_once_is_tried_again_within_ten_seconds():
    for seed in range(20):
        one = world.Universe(Story(seed, [(0, 4, "provider", "refuse")], 300, False, 15 / 86400))
        one.play(last=False)
        assert one.providers[0].stored(world.NAMES[0]) == "45.33.1.1", one.device.lines


# ---- what was found here

STORIES = [
    # a router whose SOAP answers with errors: what its NAT-PMP said was never believed again
    Story(3, [(13000, 16000, "soap", "500"), (14000, 14000, "renumber", "45.33.2.10")], 300, False, 0.3),
    Story(3, [(13000, 16000, "soap", "garbage"), (14000, 14000, "renumber", "45.33.2.10")], 900, False, 0.3),
    # forged answers that had come long before were taken for new, and the next look was five minutes away
    Story(5, [(700, 1500, "forger", "8.8.4.4"), (700, 90000, "router-tcp", "refuse"),
              (700, 90000, "page", "hang"), (1480, 1480, "renumber", "45.33.2.10")], 300, False, 0.1),
    # the line went down in the wait after a 911: a second after it was back the address of before was sent
    Story(68, [(4000, 4020, "provider", "911"), (4000.04, 4000.04, "renumber", "45.33.7.31"),
               (4720, 5920, "line", "down"), (4720, 5920, "router-web", "noise")], 300, True, 0.2),
]  # fmt: skip


@pytest.mark.parametrize("one", STORIES)
def test_what_was_found_stays_right(one):
    live(one)


# ---- a judge that never convicts is worthless: broken agents, and the rule that each must be caught by


def _believes_natpmp(patch):
    async def check(self, router, packed):
        self.told = packed
        return natpmp.FOUND, packed, ("router.told", router)

    patch.setattr(natpmp.Observer, "_check", check)


def _asks_twice_only(patch):
    """SOAP is not asked, and nothing listens."""
    _believes_natpmp(patch)
    patch.setattr(quiet.Asker, "disturbed", lambda self: False)


def _no_wall_between_sources(patch):
    def fault(error):
        raise error

    patch.setattr(choosing, "_fault", fault)


def _needs_a_colon(patch):
    real = wire.Wire._line

    def line(self):
        found = real(self)
        if found == b"nonsense\r\n":
            raise RuntimeError("maximum recursion depth exceeded")
        return found

    patch.setattr(wire.Wire, "_line", line)


def _waits_for_ever(patch):
    """Neither an exchange with the router nor a source has an end of its own."""
    patch.setattr(lan, "_EXCHANGE_MS", 1 << 28)
    patch.setattr(choosing, "LIMIT_S", 1 << 28)


def _writes_down_any_time(patch):
    patch.setattr(clock.Clock, "record", lambda self: self.wall())


def _rests_for_everybody(patch):
    """One account's trouble keeps the other from being looked at."""
    real = agent.Agent._act

    def act(self, account):
        if self.accounts[0].hosts[0].rec.cls == outcome.LATER:
            return False
        return real(self, account)

    patch.setattr(agent.Agent, "_act", act)


def _sends_again(patch):
    patch.setattr(policy, "due", lambda rec, want, now: "due.changed")


def _mute(patch):
    patch.setattr(choosing, "_verdict", lambda *args: _without_sources(args))


def _without_sources(args, real=choosing._verdict):
    kind, packed, name, why = real(*args)
    return kind, packed, name, ("sources.all", []) if why[0] == "sources.disagree" else why


def _keeps_its_first_address(patch):
    patch.setattr(policy, "changed", lambda rec, want: not rec.v4)


MUTANTS = (
    ("wrong", _believes_natpmp), ("wrong", _asks_twice_only), ("walls", _no_wall_between_sources),
    ("walls", _needs_a_colon), ("right", _waits_for_ever), ("time", _writes_down_any_time),
    ("right", _rests_for_everybody), ("fair", _sends_again), ("said", _mute),
    ("right", _keeps_its_first_address),
)  # fmt: skip


def test_every_rule_has_a_mutant_that_it_convicts():
    assert {rule for rule, _ in MUTANTS} == set(world.RULES)


@pytest.mark.parametrize(("rule", "sabotage"), MUTANTS)
def test_a_broken_agent_is_convicted(rule, sabotage, monkeypatch):
    sabotage(monkeypatch)
    found = set()
    for seed in range(40):
        found.add(breaks(story.draw(seed)))
        if rule in found:
            return
    pytest.fail("rule %r was not found broken; found: %s" % (rule, found))
