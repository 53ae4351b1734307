# SPDX-License-Identifier: MIT
"""The portal's guard, requests, draft, name server and escaping: pure rooms, on every interpreter."""

import asyncio
import errno

from wanbeacon.board.esp32 import captive_dns as dns
from wanbeacon.net import waits
from wanbeacon.portal import forms, html, request
from wanbeacon.portal.draft import Draft, host_names, mail
from wanbeacon.portal.guard import FORM_S, FREE_TRIES, IDLE_S, LOCK_MAX_S, LOCK_S, SESSIONS, SOURCES, Guard
from wanbeacon.portal.guest import Guest, make_place


class Kept:
    """What server.Server keeps for the guard."""

    def __init__(self):
        self.key = None
        self.sessions = []
        self.wrong = bytearray()


class Counter:
    """Predictable "random" bytes, never the same twice."""

    def __init__(self):
        self.n = 0

    def __call__(self, size):
        self.n += 1
        return bytes([self.n % 256]) * size


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


class Door:
    address = "192.168.4.1"

    def inside(self, ip):
        return ip.startswith("192.168.4.")


class Device:
    """As much of app/board_main.Device as a request asks for."""

    cfg = {"device": {"hostname": "Beacon"}}
    door = None

    def __init__(self):
        self.board = self

    def own_name(self):
        return "Wanbeacon-7F3A"

    def lan_address(self):
        return "192.168.1.50"


class Server(Kept):
    def __init__(self):
        super().__init__()
        self.device = Device()


class Wire:
    """A connection whose peer sends `data` in pieces; the time of one that is quiet goes by at once."""

    def __init__(self, data, size=100):
        self.data, self.size, self.out = data, size, b""

    def recv(self, size):
        piece, self.data = self.data[: min(size, self.size)], self.data[min(size, self.size) :]
        if not piece:
            raise OSError(errno.ECONNRESET)
        return piece

    def send(self, data):
        self.out += bytes(data)
        return len(data)


def read(data, ip="192.168.1.9", server=None, size=100):
    """(status or None, the Guest) of a request; OSError stands for "cut off"."""

    async def ready(sock, ms=None, write=False):
        return True

    guest, usual = Guest(Wire(data, size), ip), waits.ready
    waits.ready = ready
    try:
        return asyncio.run(request.read(server or Server(), guest)), guest
    except OSError:
        return "cut off", guest
    finally:
        waits.ready = usual


GET = b"GET / HTTP/1.1\r\nHost: 192.168.1.50\r\n"
FORM = b"Content-Type: application/x-www-form-urlencoded\r\n"


def test_only_the_headers_that_count_are_kept():
    for size in (1, 7, 256):
        status, guest = read(
            GET + b"Cookie: a=b; wb=" + b"0" * 32 + b"\r\nUser-Agent: x\r\nOrigin: http://x\r\n\r\n",
            size=size,
        )
        assert (
            status is None and guest.method == "GET" and guest.path == "/" and guest.host == b"192.168.1.50"
        )
        assert guest.session is None and not guest.home and guest.args == {}


def test_heads_without_end_are_cut_off():
    for data in (
        GET + b"a:b\r\n" * 650 + b"\r\n",
        GET + b"X-%s: 1\r\n" % (b"a" * 60) * 47,
        GET + b"X: " + b"a" * 100000,
        b"G" * 100000,
        b"\r\n" * 1000,
        b"\xff\xfe / x\r\n\r\n",
        b"GET /\r\n\r\n",
        b"GET / HTTP/1.1 x\r\n\r\n",
        b"",
    ):
        status, guest = read(data)
        assert status in (400, "cut off"), (data[:30], status)
        assert len(guest.conn.data) > len(data) - 6000, "what is too much is not read"


