"""The portal's guard, draft, name server and escaping: pure rooms, on every interpreter."""

from wanbeacon.board.esp32 import captive_dns as dns
from wanbeacon.portal import html
from wanbeacon.portal.draft import Draft
from wanbeacon.portal.guard import IDLE_S, LOCK_MAX_S, LOCK_S, SESSIONS, VISITORS, Guard, host_of, known_host


class Counter:
    """Predictable "random" bytes, never the same twice."""

    def __init__(self):
        self.n = 0

    def __call__(self, size):
        self.n += 1
        return bytes([self.n % 256]) * size


def guard():
    return Guard(Counter(), "right one")


def test_a_session_is_known_by_its_cookie_until_it_is_idle_too_long():
    g = guard()
    s = g.open(100, True)
    assert g.session(s.token, 100 + IDLE_S - 1) is s
    assert g.session(s.token, 100 + 2 * IDLE_S) is None
    assert g.session("", 100) is None and g.session(None, 100) is None and g.session("guess", 100) is None


def test_visitors_never_push_out_who_is_logged_in():
    g = guard()
    owner = g.login(g.open(0), "right one", 0)
    for i in range(50):
        g.open(i)
    assert g.session(owner.token, 60) is owner
    assert len(g.sessions) == 1 + VISITORS
    for i in range(10):
        g.open(61 + i, True)
    assert len([s for s in g.sessions if s.admin]) == SESSIONS


def test_a_log_in_makes_a_new_session_so_that_a_planted_cookie_gains_nothing():
    g = guard()
    planted = g.open(0)
    new = g.login(planted, "right one", 1)
    assert new.admin and new.token != planted.token
    assert g.session(planted.token, 2) is None


def test_a_form_needs_the_token_of_its_own_session():
    g = guard()
    a, b = g.open(0), g.open(0)
    assert not g.forged(a, a.csrf)
    for bad in (b.csrf, "", None, a.token, a.csrf[:-1]):
        assert g.forged(a, bad)
    assert g.forged(None, a.csrf)


def test_wrong_passwords_lock_the_door_twice_as_long_each_time_but_never_for_ever():
    g = guard()
    for i in range(4):
        assert g.login(g.open(0), "wrong", 0) is None and g.lock(0) == 0
    now, last = 0, 0
    for i in range(12):
        g.login(g.open(now), "wrong", now)
        locked = g.lock(now)
        assert locked == LOCK_S if i == 0 else locked >= last
        assert g.login(g.open(now), "right one", now + locked - 1) is None
        last, now = locked, now + locked
    assert last == LOCK_MAX_S
    assert g.login(g.open(now), "right one", now).admin
    assert g.lock(now) == 0


def test_the_host_header_must_name_this_device():
    names, addresses = ("beacon", "wanbeacon-7f3a"), ["192.168.1.50", None]
    for good in ("192.168.1.50", "192.168.1.50:8080", "beacon", "BEACON.local", "wanbeacon-7f3a.fritz.box", "beacon.local."):
        assert known_host(good, names, addresses), good
    for bad in ("", None, "evil.example", "192.168.1.51", "beacon.evil.example", "xbeacon", "beacon:80:80", "a b", "beacon:x",
                "[::1]", "192.168.1.50@evil", "None", "beacon\r\nX: y"):
        assert not known_host(bad, names, addresses), bad
    assert host_of("A.b:80") == "a.b"


def test_an_empty_password_field_keeps_the_saved_secret_and_another_provider_forgets_it():
    d = Draft('{"wifi": [{"ssid": "home", "password": "homehome1"}], "accounts": [{"provider": "dyn", "user": "anna",'
              ' "password": "geheim", "hosts": [{"name": "a.b", "ipv6": false}, "c.d"]}]}')
    assert d.set_account({"user": "anna", "password": "", "hosts": "a.b\ne.f"}) is None
    assert d.account() == {"provider": "dyn", "user": "anna", "password": "geheim", "hosts": [{"name": "a.b", "ipv6": False}, "e.f"]}
    assert d.set_wifi({"ssid": "home", "password": ""}) is None
    assert d.doc["wifi"] == [{"ssid": "home", "password": "homehome1"}]
    d.set_provider("noip")
    assert "geheim" not in str(d.doc)
    assert d.set_account({"user": "x", "password": "", "hosts": "a.b"}) == "no_password"


