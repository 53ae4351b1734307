# SPDX-License-Identifier: MIT
"""The portal's guard: who is logged in, whose form it is, who guesses passwords."""

from portal_kit import Counter, Kept
from wanbeacon.portal.guard import FORM_S, FREE_TRIES, IDLE_S, LOCK_MAX_S, LOCK_S, SESSIONS, SOURCES, Guard


def guard():
    return Guard(Kept(), Counter())


def test_a_session_holds_until_it_is_idle_too_long():
    g = guard()
    row = g.open(100)
    assert g.alive(row, 100 + IDLE_S - 1)
    assert not g.alive(row, 100 + 2 * IDLE_S)
    assert not g.alive(None, 100) and g.kept.sessions == []


def test_the_session_idle_longest_goes_and_their_number_is_bounded():
    g = guard()
    rows = [g.open(i) for i in range(SESSIONS)]
    assert g.alive(rows[0], 10)
    g.open(11)
    assert len(g.kept.sessions) == SESSIONS and g.alive(rows[0], 12) and not g.alive(rows[1], 12)
    g.close(rows[0])
    assert not g.alive(rows[0], 13)


def test_a_form_belongs_to_one_session():
    g = guard()
    a, b = [row[0].decode() for row in (g.open(0), g.open(0))]
    assert a != b and g.csrf(a) == g.csrf(a) and g.csrf(a) != g.csrf(b) and a not in g.csrf(a)
    assert Guard(g.kept, Counter()).csrf(a) == g.csrf(a), "another request of the same run"
    assert guard().csrf("home 192.168.4.2") != g.csrf("home 192.168.4.3")


def test_the_log_in_form_needs_no_session_and_only_who_asked_can_use_it():
    g = guard()
    form = g.login_form("10.0.0.1", 1000)
    assert not g.login_forged(form, "10.0.0.1", 1000) and not g.login_forged(
        form, "10.0.0.1", 1000 + FORM_S - 1
    )
    assert g.kept.sessions == []
    for token, source, now in (
        (form, "10.0.0.2", 1000),
        (form, "10.0.0.1", 1000 + FORM_S),
        (form, "10.0.0.1", 999),
        ("", "10.0.0.1", 1000),
        (None, "10.0.0.1", 1000),
        ("1001" + form[4:], "10.0.0.1", 1001),
        (form[:-1], "10.0.0.1", 1000),
        ("x." + form, "10.0.0.1", 1000),
        ("9" * 400 + form[4:], "10.0.0.1", 1000),
        ("-1." + form, "10.0.0.1", 1000),
    ):
        assert g.login_forged(token, source, now), token


def test_wrong_passwords_lock_their_address_twice_as_long_each_time_but_never_for_ever():
    g = guard()
    for _ in range(FREE_TRIES - 1):
        assert g.login("a", "wrong", "right one", 0) is None and g.lock("a", 0) == 0
    now, last = 0, 0
    for i in range(12):
        g.login("a", "wrong", "right one", now)
        locked = g.lock("a", now)
        assert locked == LOCK_S if i == 0 else locked >= last
        assert g.login("a", "right one", "right one", now + locked - 1) is None
        last, now = locked, now + locked
    assert last == LOCK_MAX_S
    assert g.login("a", "right one", "right one", now)
    assert g.lock("a", now) == 0
    for _ in range(FREE_TRIES - 1):
        g.login("a", "wrong", "right one", now)
    assert g.lock("a", now) == 0, "the count began again"


def test_no_number_of_strangers_locks_the_owner_out():
    g = guard()
    for n in range(3 * SOURCES):
        for _ in range(30):
            g.login("10.0.0.%d" % n, "wrong", "right one", n)
    assert g.lock("10.0.0.%d" % (3 * SOURCES - 1), 3 * SOURCES) > 0
    assert g.login("10.0.1.1", "right one", "right one", 3 * SOURCES)
    assert len(g.kept.wrong) <= SOURCES * 9


def test_the_key_that_went_over_the_cable_opens_a_session_for_an_hour():
    g = guard()
    key = g.token(100)
    row = g.admit(key, 100 + FORM_S - 1)
    assert g.alive(row, 100 + FORM_S)
    assert not g.admit(key, 100 + FORM_S)
    for bad in ("", "100", "100.", key[:-1], "101" + key[3:], g.login_form("a", 100)):
        assert not g.admit(bad, 101), bad
    other = Kept()
    other.key = b"another run of it"
    assert not Guard(other, Counter()).admit(key, 101)