def test_what_is_no_page_request_is_refused_before_its_body_is_read():
    post = b"POST /do HTTP/1.1\r\nHost: 192.168.1.50\r\n"
    for data, right in (
        (b"PUT / HTTP/1.1\r\nHost: 192.168.1.50\r\n\r\n", 405),
        (b"GET / HTTP/1.1\r\nHost: evil.example\r\n\r\n", 421),
        (b"GET / HTTP/1.1\r\n\r\n", 421),
        (post + FORM + b"Origin: http://evil.example\r\nContent-Length: 100\r\n\r\n", 403),
        (post + FORM + b"Origin: null\r\nContent-Length: 100\r\n\r\n", 403),
        (post + FORM + b"Origin: https://192.168.1.50\r\nContent-Length: 100\r\n\r\n", 403),
        (post + b"Content-Type: text/plain\r\nContent-Length: 100\r\n\r\n", 403),
        (post + b"Content-Length: 100\r\n\r\n", 403),
        (post + FORM + b"Content-Length: 4000\r\n\r\n", 413),
        (post + FORM + b"Content-Length: -5\r\n\r\n", 413),
        (post + FORM + b"Content-Length: zz\r\n\r\n", 400),
        (post + FORM + b"Content-Length: 3\r\n\r\nabcd", 413),
    ):
        status, guest = read(data + b"x" * 5000 if right != 413 else data)
        assert status == right, (data, status)
        assert len(guest.conn.data) > 4000 or right == 413


def test_a_long_form_is_for_who_is_logged_in():
    server = Server()
    row = Guard(server, Counter()).open(0)
    post = (
        b"POST /account HTTP/1.1\r\nHost: 192.168.1.50\r\n"
        + FORM
        + b"Content-Length: 4000\r\nCookie: wb=%s\r\n\r\n"
        + b"x" * 3000
        + b"="
        + b"y" * 999
    )
    status, guest = read(post % row[0], server=server)
    assert status is None and len(guest.form) == 1 and guest.session is row
    assert read(post % (b"f" * 32), server=server)[0] == 413
    assert read(post % b"", server=server)[0] == 413
    assert read((post % row[0])[:-10], server=server)[0] == "cut off"


def test_the_host_header_must_name_this_device():
    server = Server()
    for good in (
        "192.168.1.50",
        "192.168.1.50:8080",
        "beacon",
        "BEACON.local",
        "wanbeacon-7f3a.fritz.box",
        "beacon.local.",
    ):
        assert request.known(server, good.encode()), good
    for bad in (
        "",
        "evil.example",
        "192.168.1.51",
        "beacon.evil.example",
        "xbeacon",
        "beacon:80:80",
        "a b",
        "beacon:x",
        "beacon.local.local",
        "[::1]",
        "192.168.1.50@evil",
        "None",
        "beacon/x",
    ):
        assert not request.known(server, bad.encode()), bad
    assert request.host_of(b"A.b:80") == "a.b"


def test_in_the_set_up_network_every_name_leads_to_the_device_and_no_other_form_counts():
    server = Server()
    server.device.door = Door()
    assert (
        read(b"GET /generate_204 HTTP/1.1\r\nHost: captive.apple.com\r\n\r\n", "192.168.4.2", server)[0]
        is None
    )
    assert read(b"GET / HTTP/1.1\r\nHost: captive.apple.com\r\n\r\n", "192.168.1.9", server)[0] == 421
    post = b"POST /settings HTTP/1.1\r\nHost: %s\r\n" + FORM + b"Content-Length: 3\r\n\r\na=b"
    assert read(post % b"192.168.1.50", "192.168.4.2", server)[0] == 421
    assert read(post % b"192.168.4.1", "192.168.4.2", server)[0] is None


class Task:
    def __init__(self):
        self.gone = False

    def cancel(self):
        self.gone = True


def place(guests, ip):
    """Index of the guest that goes for a newcomer from ip; None when the newcomer is refused."""
    rows = []
    for source, floor in guests:
        rows.append(Guest(None, source))
        rows[-1].floor, rows[-1].task = floor, Task()
    try:
        make_place(rows, ip)
    except OSError:
        return None
    return [row.task.gone for row in rows].index(True)


def test_places_at_the_door_go_to_who_has_few():
    reading, waiting, served = None, False, True
    assert place([("a", served), ("a", waiting), ("b", waiting)], "owner") == 1, (
        "the source with the most gives one up"
    )
    assert place([("a", served), ("b", waiting), ("owner", reading)], "b") is None, (
        "a stranger does not take the owner's"
    )
    assert place([("a", served), ("b", waiting), ("owner", waiting)], "a") is None
    assert place([("a", reading), ("a", reading), ("a", reading)], "a") == 0, (
        "a browser that opens connections in advance"
    )
    assert place([("a", served), ("a", waiting), ("a", waiting)], "a") is None
    assert place([("a", served), ("b", waiting), ("c", reading)], "owner") == 2, (
        "whoever has not said what he wants goes first"
    )


