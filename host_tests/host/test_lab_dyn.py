# SPDX-License-Identifier: MIT
"""The lab as Dyn: codes, their scope and order, parameters, blocking, the check page."""

import pytest

from host_tests.host.lab_client import AGENT, exchange
from tools.lab import running


@pytest.fixture
def lab():
    with running(provider="dyn", bind="127.0.0.1") as made:
        yield made


def ask(lab, hosts="demo.dyndns.org", ip="45.33.7.9", path="/nic/update", more="", **options):
    target = "%s?hostname=%s%s%s" % (path, hosts, "&myip=" + ip if ip is not None else "", more)
    return exchange(lab, target, **options)


@pytest.mark.parametrize("path", ["/nic/update", "/v3/update"])
@pytest.mark.parametrize("port", ["http", "https"])
def test_both_paths_store_the_address_over_http_and_https(lab, path, port):
    answer = ask(lab, path=path, port=port)
    assert (answer.status, answer.text) == (200, "good 45.33.7.9\n")
    assert lab.published("demo.dyndns.org") == {"A": "45.33.7.9", "AAAA": None}


def test_http_1_1_is_answered_in_chunks_and_http_1_0_is_not(lab):
    chunked, plain = ask(lab), ask(lab, version="1.0")
    assert chunked.headers["transfer-encoding"] == "chunked" and chunked.rest.startswith(b"5\r\ngood \r\n")
    assert "transfer-encoding" not in plain.headers and plain.text == "nochg 45.33.7.9\n"


def test_ipv6_and_both_families_in_one_request(lab):
    assert ask(lab, ip="2600:3c00::1").text == "good 2600:3c00::1\n"
    assert lab.published("demo.dyndns.org") == {"A": None, "AAAA": "2600:3c00::1"}
    assert ask(lab, ip="45.33.7.9,2600:3C00:0::1").text == "good 45.33.7.9,2600:3c00::1\n"
    assert lab.published("demo.dyndns.org") == {"A": "45.33.7.9", "AAAA": "2600:3c00::1"}


@pytest.mark.parametrize("ip", [None, "", "nonsense", "045.033.007.009", "45.33.7.9/24", "1.2.3"])
def test_a_missing_or_malformed_address_means_that_of_the_connection(lab, ip):
    lab.world.check_address = "45.33.1.1"
    assert ask(lab, ip=ip).text == "good 45.33.1.1\n"
    assert ("malformed address sent" in lab.findings()) == (ip not in (None, "", "45.33.7.9/24"))


def test_a_list_is_answered_one_line_per_host_in_order(lab):
    hosts = (
        "demo2.dyndns.org,nobody.dyndns.org,short,blocked.dyndns.org,robin.dyndns.org,sleeping.dyndns.org,"
        "other.dyndns.org,demo.dyndns.org"
    )
    expected = [
        "good 45.33.7.9",
        "nohost",
        "notfqdn",
        "abuse",
        "numhost",
        "!active",
        "!yours",
        "good 45.33.7.9",
    ]
    assert ask(lab, hosts).text.splitlines() == expected
    assert ask(lab, hosts, path="/v3/update").text.splitlines()[6] == "nohost"
    assert lab.published("demo.dyndns.org")["A"] == lab.published("demo2.dyndns.org")["A"] == "45.33.7.9"
    assert lab.published("blocked.dyndns.org")["A"] is None


@pytest.mark.parametrize(
    "change, code",
    [
        ({"user": "nobody"}, "badauth"),
        ({"password": "wrong"}, "badauth"),
        ({"user": None}, "badauth"),
        ({"more": "&system=weird"}, "badsys"),
        ({"hosts": ""}, "notfqdn"),
        ({"method": "PUT"}, "badagent"),
        ({"hosts": ",".join("h%02d.dyndns.org" % n for n in range(1, 22))}, "numhost"),
        (
            {
                "user": "free",
                "password": "free-key",
                "hosts": "free.dyndns.org,b.dyndns.org",
                "more": "&offline=YES",
            },
            "!donator",
        ),
        ({"agent": None}, "badagent"),
        ({"agent": "python-requests/2.31"}, "badagent"),
        ({"agent": "curl/8.5.0"}, "badagent"),
        ({"agent": "MicroPython"}, "badagent"),
        ({"agent": "Mozilla/5.0 (X11; Linux)"}, "badagent"),
    ],
)
def test_what_concerns_the_whole_request_is_said_once(lab, change, code):
    answer = ask(lab, **{"hosts": "demo.dyndns.org,demo2.dyndns.org", **change})
    assert (answer.status, answer.text) == (200, code + "\n")
    assert lab.world.history == []


def test_twenty_hosts_are_not_too_many(lab):
    answer = ask(lab, ",".join("h%02d.dyndns.org" % n for n in range(1, 21)))
    assert answer.text == "good 45.33.7.9\n" * 20


@pytest.mark.parametrize("code", ["911", "dnserr", "w30m"])
def test_trouble_on_dyns_side_and_a_client_that_cannot_wait(lab, code):
    lab.world.outage = code
    assert ask(lab, "demo.dyndns.org,demo2.dyndns.org").text == code + "\n"
    lab.world.outage = ""
    lab.world.advance(1700)
    ask(lab)
    assert {"too soon after 911 or dnserr", "Retry-After ignored"} & set(lab.findings())


def test_thirty_minutes_after_911_all_is_well(lab):
    lab.answer("911\n", times=1)
    assert ask(lab).text == "911\n"
    lab.world.advance(1800)
    assert ask(lab).text == "good 45.33.7.9\n"
    assert lab.findings() == []


