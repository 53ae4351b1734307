# SPDX-License-Identifier: MIT
"""Spaceship: values added by PUT and taken away by DELETE, both with a body; after docs.spaceship.dev."""

from .json_zone import ACCOUNTS, ZONE, answer, full, label, rules, serve  # noqa: F401

RULES = rules("spaceship", "Spaceship", ("spaceship.dev",))
STATUS = {"auth": 401, "path": 404, "limit": 429, "trouble": 500, "body": 422, "zone": 404, "record": 404}


def error(call, kind):
    return answer(
        call,
        {"detail": kind, "data": []},
        STATUS[kind],
        {"Retry-After": str(call.wait)} if kind == "limit" else {},
    )


def login(call):
    return [call.request.headers.get(key) for key in ("x-api-key", "x-api-secret")] == [
        "key-demo",
        "secret-demo",
    ]


def listed(call):
    if call.groups["zone"] != ZONE:
        return error(call, "zone")
    return answer(
        call,
        {
            "total": len(call.records),
            "items": [
                {
                    "type": r["type"],
                    "name": label(r["name"]),
                    "ttl": r["ttl"],
                    "group": {"type": "custom"},
                    "address" if r["type"] in ("A", "AAAA") else "value": r["content"],
                }
                for r in call.records
            ],
        },
    )


def put(call):
    document = call.document
    if call.groups["zone"] != ZONE:
        return error(call, "zone")
    if (
        not call.holds(document, "force", "items")
        or len(document["items"]) != 1
        or not call.holds(document["items"][0], "type", "name", "address", "ttl")
    ):
        return None
    one = document["items"][0]
    text, name = call.address(one["address"], one["type"]), full(one["name"])
    if not text:
        return None
    there = call.find(name, one["type"], content=text)
    if there:
        call.store(there[0], text, ttl=one["ttl"])
    else:
        call.create(name, one["type"], text, ttl=one["ttl"])
    return answer(call, None, 204)


def delete(call):
    document = call.document
    if (
        not isinstance(document, list)
        or len(document) != 1
        or not call.holds(document[0], "type", "name", "address")
    ):
        return None
    found = call.find(full(document[0]["name"]), document[0]["type"], content=document[0]["address"])
    if not found:
        return error(call, "record")
    call.effects.append(("call", "", lambda: call.records.remove(found[0])))
    return answer(call, None, 204)


PATH = r"/api/v1/dns/records/(?P<zone>[^/?]+)"
ROUTES = {
    "*": serve(
        (("GET", PATH + r"\?take=500&skip=0", listed), ("PUT", PATH, put), ("DELETE", PATH, delete)),
        error,
        login,
    )
}
