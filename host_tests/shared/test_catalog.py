# SPDX-License-Identifier: MIT
# The catalogue file as the device reads it, and rows made of a config's own provider.
import gc
import sys

from wanbeacon.core import url
from wanbeacon.dyndns import catalog, custom

FILE = "firmware/catalogue/providers.dat"
MISSION = ["dyn", "noip", "zerigo", "certadns", "mydns-se"]


def wrong(act, *args):
    """The text of the ValueError that act(*args) raises."""
    try:
        act(*args)
    except ValueError as e:
        return str(e)
    raise AssertionError("no ValueError for %r" % (args,))


def test_every_name_finds_its_own_row():
    names = catalog.names(FILE)
    assert len(names) > 80 and len(set(names)) == len(names)
    for name in names:
        row = catalog.find(FILE, name)
        assert row["id"] == name and (row["host"] or row.get("own")) and ("q4" in row or "q6" in row), name


def test_the_five_services_come_first():
    assert catalog.names(FILE)[:5] == MISSION


def test_a_name_that_is_only_similar_finds_nothing():
    for name in (
        "",
        "-",
        ".",
        "dy",
        "dynx",
        "dyn ",
        "no ip",
        "dyn" + " " * 22 + "x",
        "x" * 27,
        "d\u00fcn",
        "dyn\n",
        "00263",
    ):
        assert catalog.find(FILE, name) is None, name


def test_finding_any_row_costs_less_than_4_kb_of_heap():
    """All that is allocated on the way, garbage included: a board may find its heap too full to collect in
    time. Objects of a 64-bit program are twice as large."""
    if sys.implementation.name != "micropython":
        return
    most = 4096 if sys.maxsize < 1 << 32 else 8192
    worst = 0, ""
    for name in catalog.names(FILE):
        gc.collect()
        gc.disable()
        before = gc.mem_alloc()
        row = catalog.find(FILE, name)
        cost = gc.mem_alloc() - before
        gc.enable()
        assert row and 0 < cost < most, (name, cost)
        worst = max(worst, (cost, name))
    print("dearest look-up: %d bytes of heap (%s)" % worst)


def test_a_damaged_or_missing_file_is_an_error_and_not_a_wrong_row():
    import os

    path = "build-test-catalogue.dat"
    with open(path, "wb") as f:
        f.write(b"dyn" + b" " * 23 + b"0x001\n{}\n")
    try:
        assert "damaged" in wrong(catalog.find, path, "noip")
        with open(path, "wb") as f:
            f.write(b"dyn" + b" " * 23 + b'00090\n{"id":')
        wrong(catalog.find, path, "dyn")
        with open(path, "wb") as f:
            f.write(b"dyn   ")
        assert catalog.find(path, "dyn") is None
    finally:
        os.remove(path)
    try:
        catalog.find("no-such-file.dat", "dyn")
    except OSError:
        return
    raise AssertionError("no OSError")


def test_urls_are_split_as_written():
    assert url.split_url("https://h.example/p?a=b?c") == (True, "h.example", 443, "/p", "a=b?c")
    assert url.split_url("http://h:8080") == (False, "h", 8080, "/", "")
    assert url.split_url("https://h?x=1") == (True, "h", 443, "/", "x=1")
    for bad in (
        "ftp://h/",
        "h/p",
        "https:///p",
        "https://u:p@h/",
        "https://h:0/",
        "https://h:65536/",
        "https://h:x/",
        "https://{user}/",
        "https://h h/",
        "https://h\r\nX: y/",
        "https://h\u00e4/",
        "https://h:9999999999/",
    ):
        wrong(url.split_url, bad)


def test_a_server_of_ones_own_may_name_scheme_and_port():
    assert url.server("h.example", True, None) == (True, "h.example", None)
    assert url.server("h:8443", True, None) == (True, "h", 8443)
    assert url.server("http://h", True, None) == (False, "h", None)
    assert url.server("https://h", False, 8080) == (True, "h", None)
    assert url.server("h", False, 8080) == (False, "h", 8080)
    for bad in ("http://h/path", "u@h", "h:", "", "h\r\nX: y", "[::1]:80"):
        wrong(url.server, bad, True, None)


def test_a_custom_provider_is_four_lines():
    row = custom.row({"url": "https://d.example/u?h={hostname}&ip={ip}", "ok": ["good"], "fail": ["denied"]})
    assert (row["host"], row["port"], row["q4"]) == ("d.example", 443, "/u?h={hostname}&ip={ip}")
    assert "q6" not in row and not row["plain"] and row["auth"] == ["basic"] and row["max"] == 1
    assert row["rules"] == [["FAIL", "^denied"], ["OK", "^good"]]


