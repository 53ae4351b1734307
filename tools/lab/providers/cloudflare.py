# SPDX-License-Identifier: MIT
"""Cloudflare API v4: zones and records by id, PATCH; after developers.cloudflare.com and recorded
exchanges."""

from .json_zone import ACCOUNTS, ZONE, answer, bearer, rules, serve  # noqa: F401

RULES = rules("cloudflare", "Cloudflare", ("api.cloudflare.com",))
ZID = "023e105f4ecef8ad9ca31a8372d0c353"
#: kind -> (status, code, message)
ERRORS = {
    "auth": (400, 6003, "Invalid request headers"),
    "path": (404, 7000, "No route for that URI"),
    "limit": (429, 971, "Please wait and consider throttling your request speed"),
    "trouble": (502, 10001, "Service temporarily unavailable"),
    "body": (400, 9207, "Request body is invalid."),
    "zone": (404, 7003, "Could not route, perhaps your object identifier is invalid?"),
    "record": (404, 81044, "Record does not exist."),
    "same": (400, 81058, "An identical record already exists."),
}


def error(call, kind):
    status, code, message = ERRORS[kind]
    inner = [{"code": 6111, "message": "Invalid format for Authorization header"}] if kind == "auth" else []
    headers = {"Retry-After": str(call.wait)} if kind == "limit" else {}
    return answer(
        call,
        {
            "success": False,
            "errors": [{"code": code, "message": message, "error_chain": inner}],
            "messages": [],
            "result": None,
        },
        status,
        headers,
    )


def _shown(record):
    return {
        key: record[key] for key in ("id", "name", "type", "content", "proxied", "ttl", "comment", "tags")
    } | {
        "proxiable": True,
        "settings": {},
        "meta": {},
        "created_on": "2024-01-01T00:00:00Z",
        "modified_on": "2024-01-01T00:00:00Z",
    }


def _good(call, result, **more):
    return answer(call, {"result": result, "success": True, "errors": [], "messages": [], **more})


def zones(call):
    found = [
        {
            "id": ZID,
            "name": ZONE,
            "status": "active",
            "owner": {"id": None, "type": "user"},
            "permissions": ["#dns_records:edit"],
        }
    ]
    return _good(
        call,
        found if call.groups["name"] == ZONE else [],
        result_info={"page": 1, "per_page": 20, "count": 1, "total_count": 1},
    )


def listed(call):
    if call.groups["zid"] != ZID:
        return error(call, "zone")
    found = call.find(call.groups["name"], call.groups["type"])
    if getattr(call.world, "loose", False):  # a filter that matches more than the name, as some do
        found = [r for r in call.records if call.groups["name"] in r["name"]] + [
            r for r in call.records if r["type"] == "TXT"
        ]
    return _good(
        call,
        [_shown(r) for r in found],
        result_info={"page": 1, "per_page": 100, "count": len(found), "total_count": len(found)},
    )


def patch(call):
    document = call.document
    found = call.find(id=call.groups["rid"])
    if call.groups["zid"] != ZID or not found:
        return error(call, "record" if call.groups["zid"] == ZID else "zone")
    if not call.holds(document, "content"):
        return None
    text = call.address(document["content"], found[0]["type"])
    if not text:
        return None
    call.store(found[0], text)
    return _good(call, _shown({**found[0], "content": text}))


def post(call):
    document = call.document
    if call.groups["zid"] != ZID:
        return error(call, "zone")
    if not call.holds(document, "type", "name", "content", "ttl", "proxied"):
        return None
    text = call.address(document["content"], document["type"])
    if not text:
        return None
    if [r for r in call.find(document["name"], document["type"]) if r["content"] == text]:
        return error(call, "same")
    return _good(call, _shown(call.create(document["name"], document["type"], text, ttl=document["ttl"])))


ROUTES = {
    "*": serve(
        (
            ("GET", r"/client/v4/zones\?name=(?P<name>[^&]+)", zones),
            (
                "GET",
                r"/client/v4/zones/(?P<zid>[^/]+)/dns_records\?type=(?P<type>A|AAAA)&name=(?P<name>[^&]+)&per_page=100",
                listed,
            ),
            ("PATCH", r"/client/v4/zones/(?P<zid>[^/]+)/dns_records/(?P<rid>[^/?]+)", patch),
            ("POST", r"/client/v4/zones/(?P<zid>[^/]+)/dns_records", post),
        ),
        error,
        bearer,
    )
}
