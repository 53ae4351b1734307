# SPDX-License-Identifier: MIT
"""DuckDNS: OK or KO and nothing else, unless verbose is asked for; after duckdns.org/spec.jsp."""

from ..messages import Reply, address, family
from .rules import Rules

SPEC = "duckdns.org, spec"
TEXT = {"Content-Type": "text/plain"}

RULES = Rules(
    name="duckdns",
    title="DuckDNS",
    names=("www.duckdns.org",),
    update_paths=("/update",),
    host_keys=("domains",),
    header_auth=False,
    agent_required=False,
    trouble_hold=300,
    documents={"needless update": SPEC, "one request per host": SPEC},
)

ACCOUNTS = {
    "zones": ["duckdns.org"],
    "accounts": [
        {
            "user": "demo",
            "password": "unused",
            "tokens": ["demo-key"],
            "hosts": ["demo.duckdns.org", "demo2.duckdns.org"],
        }
    ],
}


def hosts_of(request, world):
    """Bare labels, made full names."""
    return [name + ".duckdns.org" for name in request.names("domains")]


def _plan(request, world):
    """ip and ipv6; with neither, the connection's address. An IPv6 address is taken in ip, too."""
    if request.params.get("clear", "").lower() == "true":
        return {"A": None, "AAAA": None}
    given = [text for text in (request.params.get("ip"), request.params.get("ipv6")) if text]
    values = [address(text) for text in given or [world.seen(request.peer)]]
    if None in values:
        raise ValueError(given)
    return {family(value): str(value) for value in values}


def update(request, world):
    names = hosts_of(request, world)
    if world.outage:
        return Reply("Service unavailable\n", 503, TEXT, [("*", "servererror")])
    account = next((a for a in world.accounts.values() if request.params.get("token") in a.tokens), None)
    hosts = [world.host(name) for name in names]
    if account is None or not hosts or any(host is None or host.owner != account.user for host in hosts):
        # one word for every mistake
        return Reply("KO", 200, TEXT, [("*", "badauth" if account is None else "nohost")])
    try:
        plan = _plan(request, world)
    except ValueError:
        return Reply("KO", 200, TEXT, [("*", "badip")])
    request.wanted = {kind: text for kind, text in plan.items() if text}
    outcomes = [
        (host.name, "nochg" if all(host.records.get(kind) == text for kind, text in plan.items()) else "good")
        for host in hosts
    ]
    effects = [("set", name, plan) if code == "good" else ("same", name, None) for name, code in outcomes]
    body = "OK"
    if request.params.get("verbose", "").lower() == "true":
        changed = any(code == "good" for _, code in outcomes)
        shown = {kind: plan.get(kind) or hosts[0].records.get(kind, "") for kind in ("A", "AAAA")}
        body = "OK\n%s\n%s\n%s" % (shown["A"], shown["AAAA"], "UPDATED" if changed else "NOCHANGE")
    return Reply(body, 200, TEXT, outcomes, effects)


ROUTES = {"/update": update}
