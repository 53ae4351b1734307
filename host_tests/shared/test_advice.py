# SPDX-License-Identifier: MIT
# What `check` says about an account before anything is sent.
import json

from wanbeacon.app import config
from wanbeacon.dyndns import catalog, custom
from wanbeacon.dyndns.advice import advice, judge

FILE = "firmware/catalogue/providers.dat"
FULL = {"user": "u", "password": "p", "hosts": [{"name": "h.example.org", "ipv4": True, "ipv6": True}]}


def of(name, **account):
    row = catalog.find(FILE, name) if isinstance(name, str) else name
    return advice(row, dict(FULL, **account))


def test_a_usual_account_gets_no_advice():
    for name in ("dyn", "noip", "certadns", "duckdns", "desec", "he-dns"):
        assert of(name) == ([], []), name


def test_a_closed_service_is_a_warning_and_no_problem():
    problems, warnings = of("google")
    assert not problems and "closed" in warnings[0]
    assert "closed" in of("zerigo")[1][0]


def test_a_password_in_the_url_is_warned_of():
    problems, warnings = of("certadns", auth="query")
    assert not problems and "auth:" in warnings[0] and "logs" in warnings[0]


def test_a_login_that_the_provider_has_not_is_a_problem():
    assert "only basic" in of("dyn", auth="bearer")[0][0]
    assert "key in its URL" in of("duckdns", auth="basic")[0][0]
    assert "method" in of("dyn", method="POST")[0][0] and not of("certadns", method="POST")[0]
    assert "token" in advice(catalog.find(FILE, "gigahost"), {"auth": "bearer", "hosts": []})[0][0]


def of_own(url, hosts=("h.example.org",), account=(), **spec):
    spec["url"] = url
    return of(custom.row(spec), custom=spec, hosts=[{"name": name} for name in hosts], **dict(account))


def test_what_belongs_inside_custom_is_sent_there():
    url = "https://d.example/?h={hostname}&ip={ip}"
    for account in ({"auth": "bearer"}, {"method": "POST"}):
        key = list(account)[0]
        assert of_own(url, account=account)[0] == [key + ": write it inside custom"]
        assert of_own(url, **account) == ([], [])


def test_a_custom_url_with_both_addresses_alone_is_warned_of():
    both = "https://d.example/?h={hostname}&a={ip}&b={ipv6}"
    for more in ({}, {"url6": "https://d.example/?h={hostname}&b={ipv6}"}):
        problems, warnings = of_own(both, **more)
        assert (
            not problems and len(warnings) == 1 and "custom.url:" in warnings[0] and "url_dual" in warnings[0]
        ), warnings
    for url in ("https://d.example/?h={hostname}&a={ip}", "https://d.example/?h={hostname}&b={ipv6}"):
        assert of_own(url, url_dual=both) == ([], []), url


def test_two_hosts_whose_custom_url_names_none_are_warned_of():
    two = "a.example.org", "b.example.org"
    assert "{hostname}" in of_own("https://d.example/?ip={ip}", two)[1][0]
    assert of_own("https://d.example/?ip={ip}") == ([], [])
    for place in ("{hostname}", "{host}", "{labels}", "{domain}"):
        assert of_own("https://d.example/%s?ip={ip}" % place, two) == ([], []), place


def test_a_missing_user_is_a_problem_only_where_one_is_needed():
    assert "user:" in of("dyn", user=None)[0][0] and "user:" in of("zerigo", user=None, auth="query")[0][0]
    assert "user:" in of("goip", user=None)[0][0]
    for name in ("mydns-se", "he-dns", "duckdns", "freedns-v2"):
        assert not of(name, user=None)[0], name


def test_a_password_without_encryption_is_warned_of():
    assert "without encryption" in of("3322")[1][1]
    assert "without encryption" in of("dyn", server="http://h.example")[1][0]
    assert len(of("3322", server="https://h.example")[1]) == 1
    assert "server:" in of("dyn", server="http://h/path")[0][0]


