# SPDX-License-Identifier: MIT
"""What the provider facts cannot say in a form a device can run: reply rules, login and list habits.
Hand-made, a table.

Rules (see wanbeacon.dyndns.reply), failures first, then SAME, then OK; each row was written by reading the
provider's documentation or, where there is none, several clients (tools/data/providers.json names them). Rows
that are not here speak plain DynDNS2. "!" (any word of failure) before an OK of a single short word or of a
status keeps an error text from passing as success. A status that is named (#404) is one by which the service
itself speaks; any other than 401, 429 and 5xx says nothing of the host or the login."""

_STATUS = {"rules": [["ODD", "!"], ["OK", "#200"]], "std": 1}
_CERTADNS = {
    "qa": "username={user}&password={password}",
    "one": 1,
    "min": None,
    "key": "ak_",
    "rules": [["HOST", "#400"]],
    "std": 1,
}
_DYNUP = {"conn": 1, "rules": [["AUTH", "*authentication failed"], ["ODD", "!"], ["OK", "^i:ok", "^success"]]}
# A refused log-in gets the same page with HTTP 200: only what it says of the log-in decides.
_MYDNS_JP = {
    "tags": 1,
    "page": ["mydns.jp</title>"],
    "rules": [["AUTH", "*login_status = 0"], ["OK", "*login_status = 1", "*login and ip address notify ok"]],
}
# "Authorization failed" is a host that does not exist (IPFire); 30 minutes must lie between two updates of a
# name.
_KEYSYSTEMS = {
    "rules": [
        ["HOST", "*authorization failed"],
        ["AUTH", "*invalid password"],
        ["WAIT", "*abuse prevention triggered"],
        ["ODD", "!"],
        ["OK", "*code = 200", "~success", "0"],
    ]
}
# The words of easyDNS and of ZoneEdit, which speaks them too.
_EASYDNS = [
    ["AUTH", "^noaccess", "^no_access", "^no_auth"],
    ["HOST", "^noservice", "^no_service", "^illegal input", "^illegal_input"],
    ["WAIT", "^toosoon", "^too_soon", "^too_freq", "^too freq"],
    ["SAME", "*no update required"],
    ["OK", "=noerror", "=no_error", "=ok"],
]

