# What `check` says about an account before anything is sent.
from wanbeacon.dyndns import catalog, custom
from wanbeacon.dyndns.advice import advice

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
        assert not problems and len(warnings) == 1 and "custom.url:" in warnings[0] and "url_dual" in warnings[0], warnings
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


def test_what_cannot_stand_in_a_path_is_a_problem():
    assert of("freedns-v2", password="..")[0] and of("directnic", password=".")[0] and not of("dyn", password="..")[0]


def test_hosts_that_cannot_work():
    assert "A records only" in of("mydns-se", hosts=[{"name": "h.mydns.se", "ipv4": False, "ipv6": True}])[0][0]
    assert "full names" in of("dyn", hosts=[{"name": "home"}])[1][0] and not of("noip", hosts=[{"name": "group"}])[1]
    assert "zone" in of("namecheap", hosts=[{"name": "h.example.org", "zone": "example.com"}])[0][0]
    assert "wildcard" in of("noip", hosts=[{"name": "h.example.org", "wildcard": "ON"}])[1][0]
    assert not of("dyn-legacy", hosts=[{"name": "h.example.org", "wildcard": "ON"}])[1]
