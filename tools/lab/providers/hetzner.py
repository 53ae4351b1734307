# SPDX-License-Identifier: MIT
"""Hetzner's Cloud API: values set by name through actions, zone by name; after docs.hetzner.cloud and
recorded exchanges."""

from .json_zone import ACCOUNTS, ZONE, answer, bearer, full, rules, serve  # noqa: F401

RULES = rules("hetzner", "Hetzner Console DNS", ("api.hetzner.cloud",))
ERRORS = {
    "auth": (401, "unauthorized", "unable to authenticate"),
    "path": (404, "not_found", "Path not found"),
    "limit": (429, "rate_limit_exceeded", "API rate limit exceeded"),
    "trouble": (503, "maintenance", "Cannot perform operation due to maintenance"),
    "body": (422, "invalid_input", "invalid input"),
    "zone": (404, "not_found", "Zone not found"),
    "record": (404, "not_found", "RRSet not found"),
    "same": (409, "uniqueness_error", "RRSet exists"),
}


def error(call, kind):
    status, code, message = ERRORS[kind]
    return answer(
        call,
        {"error": {"code": code, "message": message, "details": None}},
        status,
        {"Retry-After": str(call.wait)} if kind == "limit" else {},
    )


def _action(call, command):
    return {
        "id": 720575940379279360 + len(call.records),
        "status": "running",
        "command": command,
        "progress": 0,
        "started": "2026-01-01T00:00:00Z",
        "finished": None,
        "resources": [],
        "error": None,
    }


def _rrset(call, found):
    host, kind = call.groups["host"], call.groups["type"]
    return {
        "id": "%s/%s" % (host, kind),
        "name": host,
        "type": kind,
        "ttl": None if found[0]["ttl"] == 300 else found[0]["ttl"],
        "labels": {},
        "protection": {"change": False},
        "records": [{"value": r["content"], "comment": r["comment"]} for r in found],
        "zone": 1,
    }


def read(call):
    if call.groups["zone"] != ZONE:
        return error(call, "zone")
    found = call.find(full(call.groups["host"]), call.groups["type"])
    return answer(call, {"rrset": _rrset(call, found)}) if found else error(call, "record")


def set_records(call):
    document, kind = call.document, call.groups["type"]
    if call.groups["zone"] != ZONE:
        return error(call, "zone")
    found = call.find(full(call.groups["host"]), kind)
    if not found:
        return error(call, "record")
    if (
        not call.holds(document, "records")
        or len(document["records"]) != 1
        or not call.holds(document["records"][0], "value", maybe=("comment",))
    ):
        return None
    text = call.address(document["records"][0]["value"], kind)
    if not text:
        return None
    # the comment belongs to the value and is lost when it is not sent; TTL and labels belong to the set and
    # stay
    keep = {key: found[0][key] for key in ("ttl", "proxied", "tags")}
    call.replace(full(call.groups["host"]), kind, text, comment=document["records"][0].get("comment"), **keep)
    return answer(call, {"action": _action(call, "set_rrset_records")}, 201)


def create(call):
    document = call.document
    if call.groups["zone"] != ZONE:
        return error(call, "zone")
    if (
        not call.holds(document, "name", "type", "records", maybe=("ttl",))
        or document["name"] != document["name"].lower()
    ):
        return None
    if call.find(full(document["name"]), document["type"]):
        return error(call, "same")
    text = call.address(document["records"][0].get("value"), document["type"])
    if not text or document.get("ttl", 300) < 60:
        return None
    call.create(full(document["name"]), document["type"], text, ttl=document.get("ttl", 300))
    return answer(call, {"rrset": {"name": document["name"]}, "action": _action(call, "create_rrset")}, 201)


PATH = r"/v1/zones/(?P<zone>[^/]+)/rrsets"
ONE = PATH + r"/(?P<host>[^/]+)/(?P<type>A|AAAA)"
ROUTES = {
    "*": serve(
        (("GET", ONE, read), ("POST", ONE + "/actions/set_records", set_records), ("POST", PATH, create)),
        error,
        bearer,
    )
}
