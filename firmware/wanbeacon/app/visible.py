# SPDX-License-Identifier: MIT
"""A look at what is published: the zone's own name servers are asked for a host's name, for people and the
status alone. It never decides whether to send (Dyn's policy forbids that), and nothing is sent because of it.

60 to 120 s after an update, once more after the zone's TTL where it differed, and when the user asks. Under
1 KB, by UDP. A stage. Answers are unsigned: they prove nothing against somebody on the way.
"""

import asyncio
import os
import time

from wanbeacon.core import address, dnswire
from wanbeacon.net import asking, reason, udp, waits

_WAITS = (2000, 2000)  # ms for an answer: two tries
_SLICE = 200  # ms after which it is seen that the address changed: that comes first
_SERVERS = 2  # of the zone's are asked
_CUTS = 2  # times that a zone's server may lead on to another zone
#: Seconds beyond the zone's TTL in which a name may show its old address: servers load zones in minutes.
LATE_S = 300
_TTL_MAX = 3600  # of a zone: the second look comes within that


async def look(agent, host):
    """Ask for one host, note what came of it in the host, plan the second look."""
    now, wall = agent.clock.mono(), agent.clock.wall()
    try:
        code, ttl = await _look(agent, host)
    except (OSError, ValueError, reason.Why) as e:
        code, ttl = ("look.unknown", reason.why(e)), 0
        if agent.event.is_set():
            host.looks, host.look_at = host.looks - 1, now + 30
            return
    again = host.looks == 1 and code[0] in ("look.not_yet", "look.other", "look.several")
    host.look_at = now + min(max(ttl, 60), _TTL_MAX) + LATE_S if again else None
    if code[0] == "look.other" and again:  # the old one, most likely: others are given the TTL
        code = ("look.not_yet",) + code[1:]
    host.looked = code, wall
    if code[0] != "look.visible" or host.looks > 1:
        agent.log.tell("info" if again or code[0] == "look.visible" else "warn", "look.said", host.name, code)


async def _look(agent, host):
    """(code, TTL) of a host that has something published."""
    name = host.name.lstrip("*.").lower()
    want = [(dnswire.A, host.rec.v4), (dnswire.AAAA, host.rec.v6)]
    want = [(kind, packed) for kind, packed in want if packed]
    servers = await _servers(agent, host, name)
    for _ in range(_CUTS):
        seen, lead = [], None
        for server in servers[:_SERVERS]:
            rows = []
            for kind, packed in want if not seen else want[:1]:  # 1 KB is to be enough for all
                answer = await _ask(agent, server, name, kind, False)
                lead = lead or _leads(answer, name)
                found = _verdict(answer, name, kind, packed)
                if found[0] == "several" and host.doc.get("keep_others"):
                    found = "ok", packed, found[2]
                rows.append(found)
            seen.append(rows)
        if not lead:
            return _sum(seen)
        servers = await _places(agent, _resolver(agent), lead)
    return ("look.unknown", ("look.lame",)), 0


async def _servers(agent, host, name):
    """[(host, port)] of the servers to ask: for DNS UPDATE the one that is updated, else the zone's own."""
    doc = host.account.doc
    if host.account.row.get("dns"):
        return [asking.host_port(doc["server"], 53)]
    resolver = _resolver(agent)
    above = name.split(".", 1)[1] if name.count(".") > 1 else name
    # not for the name itself: where it is not there yet, the resolver would remember that for everybody
    answer = await _ask(agent, resolver, above, dnswire.SOA, True)
    zones = [
        row
        for row in (answer or {}).get("answer", []) + (answer or {}).get("authority", [])
        if row[1] == dnswire.SOA
    ]
    if not zones:
        raise reason.Why("look.no_zone", name)
    answer = await _ask(agent, resolver, zones[0][0], dnswire.NS, True)
    if not answer:
        raise reason.Why("look.no_zone", name)
    return await _places(agent, resolver, answer["answer"] + answer["more"])


def _resolver(agent):
    """(host, port) of whom this machine asks for names. reason.Why when nobody knows."""
    own = (agent.cfg.get("look") or {}).get("server")
    found = own or agent.board.resolver()
    if not found:
        raise reason.Why("look.no_resolver")
    return asking.host_port(found, 53)


