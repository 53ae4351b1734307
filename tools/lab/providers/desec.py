# SPDX-License-Identifier: MIT
"""deSEC (update.dedyn.io): bare `good`, "preserve", deletion of the family that is not named, 429 with
Retry-After. After its update API and rate limit pages."""

from ..messages import Reply, address, family
from . import dyndns2
from .rules import Rules

API = "desec.readthedocs.io, IP update API"
LIMITS = "desec.readthedocs.io, rate limits"
TEXT = {"Content-Type": "text/plain"}
#: Parameters per record type, first one wins.
KEYS = {"A": ("myip", "myipv4", "ip"), "AAAA": ("myipv6", "ipv6", "myip", "ip")}


def authenticated(call):
    """Basic with a token as password, Token, or username/password in the query. The user name may be left
    out, the account's own, or a name of one of its domains; any other is refused (authentication.py,
    "username is not misleading")."""
    request = call.request
    secret = request.password or request.params.get("password", "")
    user = (request.user or request.params.get("username", "")).lower()
    for account in call.world.accounts.values():
        if secret and secret in account.tokens:
            host = call.world.host(user) if user else None
            if user in ("", account.user) or (host and host.owner == account.user):
                call.account = account
                return None
    return "badauth"


def one_domain(call):
    """The names, else the Basic user name; they must exist and lie in one domain."""
    call.names = call.names or [call.request.user.lower() or call.request.params.get("username", "").lower()]
    domains = set()
    for name in call.names:
        host = call.world.host(name)
        if host is None or host.owner != call.account.user:
            return "nohost"
        domains.add(".".join(name.split(".")[-3:]))
    if len(domains) != 1:
        return "nohost"
    call.domain = domains.pop()
    return None


def not_too_fast(call):
    """The limit is per domain: 2 requests in 2 minutes."""
    late = call.world.too_fast("update " + call.domain, *call.rules.burst)
    text = "Request was throttled. Expected available in %d seconds." % late
    return Reply(text, 429, {**TEXT, "Retry-After": str(late)}, outcomes=[]) if late else None


RULES = Rules(
    name="desec",
    title="deSEC dynamic DNS",
    names=("update.dedyn.io", "update6.dedyn.io", "checkipv4.dedyn.io"),
    update_paths=("*",),
    check_paths=("/checkip",),
    auth=("basic", "token", "query"),
    agent_required=False,
    good="good",
    nochg="good",
    end_newline=False,
    code_status={"badauth": 401, "nohost": 404, "911": 503, "dnserr": 503},
    words_for_address=("", "preserve"),
    burst=(2, 120),
    list_any=False,
    nochg_fault=False,
    trouble_hold=60,
    steps=(dyndns2.no_outage, authenticated, one_domain, not_too_fast),
    documents={
        "other family deleted": API,
        "check page asked too often": LIMITS,
        "Retry-After ignored": LIMITS,
        "credentials in query": API,
    },
)

ACCOUNTS = {
    "zones": ["dedyn.io"],
    "accounts": [
        {
            "user": "demo",
            "password": "web-pass",
            "tokens": ["demo-key"],
            "hosts": ["demo.dedyn.io", "www.demo.dedyn.io", "other.dedyn.io"],
        }
    ],
}


def hosts_of(request, world):
    return request.names("hostname") or [request.user.lower() or request.params.get("username", "").lower()]


def asked(call, kind):
    """(address text, None = delete, or "preserve") for a record type; ValueError if it cannot be read."""
    params = call.request.params
    for key in KEYS[kind]:
        text = params.get(key)
        if text is None:
            continue
        if text in ("", "preserve"):
            return text or None
        values = [address(item) for item in text.split(",")]
        if None in values:
            raise ValueError(text)
        mine = [str(value) for value in values if family(value) == kind]
        if mine:
            return mine[0]
    text = call.world.seen(call.request.peer)
    return text if family(address(text)) == kind else None


def line(call, name):
    """Always `good`; the ledger hears whether anything changed and whether a record fell by the wayside."""
    host, change = call.world.host(name), {}
    for kind, text in call.plan.items():
        if text != "preserve" and host.records.get(kind) != text:
            change[kind] = text
    named = {kind for kind, keys in KEYS.items() if any(key in call.request.params for key in keys[:2])}
    for kind, text in change.items():
        if text is None and kind not in named:
            call.lost.append("%s of %s" % (kind, name))
    return ("good", [("set", name, change)]) if change else ("nochg", [("same", name, None)])


def update(request, world):
    if request.path.endswith((".ico", ".png")):
        return Reply("Not found\n", 404, TEXT, outcomes=[])
    lost = []

    def plan(call):
        call.plan, call.lost = {kind: asked(call, kind) for kind in KEYS}, lost
        return {kind: text for kind, text in call.plan.items() if text not in (None, "preserve")}

    try:
        reply = dyndns2.update(request, world, per_host=line, addresses_of=plan)
    except ValueError as error:
        return Reply("Cannot parse address %s" % error, 400, TEXT, [("*", "badip")])
    if reply.effects:
        domain = ".".join(hosts_of(request, world)[0].split(".")[-3:])
        reply.body, reply.effects = (
            "good",
            [e for e in reply.effects if e[0] != "hit"] + [("hit", "update " + domain, None)],
        )
    reply.findings += [("other family deleted", what) for what in lost]
    return reply


def check(request, world):
    late = world.too_fast("checkip " + request.peer, 3, 60)
    if late:
        return Reply(
            "Request was throttled.",
            429,
            {**TEXT, "Retry-After": str(late)},
            findings=[("check page asked too often", "more than 3 times in a minute")],
        )
    return Reply(world.seen(request.peer), 200, TEXT, effects=[("hit", "checkip " + request.peer, None)])


ROUTES = {"/checkip": check, "*": update}
