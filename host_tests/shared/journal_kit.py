# SPDX-License-Identifier: MIT
"""A record with everything in it, and a journal in memory."""

from wanbeacon.core import journal, record
from wanbeacon.core.address import parse
from wanbeacon.core.record import Record

WALL = 1800000000


class Journal(record.Journal):
    def load(self):
        return journal.load(self)

    def save(self, records, now, wall):
        return journal.save(self, records, now, wall, wall)


def full(fp=b"12345678", offline=0):
    r = Record(fp)
    r.cause, r.v4, r.v6, r.try4, r.try6 = (
        b"causecau",
        parse("45.33.7.7"),
        parse("2600:77::1"),
        parse("45.33.7.8"),
        parse("2600:77::2"),
    )
    r.cls, r.word, r.kind, r.fails, r.same, r.root = "LATER", "911", "trouble", 3, 2, 5
    r.attempt = r.single = True
    r.offline, r.nets, r.odds, r.place, r.retries = offline, 9, 1, b"plac", 4
    r.at, r.hold_for, r.hold_wall, r.force_for, r.force_wall = WALL, 1800, WALL + 1800, 600, WALL + 600
    return r
