# SPDX-License-Identifier: MIT
# What replies mean, as Dyn (return codes), No-IP (response page) and the others document or show it. The
# numbers of deviations are those of tools/lab/faults.py.
from replies import A6, B6, FILE, LISTS, WORDS, A, B, check, classes, read, row_of
from wanbeacon.core import address, outcome
from wanbeacon.dyndns import catalog, reply

# ---- the words


def test_every_word_of_dyndns2_has_its_class():
    check(WORDS, "dyn")


def test_the_words_are_read_in_any_dress():
    """CRLF, blanks, no line end, BOM, upper case, tabs: deviations 1, 2, 20, 31."""
    for body, cls in WORDS:
        if body:
            for dressed in (
                body + "\r\n",
                " " + body + " \r\r\n",
                "\ufeff" + body,
                body.upper() + "\n",
                "\n\n" + body,
                body.replace(" ", "\t"),
                body + "\0",
            ):
                assert classes("dyn", dressed) == cls, (dressed, cls)


def test_the_word_wins_over_the_status():
    """Deviation 8: CertaDNS, NSU, Infomaniak, tiggersWelt send codes with 4xx and 5xx."""
    for status in (200, 400, 401, 403, 404, 500, 503):
        for body, cls in WORDS:
            if cls not in ("OK", "SAME", "ODD") and body != "good 127.0.0.1":
                assert classes("dyn", body, status) == cls, (status, body)


def test_without_a_word_the_status_decides():
    """Nothing but the provider's own word is a refusal; 401 is, by RFC 9110, the log-in."""
    for status, cls in ((401, "AUTH"), (403, "ODD"), (404, "ODD"), (410, "ODD"), (400, "ODD"), (409, "ODD"), (422, "ODD"),
                        (429, "LATER"), (408, "LATER"), (500, "LATER"), (502, "LATER"), (503, "LATER"), (599, "LATER"),
                        (200, "ODD"), (204, "ODD"), (301, "ODD"), (418, "ODD"), (0, "ODD"), (100, "ODD")):  # fmt: skip
        for body in ("", "some text", "<html>good morning</html>"):
            assert classes("dyn", body, status) == cls, (status, body)


def test_trouble_is_trouble_whatever_its_page_says():
    """Apache's stock 500 page holds "error", Varnish's 503 "failed", a CDN's 522 "error code: 522": of every
    row."""
    pages = (
        "<html><h1>Internal Server Error</h1>The server encountered an error, request failed, access denied</html>",
        "error code: 522",
        "Error 503 Backend fetch failed",
        "ERROR",
        "FAIL",
        "invalid",
        "OK",
        "good " + A,
        "",
        "success",
    )
    for name in catalog.names(FILE):
        row = row_of(name)
        for status in (429, 500, 502, 503, 522, 599):
            if not [r for rule in row.get("rules") or () for r in rule if r == "#%d" % status]:
                for page in pages:
                    out = read(name, page, status, retry_after="77")[0]
                    assert (out.cls, out.delay) == ("LATER", 77), (name, status, page, out.cls)
        for page in ("<html>error, invalid login</html>", "error", "FAIL", "ERROR", "denied"):
            assert classes(name, page, 401) == "AUTH", (name, page)


def test_a_bare_refusal_of_a_server_on_the_way_stops_nothing():
    challenge = (
        '<!DOCTYPE html><html lang="en-US"><head><title>Just a moment...</title></head><body></body></html>'
    )
    for name in catalog.names(FILE):
        for status in (400, 403, 404, 405, 410, 302, 100, 999):
            for page in (
                challenge,
                "<html>\n<head><title>404 Not Found</title></head></html>",
                "\n<!-- x -->\n<p>error, denied</p>",
            ):
                out = read(name, page, status)[0]
                assert out.cls == ("LATER" if status == 999 else "ODD") and out.word == "HTTP %d" % status, (
                    name,
                    status,
                    page,
                )
        for text in ("error code: 1020", "Forbidden", "404 page not found", "error", "FAIL"):
            assert classes(name, text, 403) == "ODD" or name == "zerigo", (name, text)