def test_forms_are_read_as_browsers_write_them():
    assert request.fields(b"a=1&b=x+y%26z&c=&a=2&=5&d=%C3%A9") == {
        "a": "2",
        "b": "x y&z",
        "c": "",
        "d": "\xe9",
    }
    assert request.fields(b"") == {}
    assert len(request.fields(b"&".join([b"k%d=1" % i for i in range(1000)]))) == 40
    for bad in (b"a=%zz", b"a=%", b"a=%ff", b"%80=a"):
        try:
            assert not request.fields(bad), bad
        except ValueError:
            pass


def mutated(base, seed):
    """`base` (bytes) with some bytes changed, gone, doubled or cut: the same for the same seed on every
    interpreter."""
    out = bytearray(base)
    for _ in range(1 + seed % 5):
        seed = (seed * 1103515245 + 12345) & 0x3FFFFFFF
        at, kind = (seed >> 8) % (len(out) or 1), (seed >> 4) % 6
        if kind == 0:
            out[at : at + 1] = bytes([seed >> 3 & 255])
        elif kind == 1:
            out[at : at + 1] = b""
        elif kind == 2:
            out[at:at] = out[at : at + 20]
        elif kind == 3:
            out = out[:at]
        elif kind == 4:
            out[at:at] = (b"\r\n", b": ", b"%", b"\0", b"\xff\xfe", b"&=")[seed >> 12 & 3]
        else:
            out[at : at + 1] = bytes(out[at : at + 1]) * 300
    return bytes(out)


def test_a_thousand_broken_requests_are_read_or_refused_and_nothing_else():
    server = Server()
    row = Guard(server, Counter()).open(0)
    post = (
        b"POST /account?n=0 HTTP/1.1\r\nHost: 192.168.1.50\r\n"
        + FORM
        + b"Origin: http://192.168.1.50\r\nCookie: wb="
        + row[0]
    )
    post += b"\r\nContent-Length: 40\r\n\r\ncsrf=0123&user=a%40b.c&hosts=a.b%0D%0Ac.d"
    get = GET + b"Cookie: wb=" + row[0] + b"; x=y\r\nUser-Agent: Mozilla\r\nAccept-Language: de\r\n\r\n"
    good = 0
    for seed in range(500):
        for base in (get, post):
            status, guest = read(mutated(base, seed), server=server, size=1 + seed % 300)
            assert status in (None, 400, 403, 405, 413, 421, "cut off"), (seed, status)
            if status is None:
                good += 1
                assert guest.args is not None and guest.form is not None and guest.path[:1] != ""
    assert good > 50


def test_an_empty_password_field_keeps_the_saved_secret_and_another_provider_forgets_it():
    d = Draft(
        '{"wifi": [{"ssid": "home", "password": "homehome1"}], "accounts": [{"provider": "dyn", "user": '
        '"anna",'
        ' "password": "geheim", "hosts": [{"name": "a.b", "ipv6": false}, "c.d"]}]}'
    )
    assert d.set_account(0, {"user": "anna", "password": "", "hosts": "a.b\ne.f"}) == []
    assert d.account(0) == {
        "provider": "dyn",
        "user": "anna",
        "password": "geheim",
        "hosts": [{"name": "a.b", "ipv6": False}, "e.f"],
    }
    assert d.set_wifi({"ssid": "home", "wifi_password": ""}) == []
    assert d.doc["wifi"] == [{"ssid": "home", "password": "homehome1"}]
    d.set_provider(0, "noip")
    assert "geheim" not in str(d.doc)
    assert d.set_account(0, {"user": "x", "password": "", "hosts": "a.b"}) == [("password", "no_password")]


