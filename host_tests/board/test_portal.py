# SPDX-License-Identifier: MIT
"""The portal without a browser: who is let in, what is refused, and that nothing secret comes out."""

import json
import re
import socket
import time

import pytest

from host_tests.board.home import QUICK, around, settings
from host_tests.board.web import Browser, free_port
from tools.build import mpy

SECRETS = ("demo-key", "homehome1", "kept-label-1")
#: Cheap to guess in a test: what is tested is that it locks, not how long.
PAGES = ("/", "/login", "/settings", "/wifi", "/provider", "/account", "/address", "/finish", "/status.json")


@pytest.fixture
def installed(home, lab, ntp):
    """installed(**more of the settings) -> (board, Browser) with the first update done, as seen from the
    LAN."""

    def start(doc=None, boot=QUICK, wait="demo.dyndns.org: ok", **world):
        port = free_port()
        board = home(doc or settings(lab), boot=boot, ports={"80": port}, **around(lab, ntp), **world)
        if wait:
            board.wait_for(wait, 15)
        return board, Browser(port)

    return start


@pytest.fixture
def fresh(home):
    """A board without settings, as seen from its own access point."""
    port = free_port()
    board = home(None, ports={"80": port}, peers={"127.0.0.1": "192.168.4.2"})
    board.wait_for("set-up mode: Wi-Fi Wanbeacon-7F3A")
    return board, Browser(port, "192.168.4.1")


def test_everybody_sees_the_status_and_only_the_owner_the_rest(installed):
    _, web = installed()
    page = web.ask("/")
    assert page.status == 200 and "81.2.69.142" in page.text and "demo.dyndns.org" in page.text
    for path in PAGES[2:-1]:
        assert web.ask(path).getheader("Location") == "/login", path
        assert web.ask(path, {"x": "1"}).status == 403, path
    assert web.login("wrong").status == 403
    assert web.login().status == 303
    assert web.ask("/settings").status == 200


def test_no_page_and_no_header_ever_holds_a_secret(installed):
    board, web = installed()
    web.login()
    for path in PAGES:
        answer = web.ask(path)
        everything = answer.text + str(answer.getheaders())
        for secret in SECRETS:
            assert secret not in everything, (path, secret)
        assert len(answer.text) < 15000, "%s has %d bytes" % (path, len(answer.text))
    assert not [secret for secret in SECRETS if secret in board.log]


def test_buttons_reach_the_agent_and_saved_settings_keep_what_was_not_typed(installed, lab):
    board, web = installed()
    web.login()
    web.ask("/do", {"action": "pause"})
    assert "Paused" in web.ask("/").text
    web.ask("/do", {"action": "resume"})
    assert "Paused" not in web.ask("/").text
    web.ask("/account?n=0")
    assert web.ask("/account", {"user": "demo", "password": "", "hosts": "demo.dyndns.org"}).status == 303
    since = board.mark()
    lab.forgive()  # its check page does not like to be asked again so soon
    assert "Saved" in web.ask("/finish", {"hostname": "beacon", "new1": "", "new2": ""}).text
    board.wait_for("start after reset", since=since)
    # its check page is not asked again within ten minutes
    board.wait_for("demo.dyndns.org: (ok|waiting)", since=since)
    assert len(lab.updates) == 1, "nothing that matters has changed: nothing is sent"
    board.cut()
    doc = json.loads(board.files()["/config.json"])
    assert doc["accounts"][0]["password"] == "demo-key" and doc["wifi"][0]["password"] == "homehome1"
    assert doc["device"]["hostname"] == "beacon"


def test_a_name_that_was_set_offline_is_no_trouble_and_comes_back_by_a_button(installed, lab):
    _, web = installed(boot=QUICK + "\nfrom wanbeacon.core import policy\npolicy.hold = lambda *_: None\n")
    web.login()
    web.ask("/do", {"action": "offline", "host": "demo.dyndns.org"})
    patient(lambda: len(lab.updates) == 2 and "offline" in web.ask("/").text)
    page = web.ask("/").text
    assert "Your address is not known" not in page and "Bring it back" in page
    web.ask("/do", {"action": "update", "host": "demo.dyndns.org"})
    patient(lambda: len(lab.updates) == 3 and "Bring it back" not in web.ask("/").text)


