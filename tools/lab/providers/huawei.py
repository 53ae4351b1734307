# SPDX-License-Identifier: MIT
"""Huawei Cloud DNS: record sets by id, a signature with every call; after support.huaweicloud.com."""

from . import signatures
from .json_zone import ACCOUNTS, ZONE, answer, rules, serve, signed  # noqa: F401

RULES = rules("huawei", "Huawei Cloud DNS", ("dns.myhuaweicloud.com",))
ZID = "2c9eb155587194ec01587224c9f90149"
#: kind -> (status, code)
ERRORS = {
    "auth": (401, "APIGW.0301"),
    "path": (404, "APIGW.0101"),
    "limit": (429, "APIGW.0308"),
    "trouble": (500, "DNS.0999"),
    "body": (400, "DNS.0302"),
    "record": (404, "DNS.0313"),
}


def error(call, kind):
    status, code = ERRORS[kind]
    names = ("error_code", "error_msg") if code.startswith("APIGW") else ("code", "message")
    headers = {"Retry-After": str(call.wait)} if kind == "limit" else {}
    return answer(call, {names[0]: code, names[1]: kind, "request_id": "x"}, status, headers)


def zones(call):
    rows = (
        [{"id": ZID, "name": ZONE + ".", "zone_type": "public"}] if call.groups["name"] == ZONE + "." else []
    )
    return answer(call, {"links": {}, "zones": rows, "metadata": {"total_count": len(rows)}})


def _shown(found):
    return {
        "id": found[0]["id"],
        "name": found[0]["name"] + ".",
        "type": found[0]["type"],
        "ttl": found[0]["ttl"],
        "zone_id": ZID,
        "description": found[0]["comment"],
        "records": [r["content"] for r in found],
        "status": "ACTIVE",
        "weight": 1,
    }


def listed(call):
    found = call.find(call.groups["name"], call.groups["type"])
    return answer(call, {"recordsets": [_shown(found)] if found else [], "metadata": {"total_count": 1}})


def put(call):
    document, found = call.document, call.find(id=call.groups["rid"])
    if not found:
        return error(call, "record")
    if not call.holds(document, "name", "type", "records", maybe=("ttl",)):
        return None
    same = document["name"] == found[0]["name"] + "." and document["type"] == found[0]["type"]
    text = call.address(document["records"][0], found[0]["type"]) if len(document["records"]) == 1 else None
    if not same or not text:
        return None
    call.store(found[0], text, ttl=document.get("ttl", 300))
    return answer(call, _shown([{**found[0], "content": text}]), 202)


def post(call):
    document = call.document
    if not call.holds(document, "name", "type", "ttl", "records"):
        return None
    text = call.address(document["records"][0], document["type"])
    if not text:
        return None
    one = call.create(document["name"].rstrip("."), document["type"], text, ttl=document["ttl"])
    return answer(call, _shown([one]), 202)


SETS = r"/v2\.1/zones/%s/recordsets" % ZID
ROUTES = {
    "*": serve(
        (
            ("GET", r"/v2/zones\?name=(?P<name>[^&]+)&search_mode=equal&type=public", zones),
            ("GET", SETS + r"\?name=(?P<name>[^&]+)&search_mode=equal&type=(?P<type>A|AAAA)", listed),
            ("PUT", SETS + r"/(?P<rid>[^/?]+)", put),
            ("POST", SETS, post),
        ),
        error,
        signed(signatures.sdk, {"AKDEMO": "demo-secret"}),
    )
}