def judged(**account):
    """(provider's id, problems, warnings) of one account, as `check` and the start of an agent see it."""
    account = dict(FULL, **account)
    _, problems, warnings = judge(FILE, [account])
    return account["provider"], problems, warnings


def test_a_provider_may_be_written_as_it_writes_itself():
    for name, wanted in (("DuckDNS", "duckdns"), ("No-IP", "noip"), ("Dyn", "dyn"), ("mydns.jp", "mydns-jp")):
        provider, problems, _ = judged(provider=name)
        assert provider == wanted and not problems, (name, problems)


def test_an_unknown_provider_gets_the_nearest_by_name_alias_or_host():
    for name, near in (("dyndns", "dyn (Dyn (DynDNS"), ("no-ip.com", "noip (No-IP)"),
                       ("afraid.org", "freedns-v2"), ("Securepoint", "spdyn"), ("kasserver.com", "all-inkl"),
                       ("dukdns", "duckdns"), ("xyzzy", "custom")):  # fmt: skip
        _, problems, _ = judged(provider=name)
        assert (
            len(problems) == 1 and problems[0].startswith("accounts[0].provider: ") and near in problems[0]
        ), problems


def test_a_service_that_cannot_be_served_is_not_sent_to_custom():
    """And why: what replaces more than one's own record is refused in words."""
    for name, why in (("transip", "RSA"), ("beget.com", "others' too"), ("dynadot-rest", "the whole zone")):
        _, problems, _ = judged(provider=name)
        assert "cannot be kept by this agent" in problems[0] and why in problems[0], problems
        assert "custom" not in problems[0], problems


def test_an_api_without_its_key_says_which_one_to_make():
    """Every JSON API: `check` names the key and the rights it needs."""
    count = 0
    for name in catalog.names(FILE):
        row = catalog.find(FILE, name)
        if not row.get("rest"):
            continue
        hosts = [{"name": "home.example.org"}]
        _, problems, _ = judge(FILE, [{"provider": name, "server": "ns.example.org", "hosts": hosts}])
        assert len(row["about"]) > 15, name
        for key in row.get("needs") or ("token",):
            wanted = "accounts[0].%s: missing; %s wants %s" % (key, name, row["about"])
            assert wanted in problems, (name, problems)
        count += 1
    assert count >= 39


def test_a_row_that_nobody_saw_work_is_a_warning():
    _, problems, warnings = judged(provider="joker")
    assert not problems and "untested" in warnings[0]
    assert judged(provider="noip", user="ann@example.org")[1:] == ([], [])


def test_a_server_of_ones_own_must_be_named():
    assert (
        "server: missing" in of("powerdns-admin")[0][0]
        and not of("powerdns-admin", server="dns.example.org")[0]
    )


def test_a_mail_address_is_no_host_name():
    assert "@" in of("dyn", hosts=[{"name": "user@host.example.org"}])[0][0]
    assert not of("noip", hosts=[{"name": "host.example.org@robin"}])[0], "No-IP's round-robin label"


def test_a_port_an_address_or_a_template_is_no_host_name():
    for name, said in (("h.example.org:80", "no :"), ("{hostname}.org", "no {"), ("[2a02::1]", "no ["),
                       ("$h.example.org", "no $"), ("h.example.org;x", "no ;"),
                       ("45.33.7.7", "is an address")):  # fmt: skip
        found = of("dyn", hosts=[{"name": name}])[0]
        assert found and said in found[0], (name, found)
    for name in ("*.h.example.org", "_dyn.h-1.example.org", "4.3.2.example.org"):
        assert not of("dyn", hosts=[{"name": name}])[0], name
    assert not of("noip", hosts=[{"name": "h.example.org!x"}])[0], "a row that takes any name"


def test_desec_needs_no_user():
    assert of("desec", user=None) == ([], [])


def test_what_cannot_stand_in_a_path_is_a_problem():
    assert (
        of("freedns-v2", password="..")[0]
        and of("directnic", password=".")[0]
        and not of("dyn", password="..")[0]
    )