def patient(what):
    end = time.monotonic() + 30
    while not what():
        assert time.monotonic() < end
        time.sleep(0.1)


def test_a_form_must_be_a_form_and_come_from_a_page_of_ours(installed):
    _, web = installed()
    other = Browser(web.port)
    other.login()
    for token in ("", "0" * 32, other.csrf):
        web.login()
        web.csrf = token
        assert web.ask("/do", {"action": "pause"}).status == 403
        assert "Paused" not in web.ask("/").text
    web.login()
    assert web.ask("/do", {"action": "pause"}, headers={"Origin": "http://evil.example"}).status == 403
    assert web.ask("/do", {"action": "pause"}, headers={"Content-Type": "text/plain"}).status == 403
    assert (
        web.ask("/do", body='{"action": "pause"}', headers={"Content-Type": "application/json"}).status == 403
    )
    assert web.ask("/do", {"action": "pause"}, headers={"Origin": "http://192.168.1.50"}).status == 303


def test_a_page_that_renamed_itself_to_our_address_gets_nothing(installed):
    _, web = installed()
    for host in ("evil.example", "192.168.1.50.evil.example", "", "192.168.1.51", "a@192.168.1.50", "[::1]"):
        for path in ("/", "/status.json", "/login"):
            answer = web.ask(path, headers={"Host": host})
            assert answer.status == 421 and "demo" not in answer.text, host
    for good in ("wanbeacon-7f3a", "wanbeacon-7f3a.local", "WANBEACON-7F3A.local:80", "192.168.1.50:8080"):
        assert web.ask("/", headers={"Host": good}).status == 200, good


def test_guessing_the_password_is_locked_out_for_longer_and_longer(installed):
    _, web = installed(boot=QUICK + "\nfrom wanbeacon.portal import guard\nguard.LOCK_S = 3\n")
    web.ask("/login")
    states = [web.ask("/login", {"password": "guess%d" % i}).status for i in range(6)]
    assert states == [403] * 4 + [429, 429]
    assert web.login().status == 429, "the right one is not taken either while it is locked"
    time.sleep(3.5)
    assert web.login("wrong").status == 429
    time.sleep(3.5)
    assert web.login().status == 429, "the second lock is twice as long"
    time.sleep(3)
    assert web.login().status == 303


def test_oversized_endless_and_broken_requests_are_cut_off(installed):
    board, web = installed()
    assert (
        web.ask(
            "/login", body="x" * 5000, headers={"Content-Type": "application/x-www-form-urlencoded"}
        ).status
        == 413
    )

    def raw(data, wait=1.0):
        with socket.create_connection(("127.0.0.1", web.port), timeout=5) as sock:
            sock.settimeout(wait)
            try:
                sock.sendall(data)
                return sock.recv(300)
            except OSError:
                return b""

    for data in (
        b"GET / HTTP/1.1\r\nX: " + b"a" * 3000 + b"\r\n\r\n",
        b"GET /" + b"a" * 9000,
        b"\xff\xfe\x00\r\n\r\n",
        b"GET / HTTP/1.1\r\n" + b"A: b\r\n" * 2000 + b"\r\n",
        b"GET\r\n\r\n",
        b"POST /login HTTP/1.1\r\nHost: 192.168.1.50\r\nContent-Length: -5\r\n\r\n",
        b"POST /login HTTP/1.1\r\nHost: 192.168.1.50\r\nContent-Length: zz\r\n\r\n",
        b"\r\n" * 50,
    ):
        assert not raw(data).startswith(b"HTTP/1.0 200"), data[:40]
    assert web.ask("/").status == 200
    assert "out of memory" not in board.log


def test_slow_clients_do_not_keep_others_out(installed):
    _, web = installed(boot=QUICK + "\nfrom wanbeacon.portal import guest\nguest.HEAD_MS = 1000\n")
    idle = [socket.create_connection(("127.0.0.1", web.port)) for _ in range(6)]
    start = time.monotonic()
    assert web.ask("/").status == 200
    assert time.monotonic() - start < 5
    for sock in idle:
        sock.close()


def test_no_path_leads_out_of_the_pages(fresh):
    _, web = fresh
    for path in (
        "/../config.json",
        "/%2e%2e/config.json",
        "/..%2fconfig.json",
        "//config.json",
        "/config.json",
        "/device.json",
        "/style.css/../../../config.json",
        "/www/en.txt",
        "/__class__",
        "/message",
        "/route",
        "/page_wifi",
        "/wifi/",
    ):
        answer = web.ask(path)
        assert answer.status == 404 and "password" not in answer.text, path


