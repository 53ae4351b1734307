# SPDX-License-Identifier: MIT
"""/etc/config/ddns to ours: configurations of the shapes found on routers keep their meaning, and nothing is
silent."""

import binascii
import json

from wanbeacon.dyndns import catalog, request
from wanbeacon.openwrt import ddns, import_ddns, importer, known_urls, settings, uci

APIS = ["cloudflare", "digitalocean", "gandi", "godaddy", "netcup", "ns1", "powerdns", "porkbun", "dnspod"]
APIS += ["tencent", "aliyun", "huawei", "route53"]
KNOWN = [
    "dyn",
    "noip",
    "duckdns",
    "desec",
    "he-dns",
    "freedns-v2",
    "strato",
    "freedns-nic",
    "namecheap",
    "ipv64",
    "ddnss",
    "dnsexit",
    "mythic-beasts",
]
FILE = "/etc/config/wanbeacon"

GLOBAL = """config ddns 'global'
	option ddns_dateformat '%F %R'
	option ddns_loglines '250'
	option upd_privateip '0'
	option cacert '/etc/ssl/certs/'
"""
TYPICAL = (
    GLOBAL
    + """
config service 'myddns_ipv4'
	option enabled '1'
	option service_name 'no-ip.com'
	option lookup_host 'home.ddns.net'
	option domain 'home.ddns.net'
	option username 'me@example.org'
	option password 'hunter2'
	option interface 'wan'
	option ip_source 'network'
	option ip_network 'wan'
	option use_https '1'
	option cacert '/etc/ssl/certs'
	option check_interval '10'
	option check_unit 'minutes'
	option force_interval '72'
	option force_unit 'hours'
	option retry_interval '60'
	option retry_unit 'seconds'
	option retry_max_count '5'
	option use_syslog '2'

config service 'myddns_ipv6'
	option enabled '1'
	option use_ipv6 '1'
	option service_name 'no-ip.com'
	option lookup_host 'home.ddns.net'
	option domain 'home.ddns.net'
	option username 'me@example.org'
	option password 'hunter2'
	option interface 'wan6'
	option ip_source 'network'
	option ip_network 'wan6'
"""
)


def take(text):
    return importer.convert(uci.parse(text, "/etc/config/ddns"), KNOWN)


def document(taken):
    """What the agent would run with after the import: through the file, as a reader sees it."""
    text = import_ddns.compose(taken, [])
    found = settings.convert(
        uci.parse(text, FILE), FILE, lambda n: KNOWN if n is None else ddns.ours(n, KNOWN)
    )
    assert found.problems == [], found.problems
    return json.loads(json.dumps(found.document))


def became(taken, section, option):
    return [row[3] for row in taken.rows if row[0] == section and row[1] == option][0]


def service(body):
    return "config service 's'\n\toption enabled '1'\n" + "".join(["\toption %s\n" % line for line in body])


def test_the_usual_pair_for_ipv4_and_ipv6_becomes_one_dual_stack_account():
    taken = take(TYPICAL)
    assert taken.lost == 0
    found = document(taken)
    assert found["accounts"] == [
        {
            "provider": "noip",
            "user": "me@example.org",
            "password": "hunter2",
            "refresh_hours": 72,
            "address": [{"source": "ubus", "interface": "wan"}, {"source": "ubus", "interface": "wan6"}],
            "hosts": [{"name": "home.ddns.net", "ipv4": True, "ipv6": True}],
        }
    ]
    assert found["intervals"] == {"check": 600}


def test_a_forced_interval_becomes_the_services_own_and_none_is_needed_for_zero():
    for lines, hours, said in (
        (["force_interval '24'"], 24, "force_interval; the provider's own rule wins"),
        (["force_interval '2'", "force_unit 'days'"], 48, "force_interval; the provider's own rule wins"),
        (["force_interval '0'"], None, "not needed: "),
        (["force_interval 'often'"], None, "NOT taken over: not a number"),
    ):
        taken = take(
            service(["service_name 'dyn.com'", "domain 'a.org'", "username 'u'", "password 'p'"] + lines)
        )
        assert document(taken)["accounts"][0].get("refresh_hours") == hours
        assert became(taken, "s", "force_interval").startswith(said), taken.rows


def test_every_option_of_the_source_has_its_row():
    taken = take(TYPICAL)
    rows = [(row[0], row[1]) for row in taken.rows]
    for section in uci.parse(TYPICAL):
        for name, _value, _line in section.options:
            assert (section.title(), name) in rows, name


