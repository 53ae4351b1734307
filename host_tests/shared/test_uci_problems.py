# SPDX-License-Identifier: MIT
"""OpenWrt's settings that cannot work: each problem with its file, line, section and option."""

import json

from uci_kit import CATALOGUE, FILE, GOOD, KNOWN, convert
from wanbeacon.openwrt import ddns, origin, render, settings

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
            "accounts[0].hosts: home.dyndns.org: keep_others: no",
            " line 2, section 'home', option 'interface': home.dyndns.org: keep_others: no",
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
        assert origin.name_origin(problem, found, FILE) == FILE + wanted, origin.name_origin(
            problem, found, FILE
        )


def test_settings_as_large_as_a_router_may_have_are_checked_as_such():

    hosts = "".join("\tlist domain 'h%02d.example.dyndns.org'\n" % number for number in range(40))
    text = "".join(
        GOOD.replace("'home'", "'home%d'" % n).replace("'u'", "'u%d'" % n) + hosts for n in range(5)
    )
    found = convert(text)
    assert len(json.dumps(found.document)) > 4096 and not found.problems
    assert render.validate(found.document, CATALOGUE) == ([], [])


def test_what_the_agent_would_refuse_at_its_start_is_a_problem_and_what_is_unwise_a_warning():

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
