# SPDX-License-Identifier: MIT
from wanbeacon.app import words
from wanbeacon.core import byhand, outcome, policy, reasons
from wanbeacon.core.address import parse
from wanbeacon.core.outcome import LATER, ODD, OK, SAME, SERVER, TROUBLE, Outcome
from wanbeacon.core.policy import SEND, STOPPED, WAIT
from wanbeacon.core.record import DAY, NEVER, Limits, Record

WALL = 1800000000
A, B, A6, B6 = [parse(a) for a in ("45.33.1.1", "45.33.1.2", "2600:77::1", "2600:77::2")]
C, C6 = parse("45.33.9.9"), parse("2600:9::9")
CAUSE = b"settings"
MOST = 65535  # the highest random number


def fresh():
    return Record(b"12345678")


def stored(v4=A, v6=None, now=0, limits=None):
    """A record whose host is published, long ago enough to send."""
    rec = fresh()
    send(rec, Outcome(OK, "good"), now, (v4, v6), limits)
    return rec


def send(rec, out, now=0, sent=(A, None), limits=None, rnd=0, wall=WALL):
    """One whole request: start and learn; the warning."""
    limits = limits or Limits()
    policy.start(rec, now, wall, limits, sent)
    return policy.answered(rec, out, now, wall, limits, rnd, CAUSE)


def verdict(rec, now, v4=A, v6=None):
    return policy.step(rec, (v4, v6), now)


# ---- when to send


def test_a_host_that_was_never_published_is_sent_at_once():
    assert verdict(fresh(), 5) == (SEND, 5, (("due.new",),))


def test_a_published_address_is_not_sent_again():
    rec = stored()
    assert verdict(rec, 1000) == (WAIT, rec.refresh, (("ok",),))


def test_a_change_of_either_family_is_sent():
    rec = stored(A, A6)
    for v4, v6 in ((B, A6), (A, B6), (B, None), (None, B6)):
        assert verdict(rec, 1000, v4, v6) == (SEND, 1000, (("due.changed",),))
    for v4, v6 in ((A, A6), (A, None), (None, A6)):
        assert verdict(rec, 1000, v4, v6)[0] == WAIT, "an address that is not known is no change"
    assert policy.changed(stored(None, A6), (None, B6)) and policy.changed(stored(), (A, A6))
    assert verdict(stored(None, A6), 1000, None, B6)[2] == (("due.changed",),)


def test_nothing_is_sent_without_a_publishable_address():
    rec = stored()
    rec.forced = rec.attempt = True
    assert verdict(rec, 1000, None, None) == (WAIT, NEVER, (("wait.address",),))


def test_a_hold_is_waited_for_to_the_second():
    rec = stored()
    assert rec.hold == 61, "a second that has begun does not count"
    assert verdict(rec, 60, B) == (WAIT, 61, (("due.changed",), ("hold.interval",)))
    assert verdict(rec, 61, B) == (SEND, 61, (("due.changed",),))


def test_an_unchanged_name_is_refreshed_before_it_expires():
    rec = stored()
    assert rec.refresh == 28 * DAY and rec.at == WALL
    assert verdict(rec, 28 * DAY - 1)[0] == WAIT
    assert verdict(rec, 28 * DAY) == (SEND, 28 * DAY, (("due.refresh",),))


def test_devices_refresh_up_to_a_sixteenth_earlier_each_in_its_own_second():
    age = 28 * DAY
    assert Limits(seed=0).age() == age
    assert Limits(seed=MOST).age() == age - age // 16 + 3
    assert len(set([Limits(seed=n).age() for n in range(0, MOST, 64)])) == 1024
    assert Limits(60, 7 * DAY, 1 << 15).age() == 7 * DAY - 7 * DAY // 32


def test_a_request_without_an_outcome_is_sent_again_after_the_minimum():
    rec = stored()
    policy.start(rec, 1000, WALL, Limits(), (A, None))
    assert verdict(rec, 1060)[0] == WAIT
    assert verdict(rec, 1061) == (SEND, 1061, (("due.unknown",),))


