# SPDX-License-Identifier: MIT
# What one host's answer means for the others of its account, and what is said of a stop: core/policy.py,
# core/reasons.py.
from wanbeacon.core import byhand, outcome, policy, reasons
from wanbeacon.core.address import parse
from wanbeacon.core.outcome import LATER, ODD, OK, Outcome
from wanbeacon.core.record import Limits, Record

NOW, WALL, CAUSE = 1000, 1800000000, b"causecau"
LIMITS = Limits(60, 28 * 86400, 1)
V4, V6 = parse("45.33.7.7"), parse("2600:77:1::9")


def record(**more):
    rec = Record(b"12345678")
    for name in more:
        setattr(rec, name, more[name])
    return rec


def sent(**more):
    """A record whose request has just left."""
    rec = record(**more)
    policy.start(rec, NOW, WALL, LIMITS, (V4, V6))
    return rec


def test_a_stop_of_the_account_is_every_hosts_that_is_not_stopped():
    out = Outcome(outcome.AUTH, "badauth", outcome.ACCOUNT)
    rec = sent(cls=LATER, word="911", kind=outcome.TROUBLE)
    policy.share_stop(rec, out, CAUSE)
    assert (rec.cls, rec.word, rec.kind, rec.cause) == ("AUTH", "badauth", None, CAUSE)
    assert not rec.attempt and rec.try4 is None and rec.try6 is None
    rec = record(cls=outcome.HOST, word="nohost", cause=b"itsown..")
    policy.share_stop(rec, out, CAUSE)
    assert (rec.cls, rec.word, rec.cause) == ("HOST", "nohost", b"itsown..")


def test_trouble_of_the_server_holds_those_that_were_due_or_waiting():
    other = record(cls=LATER, word="911", kind=outcome.TROUBLE, fails=3)
    policy.hold(other, NOW, WALL, 1800, "hold.why")
    for rec, due, taken in (
        (record(cls=OK), True, True),
        (record(cls=OK), False, False),
        (record(cls=ODD, word="w"), False, True),
        (record(cls=outcome.HOST, word="nohost"), True, False),
    ):
        policy.wait_as(rec, other, due)
        assert ((rec.cls, rec.word, rec.kind) == (LATER, "911", outcome.TROUBLE)) == taken
        assert (rec.hold, rec.hold_why) == (other.hold, "hold.why")
        assert (rec.hold_for, rec.hold_wall) == (1801, WALL + 1801)
        assert rec.home == 0


def test_a_stopped_host_counts_the_servers_trouble_and_not_the_networks():
    for kind, fails in ((outcome.TROUBLE, 1), (outcome.SERVER, 1), (outcome.NET, 0), (outcome.REFUSED, 0)):
        rec = record(cls=outcome.AUTH, word="badauth")
        policy.wait_as(rec, record(cls=LATER, word="w", kind=kind, hold=NOW + 9, hold_wall=1), True)
        assert rec.fails == fails, kind
    rec = record(cls=outcome.AUTH, word="badauth", fails=7)
    policy.wait_as(rec, record(cls=LATER, kind=outcome.SERVER, hold_wall=1), True)
    assert rec.fails == 7
    rec = record(cls=OK)
    policy.wait_as(rec, record(cls=LATER, kind=outcome.SERVER, hold_wall=1), True)
    assert rec.fails == 0


def test_a_home_without_a_way_out_is_counted_and_never_noted():
    other = record()
    policy.never_left(other, "dns", NOW, LIMITS)
    policy.never_left(other, "dns", NOW, LIMITS)
    rec = record(cls=OK, hold_for=5, hold_wall=6)
    policy.wait_as(rec, other, True)
    assert (rec.cls, rec.word, rec.kind, rec.home) == (LATER, "dns", outcome.HOME, 2)
    assert rec.hold == other.hold and (rec.hold_for, rec.hold_wall) == (5, 6)


