# SPDX-License-Identifier: MIT
"""OpenWrt's settings: what the options become in the agent's own."""

import json

from uci_kit import CATALOGUE, FILE, GOOD, convert
from wanbeacon.openwrt import origin, render, settings


def plain(value):
    return json.loads(json.dumps(value))


def test_the_smallest_service_becomes_one_account():
    found = convert(GOOD)
    assert found.problems == [] and found.enabled
    assert plain(found.document["accounts"][0]) == {
        "provider": "dyn",
        "user": "u",
        "password": "p",
        "hosts": [{"name": "home.dyndns.org", "ipv4": True, "ipv6": False}],
    }


DNS = GOOD.replace("'dyn'", "'rfc2136'").replace("'p'", "'cGFzcw=='") + "\toption server 'ns1.example.org'\n"


def test_several_interfaces_are_all_lines_at_once_in_one_name():
    for words in ("\toption interface 'wan wanb'\n", "\tlist interface 'wan'\n\tlist interface 'wanb'\n"):
        found = convert(DNS + words)
        rows = found.document["accounts"]
        assert [r["bind"] for r in rows] == ["@wan", "@wanb"] and found.problems == []
        assert [plain(r["address"]) for r in rows] == [
            [{"source": "ubus", "interface": "wan"}],
            [{"source": "ubus", "interface": "wanb"}],
        ]
        assert [plain(r["hosts"]) for r in rows] == [
            [{"name": "home.dyndns.org", "ipv4": True, "ipv6": False, "keep_others": True}]
        ] * 2
        assert render.validate(found.document, CATALOGUE) == ([], [])
        found = convert(GOOD + words)
        said = render.validate(found.document, CATALOGUE)[0]
        assert [origin.name_origin(one, found, FILE).partition(", option ")[2] for one in said] == [
            "'interface': home.dyndns.org: keep_others: dyn replaces all addresses of a name; "
            "rfc2136 alone can keep others"
        ] * 2
        assert "ip_network" in convert(DNS + words + "\toption ip_network 'lan'\n").problems[0]
    found = convert(DNS + "\toption keep_others '1'\n\toption interface 'wan'\n")
    assert [h["keep_others"] for a in found.document["accounts"] for h in a["hosts"]] == [True]


def test_equal_accounts_share_requests_others_do_not():
    more = GOOD.replace("'home'", "'b'").replace("home.", "b.")
    found = convert(GOOD + more)
    assert [[h["name"] for h in a["hosts"]] for a in found.document["accounts"]] == [
        ["home.dyndns.org", "b.dyndns.org"]
    ]
    assert [[s.name for s in row] for row in found.origin] == [["home", "b"]]
    assert len(convert(GOOD + more.replace("'p'", "'other'")).document["accounts"]) == 2


def test_multi_wan_each_account_has_its_own_source_and_the_interface_that_it_leaves_by():
    """No device is kept: which one the interface has is asked when something is sent."""
    text = GOOD + "\toption interface 'wan'\n" + GOOD.replace("'home'", "'b'") + "\toption interface 'wanb'\n"
    rows = convert(text).document["accounts"]
    assert [r["bind"] for r in rows] == ["@wan", "@wanb"]
    assert [plain(r["address"]) for r in rows] == [
        [{"source": "ubus", "interface": "wan"}],
        [{"source": "ubus", "interface": "wanb"}],
    ]
    for word in ("auto", "netlink"):  # they would tell of the default route's line
        account = convert(GOOD + "\toption interface 'wanb'\n\tlist ip_source '%s'\n" % word).document[
            "accounts"
        ][0]
        assert plain(account["address"]) == [{"source": "ubus", "interface": "wanb"}]