def test_forms_are_answered_with_what_is_missing_and_nothing_typed_is_lost():
    d = Draft()
    assert d.set_wifi({}) == [("other", "wifi_none")]
    assert d.set_wifi({"ssid": "a", "wifi_password": "short"}) == [("wifi_password", "wifi_short")]
    assert d.set_wifi({"ssid": "a", "other": "b", "hidden": "1"}) == []
    assert d.doc["wifi"] == [{"ssid": "b", "hidden": True}], "what was typed wins"
    assert d.set_wifi({"ssid": "Cafe Net ", "other": " "}) == []
    assert d.doc["wifi"][0] == {"ssid": "Cafe Net "}, "what was heard is taken as it is"
    d.set_provider(0, "dyn")
    assert d.set_account(0, {"user": "anna", "password": "x", "hosts": " , "}) == [("hosts", "no_hosts")]
    assert d.account(0) == {"provider": "dyn", "user": "anna", "password": "x", "hosts": []}
    assert d.set_account(0, {"user": "anna", "password": "", "hosts": "a.b"}) == [], (
        "the password was not lost"
    )
    assert d.set_address({"source": "web"}) == [("page", "page_none")]
    assert d.set_address({"source": "auto", "page": "http://x"}) == [("page", "page_https")]
    assert d.set_finish({"new1": "longenough", "new2": "b"}) == [("new2", "differ")]
    assert d.set_finish({"new1": "short", "new2": "short", "contact": "x"}) == [
        ("contact", "no_mail"),
        ("new1", "too_short"),
    ]


def test_keys_that_no_settings_may_have_go_when_the_account_is_typed_again():
    d = Draft('{"accounts": [{"provider": "dyn", "pasword": "x", "hosts": ["a.b"], "server": "s:1"}]}')
    d.set_account(
        0, {"user": "u", "password": "p", "hosts": "a.b"}, ["provider", "user", "password", "hosts", "server"]
    )
    assert d.account(0) == {
        "provider": "dyn",
        "user": "u",
        "password": "p",
        "hosts": ["a.b"],
        "server": "s:1",
    }


def test_the_contact_is_the_user_if_that_is_a_mail_address():
    d = Draft(
        '{"accounts": [{"provider": "x", "user": "key"}, {"provider": "noip", "user": "anna@home.org"}]}'
    )
    assert d.contact() == "anna@home.org"
    assert d.set_finish({"contact": "other@home.org"}) == [] and d.contact() == "other@home.org"
    for bad in (
        "",
        "a",
        "a@b",
        "@b.c",
        "a@b.example",
        "a@b.test",
        "a b@c.de",
        "a@b@c.de",
        "a@.de",
        "support@wanbeacon.example",
    ):
        assert not mail(bad), bad


def test_a_backup_has_no_secret_and_brings_none_to_another_login():
    raw = (
        '{"accounts": [{"provider": "dyn", "user": "anna", "password": "geheim", "hosts": ["a.b"]}], '
        '"wifi": [{"ssid": "home", "password": "homehome1"}],'
        ' "portal": {"password": "longenough", "port": 81}}'
    )
    saved = Draft(raw).data(False).decode()
    for secret in ("geheim", "homehome1", "longenough"):
        assert secret not in saved
    d = Draft(raw)
    assert d.restore(saved) and Draft(d.data()).doc == Draft(raw).doc
    d = Draft(raw)
    assert d.restore(saved.replace("anna", "eve").replace("home", "away"))
    assert "geheim" not in str(d.doc) and "homehome1" not in str(d.doc)
    d = Draft(raw)
    assert d.restore(saved.replace('"anna"', '"anna", "server": "evil.example"')) and "geheim" not in str(
        d.doc
    )
    for bad in ("", "x", "[]", "1", '{"a": 1}', '{"accounts": []}', '{"accounts": [1]}', "\xff"):
        assert not d.restore(bad), bad


def test_the_drafts_result_is_what_the_agent_accepts():
    from wanbeacon.app import config

    d = Draft("not json")
    d.set_wifi({"ssid": "home", "wifi_password": "homehome1"})
    d.set_provider(0, "dyn")
    for_the_agent = lambda: config.load(d.data().decode())  # noqa: E731
    try:
        assert not for_the_agent(), "an account without password and hosts is no setting"
    except config.ConfigError:
        pass
    d.set_account(0, {"user": "u", "password": "p", "hosts": "a.b"})
    d.set_address({"source": "auto", "page": "https://ip.example/"})
    d.set_finish({"hostname": "beacon", "new1": "longenough", "new2": "longenough"})
    assert d.address_form() == ("auto", "https://ip.example/")
    assert for_the_agent()["portal"]["password"] == "longenough"


def test_settings_that_the_forms_cannot_show_are_kept():
    raw = '{"accounts": [], "address": [{"source": "stun", "servers": ["a:1", "b:2"]}], "cross_check": true}'
    d = Draft(raw)
    assert d.address_form()[0] == "keep"
    assert d.set_address({"source": "keep"}) == []
    assert (
        d.doc["address"] == [{"source": "stun", "servers": ["a:1", "b:2"]}] and d.doc["cross_check"] is True
    )


