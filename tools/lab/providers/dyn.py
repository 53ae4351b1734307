# SPDX-License-Identifier: MIT
"""Dyn (members.dyndns.org): /v3/update and /nic/update as its pages on performing updates, return codes,
policies and the CheckIP tool describe them."""

from ..messages import Reply
from . import dyndns2
from .rules import Rules

SYSTEMS = ("", "dyndns", "statdns", "custom")


def valid_system(call):
    """Only the legacy path looks at it."""
    return None if call.request.params.get("system", "") in SYSTEMS or _v3(call) else "badsys"


def permitted_method(call):
    """POST is processed but discouraged; anything else is not permitted."""
    return None if call.request.method in ("GET", "POST") else "badagent"


def credited(call):
    """offline is for paying users; one line for the whole request."""
    offline = call.request.params.get("offline", "").upper() == "YES"
    return "!donator" if offline and not call.account.donator else None


def _v3(call):
    return call.request.path.startswith("/v3/")


RULES = Rules(
    name="dyn",
    title="DynDNS API",
    names=("members.dyndns.org", "checkip.dyndns.org", "checkip.dyndns.com"),
    update_paths=("/nic/update", "/v3/update"),
    check_paths=("/",),
    methods=("GET",),
    agent_form=r"\S.* - \S.* - \S",
    list_limit=20,
    chunked=True,
    forwarded=True,
    headers={"Server": "Apache", "X-UpdateCode": "n", "X-User-Status": "vip", "Accept-Ranges": "none"},
    steps=(
        permitted_method,
        dyndns2.known_agent,
        dyndns2.not_blocked,
        dyndns2.no_outage,
        dyndns2.authenticated,
        dyndns2.not_disabled,
        valid_system,
        credited,
        dyndns2.named,
        dyndns2.not_too_many,
    ),
    check_interval=600,
    nochg_limit=5,
    refusal_limit=3,
    blocked_reply="good 127.0.0.1",
)

ACCOUNTS = {
    "zones": ["dyndns.org"],
    "accounts": [
        {
            "user": "demo",
            "password": "demo-key",
            "hosts": [
                "demo.dyndns.org",
                "demo2.dyndns.org",
                "demo3.dyndns.org",
                {"name": "blocked.dyndns.org", "state": "blocked"},
                {"name": "robin.dyndns.org", "state": "roundrobin"},
                {"name": "sleeping.dyndns.org", "state": "inactive"},
                {"name": "static.dyndns.org", "static": True},
            ]
            + ["h%02d.dyndns.org" % number for number in range(1, 26)],
        },
        {"user": "free", "password": "free-key", "donator": False, "hosts": ["free.dyndns.org"]},
        {"user": "other", "password": "other-key", "hosts": ["other.dyndns.org"]},
    ],
}


def line(call, name):
    """Dyn's own: !yours on the legacy path, the options of a host, and the offline redirect."""
    host, params = call.world.host(name), call.request.params
    if host and host.owner != call.account.user and not _v3(call):
        return "!yours", []
    code, effects = dyndns2.line(call, name)
    if code not in ("good", "nochg"):
        return code, effects
    options = _options(call, host)
    if options:
        code = "good"
        effects = [e for e in effects if e[0] == "set"] or [("set", name, call.wanted)]
        effects.append(("options", name, options))
    if params.get("offline", "").upper() == "YES" and not host.static:
        if host.offline:
            return "nochg", [("same", name, None)]
        return "good", [*effects, ("offline", name, True)]
    return code, effects


def _options(call, host):
    """The wildcard, mx and backmx settings that this request changes."""
    params, change = call.request.params, {}
    if params.get("wildcard", "NOCHG").upper() != "NOCHG":
        change["wildcard"] = params["wildcard"].upper() == "ON"
    mx = params.get("mx", "NOCHG")
    if mx.upper() != "NOCHG" and (dyndns2.FQDN.match(mx.lower()) or mx == ""):
        change["mx"] = mx.lower()
    if params.get("backmx", "NOCHG").upper() != "NOCHG":
        change["backmx"] = params["backmx"].upper() == "YES"
    return {
        key: value
        for key, value in change.items()
        if host.options.get(key, "" if key == "mx" else False) != value
    }


def update(request, world):
    return dyndns2.update(request, world, per_host=line)


def check(request, world):
    """The CheckIP page; it believes a Client-IP or X-Forwarded-For header, which is why a client must not
    send one."""
    if request.wait:
        return Reply(
            "Too many requests: at least 10 minutes between two checks\n", 403, {"Content-Type": "text/plain"}
        )
    forwarded = (
        request.headers.get("client-ip") or request.headers.get("x-forwarded-for", "").split(",")[0].strip()
    )
    body = (
        "<html><head><title>Current IP Check</title></head><body>Current IP Address: %s</body></html>\r\n"
        % (forwarded or world.seen(request.peer))
    )
    return Reply(
        body,
        200,
        {
            "Content-Type": "text/html",
            "Server": "DynDNS-CheckIP/1.0",
            "Connection": "close",
            "Cache-Control": "no-cache",
            "Pragma": "no-cache",
        },
    )


ROUTES = {"/nic/update": update, "/v3/update": update, "/": check}
