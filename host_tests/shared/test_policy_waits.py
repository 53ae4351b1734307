# SPDX-License-Identifier: MIT
from wanbeacon.core import byhand, journal, outcome, policy, release
from wanbeacon.core.address import parse
from wanbeacon.core.outcome import LATER, NET, ODD, OK, SERVER, TROUBLE, Outcome
from wanbeacon.core.policy import SEND, WAIT
from wanbeacon.core.record import DAY, NEVER, Limits, Record
from wanbeacon.dyndns import reply

WALL = 1800000000
A, B = parse("45.33.1.1"), parse("45.33.1.2")
MOST = 65535


def fail(rec, kind, now=0, rnd=0, delay=0, limits=None, wall=WALL):
    """One request that ends in LATER; seconds until the next."""
    limits = limits or Limits()
    policy.start(rec, now, wall, limits, (A, None))
    word = "timeout" if kind == NET else "911"
    policy.answered(
        rec, Outcome(LATER, word, outcome.ACCOUNT, kind, (), delay), now, wall, limits, rnd, b"settings"
    )
    assert rec.hold_wall == (wall + rec.hold - now if wall else 0)
    return rec.hold - now - 1


def row(kind, rnd):
    rec = Record(b"12345678")
    return [fail(rec, kind, rnd=rnd) for _ in range(14)]


# ---- the schedule: kind of failure -> waits of the failures in a row, earliest and latest


def test_network_faults_wait_from_one_minute_growing_to_an_hour():
    assert row(NET, 0) == [60, 120, 240, 480, 960] + [1800] * 9
    assert row(NET, MOST) == [1259, 2519] + [3599] * 12


def test_server_faults_wait_from_five_minutes_growing_to_a_day():
    first = [300, 600, 1200, 2400, 4800, 9600, 19200, 38400] + [43200] * 6
    assert row(SERVER, 0) == first
    assert row(SERVER, MOST)[:3] == [1499, 2999, 5999]
    assert DAY - 5 < row(SERVER, MOST)[-1] < DAY


def test_911_and_dnserr_wait_from_half_an_hour_growing_to_a_day():
    assert row(TROUBLE, 0) == [1800, 3600, 7200, 14400, 28800] + [43200] * 9
    assert row(TROUBLE, MOST)[:2] == [3599, 7199] and DAY - 5 < row(TROUBLE, MOST)[-1] < DAY
    assert sum(row(TROUBLE, 0)[:5]) < DAY < sum(row(TROUBLE, 0)[:6]), "six requests in a day of 911"


def test_a_wait_never_ends_early_nor_beyond_its_longest():
    for kind in (NET, SERVER, TROUBLE):
        first, _, longest = policy.SCHEDULE[kind]
        for times in (1, 2, 3, 7, 13, 200, 255):
            waits = [policy.later(kind, times, rnd) for rnd in range(0, 65536, 771)]
            assert waits == sorted(waits) and waits[0] >= first and waits[-1] <= longest
            assert waits[-1] > waits[0], "without a random part everybody comes back in the same second"
            assert waits[len(waits) // 2] - waits[0] <= (waits[-1] - waits[0]) // 7 + 1, (
                "most come back early"
            )


def test_the_minimum_interval_is_kept_whatever_the_schedule_says():
    rec = Record(b"12345678")
    assert fail(rec, NET, limits=Limits(600)) == 600
    assert fail(rec, SERVER, delay=60, limits=Limits(600)) == 600


def test_kinds_do_not_forget_each_other():
    rec = Record(b"12345678")
    assert fail(rec, TROUBLE) == 1800
    assert fail(rec, NET) == 60
    assert fail(rec, NET) == 120
    assert fail(rec, TROUBLE) == 3600, "a fault on the way is no success"
    assert fail(rec, NET) == 60, "an answer shows that the network works"
    assert fail(rec, SERVER) == 1200, "the third failure of the server"
    assert rec.fails == 3
    policy.answered(rec, Outcome(OK, "good"), 0, WALL, Limits(), 0, b"")
    assert fail(rec, TROUBLE) == 1800


def test_counters_stay_in_their_byte():
    rec = Record(b"12345678")
    for _ in range(300):
        fail(rec, TROUBLE)
        fail(rec, NET)
    assert rec.fails == 255
    rec.nets = 255
    assert fail(rec, NET) == 1800 and rec.nets == 255