def test_a_page_that_is_not_the_services_own_is_never_a_success():
    portals = ("<script>top.self.location.href='http://172.16.8.8/eportal/index.jsp?x=1'</script>", "<head><title>OK</title></head>",
               "<!-- good -->\ngood " + A, "<HTML><HEAD><TITLE>Success</TITLE></HEAD><BODY>Success</BODY></HTML>", "<p>Press OK</p>",
               "<html><body><button>OK</button> updated, no error</body></html>", "\ufeff <html>good\nok\nsuccess\n0\n200 %s</html>" % A,
               "hello <html><body>ok</body></html>", "\u200b<head>ok</head>", "ok\n<body>success</body>", "//<script>\nok\nsuccess\n</script>", "<?xml version='1.0'?><x>ok</x>")  # fmt: skip
    for name in catalog.names(FILE):
        for page in portals:
            # what its answer looks like is not known better than this
            if name != "dnsever" or page[:5] != "<?xml":
                assert read(name, page)[0].cls == "ODD", (name, page)


def test_a_success_needs_a_final_2xx():
    for status in (0, 100, 103, 199, 300, 301, 302, 304, 307, 400, 401, 404, 429, 500, 999):
        for body in ("good " + A, "good", "nochg", "nochg " + A):
            assert classes("dyn", body, status) not in ("OK", "SAME"), (status, body)
    assert classes("dyn", "good", 201) == "OK"


def test_a_429_holds_what_it_is_about():
    assert read("desec", "throttled", 429, retry_after="59")[0].reach == outcome.ONE, (
        "its limit is the domain's"
    )
    assert read("noip", "", 429)[0].reach == read("desec", "", 503)[0].reach == outcome.ACCOUNT
    assert (
        read("zoneedit", '<ERROR CODE="702" TEXT="Minimum 600 seconds between requests">')[0].reach
        == outcome.ONE
    )


def test_words_count_at_the_start_of_a_line_only():
    """Deviation 21: "911" inside an address, "OK" or "good" inside a page."""
    for body in ("2001:db8:911::1", "the code is good", "not good " + A, "x911", "911x", "good morning", "nochg yesterday",
                 "<html>\ngood %s\n</html>" % A, "<!DOCTYPE html><p>good</p>", "nogood", "good, " + A):  # fmt: skip
        assert classes("dyn", body) == "ODD", body


def test_a_success_may_come_without_address():
    assert classes("dyn", "good") == "OK"  # deSEC, deviation 3
    assert classes("dyfi", "nochg") == "SAME"  # deviation 5
    assert classes("dyn", "good ") == "OK"


def test_a_success_that_names_another_address_is_not_believed():
    out = read("dyn", "good " + B)[0]
    assert out.cls == "ODD" and list(out.got) == [address.parse(B)]
    assert classes("dyn", "nochg " + B) == "ODD"
    assert classes("dyn", "good 203.000.114.007") == "OK"  # zero-padded, deviation 32
    assert classes("dyn", "good 2A00:1450:0:0::7", sent=(None, A6)) == "OK"
    assert classes("dyn", "good 2a00:1450::7/64", sent=(None, A6)) == "OK"
    assert classes("dyn", "good ::ffff:" + A) == "OK"
    assert classes("dyn", "good 127.0.0.1", sent=("127.0.0.1", None)) == "OK"


def test_a_service_that_takes_the_connections_address_is_not_compared():
    """Deviation 26. It would be asked again and again for an address that it never stores; the user is told
    instead."""
    out = read("dyfi", "good " + B)[0]
    assert out.cls == "OK" and not out.got and out.note == ("reply.other-address", B, A)
    assert read("dyfi", "good " + A)[0].note is None