def test_a_shorter_wait_of_the_other_changes_nothing_but_a_lost_clock_does():
    rec = record(cls=OK, hold=NOW + 5000, hold_for=5000, hold_wall=WALL + 5000)
    policy.wait_as(rec, record(cls=LATER, kind=outcome.SERVER, hold=NOW + 10, hold_wall=WALL + 10), True)
    assert (rec.hold, rec.hold_for, rec.hold_wall) == (NOW + 5000, 5000, WALL + 5000)
    policy.wait_as(rec, record(cls=LATER, kind=outcome.HOME, hold=NOW + 10), True)
    assert rec.hold_wall == WALL + 5000
    policy.wait_as(rec, record(cls=LATER, kind=outcome.SERVER, hold=NOW + 10), True)
    assert (rec.hold, rec.hold_for, rec.hold_wall) == (NOW + 5000, 5000, 0)


def test_what_is_said_of_a_stop_and_of_something_odd():
    for cls, word, have, stop, hold in (
        (outcome.AUTH, "badauth", (), ("stop.AUTH", "badauth"), None),
        (outcome.HOST, "nohost", (), ("stop.HOST", "nohost"), None),
        (ODD, "huh", (V4,), ("stop.ODD", "huh"), ("hold.ODD", "huh")),
        (ODD, "HTTP 404", (), ("stop.HTTP", "HTTP 404"), ("hold.HTTP", "HTTP 404")),
        (ODD, "HTTP 302", (), ("stop.HTTP", "HTTP 302"), ("hold.HTTP", "HTTP 302")),
        (ODD, "HTTP 200", (), ("stop.ODD", "HTTP 200"), ("hold.ODD", "HTTP 200")),
        (ODD, "other address", (V4,), ("stop.other", V4), ("hold.other", V4)),
        (ODD, "other address", (V4, V6), ("stop.other2", V4, V6), ("hold.other2", V4, V6)),
        (ODD, "other address", (), ("stop.ODD", "other address"), ("hold.ODD", "other address")),
        (outcome.AGENT, "badagent", (), ("stop.AGENT", "badagent"), None),
    ):
        rec = record(cls=cls, word=word, v4=V4 if V4 in have else None, v6=V6 if V6 in have else None)
        assert reasons.stop(rec) == stop, word
        if hold:
            assert reasons.hold(rec) == hold, word
    for word in reasons._OURS:
        rec = record(cls=outcome.HOST, word=word)
        assert reasons.stop(rec) == ("stop." + word.replace(" ", "-"),)
        assert " " not in reasons.stop(rec)[0]
        assert reasons.stop(record(cls=outcome.BLOCK, word=word)) == ("stop.BLOCK", word)


def test_why_a_request_is_due_says_what_is_not_known():
    want = V4, None
    for more, why in (
        ({"attempt": True}, "due.retry"),
        ({"attempt": True, "cls": OK}, "due.unknown"),
        ({"attempt": True, "try4": V4}, "due.unknown"),
        ({"attempt": True, "try6": V6}, "due.unknown"),
        ({}, "due.new"),
        ({"v4": parse("45.33.7.8")}, "due.changed"),
        ({"v6": V6}, "due.changed"),
        ({"v4": V4, "refresh": NOW}, "due.refresh"),
        ({"v4": V4, "refresh": NOW + 1}, None),
        ({"v4": V4, "forced": True}, "due.forced"),
    ):
        assert policy.due(record(**more), want, NOW) == why, more