def test_another_host_at_home_is_its_suffix_or_mac_behind_the_name():
    form, kept = (
        {"user": "u", "password": "p"},
        b'{"name": "old.org", "subnet": 3, "mac": "02:11:22:33:44:55"}',
    )
    draft = Draft(b'{"accounts": [{"provider": "dyn", "hosts": [%s]}]}' % kept)
    assert draft.login(0)[2] == ["old.org 02:11:22:33:44:55"]
    for typed, want in (
        ("a.org nas.org ::1:2", ["a.org", {"name": "nas.org", "ipv4": False, "suffix": "::1:2"}]),
        ("nas.org ::1:2\nb.org 00:11:22:aa:bb:cc", [
            {"name": "nas.org", "ipv4": False, "suffix": "::1:2"},
            {"name": "b.org", "ipv4": False, "mac": "00:11:22:aa:bb:cc"}]),
        ("nas.org 00:11:22:aa:bb:cc", [{"name": "nas.org", "ipv4": False, "mac": "00:11:22:aa:bb:cc"}]),
        ("nas.org", ["nas.org"]),
        ("::1:2 https://x.org:80", ["::1:2", "https://x.org:80"]),
    ):  # fmt: skip
        draft.set_account(0, dict(form, hosts=typed))
        assert draft.account(0)["hosts"] == want, (typed, draft.account(0)["hosts"])
    draft = Draft(b'{"accounts": [{"provider": "dyn", "hosts": [%s]}]}' % kept)
    draft.set_account(0, dict(form, hosts="old.org ::5"))
    assert draft.account(0)["hosts"] == [{"name": "old.org", "subnet": 3, "suffix": "::5"}]
    draft.set_account(0, dict(form, hosts="old.org"))
    assert draft.account(0)["hosts"] == ["old.org"]


def test_odd_settings_files_do_not_break_the_draft():
    for raw in (
        None,
        "",
        "[]",
        "1",
        '{"accounts": 5, "wifi": {"a": 1}}',
        '{"accounts": [1, {"provider": "dyn", "hosts": null}]}',
    ):
        d = Draft(raw)
        host_names(d.account(0))
        d.contact()
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
    for bad in (
        b"",
        good[:11],
        good[:14],
        good[:-3],
        good[:2] + b"\x81" + good[3:],
        good[:4] + b"\0\2" + good[6:],
        good[:12] + b"\xc0\x0c\0\1\0\1",
        good[:12] + b"\x3f" + good[13:],
    ):
        assert dns.answer(bad, b"\1\2\3\4") is None, bad


def test_nothing_that_comes_from_outside_is_html():
    assert html.esc("<a href=\"x\" onclick='y'>&") == "&lt;a href=&quot;x&quot; onclick=&#39;y&#39;&gt;&amp;"
    assert html.esc("a\r\nb\0c") == "a \nb c"
    assert html.esc(None) == "" and html.esc(5) == "5"
    field = forms.Forms([b"\nn = N\n"]).field("n", '"><script>', faults=[("n", "<b>")])
    assert (
        '"><script' not in field
        and "<b>" not in field
        and 'aria-invalid="true"' in field
        and "autofocus" in field
    )


def test_pages_are_sent_in_pieces_and_whole():
    parts = ["x%d;" % i for i in range(1000)]
    out = list(html.pieces(iter(parts)))
    assert b"".join(out).decode() == "".join(parts)
    assert 2 < len(out) < 20


def test_waits_and_moments_in_words():
    t = html.Texts([])
    assert (
        t.span(1) == "1 second"
        and t.span(5) == "5 seconds"
        and t.span(119) == "119 seconds"
        and t.span(120) == "2 minutes"
    )
    assert t.span(7200) == "2 hours" and t.span(86400 * 28) == "28 days"
    moment = t.when(1795291800, 1795291800 + 200)
    assert (
        "2026-11-21T20:10:00Z" in moment
        and ">3 minutes ago<" in moment
        and 'title="2026-11-21 20:10 UTC"' in moment
    )
    assert (
        t.when(None) == "-" and ">just now<" in t.when(100, 100) and ">1970-01-01 00:01 UTC<" in t.when(100)
    )


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
