# SPDX-License-Identifier: MIT
"""The whole set-up in real Chromium, walked as a new user would, on a phone and on a desk; with and without
JavaScript.

Screenshots are kept in out/portal. axe-core judges every page."""

import json
import os

import pytest

from host_tests.board.browsing import AXE, FLAGS, at_the_provider
from host_tests.board.home import ADDRESS, QUICK, around, settings
from host_tests.board.web import free_port
from host_tests.conftest import program
from tools import ROOT

SHOTS = ROOT / "out/portal"
WIDTHS = {"phone": (360, 740), "desk": (1280, 800)}


@pytest.fixture(scope="module")
def port():
    return free_port()


@pytest.fixture(scope="module")
def chromium(port):
    """One browser in whose world the device and every captive-portal check are the emulated board."""
    from playwright.sync_api import sync_playwright

    rules = ", ".join(
        "MAP %s:80 127.0.0.1:%d" % (name, port)
        for name in ("192.168.4.1", "192.168.1.50", "wanbeacon-7f3a.local", "connectivitycheck.gstatic.com")
    )
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=program("chromium"), args=[*FLAGS, "--host-resolver-rules=" + rules]
        )
        yield browser
        browser.close()


#: (width, script, colors) of the walk: two in CI, all nightly.
VARIANTS = [
    (name, script, scheme) for name in WIDTHS for script in (True, False) for scheme in ("light", "dark")
]
if not os.environ.get("WANBEACON_NIGHTLY"):
    VARIANTS = [("phone", True, "light"), ("desk", False, "dark")]


class Visitor:
    """A browser window that checks each page it comes to and keeps a picture."""

    def __init__(self, browser, name, script=True, scheme="light"):
        width, height = WIDTHS[name]
        self.name, self.script = name + ("-dark" if scheme == "dark" else ""), script
        self.context = browser.new_context(
            viewport={"width": width, "height": height}, java_script_enabled=script, color_scheme=scheme
        )
        self.page = self.context.new_page()
        self.problems, self.foreign, self.heavy = [], [], []
        self.page.on(
            "console", lambda message: self.problems.append(message.text) if message.type == "error" else None
        )
        self.page.on("pageerror", lambda error: self.problems.append(str(error)))
        self.page.on("request", self._request)

    def _request(self, request):
        if not request.url.startswith(
            ("http://192.168.", "http://wanbeacon-7f3a.local", "http://connectivitycheck.")
        ):
            self.foreign.append(request.url)

    def go(self, url):
        self.page.goto(url)

    def look(self, title):
        """Picture, no sideways scrolling, small enough, and what axe says."""
        page = self.page
        page.screenshot(
            path=SHOTS / ("%s-%s%s.png" % (self.name, title, "" if self.script else "-plain")), full_page=True
        )
        assert len(page.content()) < 15000, title
        if not self.script:
            return
        wide = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
        assert wide <= 0, "%s scrolls sideways by %d" % (title, wide)
        page.evaluate(AXE.read_text())
        found = page.evaluate("axe.run().then(r => r.violations)")
        serious = ["%s: %s (%s)" % (v["impact"], v["help"], v["nodes"][0]["html"][:120]) for v in found]
        assert not serious, (title, serious)

    def press(self, text):
        self.page.get_by_role("button", name=text).first.click()
        self.page.wait_for_load_state()  # a board sends its pages in pieces

    def close(self):
        self.context.close()
        assert self.foreign == [], "the pages ask nobody else"
        assert [p for p in self.problems if "favicon" not in p and "503" not in p] == []


