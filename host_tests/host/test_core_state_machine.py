# SPDX-License-Identifier: MIT
"""The whole core under random lives: the real agent in virtual time, flash that is cut, a provider in memory,
a judge.

Invariants (tools/simulate/oracle.py, RULES; each is shown below to convict a broken agent):
  no request while stopped; none before a hold's end, however many reboots; none without a change, a refresh
  or a command; never a bogon; the newest publishable address is sent in the end; a host's stop never stops
  another account; the journal never grows past its bound; nothing while paused; updates by hand are
  rate-limited.

Two drivers of the same steps (core_life.py): a RuleBasedStateMachine, which shrinks to readable calls, and a
dense form of 200 numbers per life, which costs a fifth and so makes up the number. `make nightly` runs
100,000 lives.
"""

import os

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule, run_state_machine_as_test
from wanbeacon.app import plan
from wanbeacon.core import address, byhand, journal, policy
from wanbeacon.core import record as model

from host_tests.host import core_life as life
from tools.simulate import oracle
from tools.simulate.quick import quick

NIGHTLY = bool(os.environ.get("WANBEACON_NIGHTLY"))
DENSE, READABLE = (98000, 2000) if NIGHTLY else (1950, 50)  # lives; 200 steps each
STEPS = 200
common = settings(
    deadline=None,
    print_blob=True,
    derandomize=not NIGHTLY,
    database=None,
    suppress_health_check=list(HealthCheck),
)


@pytest.fixture(autouse=True)
def in_a_hurry():
    with quick(patient=True):
        yield


@pytest.mark.timeout(30000 if NIGHTLY else 600)
@settings(common, max_examples=DENSE, phases=[Phase.generate])
# one draw: 200 draws would cost as much as the life
@given(st.binary(min_size=3 * STEPS, max_size=3 * STEPS))
def test_no_life_of_200_steps_breaks_a_rule(data):
    steps = life.steps_of(data)
    try:
        life.play(steps)
    except (Exception, oracle.Broken) as e:
        few = life.shortest(steps)
        said = ["%s%s" % life.step_of(number) for number in few]
        raise AssertionError("%s: %s; life.play(%s):\n%s" % (type(e).__name__, e, few, "\n".join(said)))


some = st.sampled_from
host = some(life.HOSTS)


class Core(RuleBasedStateMachine):
    """Every step of core_life.Life as a rule."""

    def __init__(self):
        super().__init__()
        self.life = life.Life()

    @rule(seconds=some(life.WAITS))
    def time_passes(self, seconds):
        self.life.wait(seconds)

    @rule(seconds=some(life.LONG))
    def weeks_pass(self, seconds):
        self.life.long(seconds)

    @rule(text=some(life.V4 + life.BOGONS + [None, -1]))
    def the_ipv4_address_changes(self, text):
        self.life.address(text)

    @rule(text=some([*life.V6, None, -1, "fe80::1"]))
    def the_ipv6_address_changes(self, text):
        self.life.address(text, 6)

    @rule(a=some(life.V4), b=some(life.V4), seconds=some(life.WAITS[:5]))
    def the_address_flaps(self, a, b, seconds):
        self.life.flap(a, b, seconds)

    @rule(whom=some(life.TARGETS), what=some(life.SAYS))
    def the_provider_says(self, whom, what):
        self.life.say(whom, what)

    @rule()
    def the_provider_is_well(self):
        self.life.well()

    @rule(seconds=some(life.WAITS), leap=some(life.LEAPS), cause=some(["start", "power"]))
    def the_device_reboots(self, seconds, leap, cause):
        self.life.reboot(seconds, leap, cause)

    @rule(kind=some(["old", "new", "torn"]), torn=st.integers(0, 255), seconds=some(life.WAITS))
    def the_next_write_is_cut(self, kind, torn, seconds):
        self.life.cut(kind, torn, seconds)

    @rule(when=some(["before", "after"]), seconds=some(life.WAITS))
    def the_next_request_is_cut(self, when, seconds):
        self.life.die(when, seconds)

    @rule(works=st.booleans())
    def the_flash_refuses_or_works(self, works):
        self.life.flash(works)

    @rule(number=some([0, 1]), both=st.booleans())
    def a_slot_is_damaged(self, number, both):
        self.life.damage(number, both)

    @rule(seconds=some(life.STEPS))
    def the_clock_is_stepped(self, seconds):
        self.life.step(seconds)

    @rule(right=st.booleans())
    def the_clock_is_set_or_lost(self, right):
        self.life.clock(right)

    @rule(password=some([0, 1, 2]), option=some([None, "ON"]), two=st.booleans())
    def the_user_edits_the_settings(self, password, option, two):
        self.life.edit(password, option, two)

    @rule(name=some(["update", "retry", "offline"]), host=host)
    def the_user_commands(self, name, host):
        self.life.command(name, *host)

    @rule(host=host, seconds=some(life.WAITS[:8]))
    def the_user_hammers_on_the_button(self, host, seconds):
        self.life.hammer(*host, seconds)

    @rule(name=some(["pause", "resume"]))
    def the_user_pauses_or_resumes(self, name):
        self.life.command(name)

    @invariant()
    def a_hosts_stop_never_stops_another_account(self):
        self.life.agree()

    @invariant()
    def the_journal_never_grows_past_its_bound(self):
        bound = oracle.HEAD + oracle.PER_HOST * len(self.life.judge.now)
        assert all(len(slot.data or b"") <= bound + oracle.PER_HOST for slot in self.life.world.slots)

    def teardown(self):
        self.life.end()