def test_flapping_is_damped_to_the_last_address():
    rec = stored(A, now=0)
    for now in range(1, 60):
        assert verdict(rec, now, (A, B)[now % 2])[0] == WAIT
    assert verdict(rec, 61, A) == (WAIT, rec.refresh, (("ok",),))  # it came back: nothing to send
    assert verdict(rec, 61, B)[0] == SEND


# ---- a request on its way


def test_a_request_is_noted_before_it_leaves():
    rec = stored(A, A6)
    policy.start(rec, 500, WALL, Limits(120), (B, None))
    assert (rec.attempt, rec.try4, rec.try6, rec.left, rec.unsure) == (True, B, None, 500, False)
    assert (rec.hold, rec.hold_for, rec.hold_wall) == (621, 121, WALL + 121)
    policy.start(rec, 700, None, Limits(120), (B, None))
    assert rec.unsure and rec.hold_wall == 0, "without a clock there is no wall time to keep"


def test_what_an_unknown_request_carried_is_in_doubt_and_nothing_else():
    rec = stored(A, A6)
    policy.start(rec, 500, WALL, Limits(), (B, A6))
    assert policy.stored(rec) == (None, A6)
    policy.start(rec, 600, WALL, Limits(), (None, B6))
    assert policy.stored(rec) == (None, None)
    assert rec.v4 is None and rec.v6 == A6
    policy.withdraw(rec)  # the second one did not get there
    assert (rec.attempt, rec.try4, rec.try6) == (True, None, None), "what was owed is owed still"
    assert policy.stored(rec) == (None, A6) and verdict(rec, 9999, A, A6)[0] == SEND
    rec = stored(A, A6)
    policy.start(rec, 500, WALL, Limits(), (None, A6))
    assert policy.stored(rec) == (A, A6)


def test_a_device_that_dies_in_every_request_asks_less_and_less():
    rec, waits = stored(), []
    for n in range(9):
        policy.start(rec, n * 5000, WALL, Limits(), (B, None))
        waits.append(rec.hold_for - 1)
    assert waits == [60, 60, 120, 240, 480, 960, 1800, 1800, 1800]
    for _ in range(300):
        policy.start(rec, 0, WALL, Limits(), (B, None))
    assert rec.nets == 255
    send(rec, Outcome(LATER, "911", outcome.ACCOUNT, TROUBLE))
    assert rec.nets == 0, "any answer shows that the network works"
    rec = fresh()
    policy.start(rec, 0, WALL, Limits(0), (A, None))
    assert rec.hold_for == 1, "the first request is held by the provider's minimum only"


# ---- success


def test_a_success_is_remembered_and_clears_what_went_before():
    for word, cls in (("good", OK), ("nochg", SAME)):
        rec = fresh()
        rec.fails, rec.odds, rec.cause, rec.forced, rec.single = 3, 2, CAUSE, True, True
        limits = Limits(120, seed=77)
        assert send(rec, Outcome(cls, word), 100, (A, A6), limits) is None
        assert (rec.v4, rec.v6, rec.cls, rec.word, rec.at) == (A, A6, cls, word, WALL)
        assert (rec.fails, rec.nets, rec.odds, rec.cause, rec.forced, rec.single) == (
            0,
            0,
            0,
            b"",
            False,
            False,
        )
        assert not rec.attempt and rec.try4 is None and rec.kind is None
        assert (
            rec.hold == 221
            and rec.hold_wall == WALL + 121
            and rec.age == limits.age()
            and rec.refresh == 100 + limits.age()
        )
    rec = stored(A, A6)
    send(rec, Outcome(OK, "good"), 100, (B, None), wall=None)
    assert (rec.v4, rec.v6, rec.at) == (B, A6, 0)
    send(rec, Outcome(OK, "good"), 100, (None, B6))
    assert (rec.v4, rec.v6) == (B, B6)


def test_a_second_nochg_for_what_we_knew_is_our_own_bug_said_and_held():
    rec = stored()
    assert send(rec, Outcome(SAME, "nochg"), 1000) is None and rec.same == 1
    assert send(rec, Outcome(SAME, "nochg"), 2000) == ("event.nochg-twice",)
    assert rec.same == 2 and rec.hold == 2000 + 1801
    assert send(rec, Outcome(SAME, "nochg"), 4000, limits=Limits(7200)) and rec.hold == 4000 + 7201
    for _ in range(300):
        send(rec, Outcome(SAME, "nochg"), 9000)
    assert rec.same == 255
    assert send(rec, Outcome(OK, "good"), 9000) is None and rec.same == 0


