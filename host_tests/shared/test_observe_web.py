# SPDX-License-Identifier: MIT
"""web and scan: check pages of every form, and the pages that must not be believed."""

import asyncio

from wanbeacon.core import address
from wanbeacon.net import Trouble
from wanbeacon.observe import scan, web
from wanbeacon.observe.base import FOUND, UNKNOWN

IP = "45.33.7.7"
IP6 = "2a02:8010:1::7"

PAGES = (
    (
        b"<html><head><title>Current IP Check</title></head><body>Current IP Address: 45.33.7.7</body>"
        b"</html>\r\n"
    ),
    b"45.33.7.7",
    b"45.33.7.7\n",
    b"\xef\xbb\xbf45.33.7.7\r\n",
    b"<?xml version='1.0' encoding='UTF-8'?><ipv4>45.33.7.7</ipv4>",
    b'{"ip":"45.33.7.7"}',
    b'{"ip": "45.33.7.7", "ipv6": null, "country": "x", "v": 1.2}',
    b"Your address is 45.33.7.7.",
    b"IP:45.33.7.7",
    b"<body>45.33.7.7 (host-45.33.7.1.example.net) 45.33.7.7</body>",
    b"<style>p::before{top:1.5em}</style>45.33.7.7",
    b"045.033.007.007",
)
PAGES6 = (
    b"2a02:8010:1::7",
    b"<ipv6>2A02:8010:1:0:0:0:0:7</ipv6>",
    b'{"ip":"2a02:8010:1::7"}',
    b"Current IP Address: 2a02:8010:1::7 at 12:30:45",
)
REFUSED = (
    (b"", 4, ("page.no_address", 4)),
    (b"<html>login please</html>", 4, ("page.no_address", 4)),
    (b"45.33.7.256 1.2.3 1.2.3.4.5 a1.2.3.4", 4, ("page.no_address", 4)),
    (b"45.33.7.7 45.33.7.8", 4, ("page.several", 4)),
    (b"proxy 45.33.7.7, you 10.0.0.1", 4, ("page.several", 4)),
    (b"2a02:8010:1::7", 4, ("page.no_address", 4)),
    (b"45.33.7.7", 6, ("page.no_address", 6)),
    (b"::ffff:45.33.7.7", 6, ("page.no_address", 6)),
    (b"2a02::1 2a02::2", 6, ("page.several", 6)),
    (b"\x00\xff\xfe" * 1000, 4, ("page.no_address", 4)),
    (b"1." * 2000, 4, ("page.no_address", 4)),
    (b"::::" * 1000, 6, ("page.no_address", 6)),
)


def test_the_one_address_is_found_in_each_form():
    for page in PAGES:
        assert scan.single(page, 4) == (address.parse(IP), None), page
    for page in PAGES6:
        assert scan.single(page, 6) == (address.parse(IP6), None), page


def test_none_or_several_different_ones_are_refused():
    for page, family, why in REFUSED:
        packed, text = scan.single(page, family)
        assert packed is None and why == text, (page[:40], packed, text)


class Kit:
    """Answers like kit.fetch: with what it was given, or by raising it."""

    def __init__(self, answer):
        self.answer = answer
        self.urls = []

    def fetch(self, url, family=0):
        self.urls.append((url, family))
        if isinstance(self.answer, Exception):
            raise self.answer
        return self.answer


def ask(answer, family=4, **options):
    kit = Kit(answer)
    one = web.Observer(options or {"url": "https://check.example/ip"}, kit)
    return asyncio.run(one.read(family)), one, kit


def test_a_page_is_read_and_named():
    got, one, kit = ask((200, PAGES[0]))
    assert got == (FOUND, address.parse(IP), ("outside.found", "check.example"))
    assert kit.urls == [("https://check.example/ip", 4)]
    assert one.OUTSIDE and one.FAMILIES == (4,) and one.asked


def test_ipv6_is_asked_at_its_own_url_only():
    got, one, kit = ask((200, PAGES6[0]), 6, url="https://a.example", url6="https://b.example/x")
    assert got[:2] == (FOUND, address.parse(IP6)) and kit.urls == [("https://b.example/x", 6)]
    got, one, kit = ask((200, PAGES6[0]), 6)
    assert got[0] == UNKNOWN and kit.urls == []