def test_who_is_told_that_it_was_not_done_is_sure_and_who_hears_nothing_is_not():
    rec = Record(b"12345678")
    fail(rec, TROUBLE)
    assert not rec.attempt and (rec.cls, rec.word, rec.kind) == (LATER, "911", TROUBLE)
    fail(rec, NET)
    assert rec.attempt and (rec.cls, rec.word, rec.kind) == (LATER, "timeout", NET)
    assert policy.step(rec, (A, None), 5)[2] == (("due.unknown",), ("hold.later", "timeout"))


def test_a_forced_update_stays_wanted_until_there_is_an_answer():
    rec = Record(b"12345678")
    rec.forced = True
    fail(rec, TROUBLE)
    fail(rec, NET)
    assert rec.forced


# ---- Retry-After


def test_retry_after_is_honoured_and_never_undercut():
    for delay in (60, 120, 1800, 7200, DAY):
        for rnd in (0, 30000, MOST):
            for _ in range(4):
                got = fail(Record(b"12345678"), SERVER, rnd=rnd, delay=delay)
                assert delay <= got <= min(DAY, delay + delay // 10), (delay, rnd, got)
    assert fail(Record(b"12345678"), SERVER, delay=60) == 60, (
        "the provider's own word, even if it is less than ours"
    )
    assert fail(Record(b"12345678"), SERVER, rnd=MOST, delay=7200) == 7200 + 719
    assert fail(Record(b"12345678"), SERVER, rnd=MOST, delay=DAY) == DAY


def test_retry_after_of_the_answer_reaches_the_hold():
    for text, status, seconds in (("120", 503, 120), ("1", 429, 60), ("999999", 503, DAY), ("x", 503, 300)):
        out = reply.read({}, status, b"", ["a.example.org"], (A, None), text, WALL)[0]
        rec = Record(b"12345678")
        policy.answered(rec, out, 0, WALL, Limits(), 0, b"")
        assert rec.hold == seconds + 1, text
    out = reply.read({}, 503, b"911", ["a.example.org"], (A, None), "60", WALL)[0]
    policy.answered(rec, out, 0, WALL, Limits(), 0, b"")
    assert rec.hold == 1801, "911 means half an hour whatever a server in front of it thinks"


# ---- a line that comes back, an address that changes


def test_after_an_outage_everybody_waits_a_random_part_of_two_minutes():
    for rnd, wait in ((0, 0), (1 << 15, 55), (MOST, 109)):
        rec = Record(b"12345678")
        policy.line_returned(rec, 1000, WALL, Limits(), rnd)
        assert rec.hold == 1000 + wait + 1 and rec.hold_wall == WALL + wait + 1
    rec = Record(b"12345678")
    rec.cls, rec.left, rec.hold = OK, 995, 1000
    policy.line_returned(rec, 1000, WALL, Limits(), 0)
    assert rec.hold == 1001, (
        "a hold that is over this very second is over, however late the device was started"
    )


def test_waits_that_came_from_the_network_end_when_the_line_returns_or_the_address_changes():
    for end in (lambda rec, now, limits: policy.line_returned(rec, now, WALL, limits, 0),
                lambda rec, now, limits: policy.address_changed(rec, now, WALL, limits)):  # fmt: skip
        for limits, now, hold in ((Limits(), 5000, 5001), (Limits(), 4030, 4061), (Limits(600), 4100, 4601)):
            rec = Record(b"12345678")
            for _ in range(8):
                fail(rec, NET, 4000, limits=limits)
            end(rec, now, limits)
            assert rec.hold == hold, "the minimum since the last request stays"
            assert rec.hold_wall == WALL + hold - now
            rec = Record(b"12345678")
            fail(rec, TROUBLE, 4000)
            end(rec, now, limits)
            assert rec.hold == 5801, "what the provider asked for stays"
    rec = Record(b"12345678")
    fail(rec, NET, 4000)
    policy.address_changed(rec, 9000, WALL, Limits())
    assert rec.hold == 4061, "a wait that is over is over"
    rec.hold = 9000
    policy.address_changed(rec, 9000, WALL, Limits())
    assert rec.hold == 9000, "over this very second"
    rec.cls, rec.hold = ODD, 9500
    policy.address_changed(rec, 9000, WALL, Limits())
    assert rec.hold == 9500


def test_a_line_that_flaps_does_not_put_the_update_off_for_ever():
    rec = Record(b"12345678")
    fail(rec, NET, 0, MOST)
    for now in range(5, 60, 5):
        policy.address_changed(rec, now, WALL, Limits())
        assert rec.hold == 61
    assert policy.step(rec, (B, None), 61)[0] == SEND


# ---- trouble of the account, edits of the settings


def test_trouble_of_an_account_holds_its_other_hosts_as_long():
    met = Record(b"met")
    fail(met, TROUBLE, 100)
    due, other, later, stopped = [Record(b"12345678") for _ in range(4)]
    due.cls, other.cls, later.cls, stopped.cls = "", OK, ODD, outcome.AUTH
    longer = Record(b"12345678")
    longer.hold = 9999
    for rec in (due, other, later, stopped, longer):
        policy.wait_as(rec, met, rec is due)
    for rec in (due, other, later, stopped):
        assert (rec.hold, rec.hold_for, rec.hold_wall) == (met.hold, met.hold_for, met.hold_wall)
    assert longer.hold == 9999
    for rec in (due, later):
        assert (rec.cls, rec.word, rec.kind) == (LATER, "911", TROUBLE)
    assert (other.cls, stopped.cls) == (OK, outcome.AUTH)
    assert stopped.stopped() and stopped.word == ""


def test_an_edit_of_the_settings_is_no_way_around_a_wait_of_the_provider():
    for cls, kind, wait in (
        (LATER, TROUBLE, 7200),
        (LATER, SERVER, 7200),
        (OK, None, 7200),
        (LATER, NET, 61),
        (ODD, None, 61),
    ):
        old, new = Record(b"old"), Record(b"new")
        old.cls, old.kind, old.hold_for, old.hold_wall = cls, kind, 7200, WALL + 7200
        release.inherit(new, old, 60)
        assert (new.hold_for, new.hold_wall) == (wait, WALL + wait), cls
    new = Record(b"new")
    for seconds, wall in ((100, WALL + 900), (500, WALL + 600), (50, WALL + 50)):
        old = Record(b"old")
        old.hold_for, old.hold_wall = seconds, wall
        release.inherit(new, old, 60)
    assert (new.hold_for, new.hold_wall) == (500, WALL + 900), "the longest wait and the latest end of all"
    old = Record(b"old")
    old.hold_for = 40
    release.inherit(new, old, 60)
    assert (new.hold_for, new.hold_wall) == (500, 0), "a wait without a wall time starts whole"
    old.hold_for, old.hold_wall = 40, WALL
    release.inherit(new, old, 60)
    assert new.hold_wall == 0


# ---- the user


def ready(same=0):
    rec = Record(b"12345678")
    rec.v4, rec.cls, rec.same = A, OK, same
    return rec


def test_an_update_by_hand_is_sent_once_and_not_again_soon():
    rec = ready()
    assert byhand.force(rec, 1000, WALL) is None
    assert policy.step(rec, (A, None), 1000) == (SEND, 1000, (("due.forced",),))
    assert (rec.force, rec.force_for, rec.force_wall) == (1600, 600, WALL + 600)
    assert byhand.force(rec, 1599, WALL) == ("no.force-soon", 1)
    assert byhand.force(rec, 1000, WALL) == ("no.force-soon", 600)
    assert byhand.force(rec, 1600, None) is None and rec.force_wall == 0


def test_needless_updates_by_hand_are_granted_less_and_less():
    assert [_granted(n) for n in (0, 1, 2, 7, 8, 200)] == [600, 1200, 2400, 76800, DAY, DAY]


def _granted(same):
    rec = ready(same)
    byhand.force(rec, 0, WALL)
    return rec.force


def test_an_update_by_hand_is_refused_with_the_reason():
    rec = ready()
    rec.cls, rec.word = outcome.AUTH, "badauth"
    assert byhand.force(rec, 0, WALL) == ("no.stopped", "stop.AUTH", "badauth")
    rec = ready()
    rec.hold = 50
    assert byhand.force(rec, 10, WALL) == ("no.hold", 40, "hold.interval")
    assert not rec.forced and rec.force == 0
    assert byhand.force(rec, 50, WALL) is None


def test_a_host_set_offline_stays_so_until_an_update_brings_it_back():
    rec = ready()
    assert byhand.force(rec, 1000, WALL, True) is None
    assert rec.offline == 1
    assert policy.step(rec, (A, None), 1000) == (SEND, 1000, (("due.offline",),))
    fail(rec, NET, 1000)
    assert rec.offline == 1 and policy.step(rec, (A, None), 9000)[0] == SEND
    policy.start(rec, 9000, WALL, Limits(), (A, None))
    policy.answered(rec, Outcome(OK, "good"), 9000, WALL, Limits(), 0, b"")
    assert (rec.offline, rec.v4, rec.v6) == (2, None, None)
    assert policy.step(rec, (B, None), 99999) == (WAIT, NEVER, (("wait.offline",),))
    assert byhand.force(rec, 20000, WALL) is None
    assert rec.offline == 0 and policy.step(rec, (A, None), 20000)[0] == SEND
    fail(rec, NET, 20000)
    assert policy.step(rec, (A, None), 30000)[0] == SEND, "until it is done"
    rec = ready()
    byhand.force(rec, 0, WALL)
    assert rec.v4 == A, "an update by hand does not make a name unknown"
    rec.v6, rec.offline = "2600:77::1", 1
    byhand.force(rec, 600, WALL, True)
    assert rec.v4 == A and rec.offline == 1
    byhand.force(rec, 1200, WALL)
    assert rec.v4 is None and rec.v6 is None and rec.offline == 0, "it may have been set offline meanwhile"


# ---- what never reached the provider


def test_a_name_that_is_not_found_is_asked_for_every_five_seconds_for_two_minutes_then_less_and_less():
    rec, now, waits = Record(b"12345678"), 1000, []
    for _ in range(40):
        policy.never_left(rec, "dns", now, Limits())
        waits.append(rec.hold - now)
        now = rec.hold
    assert waits[:24] == [5] * 24 and waits[24:30] == [10, 20, 40, 80, 160, 320] and waits[-1] == 3600
    assert (rec.hold_for, rec.hold_wall, rec.nets, rec.attempt) == (0, 0, 0, False), "flash is not told of it"
    policy.start(rec, now, WALL, Limits(), (A, None))
    policy.answered(rec, Outcome(OK, "good"), now, WALL, Limits(), 0, b"")
    assert rec.home == 0


def test_no_route_counts_as_never_begun():
    rec = Record(b"12345678")
    policy.start(rec, 1000, WALL, Limits(600), (A, None))
    policy.answered(rec, outcome.failed("no route"), 1000, WALL, Limits(600), 0, b"")
    assert (rec.hold, rec.nets, rec.attempt, rec.try4) == (1005, 0, False, None)
    policy.address_changed(rec, 1001, WALL, Limits(600))
    assert rec.hold == 1002, "no minimum interval after a request that never left"


def test_a_refused_connection_is_tried_again_within_ten_seconds_and_then_with_the_fleet():
    for rnd, first in ((0, 5), (MOST, 9)):
        rec, waits = Record(b"12345678"), []
        for n in range(4):
            policy.start(rec, n * 9000, WALL, Limits(), (A, None))
            policy.answered(rec, outcome.failed("connect"), n * 9000, WALL, Limits(), rnd, b"")
            waits.append(rec.hold - n * 9000 - 1)
            assert not rec.attempt
        assert waits[0] == first and waits[1:] == [policy.later(NET, n, rnd) for n in (1, 2, 3)]


def test_an_update_by_hand_is_granted_while_only_the_home_was_asked():
    rec = Record(b"12345678")
    policy.never_left(rec, "dns", 1000, Limits())
    assert byhand.force(rec, 1001, WALL) is None and policy.step(rec, (A, None), 1001)[0] == SEND


def test_the_reason_for_a_wait_after_an_outage_is_the_outage():
    rec = Record(b"12345678")
    rec.v4, rec.cls = A, OK
    policy.line_returned(rec, 1000, WALL, Limits(), MOST)
    assert policy.step(rec, (B, None), 1000)[2] == (("due.changed",), ("hold.spread",))


def test_an_update_by_hand_waits_for_a_request_that_may_have_arrived_though_the_one_before_never_left():
    rec = ready()
    policy.never_left(rec, "dns", 1000, Limits())
    policy.start(rec, 1010, WALL, Limits(), (parse("45.33.1.1"), None))  # and the power goes
    assert byhand.force(rec, 1020, WALL)[0] == "no.hold"


def test_trouble_of_an_account_holds_its_other_hosts_though_the_clock_comes_back():
    rec, other = ready(), ready()
    policy.hold(rec, 1000, WALL, 1800)
    rec.hold, rec.left = 5000 + 1801, 5000  # a reboot without a clock: the whole wait again
    policy.hold(other, 5000, None, 1800)
    other.kind = TROUBLE
    policy.wait_as(rec, other, False)
    journal.clock_set(rec, 5010, WALL + 4010, WALL, Limits())
    assert rec.hold >= other.hold
