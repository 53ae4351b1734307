# SPDX-License-Identifier: MIT
"""The portal's forms beside the set-up: the back-up with all secrets, from one board to another; the fields
that some providers' logins need; the broker."""

import html
import json
import re
import ssl

import pytest
from wanbeacon.core import sealed

from host_tests.board.home import settings
from host_tests.board.web import Browser, free_port

PHRASE = "five words that nobody guesses"


@pytest.fixture
def fresh(home):
    """A board without settings, as seen from its own access point."""
    port = free_port()
    board = home(None, ports={"80": port}, peers={"127.0.0.1": "192.168.4.2"})
    board.wait_for("set-up mode: Wi-Fi Wanbeacon-7F3A")
    return board, Browser(port, "192.168.4.1")


def fault(page, field):
    """What is said beside a field."""
    found = re.search(r'id="%s-f">([^<]*)<' % field, page)
    return html.unescape(found[1]) if found else None


def restore(web, data, phrase=""):
    """The answer to the form of the back-up page."""
    web.ask("/restore")
    return web.ask("/restore", {"settings": data, "opener": phrase})


def test_all_settings_go_from_one_board_to_another_under_a_passphrase(home, fresh, lab):
    doc = settings(lab)
    text = json.dumps(doc)
    data = b"".join(sealed.seal(text.encode(), PHRASE, bytes(range(16)))).decode()
    board, web = fresh
    answer = restore(web, data, "not that passphrase")
    assert answer.status == 200 and "not that of this file" in fault(answer.text, "opener")
    assert html.unescape(answer.text).count(data[-40:-2]) == 1, "what was typed is still there"
    assert fault(restore(web, data).text, "opener").startswith("This file is encrypted")
    damaged = data[:-20] + ("A" if data[-20] != "A" else "B") + data[-19:]
    assert "damaged" in fault(restore(web, damaged, PHRASE).text, "opener")
    assert fault(restore(web, data[:130], PHRASE).text, "settings").startswith("This is not a file")
    assert "demo.dyndns.org" not in web.ask("/finish").text, "nothing was changed"

    assert restore(web, data, PHRASE).getheader("Location") == "/finish"
    review = web.ask("/finish").text
    assert "demo.dyndns.org" in review and "demo-key" not in review
    web.ask("/backup", {"phrase": "short", "phrase2": "short"})
    short = web.ask("/backup", {"phrase": "short", "phrase2": "short"})
    assert "at least 12" in fault(short.text, "phrase")
    differ = web.ask("/backup", {"phrase": PHRASE, "phrase2": PHRASE + "?"})
    assert "differ" in fault(differ.text, "phrase2") and not differ.getheader("Content-Disposition")

    again = web.ask("/backup", {"phrase": PHRASE, "phrase2": PHRASE})
    assert 'filename="wanbeacon-settings.txt"' in again.getheader("Content-Disposition")
    assert again.getheader("Cache-Control") == "no-store"
    assert not [word for word in ("demo-key", "homehome1", "dyndns") if word in again.text]
    assert json.loads(sealed.unseal(again.text.encode(), PHRASE)) == doc
    assert "demo-key" not in board.log and PHRASE not in board.log


def test_a_provider_with_two_keys_has_a_field_for_each_in_its_own_words(fresh):
    _, web = fresh
    web.ask("/provider")
    web.ask("/provider", {"provider": "netcup"})
    page = web.ask("/account?n=0").text
    said = html.unescape(page)
    for words in ("customer number", "API password", "API key (CCP, master data, API)"):
        assert "At this provider: " + words in said, words
    first = {"user": "7", "password": "pw", "hosts": "a.acme.org"}
    answer = web.ask("/account?n=0", {**first, "token": ""})
    assert "wants it beside the password" in fault(answer.text, "token")
    assert not fault(answer.text, "password")
    assert web.ask("/account?n=0", {**first, "token": "to"}).status == 303
    page = web.ask("/account?n=0").text
    assert page.count("One is saved") == 2 and "pw" not in page and 'value="to"' not in page
    # both stay when they are left empty
    assert web.ask("/account?n=0", {**first, "password": "", "token": ""}).status == 303
    sealed_file = web.ask("/backup", {"phrase": PHRASE, "phrase2": PHRASE}).text
    (account,) = json.loads(sealed.unseal(sealed_file.encode(), PHRASE))["accounts"]
    assert (account["user"], account["password"], account["token"]) == ("7", "pw", "to")


def test_a_login_is_asked_for_in_the_providers_own_words(fresh):
    _, web = fresh
    for provider, user, words in (
        ("duckdns", False, "account token"),
        ("noip", True, "password of the account, DDNS key or group"),
        ("he-dns", True, "per-record dynamic key"),
        ("cloudflare", False, "an API token with Zone.DNS Edit"),
        ("dyndns-it", True, None),
    ):
        web.ask("/provider")
        web.ask("/provider", {"provider": provider})
        page = html.unescape(web.ask("/account?n=0").text)
        assert ('name="user"' in page) == user, provider
        if words:
            assert "At this provider: %s" % words in page, provider
        else:
            assert "At this provider" not in page
        assert 'name="token"' not in page


def test_a_broker_is_typed_on_its_page_with_the_root_that_its_certificate_needs(fresh, lab):
    board, web = fresh
    pem = ssl.DER_cert_to_PEM_cert(lab.ca_der.read_bytes())
    assert web.ask("/settings").text.count('href="/broker"') == 1
    page = web.ask("/broker").text
    assert "Leave the server empty to use none" in page
    form = {"broker": "broker.acme.org", "broker_user": "wb", "broker_password": "broker-pw"}
    assert "Paste the certificate" in fault(web.ask("/broker", form).text, "ca")
    answer = web.ask("/broker", dict(form, ca="-----BEGIN CERTIFICATE-----\nno\n-----END CERTIFICATE-----"))
    assert "not a certificate" in fault(answer.text, "ca") and "broker.acme.org" in answer.text
    answer = web.ask("/broker", dict(form, port="x", ca=pem))
    assert "1 to 65535" in fault(answer.text, "port") and pem[40:60] in answer.text
    assert web.ask("/broker", dict(form, ca=pem)).getheader("Location") == "/settings"
    page = web.ask("/broker").text
    assert page.count("One is saved") == 2 and "broker-pw" not in page
    web.ask("/provider")
    sealed_file = web.ask("/backup", {"phrase": PHRASE, "phrase2": PHRASE}).text
    mqtt = json.loads(sealed.unseal(sealed_file.encode(), PHRASE))["mqtt"]
    assert mqtt.pop("ca").startswith("/ca/")
    assert mqtt == {"host": "broker.acme.org", "user": "wb", "password": "broker-pw"}
    stored = [data for name, data in board.files().items() if name.endswith("-broker.der")]
    assert stored == [lab.ca_der.read_bytes()]
    assert web.ask("/broker", {"broker": ""}).status == 303
    assert 'name="broker" type="text" value=""' in web.ask("/broker").text
