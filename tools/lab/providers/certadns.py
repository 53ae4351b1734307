# SPDX-License-Identifier: MIT
"""CertaDNS (www.certadns.com): four endpoints, three ways to authenticate, codes that come with HTTP 400
to 500, one record type per host, as its API page describes them."""

import json

from ..messages import Reply, address, family
from . import dyndns2
from .rules import Rules

API = "certadns.com, Dynamic DNS API"
TEXT = {"Content-Type": "text/plain"}


def path_allows(call):
    """GET everywhere, POST on two endpoints."""
    posts = call.request.path in ("/domains/update", "/domains/nic/update")
    fine = call.request.method == "GET" or (call.request.method == "POST" and posts)
    return None if fine else Reply("Method not allowed\n", 405, TEXT, outcomes=[])


def authenticated(call):
    """Bearer (not on /domains/update), Basic, then the query. A free account has no API keys."""
    request = call.request
    if request.scheme == "bearer" and request.path == "/domains/update":
        return "badauth"
    code = dyndns2.authenticated(call)
    if not code and call.account.tokens and not call.account.donator:
        secret = request.password if request.scheme else request.params.get("password", "")
        return "badauth" if secret in call.account.tokens else None
    return code


def one_known_host(call):
    """Exactly one name; a list is a name that does not exist."""
    name = call.request.params.get("hostname", "").strip().lower()
    host = call.world.host(name)
    if host is None or host.owner != call.account.user or len(name) > 253:
        return "nohost"
    call.names = [name]
    return None


def address_fits(call):
    """A malformed address or one of the other type than the host's record is an HTTP 400 with a sentence."""
    text = call.request.params.get("myip", "") or dyndns2.connection_address(
        call.request, call.world, call.rules
    )
    value, kind = address(text), call.world.host(call.names[0]).kind or "A"
    if value is None:
        return Reply("Invalid IP address\n", 400, TEXT, [(call.names[0], "badip")])
    if family(value) != kind:
        return Reply(
            "IP address does not match record type %s\n" % kind, 400, TEXT, [(call.names[0], "badip")]
        )
    return None


RULES = Rules(
    name="certadns",
    title="CertaDNS",
    names=("www.certadns.com",),
    methods=("GET", "POST"),
    update_paths=("/domains/update", "/domains/nic/update", "/domains/v2/update", "/domains/dyndns/update"),
    check_paths=("/domains/my-ip",),
    auth=("bearer", "basic", "query"),
    query_auth=("username", "password"),
    agent_required=False,
    forwarded=True,
    list_limit=1,
    min_interval=1,
    nochg_fault=False,
    trouble_hold=0,
    code_status={"badauth": 401, "nohost": 404, "dnserr": 500, "911": 500},
    steps=(path_allows, dyndns2.no_outage, authenticated, one_known_host, address_fits),
    documents={
        name: API for name in ("credentials in query", "updates too close together", "too many hosts")
    },
)

ACCOUNTS = {
    "accounts": [
        {
            "user": "demo",
            "password": "demo-key",
            "names": ["demo@example.net"],
            "tokens": ["ak_demo"],
            "hosts": [
                {"name": "home.demo.certadns.com", "kind": "A"},
                {"name": "home6.demo.certadns.com", "kind": "AAAA"},
            ],
        },
        {
            "user": "free",
            "password": "free-key",
            "tokens": ["ak_free"],
            "donator": False,
            "hosts": [{"name": "free.demo.certadns.com", "kind": "A"}],
        },
    ]
}


def update(request, world):
    return dyndns2.update(request, world)


def check(request, world):
    address_seen = dyndns2.connection_address(request, world, world.rules)
    return Reply(json.dumps({"ip": address_seen}), 200, {"Content-Type": "application/json"})


ROUTES = {**dict.fromkeys(RULES.update_paths, update), "/domains/my-ip": check}
