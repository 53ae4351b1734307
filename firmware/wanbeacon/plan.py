"""From what the sources say to the requests that are due: the first half of a round. Sends nothing, writes nothing.

Functions of the agent in a module of their own, because a small heap has no room for them while a request is under way.
"""

from micropython import const

from wanbeacon import address, decide
from wanbeacon.dyndns import outcome
from wanbeacon.model import NEVER
from wanbeacon.observe import FOUND, NONE

_OUTAGE = const(60)  # seconds without an address after which everybody in the region comes back at once

# Sources that read the device's own address: then the connection comes from it too.
_OWN = ("netlink", "interface", "ubus")


def rests(agent, line):
    """True while none of the line's hosts may be updated whatever the address: refused, blocked, paused, half an
    hour of dnserr or 911. Nobody outside the home is asked meanwhile (No-IP: not after an error code)."""
    now = agent.clock.mono()
    for h in agent.hosts():
        trouble = h.rec.cls == outcome.LATER and h.rec.kind == outcome.TROUBLE and now < h.rec.hold
        if h.account.line is line and not (h.rec.stopped() or trouble or agent.journal.paused):
            return False
    return True


def known(agent, line, family):
    """The line's address as it is known: told last, or what a host of it has at its provider; or None."""
    if line.found[family]:
        return line.found[family]
    for h in agent.hosts():
        if h.account.line is line:
            have = h.rec.v4 if family == 4 else h.rec.v6
            if have:
                return have
    return None


def note(agent, line, family, kind, text, source, why):
    """Put what the chooser said into the line; tell the records what a change or an outage means for their waits."""
    now = agent.clock.mono()
    before = line.found[family]
    line.kind[family], line.why[family] = kind, why
    if kind != FOUND:
        if kind == NONE or before is None:
            line.found[family] = line.source[family] = None
        if line.lost[family] is None:
            line.lost[family] = now
            if kind == NONE or line.since[family]:
                agent.log("IPv%d: %s" % (family, why))
        return
    lost, line.lost[family] = line.lost[family], None
    line.source[family] = source
    if text == before and lost is None:
        return
    if text != before:
        line.since[family] = agent.clock.wall()
        line.found[family] = text
        agent.log("IPv%d address %s from %s" % (family, text, source))
        bad = address.why_not(address.parse(text))
        if bad:
            agent.log("%s %s" % (text, bad))
    # Everybody in the region comes back at once after an outage or a power cut; a single new address is not that.
    crowd = lost is not None and now - lost >= _OUTAGE
    crowd = crowd or before is None and agent.board.reset_cause == "power"
    wall, chance = agent.clock.wall(), agent.chance()
    for h in agent.hosts():
        if h.account.line is line and decide.changed(h.rec, agent.want(h)):
            if crowd and h.rec.cls:
                decide.line_returned(h.rec, now, wall, h.account.limits, chance)
            elif before is not None:
                decide.address_changed(h.rec, now, wall, h.account.limits)


def want(host):
    """(v4 or None, v6 or None): the publishable addresses this host should have, canonical text."""
    out = []
    for family, wanted in zip((4, 6), host.families):
        text = host.account.line.found[family] if wanted else None
        if text:
            packed = address.parse(text)
            if address.why_not(packed) and (not host.doc["allow_private"] or address.never(packed)):
                text = None
        out.append(text)
    return tuple(out)


def judge(agent, host, now):
    """Decide for one host and note it for the status. Returns (template, sent) when it is due, else None. now: the same
    for all hosts of a request, or a second that ends between two of them would part them."""
    rec, wanted = host.rec, agent.want(host)
    if rec.offline == 1 and not any(wanted):
        # to go offline takes no address of the line
        wanted = [a if a and not address.why_not(address.parse(a)) else None for a in decide.stored(rec)]
    verdict, host.next, host.why = decide.decide(rec, wanted, now)
    host.state = "waiting"
    if verdict == decide.STOPPED:
        host.state = "stopped"
    elif agent.journal.paused:
        host.state, host.why, host.next = "paused", "paused by the user", NEVER
    elif agent.save_error:
        host.why, host.next = agent.save_error, agent.save_after
    elif verdict == decide.WAIT:
        if not (wanted[0] or wanted[1]):
            host.why = _no_address(host)
        elif host.why == "up to date":
            host.state = "ok"
    elif not host.account.plain and agent.clock.wall() is None:
        from wanbeacon.agent import CLOCK_EVERY

        host.why = "clock not set: certificates cannot be checked, so no password is sent"
        host.next = now + CLOCK_EVERY
    else:
        choice = _pick(host, wanted)
        if not choice:
            host.next, host.why = NEVER, "%s; the provider takes an IPv4 and an IPv6 address together" % host.why
        return choice
    return None


def _no_address(host):
    line = host.account.line
    for family in (4, 6):
        text = line.found[family]
        if text and host.families[family // 6]:
            bad = address.why_not(address.parse(text))
            if bad:
                return "%s %s" % (text, bad)
    return line.why[4 if host.families[0] else 6]


def _pick(host, wanted):
    from wanbeacon.dyndns import share

    have = decide.stored(host.rec)
    # a provider that saw another address than ours is told ours the next time
    own = host.account.line.source[4] in _OWN and host.rec.word != "other address" and not host.rec.single
    return share.pick(host.account.row, wanted, have, own, host.doc)


def groups(agent, account):
    """What is due for an account: a list with ([Host], template, sent, offline) for each request."""
    due, items, now = [], [], agent.clock.mono()
    for h in account.hosts:
        choice = judge(agent, h, now)
        if choice:
            due.append(h)
            items.append((h.doc, choice[0], choice[1], h.rec.offline, h.rec.single))
    if not due:
        return []
    from wanbeacon.dyndns import share

    out = []
    for group in share.group(account.row, items):
        out.append(([due[i] for i in group],) + items[group[0]][1:4])
    return out
