# SPDX-License-Identifier: MIT
"""Amazon Route 53: XML both ways, a signature with every call, record sets replaced by name; after its
API reference."""

from xml.etree import ElementTree
from xml.sax.saxutils import escape

from ..messages import Reply
from . import signatures
from .json_zone import ACCOUNTS, ZONE, rules, serve, signed  # noqa: F401

RULES = rules("route53", "Amazon Route 53", ("route53.amazonaws.com",))
ZID = "Z1PA6795UKMFR9"
NS = "https://route53.amazonaws.com/doc/2013-04-01/"
#: kind -> (status, code, message). It says no Retry-After.
ERRORS = {
    "auth": (403, "SignatureDoesNotMatch", "The request signature we calculated does not match."),
    "path": (404, "UnknownOperationException", "Unknown"),
    "limit": (400, "Throttling", "Rate exceeded"),
    "trouble": (503, "ServiceUnavailable", "Service is not available"),
    "body": (400, "InvalidInput", "Invalid XML ; cvc-complex-type.2.4.a"),
    "zone": (404, "NoSuchHostedZone", "No hosted zone found"),
}


def _xml(call, root, inner, status=200):
    fine = status < 400
    noise = getattr(call.world, "noise", 0) if fine else 0
    inner = "".join("<N i='%d>'>x &amp; y%s</N>" % (i, "n" * 120) for i in range(noise // 130)) + inner
    text = '<?xml version="1.0"?>\n<!-- <x> --><%s xmlns="%s">%s</%s>' % (root, NS, inner, root)
    return Reply(
        text, status, {"Content-Type": "text/xml"}, call.outcomes, call.effects if fine else [], call.findings
    )


def error(call, kind):
    status, code, message = ERRORS[kind]
    if kind == "auth" and "time" in call.wrong:
        message = "Signature expired: is now earlier than"
    inner = "<Error><Type>Sender</Type><Code>%s</Code><Message>%s</Message></Error><RequestId>x</RequestId>"
    return _xml(call, "ErrorResponse", inner % (code, message), status)


def zones(call):
    rows = [("Z0PRIVATE", ZONE, "true"), (ZID, ZONE, "false"), ("Z9OTHER", "zzz.example", "false")]
    if call.groups["name"] != ZONE + ".":
        rows = rows[2:]  # the list goes on behind the name that was asked for
    form = (
        "<HostedZone><Id>/hostedzone/%s</Id><Name>%s.</Name>"
        "<Config><PrivateZone>%s</PrivateZone></Config></HostedZone>"
    )
    inner = "<HostedZones>%s</HostedZones><MaxItems>10</MaxItems>" % "".join(form % one for one in rows)
    return _xml(call, "ListHostedZonesByNameResponse", inner)


def listed(call):
    if call.groups["zid"] != ZID:
        return error(call, "zone")
    found = call.find(call.groups["name"], call.groups["type"]) or call.find("www.example.net", "A")
    values = "".join(
        "<ResourceRecord><Value>%s</Value></ResourceRecord>" % escape(r["content"]) for r in found
    )
    inner = (
        "<ResourceRecordSets><ResourceRecordSet><Name>%s.</Name><Type>%s</Type><TTL>%d</TTL><ResourceRecords>"
        "%s</ResourceRecords></ResourceRecordSet></ResourceRecordSets><IsTruncated>true</IsTruncated>"
    )
    told = (found[0]["name"], found[0]["type"], found[0]["ttl"], values)
    return _xml(call, "ListResourceRecordSetsResponse", inner % told)


def change(call):
    if call.groups["zid"] != ZID:
        return error(call, "zone")
    try:
        root = ElementTree.fromstring(call.request.body)
    except ElementTree.ParseError:
        call.odd("a body that is no XML")
        return None
    path = "/".join("{%s}%s" % (NS, word) for word in ("ChangeBatch", "Changes", "Change"))
    changes = root.findall(path)
    if root.tag != "{%s}ChangeResourceRecordSetsRequest" % NS or len(changes) != 1:
        call.odd("a body that is no batch of one change")
        return None
    told = {one.tag.rpartition("}")[2]: (one.text or "") for one in changes[0].iter()}
    act, name, kind, ttl = (told.get(key, "") for key in ("Action", "Name", "Type", "TTL"))
    text = call.address(told.get("Value", ""), kind)
    if act not in ("CREATE", "UPSERT") or not text or not ttl.isdigit() or name[-1:] != ".":
        call.odd("a change that is none")
        return None
    old = call.find(name, kind)
    if old and act == "CREATE":
        return error(call, "body")
    keep = {key: old[0][key] for key in ("proxied", "comment", "tags")} if old else {}
    call.replace(name.rstrip("."), kind, text, ttl=int(ttl), **keep)
    return _xml(
        call,
        "ChangeResourceRecordSetsResponse",
        "<ChangeInfo><Id>/change/C2</Id><Status>PENDING</Status></ChangeInfo>",
    )


ONE = r"/2013-04-01/hostedzone/(?P<zid>[^/?]+)/rrset"
ROUTES = {
    "*": serve(
        (
            ("GET", r"/2013-04-01/hostedzonesbyname\?dnsname=(?P<name>[^&]+)&maxitems=10", zones),
            ("GET", ONE + r"\?name=(?P<name>[^&]+)&type=(?P<type>A|AAAA)&maxitems=1", listed),
            ("POST", ONE, change),
        ),
        error,
        signed(signatures.aws4, {"AKIADEMO": "demo-secret"}),
    )
}
