"""What a line's sources said: into the line, and what it means for the waits of its hosts' records. A
stage."""

from micropython import const

from wanbeacon.app import stage
from wanbeacon.app.wanted import want
from wanbeacon.core import address, outcome, policy
from wanbeacon.observe.base import FOUND, NONE

_OUTAGE = const(60)  # seconds without an address after which everybody in the region comes back at once


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
        if why[0] in (
            "ubus.map",
            "pcp.other_port",
        ):  # it looks like any public address, and is several homes'
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
