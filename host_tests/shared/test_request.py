# SPDX-License-Identifier: MIT
# From hosts to requests: what exactly leaves the device for each service, tables on both interpreters.
import ubinascii
from replies import A6, A, B, packed, row_of
from wanbeacon import VERSION
from wanbeacon.dyndns import custom, request, share

Q6 = "2a00%3A1450%3A%3A7"
DEVICE = {"company": "Wanbeacon", "name": "Wanbeacon", "model": "ESP32", "contact": "me@example.org"}


def agent(style=None):
    return request.user_agent(DEVICE, style)


def build(
    name, hosts=("h.example.org",), account=None, want=(A, None), own=False, offline=False, have=(None, None)
):
    row = row_of(name) if isinstance(name, str) else name
    hosts = [{"name": h} if isinstance(h, str) else h for h in hosts]
    template, sent = share.pick(row, packed(want), packed(have), own, hosts[0])
    return request.build(
        row, account or {"user": "u", "password": "p"}, hosts, template, sent, agent, offline
    )


def path(*args, **kw):
    return build(*args, **kw).path


def login(req):
    """The user name and password that the Authorization header holds."""
    word = req.headers["Authorization"]
    assert word.startswith("Basic "), word
    return ubinascii.a2b_base64(word[6:].encode()).decode()


# ---- the five


def test_dyn_v3():
    r = build("dyn")
    assert (r.tls, r.host, r.port, r.post, r.body) == (True, "members.dyndns.org", 443, False, None)
    assert r.path == "/v3/update?hostname=h.example.org&myip=" + A
    assert login(r) == "u:p"
    assert r.headers == {
        "User-Agent": "Wanbeacon - Wanbeacon ESP32 - " + VERSION,
        "Host": "members.dyndns.org",
        "Authorization": r.headers["Authorization"],
    }
    assert path("dyn", want=(None, A6)) == "/v3/update?hostname=h.example.org&myip=" + Q6
    assert path("dyn", want=(A, A6)) == "/v3/update?hostname=h.example.org&myip=%s,%s" % (A, Q6)
    assert (
        path("dyn", ["a.example.org", "b.example.org"])
        == "/v3/update?hostname=a.example.org,b.example.org&myip=" + A
    )
    assert path("dyn", offline=True).endswith("&offline=YES")


def test_dyn_options_and_legacy():
    host = {
        "name": "h.example.org",
        "wildcard": "ON",
        "mx": "mail.example.org",
        "backmx": "YES",
        "system": "statdns",
    }
    assert path("dyn", [host]).endswith("&wildcard=ON&mx=mail.example.org&backmx=YES&system=statdns")
    legacy = "/nic/update?hostname=h.example.org&myip=%s&wildcard=" % A
    assert path("dyn-legacy") == legacy + "NOCHG&mx=NOCHG&backmx=NOCHG"
    assert path("dyn-legacy", [dict(host, mx="NOCHG")]) == legacy + "ON&mx=NOCHG&backmx=YES&system=statdns"
    assert "wildcard" not in path("noip", [host])


def test_dyn_ports():
    for server, tls, host, port, place in (
        ("members.dyndns.org:8245", True, "members.dyndns.org", 8245, "members.dyndns.org:8245"),
        ("http://members.dyndns.org", False, "members.dyndns.org", 80, "members.dyndns.org"),
        ("http://members.dyndns.org:8245", False, "members.dyndns.org", 8245, "members.dyndns.org:8245"),
        ("https://other.example", True, "other.example", 443, "other.example"),
    ):  # fmt: skip
        r = build("dyn", account={"user": "u", "password": "p", "server": server})
        assert (r.tls, r.host, r.port, r.headers["Host"]) == (tls, host, port, place), server


def test_noip_logins():
    """Group logins hold a colon, which Basic forbids in a user name: as No-IP's own client, only ":" and
    "#"."""
    for user, word in (("me@example.org", "me@example.org:p"), ("group:me", "group%3Ame:p"),
                       ("a#b:c", "a%23b%3Ac:p"),
                       ("100%", "100%:p"), ("a b", "a b:p")):  # fmt: skip
        assert login(build("noip", account={"user": user, "password": "p"})) == word
    assert login(build("noip", account={"user": "u", "password": "p:q#r"})) == "u:p:q#r"
    assert login(build("dyn", account={"user": "a#b", "password": "p"})) == "a#b:p"
    assert build("noip").headers["User-Agent"] == "Wanbeacon Wanbeacon-ESP32/%s me@example.org" % VERSION