def test_a_nochg_that_was_to_be_expected_is_no_bug():
    def twice(change, now=1000, sent=(A, None)):
        rec = stored()
        send(rec, Outcome(SAME, "nochg"), 100)
        change(rec)
        return send(rec, Outcome(SAME, "nochg"), now, sent)

    assert twice(lambda rec: None)
    assert twice(lambda rec: setattr(rec, "forced", True)) is None
    assert twice(lambda rec: setattr(rec, "attempt", True)) is None
    assert twice(lambda rec: setattr(rec, "fails", 1)) is None
    assert twice(lambda rec: setattr(rec, "odds", 1)) is None
    assert twice(lambda rec: setattr(rec, "offline", 1)) is None
    assert twice(lambda rec: None, 100 + 28 * DAY) is None
    assert twice(lambda rec: None, sent=(B, None)) is None


# ---- stops


def test_every_refusal_stops_the_host_until_its_cause_changes():
    for cls in (outcome.AUTH, outcome.FEATURE, outcome.HOST, outcome.BLOCK, outcome.AGENT):
        rec = stored()
        assert send(rec, Outcome(cls, "word"), 1000, (B, None)) is None
        assert rec.stopped() and rec.cause == CAUSE and rec.cls == cls and rec.word == "word"
        assert rec.v4 == A and not rec.attempt, "they did not do it"
        for now in (1001, 100 * DAY, 10000 * DAY):
            got = verdict(rec, now, B)
            assert got[:2] == (STOPPED, NEVER) and got[2] == (("stop." + cls, "word"),)
        rec.forced = True
        assert verdict(rec, DAY, B)[0] == STOPPED
    assert not stored().stopped() and not fresh().stopped()


def test_what_ends_a_stop_is_said():
    words.path = "firmware/catalogue/words.txt"
    for cls, what in (("AUTH", "correct them"), ("FEATURE", "upgrade"), ("HOST", "correct the name"),
                      ("BLOCK", "ask the provider to unblock it, then retry"),
                      ("AGENT", "update it, then retry"),
                      ("FAIL", "look at the provider's answer, then retry")):  # fmt: skip
        rec = fresh()
        rec.cls, rec.word = cls, "word"
        text = words.say(*reasons.stop(rec))
        assert text.startswith("word: ") and text.endswith(what), text


def test_retry_ends_a_stop_and_sends_once_after_the_minimum():
    rec = stored()
    send(rec, Outcome(outcome.AUTH, "badauth"), 1000)
    rec.fails, rec.nets, rec.odds = 1, 2, 3
    assert byhand.retry(rec, 1000, WALL) is None
    assert (rec.cls, rec.kind, rec.cause, rec.fails, rec.nets, rec.odds) == ("", None, b"", 0, 0, 0)
    assert verdict(rec, 1060)[0] == WAIT and verdict(rec, 1061)[0] == SEND
    assert rec.attempt and rec.try4 is None and rec.v4 == A
    send(rec, Outcome(LATER, "911", outcome.ACCOUNT, TROUBLE), 1061)
    assert verdict(rec, 5000)[0] == SEND, "a retry that met trouble is owed still"
    assert verdict(rec, 1060)[2][0] == ("due.unknown",), "there was an answer since"
    send(rec, Outcome(OK, "good"), 5000)
    assert verdict(rec, 6000)[0] == WAIT and not rec.attempt


def test_answers_that_are_not_understood_are_tried_three_times_then_stop():
    rec = fresh()
    for n in (1, 2):
        send(rec, Outcome(ODD, "what"), n * DAY)
        assert not rec.stopped() and rec.odds == n and rec.attempt
        assert rec.hold == n * DAY + 1801 and rec.hold_wall == WALL + 1801
        assert verdict(rec, n * DAY + 1800)[2][-1] == ("hold.ODD", "what")
        assert verdict(rec, n * DAY + 1801)[0] == SEND
        # a fault in between does not start the count anew
        send(rec, outcome.failed("timeout"), n * DAY + 5000)
        send(rec, Outcome(LATER, "911", 1, TROUBLE), n * DAY + 9000)
    send(rec, Outcome(ODD, "what"), 3 * DAY)
    assert rec.stopped() and rec.cause == CAUSE
    assert verdict(rec, 99 * DAY) == (STOPPED, NEVER, (("stop.ODD", "what"),))
    rec = fresh()
    send(rec, Outcome(ODD, "what"), 0, limits=Limits(7200), rnd=MOST)
    assert rec.hold == 7201
    send(rec, Outcome(ODD, "what"), 0, rnd=MOST)
    assert rec.hold == 1801 + 599


