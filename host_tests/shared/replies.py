# SPDX-License-Identifier: MIT
# Replies and what they mean: tables and helpers that several tests share.
from wanbeacon.core import address
from wanbeacon.dyndns import catalog, reply

FILE = "firmware/catalogue/providers.dat"
A, B = "203.0.114.7", "203.0.114.8"
A6, B6 = "2a00:1450::7", "2a00:1450::8"
_rows = {}


def packed(sent):
    """(v4 text or None, v6 text or None) as the bytes that pass between rooms."""
    return tuple([address.parse(a) if a else None for a in sent])


def row_of(name):
    if name not in _rows:
        _rows[name] = catalog.find(FILE, name)
    return _rows[name]


def read(name, body, status=200, hosts=1, sent=(A, None), **more):
    row = row_of(name) if isinstance(name, str) else name
    body = body if isinstance(body, bytes) else body.encode()
    return reply.read(row, status, body, ["h%d.example" % i for i in range(hosts)], packed(sent), **more)


def classes(*args, **kw):
    return " ".join([o.cls for o in read(*args, **kw)])


def check(table, name):
    """table: (body, class[, status]). Every row of it, all failures at once."""
    bad = []
    for line in table:
        got = classes(name, line[0], line[2] if len(line) > 2 else 200)
        if got != line[1]:
            bad.append((line, got))
    assert not bad, (name, bad)


WORDS = (
    ("good " + A, "OK"), ("nochg " + A, "SAME"), ("badauth", "AUTH"), ("!donator", "FEATURE"), ("!active", "FEATURE"),
    ("notfqdn", "HOST"), ("nohost", "HOST"), ("numhost", "HOST"), ("!yours", "HOST"), ("badsys", "HOST"),
    ("badip 10.0.0.1", "HOST"), ("badrequest", "HOST"), ("abuse", "BLOCK"), ("badagent", "AGENT"),
    ("good 127.0.0.1", "AGENT"), ("dnserr", "LATER"), ("911", "LATER"), ("servererror", "LATER"), ("noauth", "AUTH"),
    ("w10h", "LATER"), ("", "ODD"), ("fatal", "ODD"), ("goodness", "ODD"), ("success", "ODD"),
)  # fmt: skip

LISTS = (
    ("good {a}\nnochg {a}\nnohost", 3, "OK SAME HOST"),
    ("good {a}\r\nnochg {a}\r\nabuse\r\n", 3, "OK SAME BLOCK"),
    ("badauth", 3, "AUTH AUTH AUTH"),
    ("badagent", 2, "AGENT AGENT"),
    ("911", 3, "LATER LATER LATER"),
    ("!donator", 3, "FEATURE FEATURE FEATURE"),
    ("good {a}", 3, "OK OK OK"),
    ("nochg {a}", 2, "SAME SAME"),  # with `split`: asked once for each
    ("nohost", 2, "HOST HOST"),
    ("good {a}\nnochg {a}", 3, "OK SAME ODD"),
    ("good {a}\ngood {a}\ngood {a}\ngood {a}", 2, "OK OK"),
    ("hello\ngood {a}\nnochg {a}", 2, "OK SAME"),
    ("good {a}\nwhat\nnochg {a}", 3, "OK ODD SAME"),
    ("good {b}\ngood {a}", 2, "ODD OK"),
    ("good {a}\ngood 127.0.0.1", 2, "OK AGENT"),
    ("", 2, "ODD ODD"),
    ("<html>\ngood {a}\ngood {a}", 2, "ODD ODD"),
)