def test_noip_names_need_not_be_dns_names():
    assert path("noip", ["all.ddnskey.com"]) == "/nic/update?hostname=all.ddnskey.com&myip=" + A
    assert (
        path("noip", ["mygroup", "h.example.org@label"])
        == "/nic/update?hostname=mygroup,h.example.org%40label&myip=" + A
    )
    assert path("noip", want=(A, A6)) == "/nic/update?hostname=h.example.org&myip=%s,%s" % (A, Q6)
    assert path("noip", offline=True) == "/nic/update?hostname=h.example.org&myip=%s&offline=YES" % A


def test_certadns_logins_in_their_order():
    """Bearer for API keys, else Basic; the query only when asked for."""
    r = build("certadns", account={"user": "u", "password": "ak_123"})
    assert (
        r.headers["Authorization"] == "Bearer ak_123"
        and r.path == "/domains/nic/update?hostname=h.example.org&myip=" + A
    )
    assert build("certadns", account={"token": "ak_9"}).headers["Authorization"] == "Bearer ak_9"
    assert login(build("certadns")) == "u:p"
    assert login(build("certadns", account={"user": "u", "password": "ak_1", "auth": "basic"})) == "u:ak_1"
    r = build("certadns", account={"user": "u", "password": "p&q", "auth": "query"})
    assert "Authorization" not in r.headers and r.path.endswith("&username=u&password=p%26q")
    # no Bearer at /domains/update; a key is Basic's password there
    assert login(build("certadns-update", account={"user": "u", "token": "ak_1"})) == "u:ak_1"
    for name, start in (
        ("certadns-update", "/domains/update?"),
        ("certadns-v2", "/domains/v2/update?"),
        ("certadns-dyndns", "/domains/dyndns/update?"),
    ):
        assert path(name).startswith(start)


def test_certadns_may_be_asked_by_post():
    r = build("certadns", account={"user": "u", "password": "p", "method": "POST"})
    assert r.post and r.path == "/domains/nic/update" and r.body == "hostname=h.example.org&myip=" + A
    assert r.headers["Content-Length"] == str(len(r.body))
    assert r.headers["Content-Type"] == "application/x-www-form-urlencoded"
    assert not build("certadns-v2", account={"user": "u", "password": "p", "method": "POST"}).post
    assert not build("dyn", account={"user": "u", "password": "p", "method": "POST"}).post


def test_certadns_keeps_one_record_type_per_host():
    row = row_of("certadns")
    assert share.families(row, {"name": "h"}) == (True, False)
    assert share.families(row, {"name": "h", "ipv4": False, "ipv6": True}) == (False, True)
    assert share.pick(row, (A, A6), (None, None), False, {"name": "h", "ipv4": True, "ipv6": True}) == (
        "q4",
        (A, None),
    )
    assert share.pick(row, (A, A6), (A, None), False, {"name": "h"}) == ("q4", (A, None))
    assert share.pick(row, (A, A6), (None, None), False, {"name": "h", "ipv4": False}) == ("q6", (None, A6))
    assert share.group(
        row, [({"name": "a"}, "q4", (A, None), False, False), ({"name": "b"}, "q4", (A, None), False, False)]
    ) == [[0], [1]]


def test_mydns_se_leaves_the_address_to_the_connection_where_the_device_is_the_router():
    account = {"password": "p"}
    r = build("mydns-se", ["me.mydns.se"], account, own=True)
    assert r.path == "/nic/update?hostname=me.mydns.se" and r.family == 4 and login(r) == "me.mydns.se:p"
    r = build("mydns-se", ["me.mydns.se"], account)
    assert r.path == "/nic/update?hostname=me.mydns.se&myip=" + A and r.family == 0
    assert login(build("mydns-se")) == "u:p"
    assert share.pick(row_of("mydns-se"), (None, A6), (None, None)) is None  # A records only