def test_another_address_than_the_one_sent_is_kept_named_and_odd():
    rec = stored()
    send(rec, Outcome(ODD, "other address", got=[C, C6]), 1000, (B, B6))
    assert (rec.v4, rec.v6, rec.attempt, rec.odds) == (C, C6, False, 1)
    why = verdict(rec, 1001, B)[2]
    assert why == (("due.changed",), ("hold.other2", C, C6))
    assert verdict(rec, 2801, B)[0] == SEND
    rec.v4 = rec.v6 = None
    assert reasons.hold(rec) == ("hold.ODD", "other address")
    rec.v4 = C
    assert reasons.hold(rec) == ("hold.other", C)
    rec = stored()
    send(rec, outcome.failed("timeout"), 1000, (B, None))
    assert rec.attempt
    send(rec, Outcome(ODD, "other address", got=[C]), 3000, (B, None))
    assert not rec.attempt and not rec.unsure, "it said what it stores: nothing of the request before is open"


def test_an_option_that_is_refused_is_not_what_a_retry_sends():
    rec = stored()
    rec.offline = 1
    send(rec, Outcome(outcome.FEATURE, "!donator"), 1000)
    assert rec.stopped() and rec.offline == 0
    rec.offline = 1
    send(rec, Outcome(outcome.AUTH, "badauth"), 1000)
    assert rec.offline == 1


# ---- a list with one answer


def test_one_answer_for_a_list_is_asked_again_host_by_host_once():
    rec = stored()
    out = Outcome(outcome.HOST, "nohost")
    out.split = True
    assert send(rec, out, 1000) == ("event.split", "nohost")
    assert (rec.single, rec.stopped(), rec.cls, rec.kind, rec.word, rec.attempt) == (
        True, False, LATER, SERVER, "nohost", True,
    )  # fmt: skip
    assert rec.hold == 1061 and rec.hold_wall == WALL + 61 and rec.try4 is None and rec.fails == 0
    send(rec, outcome.failed("timeout"), 1061)
    assert rec.single, "a fault on the way is no answer"
    send(rec, Outcome(ODD, "what"), 1361)
    assert rec.single
    send(rec, out, 4000)
    assert rec.stopped() and rec.cls == outcome.HOST and not rec.single


# ---- retries by hand


def test_the_reason_after_a_retry_is_the_retry():
    rec = stored()
    send(rec, Outcome(outcome.BLOCK, "abuse"), 1000)
    byhand.retry(rec, 1000, WALL)
    assert verdict(rec, 1061) == (SEND, 1061, (("due.retry",),))


def test_each_retry_without_a_success_doubles_the_wait_until_the_next():
    rec, granted, now = stored(), [], 1000
    while now < 1000 + 8000:  # an impatient user presses the button every second
        send(rec, Outcome(outcome.AUTH, "badauth"), now)
        no = byhand.retry(rec, now, WALL)
        if no:
            assert no[0] == "no.retry-soon" and 0 < no[1] <= DAY
            rec.cls = outcome.AUTH
        else:
            granted.append(now - 1000)
        now += 1
    assert granted == [0, 60, 180, 420, 900, 1860, 3780, 7620], granted
    send(rec, Outcome(OK, "good"), now)
    send(rec, Outcome(outcome.AUTH, "badauth"), now)
    assert byhand.retry(rec, now, WALL) is None, "after a success the next stop may be tried again at once"


def test_an_update_by_hand_does_not_put_off_a_retry():
    rec = stored()
    byhand.force(rec, 1000, WALL)
    send(rec, Outcome(outcome.AUTH, "badauth"), 1000)
    assert byhand.retry(rec, 1001, WALL) is None