def test_forms_are_answered_with_what_is_missing():
    d = Draft()
    assert d.set_wifi({}) == "wifi_none"
    assert d.set_wifi({"ssid": "a", "password": "short"}) == "wifi_short"
    assert d.set_wifi({"ssid": "a", "other": "b", "hidden": "1"}) is None
    assert d.doc["wifi"] == [{"ssid": "b", "hidden": True}], "what was typed wins"
    assert d.set_wifi({"ssid": "Cafe Net ", "other": " "}) is None
    assert d.doc["wifi"][0] == {"ssid": "Cafe Net "}, "what was heard is taken as it is"
    assert d.set_account({"hosts": "a.b"}) == "no_provider"
    d.set_provider("dyn")
    assert d.set_account({"password": "x", "hosts": " , "}) == "no_hosts"
    assert d.set_address({"source": "web"}) == "page_none"
    assert d.set_address({"source": "auto", "page": "http://x"}) == "page_https"
    assert d.set_finish({"new1": "a", "new2": "b"}) == "differ"
    assert d.set_finish({"new1": "short", "new2": "short"}) == "too_short"


def test_the_drafts_result_is_what_the_agent_accepts():
    from wanbeacon.app import config

    d = Draft("not json")
    d.set_wifi({"ssid": "home", "password": "homehome1"})
    d.set_provider("dyn")
    for_the_agent = lambda: config.load(d.data().decode())  # noqa: E731
    try:
        assert not for_the_agent(), "an account without password and hosts is no setting"
    except config.ConfigError:
        pass
    d.set_account({"user": "u", "password": "p", "hosts": "a.b"})
    d.set_address({"source": "auto", "page": "https://ip.example/"})
    d.set_finish({"hostname": "beacon", "new1": "longenough", "new2": "longenough"})
    assert d.address_form() == ("auto", "https://ip.example/")
    assert for_the_agent()["portal"]["password"] == "longenough"


def test_settings_that_the_forms_cannot_show_are_kept():
    raw = '{"accounts": [], "address": [{"source": "stun", "servers": ["a:1", "b:2"]}], "cross_check": true}'
    d = Draft(raw)
    assert d.address_form()[0] == "keep"
    assert d.set_address({"source": "keep"}) is None
    assert d.doc["address"] == [{"source": "stun", "servers": ["a:1", "b:2"]}] and d.doc["cross_check"] is True


def test_odd_settings_files_do_not_break_the_draft():
    for raw in (None, "", "[]", "1", '{"accounts": 5, "wifi": {"a": 1}}', '{"accounts": [1, {"provider": "dyn", "hosts": null}]}'):
        d = Draft(raw)
        d.account()
        d.host_names()
        d.data()


def query(name, kind=1):
    packed = b"".join([bytes([len(part)]) + part.encode() for part in name.split(".")])
    return b"\x12\x34\x01\0\0\1\0\0\0\0\0\0" + packed + b"\0" + bytes([0, kind]) + b"\0\1"


def test_every_name_leads_to_this_device_and_other_types_to_nothing():
    reply = dns.answer(query("captive.apple.com"), b"\xc0\xa8\4\1")
    assert reply[:2] == b"\x12\x34" and reply[2] & 0x80 and reply[6:8] == b"\0\1"
    assert reply[-4:] == b"\xc0\xa8\4\1" and query("captive.apple.com")[12:] == reply[12:-16]
    for kind in (28, 65, 15):
        assert dns.answer(query("a.b", kind), b"\1\2\3\4")[6:8] == b"\0\0"


def test_what_is_no_query_gets_no_answer():
    good = query("a.b")
    for bad in (b"", good[:11], good[:14], good[:-3], good[:2] + b"\x81" + good[3:], good[:4] + b"\0\2" + good[6:],
                good[:12] + b"\xc0\x0c\0\1\0\1", good[:12] + b"\x3f" + good[13:]):
        assert dns.answer(bad, b"\1\2\3\4") is None, bad


def test_nothing_that_comes_from_outside_is_html():
    assert html.esc('<a href="x" onclick=\'y\'>&') == "&lt;a href=&quot;x&quot; onclick=&#39;y&#39;&gt;&amp;"
    assert html.esc("a\r\nb\0c") == "a \nb c"
    assert html.esc(None) == "" and html.esc(5) == "5"
    assert '"><' not in html.field("L", "n", '"><script>')


def test_pages_are_sent_in_pieces_and_whole():
    parts = ["x%d;" % i for i in range(1000)]
    out = list(html.pieces(iter(parts)))
    assert b"".join(out).decode() == "".join(parts)
    assert 2 < len(out) < 20


def test_waits_and_moments_in_words():
    assert html.span(5) == "5 s" and html.span(119) == "119 s" and html.span(120) == "2 min"
    assert html.span(7200) == "2 h" and html.span(86400 * 28) == "28 days"
    assert "2026-11-21T20:10:00Z" in html.when(1795291800) and html.when(None) == "-"
