"""What the provider facts cannot say in a form a device can run: reply rules, login and list habits. Hand-made, a table.

Rules (see wanbeacon.dyndns.reply), failures first, then SAME, then OK; each row was written by reading the provider's
documentation or, where there is none, several clients (tools/data/providers.json names them). Rows that are not here
speak plain DynDNS2. Words like ODD before an OK of a single short word keep an error text from passing as success."""

_ERRORS = ["~error", "~errors", "~fail", "~failed", "~failure", "~invalid", "~denied", "~unknown"]
_STATUS = {"rules": [["ODD", *_ERRORS], ["OK", "#200"]], "std": 1}
_CERTADNS = {"qa": "username={user}&password={password}", "one": 1, "min": None, "key": "ak_"}

# id -> keys of the device's row that replace what was made of the facts; None takes a key away.
ROWS = {
    "dyn": {"opts": ["wildcard", "mx", "backmx", "offline", "system"], "ua": "dyn"},
    # Options left out are sent as NOCHG: v2 turned them off when they were missing.
    "dyn-legacy": {"opts": ["wildcard=NOCHG", "mx=NOCHG", "backmx=NOCHG", "offline", "system"], "ua": "dyn"},
    # abuse blocks the user, not the host (No-IP response page); hosts may be group names or all.ddnskey.com.
    "noip": {"words": {"abuse": "ACCOUNT"}, "opts": ["offline"], "enc": 1, "any": 1, "qc": "hostname={hostname}"},
    # "At most hourly" is for clients that cannot detect a change: this agent sends nothing without one.
    "zerigo": {
        "min": None, "q4": "host={hostname}&ip={ip}", "q6": "host={hostname}&ip={ipv6}", "qa": "user={user}&password={password}",
        "rules": [["SAME", "=nothing to change"], ["OK", "=ok"]],
    },
    # One domain object is A or AAAA. 400 is an address of the other type, told in prose. "About one request a second"
    # is no interval for one host: the usual minimum is longer.
    "certadns": {**_CERTADNS, "post": 2},
    "certadns-update": {**_CERTADNS, "post": 2},
    "certadns-v2": _CERTADNS,
    "certadns-dyndns": _CERTADNS,
    "mydns-se": {"qc": "hostname={hostname}", "user": "host"},
    "dynu": {"qa": "username={user}&password={password}"},
    "he-dns": {"qa": "password={password}", "user": "host"},
    # The old endpoint spells "unchanged" as an error; hosts are tunnel numbers.
    "he-tunnelbroker": {"rules": [["SAME", "*already associated with this ip address"]], "std": 1, "any": 1},
    "dynv6": {"rules": [
        ["AUTH", "*invalid authentication token"], ["HOST", "*zone not found"],
        ["SAME", "*addresses unchanged"], ["OK", "*addresses updated"],
    ]},
    # A request without one of the families deletes it, so both are always named ("preserve"); the names of one request
    # must lie in one domain: under dedyn.io that is one label, elsewhere the user's "zone" says so.
    "desec": {"qa": "username={user}&password={password}", "zone": "dedyn.io"},
    "nsupdate-info": {"user": "host"},
    # Expires after 7 days; its specification wants a refresh between the 5th and the 6th day. A user has five names at most.
    "dyfi": {"conn": 1, "max": 5, "days": 6, "words": {"abuse": "ACCOUNT"}},
    "spdyn": {"qa": "user={user}&pass={password}", "words": {"fatal": "HOST", "numhost": "BLOCK"}},
    "easydns": {"tags": 1, "rules": [
        ["AUTH", "~noaccess", "~no_access", "~no_auth"],
        ["HOST", "~noservice", "~no_service", "~illegal input", "~illegal_input"],
        ["LATER", "~toosoon", "~too_soon", "~too_freq"],
        ["SAME", "*no update required"], ["OK", "~noerror", "~no_error", "~ok"],
    ]},
    # 707 is a duplicate update: an error to them, "unchanged" to us.
    "zoneedit": {"max": 1, "rules": [
        ["AUTH", '*code="708"', "*failed login"], ["HOST", '*code="701"', '*code="709"'],
        ["LATER", '*code="702"'], ["SAME", '*<success code="201"', '*<error code="707"'], ["OK", '*<success code="200"'],
    ]},
    # 911 answers a client's mistakes as well as outages: asked again three times, then stopped.
    "loopia": {"words": {"911": "ODD"}},
    "changeip": {"rules": [["OK", "~success", "~successful"]], "std": 1},
    "dnsomatic": {
        "q4": "hostname={hostname}&myip={ip}", "q6": "hostname={hostname}&myip={ipv6}",
        "opts": ["wildcard=NOCHG", "mx=NOCHG", "backmx=NOCHG"], "any": 1,
    },
    "opendns": {"any": 1, "words": {"!yours": "AUTH"}},
    # "ERROR: Address x has not changed." is a success.
    "freedns-v1": {"any": 1, "rules": [
        ["SAME", "*has not changed"], ["AUTH", "*error: invalid", "*error: unable"], ["OK", "^updated"],
    ]},
    "freedns-v2": {"any": 1, "rules": [["SAME", "^no ip change detected"], ["OK", "^updated"]]},
    "freedns-nic": {"rules": [["SAME", "*has not changed", "^no ip change detected"], ["OK", "^updated"]], "std": 1},
    "ddnss": {"tags": 1, "rules": [
        ["AUTH", "~badauth"], ["HOST", "~notfqdn", "~badsys", "~badysys"],
        ["SAME", "*no change", "~nochg"], ["OK", "~good", "^updated 1 hostname"],
    ]},
    "ddo-jp": {"tags": 1, "any": 1, "rules": [["AUTH", "*fail"], ["OK", "~success"]]},
    "infomaniak": {"words": {"successfully_changed": "OK", "no_change": "SAME", "validation": "HOST"}},
    # The login decides the host; v6 alone resets the A record, so a host with both families always gets both.
    "inwx": {"both": 1, "any": 1},
    "joker": {
        "q4": "myip={ip}&hostname={hostname}", "q6": "myip={ipv6}&hostname={hostname}",
        "qa": "username={user}&password={password}",
    },
    "selfhost": {"std": 1, "words": {"noauth": "AUTH"}, "rules": [
        ["AUTH", "#401", "#410"], ["HOST", "#409", "#411", "#412"], ["SAME", "#204"],
    ]},
    "dnshome": {**_STATUS, "user": "host"},
    "goip": {"rules": [["AUTH", "*zugriff verweigert"], ["ODD", *_ERRORS, "~fehler"], ["OK", "@"]]},
    "ipv64": {
        "q4": "domain={hostname}&ip={ip}", "q6": "domain={hostname}&ip6={ipv6}", "qd": "domain={hostname}&ip={ip}&ip6={ipv6}",
        "qa": "key={password}", "user": "host", "rules": [["SAME", "~nochg"], ["OK", "~good"]], "std": 1,
    },
    "dnsexit": {"max": 1, "rules": [["ODD", *_ERRORS], ["SAME", "*ip not changed"], ["OK", "~success"]]},
    "dondominio": {"rules": [["ODD", *_ERRORS], ["OK", "~ok", "@"]]},
    # A bare "good" means unchanged.
    "all-inkl": {"rules": [["SAME", "=good"]], "std": 1, "any": 1},
    "mythic-beasts": {**_STATUS, "conn": 1},
    "namecheap": {"rules": [
        ["AUTH", "*password does not match", "*passwords do not match", "*passwords does not match"],
        ["HOST", "*no records updated", "*domain name not found"], ["OK", "*<errcount>0</errcount>"],
    ]},
    "domaindiscount24": {"rules": [
        ["AUTH", "*authorization failed"], ["ODD", *_ERRORS], ["OK", "*code = 200", "~success", "0"],
    ]},
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
        ["AUTH", "=error-auth"], ["BLOCK", "=error-auth-suspend", "=error-auth-voided"],
        ["HOST", "=error-record-invalid", "=error-record-auth"], ["LATER", "=error-system", "=error"],
        ["SAME", "=error-record-ip-same"], ["OK", "=success"],
    ]},
    "duiadns": {"tags": 1, "rules": [
        ["AUTH", "~badauth"], ["HOST", "~nohost"], ["LATER", "*error"], ["OK", "^hostname"],
    ]},
    "schokokeks": {"any": 1},
    "udmedia": {"any": 1},
    "regfish": {"rules": [
        ["SAME", "^101", "^success 101", "^success|101", "^success,101", "^success;101"], ["OK", "^100", "^success"],
    ]},
    "myonlineportal": {"auth": None},  # the names of its query parameters for credentials are not known
    "njalla": {"rules": [["AUTH", "*invalid host or key"], ["OK", '*"message":"record updated"']]},
    "sitelutions": {"max": 1, "any": 1, "rules": [["LATER", "*dberror"], ["ODD", *_ERRORS], ["OK", "~success"]]},
    "mydns-jp": {"tags": 1, "rules": [
        ["ODD", *_ERRORS], ["OK", "*remote address", "*200 ok", "*login and ip address notify ok"],
    ]},
    "freemyip": {"conn": 1, "q6": "token={password}&domain={hostname}", "rules": [["AUTH", "^error"], ["OK", "^ok"]]},
    "ddns-fm": _STATUS,
    "domeneshop": {"rules": [["ODD", *_ERRORS], ["OK", "#200", "#204"]], "std": 1},
    "gigahost": {"words": {"badagent": "HOST"}},  # a malformed address there
    "apertodns": {"user": "token"},
    "dnspark": {"rules": [
        ["AUTH", "^unauth"], ["HOST", "^nofqdn", "^nohost", "^notdyn"], ["BLOCK", "^abuse", "^blocked"],
        ["SAME", "^nochange"], ["OK", "^ok"],
    ]},
    "dhis": {"rules": [["ODD", *_ERRORS], ["OK", "@"]]},
    "dinahosting": {"rules": [["ODD", "*errors_0", *_ERRORS], ["OK", "~success"]]},
    "cloudns": {"conn": 1, "any": 1, "rules": [
        ["AUTH", "*the record's key is wrong", "*invalid request."], ["LATER", "*requests per second"],
        ["ODD", *_ERRORS], ["OK", "#200"],
    ]},
    # The apex has another form.
    "dynadot": {
        "q4@": "containRoot=true&domain={domain}&type=A&ip={ip}&pwd={password}&ttl=300",
        "q6@": "containRoot=true&domain={domain}&type=AAAA&ip={ipv6}&pwd={password}&ttl=300",
        "rules": [["ODD", *_ERRORS, "*not ok"], ["OK", "~ok"]],
    },
    "directnic": {"any": 1, "rules": [["OK", '*"result":"success"']]},
    "1984": {"rules": [["AUTH", '*"ok":false'], ["SAME", "*unaltered"], ["OK", '*"ok":true']]},
    # It says Done=true after errors too, with their number beside it.
    "enom": {"rules": [["ODD", "*<err1>", "*err1=", *["*errcount=%d" % n for n in range(1, 10)]], ["OK", "*done=true"]]},
    "no-ip-pl": {**_STATUS, "conn": 1},
    "ipnodns": {"conn": 1, "rules": [["ODD", *_ERRORS, "*not ok"], ["OK", "~ok"]]},
    "system-ns": {"rules": [["OK", '*"code":0', "^0"]]},
}

# Rows of our own: id -> (row they are made of, changed facts).
VARIANTS = {
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
    "certadns-dyndns": ("certadns", {
        "name": "CertaDNS, /domains/dyndns/update", "path": "/domains/dyndns/update",
        "quirks": "alias of certadns, GET only",
    }),
}
