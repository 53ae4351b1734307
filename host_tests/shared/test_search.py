# SPDX-License-Identifier: MIT
"""What people type into the provider search: the right answer comes first."""

from wanbeacon.dyndns import catalog
from wanbeacon.dyndns.search import login, named, search

NAMES = "firmware/catalogue/names.txt"
#: What is typed -> the id that comes first; "-": a service that cannot be served, and the page says so.
TYPED = """
no-ip noip
No-IP noip
noip noip
NO IP noip
noip.com noip
www.noip.com noip
https://www.noip.com/login noip
home.ddns.net noip
hopto.org noip
no-ip.pl no-ip-pl
dyndns dyn
DynDNS dyn
dyndns.org dyn
dyn.com dyn
oracle dyn
myhome.homeip.net dyn
dyndns.it dyndns-it
members.dyndns.org dyn
duckdns duckdns
DuckDNS duckdns
duck dns duckdns
duck duckdns
home.duckdns.org duckdns
ducdns duckdns
afraid freedns-v2
freedns freedns-v2
afraid.org freedns-v2
mooo.com freedns-v2
he.net he-dns
hurricane electric he-dns
tunnelbroker he-tunnelbroker
desec desec
dedyn.io desec
desec.io desec
dynu dynu
dynv6 dynv6
namecheap namecheap
strato strato
selfhost selfhost
selfhost.de selfhost
ovh ovh
dynhost ovh
google domains google
opendns opendns
dns-o-matic dnsomatic
inwx inwx
all-inkl all-inkl
allinkl all-inkl
spdns.de spdyn
now-dns now-dns
zoneedit zoneedit
easydns easydns
joker joker
goip goip
cloudns cloudns
ydns ydns
zerigo zerigo
certadns certadns
mydns mydns-se
cloudflare cloudflare
cloudfare cloudflare
route 53 route53
aws route53
netcup netcup
myfritz -
azure -
mydns.jp mydns-jp
"""


def test_the_right_provider_comes_first():
    wrong = []
    for line in TYPED.strip().split("\n"):
        typed, _, right = line.rpartition(" ")
        found = search(NAMES, typed)
        if not found or found[0][0] != right:
            wrong.append((typed, right, [row[0] for row in found[:3]]))
    assert not wrong, wrong


def test_what_cannot_be_served_is_named_or_served():
    for typed, name in (
        ("cloudflare", "Cloudflare"),
        ("CloudFlare.com", "Cloudflare"),
        ("godaddy", "GoDaddy"),
        ("myfritz", "MyFRITZ!"),
        ("route53", "Amazon Route 53"),
        ("transip", "TransIP"),
        ("gcp", "Google Cloud DNS"),
    ):
        found = search(NAMES, typed)
        assert found and found[0][1].startswith(name), (typed, found)


def test_nonsense_finds_nothing_and_nothing_finds_all():
    for typed in ("qqqqqqqq", "xyzzyx.example", "x" * 500):
        assert search(NAMES, typed) == [], typed
    for typed in ("", "|", "\n", "..."):
        assert len(search(NAMES, typed, 999)) > 80, typed
    every = search(NAMES, "", 999)
    known = catalog.names("firmware/catalogue/providers.dat")
    assert sorted([row[0] for row in every]) == sorted(known), "python -m tools catalogue"
    assert len(search(NAMES, "", 12)) == 12 and every[0][0] == "noip"
    assert len(search(NAMES, "d")) == 12


def test_a_stranger_never_comes_before_the_one_that_was_named():
    for one in search(NAMES, "", 999):
        assert search(NAMES, one[0])[0][0] == one[0], one
        assert one[1] in [row[1] for row in search(NAMES, one[1])[:3]], one


def test_names_of_ids():
    found = named(NAMES, ["noip", "custom", "-"])
    assert found == {"noip": ("No-IP", "dynupdate.no-ip.com")}


def test_a_login_is_named_in_the_providers_words():
    path = "firmware/catalogue/logins.txt"
    assert login(path, "duckdns") == ("-", "account token", "")
    assert login(path, "netcup")[0] == "customer number" and login(path, "netcup")[2].startswith("API key")
    assert login(path, "no-ip-pl") == login(path, "nobody") == login(path, "") == ("", "", "")
    assert login(path, "dyn")[0] == "" and "updater client key" in login(path, "dyn")[1]