def test_options_of_a_host(lab):
    ask(lab, more="&wildcard=ON&mx=mail.dyndns.org&backmx=YES")
    assert lab.world.host("demo.dyndns.org").options == {
        "wildcard": True,
        "mx": "mail.dyndns.org",
        "backmx": True,
    }
    assert ask(lab, more="&wildcard=NOCHG&mx=NOCHG&backmx=NOCHG").text == "nochg 45.33.7.9\n"
    assert ask(lab, more="&wildcard=OFF").text == "good 45.33.7.9\n"
    assert lab.world.host("demo.dyndns.org").options["wildcard"] is False


def test_offline_redirects_until_the_next_update(lab):
    ask(lab)
    assert ask(lab, more="&offline=YES").text.startswith("good")
    assert lab.published("demo.dyndns.org")["A"] == lab.world.offline_address
    assert ask(lab).text == "good 45.33.7.9\n"
    assert lab.published("demo.dyndns.org")["A"] == "45.33.7.9"


def test_needless_updates_block_the_host(lab):
    texts = [ask(lab).text.split()[0] for _ in range(8)]
    assert texts == ["good"] + ["nochg"] * 5 + ["abuse"] * 2
    verdict = lab.verdicts()[0]
    row = next(row for row in verdict["findings"] if row["finding"] == "needless update")
    assert row["count"] == 5 and "Policies" in row["document"]


def test_the_first_nochg_of_a_client_and_a_refresh_are_no_faults(lab):
    ask(lab, agent="Acme - Older - 1")
    assert ask(lab).text.startswith("nochg")
    lab.world.advance(28 * 86400)
    assert ask(lab).text.startswith("nochg")
    assert lab.findings() == []


def test_a_client_that_goes_on_after_refusals_is_ignored_with_good_127_0_0_1(lab):
    for _ in range(3):
        assert ask(lab, password="wrong").text == "badauth\n"
    assert ask(lab, password="wrong").text == "good 127.0.0.1\n"
    assert ask(lab, "demo.dyndns.org,demo2.dyndns.org", ip="45.33.8.8").text == "good 127.0.0.1\n" * 2
    assert lab.published("demo.dyndns.org")["A"] is None
    assert {"update after a refusal", "blocked client goes on"} <= set(lab.findings())
    lab.forgive()
    assert ask(lab).text == "good 45.33.7.9\n"


def test_new_settings_after_a_refusal_are_no_fault(lab):
    ask(lab, password="wrong")
    ask(lab, "nobody.dyndns.org")
    ask(lab)
    assert lab.findings() == []
    assert "no update after nohost" in lab.verdicts()[0]["good"]


def test_a_neighbour_of_a_refused_host_may_be_updated(lab):
    ask(lab, "demo.dyndns.org,nobody.dyndns.org")
    ask(lab, "demo.dyndns.org", ip="45.33.7.10")
    assert lab.findings() == []
    ask(lab, "nobody.dyndns.org", ip="45.33.7.10")
    assert lab.findings() == ["update after a refusal"]


def test_the_check_page_and_its_ten_minutes(lab):
    lab.world.check_address = "45.33.7.9"
    page = exchange(lab, "/", user=None, port="http")
    assert page.status == 200 and page.headers["server"] == "DynDNS-CheckIP/1.0"
    assert page.text == (
        "<html><head><title>Current IP Check</title></head><body>Current IP Address: 45.33.7.9</body>"
        "</html>\r\n"
    )
    lab.world.advance(300)
    assert exchange(lab, "/", user=None, port="http").status == 403
    lab.world.advance(301)
    assert exchange(lab, "/", user=None, port="http").status == 200
    assert lab.findings() == ["check page asked too often"]


def test_the_check_page_believes_a_proxy_header(lab):
    page = exchange(lab, "/", user=None, port="http", headers=["X-Forwarded-For: 45.33.3.3"])
    assert "Current IP Address: 45.33.3.3<" in page.text
    assert lab.findings() == ["address header sent to the check page"]


@pytest.mark.parametrize(
    "ip, wrong",
    [
        ("45.33.7.9", False),
        ("2600:3c00::1", False),
        ("10.1.2.3", True),
        ("100.64.0.1", True),
        ("203.0.113.5", True),
        ("fe80::1", True),
        ("fd00::1", True),
        ("2001:db8::1", True),
        ("3fff::1", True),
        ("::ffff:192.168.1.1", True),
    ],
)
def test_addresses_that_must_not_be_published_are_noticed(lab, ip, wrong):
    ask(lab, ip=ip)
    assert ("bogon address sent" in lab.findings()) == wrong


@pytest.mark.parametrize(
    "options, finding",
    [
        ({"port": "http"}, "credentials over plain HTTP"),
        ({"agent": "MyRouter/1 me@example.org"}, "User-Agent not in the provider's form"),
        ({"more": "&password=demo-key"}, "credentials in query"),
        ({"path": "/nic/delete"}, "other page than the update URL"),
        ({"method": "POST"}, "POST instead of GET"),
        ({"agent": None}, "no User-Agent"),
        ({"agent": "urequests"}, "generic User-Agent"),
    ],
)
def test_bad_manners_are_written_down(lab, options, finding):
    ask(lab, **options)
    assert lab.findings() == [finding]


def test_hosts_that_could_share_a_request(lab):
    ask(lab, "demo.dyndns.org")
    ask(lab, "demo2.dyndns.org")
    assert lab.findings() == ["one request per host"]


def test_a_client_that_does_everything_right_is_told_so(lab):
    for number in range(3):
        ask(lab, ip="45.33.7.%d" % number)
        lab.world.advance(3600)
    (verdict,) = lab.verdicts()
    assert verdict["client"] == "demo|" + AGENT and verdict["findings"] == []
    assert verdict["good"] == [
        "credentials only over TLS",
        "one request per change (3 of 3)",
        "a User-Agent of its own",
    ]