def test_zerigo_form():
    r = build("zerigo")
    assert (
        r.path == "/dynamic?host=h.example.org&ip=" + A and not r.tls and r.port == 80 and login(r) == "u:p"
    )
    assert path("zerigo", want=(None, A6)) == "/dynamic?host=h.example.org&ip=" + Q6
    r = build("zerigo", account={"user": "u@x", "password": "p", "auth": "query"})
    assert (
        r.path == "/dynamic?host=h.example.org&ip=%s&user=u%%40x&password=p" % A
        and "Authorization" not in r.headers
    )


# ---- dual stack, the dangerous ones one by one

BOTH, HAVE = (A, A6), (A, A6)


def test_desec_always_names_both_families():
    assert path("desec") == "/?hostname=h.example.org&myipv4=%s&myipv6=preserve" % A
    assert path("desec", want=(None, A6)) == "/?hostname=h.example.org&myipv6=%s&myipv4=preserve" % Q6
    assert path("desec", want=BOTH) == "/?hostname=h.example.org&myipv4=%s&myipv6=%s" % (A, Q6)
    assert (
        build("desec", want=(None, A6)).host == "update6.dedyn.io"
        and build("desec", want=BOTH).host == "update.dedyn.io"
    )


def test_dynu_is_told_that_there_is_no_ipv4():
    assert path("dynu", want=(None, A6)) == "/nic/update?hostname=h.example.org&myip=no&myipv6=" + Q6
    assert path("dynu", want=BOTH) == "/nic/update?hostname=h.example.org&myip=%s&myipv6=%s" % (A, Q6)


def test_core_networks_keeps_the_other_family():
    assert path("core-networks") == "/?hostname=h.example.org&myip=%s&keepipv6=1" % A
    assert path("core-networks", want=(None, A6)) == "/?hostname=h.example.org&myip=%s&keepipv4=1" % Q6


def test_inwx_names_again_what_is_stored():
    """IPv6 alone resets the A record there."""
    assert path("inwx", want=BOTH) == "/nic/update?myip=%s&myipv6=%s" % (A, Q6)
    assert path("inwx", want=(None, A6), have=(A, None)) == "/nic/update?myip=%s&myipv6=%s" % (A, Q6)
    assert path("inwx", want=(B, None), have=(A, A6)) == "/nic/update?myip=%s&myipv6=%s" % (B, Q6)
    assert path("inwx", want=(None, A6)) == "/nic/update?myipv6=" + Q6
    # the user gave IPv4 up: nothing of it is named any more
    assert (
        path("inwx", [{"name": "h", "ipv4": False, "ipv6": True}], want=(None, A6), have=(A, None))
        == "/nic/update?myipv6=" + Q6
    )


def test_dynv6_leaves_an_unnamed_family_alone():
    assert path("dynv6", want=(None, A6)) == "/api/update?hostname=h.example.org&token=p&ipv6=" + Q6
    assert "ipv4=%s&ipv6=%s" % (A, Q6) in path("dynv6", want=BOTH)


def test_services_that_take_the_connections_address_are_asked_over_that_family():
    for name in ("dyfi", "freemyip", "cloudns", "mythic-beasts", "no-ip-pl", "ipnodns"):
        r = build(name)
        assert r.family == 4 and A not in r.path, name
        if "q6" in row_of(name):
            r = build(name, want=(None, A6))
            assert r.family == 6 and Q6 not in r.path, name
    assert build("cloudns", want=(None, A6)).host == "ipv6.cloudns.net"
    assert path("dyfi", ["a.dy.fi", "b.dy.fi"]) == "/nic/update?hostname=a.dy.fi,b.dy.fi"
    assert build("mythic-beasts").path == "/dns/v2/dynamic/h.example.org" and build("mythic-beasts").post


def test_one_combined_request_else_the_family_that_differs():
    def pick(name, have, want=BOTH):
        return share.pick(row_of(name), want, have)

    assert pick("noip", (None, None)) == ("qd", BOTH) and pick("noip", (A, None)) == ("qd", BOTH)
    assert pick("he-dns", (None, None)) == ("q4", (A, None))  # IPv4 first,
    assert pick("he-dns", (A, None)) == ("q6", (None, A6))  # then the other
    assert pick("he-dns", (A, "2a00::1")) == ("q6", (None, A6))
    assert pick("he-dns", (B, A6)) == ("q4", (A, None))
    assert pick("he-dns", HAVE) == ("q4", (A, None))  # a refresh
    assert pick("he-dns", HAVE, (None, A6)) == ("q6", (None, A6))
    assert pick("dyndns-it", (None, None), (None, A6)) is None
    assert pick("noip", (None, None), (None, None)) is None


