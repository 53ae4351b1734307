# SPDX-License-Identifier: MIT
"""netcup's CCP: one address, an action in the body, a session; status 200 whatever happened; after
ccp.netcup.net's documentation and recorded exchanges."""

from .json_zone import ACCOUNTS, ZONE, answer, full, label, rules, serve  # noqa: F401

RULES = rules("netcup", "netcup CCP", ("ccp.netcup.net",))
KEYS = ("apikey", "customernumber")
SESSION = "5ec0c57a0d7e4f5b9d3f6c2e1a7b8c9d"
ERRORS = {
    "auth": (4013, "Validation Error.", "The login to the API failed. Wrong credentials."),
    "path": (4013, "Validation Error.", "Unknown action"),
    "limit": (4013, "Too many requests", "Too many requests in short time. Please try later."),
    "trouble": (5999, "Error", "Internal"),
    "body": (4013, "Validation Error.", "A value is in an invalid format"),
    "zone": (5029, "Can not get DNS records for zone", "Domain not found."),
    "record": (4013, "Validation Error.", "The record id does not exist."),
}


def _say(call, status, code, short, long, data=""):
    return answer(
        call,
        {
            "serverrequestid": "x",
            "clientrequestid": "",
            "action": "",
            "status": status,
            "statuscode": code,
            "shortmessage": short,
            "longmessage": long,
            "responsedata": data,
        },
        503 if code == 5999 else 200,
    )


def error(call, kind):
    reply = _say(call, "error", *ERRORS[kind])
    reply.effects = []
    return reply


def act(call):
    document = call.document
    if not call.holds(document, "action", "param"):
        return None
    param, action = document["param"], document["action"]
    if param.get("apikey") != "demo-token" or param.get("customernumber") != "12345":
        call.outcomes = [("*", "badauth")]
        return error(call, "auth")
    if action == "login":
        if param.get("apipassword") != "demo-secret":
            call.outcomes = [("*", "badauth")]
            return error(call, "auth")
        return _say(
            call,
            "success",
            2000,
            "Login successful",
            "Session has been created successful.",
            {"apisessionid": SESSION},
        )
    if param.get("apisessionid") != SESSION:
        return _say(
            call,
            "error",
            4001,
            "Api session id in invalid format",
            "The session id is not in a valid format.",
        )
    if param.get("domainname") != ZONE:
        return error(call, "zone")
    if action == "infoDnsRecords" and call.holds(param, *KEYS, "domainname", "apisessionid"):
        return _say(
            call, "success", 2000, "DNS records found", "", {"dnsrecords": [_shown(r) for r in call.records]}
        )
    if action == "updateDnsRecords" and call.holds(
        param, *KEYS, "domainname", "apisessionid", "dnsrecordset"
    ):
        return _update(call, param["dnsrecordset"]["dnsrecords"])
    return None


def _shown(record):
    return {
        "id": str(record["number"]),
        "hostname": label(record["name"]),
        "type": record["type"],
        "priority": "0",
        "destination": record["content"],
        "deleterecord": False,
        "state": "yes",
    }


def _update(call, rows):
    if len(rows) != 1 or not call.holds(
        rows[0], "hostname", "type", "priority", "destination", "deleterecord", "state", maybe=("id",)
    ):
        return None
    one = rows[0]
    text = call.address(one["destination"], one["type"])
    if not text or one["deleterecord"] is not False:
        return None
    if "id" not in one:
        call.create(full(one["hostname"]), one["type"], text)
        return _say(call, "success", 2000, "DNS records successful updated", "")
    found = call.find(full(one["hostname"]), one["type"], number=int(one["id"]))
    if not found:
        return error(call, "record")
    call.store(found[0], text)
    return _say(
        call,
        "success",
        2000,
        "DNS records successful updated",
        "",
        {"dnsrecords": [_shown(r) for r in call.records]},
    )


ROUTES = {
    "*": serve((("POST", r"/run/webservice/servers/endpoint\.php\?JSON", act),), error, lambda call: True)
}
