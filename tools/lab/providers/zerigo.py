# SPDX-License-Identifier: MIT
"""Zerigo's form (update.zerigo.com, closed in 2017, still spoken by small servers): /dynamic with host,
ip, user and password, and an XML address check."""

from ..messages import Reply
from . import dyndns2
from .rules import Rules

DOCUMENT = "zerigo.com, Managed DNS, Dynamic updates"
TEXT = {"Content-Type": "text/plain"}

RULES = Rules(
    name="zerigo",
    title="Zerigo",
    names=("update.zerigo.com", "checkip.zerigo.com", "checkip4.zerigo.com", "checkip6.zerigo.com"),
    update_paths=("/dynamic",),
    check_paths=("/", "/4", "/6"),
    host_keys=("host",),
    auth=("basic", "query"),
    query_auth=("user", "password"),
    header_auth=False,
    agent_required=False,
    list_limit=1,
    trouble_hold=300,
    # Hourly is fine for clients that cannot see a change, so an unchanged address is a fault only within the
    # hour.
    refresh_age=3590,
    check_interval=3600,
    documents={
        "needless update": DOCUMENT,
        "check page asked too often": DOCUMENT,
        "too many hosts": DOCUMENT,
    },
)

ACCOUNTS = {
    "accounts": [
        {
            "user": "demo@example.net",
            "password": "account-pass",
            "tokens": ["demo-key"],
            "hosts": ["home.zerigo.example.net", "home2.zerigo.example.net"],
        }
    ]
}


def failure(call, status, text, code):
    return Reply(text + "\n", status, TEXT, [(call.names[0] if call.names else "*", code)])


def update(request, world):
    """2xx done, 4xx the client's mistake, 5xx the server's; the record type is that of the address."""
    rules = world.rules
    call = dyndns2.Call(request, world, rules, [request.params.get("host", "").lower()])
    if world.outage:
        return failure(call, 500, "Server error", "servererror")
    if dyndns2.authenticated(call) or _secret(request) not in call.account.tokens:
        return failure(call, 401, "Not authorized", "badauth")  # the token, never the account's password
    host = world.host(call.names[0])
    if host is None or host.owner != call.account.user:
        return failure(call, 404, "Host not found", "nohost")
    if "," in request.params.get("ip", ""):
        return failure(call, 400, "Invalid ip", "badip")
    call.wanted = request.wanted = dyndns2.asked_addresses(call, "ip")
    code, effects = dyndns2.line(call, host.name)
    return Reply("OK" if code == "good" else "Nothing to change", 200, TEXT, [(host.name, code)], effects)


def _secret(request):
    return request.password if request.scheme == "basic" else request.params.get("password", "")


def check(request, world):
    """checkip takes the connection's family, checkip4 and checkip6 force one: by host name, or by path in the
    lab."""
    name = request.headers.get("host", "")
    forced = (
        4
        if request.path == "/4" or name.startswith("checkip4")
        else 6
        if request.path == "/6" or name.startswith("checkip6")
        else None
    )
    text = world.seen(request.peer, forced)
    tag = "ipv6" if ":" in text else "ipv4"
    return Reply("<%s>%s</%s>\n" % (tag, text, tag), 200, {"Content-Type": "text/xml"})


ROUTES = {"/dynamic": update, "/": check, "/4": check, "/6": check}