# ---- other forms


def test_labels_and_zones():
    for name, zone, host, domain in (("www.example.org", None, "www", "example.org"),
                                     ("example.org", None, "%40", "example.org"),
                                     ("a.b.example.org", "example.org", "a.b", "example.org"),
                                     ("A.B.Example.org", "example.ORG", "A.B", "Example.org"),
                                     ("example.co.uk", "example.co.uk", "%40", "example.co.uk")):  # fmt: skip
        doc = {"name": name, "zone": zone} if zone else {"name": name}
        assert path("namecheap", [doc]) == "/update?host=%s&domain=%s&password=p&ip=%s" % (host, domain, A), (
            name
        )
    assert "&subDomain=www&" in path("dynadot", ["www.example.org"]) and "containRoot=false" in path(
        "dynadot", ["www.example.org"]
    )
    assert "subDomain" not in path("dynadot", ["example.org"]) and "containRoot=true" in path(
        "dynadot", ["example.org"]
    )


def test_duckdns_wants_bare_labels():
    assert (
        path("duckdns", ["one.duckdns.org", "two"])
        == "/update?domains=one,two&token=p&ip=%s&verbose=true" % A
    )


def test_keys_in_the_path_and_as_the_query_itself():
    assert path("freedns-v2", account={"password": "k/e?y"}) == "/u/k%%2Fe%%3Fy/?address=%s" % A
    assert (
        path("freedns-v1", account={"password": "key=="}) == "/dynamic/update.php?key%%3D%%3D&address=%s" % A
    )
    assert path("directnic", account={"password": ".."}) == "/dns/gateway/%2E%2E/?data=" + A


def test_secrets_go_into_the_header_where_there_is_one():
    assert "p%40ss" not in path("joker", account={"user": "u", "password": "p@ss"})
    assert login(build("ipv64", account={"password": "tok"})) == "h.example.org:tok"
    assert login(build("apertodns", account={"token": "tok"})) == "tok:tok"
    assert build("gigahost", account={"token": "tok"}).headers["Authorization"] == "Bearer tok"
    assert (
        build("gigahost", account={"token": "t\r\nX: y\u00fc"}).headers["Authorization"] == "Bearer t??X: y?"
    )
    assert login(build("dyn", account={"user": "u", "password": "p\u00fc:\r\n"})) == "u:p\u00fc:\r\n"


def test_a_custom_provider():
    row = custom.row({"url": "https://d.example:8443/u/{hostname}?ip={ip}&x=1",
                      "url6": "https://d.example:8443/v?ip={ipv6}",
                          "method": "POST"})  # fmt: skip
    r = build(row)
    assert (r.tls, r.host, r.port, r.post, r.path, r.body) == (
        True,
        "d.example",
        8443,
        True,
        "/u/h.example.org",
        "ip=%s&x=1" % A,
    )
    assert r.headers["Host"] == "d.example:8443" and login(r) == "u:p"
    assert build(row, want=(None, A6)).path == "/v"
    row = custom.row({"url": "http://d.example/?u={user}&p={password}&h={hostname}&a={ip}&b={ipv6}"})
    r = build(row, account={"user": "a&b", "password": "{ip}"}, want=(A, A6))
    assert r.path == "/?u=a%%26b&p=%%7Bip%%7D&h=h.example.org&a=%s&b=%s" % (A, Q6)
    assert "Authorization" not in r.headers and not r.tls
    assert share.pick(row, (A, None), (None, None)) is None  # it would be sent with an empty {ipv6}


# ---- grouping


def groups(name, hosts, sent=(A, None), template="q4", offline=False):
    items = [({"name": h} if isinstance(h, str) else h, template, sent, offline, False) for h in hosts]
    return share.group(row_of(name), items)


def test_hosts_of_one_account_share_a_request_within_the_limit():
    many = ["h%d.example" % i for i in range(45)]
    assert [len(g) for g in groups("dyn", many)] == [20, 20, 5]
    assert [len(g) for g in groups("noip", many)] == [20, 20, 5]
    assert [len(g) for g in groups("he-dns", many[:3])] == [1, 1, 1]
    assert sum([len(g) for g in groups("noip", ["x" * 240 + "%d.example" % i for i in range(20)])]) == 20
    for g in groups("noip", ["x" * 240 + "%d.example" % i for i in range(20)]):
        assert len(g) * 250 < 4000  # No-IP's own client refuses longer lists


