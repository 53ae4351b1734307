# SPDX-License-Identifier: MIT
"""DigitalOcean: records by number, PATCH; after docs.digitalocean.com's OpenAPI and recorded exchanges."""

from .json_zone import ACCOUNTS, ZONE, answer, bearer, full, label, rules, serve  # noqa: F401

RULES = rules("digitalocean", "DigitalOcean", ("api.digitalocean.com",))
ERRORS = {
    "auth": (401, "unauthorized", "Unable to authenticate you."),
    "path": (404, "not_found", "The resource you were accessing could not be found."),
    "limit": (429, "too_many_requests", "API Rate limit exceeded."),
    "trouble": (500, "server_error", "Unexpected server-side error"),
    "body": (422, "unprocessable_entity", "Data is not valid"),
    "zone": (404, "not_found", "The resource you were accessing could not be found."),
    "record": (404, "not_found", "The resource you were accessing could not be found."),
}


def error(call, kind):
    status, word, message = ERRORS[kind]
    return answer(
        call,
        {"id": word, "message": message},
        status,
        {"retry-after": str(call.wait), "ratelimit-limit": "5000"} if kind == "limit" else {},
    )


def _shown(record):
    return {
        "id": record["number"],
        "type": record["type"],
        "name": label(record["name"]),
        "data": record["content"],
        "priority": None,
        "port": None,
        "ttl": record["ttl"],
        "weight": None,
        "flags": None,
        "tag": None,
    }


def listed(call):
    if call.groups["zone"] != ZONE:
        return error(call, "zone")
    found = call.find(call.groups["name"], call.groups["type"])
    return answer(
        call, {"domain_records": [_shown(r) for r in found], "links": {}, "meta": {"total": len(found)}}
    )


def patch(call):
    document = call.document
    found = call.find(number=int(call.groups["rid"]))
    if call.groups["zone"] != ZONE or not found:
        return error(call, "record")
    if not call.holds(document, "type", "data") or document["type"] != found[0]["type"]:
        return None
    text = call.address(document["data"], document["type"])
    if not text:
        return None
    call.store(found[0], text)
    return answer(call, {"domain_record": _shown({**found[0], "content": text})})


def post(call):
    document = call.document
    if call.groups["zone"] != ZONE:
        return error(call, "zone")
    if not call.holds(document, "type", "name", "data", "ttl"):
        return None
    text = call.address(document["data"], document["type"])
    return (
        answer(
            call,
            {
                "domain_record": _shown(
                    call.create(full(document["name"]), document["type"], text, ttl=document["ttl"])
                )
            },
            201,
        )
        if text
        else None
    )


PATH = r"/v2/domains/(?P<zone>[^/]+)/records"
ROUTES = {
    "*": serve(
        (
            ("GET", PATH + r"\?type=(?P<type>A|AAAA)&name=(?P<name>[^&]+)&per_page=20", listed),
            ("PATCH", PATH + r"/(?P<rid>\d+)", patch),
            ("POST", PATH, post),
        ),
        error,
        bearer,
    )
}
