# SPDX-License-Identifier: MIT
"""MyDNS (mydns.se): DynDNS2 with the host as user name, A records only, the connection's address when
none is given, and one update a month, as mydns.se/info says. Its u.php is not here: nobody wrote down its
parameters."""

from . import dyndns2
from .rules import Rules

INFO = "mydns.se, info page"


def same_name(call):
    """One host per login: the user name says which."""
    host = call.request.user.lower()
    if call.names not in ([], [host]):
        return "notfqdn"
    call.names = [host]
    return None


def ipv4(call):
    """An IPv6 address has no place to go."""
    return None if dyndns2.asked_addresses(call) else "dnserr"


RULES = Rules(
    name="mydns-se",
    title="MyDNS",
    names=("mydns.se",),
    families=("A",),
    list_limit=1,
    agent_required=False,
    code_status={"badauth": 401},
    steps=(dyndns2.no_outage, dyndns2.host_is_user, dyndns2.not_disabled, same_name, ipv4),
    expiry=31 * 86400,
    nochg_limit=20,
    documents={"needless update": INFO, "too many hosts": INFO},
)

ACCOUNTS = {
    "zones": ["mydns.se"],
    "accounts": [
        {
            "user": "demo",
            "password": "demo-key",
            "hosts": [
                "demo.mydns.se",
                {"name": "demo2.mydns.se", "password": "key-2"},
                {"name": "abused.mydns.se", "state": "blocked"},
            ],
        }
    ],
}


def hosts_of(request, world):
    return request.names("hostname") or [request.user.lower()] * bool(request.user)


def update(request, world):
    return dyndns2.update(request, world)


ROUTES = {"/nic/update": update}