def test_the_table_never_shows_a_secret():
    text = TYPICAL + service(
        [
            "service_name 'custom'",
            "update_url 'https://me:hunter2@x.example/u?token=hunter2'",
            "param_enc 'hunter2'",
            "param_opt 'hunter2'",
            "proxy 'me:hunter2@p:1'",
            "domain 'x.example'",
        ]
    )
    lines = import_ddns.table(take(text))
    assert len(lines) > 30
    assert "hunter2" not in "\n".join(lines)


def test_a_url_of_ones_own_is_kept_and_moves_to_https():
    taken = take(
        service(
            [
                "update_url 'http://[USERNAME]:[PASSWORD]@d.example/nic/update?hostname=[DOMAIN]&myip=[IP]'",
                "domain 'a.example'",
                "username 'u'",
                "password 'p'",
            ]
        )
    )
    account = document(taken)["accounts"][0]
    assert account["custom"]["url"] == "https://d.example/nic/update?hostname={hostname}&myip={ip}"
    assert account["custom"]["auth"] == "basic" and account["user"] == "u" and account["password"] == "p"
    assert became(taken, "s", "update_url").startswith("update_url, now over HTTPS; if it answers otherwise")


def test_a_url_with_the_key_written_out_keeps_it():
    url = "https://zzzz.example/api/v1/update/example/?token=99-77&ip=[IP]"
    account = document(take(service(["service_name '-'", "update_url '%s'" % url, "domain 'example'"])))[
        "accounts"
    ][0]
    assert account["custom"] == {
        "url": url.replace("[IP]", "{ip}"),
        "url6": url.replace("[IP]", "{ipv6}"),
        "auth": "none",
    }
    account = document(take(service(["update_url 'http://me:pw@d.example/?ip=[IP]'", "domain 'e'"])))[
        "accounts"
    ][0]
    assert (account["user"], account["password"], account["custom"]["auth"]) == ("me", "pw", "basic")


def test_a_url_beside_a_known_service_gives_way_to_the_catalogue():
    taken = take(
        service(
            [
                "service_name 'duckdns.org'",
                "domain 'gate'",
                "username 'NA'",
                "password 'k'",
                "update_url 'http://www.duckdns.org/update?domains=[DOMAIN]&token=[PASSWORD]&ip=[IP]'",
            ]
        )
    )
    assert document(taken)["accounts"][0]["provider"] == "duckdns"
    assert became(taken, "s", "update_url").startswith("not needed")


SOURCES = (
    (
        ["ip_source 'web'", "ip_url 'http://checkip.example/'"],
        [{"source": "web", "url": "http://checkip.example/"}],
    ),
    (["ip_source 'web'"], [{"source": "web", "url": "http://checkip.dyndns.com/"}]),
    (["use_ipv6 '1'", "ip_source 'web'"], [{"source": "web", "url6": "http://checkipv6.dyndns.com/"}]),
    (["ip_source 'interface'", "ip_interface 'eth0.2'"], [{"source": "interface", "device": "eth0.2"}]),
    (["ip_source 'interface'"], [{"source": "interface", "device": "eth1"}]),
    (
        ["ip_source 'script'", "ip_script '/usr/lib/ddns/x.sh'"],
        [{"source": "command", "command": "/usr/lib/ddns/x.sh"}],
    ),
    (["ip_source 'network'", "ip_network 'wanb'"], [{"source": "ubus", "interface": "wanb"}]),
    (
        ["ip_source 'network'", "ip_network 'wanb'", "bind_network 'wanb'"],
        [{"source": "ubus", "interface": "wanb"}],
    ),
    (["use_ipv6 '1'"], [{"source": "ubus", "interface": "wan6"}]),
)


def test_the_address_comes_from_where_it_came():
    for body, wanted in SOURCES:
        account = document(
            take(service(["service_name 'dyn.com'", "domain 'a.dyndns.org'", "password 'p'"] + body))
        )["accounts"][0]
        assert account["address"] == wanted, body
        assert account.get("bind") == ("@wanb" if "bind_network 'wanb'" in body else None)