def test_header_and_html_injection_through_forms_is_harmless(fresh):
    _, web = fresh
    web.ask("/wifi")
    evil = '"><script>alert(1)</script>'
    answer = web.ask("/wifi", {"other": evil + "\r\nSet-Cookie: a=b", "wifi_password": "12345678"})
    assert answer.getheader("Location") == "/provider" and "a=b" not in str(answer.getheaders())
    for path in ("/wifi", "/provider?q=" + "%22%3E%3Cscript%3Ealert(1)%3C/script%3E%0d%0aX:y", "/finish"):
        answer = web.ask(path)
        assert "<script>alert" not in answer.text and answer.getheader("X") is None, path
    web.ask("/provider", {"provider": "dyn"})
    web.ask("/account", {"user": evil, "password": evil, "hosts": evil})
    for path in ("/account", "/finish", "/settings"):
        assert "<script>alert" not in web.ask(path).text, path
    web.ask("/address", {"source": "web", "page": "https://x/" + evil})
    assert "<script>alert" not in web.ask("/address").text


def test_html_in_ssid_host_name_and_provider_reply_is_shown_as_text(installed, lab):
    evil = "<img src=x onerror=alert(1)>"
    lab.answer("good 81.2.69.142 " + evil, times=5)
    board, web = installed(wait="dyn: demo.dyndns.org -> 200 good")
    board.world(wifi=[{"ssid": evil, "password": "homehome1"}, {"ssid": "home", "password": "homehome1"}])
    page = web.ask("/")
    assert "<img" not in page.text and "&lt;img" in page.text
    web.login()
    page = web.ask("/wifi?scan=1")
    assert "<img" not in page.text and "&lt;img" in page.text


def test_the_set_up_network_leads_every_name_to_the_set_up_page(fresh):
    _, web = fresh
    for host in ("connectivitycheck.gstatic.com", "captive.apple.com", "www.msftconnecttest.com"):
        answer = web.ask("/generate_204", headers={"Host": host})
        assert answer.status == 302 and answer.getheader("Location") == "http://192.168.4.1/"
    assert web.ask("/").getheader("Location") == "/wifi"


def test_who_joined_the_set_up_network_is_the_owner_until_it_closes(installed):
    board, web = installed(
        boot=QUICK
        + (
            "\nfrom wanbeacon.board.esp32 import door\ndoor.SETUP_S = 2\n"
            "from wanbeacon.board.esp32 import lights\nlights.SETUP_S = 0.3\n"
        ),
        pins={"0": 1},
        peers={"127.0.0.1": "192.168.4.2"},
    )
    web.host = "192.168.4.1"
    assert web.ask("/settings").status == 421, "the door is closed"
    board.press(0, 0.6)
    board.wait_for("set-up mode: Wi-Fi")
    assert web.ask("/settings").status == 200
    assert web.ask("/do", {"action": "pause"}).status == 303
    board.wait_for("set-up mode ends", 15)
    web.host = "192.168.1.50"
    board.world(peers=None)
    assert web.ask("/settings").getheader("Location") == "/login", (
        "the cookie of the set-up is worth nothing now"
    )


#: A home network that has the set-up network's addresses, as mesh routers give it; and one that has both of
#: the first two.
WIDE = {"address": "192.168.5.20", "mask": "255.255.252.0", "gateway": "192.168.4.1"}
WIDER = {"address": "192.168.5.20", "mask": "255.255.0.0", "gateway": "192.168.0.1"}


@pytest.mark.parametrize(
    "lan, door, guest", [(WIDE, "192.168.44.1", "192.168.44.2"), (WIDER, "10.44.44.1", "10.44.44.2")]
)
def test_nobody_at_home_is_the_owner_by_an_address_of_the_set_up_network(installed, lan, door, guest):
    board, web = installed(
        pins={"0": 1},
        peers={"127.0.0.1": "192.168.4.77"},
        boot=QUICK + "\nfrom wanbeacon.board.esp32 import lights\nlights.SETUP_S = 0.3\n",
        **lan,
    )
    web.host = "192.168.5.20"
    board.press(0, 0.6)
    board.wait_for("open http://%s/" % door)
    assert web.ask("/settings").getheader("Location") == "/login"
    for host in ("192.168.4.1", door):
        web.host = host
        assert web.ask("/settings").status != 200, host
    board.world(peers={"127.0.0.1": guest})
    assert web.ask("/settings").status == 200, "who joined the set-up network is"