def test_hosts_that_cannot_work():
    assert (
        "A records only" in of("mydns-se", hosts=[{"name": "h.mydns.se", "ipv4": False, "ipv6": True}])[0][0]
    )
    assert (
        "full names" in of("dyn", hosts=[{"name": "home"}])[1][0]
        and not of("noip", hosts=[{"name": "group"}])[1]
    )
    assert "zone" in of("namecheap", hosts=[{"name": "h.example.org", "zone": "example.com"}])[0][0]
    assert "wildcard" in of("noip", hosts=[{"name": "h.example.org", "wildcard": "ON"}])[1][0]
    assert not of("dyn-legacy", hosts=[{"name": "h.example.org", "wildcard": "ON"}])[1]


# ---- what config.load() says before any row is looked at


def refused(account=None, **top):
    """The problems of a config with one account."""
    one = {"provider": "dyn", "user": "u", "password": "p", "hosts": ["h.example.org"]}
    one.update(account or {})
    top["accounts"] = [one]
    try:
        config.load(json.dumps(top))
    except config.ConfigError as e:
        return e.problems
    return []


def test_host_names_that_no_dns_takes_are_refused_with_their_place():
    for name, said in (("a..b.org", "a dot too many"), (".a.org", "a dot too many"),
                       ("x" * 64 + ".org", "63"), ("a.org.", "dot at its end"), ("..", "dot"),
                       ("a b.org", "spaces"), ("\u00fc.org", "xn--")):  # fmt: skip
        found = refused({"hosts": ["ok.org", name]})
        assert found and found[0].startswith("accounts[0].hosts[1].name: ") and said in found[0], (
            name,
            found,
        )
    assert refused({"hosts": ["x" * 63 + ".org", "_dyn.a-b.org", "home"]}) == []


def test_a_url_that_the_agent_cannot_ask_is_refused_by_check():
    for url, said in (("https://[2001:db8::1]/", "IPv6"), ("https://user@h/", "user name"),
                      ("https://a..b/", "dot"), ("ftp://h/", "https"), ("https://h:99999/", "port"),
                      ("https://%s.org/" % ("x" * 64), "63"), ("https:///x", "host"),
                      ("https://1.2.3/", "no IPv4"), ("http://256.1.1.1/", "no IPv4"),
                      ("http://10.0.0.010/", "no IPv4"), ("https://h.7./", "no IPv4"),
                      ("https://h/a/../b", ".."), ("https://h/%2E./b", "%2E.")):  # fmt: skip
        found = refused(address=[{"source": "web", "url": url}])
        assert found and found[0].startswith("address[0].url: ") and said in found[0], (url, found)
    assert refused(address=[{"source": "web", "url": "http://h.example:8080/ip?x=1"}]) == []
    for server in ("https://[2001:db8::1]", "user@h", "a..b", "h:0", "[::1]:443", "1.2.3", "1.2.3.4.5"):
        _, problems, _ = judged(provider="dyn", server=server)
        assert problems and problems[0].startswith("accounts[0].server: "), server


def test_noip_is_told_whom_it_may_write_to_or_the_user_is_told_that_it_asks():
    def said(user, contact=None):
        account = {"provider": "noip", "user": user, "password": "secret", "hosts": [{"name": "a.ddns.net"}]}
        return [one for one in judge(FILE, [account], contact)[2] if "device.contact" in one]

    assert len(said("ann")) == 1 and said("ann@example.org") == [] and said("ann", "me@example.org") == []


def test_a_suffix_that_a_host_made_for_one_prefix_is_warned_of():
    for suffix, warned in (
        ("::1:2", False),
        ("::211:22ff:fe33:4455", False),
        ("::f163:bace:2016:3283", True),
        ("0:0:0:7:78d:33e7:e4df:f14f", True),
    ):
        host = {"name": "nas.example.org", "ipv4": False, "ipv6": True, "suffix": suffix}
        account = {"provider": "dyn", "user": "u", "password": "p", "hosts": [host]}
        lines = [one for one in judge(FILE, [account])[2] if "neighbor" in one]
        assert bool(lines) == warned, (suffix, lines)