def sent(name, user, domain, more=()):
    """(what the import says, the request that the agent would send) for a service of ddns-scripts."""
    taken = take(
        service(
            [
                "service_name '%s'" % name,
                "domain '%s'" % domain,
                "lookup_host '%s'" % domain,
                "username '%s'" % user,
                "password 'pw'",
            ]
            + list(more)
        )
    )
    assert taken.lost == 0
    account = document(taken)["accounts"][0]
    row = catalog.find("firmware/catalogue/providers.dat", account["provider"])
    return taken, request.build(
        row, account, account["hosts"][:1], "q4", (b"\x2d\x21\x07\x09", None), lambda style: "UA"
    )


def test_user_name_and_domain_keep_their_meaning_where_the_catalogues_row_has_another():
    for name, user, domain, path, login in (
        (
            "namecheap.com",
            "home",
            "example.com",
            "/update?host=home&domain=example.com&password=pw&ip=45.33.7.9",
            None,
        ),
        (
            "namecheap.com",
            "a.b",
            "example.co.uk",
            "/update?host=a.b&domain=example.co.uk&password=pw&ip=45.33.7.9",
            None,
        ),
        (
            "namecheap.com",
            "@",
            "example.com",
            "/update?host=%40&domain=example.com&password=pw&ip=45.33.7.9",
            None,
        ),
        (
            "afraid.org-v2-basic",
            "me",
            "x.mooo.com",
            "/nic/update?hostname=x.mooo.com&myip=45.33.7.9",
            b"me:pw",
        ),
        (
            "he.net",
            "NA",
            "h.example.net",
            "/nic/update?hostname=h.example.net&myip=45.33.7.9",
            b"h.example.net:pw",
        ),
        ("ipv64.net", "NA", "h.ipv64.net", "/nic/update?domain=h.ipv64.net&ip=45.33.7.9", b"h.ipv64.net:pw"),
        ("dyn.com", "me", "h.dyndns.org", "/v3/update?hostname=h.dyndns.org&myip=45.33.7.9", b"me:pw"),
    ):
        taken, made = sent(name, user, domain)
        assert made.path == path, made.path
        basic = made.headers.get("Authorization")
        assert (basic and binascii.a2b_base64(basic.split()[1])) == login, (name, basic)


def test_a_service_that_no_row_can_serve_says_why():
    for name, why in (("mythic-beasts.com", " key"), ("Beget.com", "others' too"), ("transip.nl", "RSA")):
        taken = take(
            service(["service_name '%s'" % name, "domain 'a.example'", "username 'u'", "password 'p'"])
        )
        assert taken.sections == [] and taken.lost == 1
        said = became(taken, "s", "service_name")
        assert said.startswith("NOT taken over: ") and why in said, said
    # the key of one service never goes to another whose name is like it
    text = service(["service_name 'dnspod.cn-v3'", "domain 'a@x.cn'", "username 'u'", "password 'p'"])
    assert importer.convert(uci.parse(text, "/etc/config/ddns"), ["dnspod"]).sections == []
    taken = take(
        service(["service_name 'mythic-beasts.com-v2'", "domain 'a.example'", "username 'u'", "password 'p'"])
    )
    assert document(taken)["accounts"][0]["provider"] == "mythic-beasts"


def test_ddnss_is_taken_over_by_its_url_with_the_words_of_its_answers():
    account = document(
        take(service(["service_name 'ddnss.de'", "domain 'a.ddnss.de'", "username 'u'", "password 'p'"]))
    )["accounts"][0]
    assert account["provider"] == "custom" and account["custom"]["ok"] == ["*updated"]
    assert account["custom"]["url"].startswith(
        "https://ip4.ddnss.de/upd.php?user={user}&pwd={password}&host={hostname}"
    )