def test_a_request_that_never_left_is_owed_at_once_and_counted_nowhere():
    rec = sent(nets=2)
    assert rec.nets == 3 and rec.hold > NOW + 60
    policy.undo(rec, NOW, WALL)
    assert rec.nets == 2 and not rec.attempt
    assert (rec.hold, rec.hold_for, rec.hold_wall) == (NOW + 1, 1, WALL + 1)
    rec = sent()
    out = Outcome(LATER, "no route", outcome.ACCOUNT, outcome.HOME)
    assert policy.answered(rec, out, NOW, WALL, LIMITS, 0, CAUSE) is None
    assert (rec.cls, rec.word, rec.kind, rec.home, rec.nets) == (LATER, "no route", outcome.HOME, 1, 0)
    assert rec.left == NOW - 60 and rec.hold == NOW + policy.home_wait(1)
    assert rec.hold_wall == WALL + 1  # noted as due; the wait itself is in memory only
    rec.kind = outcome.HOME
    policy.start(rec, NOW, WALL, LIMITS, (V4, None))
    assert rec.kind is None


def test_the_count_of_tries_at_home_ends_at_what_the_journal_could_hold():
    rec = record(home=255)
    policy.never_left(rec, "dns", NOW, LIMITS)
    assert rec.home == 255 and rec.hold == NOW + policy.home_wait(255) == NOW + policy.HOME_MAX


def test_a_refused_connection_is_noted_with_its_wall_time():
    rec = sent()
    out = Outcome(LATER, "connect", outcome.ACCOUNT, outcome.REFUSED)
    policy.answered(rec, out, NOW, WALL, LIMITS, 0, CAUSE)
    assert rec.left == NOW - 60
    assert rec.hold_for == rec.hold - NOW and rec.hold_wall == WALL + rec.hold_for


def test_a_success_gives_back_every_retry():
    rec = sent(retries=3, force=NOW + 99, force_for=99, force_wall=WALL + 99)
    policy.answered(rec, Outcome(OK, "good"), NOW, WALL, LIMITS, 0, CAUSE)
    assert (rec.retries, rec.force, rec.force_for, rec.force_wall) == (0, 0, 0, 0)


def test_by_hand_a_refusal_says_how_long_and_a_grant_is_noted_with_its_wall_time():
    rec = record(cls=outcome.AUTH, word="badauth")
    assert byhand.retry(rec, NOW, WALL) is None
    assert (rec.force, rec.force_for, rec.force_wall) == (NOW + 60, 60, WALL + 60)
    rec.cls = outcome.AUTH
    assert byhand.retry(rec, NOW + 10, WALL) == ("no.retry-soon", 50)
    rec = record(retries=255, cls=outcome.AUTH)
    assert byhand.retry(rec, NOW, WALL) is None and rec.retries == 255


def test_by_hand_only_the_way_back_from_offline_need_not_wait():
    for state, offline, soon in ((0, False, True), (0, True, True), (2, True, True), (2, False, False)):
        rec = record(cls=OK, offline=state, force=NOW + 70)
        no = byhand.force(rec, NOW, WALL, offline)
        assert no == (("no.force-soon", 70) if soon else None), (state, offline)


def test_after_an_outage_a_refusal_waits_as_a_time_out_and_longer():
    out = Outcome(LATER, "connect", outcome.ACCOUNT, outcome.REFUSED)
    for nets in (0, 3):
        for chance in (0, 40000):
            rec = sent(nets=nets, crowd=True)
            policy.answered(rec, out, NOW, WALL, LIMITS, chance, CAUSE)
            wait = policy.CROWD_S + policy.later(outcome.NET, nets + 1, chance)
            assert rec.hold == NOW + wait + 1, (nets, chance)
    rec = record(cls=LATER, kind=outcome.NET, hold=NOW + 9000)
    policy.line_returned(rec, NOW, WALL, LIMITS, 0)
    assert rec.crowd is True and rec.hold_why == "hold.spread"


def test_a_new_address_ends_the_networks_wait_and_keeps_the_minimum():
    rec = sent()
    policy.answered(rec, Outcome(LATER, "timeout", outcome.ACCOUNT, outcome.NET), NOW, WALL, LIMITS, 0, CAUSE)
    policy.address_changed(rec, NOW + 10, WALL + 10, LIMITS)
    assert rec.hold == NOW + 10 + 50 + 1
    assert reasons.hold(rec) == ("hold.interval",)
