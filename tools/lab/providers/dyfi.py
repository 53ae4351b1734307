# SPDX-License-Identifier: MIT
"""dy.fi: the address is that of the connection, a name lives for seven days, needless updates cost the
account. After the specification page of dy.fi."""

from ..messages import Reply
from . import dyndns2
from .rules import Rules

SPECIFICATION = "dy.fi, specification page"


def domestic(call):
    """Only Finnish addresses may be published; world.foreign makes every client one from abroad."""
    if not call.world.foreign:
        return None
    text = dyndns2.connection_address(call.request, call.world, call.rules)
    return Reply("badip %s\n" % text, 200, {"Content-Type": "text/plain"}, [("*", "badip")])


RULES = Rules(
    name="dyfi",
    title="dy.fi",
    names=("www.dy.fi",),
    families=("A",),
    by_connection=True,
    nochg="nochg",
    list_limit=5,
    agent_required=False,
    code_status={"badauth": 401},
    steps=(dyndns2.no_outage, dyndns2.authenticated, dyndns2.not_disabled, dyndns2.named, domestic),
    expiry=7 * 86400,
    refresh_age=5 * 86400 - 3600,
    nochg_limit=10,
    nochg_punishes="account",
    documents={
        "needless update": SPECIFICATION,
        "no update for too long": SPECIFICATION,
        "too many hosts": SPECIFICATION,
    },
)

ACCOUNTS = {
    "zones": ["dy.fi"],
    "accounts": [
        {"user": "demo@example.net", "password": "demo-key", "hosts": ["demo.dy.fi", "demo2.dy.fi"]}
    ],
}


def line(call, name):
    """An update that comes after the name had expired is told to the ledger: the client slept too long."""
    host = call.world.host(name)
    if host and host.expires and host.expires <= call.world.now():
        call.request.late = True
    return dyndns2.line(call, name)


def update(request, world):
    request.late = False
    reply = dyndns2.update(request, world, per_host=line)
    if request.late:
        reply.findings.append(("no update for too long", "the name had expired after 7 days"))
    return reply


ROUTES = {"/nic/update": update}