# service, user name, password, domain, more options -> name, zone, user, password, token, server as the agent
# gets them
SCRIPTS = (
    (
        "cloudflare.com-v4",
        "Bearer",
        "T",
        "home@example.org",
        [],
        ("home.example.org", "example.org", None, None, "T", None),
    ),
    (
        "cloudflare.com-v4",
        "Bearer",
        "T",
        "@example.org",
        [],
        ("example.org", "example.org", None, None, "T", None),
    ),
    (
        "digitalocean.com-v2",
        "home",
        "T",
        "example.org",
        ["param_opt '123'"],
        ("home.example.org", "example.org", None, None, "T", None),
    ),
    ("gandi.net", "@", "T", "example.org", [], ("example.org", "example.org", None, None, "T", None)),
    (
        "godaddy.com-v1",
        "K",
        "S",
        "home@example.org",
        [],
        ("home.example.org", "example.org", "K", "S", None, None),
    ),
    (
        "netcup.com",
        "12",
        "P",
        "a.b.example.org",
        ["param_enc 'KEY'", "param_opt 'example.org'"],
        ("a.b.example.org", "example.org", "12", "P", "KEY", None),
    ),
    (
        "ns1.com",
        "example.org",
        "T",
        "home.example.org",
        [],
        ("home.example.org", "example.org", None, None, "T", None),
    ),
    (
        "pdns",
        "home",
        "T",
        "example.org",
        ["param_opt 'http://10.0.0.1:8081'"],
        ("home.example.org", "example.org", None, None, "T", "http://10.0.0.1:8081"),
    ),
    (
        "porkbun.com-v3",
        "pk",
        "sk",
        "a.b.example.org",
        [],
        ("a.b.example.org", "example.org", "pk", "sk", None, None),
    ),
    (
        "dnspod.cn",
        "12",
        "T",
        "home@example.cn",
        [],
        ("home.example.cn", "example.cn", None, None, "12,T", None),
    ),
    ("dnspod.cn", "12", "T", "home.example.cn", [], ("home.example.cn", None, None, None, "12,T", None)),
    ("dnspod.cn-v3", "ID", "K", "home@x.cn", [], ("home.x.cn", "x.cn", "ID", "K", None, None)),
    ("aliyun.com", "ID", "K", "@x.cn", [], ("x.cn", "x.cn", "ID", "K", None, None)),
    ("huaweicloud.com", "AK", "SK", "a.b@x.cn", [], ("a.b.x.cn", "x.cn", "AK", "SK", None, None)),
    ("huaweicloud.com", "AK", "SK", "home.x.cn", [], ("home.x.cn", None, "AK", "SK", None, None)),
    ("route53-v1", "AK", "SK", "Z1PA6795UKMFR9", [], ("x.example", None, "AK", "SK", None, None)),
)


def test_what_ddns_scripts_keeps_for_its_own_scripts_lands_where_the_row_wants_it():
    known = KNOWN + APIS
    for name, user, password, domain, more, wanted in SCRIPTS:
        text = service(
            [
                "service_name '%s'" % name,
                "username '%s'" % user,
                "password '%s'" % password,
                "domain '%s'" % domain,
                "lookup_host 'x.example'",
            ]
            + more
        )
        taken = importer.convert(uci.parse(text, "/etc/config/ddns"), known)
        found = settings.convert(taken.sections, FILE, lambda n: known if n is None else ddns.ours(n, known))
        assert found.problems == [], (name, found.problems)
        account = found.document["accounts"][0]
        host = account["hosts"][0]
        got = (host["name"], host.get("zone")) + tuple(
            [account.get(k) for k in ("user", "password", "token", "server")]
        )
        assert got == wanted, (name, got)
        assert "T" not in "".join(["".join(map(str, row[2:3])) for row in taken.rows if row[1] == "password"])
        # without the row there is nothing to take it
        assert importer.convert(uci.parse(text, "/etc/config/ddns"), KNOWN).sections == []
    text = service(
        ["service_name 'cloudflare.com-v4'", "username 'me@x.org'", "password 'global'", "domain 'a@x.org'"]
    )
    taken = importer.convert(uci.parse(text, "/etc/config/ddns"), known)
    assert taken.lost == 1 and "make an API token" in became(taken, "s", "username")


CATALOGUE = "firmware/catalogue/providers.dat"
# URL -> the row it leads to, and what it has written out
URLS = (
    ("http://www.duckdns.org/update?domains=[DOMAIN]&token=[PASSWORD]&ip=[IP]", "duckdns", {}),
    (
        "https://duckdns.org/update?domains=gate&token=aa-bb&ip=[IP]",
        "duckdns",
        {"hostname": "gate", "password": "aa-bb"},
    ),
    (
        "https://freedns.afraid.org/dynamic/update.php?S3CR3T%3D&address=[IP]",
        "freedns-v1",
        {"password": "S3CR3T="},
    ),
    ("https://sync.afraid.org/u/[PASSWORD]/?address=[IP]", "freedns-v2", {}),
    (
        "http://me:pw@members.dyndns.org/v3/update?hostname=[DOMAIN]&myip=[IP]",
        "dyn",
        {"user": "me", "password": "pw"},
    ),
    (
        "http://[USERNAME]:[PASSWORD]@dynupdate.no-ip.com:80/nic/update?hostname=[DOMAIN]&myip=[IP]",
        "noip",
        {},
    ),
    (
        "http://api.dynu.com/nic/update?hostname=[DOMAIN]&myip=[IP]&username=[USERNAME]&password=[PASSWORD]",
        "dynu",
        {},
    ),
    ("https://dyn.example.net/nic/update?hostname=[DOMAIN]&myip=[IP]", None, {}),
    ("https://members.dyndns.org.evil.example/v3/update?hostname=[DOMAIN]", None, {}),
    ("https://www.duckdns.org/other?domains=[DOMAIN]", None, {}),
    ("ftp://www.duckdns.org/update", None, {}),
)


