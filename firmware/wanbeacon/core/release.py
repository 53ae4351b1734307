# SPDX-License-Identifier: MIT
"""What new settings do to a record: waits are inherited, stops end. Apart from policy.py because a start
needs no more."""

from wanbeacon.core import outcome


def inherit(rec, old, minimum):
    """The wait of `old`, a record of the same provider and user whose settings are gone, for a record that is
    new here: what the provider may have asked for stays whole, a wait that new settings could make needless
    shrinks to the minimum. Before journal.resume."""
    wait = old.hold_for
    if old.cls == outcome.ODD and not old.fails or old.kind in (outcome.NET, outcome.REFUSED, outcome.HOME):
        wait = min(wait, minimum + 1)  # as hold() counts it
    wall = old.hold_wall and old.hold_wall - old.hold_for + wait
    if rec.hold_for:
        wall = wall and rec.hold_wall and max(wall, rec.hold_wall)
    rec.hold_for, rec.hold_wall = max(rec.hold_for, wait), wall


def release(rec):
    """A stop ends: the settings that caused it have changed, or the user says so.
    The minimum interval stays."""
    rec.cls, rec.kind, rec.cause = "", None, b""
    rec.fails = rec.nets = rec.odds = 0
    rec.try4 = rec.try6 = None
    rec.attempt = True  # send once
