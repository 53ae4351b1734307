# SPDX-License-Identifier: MIT
"""OVHcloud's API: lists of bare ids, a signature with every call, and nothing is published before
/refresh; after api.ovh.com and recorded exchanges."""

from . import signatures
from .json_zone import ACCOUNTS, ZONE, answer, full, label, rules, serve, signed  # noqa: F401

RULES = rules("ovh-rest", "OVHcloud API", ("eu.api.ovh.com",))
#: kind -> (status, errorCode or "", message)
ERRORS = {
    "auth": (400, "", "Invalid signature"),
    "path": (404, "", "Got an invalid (or empty) URL"),
    "limit": (429, "", "Too many requests"),
    "trouble": (503, "", "Service temporarily unavailable"),
    "body": (400, "", "Invalid argument"),
    "zone": (404, "", "This service does not exist"),
    "record": (404, "", "The requested object (id = 0) does not exist"),
}


def error(call, kind):
    status, code, message = ERRORS[kind]
    if kind == "auth" and "key" in call.wrong:
        status, code, message = 403, "INVALID_CREDENTIAL", "This credential is not valid"
    more = {"errorCode": code} if code else {}
    headers = {"Retry-After": str(call.wait)} if kind == "limit" else {}
    return answer(call, {"class": "Client", "message": message, **more}, status, headers)


def _shown(one):
    name = label(one["name"])
    return {
        "id": one["number"],
        "zone": ZONE,
        "fieldType": one["type"],
        "subDomain": "" if name == "@" else name,
        "target": one["content"],
        "ttl": one["ttl"],
    }


def _dirty(call, dirty):
    call.effects.append(("call", "", lambda: setattr(call.world, "unpublished", dirty)))


def act(call):
    groups = call.groups
    if groups["zone"] != ZONE:
        return error(call, "zone")
    if call.request.method == "GET" and groups.get("type"):
        found = call.find(full(groups["sub"]), groups["type"])
        return answer(call, [r["number"] for r in found])
    if call.request.method == "POST":
        return _post(call)
    found = call.find(number=int(groups["rid"]))
    if not found:
        return error(call, "record")
    if call.request.method == "GET":
        return answer(call, _shown(found[0]))
    document = call.document
    text = call.address(document["target"], found[0]["type"]) if call.holds(document, "target") else None
    if not text:
        return None
    call.store(found[0], text)
    _dirty(call, True)
    return answer(call, None)


def _post(call):
    document = call.document
    if not call.holds(document, "fieldType", "subDomain", "target", "ttl"):
        return None
    text = call.address(document["target"], document["fieldType"])
    if not text:
        return None
    one = call.create(full(document["subDomain"]), document["fieldType"], text, ttl=document["ttl"])
    _dirty(call, True)
    return answer(call, _shown(one))


def refresh(call):
    if call.groups["zone"] != ZONE:
        return error(call, "zone")
    _dirty(call, False)
    return answer(call, {})


PATH = r"/1\.0/domain/zone/(?P<zone>[^/?]+)"
ROUTES = {
    "*": serve(
        (
            ("GET", PATH + r"/record\?fieldType=(?P<type>A|AAAA)&subDomain=(?P<sub>[^&]*)", act),
            ("GET", PATH + r"/record/(?P<rid>\d+)", act),
            ("PUT", PATH + r"/record/(?P<rid>\d+)", act),
            ("POST", PATH + "/record", act),
            ("POST", PATH + "/refresh", refresh),
        ),
        error,
        signed(signatures.ovh, {"demo-app": "demo-secret+demo-token"}),
    )
}
