# SPDX-License-Identifier: MIT
"""The lab as dy.fi, deSEC, dynv6, DuckDNS, he.net, nsupdate.info and OVH: what each does differently."""

import pytest

from host_tests.host.lab_client import exchange
from tools import UserError
from tools.lab import running
from tools.lab.providers import PERSONALITIES

AGENT = "Acme Router-R1/1.0 dev@acme.example"


@pytest.fixture
def lab_of():
    made = []

    def start(name):
        made.append(running(provider=name, bind="127.0.0.1").start())
        made[-1].world.check_address = "45.33.1.1"
        return made[-1]

    yield start
    for lab in made:
        lab.stop()


def ask(lab, target, user="demo", **options):
    return exchange(lab, target, user=user, **{"agent": AGENT, **options})


def test_every_personality_starts_answers_and_refuses_a_stranger(lab_of):
    for name in PERSONALITIES:
        lab = lab_of(name)
        path = "/" if lab.rules.update_paths == ("*",) else lab.rules.update_paths[0]
        host = next(iter(lab.world.hosts))
        query = "?%s=%s&domains=x&token=wrong" % (lab.rules.host_keys[0], host)
        answer = ask(lab, path + query, user="nobody", password="wrong")
        assert answer.error is None and "good" not in answer.text and "OK" not in answer.text, name
        assert lab.world.history == [] and lab.verdicts()[0]["requests"] == 1
        lab.stop()


def test_an_unknown_personality_is_a_users_mistake():
    with pytest.raises(UserError, match="no provider 'dynn'"):
        running(provider="dynn")


# dy.fi

DYFI = {"user": "demo@example.net"}


def test_dyfi_takes_the_connections_address_whatever_is_sent(lab_of):
    lab = lab_of("dyfi")
    assert (
        ask(lab, "/nic/update?hostname=demo.dy.fi,demo2.dy.fi&myip=45.33.7.9", **DYFI).text
        == "good 45.33.1.1\n" * 2
    )
    assert ask(lab, "/nic/update?hostname=demo.dy.fi", **DYFI).text == "nochg\n"
    assert lab.published("demo2.dy.fi")["A"] == "45.33.1.1"
    bad = ask(lab, "/nic/update?hostname=demo.dy.fi", user="nobody")
    assert (bad.status, bad.text) == (401, "badauth\n") and "www-authenticate" in bad.headers
    lab.world.foreign = True
    assert ask(lab, "/nic/update?hostname=demo.dy.fi", **DYFI).text == "badip 45.33.1.1\n"


def test_dyfi_expires_after_a_week_and_a_refresh_before_is_no_fault(lab_of):
    lab = lab_of("dyfi")
    for _ in range(3):
        ask(lab, "/nic/update?hostname=demo.dy.fi", **DYFI)
        lab.world.advance(5.5 * 86400)
        assert lab.published("demo.dy.fi")["A"] == "45.33.1.1"
    assert lab.findings() == []
    lab.world.advance(2 * 86400)
    assert lab.published("demo.dy.fi")["A"] is None
    assert ask(lab, "/nic/update?hostname=demo.dy.fi", **DYFI).text == "good 45.33.1.1\n"
    assert lab.findings() == ["no update for too long"]


def test_dyfi_closes_the_account_of_a_needless_client(lab_of):
    lab = lab_of("dyfi")
    texts = [ask(lab, "/nic/update?hostname=demo.dy.fi", **DYFI).text for _ in range(12)]
    assert texts == ["good 45.33.1.1\n"] + ["nochg\n"] * 10 + ["abuse\n"]
    assert ask(lab, "/nic/update?hostname=demo2.dy.fi", **DYFI).text == "abuse\n"


# deSEC


def desec(lab, query, **options):
    lab.world.advance(120)
    return ask(lab, "/nic/update?hostname=demo.dedyn.io" + query, **options)


