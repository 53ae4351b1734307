# SPDX-License-Identifier: MIT
"""Numbers that say whether a provider would block its user: requests in a day after each answer, and in a
thousand brown-outs. The real agent in virtual time."""

import json
import random
from itertools import pairwise

from . import virtual
from .quick import quick

HOST = "a.example.org"
DAY = 86400
#: What the provider says (or what happened), and how many requests a day may then see (issue: acceptance).
DAY_LIMITS = {
    "badauth": 1, "abuse": 1, "nohost": 1, "badagent": 1, "!donator": 1, "notfqdn": 1, "911": 12,
    "unchanged reboot": 0, "damaged journal": 1,
}  # fmt: skip


def world(seed, plain=False, minimum=None):
    """A device with one published host, and its source of chance."""
    chance = random.Random(seed)
    account = {"provider": "dyn", "user": "user", "password": "secret", "hosts": [HOST]}
    if plain:
        account["server"] = "http://dyn.test"
    doc = {"accounts": [account]}
    if minimum:
        doc["intervals"] = {"minimum": minimum}
    one = virtual.World(json.dumps(doc), lambda: chance.randrange(256))
    one.boot()
    one.run(3600)
    one.provider.heard.clear()
    return one, chance


def requests_in_a_day(what, reboots=5, seed=1):
    """Requests that the provider sees in 24 hours that begin with this answer (or event: see DAY_LIMITS) to a
    changed address, with so many reboots in between."""
    with quick():
        one, chance = world(seed)
        if what == "damaged journal":
            one.off(1)
            for slot in one.slots:
                slot.data = slot.data[:50] + b"?" + slot.data[51:]
            one.boot()
        elif what != "unchanged reboot":
            one.provider.say["*"] = what
            one.line[4] = "45.33.1.2"
        left = DAY
        for at in sorted(chance.randrange(DAY) for _ in range(reboots)):
            one.run(max(0, at - (DAY - left)))
            one.off(20, chance.randrange(1 << 30))
            one.boot()
            left = DAY - at - 20
        one.run(max(0, left))
        return len(one.provider.heard)


def brown_outs(reboots=1000, clock=True, seed=1, minimum=60):
    """(requests, least seconds between two of them or None): so many power cuts in a row at random moments
    (within flash writes and exchanges too) around an update that stays pending, as its answer never
    arrives."""
    with quick():
        one, chance = world(seed, not clock, minimum)
        if not clock:
            one.time_server, one.time.offset = False, None
        one.provider.say["*"] = "lost"
        one.line[4] = "45.33.1.2"
        for _ in range(reboots):
            if chance.random() < 0.3:
                one.cut, one.torn = chance.choice(("old", "new", "torn")), chance.randrange(256)
            elif chance.random() < 0.2:
                one.die = chance.choice(("before", "after"))
            try:
                one.run(chance.choice((0.1, 1, 5, 20, 70)) * chance.random())
            except virtual.PowerCut:
                pass
            one.cut = one.die = None
            one.off(chance.choice((0.05, 1, 30)) * chance.random(), chance.randrange(1 << 30))
            while not one.agent:
                try:
                    one.boot()
                except virtual.PowerCut:
                    one.off(1)
        times = [row[0] for row in one.provider.heard]
        gaps = [b - a for a, b in pairwise(times)]
        return len(times), min(gaps) if gaps else None
