# SPDX-License-Identifier: MIT
"""dynv6: /api/update with a token and its own words, and /nic/update in DynDNS2 for IPv4, after
dynv6.com/docs/apis."""

from ipaddress import ip_interface

from ..messages import Reply, address, family
from . import dyndns2
from .rules import Rules

TEXT = {"Content-Type": "text/plain"}

RULES = Rules(
    name="dynv6",
    title="dynv6",
    names=("dynv6.com", "ipv4.dynv6.com", "ipv6.dynv6.com"),
    update_paths=("/api/update", "/nic/update"),
    host_keys=("hostname", "zone"),
    header_auth=False,
    agent_required=False,
    list_limit=1,
    words_for_address=("", "auto", "-"),
    code_status={"badauth": 401},
    families=("A",),
    trouble_hold=300,
    steps=(dyndns2.no_outage, dyndns2.authenticated, dyndns2.named),
    documents={"needless update": "dynv6.com, docs, APIs", "too many hosts": "dynv6.com, docs, APIs"},
)

ACCOUNTS = {
    "zones": ["dynv6.net"],
    "accounts": [
        {
            "user": "none",
            "password": "web-pass",
            "tokens": ["demo-key"],
            "hosts": ["demo.dynv6.net", "demo2.dynv6.net"],
        }
    ],
}


def _value(request, world, key, kind):
    """What one parameter asks for: absent or empty keeps (""), "-" removes (None), "auto" = the
    connection's."""
    text = request.params.get(key, "")
    if text in ("", "-"):
        return None if text else ""
    if text == "auto":
        text = world.seen(request.peer, 6 if kind == "AAAA" else 4)
    if kind == "AAAA" and "/" in text:
        text = str(ip_interface(text).ip)
    value = address(text)
    if value is None or family(value) != kind:
        raise ValueError(text)
    return str(value)


def api(request, world):
    """/api/update: `addresses updated`, `addresses unchanged`, 401 or 404 with a sentence."""
    name = (request.names("hostname", "zone") or [""])[0]
    if world.outage:
        return Reply("internal error\n", 500, TEXT, [("*", "servererror")])
    account = next((a for a in world.accounts.values() if request.params.get("token") in a.tokens), None)
    if account is None:
        return Reply("invalid authentication token\n", 401, TEXT, [("*", "badauth")])
    host = world.host(name)
    if host is None or host.owner != account.user:
        return Reply("zone not found\n", 404, TEXT, [(name or "*", "nohost")])
    try:
        plan = {"A": _value(request, world, "ipv4", "A"), "AAAA": _value(request, world, "ipv6", "AAAA")}
    except ValueError:
        return Reply("invalid address\n", 400, TEXT, [(name, "badip")])
    plan = {kind: text for kind, text in plan.items() if text != ""}
    request.wanted = {kind: text for kind, text in plan.items() if text}
    if all(host.records.get(kind) == text for kind, text in plan.items()):
        return Reply("addresses unchanged\n", 200, TEXT, [(name, "nochg")], [("same", name, None)])
    return Reply("addresses updated\n", 200, TEXT, [(name, "good")], [("set", name, plan)])


def nic(request, world):
    """The token is the password; the user name does not matter."""
    if request.scheme == "basic":
        request.user = next(
            (a.user for a in world.accounts.values() if request.password in a.tokens), request.user
        )
    return dyndns2.update(request, world)


ROUTES = {"/api/update": api, "/nic/update": nic}