def test_the_raw_word_of_an_answer_that_is_not_understood_is_kept():
    assert read("dyn", "conflict now")[0].word == "conflict"
    assert read("dyn", "<html>")[0].word == "a web page"
    assert read("dyn", "")[0].word == "empty"
    word = read("dyn", "\u00fc\x1b[31mred-and-very-long-word")[0].word
    assert len(word) <= 15 and not [c for c in word if not "!" <= c <= "~"], word


# ---- how far a failure reaches, and how long trouble lasts


def test_reach_of_each_refusal():
    for body, reach in (
        ("badauth", outcome.ACCOUNT),
        ("badagent", outcome.PROVIDER),
        ("good 127.0.0.1", outcome.PROVIDER),
        ("nohost", outcome.ONE),
        ("abuse", outcome.ONE),
        ("!donator", outcome.ONE),
        ("911", outcome.ACCOUNT),
    ):
        assert read("dyn", body)[0].reach == reach, body
    # the user is blocked, not the host (No-IP response page)
    assert read("noip", "abuse")[0].reach == outcome.ACCOUNT
    assert read("noip", "abuse")[0].cls == "BLOCK"


def test_kinds_of_trouble():
    assert read("dyn", "911")[0].kind == read("dyn", "dnserr")[0].kind == outcome.TROUBLE
    assert read("dyn", "", 503)[0].kind == read("dyn", "", 429)[0].kind == outcome.SERVER
    assert outcome.failed("timeout").kind == outcome.NET


def test_waits_told_by_the_provider():
    assert (
        read("dyn", "w2h")[0].delay == 7200
        and read("dyn", "w5m")[0].delay == 300
        and read("dyn", "w90s")[0].delay == 90
    )
    assert read("dyn", "w9999h")[0].delay == 86400
    assert read("dyn", "slow down", 429, retry_after="120")[0].delay == 120
    assert read("dyn", "", 503, retry_after="5")[0].delay == 5
    assert read("dyn", "", 503, retry_after="0")[0].delay == 1
    assert read("dyn", "", 503, retry_after="9999999999999")[0].delay == 86400
    for text, delay in (("120.5", 120), ("120s", 120), ("90 seconds", 90), ("60, 60", 60), ("3600;x", 3600),
                        ("soon", 0), ("-5", 0), ("1e9", 0), ("1 minute", 0), ("0x10", 0), ("", 0)):  # fmt: skip
        assert read("dyn", "", 503, retry_after=text)[0].delay == delay, text
    assert read("dyn", "good " + A, retry_after="120")[0].delay == 0
    # 911 and dnserr mean half an hour whatever a proxy thinks
    assert read("dyn", "911", 503, retry_after="60")[0].delay == 1800
    assert read("dyn", "dnserr", retry_after="7200")[0].delay == 7200


def test_retry_after_may_be_a_date():
    now = 784111777  # Sun, 06 Nov 1994 08:49:37 GMT
    assert reply.seconds("Sun, 06 Nov 1994 08:59:37 GMT", now) == 600
    assert reply.seconds("Sun, 06 Nov 1994 08:49:30 GMT", now) == 1  # it is over
    assert reply.seconds("Tue, 06 Nov 2040 08:49:37 GMT", now) == 86400
    assert reply.seconds("Sun, 06 Nov 1994 08:59:37 GMT") == 0  # no clock
    for bad in ("", " ", "-5", "1.5", "Sunday, 06-Nov-94 08:49:37 GMT", "Sun, xx Nov 1994 08:49:37 GMT", "Sun, 06 Foo 1994 1 2 3",
                "\u0662", "Sun, 06", "Sun, 06 Nov 99999999999999999999 08:49:37 GMT"):  # fmt: skip
        assert 0 <= reply.seconds(bad, now) <= 86400, bad


# ---- lists (deviations 12-14)


def test_one_line_per_host_in_their_order():
    for body, count, expected in LISTS:
        got = classes("noip", body.replace("{a}", A).replace("{b}", B), hosts=count)
        assert got == expected, (body, got)


