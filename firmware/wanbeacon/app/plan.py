"""What is due: from the line's addresses and the records to the requests of an account. A stage; sends and writes nothing."""

from wanbeacon.app.agent import CLOCK_EVERY
from wanbeacon.core import address, policy
from wanbeacon.core.record import NEVER
from wanbeacon.dyndns import share

# Sources that read the device's own address: then the connection comes from it too.
_OWN = ("netlink", "interface", "ubus")


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
    rec, wanted = host.rec, want(host)
    if rec.offline == 1 and not any(wanted):
        # to go offline takes no address of the line
        wanted = [a if a and not address.why_not(address.parse(a)) else None for a in policy.stored(rec)]
    verdict, host.next, host.why = policy.decide(rec, wanted, now)
    host.state = "waiting"
    if verdict == policy.STOPPED:
        host.state = "stopped"
    elif agent.journal.paused:
        host.state, host.why, host.next = "paused", "paused by the user", NEVER
    elif agent.save_error:
        host.why, host.next = agent.save_error, agent.save_after
    elif verdict == policy.WAIT:
        if not (wanted[0] or wanted[1]):
            host.why = _no_address(host)
        elif host.why == "up to date":
            host.state = "ok"
    elif not host.account.plain and agent.clock.wall() is None:
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
    have = policy.stored(host.rec)
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
    out = []
    for group in share.group(account.row, items):
        out.append(([due[i] for i in group],) + items[group[0]][1:4])
    return out


def judge_all(agent):
    """Note for every host what comes next, after an exchange."""
    for h in agent.hosts():
        judge(agent, h, agent.clock.mono())