SOURCES = (
    ("option ip_source network", [{"source": "ubus"}]),
    ("option ip_network wan", [{"source": "ubus", "interface": "wan"}]),
    (
        "list ip_network wan\nlist ip_network wan6",
        [{"source": "ubus", "interface": "wan"}, {"source": "ubus", "interface": "wan6"}],
    ),
    ("option ip_source interface\noption ip_interface eth1", [{"source": "interface", "device": "eth1"}]),
    ("option ip_source web\noption ip_url 'https://a/b'", [{"source": "web", "url": "https://a/b"}]),
    (
        "option ip_source script\noption ip_script /usr/bin/x",
        [{"source": "command", "command": "/usr/bin/x"}],
    ),
    ("option ip_source 'natpmp upnp'", ["natpmp", "upnp"]),
    (
        "list ip_source pcp\nlist ip_source stun\nlist stun_server a:3478",
        ["pcp", {"source": "stun", "servers": ["a:3478"]}],
    ),
)


def test_sources_keep_their_order_and_their_ddns_scripts_names():
    for text, wanted in SOURCES:
        found = convert(GOOD + text + "\n")
        assert found.problems == [], text
        assert plain(found.document["accounts"][0]["address"]) == wanted, text


def test_families():
    for value, v4, v6 in (("0", True, False), ("1", False, True), ("both", True, True)):
        host = convert(GOOD + "\toption use_ipv6 '%s'\n" % value).document["accounts"][0]["hosts"][0]
        assert (host["ipv4"], host["ipv6"]) == (v4, v6)


def test_a_section_for_each_family_is_one_account_that_names_both():
    six = GOOD.replace("'home'", "'home6'") + " option use_ipv6 1\n"
    for v4, v6, sources in (
        ("", "", None),
        (" option ip_network wan\n", " option ip_network wan6\n", ["wan", "wan6"]),
    ):
        found = convert(GOOD + v4 + six + v6)
        assert found.problems == [] and len(found.document["accounts"]) == 1
        account = found.document["accounts"][0]
        assert plain(account["hosts"]) == [{"name": "home.dyndns.org", "ipv4": True, "ipv6": True}]
        assert sources is None or [s["interface"] for s in account["address"]] == sources


def test_an_address_page_is_asked_in_the_families_that_are_sent():
    page = "option ip_source web\noption ip_url https://p/\n"
    for value, keys in (("0", ["url"]), ("1", ["url6"]), ("both", ["url", "url6"])):
        source = convert(GOOD + page + "option use_ipv6 '%s'\n" % value).document["accounts"][0]["address"][0]
        assert [k for k in ("url", "url6") if k in source] == keys


def test_an_update_url_becomes_a_provider_of_ones_own():
    text = GOOD.replace("service_name 'dyn'", "update_url '%s'")
    for url, wanted, user in (
        (
            "https://[USERNAME]:[PASSWORD]@d.example/nic/update?hostname=[DOMAIN]&myip=[IP]",
            {
                "url": "https://d.example/nic/update?hostname={hostname}&myip={ip}",
                "url6": "https://d.example/nic/update?hostname={hostname}&myip={ipv6}",
                "auth": "basic",
            },
            "u",
        ),
        (
            "http://d.example/u?k=[PASSWORD]&i=[IP]",
            {
                "url": "http://d.example/u?k={password}&i={ip}",
                "url6": "http://d.example/u?k={password}&i={ipv6}",
                "auth": "none",
            },
            "u",
        ),
        (
            "https://me:pw@d.example/?a=b@c",
            {"url": "https://d.example/?a=b@c", "auth": "basic"},
            "me",
        ),  # no [IP]: the connection's address
        ("https://me%40x.org:p%23w@d.example/", {"url": "https://d.example/", "auth": "basic"}, "me@x.org"),
    ):
        literal = url.find("://me") > 0
        account = convert(
            (text % url).replace("option username 'u'", "").replace("option password 'p'", "")
            if literal
            else text % url
        ).document["accounts"][0]
        assert account["provider"] == "custom" and plain(account["custom"]) == wanted, account
        assert account["user"] == user
    assert account["password"] == "p#w"
    account = convert(
        (text % "https://[USERNAME]:100%@d.example/").replace("option password 'p'", "")
    ).document["accounts"][0]
    assert (account["user"], account["password"]) == ("u", "100%")
    for url in ("ftp://x/", "https://x/?a=[PARAMENC]", "https://x/?a=[WHAT]", "https://x/{hostname}"):
        found = convert(text % url)
        assert len(found.problems) == 1 and "option 'update_url'" in found.problems[0], url