@pytest.mark.needs("chromium")
@pytest.mark.parametrize("name, script, scheme", VARIANTS)
def test_a_new_user_walks_from_the_label_to_the_first_update(
    chromium, port, home, lab, ntp, name, script, scheme
):
    board = home(None, ports={"80": port}, peers={"127.0.0.1": "192.168.4.2"}, **at_the_provider(lab, ntp))
    board.world(
        wifi=[
            {"ssid": "home", "password": "homehome1", "rssi": -50},
            {"ssid": "Café Zürich & <Söhne>", "password": "x" * 8},
            {"ssid": "open"},
        ]
    )
    board.wait_for("set-up mode: Wi-Fi")
    me = Visitor(chromium, name, script, scheme)
    page = me.page

    me.go("http://connectivitycheck.gstatic.com/generate_204")
    assert page.url == "http://192.168.4.1/wifi", "the phone shows the set-up by itself"
    me.look("1-wifi")
    page.get_by_label("Wi-Fi password").fill("homehome1")
    me.press("Continue")
    assert "Choose a network" in page.inner_text("#other-f") and page.get_by_label(
        "Another network"
    ).get_attribute("aria-invalid")
    me.look("1-wifi-fault")
    assert page.get_by_label("Wi-Fi password").input_value() == "homehome1", "nothing typed is lost"
    page.get_by_label("home").check()
    me.press("Continue")

    me.look("2-provider")
    page.get_by_label("Search").fill("no-ip")
    if not script:
        me.press("Search")
    page.get_by_text("Providers that match no-ip").wait_for()
    assert page.get_by_role("radio").first.get_attribute("value") == "noip"
    me.look("2-provider-search")
    page.get_by_label("Search").fill("cloudflare")
    if not script:
        me.press("Search")
    page.get_by_text("Cloudflare").first.wait_for()
    page.get_by_label("Search").fill("DynDNS")
    if not script:
        me.press("Search")
    page.get_by_text("Providers that match DynDNS").wait_for()
    page.get_by_label("Dyn (DynDNS, Oracle)").check()
    me.press("Continue")

    assert "Dyn (DynDNS, Oracle)" in page.inner_text("h1")
    me.look("3-account")
    page.get_by_label("User name").fill("demo@wanbeacon.org")
    page.get_by_label("Password, update key or token").first.fill("demo-key")
    page.get_by_label("Host names").fill("https://demo..")
    me.press("Continue")
    assert page.url.endswith("/account?n=0") and "https://demo.." in page.inner_text("#hosts-f"), (
        "told at its step"
    )
    if script:
        assert page.evaluate("document.activeElement.id") == "hosts"
    assert page.get_by_label("User name").input_value() == "demo@wanbeacon.org"
    assert page.get_by_label("Host names").input_value() == "https://demo.."
    me.look("3-account-fault")
    page.get_by_label("User name").fill("demo")
    page.get_by_label("Host names").fill("demo.dyndns.org")
    me.press("Continue")

    me.look("4-address")
    page.get_by_label("Only ask a web page").check()
    page.get_by_label("Web page to ask").fill("http://checkip.dyndns.org/")
    me.press("Continue")
    assert (
        "https://" in page.inner_text("#page-f")
        and page.get_by_label("Web page to ask").input_value() == "http://checkip.dyndns.org/"
    )
    page.get_by_label("Web page to ask").fill("https://checkip.dyndns.org/")
    me.press("Continue")

    me.look("5-finish")
    me.press("Test now")
    page.get_by_text("members.dyndns.org found").wait_for(timeout=30000)
    assert ADDRESS in page.inner_text("main")
    me.look("6-tested")
    page.get_by_label("Your mail address").fill("nobody@wanbeacon.example")
    page.get_by_label("New password").first.fill("longenough")
    me.press("Save and start")
    assert "not a mail address" in page.inner_text("#contact-f") and "differ" in page.inner_text("#new2-f")
    me.look("6-faults")
    page.get_by_label("Your mail address").fill("owner@wanbeacon.org")
    page.get_by_label("New password, once more").fill("longenough")
    lab.forgive()  # the first real question comes sooner than a strict check page likes
    since = board.mark()
    me.press("Save and start")
    me.look("7-saved")
    assert "http://wanbeacon-7f3a.local/" in page.inner_text("main")

    board.world(peers=None)
    board.wait_for("demo.dyndns.org: ok", 30, since)
    assert lab.published("demo.dyndns.org")["A"] == ADDRESS
    me.go("http://wanbeacon-7f3a.local/")
    assert "Everything is up to date" in page.inner_text("h1")
    me.look("8-status")
    me.close()