@pytest.mark.parametrize(
    "query, records, finding",
    [
        ("&myipv4=45.33.7.9&myipv6=preserve", ("45.33.7.9", "2600:3c00::5"), None),
        ("&myipv6=2600:3c00::6&myipv4=preserve", ("45.33.5.5", "2600:3c00::6"), None),
        ("&myipv4=45.33.7.9&myipv6=2600:3c00::6", ("45.33.7.9", "2600:3c00::6"), None),
        ("&myip=45.33.7.9", ("45.33.7.9", None), "other family deleted"),
        ("&myip=45.33.7.9,2600:3c00::6", ("45.33.7.9", "2600:3c00::6"), None),
        ("&myipv6=2600:3c00::6", ("45.33.1.1", "2600:3c00::6"), None),
        ("&myipv4=45.33.7.9&myipv6=", ("45.33.7.9", None), None),
        ("", ("45.33.1.1", None), "other family deleted"),
    ],
)
def test_desec_deletes_what_is_not_named(lab_of, query, records, finding):
    lab = lab_of("desec")
    desec(lab, "&myipv4=45.33.5.5&myipv6=2600:3c00::5")
    answer = desec(lab, query)
    assert (answer.status, answer.text) == (200, "good")  # no address, no newline
    assert tuple(lab.published("demo.dedyn.io").values()) == records
    assert lab.findings() == [finding] * bool(finding)


def test_desec_says_good_for_nothing_new_and_429_for_too_much(lab_of):
    lab = lab_of("desec")
    target = "/?hostname=demo.dedyn.io&myipv4=45.33.7.9&myipv6=preserve"
    assert [ask(lab, target).text for _ in range(2)] == ["good", "good"]
    late = ask(lab, target)
    assert late.status == 429 and 118 <= int(late.headers["retry-after"]) <= 120 and "throttled" in late.text
    assert ask(lab, "/?hostname=other.dedyn.io&myipv4=45.33.7.9&myipv6=preserve").text == "good"  # per domain
    lab.world.advance(60)
    ask(lab, target)
    assert lab.findings() == ["Retry-After ignored"]


@pytest.mark.parametrize(
    "query, status, text, options",
    [
        ("", 401, "badauth", {"password": "web-pass"}),
        ("", 200, "good", {"auth": "Token demo-key"}),
        ("&username=demo&password=demo-key", 200, "good", {"user": None}),
        ("&username=x&password=demo-key", 401, "badauth", {"user": None}),
        ("&myip=nonsense", 400, "Cannot parse address nonsense", {}),
        (",nobody.dedyn.io", 404, "nohost", {}),
        (",other.dedyn.io", 404, "nohost", {}),
        (",www.demo.dedyn.io", 200, "good", {}),
    ],
)
def test_desec_log_ins_and_errors(lab_of, query, status, text, options):
    answer = desec(lab_of("desec"), query, **options)
    assert (answer.status, answer.text) == (status, text)


def test_desec_paths_and_check_page(lab_of):
    lab = lab_of("desec")
    assert ask(lab, "/favicon.ico").status == 404
    lab.ledger_book.clear()
    assert [ask(lab, "/checkip", user=None).text for _ in range(3)] == [
        "45.33.1.1"
    ] * 3 and lab.findings() == []
    late = ask(lab, "/checkip", user=None)
    assert (
        late.status == 429
        and int(late.headers["retry-after"]) <= 60
        and lab.findings() == ["check page asked too often"]
    )


# dynv6


@pytest.mark.parametrize(
    "query, status, text, records",
    [
        ("&ipv4=45.33.7.9&ipv6=2600:3c00::1", 200, "addresses updated\n", ("45.33.7.9", "2600:3c00::1")),
        ("&ipv4=45.33.7.9", 200, "addresses updated\n", ("45.33.7.9", "2600:3c00::5")),
        ("&ipv4=45.33.5.5&ipv6=", 200, "addresses unchanged\n", ("45.33.5.5", "2600:3c00::5")),
        ("&ipv6=-", 200, "addresses updated\n", ("45.33.5.5", None)),
        ("&ipv4=auto", 200, "addresses updated\n", ("45.33.1.1", "2600:3c00::5")),
        ("&ipv6=2600:3c00::7/64", 200, "addresses updated\n", ("45.33.5.5", "2600:3c00::7")),
        ("&ipv4=nonsense", 400, "invalid address\n", ("45.33.5.5", "2600:3c00::5")),
    ],
)
def test_dynv6_own_words(lab_of, query, status, text, records):
    lab = lab_of("dynv6")
    target = "/api/update?hostname=demo.dynv6.net&token=demo-key"
    ask(lab, target + "&ipv4=45.33.5.5&ipv6=2600:3c00::5", user=None)
    answer = ask(lab, target + query, user=None)
    assert (answer.status, answer.text) == (status, text)
    assert tuple(lab.published("demo.dynv6.net").values()) == records
    assert ("needless update" in lab.findings()) == ("unchanged" in text)