def test_the_same_when_the_home_network_comes_after_the_door_opened(installed):
    board, web = installed(
        wifi=[], wait=None, boot=QUICK + "device.LOST_S = 1\n", peers={"127.0.0.1": "192.168.4.77"}, **WIDE
    )
    web.host = "192.168.4.1"
    board.wait_for("open http://192.168.4.1/")
    assert web.ask("/settings").status == 200
    web.cookie = None
    board.world(wifi=[{"ssid": "home", "password": "homehome1"}])
    board.wait_for("Wi-Fi home, address 192.168.5.20")
    for host in ("192.168.4.1", "192.168.5.20"):
        web.host = host
        # the set-up network may be gone already (421), the board busy with joining (503); never the page
        assert web.ask("/settings").status in (302, 421, 503), host
        assert web.ask("/settings", {"wish": "reset", "sure": "1"}).status in (403, 421, 503), host
    end = time.monotonic() + 10
    while (answer := web.ask("/settings")).status == 503 and time.monotonic() < end:
        time.sleep(0.2)
    assert answer.getheader("Location") == "/login"


def test_the_owner_in_the_set_up_network_is_led_to_its_address_by_every_name(installed):
    board, web = installed(
        pins={"0": 1},
        peers={"127.0.0.1": "192.168.4.2"},
        boot=QUICK + "\nfrom wanbeacon.board.esp32 import lights\nlights.SETUP_S = 0.3\n",
    )
    board.press(0, 0.6)
    board.wait_for("set-up mode: Wi-Fi")
    for web.host in ("192.168.1.50", "wanbeacon-7f3a.local", "example.org"):
        answer = web.ask("/settings")
        assert answer.getheader("Location") == "http://192.168.4.1/" and not web.cookie, web.host
        assert web.ask("/settings", {"wish": "reset", "sure": "1"}).status == 421, web.host


@pytest.mark.parametrize("portal", [{"port": 8080}, {"enabled": False}], ids=str)
def test_set_up_mode_has_its_pages_where_the_label_says_whatever_the_settings_want(home, lab, ntp, portal):
    port, usual = free_port(), free_port()
    around_it = around(lab, ntp)
    around_it["names"]["192.168.4.1:%d" % port] = ["127.0.0.1", port]
    board = home(
        settings(lab, portal=portal),
        ports={"80": port, "8080": usual},
        peers={"127.0.0.1": "192.168.4.2"},
        pins={"0": 1},
        boot=QUICK
        + (
            "\nfrom wanbeacon.board.esp32 import door\ndoor.SETUP_S = 2\n"
            "from wanbeacon.board.esp32 import lights\nlights.SETUP_S = 0.3\n"
        ),
        **around_it,
    )
    board.wait_for("demo.dyndns.org: ok", 15)
    board.press(0, 0.6)
    board.wait_for("open http://192.168.4.1/")
    web = Browser(port, "192.168.4.1")
    assert web.ask("/settings").status == 200
    assert Browser(port, "captive.apple.com").ask("/").getheader("Location") == "http://192.168.4.1/"
    board.wait_for("set-up mode ends", 15)
    time.sleep(0.3)
    with pytest.raises(OSError):
        socket.create_connection(("127.0.0.1", port), timeout=1)
    if "port" in portal:
        board.world(peers=None)
        assert Browser(usual).ask("/").status == 200
    assert "Traceback" not in board.log


def test_a_factory_reset_from_the_page_wants_a_tick(installed):
    board, web = installed()
    web.login()
    assert "Tick the box" in web.ask("/settings", {"wish": "reset"}).text
    since = board.mark()
    web.ask("/settings", {"wish": "reset", "sure": "1"})
    board.wait_for("this device has no settings yet", since=since)


