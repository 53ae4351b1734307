# SPDX-License-Identifier: MIT
"""The lab as the other four services of the mission: No-IP, CertaDNS, MyDNS.se and Zerigo's form."""

import json

import pytest

from host_tests.host.lab_client import basic, exchange
from tools.lab import running

AGENT = "Acme Router-R1/1.0 dev@acme.example"


def lab_of(name):
    @pytest.fixture
    def lab():
        with running(provider=name, bind="127.0.0.1") as made:
            yield made

    return lab


noip, certadns, mydns, zerigo = lab_of("noip"), lab_of("certadns"), lab_of("mydns-se"), lab_of("zerigo")


def ask(lab, target, **options):
    return exchange(lab, target, **{"agent": AGENT, **options})


# No-IP

NOIP = "/nic/update?hostname="


@pytest.mark.parametrize(
    "query, text, records",
    [
        ("demo.ddns.net&myip=45.33.7.9", "good 45.33.7.9\r\n", ("45.33.7.9", None)),
        ("demo.ddns.net&myip=2600:3c00::1", "good 2600:3c00::1\r\n", (None, "2600:3c00::1")),
        (
            "demo.ddns.net&myip=45.33.7.9,2600:3c00::1",
            "good 45.33.7.9,2600:3c00::1\r\n",
            ("45.33.7.9", "2600:3c00::1"),
        ),
        (
            "demo.ddns.net&myip=45.33.7.9,2600:3c00::1&myipv6=2600:3c00::2",
            "good 45.33.7.9,2600:3c00::2\r\n",
            ("45.33.7.9", "2600:3c00::2"),
        ),
        (
            "demo.ddns.net&myipv6=2600:3c00::2",
            "good 45.33.1.1,2600:3c00::2\r\n",
            ("45.33.1.1", "2600:3c00::2"),
        ),
        ("demo.ddns.net", "good 45.33.1.1\r\n", ("45.33.1.1", None)),
        (
            "demo2.ddns.net,nobody.ddns.net,demo.ddns.net&myip=45.33.7.9",
            "good 45.33.7.9\r\nnohost\r\ngood 45.33.7.9\r\n",
            ("45.33.7.9", None),
        ),
        (
            "cottage,demo.ddns.net@left&myip=45.33.7.9",
            "good 45.33.7.9\r\ngood 45.33.7.9\r\n",
            ("45.33.7.9", None),
        ),
    ],
)
def test_noip_addresses_lists_groups_and_labels(noip, query, text, records):
    noip.world.check_address = "45.33.1.1"
    assert ask(noip, NOIP + query).text == text
    assert tuple(noip.published("demo.ddns.net").values()) == records
    assert (noip.published("barn.ddns.net")["A"] == "45.33.7.9") == ("cottage" in query)


@pytest.mark.parametrize(
    "user, password, hosts, text",
    [
        ("demo@example.net", "demo-key", "demo.ddns.net", "good 45.33.7.9\r\n"),
        ("k3yuser", "k3ypass", "all.ddnskey.com", "good 45.33.7.9\r\n"),
        ("k3yuser", "k3ypass", "demo.ddns.net", "good 45.33.7.9\r\n"),
        ("demo%3Acottage", "group-pass", "", "good 45.33.7.9\r\n"),
        ("cottage%3Ademo", "group-pass", "", "good 45.33.7.9\r\n"),
        ("demo%23cottage", "group-pass", "barn.ddns.net", "good 45.33.7.9\r\n"),
        ("demo%3Acottage", "group-pass", "demo.ddns.net", "nohost\r\n"),
        ("demo:cottage", "group-pass", "barn.ddns.net", "badauth\r\n"),
        ("demo", "wrong", "demo.ddns.net", "badauth\r\n"),
        ("spammer", "spam-key", "spam.ddns.net", "abuse\r\n"),
    ],
)
def test_noip_log_ins(noip, user, password, hosts, text):
    answer = ask(noip, NOIP + hosts + "&myip=45.33.7.9", user=user, password=password)
    assert (answer.text, answer.status) == (text, 401 if "badauth" in text else 200)
    stored = {name for name, host in noip.world.hosts.items() if host.records}
    assert stored == (
        set()
        if "good" not in text
        else {"demo.ddns.net"}
        if hosts == "demo.ddns.net"
        else {"demo.ddns.net", "demo2.ddns.net", "barn.ddns.net", "shed.ddns.net"}
        if "all" in hosts
        else {"barn.ddns.net"}
        if hosts
        else {"barn.ddns.net", "shed.ddns.net"}
    )


