# SPDX-License-Identifier: MIT
"""What servers do every day, at random: an answer in chunks, codes with a capital, a slow answer, and rarely
a 911.

A lab for other people's tests has them on, as Pebble does for ACME: a client that cannot take them fails in
its tests, and not at its users'. The seed makes a run repeatable."""

import random

from . import fault_texts, fault_wire

#: Of 20 updates one is answered with 911: rare enough for a test that sends a few, often enough for one that
#: sends many.
TROUBLE = 1 / 20
CHUNKED, CAPITAL, SLOW = 1 / 2, 1 / 3, 1 / 4
#: Seconds at most: below the time limit of any client.
DELAY = 2.0


class Nuisances:
    def __init__(self, seed=None):
        self.seed = random.randrange(1 << 32) if seed is None else seed
        self._dice = random.Random(self.seed)

    def apply(self, reply, request):
        """Changes a Reply to an update; returns the names of what was done to it."""
        dice, done = self._dice, []
        if dice.random() < TROUBLE:
            reply.body, reply.status, reply.outcomes, reply.effects = (
                "911" + reply.newline,
                200,
                [("*", "911")],
                [],
            )
            reply.headers = {"Content-Type": "text/plain"}
            done.append("911")
        if dice.random() < CAPITAL:
            fault_texts.title_case(reply, request, {})
            done.append("title-case")
        if dice.random() < CHUNKED:
            reply.chunked = True
            done.append("chunked")
        if reply.wire is None and dice.random() < SLOW:
            reply.wire = (fault_wire.slow, {"seconds": dice.uniform(0.1, DELAY)})
            done.append("slow")
        return done
