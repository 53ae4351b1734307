# SPDX-License-Identifier: MIT
"""What the device says at a broker: its state, and what Home Assistant is told. Stages of mqtt.py; no secret
is in any of it."""

import json

import wanbeacon
from wanbeacon import VERSION
from wanbeacon.app import condition, words
from wanbeacon.core import address, civil, reasons
from wanbeacon.core.record import NEVER

#: One text and no keys: short texts that code holds stay in a board's heap for good.
_STATE = (
    '{"state": %s, "problem": %s, "code": %s, "why": %s, "host": %s, "provider": %s, "answer": %s, '
    '"ipv4": %s, "ipv6": %s, "changed": %s, "next": %s, "action": %s, "hosts": %s, "paused": %s, '
    '"version": %s, "share": %s, "label": %s, "latest": %s, "failed": %s}'
)
#: How bad a state is: the worst host speaks for the device.
_ORDER = ("new", "ok", "paused", "waiting", "stopped")
_STEADY_S = 90  # a time that is to come and moves by less is the same one: clocks and ticks differ a little


def iso(wall):
    """Unix seconds as ISO 8601 in UTC, or None."""
    if not wall:
        return None
    left = wall % 86400
    time = left // 3600, left % 3600 // 60, left % 60
    return "%04d-%02d-%02dT%02d:%02d:%02d+00:00" % (civil.date(wall) + time)


def _reason(agent, host):
    """(code, words) of a host's state."""
    why = reasons.stop(host.rec) if host.rec.stopped() else host.why[-1] if host.why else ("ok",)
    return why[0], agent.log.scrub(words.say(*why))[:200]


def _failed(agent):
    """What became of the version that was tried and taken back, None when there is none."""
    if not agent.failed:
        return None
    return agent.log.scrub(words.say("upgrade.back", agent.failed[0], agent.failed[2]))[:200]


def state(broker):
    """The state as JSON (bytes). broker.kept: what this remembers from one call to the next."""
    agent, kept = broker.agent, broker.kept
    now, wall = agent.clock.mono(), agent.clock.wall()
    worst, bad, counts, changed, soon = None, False, {}, 0, None
    for h in agent.hosts():
        counts[h.state] = counts.get(h.state, 0) + 1
        if worst is None or _ORDER.index(h.state) > _ORDER.index(worst.state):
            worst = h
        changed = max(changed, h.rec.at or 0)
        if condition.look(agent, h)[0] in (condition.STOPPED, condition.TROUBLE, condition.CGNAT):
            bad = True
        if h.next != NEVER and h.state not in ("stopped", "paused") and h.rec.offline != 2:
            if soon is None or h.next < soon.next:
                soon = h
    at = wall + max(0, soon.next - now) if wall and soon else None
    if at and kept.get("at") and abs(at - kept["at"]) < _STEADY_S:
        at = kept["at"]
    kept["at"] = at
    code, why = _reason(agent, worst)
    line, row = worst.account.line, worst.account.row["id"]
    place = {}
    for family in (4, 6):
        have = line.found[family] or (worst.rec.v4 if family == 4 else worst.rec.v6)
        place[family] = address.text(have) if have and line.wants[family] else None
    rows = (
        worst.state,
        bad,
        code,
        why,
        worst.name,
        row,
        worst.rec.word or None,
        place[4],
        place[6],
        iso(changed),
        iso(at),
        None if not soon else "refresh" if soon.state == "ok" else "send",
        "%d/%d" % (counts.get("ok", 0), len(agent.hosts())),
        bool(agent.journal.paused),
        VERSION,
        broker.share,
        broker.doc.get("label"),
        agent.latest,
        _failed(agent),
    )
    return (_STATE % tuple([json.dumps(value) for value in rows])).encode()


def discovery(agent, broker):
    """Home Assistant's discovery message: [topic, piece, ...]; [] where nobody wants it. The pieces are rows
    of catalogue/homeassistant.txt, so that a small heap never has to hold all of it in one block."""
    doc = broker.doc
    if doc["discovery"] == "off":
        return []
    device = agent.cfg["device"]
    model = device.get("model") or agent.board.model() or "Generic"
    values = (doc.get("label") or device["name"], device["company"], model, VERSION, broker.name, broker.base)
    holes = "<name> <company> <model> <version> <id> <base>".split()
    out = ["%s/device/%s/config" % (doc["discovery"], broker.name)]
    six = [1 for line in agent.lines if line.wants[6]]
    upgrades = agent.cfg.get("upgrade") and getattr(agent.board, "ask", None)
    with open(wanbeacon.catalogue + "/homeassistant.txt") as f:
        for line in f:
            if line[:1] == "#" or line[:1] == "6" and not six or line[:1] == "u" and not upgrades:
                continue
            text = line[2:].strip()
            for i in range(len(holes)):
                text = text.replace(holes[i], json.dumps(values[i])[1:-1])
            out.append(text.encode())
    return out