def test_one_success_line_for_a_list_holds_for_all_with_a_warning():
    outs = read("dyn", "good " + A, hosts=3)
    assert (
        [o.cls for o in outs] == ["OK"] * 3 and outs[0].note == ("reply.one-for-all", 3) and not outs[0].split
    )
    assert read("dyn", "good " + A)[0].note is None


def test_one_failure_line_about_a_host_splits_the_list():
    for body, status, split in (("nohost", 200, True), ("numhost", 200, True), ("abuse", 200, True), ("notfqdn", 200, True),
                                ("nochg", 200, True), ("nochg " + A, 200, True), ("", 404, False), ("good", 200, False),
                                ("badauth", 200, False), ("!donator", 200, False),
                                ("badagent", 200, False), ("911", 200, False), ("what", 200, False)):  # fmt: skip
        outs = read("dyn", body, status, hosts=3)
        assert [o.split for o in outs] == [split] * 3, body
        assert not read("dyn", body, status)[0].split, body
    assert read("duckdns", "KO", hosts=2)[0].split
    assert not read("duckdns", "OK\n%s\n\nNOCHANGE" % A, hosts=2)[0].split, (
        "there the one answer is the list's"
    )
    assert read("desec", "no such host", 400, hosts=2)[0].split, "a status that the row names"


def test_one_host_may_get_several_lines():
    """Deviation 13: nsupdate.info answers a dual-stack request with a line per family."""
    both = (A, A6)
    assert classes("nsupdate-info", "good %s\nnochg %s" % (A, A6), sent=both) == "OK"
    assert classes("nsupdate-info", "nochg %s\ngood %s" % (A, A6), sent=both) == "OK"
    assert classes("nsupdate-info", "nochg %s\nnochg %s" % (A, A6), sent=both) == "SAME"
    assert classes("nsupdate-info", "good %s\ndnserr" % A, sent=both) == "LATER"
    assert classes("nsupdate-info", "good %s\nnochg %s" % (A, B6), sent=both) == "ODD"
    assert classes("ovh", "Welcome\ngood %s\nbye" % A) == "OK"


def test_several_addresses_in_one_line():
    """Deviation 14: commas at No-IP and nsupdate.info, blanks at dyndnsd."""
    both = (A, A6)
    for body in ("good %s,%s" % both, "good %s %s" % both, "good %s, %s" % both, "good %s,%s" % (A6, A)):
        assert classes("noip", body, sent=both) == "OK", body
    assert classes("noip", "good %s,%s" % (A, B6), sent=both) == "ODD"
    assert classes("noip", "good " + A, sent=both) == "OK"


def test_a_good_in_a_body_without_end_means_nothing_and_a_refusal_is_believed():
    """A page that begins with a good word and goes on beyond 4 KB is not DynDNS2."""
    for body, cls in (
        ("good %s\n" % A, "ODD"), ("nochg\n", "ODD"), ("good %s\nwelcome\n" % A, "ODD"), ("badauth\n", "AUTH"),
        ("abuse\nwhat\n", "BLOCK"), ("good %s\n911\n" % A, "LATER"), ("what ", "ODD"),
    ):  # fmt: skip
        body = body * (4096 // len(body))
        assert classes("dyn", body, cut=True) == cls, body[:20]
    assert read("dyn", "good %s\n" % A * 300, cut=True)[0].word == "too long"
    assert read("dyn", "good %s\n" % A * 300, hosts=20, cut=True)[19].cls == "ODD"
    assert classes({"rules": [["OK", "*updated"]]}, "updated " * 500, cut=True) == "OK", (
        "a row's own words, on any page"
    )


def test_an_endless_list_is_bounded():
    assert classes("dyn", "what\n" * 200 + "good " + A) == "ODD"
    assert len(read("dyn", ("good %s\n" % A) * 300, hosts=20)) == 20
