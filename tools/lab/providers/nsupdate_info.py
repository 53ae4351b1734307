# SPDX-License-Identifier: MIT
"""nsupdate.info: the host is the user, families are answered by lines or commas, faults are counted for a
week. After its user and administrator documents."""

from ..judge import is_generic
from ..messages import Reply, address, family
from . import dyndns2
from .rules import Rules

DOCUMENT = "nsupdate.info, user documentation"
TEXT = {"Content-Type": "text/plain"}


def not_banned(call):
    """Hosts on the operator's list are refused before anything else."""
    host = call.world.host(call.request.user)
    return Reply("abuse", 403, TEXT, [(host.name, "abuse")]) if host and host.state == "banned" else None


def same_name(call):
    host = call.request.user.lower()
    asked = call.names or [host]
    if "." not in asked[0]:
        return "notfqdn"
    if asked != [host]:
        return "nohost"
    call.names = [host]
    return None


def known_agent(call):
    """Only agents that are known for trouble are refused here."""
    agent = call.request.agent
    return "badagent" if agent and is_generic(agent) else None


def readable_address(call):
    """A malformed myip is `dnserr`; a prefix length is cut off."""
    call.request.params.update(
        {"myip": call.request.params["myip"].partition("/")[0]} if "myip" in call.request.params else {}
    )
    values = [address(text) for text in call.request.params.get("myip", "").split(",") if text]
    return "dnserr" if None in values else None


RULES = Rules(
    name="nsupdate-info",
    title="nsupdate.info",
    names=("ipv4.nsupdate.info", "ipv6.nsupdate.info"),
    check_paths=("/myip",),
    list_limit=1,
    agent_required=False,
    end_newline=False,
    code_status={"badauth": 401},
    steps=(dyndns2.no_outage, not_banned, dyndns2.host_is_user, same_name, known_agent, readable_address),
    nochg_limit=150,
    check_interval=60,
    documents={"needless update": "nsupdate.info, administrator documentation", "too many hosts": DOCUMENT},
)

ACCOUNTS = {
    "zones": ["nsupdate.info"],
    "accounts": [
        {
            "user": "demo",
            "password": "demo-key",
            "hosts": [
                "demo.nsupdate.info",
                {"name": "demo2.nsupdate.info", "password": "key-2"},
                {"name": "banned.nsupdate.info", "state": "banned"},
                {"name": "abused.nsupdate.info", "state": "blocked"},
            ],
        }
    ],
}


def hosts_of(request, world):
    return request.names("hostname") or [request.user.lower()] * bool(request.user)


def update(request, world):
    """Same result for both families: one line with a comma; mixed results: one line each."""
    reply = dyndns2.update(request, world)
    if len(request.wanted) == 2 and reply.outcomes[0][1] == "good":
        host = world.host(reply.outcomes[0][0])
        codes = {
            kind: "nochg" if host.records.get(kind) == text else "good"
            for kind, text in request.wanted.items()
        }
        if len(set(codes.values())) == 2:
            reply.body = "\n".join("%s %s" % (codes[kind], text) for kind, text in request.wanted.items())
    return reply


def delete(request, world):
    """/nic/delete removes the records of myip's families, or of the connection's; the addresses do not matter
    (views.py)."""
    call = dyndns2.Call(request, world, world.rules, request.names("hostname"))
    code = dyndns2.host_is_user(call)
    if code:
        return dyndns2.single(call, code)
    values = [address(text) for text in (request.params.get("myip") or world.seen(request.peer)).split(",")]
    if None in values:
        return Reply("dnserr", 200, TEXT)
    gone = [family(value) for value in values]
    return Reply(
        "deleted %s" % ",".join(gone), 200, TEXT, [], [("set", request.user.lower(), dict.fromkeys(gone))]
    )


def check(request, world):
    return Reply(world.seen(request.peer), 200, TEXT)


ROUTES = {"/nic/update": update, "/nic/delete": delete, "/myip": check}