def test_trouble_is_could_not_tell_and_never_none():
    for answer in (
        (500, PAGES[0]),
        (302, b""),
        (200, b"<html>"),
        Trouble("reset"),
        Trouble("untrusted", "\nbad certificate\n"),
    ):
        got, one, kit = ask(answer)
        assert (
            got[0] == UNKNOWN
            and got[1] is None
            and got[2][1] == "check.example"
            and "\n" not in str(got[2][-1])
        ), got
        assert one.asked


def test_a_failed_look_up_did_not_ask_the_service():
    for answer in (
        Trouble("dns", "check.example: name not found"),
        Trouble("connect", "no connection to it"),
    ):
        got, one, kit = ask(answer)
        assert got[0] == UNKNOWN and not one.asked and got[2][2] == ("trouble." + answer.word,)


def test_a_page_that_echoes_names_its_ip_in_a_line():
    with open("host_tests/shared/data/check-cdn-cgi-trace.txt", "rb") as f:
        trace = f.read()
    want = address.parse("45.33.7.9")
    assert scan.single(trace, 4) == (want, None)
    assert scan.single(trace.replace(b"\n", b"\r\n"), 4) == (want, None)
    assert scan.single(b"h=[2606:4700::1111]\nip=2a02:8010:1::7\n", 6) == (address.parse(IP6), None)
    assert scan.single(b"h=1.1.1.1\nip=\n", 4) == (None, ("page.no_address", 4)), "not the other one"
    assert scan.single(b"h=1.1.1.1\nip=2a02::1\n", 4) == (None, ("page.no_address", 4))
    assert scan.single(b"zip=1.1.1.1\nip=45.33.7.9,10.0.0.1\n", 4) == (None, ("page.several", 4))


def test_a_page_that_echoes_the_address_it_was_asked_under_does_not_mean_us_by_it():
    for url, page in (
        ("http://34.1.2.3/get", b'{"headers": {"Host": "34.1.2.3"}, "origin": "45.33.7.7"}'),
        ("http://34.1.2.3:8080/", b"<p>You asked 34.1.2.3:8080 from <b>45.33.7.7</b></p>"),
        ("https://34.1.2.3", b"45.33.7.7\nserver: 34.1.2.3\n"),
    ):
        assert ask((200, page), url=url)[0][:2] == (FOUND, address.parse(IP)), page
    six = "https://[2606:4700::1111]:443/x"
    page = b'{"url": "https://[2606:4700::1111]:443/x", "you": "2a02:8010:1::7"}'
    assert ask((200, page), 6, url6=six)[0][:2] == (FOUND, address.parse(IP6))
    # nothing but the server's own: that is no answer
    assert ask((200, b"34.1.2.3"), url="http://34.1.2.3/")[0][0] == UNKNOWN


def test_json_that_names_its_ip_means_that():
    want = address.parse(IP)
    for page in (
        b'{"ip":"45.33.7.7","server":"34.1.2.3"}',
        b'{"dns": ["8.8.8.8", "9.9.9.9"],\n "ip" : "45.33.7.7"}',
        b'{"ip":{"v4":"45.33.7.7"}}',
    ):
        assert scan.single(page, 4) == (want, None), page
    for page in (b'[{"ip":"45.33.7.7"},{"ip":"34.1.2.3"}]', b'{"ip":"45.33.7.7, 34.1.2.3"}'):
        assert scan.single(page, 4) == (None, ("page.several", 4)), page
    assert scan.single(b'{"ip":"2a02::1","gateway":"34.1.2.3"}', 4) == (None, ("page.no_address", 4))


def test_a_pattern_points_at_the_address():
    page = b"<p>server 1.1.1.1</p>\n<p>you: <b>45.33.7.7</b>, before: 45.33.7.8</p>\n"
    for pattern in ("you: <b>*</b>", "you: <b>*</", "<b>*", "<b>*<", "you:*, before"):
        got = ask((200, page), url="https://check.example/ip", pattern=pattern)[0]
        assert got[:2] == (FOUND, address.parse(IP)), (pattern, got)
    for pattern, why in (("me: *<", ("page.no_pattern",)), ("you: *!!", ("page.no_pattern",)),
                         ("you:*", FOUND), ("server*\n", FOUND),
                         ("</p>*", ("page.no_address", 4))):  # fmt: skip
        got = ask((200, page), url="https://check.example/ip", pattern=pattern)[0]
        assert got[0] == why if why == FOUND else got[2][2] == why, (pattern, got)