def test_the_main_section():
    text = (
        "config wanbeacon 'main'\n option check_interval 10\n option cross_check 1\n"
        " option company 'ACME Ltd'\n"
        " option contact 'a@b.example'\n list ip_source natpmp\n" + GOOD
    )
    document = convert(text).document
    assert plain(document["intervals"]) == {"check": 600} and document["cross_check"] is True
    assert plain(document["device"]) == {"company": "ACME Ltd", "contact": "a@b.example"}
    assert document["address"] == ["natpmp"]
    seconds = convert(
        text.replace("10\n", "10\n option check_unit seconds\n option refresh_days 9\n")
    ).document
    assert plain(seconds["intervals"]) == {"check": 10, "refresh_days": 9}
    assert convert("config wanbeacon 'main'\n option enabled 0\n" + GOOD).enabled is False


def test_names_may_stand_in_one_option_with_blanks_or_commas_between():
    for value in ("a.dyndns.org b.dyndns.org", "a.dyndns.org,b.dyndns.org", " a.dyndns.org , b.dyndns.org"):
        hosts = convert(GOOD + "\toption domain '%s'\n" % value).document["accounts"][0]["hosts"]
        assert [h["name"] for h in hosts] == ["a.dyndns.org", "b.dyndns.org"]


def test_what_a_service_of_ones_own_answers_is_told_in_words():
    text = GOOD.replace("service_name 'dyn'", "update_url 'https://d.example/?h=[DOMAIN]&ip=[IP]'") + (
        "\tlist success 'OK done'\n\tlist success '#200'\n\toption unchanged 'no change'\n"
        "\toption failure KO\n"
        "\toption later busy\n\toption method POST\n"
    )
    custom = convert(text).document["accounts"][0]["custom"]
    assert (custom["ok"], custom["same"], custom["fail"]) == (["OK done", "#200"], ["no change"], ["KO"])
    assert custom["later"] == ["busy"] and custom["method"] == "POST"
    found = convert(GOOD + "\toption success OK\n")
    assert len(found.problems) == 1 and "option 'success': is used only with update_url" in found.problems[0]
    assert origin.name_origin("accounts[0].custom.ok[1]: x", convert(text), FILE).endswith(
        "option 'success': x"
    )
    assert origin.name_origin("accounts[0].custom.url: x", convert(text), FILE).endswith(
        "option 'update_url': x"
    )


def test_an_interval_of_ones_own_is_taken_in_whole_days():
    for text, days, notes in (
        ("72", 3, 0),
        ("36", 2, 1),
        ("1\n option force_unit days", 1, 0),
        ("10\n option force_unit minutes", 1, 1),
    ):
        found = convert(GOOD + "config wanbeacon 'main'\n option force_interval %s\n" % text)
        assert found.problems == [] and found.document["intervals"]["refresh_days"] == days
        assert len(found.notes) == notes, found.notes
    found = convert(GOOD + "config wanbeacon 'main'\n option force_interval 72\n option refresh_days 3\n")
    assert len(found.problems) == 1 and "option 'force_interval': says the same" in found.problems[0]


def test_a_service_has_an_interval_of_its_own_in_hours():
    for text, hours in (
        ("72", 72),
        ("1\n option force_unit days", 24),
        ("90\n option force_unit minutes", 2),
        ("0", None),
    ):
        found = convert(GOOD + "option force_interval %s\n" % text)
        assert found.problems == [] and found.document["accounts"][0].get("refresh_hours") == hours, text