async def _places(agent, resolver, rows):
    """[(host, port)] of name servers: records of NS, and of their addresses as far as they came along."""
    names = [row[3] for row in rows if row[1] == dnswire.NS and row[3]]
    found, port = [], resolver[1] if (agent.cfg.get("look") or {}).get("server") else 53
    for name in names[: _SERVERS + 2]:
        own = [row[3] for row in rows if row[0] == name and row[1] == dnswire.A and row[3]]
        if not own:
            answer = await _ask(agent, resolver, name, dnswire.A, True)
            own = [row[3] for row in (answer or {}).get("answer", ()) if row[1] == dnswire.A and row[3]]
        if own:
            found.append((address.text(own[0]), port))
        if len(found) == _SERVERS:
            break
    if not found:
        raise reason.Why("look.no_servers")
    return found


async def _ask(agent, server, name, kind, recurse):
    """The answer (dnswire.read) of a server, None when there is none. reason.Why when something else is to be
    done."""
    asked = dnswire.query(os.urandom(2), name, kind, recurse)
    sock = None
    try:
        family = 6 if ":" in server[0] else 4
        where = asking.resolve(server[0], server[1], family)
        sock = udp.open_udp(agent.board, family=family)
        sock.connect(where)
        for ms in _WAITS:
            sock.send(asked)
            until = time.ticks_add(time.ticks_ms(), ms)
            while time.ticks_diff(until, time.ticks_ms()) > 0:
                if agent.event.is_set():
                    raise reason.Why("look.later")
                if await waits.ready(sock, _SLICE):
                    data = waits.receive(sock)
                    found = data and dnswire.read(data, asked)
                    if found:
                        return found
    except OSError:
        pass
    finally:
        if sock:
            sock.close()
    return None


def _leads(answer, name):
    """The records of name servers that an answer sends us on to, for a zone nearer to the name; or None."""
    if not answer or answer["aa"] or answer["answer"]:
        return None
    rows = [
        row
        for row in answer["authority"]
        if row[1] == dnswire.NS and (name == row[0] or name.endswith("." + row[0]))
    ]
    return rows + answer["more"] if rows else None


def _verdict(answer, name, kind, packed):
    """(word, data, TTL) of one server's answer for one family."""
    if not answer or not answer["aa"] or answer["rcode"] not in (0, 3):
        return "unknown", None, 0  # silent, lame, refusing, or a resolver in between
    rows = [row for row in answer["answer"] if row[0] == name]
    alias = [row for row in rows if row[1] == dnswire.CNAME]
    if alias:
        return "alias", alias[0][3], alias[0][2]
    found = [row for row in rows if row[1] == kind and row[3]]
    if not found:
        soa = [row for row in answer["authority"] if row[1] == dnswire.SOA]
        return "none", None, soa[0][3] if soa else 60
    values = [row[3] for row in found]
    if packed not in values:
        return "other", values[0], found[0][2]
    return (
        ("several", values[0] if values[0] != packed else values[1], found[0][2])
        if values[1:]
        else ("ok", packed, found[0][2])
    )


def _sum(seen):
    """(code, TTL) of all servers' verdicts: [[of each family] of each server]."""
    known = [one for rows in seen for one in rows if one[0] != "unknown"]
    if not known:
        return ("look.unknown", ("look.lame",)), 0
    ttl = max([one[2] for one in known])
    for word, code in (
        ("alias", "look.alias"),
        ("other", "look.other"),
        ("several", "look.several"),
        ("none", "look.not_yet"),
    ):
        bad = [one for one in known if one[0] == word]
        if bad:
            if (
                word == "other"
                and [one for one in known if one[0] == "ok"]
                and len(seen) > 1
                and _differ(seen)
            ):
                return ("look.not_yet", bad[0][1]), ttl  # it spreads among them
            return (code,) + ((bad[0][1],) if bad[0][1] else (("look.nothing",),)), ttl
    return ("look.visible",), ttl


def _differ(seen):
    return len(set([tuple([one[:2] for one in rows]) for rows in seen])) > 1


async def due(agent):
    """Look at the hosts whose time has come, one after another."""
    for h in agent.hosts():
        if h.look_at is not None and agent.clock.mono() >= h.look_at and not agent.event.is_set():
            h.looks, h.look_at = h.looks + 1, None
            try:
                if h.rec.v4 or h.rec.v6:
                    await look(agent, h)
                    await asyncio.sleep(0)
            except Exception as e:  # it is for people alone: the rest goes on
                agent.fault("the look", e)
    times = [h.look_at for h in agent.hosts() if h.look_at is not None]
    agent.look_at = min(times) if times else None