@pytest.mark.needs("chromium")
@pytest.mark.parametrize("name", list(WIDTHS))
def test_the_owner_logs_in_and_finds_the_way_around(chromium, port, home, lab, ntp, name):
    board = home(settings(lab), boot=QUICK, ports={"80": port}, **around(lab, ntp))
    board.wait_for("demo.dyndns.org: ok", 15)
    me = Visitor(chromium, name)
    page = me.page
    me.go("http://192.168.1.50/")
    page.get_by_role("link", name="Log in to make changes").click()
    page.get_by_label("Password", exact=True).fill("not it")
    me.press("Log in")
    assert "not the password" in page.inner_text("#password-f")
    me.look("login")
    me.problems.clear()  # Chromium notes the 403
    page.get_by_label("Password", exact=True).fill("kept-label-1")
    me.press("Log in")
    me.press("Pause")
    assert "Paused" in page.inner_text("main")
    me.press("Resume")
    me.press("Check now")
    me.look("status-owner")
    page.get_by_role("link", name="Settings").click()
    me.look("settings")
    page.get_by_role("link", name="Change the account").click()
    me.look("account")
    page.get_by_role("link", name="Settings").click()
    page.get_by_role("link", name="MQTT broker").click()
    page.get_by_label("Server").fill("broker.acme.org")
    me.press("Continue")
    assert "Paste the certificate" in page.inner_text("#ca-f")
    me.look("broker")
    page.get_by_role("link", name="Settings").click()
    page.get_by_role("link", name="Back up and restore").click()
    page.get_by_label("Passphrase", exact=True).fill("five words that nobody guesses")
    page.get_by_label("Passphrase, once more").fill("five words that nobody guesses")
    with page.expect_download() as download:
        me.press("Download with passwords")
    assert download.value.suggested_filename == "wanbeacon-settings.txt"
    page.get_by_label("Choose a file").set_input_files(download.value.path())
    page.get_by_label("Passphrase of the file").fill("another one")
    me.press("Continue")
    assert "Nothing was changed" in page.inner_text("#opener-f")
    me.look("backup-fault")
    page.get_by_label("Passphrase of the file").fill("five words that nobody guesses")
    me.press("Continue")
    assert page.url.endswith("/finish") and "demo.dyndns.org" in page.inner_text("main")
    me.go("http://192.168.1.50/provider?n=1&q=netcup")
    page.get_by_label("netcup").first.check()
    me.press("Continue")
    me.look("account-two-keys")
    me.press("Log out")
    page.goto("http://192.168.1.50/settings")
    assert page.url.endswith("/login")
    me.close()


@pytest.mark.needs("chromium")
def test_a_stopped_host_says_what_to_do_and_can_be_retried(chromium, port, home, lab, ntp):
    doc = settings(lab)
    doc["accounts"][0]["password"] = "wrong-key"
    board = home(doc, ports={"80": port}, **around(lab, ntp))
    board.wait_for("demo.dyndns.org: stopped", 15)
    me = Visitor(chromium, "phone")
    me.go("http://192.168.1.50/login")
    me.page.get_by_label("Password", exact=True).fill("kept-label-1")
    me.press("Log in")
    assert "needs your help" in me.page.inner_text("h1") and "nothing to do" not in me.page.inner_text("main")
    me.page.get_by_role("link", name="Correct the account").wait_for()
    me.look("stopped")
    me.press("Try again")
    board.wait_for(r"badauth.*\n(.*\n)*.*badauth", 15)
    me.close()


@pytest.mark.needs("chromium")
def test_damaged_settings_are_explained_on_the_page(chromium, port, home):
    board = home(
        json.dumps({"accounts": [{"provider": "dyn", "hosts": ["a.b"], "pasword": "x"}]}).encode(),
        ports={"80": port},
        peers={"127.0.0.1": "192.168.4.2"},
    )
    board.wait_for("set-up mode: Wi-Fi")
    me = Visitor(chromium, "phone")
    me.go("http://192.168.4.1/finish")
    assert "Dyn (DynDNS, Oracle), pasword: unknown key" in me.page.inner_text("main")
    me.look("damaged")
    me.close()
