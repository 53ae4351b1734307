# SPDX-License-Identifier: MIT
"""Porkbun API v3: keys in the body, edit by name and type, about a request a second; after porkbun.com's
documentation and recorded exchanges."""

import json

from ..messages import Reply
from .json_zone import ACCOUNTS, ZONE, answer, full, rules, serve  # noqa: F401

#: Answers that come faster get a page of the proxy in front, with 503.
RULES = rules("porkbun", "Porkbun", ("api.porkbun.com",))
ERRORS = {
    "auth": (400, "INVALID_API_KEYS_001", "Invalid API key. (001)"),
    "path": (404, None, "Not found"),
    "trouble": (500, None, "Internal error"),
    "body": (400, None, "Edit error: We were unable to edit the DNS record."),
    "zone": (400, "INVALID_DOMAIN", "Invalid domain."),
    "record": (400, None, "Edit error: We were unable to edit the DNS record."),
}
KEYS = ("apikey", "secretapikey")


def error(call, kind):
    if kind == "limit":
        return Reply(
            "<html><head><title>503 Service Temporarily Unavailable</title></head>"
            "<body>openresty</body></html>\n",
            503,
            {"Content-Type": "text/html", "Retry-After": str(call.wait)},
            [],
            [],
            call.findings,
        )
    status, code, message = ERRORS[kind]
    return answer(call, {"status": "ERROR", "message": message, **({"code": code} if code else {})}, status)


def login(call):
    try:
        document = json.loads(call.request.body)
        return [document[key] for key in KEYS] == ["pk1_demo", "sk1_demo"]
    except (ValueError, KeyError, TypeError):
        return False


def retrieve(call):
    if call.groups["zone"] != ZONE:
        return error(call, "zone")
    if not call.holds(call.document, *KEYS):
        return None
    found = call.find(full(call.groups["host"]), call.groups["type"])
    rows = [
        {
            "id": str(r["number"]),
            "name": r["name"],
            "type": r["type"],
            "content": r["content"],
            "ttl": str(r["ttl"]),
            "prio": "0",
            "notes": r["comment"],
        }
        for r in found
    ]
    return answer(call, {"status": "SUCCESS", "cloudflare": "enabled", "records": rows})


def edit(call):
    document, kind = call.document, call.groups["type"]
    if call.groups["zone"] != ZONE:
        return error(call, "zone")
    if not call.holds(document, *KEYS, "content", maybe=("ttl", "notes")):
        return None
    text, old = call.address(document["content"], kind), call.find(full(call.groups["host"]), kind)
    if not text or not old or old[0]["content"] == text:  # nothing to change is an error, too
        return error(call, "record")
    keep = {key: old[0][key] for key in ("proxied", "tags")}
    call.replace(
        full(call.groups["host"]),
        kind,
        text,
        ttl=int(document.get("ttl", 600)),
        comment=document.get("notes") or None,
        **keep,
    )
    return answer(call, {"status": "SUCCESS"})


def create(call):
    document = call.document
    if call.groups["zone"] != ZONE:
        return error(call, "zone")
    if not call.holds(document, *KEYS, "type", "name", "content", "ttl"):
        return None
    text = call.address(document["content"], document["type"])
    return (
        answer(
            call,
            {
                "status": "SUCCESS",
                "id": call.create(full(document["name"]), document["type"], text, ttl=int(document["ttl"]))[
                    "number"
                ],
            },
        )
        if text
        else None
    )


PATH = r"/api/json/v3/dns/%s/(?P<zone>[^/]+)"
ONE = PATH + r"/(?P<type>A|AAAA)/(?P<host>[^/]*)"
ROUTES = {
    "*": serve(
        (
            ("POST", ONE % "retrieveByNameType", retrieve),
            ("POST", ONE % "editByNameType", edit),
            ("POST", PATH % "create", create),
        ),
        error,
        login,
    )
}
