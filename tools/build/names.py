# SPDX-License-Identifier: MIT
"""Writes firmware/catalogue/names.txt: what providers are called, for pages and searches
(wanbeacon.dyndns.search)."""

from .. import ROOT, UserError
from . import catalogue, rest_rows

OUT = ROOT / "firmware/catalogue/names.txt"

#: What a page shows before anybody searched, in this order; the others follow by name, then what has closed.
FIRST = (
    "noip",
    "duckdns",
    "dyn",
    "dynu",
    "freedns-v2",
    "dynv6",
    "desec",
    "he-dns",
    "namecheap",
    "ovh",
    "certadns",
    "mydns-se",
)

#: id -> name, where the row's title is longer than a page has room for.
NAMES = {
    "noip": "No-IP",
    "dyn": "Dyn (DynDNS, Oracle)",
    "dyn-legacy": "Dyn, older form",
    "zerigo": "Zerigo (closed)",
    "certadns-update": "CertaDNS, /domains/update",
    "certadns-v2": "CertaDNS, /domains/v2/update",
    "certadns-dyndns": "CertaDNS, /domains/dyndns/update",
    "mydns-se": "MyDNS.se",
    "he-dns": "Hurricane Electric DNS",
    "he-tunnelbroker": "Hurricane Electric Tunnelbroker",
    "desec": "deSEC",
    "freedns-v1": "FreeDNS (afraid.org), key URL",
    "freedns-v2": "FreeDNS (afraid.org), newer form",
    "freedns-nic": "FreeDNS (afraid.org), user and password",
    "ddo-jp": "DDO.jp",
    "twodns": "TwoDNS (closed)",
    "dnspark": "DNS Park (closed)",
    "mythic-beasts": "Mythic Beasts",
    "do-de": "do.de (Domain-Offensive)",
    "domaindiscount24": "domaindiscount24 (Key-Systems)",
    "opendns": "OpenDNS",
}

#: id -> what else people type: its domains for host names, old names, spellings. Its id, name, host and the
#: facts' own aliases are searched anyway.
ALIASES = {
    "dyn": "dyndns dyn.com dyndns.org dyndns.com dyndns.biz dyndns.info dyndns.tv homeip.net dnsalias.com "
    "dnsalias.net dnsalias.org homelinux.org homeunix.org is-a-geek.com gotdns.org ath.cx mine.nu "
    "oracle dynect",
    "noip": "no-ip.com noip.com ddns.net hopto.org zapto.org sytes.net no-ip.org no-ip.biz no-ip.info "
    "no-ip.net myftp.org myftp.biz servebeer.com servegame.com serveftp.com servehttp.com redirectme.net "
    "bounceme.net ddnsking.com gotdns.ch webhop.me myvnc.com onthewifi.com viewdns.net "
    "freedynamicdns.org freedynamicdns.net",
    "certadns": "certa certadns.com",
    "mydns-se": "mydns.se loopia-mydns",
    "dynu": "dynu.com dynu.net ddnsfree.com freeddns.org mywire.org theworkpc.com casacam.net accesscam.org "
    "camdvr.org giize.com gleeze.com kozow.com loseyourip.com ooguy.com webredirect.org",
    "he-dns": "he he.net hurricane hurricaneelectric dns.he.net hedns",
    "he-tunnelbroker": "tunnelbroker.net 6in4 hetunnel",
    "dynv6": "dynv6.net v6.rocks dns.army dns.navy v6.army",
    "desec": "desec.io dedyn dedyn.io",
    "nsupdate-info": "nsupdate nsupdate.info",
    "dyfi": "dy.fi",
    "spdyn": "securepoint spdns spdns.de spdyn.de spdns.org",
    "strato": "strato.de",
    "ovh": "ovh.com ovh.net dynhost ovhcloud",
    "dnsomatic": "dns-o-matic dnsomatic.com",
    "opendns": "cisco umbrella opendns.com",
    "freedns-v2": (
        "freedns afraid afraid.org freedns.afraid.org mooo.com chickenkiller.com strangled.net us.to "
        "ignorelist.com crabdance.com"
    ),
    "ddnss": "ddnss.de ddnss.org dyndns1.de dyn.ddnss.de",
    "selfhost": "selfhost.de selfhost.eu selfhost.bz",
    "twodns": "dd-dns.de dyndns.twodns.de",
    "goip": "goip.de goip.it",
    "now-dns": "nowdns now-dns.com mypi.co 001www.com",
    "dnsexit": "dnsexit.com linkpc.net publicvm.com",
    "all-inkl": "allinkl kasserver kas all-inkl.com",
    "mythic-beasts": "mythic",
    "namecheap": "namecheap.com park-your-domain",
    "domaindiscount24": "dd24 keysystems",
    "duckdns": "duck duckdns.org",
    "do-de": "domainoffensive do.de",
    "core-networks": "corenetworks core-networks.de",
    "dnsmadeeasy": "constellix tiggee dnsmadeeasy.com",
    "domeneshop": "domainname.shop domainnameshop",
    "mydns-jp": "mydns.jp 0am.jp",
    "nic-ru": "rucenter ru-center nic.ru",
    "luadns": "luadns.net",
    "3322": "pubyun 3322.org f3322.org f3322.net",
    "oray": "peanuthull phddns huashengke vicp.net",
    "njalla": "njal.la njalla.no",
    "simply": "simply.com unoeuro",
    "google": "googledomains domains.google",
    "changeip": "changeip.com",
    "easydns": "easydns.com",
    "ipv64": "ipv64.net ipv64.de home64.de any64.de",
}

