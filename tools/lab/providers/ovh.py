# SPDX-License-Identifier: MIT
"""OVH DynHost (dns.eu.ovhapis.com): insists on system=dyndns and puts lines around the code that mean
nothing."""

from ..messages import Reply
from . import dyndns2
from .rules import Rules

DOCUMENT = "OVHcloud, DynHost guide"


def right_system(call):
    return None if call.request.params.get("system") == "dyndns" else "badrequest"


def one_address(call):
    return "badrequest" if "," in call.request.params.get("myip", "") else None


RULES = Rules(
    name="ovh",
    title="OVH DynHost",
    names=("dns.eu.ovhapis.com", "www.ovh.com"),
    agent_required=False,
    list_limit=1,
    code_status={"badauth": 401},
    nochg_limit=20,
    documents={"needless update": DOCUMENT, "too many hosts": DOCUMENT},
    steps=(
        dyndns2.no_outage,
        dyndns2.authenticated,
        dyndns2.not_disabled,
        right_system,
        dyndns2.named,
        dyndns2.not_too_many,
        one_address,
    ),
)

ACCOUNTS = {
    "accounts": [
        {
            "user": "example.net-demo",
            "password": "demo-key",
            "hosts": [
                "home.ovh.example.net",
                "home2.ovh.example.net",
                {"name": "abused.ovh.example.net", "state": "blocked"},
            ],
        }
    ]
}


def update(request, world):
    reply = dyndns2.update(request, world)
    # "ignore extra data", as a client of theirs puts it
    body = "\n%sDynHost: request processed\n" % reply.body
    return Reply(body, reply.status, reply.headers, reply.outcomes, reply.effects, reply.findings)


ROUTES = {"/nic/update": update}
