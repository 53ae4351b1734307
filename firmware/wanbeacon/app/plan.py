# SPDX-License-Identifier: MIT
"""From what a line's sources said to the requests of an account: what a line is asked for (`wanted`), its
answer (`note`), what each host should have and what it is to send for that (`due`), which hosts share a
request (`groups`). A stage; sends and writes nothing.
"""

from micropython import const

from wanbeacon.app import stage
from wanbeacon.app.agent import CLOCK_EVERY
from wanbeacon.core import address, outcome, policy
from wanbeacon.core.record import NEVER
from wanbeacon.observe.base import FOUND, NONE, UNKNOWN

_OUTAGE = const(60)  # seconds without an address after which everybody in the region comes back at once
# seconds for which a source that cannot tell is no trouble: a router restarts in minutes
_PATIENCE = const(1800)
# Sources that read the device's own address: then the connection comes from it too.
_OWN = ("netlink", "interface", "ubus")

# seconds after which an address that no source confirms any more is not sent: the line may have another one
_STALE = const(120)

# ---- observe


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


def note(agent, line, family, kind, found, source, why):
    """Put what the chooser said into the line;
    tell the records what a change or an outage means for their waits."""
    _note(agent, line, family, kind, found, source, why)
    if family == 6 and line.neighbors:
        stage.run("app.nearby", "note", agent, line)


def _note(agent, line, family, kind, found, source, why):
    now = agent.clock.mono()
    before = line.found[family]
    line.kind[family], line.why[family] = kind, why
    if kind != FOUND:
        if kind == NONE or before is None:
            line.found[family] = line.source[family] = None
        if line.lost[family] is None:
            line.lost[family] = now
            if kind == NONE or line.seen[family]:
                agent.log.tell("warn", "log.line-lost", family, why)
        return
    lost, line.lost[family] = line.lost[family], None
    seen, line.seen[family] = line.seen[family], True
    line.source[family] = source
    prefix = family == 6 and line.networks
    if family == 6:
        line.networks, line.router6 = line.chooser.networks, line.chooser.router6
    if found == before and lost is None and prefix == (family == 6 and line.networks):
        return
    if found != before:
        line.since[family] = agent.clock.wall()
        line.found[family] = found
        agent.log.tell("info", "log.found", family, found, source)
        # it looks like any public address, and is several homes'
        if why[0] in ("ubus.map", "pcp.other_port"):
            agent.log.tell("warn", *why)
        bad = None if family == 6 and line.networks else address.why_not(found)
        if bad:
            agent.log.tell("warn", "line.unfit", found, ("address." + bad,))
    # Everybody in the region comes back at once after an outage or a power cut; a family that is seen for the
    # first time, or a single new address, is not that.
    crowd = lost is not None and seen and now - lost >= _OUTAGE
    crowd = crowd or before is None and agent.board.reset_cause == "power"
    wall, chance = agent.clock.wall(), agent.chance()
    for h in agent.hosts():
        if h.account.line is line and policy.changed(h.rec, want(h)):
            if crowd and h.rec.cls:
                policy.line_returned(h.rec, now, wall, h.account.limits, chance)
            elif before is not None or h.rec.kind == outcome.HOME:
                policy.address_changed(h.rec, now, wall, h.account.limits)


# ---- decide


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
        doc, table = host.doc, line.neighbors
        return stage.load("app.homehost").address_of(doc, line.found[6], line.networks, host.rec.v6, table)
    return (None, ("home.router", line.found[6])) if line.router6 else (line.found[6], None)


def groups(agent, account):
    """The requests of an account that are due: a list with ([Host], template, sent, offline) for each."""
    chosen = due(agent, account.hosts)
    items = [(h.doc, template, sent, h.rec.offline, h.rec.single) for h, template, sent in chosen]
    share = stage.load("dyndns.share")
    return [
        ([chosen[i][0] for i in group],) + items[group[0]][1:4] for group in share.group(account.row, items)
    ]


def due(agent, hosts):
    """Decide for hosts, for the status too: [(host, template, sent)] of those that are due. One whose
    provider can take none of what it should have is told so."""
    now, share, out = agent.clock.mono(), stage.load("dyndns.share"), []
    for host, wanted, have in [one for one in [judge(agent, h, now) for h in hosts] if one]:
        account, rec = host.account, host.rec
        # a provider that saw another address than ours is told ours the next time
        own = account.line.source[4] in _OWN and rec.word != "other address" and not rec.single
        choice = share.pick(account.row, wanted, have, own, host.doc, rec.offline == 1)
        if choice:
            out.append((host,) + choice)
        else:
            host.next, host.why = NEVER, host.why + (("wait.both",),)
    return out


def judge(agent, host, now):
    """Decide for one host and note it for the status. Returns (host, wanted, stored) when it is due, else
    None. now: the same for all hosts of a request, or a second that ends between two of them would part
    them."""
    rec, wanted = host.rec, want(host)
    if rec.offline == 1 and not any(wanted):
        # to go offline takes no address of the line
        wanted = [a if a and not address.why_not(a) else None for a in policy.stored(rec)]
    verdict, host.next, host.why = policy.step(rec, wanted, now)
    stale = False
    if verdict == policy.SEND and not rec.offline:
        fresh = _confirmed(host, wanted, now)
        if fresh != wanted:
            stale, wanted = not any(fresh), fresh
            verdict, host.next, host.why = policy.step(rec, fresh, now)
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
            if _unheard(host, now) and not stale or host.why[0][0] == "home.neighbor_off":
                host.state = "ok"
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
        return host, wanted, policy.stored(rec)
    return None


def _confirmed(host, wanted, now):
    """`wanted` without the addresses that are news to the provider and that no source has confirmed for a
    while: a retry after hours would publish what the line had then."""
    lost, have = host.account.line.lost, policy.stored(host.rec)
    out = []
    for i in range(2):
        since = lost[4 + 2 * i]
        old = since is not None and now - since > _STALE
        out.append(None if old and wanted[i] != have[i] else wanted[i])
    return tuple(out)


def _dead(host):
    """An address that is published though the line surely has none of its family any more, or None."""
    line, rec = host.account.line, host.rec
    for family, have in ((4, rec.v4), (6, rec.v6)):
        if have and host.families[family // 6] and line.kind[family] == NONE and line.found[family] is None:
            return have
    return None


def _unheard(host, now):
    """True while a source just cannot tell, and what is published was so until now: no fault that anybody
    need see yet."""
    line, rec = host.account.line, host.rec
    for family, have in ((4, rec.v4), (6, rec.v6)):
        lost = line.lost[family]
        if have and line.kind[family] == UNKNOWN and (lost is None or now - lost < _PATIENCE):
            return rec.cls in (outcome.OK, outcome.SAME)
    return False


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
