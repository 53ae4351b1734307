# SPDX-License-Identifier: MIT
"""The set-up network's name server, and what is written as HTML."""

from wanbeacon.board.esp32 import captive_dns as dns
from wanbeacon.portal import forms, html


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


def test_every_section_and_key_of_the_texts_is_there_once():
    """A section that stands there twice would be in the heap twice."""
    seen, section = set(), ""
    with open("firmware/wanbeacon/portal/www/en.txt") as f:
        for line in f:
            key = line[: line.find(" = ")] if " = " in line else ""
            section = line.strip() if line[:1] == "[" else section
            one = section if line[:1] == "[" else (section, key)
            assert line[:1] == "[" or section or "=" not in line, line
            if line[:1] == "[" or key and section:
                assert one not in seen, one
                seen.add(one)
    assert "[all]" in seen and ("[all]", "go_on") in seen
