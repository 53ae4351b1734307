# SPDX-License-Identifier: MIT
"""Gandi LiveDNS: values set by name, replacing all of that name and type; after
api.gandi.net/docs/livedns and recorded exchanges."""

from .json_zone import ACCOUNTS, ZONE, answer, bearer, full, rules, serve  # noqa: F401

RULES = rules("gandi", "Gandi LiveDNS", ("api.gandi.net",))
#: The TTL of a record that is written without one.
TTL = 10800
ERRORS = {
    "auth": (401, "HTTPUnauthorized", "The server could not verify that you are authorized"),
    "path": (404, "HTTPNotFound", "Not Found"),
    "limit": (429, "HTTPTooManyRequests", "Too many requests"),
    "trouble": (503, "HTTPServiceUnavailable", "Maintenance"),
    "body": (400, "HTTPBadRequest", "Bad Request"),
    "zone": (404, "HTTPNotFound", "The resource could not be found."),
    "record": (404, "dns-record", "Can't find the DNS record"),
}


def error(call, kind):
    status, what, message = ERRORS[kind]
    return answer(
        call,
        {
            "code": status,
            "message": message,
            "object": what,
            "cause": "Not Found" if status == 404 else "Error",
        },
        status,
        {"Retry-After": str(call.wait)} if kind == "limit" else {},
    )


def read(call):
    if call.groups["zone"] != ZONE:
        return error(call, "zone")
    found = call.find(full(call.groups["host"]), call.groups["type"])
    if not found:
        return error(call, "record")
    return answer(
        call,
        {
            "rrset_name": call.groups["host"],
            "rrset_type": call.groups["type"],
            "rrset_ttl": found[0]["ttl"],
            "rrset_values": [r["content"] for r in found],
            "rrset_href": "https://api.gandi.net/",
        },
    )


def put(call):
    document, kind = call.document, call.groups["type"]
    if call.groups["zone"] != ZONE:
        return error(call, "zone")
    if not call.holds(document, "rrset_values", maybe=("rrset_ttl",)) or len(document["rrset_values"]) != 1:
        return None
    text, ttl = call.address(document["rrset_values"][0], kind), document.get("rrset_ttl", TTL)
    if not text or not isinstance(ttl, int) or not 300 <= ttl <= 2592000:
        return None
    old = call.find(full(call.groups["host"]), kind)
    # what this API does not know of
    keep = {key: old[0][key] for key in ("proxied", "comment", "tags")} if old else {}
    call.replace(full(call.groups["host"]), kind, text, ttl=ttl, **keep)
    return answer(call, {"message": "DNS Record Created"}, 201)


PATH = r"/v5/livedns/domains/(?P<zone>[^/]+)/records/(?P<host>[^/]+)/(?P<type>A|AAAA)"
ROUTES = {"*": serve((("GET", PATH, read), ("PUT", PATH, put)), error, bearer)}