def test_a_url_that_leads_to_a_service_of_the_catalogue_becomes_that_service():
    rows = import_ddns.rows_of(CATALOGUE)
    for url, wanted, values in URLS:
        found = known_urls.match(url, rows)
        assert (found and found.id) == wanted, url
        if found:
            assert found.values == values, (url, found.values)
    taken = importer.convert(
        uci.parse(
            service(
                [
                    "update_url 'https://www.duckdns.org/update?domains=gate&token=aa-bb&ip=[IP]&frob=true'",
                    "domain 'gate.duckdns.org'",
                ]
            )
        ),
        KNOWN,
        rows,
    )
    account = document(taken)["accounts"][0]
    assert (account["provider"], account["password"], account["hosts"][0]["name"]) == (
        "duckdns",
        "aa-bb",
        "gate",
    )
    assert "left out: frob" in became(taken, "s", "update_url") and "aa-bb" not in str(taken.rows)


def test_several_names_in_one_option_become_a_list():
    account = document(
        take(
            service(
                [
                    "service_name 'dyn.com'",
                    "domain 'a.dyndns.org, b.dyndns.org,c@dyndns.org'",
                    "username 'u'",
                    "password 'p'",
                ]
            )
        )
    )["accounts"][0]
    assert [h["name"] for h in account["hosts"]] == ["a.dyndns.org", "b.dyndns.org", "c.dyndns.org"]


REFUSED = (
    (["service_name 'no-ip.com'", "domain 'a.ddns.net'", "password 'p'"], "option 'username': missing"),
    (["service_name 'dyn.com'", "domain 'a b/c'", "username 'u'", "password 'p'"], "option 'domain'"),
    (
        [
            "service_name 'dyn.com'",
            "domain 'a.dyndns.org'",
            "username 'u'",
            "password 'p'",
            "ip_source 'script'",
        ],
        "needs the option ip_script",
    ),
)


def test_nothing_is_taken_over_that_check_would_refuse_and_the_reason_is_in_the_table():
    for body, why in REFUSED:
        taken = take(
            service(body)
            + service(
                ["service_name 'dyn.com'", "domain 'b.dyndns.org'", "username 'v'", "password 'q'"]
            ).replace("'s'", "'t'")
        )
        import_ddns.judge(taken, [], CATALOGUE)
        assert [s.name for s in taken.sections] == ["t"] and taken.lost >= 1
        said = [row[3] for row in taken.rows if row[0] == "s"]
        assert all(one.startswith("NOT taken over") for one in said) and why in said[0], said
    # the same name twice with one log-in: the second one would be refused beside the first
    one = service(
        ["service_name 'dyn.com'", "domain 'b.dyndns.org'", "username 'v'", "password 'q'", "ip_source 'web'"]
    )
    taken = take(one + one.replace("'s'", "'t'"))
    import_ddns.judge(taken, [], CATALOGUE)
    assert [s.name for s in taken.sections] == ["s"]
    current = uci.parse("config service 'mine'\n option enabled 1\n option service_name dyn\n", FILE)
    taken = take(one)
    import_ddns.judge(taken, current, CATALOGUE)
    assert [s.name for s in taken.sections] == ["s"], (
        "what was refused before is no reason against what comes"
    )


def test_the_login_in_a_url_is_percent_decoded():
    for url, more, user, password in (
        ("https://me%40x.org:p%23w@d.example/?ip=[IP]", [], "me@x.org", "p#w"),
        ("https://me%40x.org:[PASSWORD]@d.example/?ip=[IP]", ["password '100%25'"], "me@x.org", "100%25"),
        ("https://[USERNAME]:100%@d.example/?ip=[IP]", ["username 'me'"], "me", "100%"),
    ):
        account = document(take(service(["update_url '%s'" % url, "domain 'e'"] + more)))["accounts"][0]
        assert (account["user"], account["password"]) == (user, password)