def test_dynv6_errors_and_dyndns2(lab_of):
    lab = lab_of("dynv6")
    bad = ask(lab, "/api/update?hostname=demo.dynv6.net&token=wrong&ipv4=45.33.7.9", user=None)
    assert (bad.status, bad.text) == (401, "invalid authentication token\n")
    gone = ask(lab, "/api/update?zone=nobody.dynv6.net&token=demo-key&ipv4=45.33.7.9", user=None)
    assert (gone.status, gone.text) == (404, "zone not found\n")
    nic = "/nic/update?hostname=demo.dynv6.net&myip=45.33.7.9"
    assert ask(lab, nic, user="none").text == "good 45.33.7.9\n"
    assert ask(lab, nic, user="whoever").text == "nochg 45.33.7.9\n"
    assert ask(lab, nic, user="none", password="wrong").status == 401


# DuckDNS


@pytest.mark.parametrize(
    "query, text",
    [
        ("domains=demo&token=demo-key&ip=45.33.7.9", "OK"),
        ("domains=demo&token=demo-key", "OK"),
        ("domains=demo,demo2&token=demo-key&ip=45.33.7.9&verbose=true", "OK\n45.33.7.9\n\nUPDATED"),
        ("domains=demo&token=demo-key&ipv6=2600:3c00::1&verbose=true", "OK\n\n2600:3c00::1\nUPDATED"),
        ("domains=demo&token=wrong&ip=45.33.7.9", "KO"),
        ("domains=nobody&token=demo-key", "KO"),
        ("domains=&token=demo-key", "KO"),
        ("domains=demo.duckdns.org&token=demo-key", "KO"),
        ("domains=demo&token=demo-key&ip=nonsense", "KO"),
    ],
)
def test_duckdns_says_ok_or_ko(lab_of, query, text):
    lab = lab_of("duckdns")
    answer = ask(lab, "/update?" + query, user=None)
    assert (answer.status, answer.text) == (200, text)
    assert bool(lab.world.history) == text.startswith("OK")
    assert "credentials in query" not in lab.findings()


def test_duckdns_verbose_tells_nochange_and_clear_empties(lab_of):
    lab = lab_of("duckdns")
    target = "/update?domains=demo&token=demo-key&ip=45.33.7.9&verbose=true"
    assert [ask(lab, target, user=None).text.split("\n")[3] for _ in range(2)] == ["UPDATED", "NOCHANGE"]
    assert lab.findings() == ["needless update"]
    assert ask(lab, "/update?domains=demo&token=demo-key&clear=true", user=None).text == "OK"
    assert lab.published("demo.duckdns.org") == {"A": None, "AAAA": None}


# he.net


def he(lab, ip, host="home.he.example.net", **options):
    return ask(lab, "/nic/update?hostname=%s&myip=%s" % (host, ip), **{"user": host, **options})


def test_he_interval_counts_per_record(lab_of):
    lab = lab_of("he-dns")
    assert he(lab, "45.33.7.9").text == "good 45.33.7.9\n"
    assert he(lab, "2600:3c00::1").text == "good 2600:3c00::1\n"
    assert lab.findings() == []
    assert he(lab, "45.33.7.10").text == "interval\n"
    assert lab.findings() == ["updates too close together"]
    lab.world.advance(301)
    assert he(lab, "45.33.7.10").text == "good 45.33.7.10\n"


@pytest.mark.parametrize(
    "ip, text, options",
    [
        ("45.33.7.9", "badauth\n", {"password": "wrong"}),
        ("45.33.7.9", "badauth\n", {"user": "demo"}),
        ("45.33.7.9,2600:3c00::1", "badip\n", {}),
        ("45.33.7.9", "abuse\n", {"host": "abused.he.example.net"}),
        ("45.33.7.9", "good 45.33.7.9\n", {"host": "second.he.example.net", "password": "key-2"}),
    ],
)
def test_he_errors_have_http_200(lab_of, ip, text, options):
    answer = he(lab_of("he-dns"), ip, **options)
    assert answer.status == 200 and answer.text.split()[0] == text.split()[0]


def test_he_takes_the_password_from_the_query(lab_of):
    lab = lab_of("he-dns")
    target = "/nic/update?hostname=home.he.example.net&password=demo-key&myip=45.33.7.9"
    assert ask(lab, target, user=None).text == "good 45.33.7.9\n"
    assert lab.findings() == ["credentials in query"]


