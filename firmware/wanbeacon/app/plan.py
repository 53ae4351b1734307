"""What is due: from the line's addresses and the records to the requests of an account. A stage; sends and writes nothing."""

from wanbeacon.app import stage
from wanbeacon.app.agent import CLOCK_EVERY
from wanbeacon.core import address, policy
from wanbeacon.core.record import NEVER
from wanbeacon.dyndns import share
from wanbeacon.observe.base import NONE

# Sources that read the device's own address: then the connection comes from it too.
_OWN = ("netlink", "interface", "ubus")


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
    """(packed or None, code): the IPv6 address of this host: the line's, or where the host has a part of its own, the one that
    this makes of the line's prefix. A source at home may know the router's own alone, which is no host's."""
    line = host.account.line
    if host.own6:
        return stage.load("app.homehost").address_of(host.doc, line.found[6], line.networks, host.rec.v6)
    return (None, ("home.router", line.found[6])) if line.router6 else (line.found[6], None)


def judge(agent, host, now):
    """Decide for one host and note it for the status. Returns (template, sent) when it is due, else None. now: the same
    for all hosts of a request, or a second that ends between two of them would part them."""
    rec, wanted = host.rec, want(host)
    if rec.offline == 1 and not any(wanted):
        # to go offline takes no address of the line
        wanted = [a if a and not address.why_not(a) else None for a in policy.stored(rec)]
    verdict, host.next, host.why = policy.step(rec, wanted, now)
    host.state = "waiting"
    if verdict == policy.STOPPED:
        host.state = "stopped"
    elif agent.journal.paused:
        host.state, host.why, host.next = "paused", (("wait.paused",),), NEVER
    elif agent.save_error:
        host.why, host.next = (agent.save_error,), agent.save_after
    elif verdict == policy.WAIT:
        dead = _dead(host)
        if not (wanted[0] or wanted[1]):
            host.why = _no_address(host)
        elif rec.offline == 2 or host.why[0][0] != "ok":
            pass
        elif dead:
            host.why = (("wait.dead", dead),)
        else:
            host.state = "ok"
    elif not host.account.plain and agent.clock.wall() is None:
        host.why = (("wait.clock",),)
        host.next = now + CLOCK_EVERY
    else:
        choice = _pick(host, wanted)
        if not choice:
            host.next, host.why = NEVER, host.why + (("wait.both",),)
        return choice
    return None


def _dead(host):
    """An address that is published though the line surely has none of its family any more, or None."""
    line, rec = host.account.line, host.rec
    for family, have in ((4, rec.v4), (6, rec.v6)):
        if have and host.families[family // 6] and line.kind[family] == NONE and line.found[family] is None:
            return have
    return None


def _no_address(host):
    line = host.account.line
    for family in (4, 6):
        found = line.found[family]
        if found and host.families[family // 6]:
            if family == 6:
                found, why = at_home(host)
                if not found:
                    return (why,)
            bad = address.why_not(found)
            if bad:
                return (("line.unfit", found, ("address." + bad,)),)
    return (line.why[4 if host.families[0] else 6],)


def _pick(host, wanted):
    have = policy.stored(host.rec)
    # a provider that saw another address than ours is told ours the next time
    own = host.account.line.source[4] in _OWN and host.rec.word != "other address" and not host.rec.single
    return share.pick(host.account.row, wanted, have, own, host.doc, host.rec.offline == 1)


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
