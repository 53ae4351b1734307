# SPDX-License-Identifier: MIT
"""Hurricane Electric's free DNS (dyn.dns.he.net): the host is the user, every error has HTTP 200, and
`interval` answers who comes back within five minutes."""

from . import dyndns2
from .rules import Rules

DOCUMENT = "dns.he.net, dynamic DNS"


def authenticated(call):
    """Basic with the host as user, or hostname and password in the query."""
    request = call.request
    if not request.scheme and request.params.get("password"):
        request.scheme, request.password = "basic", request.params["password"]
        request.user = request.params.get("hostname", "")
    code = dyndns2.host_is_user(call)
    if not code:
        call.names = [request.user.lower()]
    return code


RULES = Rules(
    name="he-dns",
    title="Hurricane Electric Free DNS",
    names=("dyn.dns.he.net",),
    list_limit=1,
    agent_required=False,
    auth=("basic", "query"),
    query_auth=("hostname", "password"),
    min_interval=300,
    nochg_limit=20,
    steps=(dyndns2.no_outage, authenticated),
    documents={
        name: DOCUMENT
        for name in (
            "updates too close together",
            "needless update",
            "too many hosts",
            "credentials in query",
        )
    },
)

ACCOUNTS = {
    "accounts": [
        {
            "user": "demo",
            "password": "demo-key",
            "hosts": [
                "home.he.example.net",
                {"name": "second.he.example.net", "password": "key-2"},
                {"name": "abused.he.example.net", "state": "blocked"},
            ],
        }
    ]
}


def hosts_of(request, world):
    return request.names("hostname") or [request.user.lower()] * bool(request.user)


def line(call, name):
    """One address per request; the limit counts per record."""
    if len(call.wanted) != 1:
        return "badip", []
    record = "%s %s" % (name, next(iter(call.wanted)))
    if call.world.too_fast(record, 1, call.rules.min_interval):
        return "interval", []
    code, effects = dyndns2.line(call, name)
    return code, [*effects, ("hit", record, None)] if code == "good" else effects


def update(request, world):
    return dyndns2.update(request, world, per_host=line)


ROUTES = {"/nic/update": update}
