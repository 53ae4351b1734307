# SPDX-License-Identifier: MIT
"""Alibaba Cloud DNS: an action in a header, its parameters in the query, a signature and a nonce with
every call; after help.aliyun.com."""

from . import signatures
from .json_zone import ACCOUNTS, ZONE, answer, full, label, rules, serve, signed  # noqa: F401

RULES = rules("aliyun", "Alibaba Cloud DNS", ("alidns.aliyuncs.com",))
#: kind -> (status, Code)
ERRORS = {
    "auth": (400, "SignatureDoesNotMatch"),
    "path": (404, "InvalidAction.NotFound"),
    "limit": (400, "Throttling.User"),
    "trouble": (503, "ServiceUnavailable"),
    "body": (400, "InvalidParameter"),
    "zone": (400, "IncorrectDomainUser"),
    "record": (400, "DomainRecordNotBelongToUser"),
    "same": (400, "DomainRecordDuplicate"),
}
#: action -> (method, parameters, those that may be missing)
ACTIONS = {
    "DescribeSubDomainRecords": ("GET", {"DomainName", "PageSize", "SubDomain", "Type"}, set()),
    "UpdateDomainRecord": ("POST", {"RecordId", "RR", "Type", "Value"}, {"TTL", "Line"}),
    "AddDomainRecord": ("POST", {"DomainName", "RR", "Type", "Value", "TTL"}, set()),
}


def error(call, kind):
    status, code = ERRORS[kind]
    if kind == "auth" and "time" in call.wrong:
        code = "InvalidTimeStamp.Expired"
    return answer(
        call, {"RequestId": "536E9CAD", "HostId": RULES.names[0], "Code": code, "Message": kind}, status
    )


def _good(call, **more):
    return answer(call, {"RequestId": "536E9CAD-DB30-4647-AC87-AA5CC38C5382", **more})


def _shown(r):
    return {
        "DomainName": ZONE,
        "RecordId": str(r["number"]),
        "RR": label(r["name"]),
        "Type": r["type"],
        "Value": r["content"],
        "Line": "default",
        "TTL": r["ttl"],
        "Remark": r["comment"],
        "Status": "ENABLE",
    }


def act(call):
    request, nonces = call.request, call.world.__dict__.setdefault("nonces", set())
    action, told = request.headers.get("x-acs-action"), request.params
    method, keys, maybe = ACTIONS.get(action, ("", set(), set()))
    if request.headers.get("x-acs-version") != "2015-01-09" or request.method != method:
        call.odd("an action, version or method that is none")
        return error(call, "path")
    if not keys <= set(told) <= keys | maybe or request.headers.get("x-acs-signature-nonce") in nonces:
        call.odd("other parameters than %s, or a nonce a second time" % sorted(keys))
        return None
    nonces.add(request.headers.get("x-acs-signature-nonce"))
    if told.get("DomainName", ZONE) != ZONE:
        return error(call, "zone")
    if action == "DescribeSubDomainRecords":
        rows = [_shown(r) for r in call.find(told["SubDomain"], told["Type"])]
        return _good(call, TotalCount=len(rows), PageSize=100, PageNumber=1, DomainRecords={"Record": rows})
    text = call.address(told["Value"], told["Type"])
    if not text:
        return None
    if action == "AddDomainRecord":
        one = call.create(full(told["RR"]), told["Type"], text, ttl=int(told["TTL"]))
        return _good(call, RecordId=str(one["number"]))
    found = call.find(full(told["RR"]), told["Type"], number=int(told["RecordId"]))
    if not found or told.get("Line") != "default":
        return error(call, "record")
    if found[0]["content"] == text:
        return error(call, "same")
    call.store(found[0], text, ttl=int(told.get("TTL", 600)))
    return _good(call, RecordId=told["RecordId"])


ROUTES = {
    "*": serve(
        (("GET", r"/\?.*", act), ("POST", r"/\?.*", act)),
        error,
        signed(signatures.acs3, {"LTAIdemo": "demo-secret"}),
    )
}