def test_noip_offline_and_back(noip):
    ask(noip, NOIP + "demo.ddns.net&myip=45.33.7.9")
    assert ask(noip, NOIP + "demo.ddns.net&myip=45.33.7.9&offline=YES").text == "good 45.33.7.9\r\n"
    assert noip.published("demo.ddns.net")["A"] == noip.world.offline_address
    assert ask(noip, NOIP + "demo.ddns.net&myip=45.33.7.9&offline=NO").text == "good 45.33.7.9\r\n"
    assert noip.published("demo.ddns.net")["A"] == "45.33.7.9"
    assert (
        ask(noip, NOIP + "free.ddns.net&offline=YES", user="free", password="free-key").text == "!donator\r\n"
    )


def test_noip_911_and_its_half_hour(noip):
    noip.world.outage = "911"
    assert ask(noip, NOIP + "demo.ddns.net").text == "911\r\n"
    assert ask(noip, "/", user=None).status == 403
    ask(noip, NOIP + "demo.ddns.net")
    assert noip.findings() == ["check page asked after an error", "too soon after 911 or dnserr"]


def test_noip_detection_page_is_closed_after_an_error_until_the_user_acts(noip):
    noip.world.check_address, noip.world.check_address6 = "45.33.7.9", "2600:3c00::9"
    assert ask(noip, "/", user=None, port="http").text == "45.33.7.9"
    ask(noip, NOIP + "demo.ddns.net", password="wrong")
    noip.world.advance(600)
    assert ask(noip, "/", user=None, port="http").status == 403
    assert noip.findings() == ["check page asked after an error"]
    noip.forgive()
    assert ask(noip, "/", user=None).text == "45.33.7.9"


def test_noip_limits_single_requests_and_counts_needless_ones(noip):
    names = [
        "demo.ddns.net",
        "demo2.ddns.net",
        "barn.ddns.net",
        "shed.ddns.net",
        "demo.ddns.net",
        "demo2.ddns.net",
    ]
    answers = [ask(noip, NOIP + name + "&myip=45.33.7.9") for name in names]
    assert [a.status for a in answers] == [200] * 5 + [429] and "retry-after" not in answers[-1].headers
    assert {"one request per host", "needless update"} <= set(noip.findings())
    for _ in range(10):
        noip.world.advance(60)
        last = ask(noip, NOIP + "demo.ddns.net&myip=45.33.7.9")
    assert last.text == "abuse\r\n"  # the user, not the host


@pytest.mark.parametrize(
    "agent, finding",
    [
        (None, "no User-Agent"),
        ("python-requests/2.31", "generic User-Agent"),
        ("Acme Router-R1/1.0", "User-Agent not in the provider's form"),
        (AGENT, None),
        ("noip-duc/3.3.0 <support@noip.com>", None),
    ],
)
def test_noip_wants_a_contact_in_the_user_agent(noip, agent, finding):
    answer = ask(noip, NOIP + "demo.ddns.net", agent=agent)
    assert noip.findings() == [finding] * bool(finding)
    assert answer.text.startswith("badagent" if finding and finding[-10:] == "User-Agent" else "good")
    for verdict in noip.verdicts():
        assert all("noip.com" in row["document"] for row in verdict["findings"])


# CertaDNS


@pytest.mark.parametrize(
    "path", ["/domains/update", "/domains/nic/update", "/domains/v2/update", "/domains/dyndns/update"]
)
@pytest.mark.parametrize("auth", ["basic", "key as password", "bearer", "query"])
@pytest.mark.parametrize("method", ["GET", "POST"])
def test_certadns_endpoints_methods_and_log_ins(certadns, path, auth, method):
    header = {
        "basic": basic("DEMO@example.net", "demo-key"),
        "key as password": basic("demo", "ak_demo"),
        "bearer": "Bearer ak_demo",
    }.get(auth)
    query = "hostname=HOME.demo.certadns.com&myip=45.33.7.9" + (
        "&username=demo&password=demo-key" if not header else ""
    )
    options = {"auth": header, "user": None, "method": method}
    if method == "POST":
        answer = ask(
            certadns,
            path,
            body=query.encode(),
            headers=["Content-Type: application/x-www-form-urlencoded"],
            **options,
        )
    else:
        answer = ask(certadns, path + "?" + query, **options)
    if method == "POST" and path not in ("/domains/update", "/domains/nic/update"):
        assert answer.status == 405
    elif auth == "bearer" and path == "/domains/update":
        assert (answer.status, answer.text) == (401, "badauth\n")
    else:
        assert (answer.status, answer.text) == (200, "good 45.33.7.9\n")
        assert certadns.published("home.demo.certadns.com")["A"] == "45.33.7.9"
    assert certadns.findings() == ["credentials in query"] * (auth == "query")