def test_a_host_at_home_is_named_by_the_agents_own_keys_and_means_its_aaaa_record():
    for text, want in (
        ("suffix ::1:2", {"suffix": "::1:2"}),
        (
            "mac 00:11:22:33:44:55\noption subnet 3\noption prefix_length 56",
            {"mac": "00:11:22:33:44:55", "subnet": 3, "prefix_length": 56},
        ),
        (
            "neighbor 00:11:22:33:44:55\noption privacy 1\noption lan guest",
            {"neighbor": "00:11:22:33:44:55", "privacy": True, "lan": "guest"},
        ),
    ):
        found = convert(GOOD + "option %s\n" % text)
        host = plain(found.document["accounts"][0]["hosts"][0])
        assert found.problems == [] and (host.pop("ipv4"), host.pop("ipv6")) == (False, True), (
            text,
            found.problems,
        )
        host.pop("name")
        assert host == want
        assert render.validate(found.document, CATALOGUE)[0] == []
    found = convert(GOOD + "option suffix ::1:2\noption use_ipv6 both\n")
    assert found.document["accounts"][0]["hosts"][0]["ipv4"] is True
    other = GOOD.replace("'home'", "'six'") + "option suffix ::1:2\n"
    found = convert(GOOD + other)  # its IPv4 is the router's, its IPv6 the host's own
    assert plain(found.document["accounts"][0]["hosts"]) == [
        {"name": "home.dyndns.org", "ipv4": True, "ipv6": True, "suffix": "::1:2"}
    ]
    found = convert(GOOD + "option suffix 1:2\n")
    problems = [origin.name_origin(one, found, FILE) for one in render.validate(found.document, CATALOGUE)[0]]
    assert len(problems) == 1 and "option 'suffix': should be the host's part" in problems[0], problems


def test_sections_of_notify_become_entries_and_their_faults_lead_back():
    text = GOOD + (
        "config wanbeacon 'main'\n option hook '/usr/bin/tell me'\n"
        "config notify 'phone'\n option preset ntfy\n option topic home\n"
        " list events stopped\n list events well\n option hours 3\n"
        "config notify 'own'\n option url 'https://example.org/x'\n list header 'X-One: 1 2'\n"
        " option cacert /etc/ca.der\n"
        "config notify 'off'\n option enabled 0\n option url 'https://example.org/y'\n"
    )
    found = convert(text)
    assert found.problems == [] and plain(found.document["notify"]) == [
        {"hook": "/usr/bin/tell me"},
        {"preset": "ntfy", "topic": "home", "events": ["stopped", "well"], "hours": 3},
        {"url": "https://example.org/x", "header": ["X-One: 1 2"], "ca": "/etc/ca.der"},
    ]  # fmt: skip
    found = convert(GOOD + "config notify 'phone'\n option preset ntfy\n option frob 1\n")
    assert "section 'phone', option 'frob': no such option" in found.problems[0]
    found = convert(GOOD + "config notify 'phone'\n option preset ntfy\n")
    problems = [origin.name_origin(one, found, FILE) for one in render.validate(found.document, CATALOGUE)[0]]
    assert len(problems) == 1 and "section 'phone', option 'topic': missing" in problems[0], problems


def test_a_hook_is_passed_on_where_the_agent_knows_notices():
    found = convert(GOOD + "config wanbeacon 'main'\n option hook '/usr/bin/tell me'\n")
    assert found.problems == []
    if settings.known_key("notify"):
        assert plain(found.document["notify"]) == [{"hook": "/usr/bin/tell me"}]
    else:
        assert "notify" not in found.document and "option 'hook': not used" in found.notes[0]


def test_a_broker_is_passed_on_and_its_faults_name_the_option():
    found = convert(
        GOOD + "config wanbeacon 'main'\n option mqtt_host '10.0.0.2'\n option mqtt_plain 1\n"
        " option mqtt_port 1884\n"
        " option mqtt_label 'the roof'\n option mqtt_ca /etc/ssl/certs\n"
    )
    assert found.problems == []
    assert plain(found.document["mqtt"]) == {
        "host": "10.0.0.2",
        "plain": True,
        "port": 1884,
        "label": "the roof",
    }
    assert "option 'mqtt_host'" in origin.name_origin("mqtt.host: x", found, FILE)
    assert "mqtt" not in convert(GOOD).document
    assert convert(GOOD + "config wanbeacon 'main'\n option mqtt_port many\n").problems