@pytest.mark.timeout(30000 if NIGHTLY else 600)
def test_the_state_machine_finds_no_broken_rule():
    run_state_machine_as_test(
        Core, settings=settings(common, max_examples=READABLE, stateful_step_count=STEPS)
    )


# ---- a judge that never convicts is worthless: broken agents, and the rule each must be caught by


def _no_hold(monkeypatch):
    monkeypatch.setattr(policy, "hold", lambda rec, now, wall, seconds, why=None: None)


def _no_stop(monkeypatch):
    monkeypatch.setattr(model.Record, "stopped", lambda self: False)
    monkeypatch.setattr(life.Life, "agree", lambda self: None)


def _forgetful(monkeypatch):
    real = journal._row

    def row(*args):
        rec = real(*args)
        rec.hold_for = rec.hold_wall = 0
        return rec

    monkeypatch.setattr(journal, "_row", row)


def _believes_every_clock(monkeypatch):
    monkeypatch.setattr(journal, "believed", lambda wall, newest: wall is not None)


def _always_changed(monkeypatch):
    monkeypatch.setattr(policy, "due", lambda rec, want, now: "due.changed")


def _sends_all(monkeypatch):
    monkeypatch.setattr(address, "why_not", lambda packed: None)


def _deaf_to_pause(monkeypatch):
    monkeypatch.setattr(
        model.Journal, "paused", property(lambda self: False, lambda self, value: None), raising=False
    )


def _fat_journal(monkeypatch):
    real = journal.encode
    monkeypatch.setattr(journal, "encode", lambda *args: real(*args) + bytes(200))


def _stops_all(monkeypatch):
    real = policy.answered

    def answered(rec, out, *rest):
        if out.cls in policy.STOPS:
            out.reach = 2
        return real(rec, out, *rest)

    monkeypatch.setattr(policy, "answered", answered)


def _loses_changes(monkeypatch):
    monkeypatch.setattr(policy, "changed", lambda rec, want: not rec.v4)


def _always_grants(monkeypatch):
    real = byhand.force

    def force(rec, *args):
        rec.force = 0
        return real(rec, *args)

    monkeypatch.setattr(byhand, "force", force)


def _sends_another(monkeypatch):
    real = plan.want
    monkeypatch.setattr(
        plan, "want", lambda host: (address.parse(life.V4[2]) if real(host)[0] else None, None)
    )


MUTANTS = (
    ("hold", _no_hold), ("hold", _forgetful), ("hold", _believes_every_clock), ("stopped", _no_stop),
    ("reason", _always_changed), ("bogon", _sends_all), ("paused", _deaf_to_pause), ("journal", _fat_journal),
    ("spread", _stops_all), ("lost", _loses_changes), ("force", _always_grants), ("newest", _sends_another),
)  # fmt: skip


def test_every_rule_has_a_mutant_that_it_convicts():
    assert {rule_name for rule_name, _ in MUTANTS} == set(oracle.RULES)


@pytest.mark.parametrize(("rule_name", "sabotage"), MUTANTS)
def test_a_broken_agent_is_convicted(rule_name, sabotage, monkeypatch):
    import random

    sabotage(monkeypatch)
    found = set()
    for seed in range(60):
        chance = random.Random(seed)
        try:
            life.play([chance.randrange(1 << 20) for _ in range(STEPS)])
        except oracle.Broken as broken:
            found.add(str(broken).split(":")[0])
        if oracle.RULES[rule_name] in found:
            return
    pytest.fail("rule %r was not found broken; found: %s" % (rule_name, found))