# nsupdate.info


def nsu(lab, query, user="demo.nsupdate.info", **options):
    return ask(lab, "/nic/update?" + query, user=user, **options)


def test_nsupdate_answers_two_families_by_comma_or_by_lines(lab_of):
    lab = lab_of("nsupdate-info")
    both = "hostname=demo.nsupdate.info&myip=%s,%s"
    assert nsu(lab, both % ("45.33.7.9", "2600:3c00::1")).text == "good 45.33.7.9,2600:3c00::1"
    assert nsu(lab, both % ("45.33.7.10", "2600:3c00::1")).text == "good 45.33.7.10\nnochg 2600:3c00::1"
    assert nsu(lab, both % ("45.33.7.10", "2600:3c00::1")).text == "nochg 45.33.7.10,2600:3c00::1"
    assert lab.findings() == ["needless update"]


@pytest.mark.parametrize(
    "query, status, text, options",
    [
        ("myip=45.33.7.9", 200, "good 45.33.7.9", {}),
        ("", 200, "good 45.33.1.1", {}),
        ("myip=2600:3c00::1/64", 200, "good 2600:3c00::1", {}),
        ("myip=nonsense", 200, "dnserr", {}),
        ("hostname=demo2.nsupdate.info", 200, "nohost", {}),
        ("hostname=demo", 200, "notfqdn", {}),
        ("", 401, "badauth", {"password": "wrong"}),
        ("", 200, "good 45.33.1.1", {"user": "demo2.nsupdate.info", "password": "key-2"}),
        ("", 403, "abuse", {"user": "banned.nsupdate.info"}),
        ("", 200, "abuse", {"user": "abused.nsupdate.info"}),
        ("", 200, "badagent", {"agent": "curl/8.5"}),
    ],
)
def test_nsupdate_codes(lab_of, query, status, text, options):
    answer = nsu(lab_of("nsupdate-info"), query, **options)
    assert (answer.status, answer.text) == (status, text)
    assert ("www-authenticate" in answer.headers) == (status == 401)


def test_nsupdate_counts_needless_updates(lab_of):
    lab = lab_of("nsupdate-info")
    lab.rules.nochg_limit = 3
    assert [nsu(lab, "myip=45.33.7.9").text.split()[0] for _ in range(5)] == [
        "good",
        "nochg",
        "nochg",
        "nochg",
        "abuse",
    ]


def test_nsupdate_delete_and_my_ip(lab_of):
    lab = lab_of("nsupdate-info")
    nsu(lab, "myip=45.33.7.9,2600:3c00::1")
    assert ask(lab, "/nic/delete?myip=45.33.7.9", user="demo.nsupdate.info").text == "deleted A"
    assert lab.published("demo.nsupdate.info") == {"A": None, "AAAA": "2600:3c00::1"}
    assert ask(lab, "/myip", user=None).text == "45.33.1.1" and lab.findings() == []


# OVH


@pytest.mark.parametrize(
    "query, status, code, options",
    [
        ("system=dyndns&hostname=home.ovh.example.net&myip=45.33.7.9", 200, "good 45.33.7.9", {}),
        ("system=dyndns&hostname=home.ovh.example.net&myip=2600:3c00::1", 200, "good 2600:3c00::1", {}),
        ("hostname=home.ovh.example.net&myip=45.33.7.9", 200, "badrequest", {}),
        ("system=dyndns&hostname=home.ovh.example.net&myip=45.33.7.9,2600:3c00::1", 200, "badrequest", {}),
        ("system=dyndns&hostname=nobody.example.net&myip=45.33.7.9", 200, "nohost", {}),
        ("system=dyndns&hostname=&myip=45.33.7.9", 200, "notfqdn", {}),
        ("system=dyndns&hostname=abused.ovh.example.net&myip=45.33.7.9", 200, "abuse", {}),
        ("system=dyndns&hostname=home.ovh.example.net&myip=45.33.7.9", 401, "badauth", {"password": "wrong"}),
    ],
)
def test_ovh_wants_its_system_and_wraps_the_code(lab_of, query, status, code, options):
    answer = ask(lab_of("ovh"), "/nic/update?" + query, user="example.net-demo", **options)
    assert (answer.status, answer.text) == (status, "\n%s\nDynHost: request processed\n" % code)
