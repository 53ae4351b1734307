# SPDX-License-Identifier: MIT
"""The status document: what a user, a page or a script reads. A stage; holds no secret and sends nothing.

The document's form is part of the interface (LuCI, the portal and `python -m tools run` read it): addresses
and reasons are texts in it, "code" beside a "why" is the reason's code.
"""

import json

from wanbeacon import VERSION
from wanbeacon.app import past, stage, words
from wanbeacon.core import address, reasons
from wanbeacon.core.record import NEVER

# Words of net.Trouble and answers of the network that have a sentence of their own ("trouble.WORD" in
# words.txt) are looked up there; what has none is shown as the provider said it.
_WAITING = ("LATER", "ODD")


def document(agent):
    """The whole, a dict ready for JSON."""
    doc = _head(agent)
    for key, rows in _lists(agent):
        doc[key] = [row for row in rows]
    return doc


def pieces(agent, extra):
    """The whole as pieces of JSON, with what is in `extra` (a dict): one of each list is in memory at a
    time."""
    doc = _head(agent)
    doc.update(extra)
    yield json.dumps(doc)[:-1]
    doc = None
    for key, rows in _lists(agent):
        start = ', "%s": [' % key
        for row in rows:
            yield start + json.dumps(row)
            start = ", "
        yield "]" if start == ", " else start + "]"
    yield "}"


def rows(agent, start, end):
    """For the status page (portal/page_status.py): a tuple for each of some hosts."""
    out, now, wall = [], agent.clock.mono(), agent.clock.wall()
    for i, h in _numbered(agent)[start:end]:
        doc = _host(agent, i, h, now, wall)
        addresses = ", ".join([a for a in (doc["ipv4"], doc["ipv6"]) if a])
        out.append(
            (doc["name"], doc["provider"], i, addresses, doc["since"], doc["state"], doc["text"],
             doc["result"], doc["class"], doc["next"], doc["next_in"], doc["why"], doc["offline"])
        )  # fmt: skip
    return out


def rest(agent, memory):
    """For the page too (portal/page_more.py): lines, history, the last exchange, log, memory (as it was
    given), version and state of the clock."""
    lines = []
    for line in agent.lines:
        doc = _line(line)
        families = []
        for name in ("IPv4", "IPv6"):
            one = doc[name.lower()]
            families.append((name, one["address"], one["source"], one["why"], one["why"] != "not needed"))
        lines.append((families, [(one["name"], one["address"] or one["why"]) for one in doc["sources"]]))
    history = [(when, host, _text(old), _text(new), ms) for when, host, old, new, ms in past.rows(agent)]
    clock = "ok" if agent.clock.wall() else "not set"
    return lines, history, agent.exchange, agent.log.lines, memory, VERSION, clock


def _numbered(agent):
    """(number of its account, host) of every host."""
    return [(i, h) for i in range(len(agent.accounts)) for h in agent.accounts[i].hosts]


def _head(agent):
    now, wall = agent.clock.mono(), agent.clock.wall()
    counters = dict(agent.counters)
    counters["journal_writes"] = agent.journal.writes
    doc = {
        "version": VERSION, "user_agent": agent.agent_name(), "now": wall, "uptime": now,
        "started": wall - now if wall else None, "clock": "ok" if wall else "not set",
        "paused": agent.journal.paused, "exchange": agent.exchange, "counters": counters,
        "journal": {
            "state": words.say(*agent.save_error) if agent.save_error else "ok",
            "lost": words.say(agent.journal.lost) if agent.journal.lost else None,
            "sequence": agent.journal.seq,
        },
        "faults": [{"where": where, "what": agent.faults[where][0]} for where in agent.faults],
    }  # fmt: skip
    if agent.notices:
        doc["receivers"] = [_receiver(*row) for row in agent.notices[5]]
    if agent.mqtt:
        doc["mqtt"] = stage.run("app.mqtt_care", "status", agent)
    return doc


def _receiver(name, sent, fault):
    """Who is told of events, and what became of the last ones since the start (app/notify.py, HEARD)."""
    return {
        "name": name, "sent": sent and {"event": sent[0], "when": sent[1]},
        "fault": fault and {"event": fault[0], "when": fault[1], "why": fault[2]},
    }  # fmt: skip


def _lists(agent):
    now, wall = agent.clock.mono(), agent.clock.wall()
    return (
        ("lines", (_line(line) for line in agent.lines)),
        ("hosts", (_host(agent, i, h, now, wall) for i, h in _numbered(agent))),
        ("history", ({"when": when, "host": host, "from": _text(old), "to": _text(new), "ms": ms}
                     for when, host, old, new, ms in past.rows(agent))),
        ("log", agent.log.lines),
    )  # fmt: skip


def _text(packed):
    return address.text(packed) if packed else None


def _line(line):
    doc = {"name": line.name, "sources": [_source(row) for row in line.chooser.seen]}
    for family in (4, 6):
        wanted = line.wants[family]
        found = line.found[family]
        why, bad = line.why[family], found and address.why_not(found)
        if bad:
            why = "line.unfit", found, ("address." + bad,)
        doc["ipv%d" % family] = {
            "address": _text(found), "source": line.source[family], "since": line.since[family],
            "why": words.say(*why) if wanted else "not needed", "code": why[0],
        }  # fmt: skip
    return doc


def _source(row):
    return dict(row, address=_text(row["address"]), why=words.say(*row["why"]))


def _host(agent, number, host, now, wall):
    rec = host.rec
    wait = host.next - now if host.next != NEVER else None
    return {
        "name": host.name, "provider": host.account.row["id"], "account": number,
        "line": host.account.line.name, "ipv4": _text(rec.v4), "ipv6": _text(rec.v6), "since": rec.at or None,
        "state": host.state, "result": rec.word,
        "class": rec.cls, "text": text_of(rec), "next": _next(host, wait), "next_in": wait,
        "next_at": wall + wait if wall and wait is not None else None,
        "why": agent.log.scrub(words.join(host.why)), "code": host.why[-1][0] if host.why else "new",
        "offline": bool(rec.offline), "published": words.say(*host.looked[0]) if host.looked else None,
        "looked": host.looked and host.looked[1],
    }  # fmt: skip


def _next(host, wait):
    if host.state in ("stopped", "paused") or host.rec.offline == 2:
        return "nothing"
    if host.state == "ok":
        return "refresh" if wait is not None else "nothing"
    return "send" if wait is not None else "wait"


def text_of(rec):
    """The last outcome in words."""
    if rec.stopped():
        return words.say(*reasons.stop(rec))
    if not rec.cls:
        return words.say("last.none")
    if rec.cls in _WAITING and words.find("trouble." + rec.word):
        return words.say("last.trouble", words.say("trouble." + rec.word))
    return words.say("last." + rec.cls)