@pytest.mark.parametrize(
    "query, status, text, options",
    [
        ("home.demo.certadns.com&myip=45.33.7.9", 401, "badauth\n", {"password": "wrong"}),
        ("home.demo.certadns.com&myip=45.33.7.9", 401, "badauth\n", {"user": None}),
        ("free.demo.certadns.com&myip=45.33.7.9", 401, "badauth\n", {"user": "free", "password": "ak_free"}),
        (
            "free.demo.certadns.com&myip=45.33.7.9",
            200,
            "good 45.33.7.9\n",
            {"user": "free", "password": "free-key"},
        ),
        ("home&myip=45.33.7.9", 404, "nohost\n", {}),
        ("free.demo.certadns.com&myip=45.33.7.9", 404, "nohost\n", {}),
        ("home.demo.certadns.com,home6.demo.certadns.com&myip=45.33.7.9", 404, "nohost\n", {}),
        ("home.demo.certadns.com&myip=nonsense", 400, "Invalid IP address\n", {}),
        ("home.demo.certadns.com&myip=45.33.7.9,2600:3c00::1", 400, "Invalid IP address\n", {}),
        ("home.demo.certadns.com&myip=2600:3c00::1", 400, "IP address does not match record type A\n", {}),
        ("home6.demo.certadns.com&myip=45.33.7.9", 400, "IP address does not match record type AAAA\n", {}),
        ("home6.demo.certadns.com&myip=2600:3c00::1", 200, "good 2600:3c00::1\n", {}),
        ("home.demo.certadns.com", 200, "good 45.33.1.1\n", {}),
        (
            "home.demo.certadns.com",
            200,
            "good 45.33.2.2\n",
            {"headers": ["X-Forwarded-For: 45.33.2.2, 10.0.0.1"]},
        ),
    ],
)
def test_certadns_codes_and_their_http_status(certadns, query, status, text, options):
    certadns.world.check_address = "45.33.1.1"
    answer = ask(certadns, "/domains/nic/update?hostname=" + query, **options)
    assert (answer.status, answer.text) == (status, text)


def test_certadns_trouble_nochg_and_my_ip(certadns):
    target = "/domains/nic/update?hostname=home.demo.certadns.com&myip=45.33.7.9"
    ask(certadns, target)
    for _ in range(30):
        certadns.world.advance(2)
        assert ask(certadns, target).text == "nochg 45.33.7.9\n"
    assert certadns.findings() == []  # an ordinary success here
    certadns.world.outage = "dnserr"
    assert ask(certadns, target).status == 500
    certadns.world.check_address = "45.33.7.9"
    assert json.loads(ask(certadns, "/domains/my-ip", user=None).text) == {"ip": "45.33.7.9"}


# MyDNS.se


@pytest.mark.parametrize(
    "user, password, query, text",
    [
        ("demo.mydns.se", "demo-key", "hostname=demo.mydns.se", "good 45.33.1.1\n"),
        ("demo.mydns.se", "demo-key", "hostname=demo.mydns.se&myip=45.33.7.9", "good 45.33.7.9\n"),
        ("demo.mydns.se", "demo-key", "", "good 45.33.1.1\n"),
        ("demo2.mydns.se", "key-2", "hostname=demo2.mydns.se", "good 45.33.1.1\n"),
        ("demo2.mydns.se", "demo-key", "hostname=demo2.mydns.se", "badauth\n"),
        ("demo", "demo-key", "hostname=demo.mydns.se", "badauth\n"),
        ("demo.mydns.se", "demo-key", "hostname=demo2.mydns.se", "notfqdn\n"),
        ("demo.mydns.se", "demo-key", "hostname=demo.mydns.se,demo2.mydns.se", "notfqdn\n"),
        ("demo.mydns.se", "demo-key", "hostname=demo.mydns.se&myip=2600:3c00::1", "dnserr\n"),
        ("abused.mydns.se", "demo-key", "hostname=abused.mydns.se", "abuse\n"),
    ],
)
def test_mydns_one_host_per_log_in_and_a_only(mydns, user, password, query, text):
    mydns.world.check_address = "45.33.1.1"
    answer = ask(mydns, "/nic/update?" + query, user=user, password=password)
    assert (answer.text, answer.status) == (text, 401 if text == "badauth\n" else 200)