def test_only_the_same_data_shares_a_request():
    row = row_of("dyn")
    items = [
        ({"name": "a"}, "q4", (A, None), False, False),
        ({"name": "b"}, "q4", (B, None), False, False),
        ({"name": "c"}, "q4", (A, None), False, False),
        ({"name": "d"}, "qd", (A, A6), False, False),
        ({"name": "e"}, "q4", (A, None), True, False),
        ({"name": "f", "wildcard": "ON"}, "q4", (A, None), False, False),
        ({"name": "g"}, "q4", (A, None), False, True),
        ({"name": "h"}, "q4", (A, None), False, False),
    ]
    assert share.group(row, items) == [[0, 2, 7], [1], [3], [4], [5], [6]]


def test_desec_names_of_one_request_lie_in_one_domain():
    hosts = ["a.dedyn.io", "b.dedyn.io", "x.a.dedyn.io", "Y.Z.A.dedyn.io", "www.example.org",
             {"name": "mail.example.org", "zone": "example.org"},
             {"name": "example.org", "zone": "Example.org"}, "dedyn.io"]  # fmt: skip
    assert groups("desec", hosts) == [[0, 2, 3], [1], [4, 5, 6], [7]]


def test_six_names_of_one_own_domain_are_one_request_to_desec():
    """The domain is the name less its first label unless the settings say otherwise; its limit is 2 requests
    in 2 minutes."""
    assert groups("desec", ["h%d.example.org" % i for i in range(6)] + ["example.org"]) == [
        [0, 1, 2, 3, 4, 5, 6]
    ]
    assert groups("desec", ["a.example.org", "a.example.net", "b.a.example.org"]) == [[0], [1], [2]]
    deep = {"name": "b.a.example.org", "zone": "example.org"}
    assert groups("desec", ["a.example.org", deep]) == [[0, 1]]


def test_desec_needs_the_token_alone():
    assert login(build("desec", account={"token": "secret"})) == ":secret"
    assert (
        login(build("desec", account={"user": "h.example.org", "password": "secret"}))
        == "h.example.org:secret"
    )


# ---- offline


def test_a_name_goes_offline_where_its_provider_documents_how():
    def gone(name, want=BOTH, have=(None, None), **host):
        host["name"] = "h.example.org"
        template, sent = share.pick(row_of(name), packed(want), packed(have), False, host, True)
        return request.build(
            row_of(name), {"user": "u", "password": "p"}, [host], template, sent, agent, True
        ).path

    assert gone("desec") == "/?hostname=h.example.org&myipv4=&myipv6="
    assert gone("desec", (A, None)) == "/?hostname=h.example.org&myipv4=&myipv6=preserve", (
        "another's AAAA stays"
    )
    assert gone("desec", (A, None), (None, A6)) == "/?hostname=h.example.org&myipv4=&myipv6=", (
        "what is stored goes too"
    )
    assert gone("desec", ipv4=False) == "/?hostname=h.example.org&myipv6=&myipv4=preserve"
    assert gone("nsupdate-info", (A, None)) == "/nic/delete?hostname=h.example.org&myip=0.0.0.0"
    assert gone("nsupdate-info") == "/nic/delete?hostname=h.example.org&myip=0.0.0.0,::"
    assert gone("noip").endswith("&offline=YES") and gone("dyndnsd").endswith("&offline=YES")
    assert [
        name for name in ("dyn", "noip", "desec", "nsupdate-info", "dyfi") if share.can_delete(row_of(name))
    ] == ["dyn", "noip", "desec", "nsupdate-info"]


def test_simply_is_told_the_domain():
    assert (
        path("simply", ["a.example.org"]) == "/nic/update?domain=example.org&hostname=a.example.org&myip=" + A
    )


def test_the_user_agent_is_one_line_of_ascii():
    for device in (
        {},
        {"company": "A\r\nX: y", "name": "N\u00fc m", "model": "M\t1", "contact": "a b@c"},
        {"name": " "},
    ):
        for style in (None, "dyn"):
            ua = request.user_agent(device, style)
            assert ua and not [c for c in ua if not " " <= c <= "~"] and VERSION in ua, ua
