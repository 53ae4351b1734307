# SPDX-License-Identifier: MIT
"""How far those are believed who tell the time: time servers, and the dates of answers. Functions of a Clock
(clock.py), loaded when somebody told the time."""

from micropython import const

from wanbeacon.net.clock import AGREED, BUILD, HEARD, LATEST, NONE, PROVEN

SAME = 300  # seconds by which two honest clocks may differ
# seconds below the newest proven time that are believed at once: backdating, time zones, drift
_SLACK = const(172800)
# Seconds for which time servers must tell the same below that: then the floor was wrong, not they. Two that
# agree, one alone.
_BELOW = (1800, 600)
# seconds after which verified answers that contradict a proven time win; three of them win at once
_AGAINST = const(3600)


def set_unproven(clock, wall, agreed=False, seen=0):
    """Time servers say `wall` (two of them: agreed). seen: the newest proven time on record, 0 for none.

    True when it is taken; False when it is held back: absurd, too far below `seen` for now, or against a
    proven time.
    """
    if not BUILD <= wall <= LATEST:
        return False
    now = clock.mono()
    if clock.state == PROVEN and not clock.doubted:
        return abs(wall - clock.wall()) <= SAME
    if seen and wall < seen - _SLACK:
        if not clock.below or abs(wall - now - clock.below[1]) > SAME:
            clock.below = now, wall - now
            return False
        if now - clock.below[0] < _BELOW[bool(agreed)]:
            return False
    _set(clock, wall)
    clock.state = AGREED if agreed else HEARD
    clock.doubted, clock.tries = False, 0
    return True


def prove(clock, date):
    """An answer whose certificate was verified is dated `date` (unix seconds, None: it says nothing).

    True when our time is proven by it. Another time moves the clock, where it is ours; the next verified
    answer then proves it. A time that was proven before is moved by a third answer, or an hour after the
    first.
    """
    if date is None or not BUILD <= date <= LATEST:
        return False
    now, wall = clock.mono(), clock.wall()
    if wall is not None and abs(date - wall) <= SAME:
        clock.state, clock.doubted, clock.anchor = PROVEN, False, date - now
        clock.below = clock.against = None
        return True
    if clock.state == PROVEN:
        if not clock.against or abs(date - now - clock.against[1]) > SAME:
            clock.against = now, date - now, 1
            return False
        clock.against = clock.against[0], clock.against[1], clock.against[2] + 1
        if clock.against[2] < 3 and now - clock.against[0] < _AGAINST:
            return False
    _set(clock, date)
    clock.state, clock.against = HEARD, None
    return False


def doubt(clock):
    """A certificate was refused for the time's sake: time servers are asked again soon, and a time that
    was proven earlier in this run is tried instead of one that was only heard."""
    if clock.state not in (NONE, PROVEN) and clock.anchor is not None and clock.set_time:
        wall = clock.anchor + clock.mono()
        if abs(wall - (clock.wall() or 0)) > SAME:
            _set(clock, wall)
    clock.doubted = True


def _set(clock, wall):
    if clock.set_time:
        clock.set_time(wall)
    clock.below = None