def test_a_page_is_answered_at_once_while_an_update_is_in_flight(installed, lab):
    lab.fault("slow", seconds="8", kind_of="update")
    _, web = installed(wait="IPv4 address 81.2.69.142")
    time.sleep(0.5)
    took = []
    for _ in range(4):
        start = time.monotonic()
        answer = web.ask("/")
        took.append(time.monotonic() - start)
        assert (
            answer.status == 503
            and "reloads by itself" in answer.text
            and answer.getheader("Retry-After") == "2"
        )
    answer = web.ask("/do", {"action": "pause"})
    assert answer.status == 503 and "send it again" in answer.text
    lab.clear()
    assert sorted(took)[1] < 0.3, took


def test_the_pages_are_forgotten_when_they_are_answered_and_come_back(installed):
    board, web = installed(boot=QUICK + "\ndevice.PLENTY = 1 << 30\n")
    for _ in range(3):
        assert web.ask("/").status == 200
    time.sleep(0.5)
    board.type("\x03")
    board.wait_for("console is yours")
    names = mpy.tree().names.modules
    portal = {new for name, new in names.items() if name.startswith("wanbeacon.portal")}
    board.type("import sys; print('left:', sorted([m for m in sys.modules if m in %r]))\r" % portal)
    board.wait_for(r"left: \['%s'\]" % names["wanbeacon.portal.server"])


def test_trial_of_settings_names_each_step(fresh, lab, ntp):
    board, web = fresh
    board.world(
        names={
            "192.168.4.1:53": ["127.0.0.1", 0],
            "pool.ntp.org:123": ["127.0.0.1", ntp.port],
            "members.dyndns.org:443": ["127.0.0.1", lab.https_port],
        }
    )
    web.ask("/wifi")
    web.ask("/wifi", {"ssid": "home", "wifi_password": "wrong-one"})
    web.ask("/provider", {"provider": "dyn"})
    web.ask("/account", {"user": "demo", "password": "demo-key", "hosts": "demo.dyndns.org"})
    web.ask("/address", {"source": "auto", "page": ""})
    web.ask("/test", {})
    page = finished(web)
    assert "Wi-Fi home refuses the password" in page
    web.ask("/wifi", {"ssid": "home", "wifi_password": "homehome1"})
    web.ask("/test", {})
    page = finished(web)
    assert "joined the network, own address 192.168.1.50" in page
    assert "time from pool.ntp.org" in page
    assert "members.dyndns.org found" in page
    assert lab.ledger == [], "a test sends nothing to the provider"


@pytest.mark.parametrize(
    "provider, doc, words",
    [
        ("dyn", None, "Dyn (DynDNS, Oracle), user: missing; dyn needs a user name"),
        ("nothing", {"provider": "nothing"}, "nothing, provider: nothing is not in the catalogue"),
        (
            "custom",
            {"provider": "custom", "custom": {"url": "https://x.org/{nonsense}"}},
            "custom, custom.url: unknown place",
        ),
    ],
)
def test_settings_that_only_the_agent_would_refuse_cannot_be_saved(home, provider, doc, words):
    port = free_port()
    row = dict(doc or {"provider": provider}, password="demo-key", hosts=["demo.dyndns.org"])
    home(
        {"accounts": [row], "wifi": [{"ssid": "home"}]},
        ports={"80": port},
        peers={"127.0.0.1": "192.168.4.2"},
    ).wait_for("open http://192.168.4.1/")
    web = Browser(port, "192.168.4.1")
    page = web.ask("/finish").text
    assert "corrected first" in page and words in page and "<button disabled>" in page
    assert "Saved" not in web.ask("/finish", {"hostname": "beacon", "new1": "", "new2": ""}).text
    assert "demo-key" not in page


def test_a_network_with_a_blank_at_its_end_can_be_chosen(fresh):
    board, web = fresh
    board.world(wifi=[{"ssid": "Cafe Net ", "password": "homehome1"}])
    assert 'name="ssid" value="Cafe Net "' in web.ask("/wifi").text
    web.ask("/wifi", {"ssid": "Cafe Net ", "wifi_password": "homehome1", "other": ""})
    assert 'name="drop" value="Cafe Net "' in web.ask("/wifi").text


def finished(web):
    end = time.monotonic() + 30
    while time.monotonic() < end:
        page = web.ask("/finish").text
        if "http-equiv" not in page and re.search(r'<li class="(good|bad)', page):
            return page
        time.sleep(0.3)
    raise AssertionError(page)
