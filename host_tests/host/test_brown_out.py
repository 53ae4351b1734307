# SPDX-License-Identifier: MIT
"""Brown-out: a thousand reboots in a row at random moments around a pending update; the provider hears of it
once.

The real agent, decide and journal in virtual time; the power goes in a write to flash (before, torn, after),
before or after a request reaches the provider, or at any other moment, with and without a clock.
"""

import random

import pytest
from wanbeacon.app import agent
from wanbeacon.core import policy

from tools.simulate import virtual

REBOOTS = 1000
MINIMUM = 60
PLAIN = '{"accounts": [{"provider": "dyn", "user": "ann", "password": "x", "hosts": ["a.example.org"]}]}'


class Counted(virtual.World):
    """A world that counts every request that leaves, also those the device dies of."""

    def __init__(self, seed):
        self.chance = random.Random(seed)
        super().__init__(PLAIN, lambda: self.chance.randrange(256))
        for account in self.cfg["accounts"]:
            account["server"] = "http://dyn.test"  # a clock is no condition then
        self.left = []

    def exchange(self, req, *more):
        self.left.append(self.time.now())
        return super().exchange(req, *more)

    def life(self, longest):
        """One start that ends by a power cut after `longest` seconds at the latest, and a moment without
        power."""
        chance = self.chance
        # the first request is always cut short, or its records
        kind = chance.randrange(8 if self.left else 5)
        if kind < 3:
            self.cut, self.torn = ("old", "torn", "new")[kind], chance.randrange(256)
        elif kind < 5:
            self.die = ("before", "after")[kind - 3]
        self.reset_cause = chance.choice(["start", "power"])
        try:
            self.boot()
            self.run(chance.random() * longest)
        except virtual.PowerCut:
            pass
        self.cut = self.die = None
        self.off(chance.random() * 0.02, chance.randrange(1 << 30))

    def set_clock(self, there):
        self.time_server = there
        self.time.offset = virtual.START if there else None


class Idle:
    """Stands in for the module gc in the agent: collecting pytest's objects in every round takes too long."""

    @staticmethod
    def collect():
        pass


@pytest.fixture(autouse=True)
def quick(monkeypatch):
    monkeypatch.setattr(agent, "gc", Idle)


def world(clock, seed):
    """A device whose name was published, and whose address has changed just now."""
    one = Counted(seed)
    one.set_clock(clock)
    one.boot()
    one.run(200)
    assert len(one.left) == 1
    one.left.clear()
    one.line[4] = "45.33.1.2"
    return one


@pytest.mark.parametrize("clock", [True, False], ids=["clock", "no-clock"])
@pytest.mark.parametrize("seed", range(3))
def test_a_thousand_reboots_inside_one_minimum_interval_make_at_most_one_request(clock, seed):
    one = world(clock, seed)
    begin, lives = one.time.now(), 0
    while lives < REBOOTS:
        one.life(0.06)
        lives += 1
    took = one.time.now() - begin
    assert took < MINIMUM, "%d reboots took %d s: more than one interval" % (REBOOTS, took)
    assert len(one.left) <= 1, one.left
    one.boot()
    one.run(86400)
    assert one.provider.stored["a.example.org"][4] == "45.33.1.2", "the new address was lost"


@pytest.mark.parametrize("clock", [True, False], ids=["clock", "no-clock"])
def test_a_thousand_reboots_over_hours_never_make_two_requests_in_one_interval(clock):
    one = world(clock, 7)
    for n in range(REBOOTS):
        one.life(3 if n % 10 else 400)
        if n % 50 == 49:
            one.line[4] = "45.33.1.%d" % (3 + n // 50)
    gaps = [b - a for a, b in zip(one.left, one.left[1:])]
    assert len(one.left) > 20 and min(gaps) >= MINIMUM, (len(one.left), sorted(gaps)[:5])
    one.boot()
    one.run(86400)
    assert one.provider.stored["a.example.org"][4] == one.line[4], "the new address was lost"


def test_an_agent_that_writes_after_it_sent_is_convicted(monkeypatch):
    monkeypatch.setattr(policy, "start", lambda rec, *rest: setattr(rec, "try4", rest[3][0]))
    one = world(True, 1)
    for _ in range(REBOOTS):
        one.life(0.06)
    assert len(one.left) > 1