#: What people look for and no row serves: name -> (what else they type, why not).
UNSERVED = {
    "Azure DNS": ("azure microsoft", "its access needs a token of another server each hour"),
    "Beget": ("beget.com", "it replaces every record of a name, others' too"),
    "Dynadot REST": ("dynadot-rest", "it replaces the whole zone; the provider dynadot changes one record"),
    "Google Cloud DNS": (
        "gcp googlecloud cloud.google.com",
        "it wants RSA signatures, which a board cannot make",
    ),
    "MyFRITZ!": ("myfritz myfritz.net avm fritzbox", "only AVM's routers can update it"),
    "Netlify": ("netlify.com", "it has no call that changes a record"),
    "one.com": ("onecom", "it has no API, only its web pages"),
    "Squarespace Domains": ("squarespace.com squarespace", "it has no API for DNS"),
    "Synology DDNS": ("synology synology.me", "only Synology's devices can update it"),
    "TransIP": ("transip.nl", "it wants RSA signatures, which a board cannot make"),
}


def lines():
    """The file's lines."""
    facts = {**catalogue.source(), **{key: rest_rows.fact(key) for key in rest_rows.ROWS}}
    rows = catalogue.rows() + [rest_rows.row(key) for key in rest_rows.ROWS]
    strange = {key.strip() for key in [*NAMES, *ALIASES]} - {row["id"] for row in rows}
    if strange:
        raise UserError("tools/build/names.py: no such provider: %s" % ", ".join(sorted(strange)))
    out, called = [], ""

    def place(row):
        name = NAMES.get(row["id"]) or (facts.get(row["id"]) or {}).get("name") or row["id"]
        return (
            bool(row.get("closed")),
            FIRST.index(row["id"]) if row["id"] in FIRST else len(FIRST),
            name.lower(),
        )

    for row in sorted(rows, key=place):
        fact = facts.get(row["id"]) or {}
        name = NAMES.get(row["id"]) or fact.get("name") or row["id"]
        aliases = dict.fromkeys([*(fact.get("aliases") or ()), *ALIASES.get(row["id"], "").split()])
        out.append((row["id"], name, "" if row.get("own") else row.get("host") or "", " ".join(aliases)))
        called += " %s %s" % (row["id"], name.lower())
    for name, (aliases, why) in UNSERVED.items():
        if name.lower() in called:
            raise UserError("tools/build/names.py: %s has a row now" % name)
        out.append(("-", name, why, aliases))
    for line in out:
        if any("|" in field or "\n" in field for field in line):
            raise UserError("tools/build/names.py: %s: a field must not contain |" % line[0])
    return out


def file():
    """The whole file as bytes."""
    return "".join("%s|%s|%s|%s\n" % line for line in lines()).encode()
