# SPDX-License-Identifier: MIT
"""UCI text and what becomes of it: the OpenWrt settings, on CPython and MicroPython."""

import json

from wanbeacon.openwrt import ddns, render, settings, uci

FILE = "/etc/config/wanbeacon"
CATALOGUE = "firmware/catalogue/providers.dat"
KNOWN = ["dyn", "noip", "duckdns", "desec", "mydns-se", "dyn-rs", "freedns-v2", "ddo-jp"]
GOOD = """
config service 'home'
	option enabled '1'
	option service_name 'dyn'
	option username 'u'
	option password 'p'
	option domain 'home.dyndns.org'
"""


def provider(name):
    return KNOWN if name is None else ddns.ours(name, KNOWN)


def convert(text):
    return settings.convert(uci.parse(text, FILE), FILE, provider)


def plain(value):
    return json.loads(json.dumps(value))


def values(text):
    return [(name, value) for name, value, _ in uci.parse("config t 's'\n" + text, FILE)[0].options]


def fault(text):
    try:
        uci.parse(text, FILE)
    except uci.UciError as error:
        return str(error)
    return None


QUOTING = (
    ("option a b", "b"),
    ("option a 'b c'", "b c"),
    ('option a "b c"', "b c"),
    ("option a 'it'\\''s'", "it's"),
    ('option a "say \\"hi\\""', 'say "hi"'),
    ("option a 'back\\slash'", "back\\slash"),
    ('option a "back\\\\slash"', "back\\slash"),
    ("option a b\\ c", "b c"),
    ("option a b'c d'\"e f\"g", "bc de fg"),
    ("option a b#c", "b"),
    ("option a 'b#c' # why", "b#c"),
    ("option a 'two\nlines'", "two\nlines"),
    ('option a "joined\\\nup"', "joinedup"),
    ("option a joined\\\nup", "joinedup"),
    ("option a joined\\\r\nup", "joinedup"),
    ("\t option\t a  b \t", "b"),
    ("option a b\r", "b"),
    ("o a b", "b"),
    ("option a 'x;y'", "x;y"),
    ("option a b; option a c", "c"),
    ("option a '\u00e9\u4e2d'", "\u00e9\u4e2d"),
)


def test_every_way_of_quoting_gives_the_value():
    for text, value in QUOTING:
        assert values(text + "\n") == [("a", value)], text


def test_the_last_line_needs_no_line_end():
    assert values("option a b") == [("a", "b")]
    assert values("option a 'b'") == [("a", "b")]


def test_lists_collect_and_an_option_before_them_is_their_first():
    assert values("list a 1\nlist a '2 3'\n") == [("a", ["1", "2 3"])]
    assert values("option a 0\nlist a 1\n") == [("a", ["0", "1"])]
    assert values("list a 1\noption a 2\n") == [("a", "2")]


def test_an_empty_option_is_an_absent_one():
    assert values("option a ''\n") == []
    assert values("option a b\noption a ''\n") == []
    assert values("option a\n") == []


def test_sections_named_anonymous_and_reopened():
    found = uci.parse(
        "package x\nconfig t 'a'\n option p 1\nconfig t\nconfig t a\n option q 2\nconfig u\n", FILE
    )
    assert [s.title() for s in found] == ["a", "@t[1]", "@u[0]"]
    assert [(n, v) for n, v, _ in found[0].options] == [("p", "1"), ("q", "2")]


def test_line_numbers_survive_comments_joined_lines_and_values_over_lines():
    found = uci.parse("# 1\n\nconfig t 'a' # 3\n option p 'x\ny\nz'\n option q \\\nr\n option s t\n", FILE)
    assert [line for _, _, line in found[0].options] == [4, 7, 9]