# fmt: off
# id -> keys of the device's row that replace what was made of the facts; None takes a key away.
ROWS = {
    # DNS UPDATE: host and templates stand for what the settings name. The words are tsig.word's. Knot says
    # BADKEY to a key that may not do this too, so it stops one host alone. PowerDNS refuses a wrong key and a
    # wrong clock alike and unsigned: asked again three times, then stopped.
    "rfc2136": {"dns": 1, "opts": ["offline"], "about":
        "user: a TSIG key's name, password: its secret in base64; a key that may change A and AAAA of this name alone",
        "rules": [
        ["KEY", "=badkey"], ["AUTH", "=badsig"], ["ODD", "=refused no tsig"],
        ["HOST", "=refused", "=notauth", "=notzone", "=yxrrset"], ["AGENT", "=formerr"], ["FEATURE", "=notimp"],
        ["LATER", "=servfail", "=badtime", "=nxdomain", "=yxdomain", "=nxrrset"], ["OK", "=noerror"],
    ]},
    "dyn": {"opts": ["wildcard", "mx", "backmx", "offline", "system"], "ua": "dyn"},
    # Options left out are sent as NOCHG: v2 turned them off when they were missing.
    "dyn-legacy": {"opts": ["wildcard=NOCHG", "mx=NOCHG", "backmx=NOCHG", "offline", "system"], "ua": "dyn"},
    # abuse blocks the user, not the host (No-IP response page); hosts may be group names or all.ddnskey.com.
    "noip": {"words": {"abuse": "ACCOUNT"}, "opts": ["offline"], "enc": 1, "any": 1, "qc": "hostname={hostname}"},
    # "At most hourly" is for clients that cannot detect a change: this agent sends nothing without one.
    "zerigo": {
        "min": None, "q4": "host={hostname}&ip={ip}", "q6": "host={hostname}&ip={ipv6}", "qa": "user={user}&password={password}",
        "rules": [["AUTH", "#403"], ["HOST", "#400", "#404"], ["SAME", "=nothing to change"], ["OK", "=ok"]],
    },
    # One domain object is A or AAAA. 400 is an address of the other type, told in prose. "About one request a
    # second" is no interval for one host: the usual minimum is longer.
    "certadns": {**_CERTADNS, "post": 2},
    "certadns-update": {**_CERTADNS, "post": 2},
    "certadns-v2": _CERTADNS,
    "certadns-dyndns": _CERTADNS,
    "mydns-se": {"qc": "hostname={hostname}", "user": "host"},
    "dynu": {"qa": "username={user}&password={password}"},
    "he-dns": {"qa": "password={password}", "user": "host", "words": {"noipv4": "HOST", "noipv6": "HOST"}},
    # The old endpoint spells "unchanged" as an error; hosts are tunnel numbers.
    "he-tunnelbroker": {"any": 1, "std": 1, "rules": [
        ["AUTH", "*invalid api key"], ["HOST", "*missing parameter", "*another tunnel exists"],
        ["SAME", "*already associated with this ip address"], ["OK", "^+ok"],
    ]},
    "dynv6": {"bad": [400, 401, 403, 404], "rules": [
        ["AUTH", "*invalid authentication token"], ["HOST", "*zone not found"],
        ["SAME", "*addresses unchanged"], ["OK", "*addresses updated"],
    ]},
    # A request without one of the families deletes it, so both are always named ("preserve"); the names of
    # one request must lie in one domain: under dedyn.io that is one label below it, elsewhere the name less
    # its first label, or what the user's "zone" says. Its limit (429) is the domain's. An empty address
    # deletes (update-api.rst).
    "desec": {
        "qa": "username={user}&password={password}", "zone": "dedyn.io", "user": "none", "rate": 1, "std": 1,
        "rules": [["HOST", "#400"]],
        "q4-": "hostname={hostname}&myipv4=&myipv6=preserve", "q6-": "hostname={hostname}&myipv6=&myipv4=preserve",
        "qd-": "hostname={hostname}&myipv4=&myipv6=",
    },
    "nsupdate-info": {
        # /nic/delete takes the family from an address whose value does not matter (its views.py).
        "user": "host", "rules": [["OK", "^deleted"]], "std": 1,
        "q4-": "/nic/delete?hostname={hostname}&myip=0.0.0.0", "q6-": "/nic/delete?hostname={hostname}&myip=::",
        "qd-": "/nic/delete?hostname={hostname}&myip=0.0.0.0,::",
    },
    # Expires after 7 days; its specification wants a refresh between the 5th and the 6th day. A user has five
    # names at most.
    "dyfi": {"conn": 1, "max": 5, "days": 6, "words": {"abuse": "ACCOUNT"}},
    "spdyn": {"qa": "user={user}&pass={password}", "words": {"fatal": "HOST", "numhost": "BLOCK"}},
    "ovh": {"std": 1, "rules": [["HOST", "*client::badrequest"]], "bad": [400]},
    "easydns": {"tags": 1, "page": ['<html><body><fontface="'], "rules": _EASYDNS},
    # 700 and 707 are errors to them, "unchanged" to us.
    "zoneedit": {"page": ["<success", "<error"], "rules": [
        ["AUTH", '*code="708"', "*failed login", "*invalid login"], ["HOST", '*code="701"', '*code="704"', '*code="709"'],
        ["WAIT", '*code="702"'], *_EASYDNS[:3], ["SAME", '*<success code="201"', '*<error code="707"', *_EASYDNS[3][1:]],
        ["OK", '*<success code="200"', *_EASYDNS[4][1:]],
    ]},
    # 911 answers a client's mistakes as well as outages: asked again three times, then stopped.
    "loopia": {"words": {"911": "ODD"}},
    "changeip": {"rules": [["HOST", "#422"], ["OK", "~success", "~successful"]], "std": 1},
    "dnsomatic": {
        "q4": "hostname={hostname}&myip={ip}", "q6": "hostname={hostname}&myip={ipv6}",
        "opts": ["wildcard=NOCHG", "mx=NOCHG", "backmx=NOCHG"], "any": 1,
    },
    "opendns": {"any": 1, "words": {"!yours": "AUTH"}},
    # "ERROR: Address x has not changed." is a success.
    "freedns-v1": {"any": 1, "rules": [
        ["SAME", "*has not changed"], ["HOST", "*is an invalid ip address"], ["AUTH", "*error: invalid", "*error: unable"],
        ["OK", "^updated"],
    ]},
    "freedns-v2": {"any": 1, "rules": [
        ["AUTH", "*find any matching dns records", "#404"], ["SAME", "^no ip change detected"], ["OK", "^updated"],
    ]},
    "freedns-nic": {"std": 1, "rules": [
        ["SAME", "*has not changed", "^no ip change detected"],
        ["HOST", "*unable to locate this record", "*find any matching dns records"], ["OK", "^updated"],
    ]},
    "ddnss": {"tags": 1, "page": ["ddnss-"], "rules": [
        ["AUTH", "~badauth"], ["HOST", "~notfqdn", "~badsys", "~badysys"],
        ["SAME", "*no change", "~nochg"], ["OK", "~good", "^updated 1 hostname"],
    ]},
    "ddo-jp": {"any": 1, "rules": [["AUTH", "^fail"], ["OK", "^success"]]},
    "infomaniak": {"words": {"successfully_changed": "OK", "no_change": "SAME", "validation": "HOST"}},
    # The login decides the host; v6 alone resets the A record, so a host with both families always gets both.
    "inwx": {"both": 1, "any": 1},
    "joker": {
        "q4": "myip={ip}&hostname={hostname}", "q6": "myip={ipv6}&hostname={hostname}",
        "qa": "username={user}&password={password}",
    },
    "selfhost": {"std": 1, "words": {"noauth": "AUTH"}, "rules": [
        ["AUTH", "#410"], ["HOST", "#409", "#411", "#412"], ["WAIT", "#503"], ["SAME", "#204"], ["OK", "=status=200"],
    ]},
    "dnshome": {**_STATUS, "user": "host"},
    "goip": {"rules": [["AUTH", "*zugriff verweigert"], ["ODD", "!", "~fehler"], ["OK", "@"]]},
    "ipv64": {
        "q4": "domain={hostname}&ip={ip}", "q6": "domain={hostname}&ip6={ipv6}", "qd": "domain={hostname}&ip={ip}&ip6={ipv6}",
        "qa": "key={password}", "user": "host", "rules": [["SAME", "~nochg"], ["OK", "~good"]], "std": 1,
    },
    "dnsexit": {"max": 1, "rules": [
        # the numbers with "=" are those of the old form, RemoteUpdate.sv
        ["AUTH", '*"code":2,', "^2", "^3"], ["HOST", '*"code":3,', '*"code":4,', '*"code":5,'], ["LATER", '*"code":6,'],
        ["SAME", "*ip not changed", "^1"], ["ODD", "!"], ["OK", "~success"],
    ]},
    "dondominio": {"rules": [["HOST", "=ko"], ["ODD", "!"], ["OK", "=ok", "@"]]},
    # A bare "good" means unchanged.
    "all-inkl": {"rules": [["SAME", "=good"]], "std": 1, "any": 1},
    "mythic-beasts": {**_STATUS, "conn": 1},
    "namecheap": {"page": ["<interface-response>"], "rules": [
        ["AUTH", "*password does not match", "*passwords do not match", "*passwords does not match"],
        ["HOST", "*no records updated", "*domain name not found", "*domain name not active", "*>380099<"],
        ["OK", "*<errcount>0</errcount>"],
    ]},
    "domaindiscount24": _KEYSYSTEMS,
    # KO does not say whether the token or a name is wrong: each host is asked for alone before it stops.
    "duckdns": {
        "q4": "domains={labels}&token={password}&ip={ip}&verbose=true",
        "q6": "domains={labels}&token={password}&ipv6={ipv6}&verbose=true",
        "qd": "domains={labels}&token={password}&ip={ip}&ipv6={ipv6}&verbose=true",
        "any": 1, "rules": [["HOST", "^ko"], ["SAME", "=nochange"], ["OK", "^ok"]],
    },
    "do-de": {
        "q4": "myip={ip}&hostname={hostname}", "q6": "myip={ipv6}&hostname={hostname}",
        "qa": "username={user}&password={password}",
    },
    "dnsmadeeasy": {"max": 1, "any": 1, "rules": [
        ["BLOCK", "~error-auth-suspend", "~error-auth-voided"], ["AUTH", "~error-auth"],
        ["HOST", "~error-record-invalid", "~error-record-auth"], ["SAME", "~error-record-ip-same"],
        ["LATER", "~error-system", "=error"], ["ODD", "!"], ["OK", "~success"],
    ]},
    "duiadns": {"tags": 1, "page": ["hostname", "badauth"], "rules": [
        ["AUTH", "~badauth"], ["HOST", "~nohost"], ["LATER", "*error"], ["OK", "^hostname"],
    ], "std": 1},
    "schokokeks": {"any": 1},
    "udmedia": {"any": 1},
    "regfish": {"rules": [
        ["AUTH", "^401", "^error|401"], ["HOST", "^412", "^error|412"], ["LATER", "^414", "^error|414"],
        ["SAME", "^101", "^success 101", "^success|101", "^success,101", "^success;101"], ["OK", "^100", "^success"],
    ]},
    # the names of its query parameters for credentials are not known
    "myonlineportal": {"auth": None, "words": {"ok": "OK"}},
    "njalla": {"bad": [401], "rules": [["AUTH", "*invalid host or key"], ["OK", '*"message":"record updated"']]},
    "sitelutions": {"max": 1, "any": 1, "rules": [
        ["LATER", "*dberror"], ["AUTH", "*noauth", "*nouser"], ["HOST", "*noaccess", "*norecord", "*noid", "*badip"],
        ["ODD", "!"], ["OK", "~success"],
    ]},
    "mydns-jp": _MYDNS_JP,
    "freemyip": {"conn": 1, "q6": "token={password}&domain={hostname}", "rules": [["AUTH", "=error"], ["OK", "^ok"]]},
    "ddns-fm": _STATUS,
    "domeneshop": {"rules": [["HOST", "#404"], ["ODD", "!"], ["OK", "#200", "#204"]], "std": 1},
    "gigahost": {"words": {"badagent": "HOST"}},  # a malformed address there
    "apertodns": {"user": "token"},
    "dnspark": {"rules": [
        ["AUTH", "^unauth"], ["HOST", "^nofqdn", "^nohost", "^notdyn", "^invalid"], ["BLOCK", "^abuse", "^blocked"],
        ["SAME", "^nochange"], ["OK", "^ok"],
    ]},
    "dhis": {"rules": [["ODD", "!"], ["OK", "@"]]},
    "dinahosting": {"rules": [
        ["AUTH", "*authentication error", "*errors_0_code=2200"], ["ODD", "*errors_0", "!"], ["OK", "~success"],
    ]},
    "cloudns": {"conn": 1, "any": 1, "rules": [
        ["AUTH", "*the record's key is wrong", "*invalid request."], ["LATER", "*requests per second"],
        ["ODD", "!"], ["OK", "#200"],
    ]},
    # The apex has another form.
    "dynadot": {
        "q4@": "containRoot=true&domain={domain}&type=A&ip={ip}&pwd={password}&ttl=300",
        "q6@": "containRoot=true&domain={domain}&type=AAAA&ip={ipv6}&pwd={password}&ttl=300",
        "rules": [["AUTH", "*invalid password"], ["ODD", "!", "*not ok"], ["OK", "=ok", '*"status":"success"', '*"status":"ok"']],
    },
    "directnic": {"any": 1, "rules": [["OK", '*"result":"success"']]},
    "1984": {"rules": [
        ["HOST", "*domain not found"], ["AUTH", '*"ok":false,"msg":"invalid api key'], ["ODD", '*"ok":false'],
        ["SAME", "*unaltered"], ["OK", '*"ok":true'],
    ]},
    # It says Done=true after errors too, with their number and texts beside it.
    "enom": {"rules": [
        ["AUTH", "*password is not correct", "*responsenumber1=304155"], ["ODD", "*err1=", "*<err1>"], ["OK", "*errcount=0"],
    ]},
    "no-ip-pl": {**_STATUS, "conn": 1},
    "ipnodns": {"conn": 1, "rules": [["ODD", "!", "*not ok"], ["OK", "=ok"]]},
    "system-ns": {"rules": [["OK", '*"code":0', "^0"]]},
    "freedns-v2-basic": {"any": 1, "rules": [
        ["AUTH", "*find any matching dns records"], ["SAME", "^no ip change detected"], ["OK", "^updated"],
    ]},
    "myaddr": {"any": 1, "rules": [["AUTH", "#404"], ["HOST", "#400"], ["ODD", "!"], ["OK", "#200"]]},
    "mydns-jp-notify": {**_MYDNS_JP, "conn": 1, "any": 1},
    "dyndns2": {"own": 1},
    "powerdns-admin": {"own": 1},
    "poweradmin": {"own": 1},
    "dyndnsd": {"own": 1, "opts": ["offline"]},
    "docker-ddns": {"own": 1},
    # The host is not known to it: nohost is never said there.
    "tiggerswelt": {"own": 1, "words": {"abuse": "HOST"}},
    "gira": {"any": 1, "rules": [["OK", "^ok"]]},
    "dnsever": {"page": ["<?xml"], "rules": [["ODD", "!"], ["OK", "#200"]]},
    "dnsmax": {"rules": [["ODD", "!"], ["OK", "@"]]},
    "thatip": {"rules": [["ODD", "!"], ["OK", "@"]]},
    "dslreports": {"any": 1, "rules": [["OK", "*return code: noerror"]]},
    # The numbers of its documentation; 1 and 4 are "unchanged".
    "dnsexit-old": {"rules": [
        ["AUTH", "^2", "^3"], ["HOST", "^10", "^11", "^13"], ["SAME", "^1", "^4"], ["OK", "^0"],
    ]},
    "servercow-dnsupdate": {"rules": [["AUTH", "*authentication failed"], ["ODD", "!"], ["OK", "^ok"]]},
    "dyndnsfree": _DYNUP,
    "dynup": _DYNUP,
    "moniker": _KEYSYSTEMS,
    "rrpproxy": _KEYSYSTEMS,
    "lightningwirelabs": {"rules": [["ODD", "!"], ["OK", "#200"]]},
    "entrydns": {"any": 1, "rules": [["AUTH", "#404"], ["HOST", "#422"], ["ODD", "!"], ["OK", "#200"]]},
    "zzzz": {"rules": [["HOST", "#404"], ["ODD", "!"], ["OK", "#200"]]},
    "value-domain": {"rules": [
        ["AUTH", "=status=2", "=status=4"], ["HOST", "=status=1", "=status=3", "=status=8"],
        ["LATER", "=status=5", "=status=503"], ["OK", "=status=0"],
    ]},
    "minidns": {"rules": [["ODD", "!"], ["OK", "^okay"]]},
    "dynv6-nic": {},
    "dtdns": {"rules": [
        ["HOST", "*hostname to update", "*hostname you supplied", "*character in ip"], ["AUTH", "*password you supplied"],
        ["BLOCK", "*disabled this account", "*too many failed"], ["OK", "*now points to"],
    ]},
    "gratisdns": {"tags": 1, "rules": [
        ["AUTH", "*bruger login:"], ["HOST", "*kan ikke administreres"], ["OK", "=ok"],
    ]},
    "dyns": {"rules": [["AUTH", "^401"], ["LATER", "^403"], ["OK", "^200"]]},
    "ods": {"rules": [["OK", "^299"]]},
    "staticcling": {"conn": 1, "rules": [
        ["HOST", "^invalid ip", "^required info"], ["AUTH", "^bad password"], ["BLOCK", "^account locked"],
        ["WAIT", "^update too frequent"], ["LATER", "^db error"], ["OK", "=success"],
    ]},
    "dhs": {"rules": [["ODD", "!"], ["OK", "#200"]]},
}
# fmt: on

