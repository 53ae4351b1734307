# SPDX-License-Identifier: MIT
"""A name server of one's own with a JSON API (PowerDNS 4.9): the generic one, record sets replaced by
name; after doc.powerdns.com and recorded exchanges."""

from ..messages import Reply
from .json_zone import ACCOUNTS, ZONE, answer, rules, serve  # noqa: F401

RULES = rules("powerdns", "PowerDNS", ("ns.example.net",))
ERRORS = {
    "path": (404, "Not Found"),
    "limit": (429, "Too Many Requests"),
    "trouble": (500, "Internal Server Error"),
    "body": (422, "RRset: name is out of zone"),
    "zone": (404, "Could not find domain 'x.'"),
}


def error(call, kind):
    if kind == "auth":  # the only one that is no JSON
        return Reply("Unauthorized", 401, {"Content-Type": "text/plain"}, call.outcomes, [], call.findings)
    status, message = ERRORS[kind]
    return answer(
        call, {"error": message}, status, {"Retry-After": str(call.wait)} if kind == "limit" else {}
    )


def login(call):
    return call.request.headers.get("x-api-key") == "demo-token"


def read(call):
    if call.groups["zone"] != ZONE + ".":
        return error(call, "zone")
    found, sets = call.find(call.groups["name"], call.groups["type"]), {}
    if call.groups["name"][-1] != ".":
        return None
    for one in found:
        sets.setdefault((one["name"] + ".", one["type"]), []).append(one)
    return answer(
        call,
        {
            "id": ZONE + ".",
            "name": ZONE + ".",
            "kind": "Native",
            "serial": 1,
            "rrsets": [
                {
                    "name": name,
                    "type": kind,
                    "ttl": rows[0]["ttl"],
                    "records": [{"content": r["content"], "disabled": False} for r in rows],
                    "comments": [],
                }
                for (name, kind), rows in sets.items()
            ],
        },
    )


def patch(call):
    document = call.document
    if call.groups["zone"] != ZONE + ".":
        return error(call, "zone")
    if not call.holds(document, "rrsets") or len(document["rrsets"]) != 1:
        return None
    one = document["rrsets"][0]
    if (
        not call.holds(one, "name", "type", "ttl", "changetype", "records")
        or one["changetype"] != "REPLACE"
        or one["name"][-1] != "."
    ):
        return None
    name, text = one["name"].rstrip("."), call.address(one["records"][0]["content"], one["type"])
    if not text or not (name == ZONE or name.endswith("." + ZONE)):
        return None
    old = call.find(name, one["type"])
    keep = {key: old[0][key] for key in ("proxied", "comment", "tags")} if old else {}
    call.replace(name, one["type"], text, ttl=one["ttl"], **keep)
    return answer(call, None, 204)


PATH = r"/api/v1/servers/localhost/zones/(?P<zone>[^/?]+)"
ROUTES = {
    "*": serve(
        (
            ("GET", PATH + r"\?rrset_name=(?P<name>[^&]+)&rrset_type=(?P<type>A|AAAA)", read),
            ("PATCH", PATH, patch),
        ),
        error,
        login,
    )
}