def test_the_global_certificate_was_for_the_list_of_services_and_a_services_own_is_kept():
    text = (
        GLOBAL.replace("/etc/ssl/certs/", "/etc/my-ca.der")
        + "\toption services_url 'https://x.example/files'\n"
    )
    taken = take(
        text
        + service(
            ["service_name 'dyn.com'", "domain 'a.b'", "password 'p'", "cacert '/etc/ssl/certs/my.der'"]
        )
    )
    assert taken.lost == 0
    for option in ("cacert", "services_url"):
        assert became(taken, "global", option).startswith("not needed")
    assert document(taken)["accounts"][0]["ca"] == "/etc/ssl/certs/my.der"


def test_one_network_for_both_families_is_named_once():
    account = document(take(TYPICAL.replace("ip_network 'wan6'", "ip_network 'wan'")))["accounts"][0]
    assert account["address"] == [{"source": "ubus", "interface": "wan"}]


def test_what_cannot_be_carried_over_is_said_and_counted():
    for body, option, part in (
        (["service_name 'cloudflare.com-v4'"], "service_name", "not in the catalogue"),
        (["update_script '/usr/lib/ddns/update_x.sh'"], "update_script", "a script cannot"),
        (["update_url 'https://x.example/?[PARAMENC]'"], "update_url", "it has [PARAMENC]"),
    ):
        taken = take(service(body + ["domain 'a.example'", "password 'p'"]))
        assert taken.sections == [] and taken.lost >= 1, body
        assert became(taken, "s", option).startswith("NOT taken over") and part in became(taken, "s", option)
        assert became(taken, "s", "domain").startswith("NOT taken over")
    taken = take(service(["service_name 'dyn.com'", "domain 'a'", "password 'p'", "proxy 'p:1'", "frob '1'"]))
    assert taken.lost == 2 and len(taken.sections) == 1


def test_a_disabled_service_stays_disabled_and_its_interval_does_not_count():
    text = service(["service_name 'dyn.com'", "domain 'a'", "password 'p'", "check_interval '1'"]).replace(
        "'1'\n", "'0'\n", 1
    )
    taken = take(text)
    assert taken.check is None
    assert document(taken)["accounts"] == []
    assert taken.sections[0].get("enabled")[1] == "0"


def test_private_addresses_stay_allowed_where_they_were():
    text = GLOBAL.replace("upd_privateip '0'", "upd_privateip '1'") + service(
        ["service_name 'dyn.com'", "domain 'a'", "password 'p'"]
    )
    assert document(take(text))["accounts"][0]["hosts"][0]["allow_private"] is True


def test_the_host_at_domain_form_of_ddns_scripts_becomes_a_name():
    taken = take(service(["service_name 'strato.com'", "domain 'www@example.org'", "password 'p'"]))
    assert document(taken)["accounts"][0]["hosts"][0]["name"] == "www.example.org"
    taken = take(service(["service_name 'strato.com'", "domain '@example.org'", "password 'p'"]))
    assert document(taken)["accounts"][0]["hosts"][0]["name"] == "example.org"


def test_different_accounts_are_never_merged_into_one():
    other = TYPICAL.replace(
        "option use_ipv6 '1'\n", "option use_ipv6 '1'\n\toption dns_server '1.1.1.1'\n"
    ).replace("hunter2", "other", 1)
    assert len(document(take(other))["accounts"]) == 2


def test_what_is_there_already_is_kept_and_a_taken_name_is_refused():
    current = uci.parse(
        "config wanbeacon 'main'\n option contact 'a@b.c'\nconfig service 'home'\n option enabled 0\n"
        "config service 'mine'\n option enabled 1\n option service_name dyn\n",
        FILE,
    )
    taken = take(TYPICAL)
    again = uci.parse(import_ddns.compose(taken, current), FILE)
    assert [s.name for s in again] == ["main", "mine", "myddns_ipv4"]
    assert again[0].get("contact")[1] == "a@b.c" and again[0].get("check_interval")[1] == "600"
    current[2].name = "myddns_ipv4"
    try:
        import_ddns.compose(taken, current)
    except ValueError as error:
        assert "myddns_ipv4" in str(error)
    else:
        raise AssertionError("a taken name was overwritten")
