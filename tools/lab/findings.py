# SPDX-License-Identifier: MIT
"""The table of what a client can do wrong, each with the document that asks for better, and the verdict
per client. Only words and counts; judge.py makes the
findings."""

DYN_POLICIES = "help.dyn.com, Remote Access API, Policies"
DYN_UPDATE = "help.dyn.com, Remote Access API, Perform Update"
DYN_RETURN = "help.dyn.com, Remote Access API, Return Codes"
NOIP_RESPONSE = "noip.com, Integrate, Response"
RFC_HTTP = "RFC 9110"

#: finding -> the document that asks for better, unless the provider's own rules name another.
FINDINGS = {
    "no User-Agent": DYN_POLICIES,
    "generic User-Agent": DYN_POLICIES,
    "User-Agent not in the provider's form": DYN_UPDATE,
    "needless update": DYN_POLICIES,
    "update after a refusal": DYN_RETURN,
    "blocked client goes on": DYN_POLICIES,
    "too soon after 911 or dnserr": NOIP_RESPONSE,
    "Retry-After ignored": RFC_HTTP + ", section 10.2.3",
    "updates too close together": DYN_POLICIES,
    "check page asked too often": DYN_POLICIES,
    "check page asked after an error": NOIP_RESPONSE,
    "address header sent to the check page": "help.dyn.com, Remote Access API, CheckIP Tool",
    "bogon address sent": "IANA special-purpose address registries (RFC 6890)",
    "malformed address sent": DYN_POLICIES,
    "too many hosts": DYN_UPDATE,
    "one request per host": DYN_UPDATE,
    "credentials in query": RFC_HTTP + ", section 17.9",
    "credentials over plain HTTP": "RFC 7617, section 4",
    "credentials sent to another host": RFC_HTTP + ", section 15.4",
    "POST instead of GET": DYN_UPDATE,
    "other page than the update URL": DYN_POLICIES,
    "malformed request": RFC_HTTP,
    "other family deleted": "the provider's update API",
    "no update for too long": "the provider's update API",
}


def note(client, request, name, detail=""):
    """Files one finding; returns it."""
    finding = {"finding": name, "detail": detail, "request": request.number, "time": request.now}
    client.findings.append(finding)
    return finding


def verdict(client, rules):
    """{"client", "user", "agent", "requests", "findings": [{"finding","document","count","details"}], "good":
    [...]}"""
    table = {}
    for item in client.findings:
        row = table.setdefault(
            item["finding"],
            {
                "finding": item["finding"],
                "count": 0,
                "details": [],
                "requests": [],
                "document": rules.documents.get(item["finding"]) or FINDINGS.get(item["finding"], ""),
            },
        )
        row["count"] += 1
        row["requests"].append(item["request"])
        if item["detail"] and len(row["details"]) < 5:
            row["details"].append(item["detail"])
    good = sorted(
        client.praise - ({"credentials only over TLS"} if "credentials over plain HTTP" in table else set())
    )
    if client.updates and client.changes == client.updates:
        good.append("one request per change (%d of %d)" % (client.changes, client.updates))
    if client.refusals and not client.sins:
        good += [
            "no update after %s" % code for code in sorted({code for code, _ in client.refusals.values()})
        ]
    if client.agent and not {"generic User-Agent", "User-Agent not in the provider's form"} & table.keys():
        good.append("a User-Agent of its own")
    return {
        "client": client.key,
        "user": client.user,
        "agent": client.agent,
        "requests": client.requests,
        "updates": client.updates,
        "checks": client.checks,
        "changes": client.changes,
        "blocked": client.blocked,
        "findings": list(table.values()),
        "good": good,
    }
