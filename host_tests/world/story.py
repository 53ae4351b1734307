# SPDX-License-Identifier: MIT
"""What happens in a seed's world: rows (from, until, what, how) in seconds, drawn here, shown, and left out
one by one.

A fault has an end, and all faults of an episode end together; then it is quiet for a while. Addresses change
in between and in the middle of it.
"""

import random

DAY = 86400
LINE = ["45.33.%d.%d" % (a, b) for a in range(1, 9) for b in range(1, 32)]
LIES = ["8.8.4.4", "9.9.9.9", "1.0.0.1"]  # what strangers would have published

# what -> (weight, the ways it may be). Each is one of field-faults.md's kinds A to D.
FAULTS = {
    "natpmp": (5, ("silent", "slow", "garbled", "refused", "raise", "slow")),
    "ssdp": (3, ("silent", "slow", "garbled", "crowded")),
    "soap": (5, ("500", "garbage", "empty")),
    "router-web": (
        4,
        ("hang", "reset", "slow", "garbled", "noise", "endless", "headers", "chunked", "interim"),
    ),
    "router-tcp": (3, ("hang", "refuse", "raise")),
    "gena": (2, ("silent", "no")),
    "quiet": (2, ("no announcements",)),
    "names": (3, ("missing", "hang")),
    "ntp": (5, ("silent", "zero", "ahead", "future", "kiss", "noise")),
    "page": (5, ("hang", "reset", "slow", "garbled", "noise", "endless", "headers", "refuse")),
    "page-lies": (2, tuple(LIES)),
    "provider": (6, ("refuse", "hang", "silent", "reset", "headers", "911", "503", "503 after 90", "raise")),
    "forger": (5, tuple(LIES)),
    "line": (2, ("down",)),
    "cgnat": (1, ("100.64.7.7", "10.9.9.9")),
    "flash": (1, ("full",)),
}
_HOME = ("natpmp", "ssdp", "soap", "router-web", "router-tcp", "cgnat", "line")
EXCEPTIONS = (MemoryError, RuntimeError, OSError, ValueError, IndexError)


class Story:
    """rows: [(from, until, what, how)], sorted; kind of home: `check` seconds, whether two sources must
    agree."""

    def __init__(self, seed, rows, check, cross, days):
        self.seed = seed
        self.rows = rows
        self.check = check
        self.cross = cross
        self.days = days

    def without(self, row):
        """The same story with one row less."""
        return Story(
            self.seed, [one for one in self.rows if one is not row], self.check, self.cross, self.days
        )

    def __str__(self):
        rows = "\n".join(["    %r," % (row,) for row in self.rows])
        return "Story(%r, [\n%s\n], check=%r, cross=%r, days=%r)" % (
            self.seed,
            rows,
            self.check,
            self.cross,
            self.days,
        )


def draw(seed, days=2):
    """The story of a seed."""
    chance = random.Random(seed)
    check = chance.choice((60, 300, 300, 900, 900, 1800, 1800, 1800))
    cross = chance.random() < 0.15
    rows, at, weights = [], chance.randrange(0, 1200), [one[0] for one in FAULTS.values()]
    while at < days * DAY - 9000:
        end = at + chance.choice((20, 60, 150, 400, 1200, 3000))
        names = sorted(set(chance.choices(list(FAULTS), weights, k=chance.choice((1, 1, 2, 2, 3, 5)))))
        # believed where nobody at home tells, and nobody could know better
        if "page-lies" in names and not cross:
            names = [what for what in names if what not in _HOME]
        for what in names:
            rows.append((at, end, what, chance.choice(FAULTS[what][1])))
        for _ in range(chance.choice((0, 1, 1, 2))):
            when = chance.uniform(at, end)
            rows.append((when, when, "renumber", chance.choice(LINE)))
        if chance.random() < 0.3:
            when = end + chance.uniform(1, 600)
            rows.append((when, when, "renumber", chance.choice(LINE)))
        if chance.random() < 0.25:
            when = chance.uniform(at, end + 600)
            rows.append((when, when, chance.choice(("unplug", "cut old", "cut new", "cut torn")), ""))
        at = end + chance.choice((700, 2000, 4000, 12000))
    rows.sort(key=lambda row: row[0])
    return Story(seed, rows, check, cross, days)