def test_mydns_forgets_a_host_after_a_month(mydns):
    ask(mydns, "/nic/update?myip=45.33.7.9", user="demo.mydns.se")
    mydns.world.advance(28 * 86400)
    assert ask(mydns, "/nic/update?myip=45.33.7.9", user="demo.mydns.se").text == "nochg 45.33.7.9\n"
    mydns.world.advance(32 * 86400)
    assert mydns.published("demo.mydns.se")["A"] is None and mydns.findings() == []


# Zerigo


@pytest.mark.parametrize(
    "query, status, text, user",
    [
        (
            "host=home.zerigo.example.net&ip=45.33.7.9&user=demo%40example.net&password=demo-key",
            200,
            "OK",
            None,
        ),
        ("host=home.zerigo.example.net&ip=45.33.7.9", 200, "OK", "demo@example.net"),
        ("host=home.zerigo.example.net&ip=2600:3c00::1", 200, "OK", "demo@example.net"),
        ("host=home.zerigo.example.net", 200, "OK", "demo@example.net"),
        ("host=home.zerigo.example.net&ip=45.33.7.9", 401, "Not authorized\n", "demo"),
        (
            "host=home.zerigo.example.net&user=demo%40example.net&password=account-pass",
            401,
            "Not authorized\n",
            None,
        ),
        ("host=nobody.example.net&ip=45.33.7.9", 404, "Host not found\n", "demo@example.net"),
        ("host=home.zerigo.example.net&ip=45.33.7.9,2600:3c00::1", 400, "Invalid ip\n", "demo@example.net"),
    ],
)
def test_zerigo_updates(zerigo, query, status, text, user):
    zerigo.world.check_address = "45.33.1.1"
    answer = ask(zerigo, "/dynamic?" + query, user=user)
    assert (answer.status, answer.text) == (status, text)
    found = zerigo.published("home.zerigo.example.net")
    assert found == (
        {"A": None, "AAAA": None}
        if status != 200
        else {"A": None, "AAAA": "2600:3c00::1"}
        if "2600" in query
        else {"A": "45.33.7.9" if "ip=" in query else "45.33.1.1", "AAAA": None}
    )
    assert zerigo.findings() == []


def test_zerigo_unchanged_is_fine_once_an_hour_only(zerigo):
    target = "/dynamic?host=home.zerigo.example.net&ip=45.33.7.9"
    ask(zerigo, target, user="demo@example.net")
    zerigo.world.advance(3600)
    assert ask(zerigo, target, user="demo@example.net").text == "Nothing to change"
    assert zerigo.findings() == []
    zerigo.world.advance(600)
    ask(zerigo, target, user="demo@example.net")
    assert zerigo.findings() == ["needless update"]
    zerigo.world.outage = "911"
    assert ask(zerigo, target, user="demo@example.net").status == 500


@pytest.mark.parametrize(
    "path, host, text",
    [
        ("/", "checkip.zerigo.com", "<ipv4>45.33.7.9</ipv4>"),
        ("/", "checkip4.zerigo.com", "<ipv4>45.33.7.9</ipv4>"),
        ("/", "checkip6.zerigo.com", "<ipv6>2600:3c00::9</ipv6>"),
        ("/4", "localhost", "<ipv4>45.33.7.9</ipv4>"),
        ("/6", "localhost", "<ipv6>2600:3c00::9</ipv6>"),
    ],
)
def test_zerigo_checks_in_xml(zerigo, path, host, text):
    zerigo.world.check_address, zerigo.world.check_address6 = "45.33.7.9", "2600:3c00::9"
    assert ask(zerigo, path, user=None, host=host).text == text + "\n"