# provider -> (body, class[, status])
ROWS = {
    "noip": (("nochg %s\r" % A, "SAME"), ("abuse", "BLOCK"), ("911", "LATER"), ("badauth", "AUTH", 401), ("", "LATER", 429)),
    "zerigo": (
        ("OK", "OK"), ("OK\n", "OK"), ("Nothing to change", "SAME"), ("nothing to change\r\n", "SAME"), ("OK", "LATER", 500),
        ("Unauthorized", "AUTH", 401), ("", "AUTH", 403), ("no such host", "HOST", 404), ("", "HOST", 400), ("", "ODD"),
        ("<html>OK</html>", "ODD"), ("NOT OK", "ODD"), ("good " + A, "ODD"),
    ),
    "certadns": (
        ("good " + A, "OK"), ("nochg " + A, "SAME"), ("badauth", "AUTH", 401), ("nohost", "HOST", 404), ("dnserr", "LATER", 500),
        ("The record type does not match", "HOST", 400), ("", "LATER", 502),
    ),
    "mydns-se": (("good " + A, "OK"), ("nochg " + A, "SAME"), ("badauth", "AUTH"), ("notfqdn", "HOST"), ("dnserr", "LATER"),
                 ("abuse", "BLOCK")),
    "dynu": (("good", "OK"), ("nochg", "SAME"), ("servererror", "LATER"), ("911", "LATER"), ("!donator", "FEATURE")),
    "he-dns": (("good " + A, "OK"), ("interval", "LATER"), ("badip", "HOST"), ("badauth", "AUTH"), ("abuse", "BLOCK")),
    "he-tunnelbroker": (
        ("good " + A, "OK"), ("nochg " + A, "SAME"), ("badauth", "AUTH"),
        ("-ERROR: This tunnel is already associated with this IP address.", "SAME"), ("-ERROR: other", "ODD"),
    ),
    "dynv6": (
        ("addresses updated", "OK"), ("addresses unchanged", "SAME"), ("invalid authentication token", "AUTH", 401),
        ("zone not found", "HOST", 404), ("addresses updated", "LATER", 500), ("good", "ODD"), ("", "AUTH", 401),
    ),
    "desec": (
        ("good", "OK"), ("nohost", "HOST", 404), ("", "AUTH", 401), ("badauth", "AUTH", 401), ("", "HOST", 400),
        ("Request was throttled. Expected available in 55 seconds.", "LATER", 429),
    ),
    "nsupdate-info": (("good " + A, "OK"), ("badauth", "AUTH", 401), ("abuse", "BLOCK", 403), ("dnserr", "LATER"),
                      ("notfqdn", "HOST"), ("badagent", "AGENT")),
    "dyfi": (("good " + A, "OK"), ("nochg", "SAME"), ("badip 9.9.9.9", "HOST"), ("badauth", "AUTH", 401), ("abuse", "BLOCK")),
    "spdyn": (("fatal", "HOST"), ("numhost", "BLOCK"), ("!yours", "HOST"), ("good " + A, "OK")),
    "strato": (("badrequest", "HOST"), ("good " + A, "OK"), ("nochg " + A, "SAME")),
    "easydns": (
        ('<HTML><BODY><FONT FACE="sans-serif">NOERROR<br /></FONT>', "OK"), ("NO_ERROR", "OK"), ("<FONT>OK</FONT>", "ODD"),
        ("no update required", "SAME"), ('<HTML><BODY><FONT FACE="x">NOACCESS</FONT>', "AUTH"), ("<p>Press OK</p>", "ODD"), ("NO_ACCESS", "AUTH"), ("NO_AUTH", "AUTH"),
        ("NOSERVICE", "HOST"), ("ILLEGAL INPUT", "HOST"), ("TOOSOON", "LATER"), ("TOO_FREQ", "LATER"), ("TOO_SOON OK", "LATER"),
        ("<html><p>look</p></html>", "ODD"), ("BOOK", "ODD"),
    ),
    "zoneedit": (
        ('<SUCCESS CODE="200" TEXT="h updated to 1.2.3.4" ZONE="h">', "OK"), ('<SUCCESS CODE="201" TEXT="no change">', "SAME"),
        ('<ERROR CODE="707" TEXT="Duplicate updates for the same host/ip">', "SAME"), ('<ERROR CODE="708" TEXT="x">', "AUTH"),
        ('<ERROR CODE="702" TEXT="Minimum 600 seconds between requests">', "LATER"), ('<ERROR CODE="701">', "HOST"),
        ('<SUCCESS CODE="200"><ERROR CODE="708">', "AUTH"), ('<ERROR CODE="200">', "ODD"), ("<html></html>", "ODD"),
    ),
    "loopia": (("good " + A, "OK"), ("nohost", "HOST"), ("911", "ODD"), ("nochg", "SAME")),
    "changeip": (("200 Successful Update", "OK"), ("success", "OK"), ("good " + A, "OK"), ("unsuccessful", "ODD"),
                 ("401 Access Denied", "AUTH", 401)),
    "opendns": (("good " + A, "OK"), ("!yours", "AUTH"), ("nohost", "HOST")),
    "freedns-v1": (
        ("Updated 1 host(s) h.example to 1.2.3.4 in 0.1 seconds", "OK"), ("ERROR: Address 1.2.3.4 has not changed.", "SAME"),
        ("ERROR: Invalid update URL", "AUTH"), ("ERROR: Unable to locate this record", "AUTH"), ("ERROR: other", "ODD"),
    ),
    "freedns-v2": (("Updated h.example from 1.1.1.1 to 1.2.3.4", "OK"),
                   ("No IP change detected for h.example with IP 1.2.3.4, skipping update", "SAME"), ("nothing", "ODD")),
    "freedns-nic": (("good " + A, "OK"), ("Updated h", "OK"), ("nochg", "SAME"), ("ERROR: Address has not changed", "SAME"),
                    ("badauth", "AUTH")),
    "ddnss": (
        ("<head><title>DDNSS - Kostenloser DynDNS Service</title></head><p>Updated 1 hostname.</p>", "OK"), ("good", "OK"),
        ("<html><body>Updated 1 hostname.</body></html>", "ODD"), ("No change", "SAME"), ("nochg", "SAME"), ("badauth", "AUTH"),
        ("<head><title>DDNSS - Kostenloser DynDNS Service</title></head><b>badysys</b>", "HOST"), ("notfqdn", "HOST"), ("<html>hello</html>", "ODD"),
    ),
    "infomaniak": (("successfully_changed", "OK"), ("no_change", "SAME"), ("good " + A, "OK"), ("badauth", "AUTH", 400),
                   ("nohost", "HOST", 400), ("Validation failed", "HOST", 400)),
    "selfhost": (
        ("good " + A, "OK"), ("", "SAME", 204), ("", "AUTH", 401), ("", "HOST", 409), ("", "AUTH", 410), ("", "HOST", 411),
        ("", "HOST", 412), ("", "LATER", 503), ("noauth", "AUTH"), ("abuse", "BLOCK", 409), ("", "ODD"),
    ),
    "dnshome": (("Successfully updated IP", "OK"), ("", "OK"), ("", "AUTH", 401), ("<html>hi</html>", "ODD"), ("badauth", "AUTH"),
                ("error: wrong host", "ODD")),
    "goip": (("h.example (%s)" % A, "OK"), ("h.example (%s)" % B, "ODD"), ("Zugriff verweigert", "AUTH"),
             ("h.example (1%s)" % A, "ODD"), ("h.example (%s.5)" % A, "ODD")),
    "ipv64": (('{"info":"good"}', "OK"), ("good", "OK"), ("nochg", "SAME"), ("badauth", "AUTH"), ("", "AUTH", 401)),
    "now-dns": (("nohost", "HOST", 400), ("badauth", "AUTH", 400), ("good", "OK")),
    "dnsexit": (("0=Success", "OK"), ("IP not changed", "SAME"), ("2=Invalid password", "AUTH")),
    "dondominio": (("OK", "OK"), ("hello\nIP:" + A, "OK"), ("IP:" + B, "ODD"), ("error: user", "ODD")),
    "all-inkl": (("good " + A, "OK"), ("good", "SAME"), ("good ", "SAME"), ("nochg", "SAME"), ("badauth", "AUTH"), ("", "AUTH", 401)),
    "mythic-beasts": (('{"message":"1 records updated"}', "OK"), ("", "AUTH", 401), ("", "ODD", 404), ('{"error":"x"}', "ODD")),
    "namecheap": (
        ('<?xml version="1.0" encoding="utf-16"?><interface-response><ErrCount>0</ErrCount>', "OK"),
        ("<interface-response><ErrCount>1</ErrCount><Err1>Passwords do not match</Err1>", "AUTH"),
        ("<interface-response><ErrCount>1</ErrCount><Err1>No Records updated. A record not Found;</Err1>", "HOST"),
        ("<interface-response><ErrCount>1</ErrCount>", "ODD"), ("<r><ErrCount>0</ErrCount></r>", "ODD"), ("<html></html>", "ODD"),
    ),
    "domaindiscount24": (("code = 200", "OK"), ("success", "OK"), ("", "OK"), ("authorization failed", "HOST"), ("invalid password", "AUTH"), ("", "LATER", 500),
                         ("error: success is far", "ODD")),
    "duckdns": (
        ("OK", "OK"), ("OK\n%s\n\nUPDATED" % A, "OK"), ("OK\n%s\n\nNOCHANGE" % A, "SAME"), ("KO", "HOST"), ("", "LATER", 503),
        ("<html>OK</html>", "ODD"), ("OKAY", "ODD"), ("BROKEN", "ODD"),
    ),
    "core-networks": (("good", "OK"), ("badauth", "AUTH")),
    "dnsmadeeasy": (
        ("success", "OK"), ("error-record-ip-same", "SAME"), ("error-auth", "AUTH"), ("error-auth-suspend", "BLOCK"),
        ("error-auth-voided", "BLOCK"), ("error-record-invalid", "HOST"), ("error-record-auth", "HOST"),
        ("error-system", "LATER"), ("error", "LATER"), ("error-else", "ODD"),
    ),
    "duiadns": (("<html>Hostname h.example updated</html>", "OK"), ("badauth", "AUTH"), ("nohost", "HOST"), ("error", "LATER")),
    "regfish": (("success|100|updated", "OK"), ("success|101|no update", "SAME"), ("100", "OK"), ("101", "SAME"), ("401", "AUTH"), ("409", "ODD"),
                ("success: ok", "OK")),
    "njalla": (('{"status": 200, "message": "record updated"}', "OK"), ('{"status":401,"message":"invalid host or key"}', "AUTH", 401),
               ("", "LATER", 500), ("", "ODD")),
    "simply": (("hello\ngood " + A, "OK"), ("badauth", "AUTH")),
    "sitelutions": (("success", "OK"), ("failure (dberror)", "LATER"), ("failure (auth)", "ODD")),
    "mydns-jp": (("<html><title>MyDNS.JP</title><dt>REMOTE ADDRESS:</dt></html>", "ODD"),
                 ("<html><title>x | MyDNS.JP</title>login_status = 0.<BR>REMOTE ADDRESS:" + A, "AUTH"),
                 ("<html><title>x | MyDNS.JP</title>login_status = 1.<BR>", "OK"), ("Login and IP address notify OK.", "OK"), ("<html></html>", "ODD"),
                 ("", "AUTH", 401)),
    "freemyip": (("OK", "OK"), ("ERROR", "AUTH"), ("", "ODD")),
    "ddns-fm": (("", "OK"), ("updated", "OK"), ("", "ODD", 403), ("<!DOCTYPE html>", "ODD")),
    "domeneshop": (("", "OK", 204), ("", "OK"), ("", "HOST", 404), ("", "AUTH", 401), ("<html>", "ODD")),
    "gigahost": (("badagent", "HOST"), ("good " + A, "OK")),
    "nic-ru": (("dnserr", "LATER"), ("good " + A, "OK")),
    "dnspark": (("ok", "OK"), ("nochange", "SAME"), ("unauth", "AUTH"), ("nohost", "HOST"), ("blocked", "BLOCK")),
    "dhis": (("updated to " + A, "OK"), ("error " + A, "ODD"), ("updated to " + B, "ODD")),
    "dinahosting": (("responseCode = 1000\nmessage = 'Success.'", "OK"), ("responseCode = 2200\nerrors_0_message = 'Success'", "ODD")),
    "cloudns": (("updated", "OK"), ("", "OK"), ("The record's key is wrong!", "AUTH"), ("Invalid request.", "AUTH"),
                ("You are sending more than 20 requests per second", "LATER"), ("<html>", "ODD")),
    "dynadot": (("ok", "OK"), ('{"status":"ok"}', "OK"), ("not ok", "ODD"), ("error", "ODD")),
    "directnic": (('{"result": "success"}', "OK"), ('{"result":"error","message":"success"}', "ODD")),
    "1984": (('{"ok": true}', "OK"), ('{"ok":true,"msg":"unaltered"}', "SAME"), ('{"ok":false}', "ODD"),
             ('{"ok":false, "msg":"Invalid API key"}', "AUTH")),
    "enom": (("Command=SETDNSHOST\nErrCount=0\nDone=true", "OK"), ("ErrCount=1\nErr1=Bad\nDone=true", "ODD")),
    "no-ip-pl": (("", "OK"), ("<html>", "ODD"), ("", "AUTH", 401)),
    "ipnodns": (("ok", "OK"), ("not ok", "ODD"), ("error", "ODD")),
    "system-ns": (('{"code": 0, "msg":"x"}', "OK"), ("0", "OK"), ('{"code":5}', "ODD"), ("05", "ODD")),
    "ddo-jp": (("SUCCESS: home", "OK"), ("<html>SUCCESS</html>", "ODD"), ("FAIL", "AUTH"), ("<html>", "ODD")),
}  # fmt: skip