def test_a_custom_url_serves_the_addresses_it_names():
    def kinds(**spec):
        row = custom.row(spec)
        return [k for k in ("q4", "q6", "qd", "conn") if row.get(k)]

    assert kinds(url="https://h/?a={ip}") == ["q4"]
    assert kinds(url="https://h/?a={ipv6}") == ["q6"]
    assert kinds(url="https://h/?a={ip}&b={ipv6}") == ["qd"]  # one of them empty could delete a record
    assert kinds(url="https://h/?h={hostname}") == ["q4", "conn"]
    assert kinds(
        url="https://h/?a={ip}", url6="https://h/?a={ipv6}", url_dual="https://h/?a={ip}&b={ipv6}"
    ) == ["q4", "q6", "qd"]


def test_what_is_wrong_with_a_custom_provider_is_said():
    u = "https://h/?a={ip}"
    assert "{hostnme" in wrong(custom.row, {"url": "https://h/?a={ip}&h={hostnme}"})
    assert "space" in wrong(custom.row, {"url": "https://h/?a={ip}&h=x y"})
    assert "#" in wrong(custom.row, {"url": "https://h/?a={ip}#there"})
    for bad in ("https://h/?h=%h&i={ip}", "https://h/?a={ip}&x=%", "https://h/%i", "https://h/?a={ip}&x=%2"):
        assert "%25" in wrong(custom.row, {"url": bad}), bad
    assert custom.row({"url": "https://h/?a={ip}&x=%20%2f"})
    for bad, said in (("https://u@h/?a={ip}", "user name"), ("https://a..b/?a={ip}", "dot"),
                      ("https://[2001:db8::1]/?a={ip}", "IPv6"),
                      ("https://%s.org/?a={ip}" % ("x" * 64), "63")):  # fmt: skip
        assert said in wrong(custom.row, {"url": bad}), bad
    assert "url6" in wrong(custom.row, {"url": u, "url6": "https://h/?a={ip}"})
    assert "url_dual" in wrong(custom.row, {"url": u, "url_dual": "https://h/?a={ip}"})
    assert "same server" in wrong(custom.row, {"url": u, "url_dual": "https://g/?a={ip}&b={ipv6}"})
    for rule in ("#abc", "#", "#2000", " ", "^", "~"):
        assert "ok:" in wrong(custom.row, {"url": u, "ok": [rule]}), rule


def test_an_address_after_a_custom_answers_words_leaves_the_words():
    def rule(text):
        return custom.row({"url": "https://h/?a={ip}", "ok": [text]})["rules"][0][1]

    for text, wanted in (("{ip}", "@"), (" {IPv6} ", "@"), ("@", "@"), ("0", "0"),
                         ("updated {ip}", "^updated"), ("set to: ({ip}).", "^set to"),
                         ("~stored={ip},{ipv6}", "~stored"), ("=updated {ip}", "^updated"),
                         ("*ok:{ipv6}", "*ok")):  # fmt: skip
        assert rule(text) == wanted, text
    # words behind it could be what tells success from failure, and a sign needs words
    for text in (
        "{ip} updated",
        "record {ip} updated",
        "={ip}",
        "~ {ip}",
        "{ip} {ipv6}",
        "({ip})",
        "#200 {ip}",
    ):
        assert "{ip} alone" in wrong(rule, text), text


def test_a_login_in_the_query_needs_its_place_in_a_custom_url():
    u = "https://h/?a={ip}"
    assert wrong(custom.row, {"url": u, "auth": "query"}).startswith("auth: query needs {password}")
    for spec in (
        {"url": u + "&k={password}"},
        {"url": u + "&k={user}"},
        {"url": u, "url6": "https://h/?a={ipv6}&k={password}"},
    ):
        assert custom.row(dict(spec, auth="query"))["auth"] == ["none"], spec


def test_credentials_in_a_custom_url_are_not_sent_twice():
    assert custom.row({"url": "https://h/?a={ip}&k={password}", "auth": "basic"})["auth"] == ["none"]
    assert custom.row({"url": "https://h/?a={ip}", "auth": "bearer"})["auth"] == ["bearer"]
    assert custom.row({"url": "https://h/?a={ip}", "auth": "none"})["auth"] == ["none"]


def test_upper_case_dots_and_hyphens_of_a_name_do_not_count():
    for name, wanted in (("DuckDNS", "duckdns"), ("No-IP", "noip"), ("no-ip", "noip"),
                         ("MyDNS.se", "mydns-se"), ("1984", "1984"), ("DYN", "dyn"), ("no-ip.pl", "no-ip-pl"),
                         ("FreeDNS-v2", "freedns-v2")):  # fmt: skip
        assert catalog.find(FILE, name)["id"] == wanted, name
    plain = [name.replace("-", "") for name in catalog.names(FILE)]
    assert len(set(plain)) == len(plain), "two providers would be one"


def test_a_host_name_is_checked_in_one_place():
    for name, said in (("a..b", "a dot too many"), (".a", "a dot too many"), ("x" * 64 + ".org", "63"),
                       (("x" * 60 + ".") * 5, "253"), ("..", "a dot too many"), ("", "a name")):  # fmt: skip
        assert said in url.name_fault(name), name
    for name in ("a.b", "x" * 63, "_x.a-b.org", "home"):
        assert url.name_fault(name) is None, name
