# SPDX-License-Identifier: MIT
"""The journal's waits over reboots, with a clock, without one, with one that steps."""

from journal_kit import WALL, Journal, full
from memory_slots import Slot
from wanbeacon.core import journal, policy
from wanbeacon.core.address import parse
from wanbeacon.core.record import DAY, NEVER, Limits, Record

A, A6 = parse("45.33.1.1"), parse("2600:77::1")


def resumed(hold_for, hold_wall, wall, newest, now=1000):
    r = Record(b"x" * 8)
    r.hold_for, r.hold_wall, r.cls = hold_for, hold_wall, "LATER"
    journal.resume(r, now, wall, newest, Limits())
    return r.hold - now


def test_waits_outlive_a_reboot_by_clock_and_restart_whole_without_one():
    # each clock may be a second late against the other
    assert resumed(1800, WALL + 1800, WALL + 600, WALL) == 1202
    assert resumed(1800, WALL + 1800, WALL + 1801, WALL) == 1
    assert resumed(1800, WALL + 1800, WALL + 1802, WALL) == 0
    assert resumed(1800, WALL + 1800, WALL + 5000, WALL) == 0
    assert resumed(1800, WALL + 9000, WALL, WALL) == 1800  # never more than the whole wait
    assert resumed(1800, WALL + 1800, None, WALL) == 1800
    assert resumed(1800, 0, WALL, WALL) == 1800  # the clock was not set when the wait began


def test_a_clock_that_cannot_be_right_shortens_no_wait():
    year = 365 * DAY
    for step in (-30 * year, -year, -1, 180 * DAY + 1, year, 30 * year):
        assert resumed(1800, WALL + 1800, WALL + step, WALL) == 1800, step
        assert not journal.believed(WALL + step, WALL)
    assert not journal.believed(None, WALL)
    for step in (0, 1, 180 * DAY):
        assert journal.believed(WALL + step, WALL)
    assert resumed(1800, WALL + 1800, WALL + 180 * DAY, WALL) == 0


def test_both_waits_and_the_last_request_come_back():
    r = Record(b"x" * 8)
    r.hold_for, r.hold_wall, r.force_for, r.force_wall = 1800, WALL + 1800, 600, WALL + 600
    journal.resume(r, 1000, WALL + 500, WALL, Limits(seed=9))
    assert (r.hold, r.force, r.left) == (2302, 1102, 502)
    assert r.age == Limits(seed=9).age()


def test_a_clock_that_is_set_late_ends_waits_that_are_over_but_none_of_this_run():
    r = Record(b"x" * 8)
    r.hold_for, r.hold_wall, r.force_for, r.force_wall, r.at = 1800, WALL + 1800, 600, WALL + 600, WALL - DAY
    journal.resume(r, 0, None, WALL, Limits())
    assert (r.hold, r.force, r.refresh) == (1800, 600, 28 * DAY)
    journal.clock_set(r, 30, WALL + 1000, WALL, Limits())
    assert (r.hold, r.force, r.refresh) == (832, 30, 30 + 27 * DAY - 1000)
    # they have a wall time: nothing to write
    assert (r.hold_for, r.hold_wall, r.at) == (1800, WALL + 1800, WALL - DAY)
    r = Record(b"x" * 8)
    policy.hold(r, 100, None, 60)
    r.force, r.force_for, r.v4 = 700, 600, A
    r.age, r.refresh = 28 * DAY, 100 + 28 * DAY
    journal.clock_set(r, 120, WALL, WALL, Limits())
    assert (r.hold, r.hold_for, r.hold_wall) == (161, 41, WALL + 41)
    assert (r.force, r.force_for, r.force_wall) == (700, 580, WALL + 580)
    assert r.at == WALL - 20 and r.refresh == 100 + 28 * DAY  # the success was 20 s ago


def test_a_stepped_clock_restates_running_waits_in_its_own_time():
    year = 365 * DAY
    for step in (-30 * year, -year, 5000, year, 30 * year):
        wall = WALL + step
        a, b = Slot(), Slot()
        j = Journal((a, b))
        r = Record(b"x" * 8)
        policy.hold(r, 0, WALL, 1799)
        r.force, r.force_for, r.force_wall = 600, 600, WALL + 600
        r.at, r.age, r.refresh, r.v4 = WALL, 28 * DAY, 28 * DAY, A
        j.save([r], 0, WALL)
        journal.restate(r, 300, wall)
        assert (r.hold_for, r.hold_wall, r.force_for, r.force_wall, r.at) == (
            1500, wall + 1500, 300, wall + 300, wall - 300,
        )  # fmt: skip
        assert j.save([r], 300, wall)
        k = Journal((a, b))
        r = k.load()[0]
        journal.resume(r, 0, wall + 60, k.newest, Limits())
        assert (r.hold, r.force, r.refresh) == (1442, 242, 28 * DAY - 360)
        journal.restate(r, 5000, wall)
        assert (r.hold_wall, r.force_wall) == (wall + 1500, wall + 300)  # they are over: nothing to state
    r = Record(b"x" * 8)
    journal.restate(r, 300, WALL)
    assert r.at == 0  # never published
    r.hold = r.force = 300
    journal.restate(r, 300, WALL)
    assert (r.hold_wall, r.force_wall) == (0, 0)  # over this very second


def test_a_journal_written_in_another_time_states_all_waits_anew():
    j = Journal((Slot(), Slot()))
    assert not j.strange(WALL) and not j.strange(None)  # it was never written
    r = Record(b"x" * 8)
    policy.hold(r, 0, WALL, 1799)
    j.save([r], 0, WALL)
    for wall, strange in (
        (None, False),
        (WALL, False),
        (WALL + 90 * DAY, False),
        (WALL + 90 * DAY + 1, True),
        (WALL - 1, True),
    ):
        assert j.strange(wall) == strange, wall
    year = 365 * DAY
    assert j.save([r], 600, WALL + year) and r.hold_wall == WALL + year + 1200
    assert j.newest == WALL + year and not j.strange(WALL + year)
    assert j.save([r], 9000, WALL)  # nothing to state any more, but the time of the last write is
    assert j.newest == WALL
    assert not j.save([r], 9000, WALL)


def test_without_a_clock_the_newest_time_stays():
    a = Slot()
    j = Journal((a, Slot()))
    j.save([full()], 0, WALL)
    j.paused = True
    j.save([full()], 0, None)
    assert j.newest == WALL and j.seq == 3
    k = Journal((a, j.slots[1]))
    k.load()
    assert (k.newest, k.seq, k.paused, k.writes) == (WALL, 3, True, 0)


def test_the_refresh_age_counts_from_the_last_success():
    r = Record(b"x" * 8)
    limits = Limits()
    journal.resume(r, 5, WALL, WALL, limits)
    assert r.refresh == NEVER  # nothing was ever published: there is nothing to refresh
    r.at = WALL - 10 * DAY
    journal.resume(r, 5, WALL, WALL - DAY, limits)
    assert r.refresh == 5 + 18 * DAY
    r.at = WALL - 100 * DAY
    journal.resume(r, 5, WALL, WALL - DAY, limits)
    assert r.refresh == 5
    r.at = WALL + DAY
    journal.resume(r, 5, WALL, WALL - DAY, limits)
    assert r.refresh == 5 + 28 * DAY
    journal.resume(r, 5, None, WALL - DAY, limits)
    assert r.refresh == 5 + 28 * DAY
    r.at = 0
    for r.v4, r.v6 in ((A, None), (None, A6)):  # published without a clock
        journal.resume(r, 5, WALL, WALL - DAY, limits)
        assert r.refresh == 5 + 28 * DAY
