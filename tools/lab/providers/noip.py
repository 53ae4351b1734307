# SPDX-License-Identifier: MIT
"""No-IP (dynupdate.no-ip.com): /nic/update and the IP detection page, as noip.com describes integration,
request and response, and as its own client behaves."""

from urllib.parse import unquote

from ..findings import NOIP_RESPONSE
from ..messages import Reply, addresses
from . import dyndns2
from .rules import Rules

#: The host name that means every host of a DDNS key.
EVERY = "all.ddnskey.com"
NOIP_REQUEST = "noip.com, Integrate, Request Method"


def authenticated(call):
    """Account, e-mail, DDNS key or group login. In a Basic user name ":" comes as %3A and "#" as %23."""
    request, world = call.request, call.world
    user = unquote(request.user)
    if request.scheme != "basic" or not request.password:
        return "badauth"
    for account in world.accounts.values():
        for name, login in account.logins.items():
            # Which half of a group login comes first is not established: both orders are taken.
            spellings = {name, ":".join(reversed(name.split(":")))} if ":" in name else {name}
            if user.replace("#", ":") in spellings and request.password == login["password"]:
                call.account, call.group = account, login.get("group", "")
                return None
    account = world.account(user)
    if account and request.password == account.password:
        call.account, call.group = account, ""
        return None
    return "badauth"


def named(call):
    """A group login may leave the host name out: then the whole group is meant."""
    if not call.names and call.group:
        call.names = [call.group]
    return None if call.names else "nohost"


def credited(call):
    offline = call.request.params.get("offline", "NO").upper() == "YES"
    return "!donator" if offline and not call.account.donator else None


RULES = Rules(
    name="noip",
    title="No-IP Dynamic Update",
    names=("dynupdate.no-ip.com", "ip1.dynupdate.no-ip.com"),
    check_paths=("/",),
    agent_form=r"\S.*/\S+ .*\S+@\S+",
    newline="\r\n",
    code_status={"badauth": 401},
    steps=(
        dyndns2.known_agent,
        dyndns2.not_blocked,
        dyndns2.no_outage,
        authenticated,
        dyndns2.not_disabled,
        dyndns2.not_too_fast,
        credited,
        named,
    ),
    burst=(5, 60),
    check_interval=120,
    nochg_limit=10,
    nochg_punishes="account",
    refusal_limit=3,
    documents={
        "needless update": NOIP_RESPONSE,
        "update after a refusal": NOIP_RESPONSE,
        "no User-Agent": NOIP_REQUEST,
        "generic User-Agent": NOIP_REQUEST,
        "User-Agent not in the provider's form": NOIP_REQUEST,
        "blocked client goes on": NOIP_RESPONSE,
        "one request per host": NOIP_REQUEST,
        "check page asked too often": "noip.com, its own client's minimum interval",
    },
)

ACCOUNTS = {
    "zones": ["ddns.net"],
    "accounts": [
        {
            "user": "demo",
            "password": "demo-key",
            "names": ["demo@example.net"],
            "logins": {
                "k3yuser": {"password": "k3ypass"},
                "demo:cottage": {"password": "group-pass", "group": "cottage"},
            },
            "hosts": [
                "demo.ddns.net",
                "demo2.ddns.net",
                {"name": "barn.ddns.net", "groups": ["cottage"]},
                {"name": "shed.ddns.net", "groups": ["cottage"]},
            ],
        },
        {"user": "free", "password": "free-key", "donator": False, "hosts": ["free.ddns.net"]},
        {
            "user": "spammer",
            "password": "spam-key",
            "disabled": "breach of the terms",
            "hosts": ["spam.ddns.net"],
        },
    ],
}


def members(call, name):
    """The hosts that a name of the list stands for: itself, a group's, or all of the account's. [] = no such
    name."""
    account = call.account
    mine = [host for host in call.world.hosts_of(account) if call.group in ("", *host.groups)]
    if name == EVERY:
        return mine
    group = [host for host in mine if name in host.groups]
    if group:
        return group
    name = name.partition("@")[0]  # host@label names one address of a round robin
    return [host for host in mine if host.name == name]


def line(call, name):
    """One line per name of the list, group names included; a group counts as changed if one member is."""
    hosts = members(call, name)
    if not hosts:
        return "nohost", []
    offline = call.request.params.get("offline", "NO").upper() == "YES"
    codes, effects = [], []
    for host in hosts:
        if offline:
            code, more = (
                ("nochg", [("same", host.name, None)])
                if host.offline
                else ("good", [("offline", host.name, True)])
            )
        else:
            code, more = dyndns2.line(call, host.name)
        codes.append(code)
        effects += more
    worst = next((code for code in codes if code not in ("good", "nochg")), "")
    return worst or ("good" if "good" in codes else "nochg"), effects


def wanted(call):
    """myip, v4 or v6 or both, else the connection; myipv6 overrides the IPv6 part."""
    six = addresses(call.request.params.get("myipv6", ""))[0].get("AAAA")
    found = dyndns2.asked_addresses(call)
    return {**found, "AAAA": six} if six else found


def update(request, world):
    return dyndns2.update(request, world, per_host=line, addresses_of=wanted)


def check(request, world):
    """The bare address. Whoever asks after an error code, before the user acted, is sent away."""
    angry = [code for client in request.siblings for code, _ in client.refusals.values()]
    angry += [
        hold[1] for client in request.siblings for hold in client.holds.values() if hold[0] > world.now()
    ]
    if angry or request.wait:
        return Reply(
            "Forbidden\n",
            403,
            {"Content-Type": "text/plain"},
            findings=[("check page asked after an error", code) for code in angry[:1]],
        )
    return Reply(world.seen(request.peer), 200, {"Content-Type": "text/plain"})


ROUTES = {"/nic/update": update, "/": check}
