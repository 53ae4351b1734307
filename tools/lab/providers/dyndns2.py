# SPDX-License-Identifier: MIT
"""The part of DynDNS2 that the personalities share: checks in the provider's order, then one line per
host. Pure: request and world in, Reply with effects out."""

import re
from dataclasses import dataclass, field

from ..judge import is_generic
from ..messages import Reply, address, addresses

#: At least two labels, as DNS and the providers' notfqdn see it.
FQDN = re.compile(r"(?=.{4,253}$)([a-z0-9_]([a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z][a-z0-9-]{0,61}[a-z0-9]$")
#: Host.state -> code
STATES = {"blocked": "abuse", "roundrobin": "numhost", "inactive": "!active"}


@dataclass
class Call:
    """One update on its way through the steps."""

    request: object
    world: object
    rules: object
    names: list
    account: object = None
    wanted: dict = field(default_factory=dict)  # "A"/"AAAA" -> text


# Steps: each returns None (go on) or the code that ends the request with a single line.


def known_agent(call):
    """No User-Agent, or that of a library, is refused."""
    agent = call.request.agent
    if call.rules.agent_required and (not agent or is_generic(agent)):
        return "badagent"
    return None


def not_blocked(call):
    """A client that went on after refusals is served no more."""
    client, rules = call.request.client, call.rules
    if client is None or not rules.refusal_limit:
        return None
    if client.sins >= rules.refusal_limit and not client.blocked:
        client.blocked = "%d updates after a refusal" % client.sins
    return "blocked" if client.blocked else None


def no_outage(call):
    return call.world.outage or None


def authenticated(call):
    """Header before query; the password may be the account's or one of its tokens, never both halves
    empty."""
    request, rules = call.request, call.rules
    scheme, user, password = request.scheme, request.user, request.password
    if not scheme and "query" in rules.auth:
        names = rules.query_auth
        scheme, user, password = "query", request.params.get(names[0], ""), request.params.get(names[1], "")
    if scheme not in rules.auth or not password:
        return "badauth"
    if scheme in ("bearer", "token") or (scheme == "query" and not rules.query_auth[0]):
        call.account = next((a for a in call.world.accounts.values() if password in a.tokens), None)
    else:
        account = call.world.account(user)
        if account and (password == account.password or password in account.tokens):
            call.account = account
    return None if call.account else "badauth"


def host_is_user(call):
    """Services where the user name is the host and each host has its own password."""
    host = call.world.host(call.request.user)
    secret = host and (host.password or call.world.accounts[host.owner].password)
    if call.request.scheme != "basic" or not host or call.request.password != secret:
        return "badauth"
    call.account = call.world.accounts[host.owner]
    return None


def not_disabled(call):
    return "abuse" if call.account.disabled else None


def named(call):
    return None if call.names else "notfqdn"


def not_too_many(call):
    return "numhost" if call.rules.list_limit and len(call.names) > call.rules.list_limit else None


def well_formed(call):
    """Services that refuse the whole request when a name is no FQDN."""
    return None if all(FQDN.match(name) for name in call.names) else "notfqdn"


def not_too_fast(call):
    """429 with human text; Retry-After only where the provider sends one."""
    late = call.rules.burst and call.world.too_fast(call.account.user, *call.rules.burst)
    if not late:
        return None
    text = "Request was throttled. Expected available in %d second%s." % (late, "" if late == 1 else "s")
    return Reply(
        text,
        429,
        {"Content-Type": "text/plain", **({"Retry-After": str(late)} if call.rules.retry_after else {})},
        outcomes=[],
    )


def line(call, name):
    """(code, effects) for one host: the order of the checks is that of the table of codes."""
    world, rules = call.world, call.rules
    if not FQDN.match(name):
        return "notfqdn", []
    host = world.host(name)
    if host is None or host.owner != call.account.user:
        return "nohost", []
    if host.state in STATES:
        return STATES[host.state], []
    wanted = {kind: text for kind, text in call.wanted.items() if host.kind in ("", kind)}
    if not wanted:
        return "badip" if call.wanted else "nohost", []
    renew = [("expires", name, world.now() + rules.expiry)] if rules.expiry else []
    expired = host.expires and host.expires <= world.now()
    if (
        all(host.records.get(kind) == text for kind, text in wanted.items())
        and not host.offline
        and not expired
    ):
        if rules.nochg_limit and host.nochg + 1 >= rules.nochg_limit:
            renew.append(
                ("state", name, "blocked")
                if rules.nochg_punishes == "host"
                else ("disable", host.owner, "needless updates")
            )
        return "nochg", [("same", name, None), *renew]
    return "good", [("set", name, wanted), *renew]


def asked_addresses(call, key="myip"):
    """What to publish: the parameter, or the connection's address when it is missing, malformed or not looked
    at."""
    request, world, rules = call.request, call.world, call.rules
    found, fine = addresses(request.params.get(key, ""))
    if rules.by_connection or not found or not fine:
        found = addresses(connection_address(request, world, rules))[0]
    return {kind: text for kind, text in found.items() if kind in rules.families}


def connection_address(request, world, rules):
    """The address that the provider takes for the client's: text."""
    proxy = request.headers.get("x-forwarded-for", "").split(",")[0].strip() if rules.forwarded else ""
    return proxy if address(proxy) else world.seen(request.peer)


def text_of(code, wanted, rules):
    """The line for one host."""
    template = {"good": rules.good, "nochg": rules.nochg}.get(code, code)
    if code == "badip":
        template = "badip {ip}"
    return template.replace("{ip}", ",".join(wanted.values()))


def single(call, code):
    """The reply of one line that concerns the whole request."""
    rules = call.rules
    if code == "blocked":
        if rules.blocked_reply.startswith("good"):
            return reply_of(
                call, [(name, "loopback", rules.blocked_reply) for name in call.names or ["*"]], []
            )
        code = rules.blocked_reply
    return reply_of(call, [("*", code, code)], [])


def reply_of(call, lines, effects):
    """lines: (host, code, text). The HTTP status is the first line's."""
    rules = call.rules
    body = rules.newline.join(text for _, _, text in lines) + (rules.newline if rules.end_newline else "")
    status = rules.code_status.get(lines[0][1], 200)
    headers = {"Content-Type": "text/plain", **rules.headers}
    if status == 401:
        headers["WWW-Authenticate"] = 'Basic realm="%s"' % rules.title
    return Reply(
        body, status, headers, [(host, code) for host, code, _ in lines], effects, chunked=rules.chunked
    )


STEPS = (known_agent, not_blocked, no_outage, authenticated, not_disabled, named, not_too_many)


def update(request, world, rules=None, per_host=line, addresses_of=asked_addresses):
    """The reply to one update request."""
    rules = rules or world.rules
    call = Call(request, world, rules, request.names(*rules.host_keys))
    for step in rules.steps or STEPS:
        code = step(call)
        if code:
            return code if isinstance(code, Reply) else single(call, code)
    call.wanted = addresses_of(call)
    request.wanted = call.wanted
    lines, effects = [], []
    for name in call.names:
        code, more = per_host(call, name)
        lines.append((name, code, text_of(code, call.wanted, rules)))
        effects += more
    if rules.burst:
        effects.append(("hit", call.account.user, None))
    return reply_of(call, lines, effects)