FAULTS = (
    ("config t 'a\noption b c\n", ("line 1", "never closed")),
    ('config t a\n option b "c\n\n', ("line 2", "never closed")),
    ("option a b\n", ("line 1", "before the first 'config'")),
    ("config\n", ("line 1", "config TYPE")),
    ("config t a b\n", ("line 1", "config TYPE")),
    ("config t 'a b'\n", ("line 1", "'a b'")),
    ("config t a\nconfig u a\n", ("line 2", "already a 't'")),
    ("config t a\n option b c d\n", ("line 2", "section 'a'", "option 'b'", "quotes")),
    ("config t a\n option 'b-c' d\n", ("line 2", "section 'a'", "option NAME")),
    ("config t a\n option\n", ("line 2", "section 'a'")),
    ("confg t a\n", ("line 1", "confg")),
    ("\n\nMZ\x90\x01\n", ("line 3", "none of config")),
    ("config t a\n\0", ("line 2", "NUL")),
)


def test_each_fault_names_file_line_and_what_to_do():
    for text, parts in FAULTS:
        said = fault(text)
        assert said, text
        assert said.startswith(FILE + " line "), said
        for part in parts:
            assert part in said, (part, said)


def test_what_is_dumped_reads_back_the_same():
    text = (
        "config t 'a'\n option p 'it'\\''s \"x\" \\ # ;'\n list l 'a b'\n list l ''\n list l 'c'\n\n"
        "config t\n option p '\n'\n"
    )
    first = uci.parse(text, FILE)
    again = uci.parse(uci.dump(first), FILE)
    assert [(s.kind, s.name, [o[:2] for o in s.options]) for s in first] == [
        (s.kind, s.name, [o[:2] for o in s.options]) for s in again
    ]


def test_crlf_line_ends_change_nothing():
    text = "config t 'a'\n option p b\n list l \"c d\" # e\n\nconfig t\n option q 'r'\n"
    first, second = uci.parse(text, FILE), uci.parse(text.replace("\n", "\r\n"), FILE)
    assert [(s.title(), s.options) for s in first] == [(s.title(), s.options) for s in second]


def test_garbage_is_refused_in_one_line_or_read_but_never_worse():
    seed = 12345
    alphabet = "config option list packge'\"\\#;\n\r\t 01_-\xe9\x01"
    for _ in range(400):
        text = "config t a\n"
        for _ in range(40):
            seed = (seed * 1103515245 + 12345) & 0x7FFFFFFF
            text += alphabet[(seed >> 8) % len(alphabet)]
        said = fault(text)
        assert said is None or (said.startswith(FILE + " line ") and "\n" not in said)


# --- what the options mean


