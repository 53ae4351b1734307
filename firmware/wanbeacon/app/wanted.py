"""What a line is asked for, and what its hosts should have of that; whether anybody outside the home may be
asked. A stage, and a part of those that decide (plan.py, look.py)."""

from wanbeacon.app import stage
from wanbeacon.core import address


def wanted(agent, line):
    """[(family, address known)] of what a host of the line wants;
    tells the chooser whether the line rests."""
    line.chooser.rest = rests(agent, line)
    if line.neighbors:
        line.neighbors.look()
    return [(family, known(agent, line, family)) for family in (4, 6) if line.wants[family]]


def rests(agent, line):
    """True while none of the line's hosts may be updated whatever the address: refused, blocked, paused, half
    an hour of dnserr or 911. Nobody outside the home is asked meanwhile (No-IP: not after an error code)."""
    now = agent.clock.mono()
    for h in agent.hosts():
        trouble = h.rec.cls == "LATER" and h.rec.kind == "trouble" and now < h.rec.hold
        if h.account.line is line and not (h.rec.stopped() or trouble or agent.journal.paused):
            return False
    return True


def known(agent, line, family):
    """The line's address as it is known: told last, or what a host of it has at its provider; or None."""
    if line.found[family]:
        return line.found[family]
    for h in agent.hosts():
        if h.account.line is line:  # of another host at home (own6): the network is the line's
            have = h.rec.v4 if family == 4 else h.rec.v6
            if have:
                return have
    return None


def want(host):
    """(v4 or None, v6 or None): the publishable addresses this host should have."""
    out = []
    for family, wanted in zip((4, 6), host.families):
        found = host.account.line.found[family] if wanted else None
        if family == 6 and found:
            found = at_home(host)[0]
        if found and address.why_not(found) and (not host.doc["allow_private"] or address.never(found)):
            found = None
        out.append(found)
    return tuple(out)


def at_home(host):
    """(packed or None, code): the IPv6 address of this host: the line's, or where the host has a part of its
    own, the one that this makes of the line's prefix. A source at home may know the router's own alone, which
    is no host's."""
    line = host.account.line
    if host.own6:
        return stage.load("app.homehost").address_of(
            host.doc, line.found[6], line.networks, host.rec.v6, line.neighbors
        )
    return (None, ("home.router", line.found[6])) if line.router6 else (line.found[6], None)
