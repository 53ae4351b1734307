# SPDX-License-Identifier: MIT
"""Tencent Cloud's DNSPod API 3.0: one address, an action in a header, a signature with every call, status
200 whatever happened; after cloud.tencent.com, document 1427."""

from . import signatures
from .json_zone import ACCOUNTS, ZONE, answer, full, label, rules, serve, signed  # noqa: F401

RULES = rules("tencent", "Tencent Cloud DNSPod", ("dnspod.tencentcloudapi.com",))
LINE = "\u9ed8\u8ba4"
ERRORS = {
    "auth": "AuthFailure.SignatureFailure",
    "path": "InvalidAction",
    "limit": "RequestLimitExceeded",
    "trouble": "InternalError",
    "body": "InvalidParameter",
    "zone": "InvalidParameterValue.DomainNotExists",
    "none": "ResourceNotFound.NoDataOfRecord",
    "record": "InvalidParameter.RecordIdInvalid",
}


def _say(call, **more):
    return answer(call, {"Response": {**more, "RequestId": "ab4f1426-ea15-42ea-8183-dc1b44151166"}})


def error(call, kind):
    code = "AuthFailure.SignatureExpire" if kind == "auth" and "time" in call.wrong else ERRORS[kind]
    reply = _say(call, Error={"Code": code, "Message": kind})
    reply.effects = []
    return reply


def listed(call, document):
    if not call.holds(document, "Domain", "Subdomain", "RecordType", "Limit"):
        return None
    found = call.find(full(document["Subdomain"]), document["RecordType"])
    rows = [
        {
            "RecordId": r["number"],
            "Name": label(r["name"]),
            "Type": r["type"],
            "Value": r["content"],
            "TTL": r["ttl"],
            "Line": LINE,
            "LineId": "0",
            "Remark": r["comment"],
        }
        for r in found
    ]
    return (
        _say(call, RecordCountInfo={"TotalCount": len(rows)}, RecordList=rows)
        if rows
        else error(call, "none")
    )


def modify(call, document):
    keys = ("Domain", "SubDomain", "RecordType", "RecordLine", "RecordId", "Value")
    if not call.holds(document, *keys, maybe=("TTL",)) or document["RecordLine"] != LINE:
        return None
    found = call.find(full(document["SubDomain"]), document["RecordType"], number=document["RecordId"])
    text = call.address(document["Value"], document["RecordType"])
    if not found:
        return error(call, "record")
    if not text:
        return None
    call.store(found[0], text, ttl=document.get("TTL", 600))  # without it: the plan's default
    return _say(call, RecordId=document["RecordId"])


def create(call, document):
    if not call.holds(document, "Domain", "SubDomain", "RecordType", "RecordLine", "Value", "TTL"):
        return None
    text = call.address(document["Value"], document["RecordType"])
    if not text:
        return None
    one = call.create(full(document["SubDomain"]), document["RecordType"], text, ttl=document["TTL"])
    return _say(call, RecordId=one["number"])


ACTIONS = {"DescribeRecordList": listed, "ModifyRecord": modify, "CreateRecord": create}


def act(call):
    function = ACTIONS.get(call.request.headers.get("x-tc-action"))
    document = call.document
    if call.request.headers.get("x-tc-version") != "2021-03-23" or not function:
        call.odd("an action or version that is none")
        return error(call, "path")
    if not isinstance(document, dict) or document.get("Domain") != ZONE:
        return error(call, "zone")
    return function(call, document)


ROUTES = {"*": serve((("POST", "/", act),), error, signed(signatures.tc3, {"AKIDdemo": "demo-secret"}))}