def test_the_smallest_service_becomes_one_account():
    found = convert(GOOD)
    assert found.problems == [] and found.enabled
    assert plain(found.document["accounts"][0]) == {
        "provider": "dyn",
        "user": "u",
        "password": "p",
        "hosts": [{"name": "home.dyndns.org", "ipv4": True, "ipv6": False}],
    }


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
    assert settings.name_origin("accounts[0].custom.ok[1]: x", convert(text), FILE).endswith(
        "option 'success': x"
    )
    assert settings.name_origin("accounts[0].custom.url: x", convert(text), FILE).endswith(
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
    problems = [
        settings.name_origin(one, found, FILE) for one in render.validate(found.document, CATALOGUE)[0]
    ]
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
    problems = [
        settings.name_origin(one, found, FILE) for one in render.validate(found.document, CATALOGUE)[0]
    ]
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
    assert "option 'mqtt_host'" in settings.name_origin("mqtt.host: x", found, FILE)
    assert "mqtt" not in convert(GOOD).document
    assert convert(GOOD + "config wanbeacon 'main'\n option mqtt_port many\n").problems


PROBLEMS = (
    ("option use_ipv6 2", "line 8, section 'home', option 'use_ipv6': is '2'"),
    ("option service_name dynn", "option 'service_name': 'dynn' is unknown; do you mean dyn?"),
    ("option service_name dyn.fr", "option 'service_name': 'dyn.fr' is unknown"),
    ("option ip_source webb", "option 'ip_source': 'webb' is no source; there are network,"),
    ("option ip_source web", "option 'ip_source': 'web' needs the option ip_url"),
    ("option ip_source interface", "needs the option ip_interface"),
    ("option ip_source script", "needs the option ip_script"),
    ("option ip_source stun", "'stun' needs the option stun_server"),
    ("option ip_url 'http://x/'", "option 'ip_url': is used only with ip_source 'web'"),
    ("option cacert IGNORE", "option 'cacert': certificates are always checked"),
    ("option frob 1", "option 'frob': no such option"),
    ("option update_script /x", "option 'update_script': a script cannot be carried over"),
    ("option domain ''", "section 'home': says no domain"),
    ("option service_name ''", "section 'home': says no service_name"),
    ("option allow_private maybe", "option 'allow_private': is 'maybe'; give 1 or 0"),
    ("list username a\nlist username b", "option 'username': is a list of 3"),
    ("option password 'a\nb'", "option 'password': has a control character"),
)


def test_each_problem_names_file_line_section_and_option():
    for text, wanted in PROBLEMS:
        found = convert(GOOD + text + "\n")
        assert len(found.problems) == 1, (text, found.problems)
        assert found.problems[0].startswith(FILE + " line "), found.problems
        assert wanted in found.problems[0], found.problems


def test_all_problems_are_told_at_once_and_never_a_password():
    text = GOOD.replace("'p'", "'hunter2\x01'") + "option use_ipv6 2\noption frob 1\nconfig wlan x\n"
    said = "\n".join(convert(text).problems)
    for word in ("password", "use_ipv6", "frob", "'wlan'"):
        assert word in said
    assert "hunter2" not in said


def test_disabled_services_are_not_looked_at():
    found = convert(GOOD.replace("'1'", "'0'") + "option frob 1\n")
    assert found.problems == [] and found.document["accounts"] == []


def test_what_is_not_needed_any_more_is_a_note_not_a_problem():
    found = convert(GOOD + "option use_curl 1\noption use_https 0\noption retry_count 5\n")
    assert found.problems == [] and len(found.notes) == 3
    assert "HTTPS wherever" in "\n".join(found.notes)


def test_names_of_ddns_scripts_lead_to_our_catalogue_but_never_to_a_stranger():
    for theirs, mine in (
        ("dyn.com", "dyn"),
        ("DynDNS.org", "dyn"),
        ("no-ip.com", "noip"),
        ("duckdns.org", "duckdns"),
        ("mydns.se", "mydns-se"),
        ("dyn.rs", "dyn-rs"),
        ("afraid.org-v2-token", "freedns-v2"),
        ("desec.io", "desec"),
        ("ddo.jp", "ddo-jp"),
        ("dyn.fr", None),
        ("mydns.jp", None),
        ("", None),
    ):
        assert ddns.ours(theirs, KNOWN) == mine, theirs


def test_the_agents_own_complaint_is_led_back_to_its_section():
    more = GOOD.replace("'home'", "'twin'").replace("home.", "b ")
    main = (
        "config wanbeacon 'main'\n option check_interval 0\n option min_interval 0\n option refresh_days 0\n"
        " option device_name x\n option ip_source web\n option ip_url x\n"
    )
    found = convert(GOOD + more + GOOD.replace("'home'", "'second'").replace("'p'", "'q'") + main)
    assert found.problems == []
    for problem, wanted in (
        ("accounts[1].user: x: y", " line 19, section 'second', option 'username': x: y"),
        ("accounts[0].hosts[1].name: no blank", " line 14, section 'twin', option 'domain': no blank"),
        ("accounts[0].hosts[0].mx: too long", " line 2, section 'home', option 'mx': too long"),
        ("accounts[1].server: no", " line 16, section 'second', option 'server': no"),
        (
            "accounts[1].hosts[0].name: listed in accounts[0] too",
            " line 21, section 'second', option 'domain': listed in section 'home' too",
        ),
        (
            "accounts[0].hosts: dyndns.org: keeps",
            " line 14, section 'twin', option 'domain': dyndns.org: keeps",
        ),
        ("accounts[0].custom.url: x", " line 2, section 'home', option 'update_url': x"),
        ("accounts[0].address[0].device: long", " line 2, section 'home', option 'ip_interface': long"),
        ("intervals.check: 60", " line 23, section 'main', option 'check_interval': 60"),
        ("intervals.minimum: 1", " line 24, section 'main', option 'min_interval': 1"),
        ("intervals.refresh_days: 1", " line 25, section 'main', option 'refresh_days': 1"),
        ("device.name: long", " line 26, section 'main', option 'device_name': long"),
        ("address[0].url: long", " line 28, section 'main', option 'ip_url': long"),
        ("accounts: 1 to 20", ": accounts: 1 to 20"),
        ("the config is too long: at most 9 bytes", ": the config is too long: at most 9 bytes"),
    ):
        assert settings.name_origin(problem, found, FILE) == FILE + wanted, settings.name_origin(
            problem, found, FILE
        )


def test_settings_as_large_as_a_router_may_have_are_checked_as_such():
    from wanbeacon.openwrt import render

    hosts = "".join("\tlist domain 'h%02d.example.dyndns.org'\n" % number for number in range(40))
    text = "".join(
        GOOD.replace("'home'", "'home%d'" % n).replace("'u'", "'u%d'" % n) + hosts for n in range(5)
    )
    found = convert(text)
    assert len(json.dumps(found.document)) > 4096 and not found.problems
    assert render.validate(found.document, CATALOGUE) == ([], [])


def test_what_the_agent_would_refuse_at_its_start_is_a_problem_and_what_is_unwise_a_warning():
    from wanbeacon.openwrt import render

    custom = GOOD.replace("service_name 'dyn'", "update_url 'https://d.example/?h=[DOMAIN]&ip=[IP]%s'")
    for text, problems, warnings in (
        (GOOD.replace("option username 'u'", ""), ["accounts[0].user: missing; dyn needs a user name"], []),
        (GOOD + "option server 'https://h/path'\n", ["accounts[0].server: should be host or host:port"], []),
        (GOOD + "option auth bearer\n", ["accounts[0].auth: dyn has only basic"], []),
        (custom % "&n=my router", ["accounts[0].custom.url: a space is not allowed in a URL"], []),
        (GOOD.replace("'dyn'", "'duckdns'") + "option use_ipv6 both\n", [], []),
        (
            GOOD + "option server 'http://h'\n",
            [],
            ["accounts[0].server: the password travels without encryption"],
        ),
        (custom % "", [], []),
    ):
        found = convert(text)
        assert found.problems == []
        for said, wanted in zip(render.validate(found.document, CATALOGUE), (problems, warnings)):
            assert len(said) == len(wanted), (text, said)
            for line, part in zip(said, wanted):
                assert line.startswith(part), line


def test_more_names_than_an_account_holds_become_a_second_account():
    from wanbeacon.openwrt import render

    found = convert(
        "".join(GOOD.replace("'home'", "'h%d'" % n).replace("home.", "h%d." % n) for n in range(60))
    )
    assert [len(a["hosts"]) for a in found.document["accounts"]] == [50, 10]
    assert render.validate(found.document, CATALOGUE) == ([], [])


def test_only_the_usual_bundle_is_left_out_as_a_ca():
    for value, kept in (
        ("/etc/ssl/certs", False),
        ("/etc/ssl/certs/", False),
        ("/etc/ssl/certs/ca-certificates.crt", False),
        ("/etc/ssl/certs/my.der", True),
        ("/etc/ssl/certsmy.der", True),
    ):
        assert ("ca" in convert(GOOD + "option cacert '%s'\n" % value).document["accounts"][0]) is kept, value


def test_create_is_passed_on_where_the_agent_knows_it():
    host = convert(GOOD + "\toption create 1\n").document["accounts"][0]["hosts"][0]
    assert host.get("create") == (True if settings.known_key("create", "host") else None)