# fmt: off
# Rows of our own: id -> (row they are made of, changed facts).
VARIANTS = {
    "rfc2136": ("dyn", {
        "name": "DNS UPDATE (RFC 2136): your own BIND, Knot, PowerDNS or Technitium, dynv6, Dyn", "host": "ns1.example.org", "path": "/",
        "query": "{ip}", "query_v6": "{ipv6}", "query_dual": "{ip},{ipv6}", "auth": "basic", "multi_host": 1, "ip_check": [], "refresh_days": None, "ports": [53], "dual_stack": "one message",
        "evidence": ["RFC 2136 and RFC 8945, and what BIND 9.18, Knot DNS 3.2 and PowerDNS 4.7 answer"], "unverified": [],
        "auth_user": "name of the TSIG key", "auth_password": "the key's secret in base64; make a key that may change A and AAAA of this name alone",
        "quirks": "signed with TSIG (RFC 8945), no TLS; the server goes into server, the zone into the host's zone where it is not the name less its first label",
    }),
    "dyn-legacy": ("dyn", {
        "name": "DynDNS, legacy /nic/update", "path": "/nic/update", "auth_password": "account password or updater client key",
        "quirks": "the v2 form, kept for devices and servers that know only it; use dyn where it works",
    }),
    "certadns-update": ("certadns", {
        "name": "CertaDNS, /domains/update", "path": "/domains/update", "auth": "basic-or-query",
        "quirks": "the endpoint without Bearer; codes come with HTTP 400, 401, 404 and 500",
    }),
    "certadns-v2": ("certadns", {
        "name": "CertaDNS, /domains/v2/update", "path": "/domains/v2/update", "quirks": "alias of certadns, GET only",
    }),
    "moniker": ("domaindiscount24", {"name": "Moniker", "aliases": ["moniker.com", "key-systems"]}),
    "rrpproxy": ("domaindiscount24", {"name": "RRPproxy (Key-Systems)", "aliases": ["rrpproxy.net", "key-systems", "centralnic"]}),
    "dynup": ("dyndnsfree", {"name": "dynup.de"}),
    "certadns-dyndns": ("certadns", {
        "name": "CertaDNS, /domains/dyndns/update", "path": "/domains/dyndns/update",
        "quirks": "alias of certadns, GET only",
    }),
}
# fmt: on
